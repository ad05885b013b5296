"""Handlers whose answers come later, whole or in pieces; peers that are slow or go away meanwhile."""

from __future__ import annotations

import pytest
from http_handlers import PLAIN, InPieces, Later, Peer
from http_site import IDLE, get, read_responses

from catenet.nodes.application.http.fields import LocalError


class TestLater:
    def test_an_answer_after_a_while_is_sent_by_itself(self) -> None:
        peer = Peer(Later()).send(get())
        assert (peer.received, peer.flushes, peer.kinds()) == (b"", 0, ["http.request"])
        peer.handler.asked[0].respond(200, PLAIN, b"late")
        assert peer.flushes == 1
        ((response, body),) = read_responses(peer.received, "GET")
        assert (response.status, response.headers["Content-Type"], body) == (200, "text/plain", b"late")
        assert response.headers["Date"] == "Sun, 06 Nov 1994 09:49:37 GMT"
        assert peer.kinds() == ["http.response"]

    def test_requests_behind_it_wait_and_are_answered_in_their_order(self) -> None:
        peer = Peer(Later()).send(get("/1") + get("/2") + get("/3")[:-1])
        for number in (1, 2, 3):
            assert [exchange.request.path for exchange in peer.handler.asked] == [f"/{n}" for n in range(1, number + 1)]
            peer.handler.asked[-1].respond(200, PLAIN, str(number).encode())
            if number == 2:
                peer.send(b"\n", now=1.0)
        assert [body for _, body in read_responses(peer.received, "GET", "GET", "GET")] == [b"1", b"2", b"3"]

    def test_no_time_runs_while_an_answer_is_owed_and_it_runs_again_behind_it(self) -> None:
        peer = Peer(Later()).send(get(), now=1.0)
        assert peer.stream.next_wake() is None
        peer.stream.wake(1.0 + 10 * IDLE)  # waking early or late is harmless
        assert not peer.stream.finished
        now = 500.0
        peer.handler.asked[0].respond(200, PLAIN, b"late")
        due = peer.stream.next_wake()
        assert due is not None
        assert due <= now  # at once: who wakes it knows the time
        peer.wake(now)
        peer.wake(now + IDLE - 0.1)
        assert not peer.stream.finished
        assert peer.stream.next_wake() == now + IDLE
        peer.wake(now + IDLE)
        assert peer.stream.finished
        assert peer.received.count(b"HTTP/1.1") == 1

    def test_who_has_closed_its_side_still_gets_its_answer(self) -> None:
        peer = Peer(Later()).send(get())
        peer.stream.receive_eof(0.0)
        assert not peer.stream.finished
        peer.handler.asked[0].respond(200, PLAIN, b"late")
        assert peer.received.endswith(b"late")
        assert peer.stream.finished

    def test_an_answer_that_ends_the_connection(self) -> None:
        peer = Peer(Later()).send(get("/", "Connection: close") + get())
        peer.handler.asked[0].respond(200, PLAIN, b"late")
        assert b"\r\nConnection: close\r\n" in peer.received
        assert peer.stream.finished
        assert len(peer.handler.asked) == 1

    def test_the_peer_goes_meanwhile(self) -> None:
        peer = Peer(Later()).send(get() * 2)
        peer.stream.give_up()
        assert peer.handler.lost == peer.handler.asked
        (exchange,) = peer.handler.asked
        exchange.respond(200, PLAIN, b"late")
        exchange.read()
        assert peer.counters["answers lost"] == 1
        assert (peer.received, peer.flushes, peer.stream.finished) == (b"", 0, True)

    def test_what_waits_behind_it_is_bounded(self) -> None:
        peer = Peer(Later()).send(get())
        assert peer.stream.wants_data
        for _ in range(40):
            peer.send(b"x" * 65_536)
        assert peer.stream.finished
        assert peer.handler.lost == peer.handler.asked
        assert peer.counters["refused"] == 1

    def test_who_has_closed_its_side_and_sent_nonsense_behind_is_not_waited_for(self) -> None:
        peer = Peer(Later()).send(get() + b"nonsense\r\n\r\n")
        peer.stream.receive_eof(0.0)
        peer.handler.asked[0].respond(200, PLAIN, b"late")
        assert peer.received.count(b"HTTP/1.1 400 ") == 1
        assert peer.stream.finished

    def test_time_runs_where_the_answer_before_it_is_not_taken(self) -> None:
        peer = Peer(Later())
        peer.takes = False
        peer.send(get() * 2)
        peer.handler.asked[0].respond(200, PLAIN, b"one")
        assert len(peer.handler.asked) == 2
        peer.wake(100.0)
        assert peer.stream.next_wake() == 100.0 + IDLE
        peer.wake(100.0 + IDLE)
        assert peer.stream.finished
        assert peer.handler.lost == peer.handler.asked[1:]

    @pytest.mark.parametrize(("content", "length"), [(b"", None), (b"12345", "5")])
    def test_not_modified_has_the_length_of_what_a_get_would_have_had_or_none(
        self, content: bytes, length: str | None
    ) -> None:  # RFC 9110 section 8.6
        peer = Peer(Later()).send(get())
        peer.handler.asked[0].respond(304, (), content)
        ((response, _),) = read_responses(peer.received, "GET")
        assert (response.status, response.headers["Content-Length"]) == (304, length)

    @pytest.mark.parametrize("again", ["respond", "send", "end"])
    def test_an_answer_is_given_once(self, again: str) -> None:
        peer = Peer(Later()).send(get("/1") + get("/2"))
        first = peer.handler.asked[0]
        first.respond(200, PLAIN, b"one")
        with pytest.raises(LocalError, match="GET /1: it is answered"):
            {"respond": lambda: first.respond(200, ()), "send": lambda: first.send(b"x"), "end": first.end}[again]()
        peer.handler.asked[1].respond(200, PLAIN, b"two")
        assert [body for _, body in read_responses(peer.received, "GET", "GET")] == [b"one", b"two"]

    def test_an_answer_to_head_has_the_length_and_no_content(self) -> None:
        peer = Peer(Later()).send(get(method="HEAD"))
        peer.handler.asked[0].respond(200, PLAIN, b"12345")
        ((response, _),) = read_responses(peer.received, "HEAD")
        assert response.headers["Content-Length"] == "5"

    def test_no_interim_response_is_an_answer(self) -> None:
        peer = Peer(Later()).send(get())
        with pytest.raises(LocalError):
            peer.handler.asked[0].respond(103, ())
        peer.handler.asked[0].respond(204, ())
        assert peer.received.startswith(b"HTTP/1.1 204 \r\n")
        assert b"Content-Length" not in peer.received


class TestAnswersInPieces:
    def test_each_piece_is_asked_for_when_those_before_are_taken(self) -> None:
        peer = Peer(Later()).send(get("/1") + get("/2"))
        first = peer.handler.asked[0]
        first.begin(200, PLAIN)
        for number in range(3):
            assert peer.handler.wanted_more == [first] * (number + 1)
            first.send(b"%d" % number)
        first.end()
        peer.handler.asked[1].respond(200, PLAIN, b"two")
        parts = peer.received.split(b"\r\n\r\n", 1)
        assert b"Transfer-Encoding: chunked" in parts[0]
        assert parts[1].startswith(b"1\r\n0\r\n1\r\n1\r\n1\r\n2\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n")

    def test_an_answer_that_ends_without_a_byte_leads_to_the_next(self) -> None:
        peer = Peer(InPieces()).send(get() * 3)
        answers = read_responses(peer.received, "GET", "GET", "GET")
        assert [body for _, body in answers] == [b"ok"] * 3
        assert peer.flushes == 0

    def test_no_time_runs_while_the_next_piece_is_owed(self) -> None:
        peer = Peer(Later()).send(get())
        peer.handler.asked[0].begin(200, (*PLAIN, ("Content-Length", "2")))
        assert peer.stream.next_wake() is None
        peer.stream.wake(1000.0)
        peer.handler.asked[0].send(b"ok")
        peer.handler.asked[0].end()
        peer.wake(2000.0)
        assert not peer.stream.finished
        assert peer.received.endswith(b"\r\n\r\nok")

    def test_who_takes_nothing_of_it_is_given_up_and_its_handler_told(self) -> None:
        peer = Peer(Later())
        peer.stream.receive_data(get(), 0.0)
        peer.handler.asked[0].begin(200, (*PLAIN, ("Content-Length", "2")))
        peer.takes = False
        peer.handler.asked[0].send(b"o")
        for now in (100.0, 100.0 + IDLE):
            peer.stream.wake(now)
        assert peer.stream.finished
        assert peer.handler.lost == peer.handler.asked

    def test_one_that_cannot_be_ended_ends_the_connection(self) -> None:  # RFC 9112 section 8
        peer = Peer(Later()).send(get())
        peer.handler.asked[0].begin(200, PLAIN)
        peer.handler.asked[0].abort()
        assert peer.stream.finished
        assert peer.counters == {"cut short": 1}
        assert peer.flushes == 2  # its owner has to close it
        assert not peer.received.endswith(b"0\r\n\r\n")

    def test_a_peer_that_breaks_its_content_meanwhile_gets_no_second_answer(self) -> None:
        peer = Peer(Later()).send(get("/up", "Transfer-Encoding: chunked", method="PUT"))
        peer.handler.asked[0].begin(200, PLAIN)
        peer.handler.asked[0].read()
        peer.send(b"nonsense\r\n")
        assert peer.received.count(b"HTTP/1.1") == 1
        assert (peer.stream.finished, peer.handler.lost) == (True, peer.handler.asked)
