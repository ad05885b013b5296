"""A `Connection` of either role: what may follow what, who is at fault where it does not, and how a connection ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from http_pair import CHUNKED, END, HOST, asked, deliver, events, length, pair, request, states

from catenet.nodes.application.http.connection import Connection
from catenet.nodes.application.http.events import ConnectionClosed, Data, EndOfMessage, Event, Pause, Prepared
from catenet.nodes.application.http.fields import IncompleteError, LocalError, MessageError
from catenet.nodes.application.http.message import Request, Response
from catenet.nodes.application.http.states import State


class TestStates:
    def test_an_exchange_and_the_next(self) -> None:  # RFC 9112 section 9.3
        client, server = pair()
        for _ in range(3):
            client.send(request())
            assert states(client) == (State.SEND_BODY, State.SEND_RESPONSE)
            client.send(END)
            (head, end) = deliver(client, server)
            assert isinstance(head, Request)
            assert (head.method, head.lines, end) == ("GET", (HOST,), END)
            assert states(server) == (State.SEND_RESPONSE, State.DONE)
            server.send(Response(200, "OK", fields=(length(5),)))
            server.send(Data(b"hello"))
            server.send(END)
            assert deliver(server, client) == [Response(200, "OK", (1, 1), (length(5),)), Data(b"hello"), END]
            assert states(server) == states(client) == (State.DONE, State.DONE)
            client.start_next_cycle()
            server.start_next_cycle()
            assert states(server) == states(client) == (State.IDLE, State.IDLE)

    @pytest.mark.parametrize("who", ["client", "server"])
    def test_9112_9_6_close_ends_both_sides(self, who: str) -> None:
        close = ("Connection", "close")
        client, server = asked(*([close] if who == "client" else []))
        server.send(Response(200, "OK", fields=(length(0), *([close] if who == "server" else []))))
        server.send(END)
        sent = server.data_to_send()
        assert sent.count(b"Connection: close\r\n") == 1
        client.receive_data(sent + b"HTTP/1.1 200 OK\r\n\r\n")
        assert [type(event) for event in events(client)] == [Response, EndOfMessage]
        assert states(client) == states(server) == (State.MUST_CLOSE, State.MUST_CLOSE)
        with pytest.raises(LocalError):
            client.start_next_cycle()
        server.receive_data(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")  # "MUST NOT process any further requests"
        assert server.next_event() is Pause.NEED_DATA
        assert (client.held, server.held) == (0, 0)
        server.receive_eof()
        assert server.next_event() == ConnectionClosed()

    def test_a_request_behind_another_waits_for_its_cycle(self) -> None:  # section 9.3.2
        _, server = pair()
        server.receive_data(request(target="/1").head + request(target="/2").head)
        assert [type(event) for event in events(server)] == [Request, EndOfMessage]
        assert server.next_event() is Pause.PAUSED
        server.send(Response(204, ""))
        server.send(END)
        server.start_next_cycle()
        second, _ = events(server)
        assert isinstance(second, Request)
        assert second.target == "/2"

    def test_a_side_that_has_closed_still_gets_its_answer(self) -> None:  # section 9.6
        client, server = asked()
        server.receive_eof()
        assert list(events(server)) == [ConnectionClosed()]
        server.send(Response(200, "OK", fields=(length(2),)))
        server.send(Data(b"hi"))
        server.send(END)
        assert [type(event) for event in deliver(server, client)] == [Response, Data, EndOfMessage]
        assert states(server) == (State.MUST_CLOSE, State.CLOSED)

    @pytest.mark.parametrize(
        "misuse",
        [
            lambda client, server: client.send(Response(200, "OK")),
            lambda client, server: client.send(Data(b"x")),
            lambda client, server: client.send(END),
            lambda client, server: server.send(Response(200, "OK")),  # nobody asked
            lambda client, server: server.send(Prepared(200, b"", b"")),
            lambda client, server: server.send(request()),
            lambda client, server: server.send(Data(b"x")),
            lambda client, server: client.start_next_cycle(),
        ],
    )
    def test_what_may_not_be_sent_is_the_owners_fault(self, misuse: Callable[[Connection, Connection], None]) -> None:
        client, server = pair()
        with pytest.raises(LocalError):
            misuse(client, server)
        assert client.data_to_send() == server.data_to_send() == b""
        client.send(request())  # nothing has changed by it
        client.send(END)
        assert [type(event) for event in deliver(client, server)] == [Request, EndOfMessage]

    @pytest.mark.parametrize(
        "wrong",
        [
            [Response(200, "OK\r\nX: y")],
            [Response(200, "OK", fields=(("X", "a\r\nY: b"),))],
            [Response(200, "OK", fields=(("X: y", "z"),))],
            [Response(200, "OK", fields=(("X", " padded"),))],
            [Response(200, "OK", fields=(("X", "\u20ac"),))],
            [Response(1000, "")],
            [Response(200, "OK", fields=(length(5), CHUNKED))],
            [Response(200, "OK", fields=(("Content-Length", "+5"),))],
            [Response(200, "OK", fields=(("Transfer-Encoding", "gzip, chunked"),))],
            [Response(204, "", fields=(length(0),))],
            [Response(100, "", fields=(length(0),))],
            [Response(101, "")],
            [Response(200, "OK", fields=(length(5),)), Data(b"sixsix")],
            [Response(200, "OK", fields=(length(5),)), Data(b"four"), END],
            [Response(204, ""), Data(b"x")],
            [Response(200, "OK"), Response(200, "OK")],
            [Response(200, "OK"), Response(100, "")],
            [Response(200, "OK"), END, Data(b"x")],
            [Response(200, "OK"), END, END],
        ],
    )
    def test_a_response_that_would_be_none(self, wrong: list[Event]) -> None:
        _, server = asked()
        for event in wrong[:-1]:
            server.send(event)
        server.data_to_send()
        with pytest.raises(LocalError):
            server.send(wrong[-1])
        assert server.data_to_send() == b""

    @pytest.mark.parametrize(
        "wrong",
        [
            ("GET /", "/", (HOST,)),
            ("GET", "/ HTTP/1.1\r\nX: y", (HOST,)),
            ("GET", "/a b", (HOST,)),
            ("", "/", (HOST,)),
            ("GET", "/", ()),
            ("GET", "/", (HOST, HOST)),
            ("GET", "/", (HOST, ("X", "a\nb"))),
            ("POST", "/", (HOST, length(5), CHUNKED)),
        ],
    )
    def test_a_request_that_would_be_none(self, wrong: tuple[str, str, tuple[tuple[str, str], ...]]) -> None:
        with pytest.raises(LocalError):
            Request.of(*wrong)

    def test_a_peers_fault_ends_its_side_and_can_be_answered(self) -> None:
        _, server = pair()
        server.receive_data(b"nonsense\r\n\r\n")
        for _ in range(2):
            with pytest.raises(MessageError) as caught:
                server.next_event()
            assert caught.value.status == 400
        server.receive_data(b"x" * 100_000)
        assert server.held == 0
        server.send(Response(400, "Bad Request", fields=(length(0),)))
        server.send(END)
        assert b"\r\nConnection: close\r\n" in server.data_to_send()
        assert states(server) == (State.MUST_CLOSE, State.ERROR)

    def test_what_was_asked_before_says_nothing_of_what_is_no_request(self) -> None:
        client, server = asked(method="HEAD")
        server.send(Response(200, "OK", fields=(length(500),)))
        server.send(END)
        assert deliver(server, client)[-1] == END
        server.start_next_cycle()
        server.receive_data(b"nonsense\r\n\r\n")
        with pytest.raises(MessageError):
            server.next_event()
        server.send(Response(400, "Bad Request", fields=(length(2),)))
        server.send(Data(b"no"))
        server.send(END)
        assert server.data_to_send().endswith(b"\r\n\r\nno")

    def test_empty_lines_between_two_answers_are_none(self) -> None:  # RFC 9112 section 9.2
        client, server = asked()
        for _ in range(2):
            server.send(Response(204, ""))
            server.send(END)
            client.receive_data(server.data_to_send() + b"\r\n")
            assert [type(event) for event in events(client)] == [Response, EndOfMessage]
            client.start_next_cycle()
            client.receive_data(b"\r\n")
            server.start_next_cycle()
            client.send(request())
            client.send(END)
            deliver(client, server)

    @pytest.mark.parametrize("when", ["before", "behind", "later"])
    def test_9112_9_2_an_answer_that_nobody_asked_for(self, when: str) -> None:
        unasked = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        client, _ = pair()
        if when == "before":
            client.receive_data(unasked)
        else:
            client.send(request())
            client.send(END)
            client.receive_data(unasked + (unasked if when == "behind" else b"\r\n"))
            assert [type(event) for event in events(client)] == [Response, EndOfMessage]
            client.start_next_cycle()
            if when == "later":
                client.receive_data(unasked)
        with pytest.raises(LocalError):
            client.send(request())
        with pytest.raises(MessageError, match="nobody asked"):
            client.next_event()

    @pytest.mark.parametrize(
        "before", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n123"]
    )
    def test_9112_8_a_connection_that_ends_within_a_request(self, before: bytes) -> None:
        _, server = pair()
        server.receive_data(before)
        list(events(server))
        server.receive_eof()
        if before:
            with pytest.raises(IncompleteError):
                server.next_event()
        else:
            assert server.next_event() == ConnectionClosed()
            assert states(server) == (State.MUST_CLOSE, State.CLOSED)
