"""Handlers of requests: answers that come later, contents in pieces, peers that are slow or go away."""

from __future__ import annotations

from collections import Counter

import pytest
from http_site import IDLE, LOCAL, PEER, WALL, get, read_responses, status_of
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.application.http.exchange import Exchange, Whole
from catenet.nodes.application.http.fields import LocalError
from catenet.nodes.application.http.message import Request
from catenet.nodes.application.http.response import DatedFields
from catenet.nodes.application.http.server import Server
from catenet.nodes.application.http.stream import ServerStream

PLAIN = (("Content-Type", "text/plain"),)
MEGABYTES = 5_000_000


class Later:
    """A handler that keeps what it is told, and does nothing until a test does it."""

    def __init__(self) -> None:
        self.asked: list[Exchange] = []
        self.pieces: list[bytes] = []
        self.wanted_more: list[Exchange] = []
        self.lost: list[Exchange] = []

    def request(self, exchange: Exchange) -> None:
        self.asked.append(exchange)

    def content(self, exchange: Exchange, data: bytes) -> None:
        assert exchange is self.asked[-1]
        self.pieces.append(data)

    def more(self, exchange: Exchange) -> None:
        self.wanted_more.append(exchange)

    def gone(self, exchange: Exchange) -> None:
        self.lost.append(exchange)

    def whole(self, request: Request, dated: DatedFields) -> Whole | None:
        return None


class Eager(Later):
    """Reads the content as it comes, and answers with how long it was."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0

    def request(self, exchange: Exchange) -> None:
        super().request(exchange)
        exchange.read()

    def content(self, exchange: Exchange, data: bytes) -> None:
        self.size += len(data)
        if data:
            exchange.read()
        else:
            exchange.respond(200, PLAIN, str(self.size).encode())


class Peer:
    """The peer of one connection, and its owner: it looks after the stream as the runtime does."""

    def __init__(self, handler: Later, limit: int | None = None) -> None:
        self.handler = handler
        self.counters: Counter[str] = Counter()
        server = Server(handler, wall_clock=lambda: WALL, idle=IDLE, count=self.count, limit=limit)
        self.stream = ServerStream(server, PEER, LOCAL, 0.0, self.flush)
        self.received = b""
        self.flushes = 0
        self.takes = True

    def count(self, name: str) -> None:
        self.counters[name] += 1

    def flush(self) -> None:
        self.flushes += 1
        self.take()

    def take(self) -> None:
        while self.takes and (data := self.stream.data_to_send()):
            self.received += data

    def send(self, data: bytes, now: float = 0.0) -> Peer:
        self.stream.receive_data(data, now)
        self.take()
        return self

    def wake(self, now: float) -> None:
        """Whenever it asked for it, up to this time."""
        while (due := self.stream.next_wake()) is not None and due <= now and not self.stream.finished:
            self.stream.wake(now)
            self.take()

    def kinds(self) -> list[str]:
        return [report.kind for report in self.stream.take_reports()]


def put(size: int, *fields: str) -> bytes:
    return get("/up", f"Content-Length: {size}", *fields, method="PUT")


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


class TestContent:
    def test_some_megabytes_pass_and_little_is_held(self) -> None:
        peer = Peer(Eager()).send(put(MEGABYTES))
        most = 0
        for start in range(0, MEGABYTES, 60_000):
            peer.send(bytes(min(60_000, MEGABYTES - start)))
            most = max(most, peer.stream.connection.held)
        assert most == 0
        ((_, body),) = read_responses(peer.received, "PUT")
        assert body == str(MEGABYTES).encode()

    @pytest.mark.parametrize("chunked", [False, True])
    def test_a_handler_that_reads_later_holds_the_peer_back(self, *, chunked: bool) -> None:
        """Who looks after the stream leaves the rest outside while `wants_data` is false."""
        content = bytes(MEGABYTES)
        head = get("/up", "Transfer-Encoding: chunked", method="PUT") if chunked else put(MEGABYTES)
        coded = b"".join(b"2710\r\n%b\r\n" % content[:10_000] for _ in range(MEGABYTES // 10_000)) + b"0\r\n\r\n"
        waiting = head + (coded if chunked else content)
        peer, most = Peer(Later()), 0
        while b"" not in peer.handler.pieces:
            while waiting and peer.stream.wants_data:
                peer.send(waiting[:32_768])
                waiting = waiting[32_768:]
                most = max(most, peer.stream.connection.held)
            pieces = len(peer.handler.pieces)
            peer.handler.asked[0].read()
            assert len(peer.handler.pieces) == pieces + 1  # one for each time that it asks
        assert most < 65_536 + 32_768
        assert max(map(len, peer.handler.pieces)) <= 65_536
        assert b"".join(peer.handler.pieces) == content
        with pytest.raises(LocalError, match="its content has ended"):
            peer.handler.asked[0].read()

    def test_9110_10_1_1_who_waits_for_a_word_gets_it_when_the_content_is_wanted(self) -> None:
        peer = Peer(Later()).send(put(5, "Expect: 100-continue"))
        assert peer.received == b""
        peer.handler.asked[0].read()
        assert (peer.received, peer.flushes) == (b"HTTP/1.1 100 Continue\r\n\r\n", 1)
        peer.send(b"12")
        peer.handler.asked[0].read()
        peer.send(b"345")
        assert peer.received == b"HTTP/1.1 100 Continue\r\n\r\n"  # once
        peer.handler.asked[0].read()
        assert peer.handler.pieces == [b"12", b"345", b""]
        peer.handler.asked[0].respond(201, (), b"")
        peer.send(get())
        assert len(peer.handler.asked) == 2  # the connection stays

    def test_who_waits_for_a_word_and_gets_an_answer_is_not_read_any_more(self) -> None:
        peer = Peer(Later()).send(put(5, "Expect: 100-continue"))
        peer.handler.asked[0].respond(401, ())
        assert status_of(peer.received) == 401
        assert b"\r\nConnection: close\r\n" in peer.received
        peer.send(b"12345" + get())
        assert len(peer.handler.asked) == 1
        peer.wake(100.0)
        peer.wake(102.0)
        assert peer.stream.finished

    def test_an_answer_before_the_content_leaves_the_connection_open(self) -> None:
        peer = Peer(Later()).send(put(200_000))
        peer.handler.asked[0].respond(403, ())
        peer.send(bytes(200_000) + get("/next"))
        assert [exchange.request.target for exchange in peer.handler.asked] == ["/up", "/next"]
        assert (peer.handler.pieces, peer.stream.connection.held) == ([], 0)

    @pytest.mark.parametrize(
        ("rest", "status"),
        [(b"3\r\nabcX\r\n", 400), (b"7\r\n", 413), (b"3\r\nabc\r\n0\r\nX\r\n\r\n", 400)],
    )
    def test_a_content_that_is_none_is_refused_and_its_handler_told(self, rest: bytes, status: int) -> None:
        peer = Peer(Eager(), limit=6).send(get("/up", "Transfer-Encoding: chunked", method="PUT") + rest)
        assert status_of(peer.received) == status
        assert peer.handler.lost == peer.handler.asked
        assert peer.counters == {"refused": 1}

    def test_a_connection_that_ends_within_it(self) -> None:
        peer = Peer(Eager()).send(put(5) + b"12")
        peer.stream.receive_eof(0.0)
        assert (peer.received, peer.stream.finished) == (b"", True)
        assert peer.handler.lost == peer.handler.asked

    def test_a_content_that_trickles_is_too_late(self) -> None:
        peer, now = Peer(Eager()).send(put(1000)), 0.0
        while not peer.received and now < 100:
            now += 1.0
            peer.wake(now)
            peer.send(b"x", now)
        assert (status_of(peer.received), now) == (408, IDLE)
        assert peer.handler.lost == peer.handler.asked

    def test_a_long_content_has_the_time_it_needs(self) -> None:
        peer, now = Peer(Eager()).send(put(MEGABYTES)), 0.0
        for start in range(0, MEGABYTES, 50_000):
            now += IDLE / 3
            peer.wake(now)
            peer.send(bytes(min(50_000, MEGABYTES - start)), now)
        assert status_of(peer.received) == 200
        assert now > 10 * IDLE


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
        assert not peer.received.endswith(b"0\r\n\r\n")

    def test_a_peer_that_breaks_its_content_meanwhile_gets_no_second_answer(self) -> None:
        peer = Peer(Later()).send(get("/up", "Transfer-Encoding: chunked", method="PUT"))
        peer.handler.asked[0].begin(200, PLAIN)
        peer.handler.asked[0].read()
        peer.send(b"nonsense\r\n")
        assert peer.received.count(b"HTTP/1.1") == 1
        assert (peer.stream.finished, peer.handler.lost) == (True, peer.handler.asked)


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(0, 200_000), st.sampled_from(["length", "chunks"]), st.booleans()), max_size=4),
    st.integers(1000, 100_000),
    st.randoms(use_true_random=False),
)
def test_whoever_is_slow_the_answers_are_right_and_in_order(
    requests: list[tuple[int, str, bool]], step: int, choose: object
) -> None:
    """Requests with contents of any size, whose handler reads and answers now or later, and nothing piles up."""
    assert hasattr(choose, "random")
    data = b""
    for number, (size, how, _) in enumerate(requests):
        content = bytes(size)
        if how == "length":
            data += get(f"/{number}", f"Content-Length: {size}", method="POST") + content
        else:
            coded = b"%x\r\n%b\r\n" % (size, content) if size else b""
            data += get(f"/{number}", "Transfer-Encoding: chunked", method="POST") + coded + b"0\r\n\r\n"
    peer = Peer(Later())
    handler, sizes = peer.handler, [0] * len(requests)
    answered = seen = 0
    while answered < len(requests):
        if data and peer.stream.wants_data:
            peer.send(data[:step])
            data = data[step:]
        for piece in handler.pieces[seen:]:
            sizes[answered] += len(piece)
            if not piece:
                handler.asked[answered].respond(200, (), b"%d" % sizes[answered])
                answered += 1
        seen = len(handler.pieces)
        if answered < len(handler.asked) and choose.random() < 0.5 and not handler.asked[answered].reads:
            handler.asked[answered].read()
        assert peer.stream.connection.held < 65_536 + step
    bodies = [body for _, body in read_responses(peer.received, *["POST"] * len(requests))]
    assert bodies == [b"%d" % size for size, _, _ in requests]
