"""Two `Connection`s that talk to each other: each reads what the other sent; llhttp and http.client read the same."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPResponse
from io import BytesIO

import httptools
from http_pair import CHUNKED, END, events, joined, length, pair, request, states
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.application.http.connection import Connection
from catenet.nodes.application.http.events import ConnectionClosed, Data, Event
from catenet.nodes.application.http.fields import LocalError
from catenet.nodes.application.http.message import Request, Response
from catenet.nodes.application.http.states import Role, State

TOKENS = st.text("abcXYZ-09", min_size=1, max_size=8)
LINES = st.lists(
    st.tuples(TOKENS.map(lambda name: f"X{name}"), st.text('ab \t,;="é', max_size=9).map(str.strip)), max_size=3
)
CONTENT = st.lists(st.one_of(st.binary(max_size=30), st.just(b"x" * 3000)), max_size=4)


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[Request, list[bytes], Response, list[bytes]]:
    """A request and its answer, each with its content."""
    method = draw(st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"]))
    asks = draw(CONTENT) if method in ("POST", "PUT") else []
    says = draw(st.sampled_from([CHUNKED, length(sum(map(len, asks)))]))
    ask = request(*draw(LINES), *([says] if asks else []), method=method, target=f"/{draw(TOKENS)}")
    status = draw(st.sampled_from([200, 201, 204, 304, 404, 500]))
    answers = [] if method == "HEAD" or status in (204, 304) else draw(CONTENT)
    framing = draw(st.sampled_from([(), (CHUNKED,), (length(sum(map(len, answers))),)]))
    return ask, asks, Response(status, "", fields=(*draw(LINES), *(() if status == 204 else framing))), answers


def send(connection: Connection, head: Request | Response, content: list[bytes]) -> None:
    connection.send(head)
    for data in content:
        connection.send(Data(data))
    connection.send(END)


def message(content: list[bytes]) -> list[object]:
    whole = b"".join(content)
    return [*([Data(whole)] if whole else []), END]


class Llhttp:
    """What llhttp reads of the bytes that a side sent."""

    def __init__(self, parser: Callable[[object], httptools.HttpRequestParser | httptools.HttpResponseParser]) -> None:
        self.bodies: list[bytes] = []
        self.whole = 0
        self.parser = parser(self)

    def on_message_begin(self) -> None:
        self.bodies.append(b"")

    def on_body(self, data: bytes) -> None:
        self.bodies[-1] += data

    def on_message_complete(self) -> None:
        self.whole += 1


@settings(max_examples=150)
@given(st.lists(exchanges(), min_size=1, max_size=4), st.integers(1, 60))
def test_each_side_reads_what_the_other_sent_in_any_slicing(
    talk: list[tuple[Request, list[bytes], Response, list[bytes]]], step: int
) -> None:
    """One connection, one exchange after another; llhttp and http.client read the same of the same bytes."""
    client, server = pair()
    requests = Llhttp(httptools.HttpRequestParser)
    for ask, asks, answer, answers in talk:
        send(client, ask, asks)
        sent = client.data_to_send()
        requests.parser.feed_data(sent)
        assert requests.bodies[-1] == b"".join(asks)
        found: list[Event] = []
        for start in range(0, len(sent), step):
            server.receive_data(sent[start : start + step])
            found += events(server)
        head, *rest = joined(found)
        assert isinstance(head, Request)
        assert (head.method, head.target, head.lines) == (ask.method, ask.target, ask.lines)
        assert rest == message(asks)

        send(server, answer, answers)
        sent = server.data_to_send()
        if answer.status != 304:  # http.client looks for chunks behind it
            theirs = HTTPResponse(Source(sent), method=ask.method)  # type: ignore[arg-type]
            theirs.begin()
            assert (theirs.status, theirs.read()) == (answer.status, b"".join(answers))
        found = []
        for start in range(0, len(sent), step):
            client.receive_data(sent[start : start + step])
            found += events(client)
        head, *rest = joined(found)
        assert isinstance(head, Response)
        assert (head.status, head.fields[: len(answer.fields)]) == (answer.status, answer.fields)
        assert rest == message(answers)
        client.start_next_cycle()
        server.start_next_cycle()
        assert (client.held, server.held) == (0, 0)
    assert requests.whole == len(talk)


class Source:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, _: str) -> BytesIO:
        return BytesIO(self.data)


ANY = st.one_of(
    st.sampled_from(
        [
            END,
            ConnectionClosed(),
            Data(b"hello"),
            Data(b""),
            request(),
            request(CHUNKED, method="PUT"),
            request(length(5), ("Expect", "100-continue"), method="PUT"),
            request(("Connection", "close"), method="HEAD"),
            Response(100, "Continue"),
            Response(200, "OK"),
            Response(200, "OK", fields=(length(5),)),
            Response(304, "", fields=(("Connection", "close"),)),
        ]
    )
)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from([*Role, "cycle"]), ANY), max_size=25))
def test_whatever_the_owners_try_the_peers_read_what_was_sent(steps: list[tuple[Role | str, Event]]) -> None:
    """What is taken to be sent, the other side reads as that; what is not, changes nothing."""
    sides = dict(zip((Role.CLIENT, Role.SERVER), pair(), strict=True))
    for who, event in steps:
        if not isinstance(who, Role):
            known = [states(connection) for connection in sides.values()]
            if State.SEND_BODY not in (
                known[0][0],
                known[1][0],
            ):  # of what has no content its reader sees the end first
                assert known[0] == known[1][::-1]
            for connection in sides.values():
                if known[0] == known[1] == (State.DONE, State.DONE):
                    connection.start_next_cycle()
            continue
        ours, theirs = sides[who], sides[who.other]
        before = states(ours)
        try:
            ours.send(event)
        except LocalError:
            assert (states(ours), ours.data_to_send()) == (before, b"")
            continue
        if isinstance(event, ConnectionClosed):
            theirs.receive_eof()
        theirs.receive_data(ours.data_to_send())
        found = list(events(theirs))
        if before[0] is State.CLOSED:
            assert found == [ConnectionClosed()]
        elif isinstance(event, Request | Response):
            assert type(found[0]) is type(event)
            assert found[1:] in ([], [END])  # what has no content is whole at once
        elif isinstance(event, Data) and event.data:
            assert joined(found) in ([event], [event, END])
        elif isinstance(event, ConnectionClosed):
            assert found[-1] == event
        else:
            assert found in ([], [END])
