"""How messages end, in either direction; interim responses; content that is read as it is asked for."""

from __future__ import annotations

import pytest
from http_pair import CHUNKED, END, asked, deliver, events, joined, length, pair, request, states

from catenet.nodes.application.http.connection import PIECE, Connection
from catenet.nodes.application.http.events import ConnectionClosed, Data, EndOfMessage, Event, Pause
from catenet.nodes.application.http.fields import LocalError, MessageError
from catenet.nodes.application.http.message import Request, Response
from catenet.nodes.application.http.states import Role, State


class TestFraming:
    """RFC 9112 section 6.3."""

    @pytest.mark.parametrize(
        ("method", "answer", "content"),
        [
            ("HEAD", Response(200, "OK", fields=(length(500),)), []),
            ("HEAD", Response(200, "OK", fields=(CHUNKED,)), []),
            ("GET", Response(304, "", fields=(length(500),)), []),
            ("GET", Response(204, ""), []),
            ("PUT", Response(201, "Created", fields=(length(3),)), [b"a", b"", b"bc"]),
            ("GET", Response(200, "OK", fields=(CHUNKED,)), [b"a", b"", b"b" * 70_000, b"c"]),
            ("GET", Response(200, "OK", fields=(length(200_000),)), [b"a" * 200_000]),
            ("GET", Response(200, "OK"), [b"abc"]),  # no length said: in chunks
            ("OPTIONS", Response(200, "OK", fields=(length(0),)), []),
            ("CONNECT", Response(404, "", fields=(length(1),)), [b"x"]),
        ],
    )
    @pytest.mark.parametrize("step", [0, 1, 1000])
    def test_each_side_reads_the_others_end(
        self, method: str, answer: Response, content: list[bytes], step: int
    ) -> None:
        client, server = asked(method=method, target="a:80" if method == "CONNECT" else "/")
        server.send(answer)
        for data in content:
            server.send(Data(data))
        server.send(END)
        head, *found = joined(deliver(server, client, step if sum(map(len, content)) < 1000 else step and 1000))
        assert isinstance(head, Response)
        assert (head.status, head.fields[: len(answer.fields)]) == (answer.status, answer.fields)
        whole = b"".join(content)
        assert found == ([Data(whole)] if whole else []) + [END]
        assert states(client) == states(server) == (State.DONE, State.DONE)

    def test_an_answer_without_end_to_http_1_0(self) -> None:  # item 8
        client, server = pair()
        server.receive_data(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        list(events(server))
        server.send(Response(200, "OK"))
        server.send(Data(b"hello"))
        server.send(END)
        sent = server.data_to_send()
        assert sent == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"
        assert states(server) == (State.MUST_CLOSE, State.MUST_CLOSE)
        client.send(request())
        client.send(END)
        client.receive_data(sent)
        assert [type(event) for event in events(client)] == [Response, Data]
        client.receive_eof()
        assert client.next_event() == END
        assert states(client) == (State.MUST_CLOSE, State.MUST_CLOSE)
        assert list(events(client)) == [ConnectionClosed()]

    def test_a_content_without_end_is_the_last_whatever_its_version(self) -> None:
        client, _ = asked()
        client.receive_data(b"HTTP/1.1 200 OK\r\n\r\nhello")
        client.receive_eof()
        assert [type(client.next_event()) for _ in range(3)] == [Response, Data, EndOfMessage]
        assert states(client) == (State.MUST_CLOSE, State.MUST_CLOSE)

    def test_http_1_0_is_told_that_the_connection_stays(self) -> None:
        _, server = pair()
        server.receive_data(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        list(events(server))
        with pytest.raises(LocalError):
            server.send(Response(103, ""))  # RFC 9110 section 15.2
        with pytest.raises(LocalError):
            server.send(Response(200, "OK", fields=(CHUNKED,)))
        server.send(Response(200, "OK", fields=(length(0),)))
        server.send(END)
        assert server.data_to_send() == b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
        assert states(server) == (State.DONE, State.DONE)

    def test_interim_responses_come_before_the_final_one(self) -> None:
        client, server = asked(length(5), ("Expect", "100-continue"), method="PUT")
        assert (client.waits_for_100, server.waits_for_100) == (True, True)
        server.send(Response(103, "Early Hints", fields=(("Link", "</a>"),)))
        assert [event.status for event in deliver(server, client) if isinstance(event, Response)] == [103]
        assert (client.waits_for_100, server.waits_for_100) == (True, True)
        server.send(Response(100, "Continue"))
        assert [event.status for event in deliver(server, client) if isinstance(event, Response)] == [100]
        assert (client.waits_for_100, server.waits_for_100) == (False, False)
        client.send(Data(b"12345"))
        client.send(END)
        assert deliver(client, server) == [Data(b"12345"), END]
        server.send(Response(201, "", fields=(length(0),)))
        server.send(END)
        assert b"Connection" not in server.data_to_send()

    def test_9110_10_1_1_a_final_answer_to_who_waits_is_the_last(self) -> None:
        _, server = asked(length(5), ("Expect", "100-continue"), method="PUT")
        server.send(Response(401, "", fields=(length(0),)))
        server.send(END)
        assert b"\r\nConnection: close\r\n" in server.data_to_send()
        assert states(server) == (State.MUST_CLOSE, State.SEND_BODY)

    @pytest.mark.parametrize("status", [200, 101])
    def test_what_follows_another_protocol_is_left_as_it_is(self, status: int) -> None:  # 6.3 item 2, RFC 9110 7.8
        if status == 101:
            client, server = asked(("Upgrade", "x"), ("Connection", "upgrade"))
        else:
            client, server = asked(method="CONNECT", target="a:80")
        server.send(Response(status, ""))
        client.receive_data(server.data_to_send() + b"HTTP no more")
        assert [type(event) for event in events(client)] == [Response]
        assert client.next_event() is Pause.PAUSED
        assert client.trailing_data() == b"HTTP no more"
        assert states(client) == states(server) == (State.SWITCHED, State.SWITCHED)
        with pytest.raises(LocalError):
            server.send(END)

    def test_another_protocol_begins_behind_the_content(self) -> None:
        client, server = asked(length(2), ("Upgrade", "x"), ("Connection", "upgrade"), method="PUT")
        with pytest.raises(LocalError):
            server.send(Response(101, ""))
        client.send(Data(b"hi"))
        client.send(END)
        deliver(client, server)
        server.send(Response(101, ""))
        assert states(server) == (State.SWITCHED, State.SWITCHED)

    def test_the_limit_of_interim_responses_is_that_of_one_exchange(self) -> None:
        client, server = pair()
        for _ in range(3):
            client.send(request())
            client.send(END)
            deliver(client, server)
            for _ in range(20):
                server.send(Response(102, ""))
            server.send(Response(204, ""))
            server.send(END)
            assert len(deliver(server, client)) == 22
            client.start_next_cycle()
            server.start_next_cycle()

    def test_6_3_2_fields_of_a_tunnel_are_ignored(self) -> None:
        client, _ = asked(method="CONNECT", target="a:80")
        client.receive_data(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\nhello")
        assert [type(event) for event in events(client)] == [Response]
        assert client.trailing_data() == b"hello"

    @pytest.mark.parametrize("fields", [(length(11),), (CHUNKED,)])
    def test_a_limit_bounds_what_the_peer_sends(self, fields: tuple[tuple[str, str], ...]) -> None:
        for role in Role:
            reader = Connection(role, limit=10)
            writer = Connection(role.other)
            client, server = (reader, writer) if role is Role.CLIENT else (writer, reader)
            client.send(request(*(fields if role is Role.SERVER else ()), method="PUT"))
            if role is Role.CLIENT:
                client.send(END)
                deliver(client, server)
                server.send(Response(200, "OK", fields=fields))
            writer.send(Data(b"x" * 11))
            with pytest.raises(MessageError) as caught:
                deliver(writer, reader)
            assert caught.value.status == 413

    def test_content_is_read_as_it_is_asked_for(self) -> None:
        client, server = pair()
        client.send(request(length(10 * PIECE), method="PUT"))
        client.send(Data(bytes(10 * PIECE)))
        server.receive_data(client.data_to_send())
        assert isinstance(server.next_event(), Request)
        for left in range(9, -1, -1):
            assert server.next_event() == Data(bytes(PIECE))
            assert server.held == left * PIECE

    def test_data_before_a_fault_comes_before_it(self) -> None:
        for step in (0, 1):
            client, server = pair()
            client.send(request(CHUNKED, method="PUT"))
            client.send(Data(b"hello"))
            data = client.data_to_send() + b"5;\r\n"
            found: list[Event] = []
            with pytest.raises(MessageError, match="chunk"):
                for start in range(0, len(data), step or len(data)):
                    server.receive_data(data[start : start + (step or len(data))])
                    found += events(server)
                    if not step:
                        list(events(server))
            if step:
                assert joined(found)[1:] == [Data(b"hello")]
