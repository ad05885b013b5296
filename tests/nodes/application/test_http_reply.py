"""The short way of a request that came before: `reply` gives what the long way would, or nothing."""

from __future__ import annotations

import pytest
from http_site import IDLE, Client, get
from hypothesis import given, settings
from hypothesis import strategies as st

REQUESTS = [
    get(),
    get("/empty"),
    get("/missing"),
    get("/folder"),
    get("/private/", method="HEAD"),
    get("/", "If-None-Match: *"),
    get("/long"),
    get("/", version="1.0"),
    get("/", "Connection: keep-alive", version="1.0"),
    get("/", "Connection: close"),
    get("/", "Content-Length: 1") + b"x",
    get() * 2,
    get()[:-1],
    b"nonsense\r\n\r\n",
]
READY = REQUESTS[:6]


def silent() -> Client:
    client = Client()
    client.telling = False
    return client


@pytest.mark.parametrize("request_", READY)
def test_what_came_before_is_answered_at_once(request_: bytes) -> None:
    client = silent()
    assert client.connection.reply(request_, 0.0) is None  # nobody knows it yet
    expected = client.send(request_).received
    for now in (0.0, 0.0, 1.0):
        assert client.connection.reply(request_, now) == expected
    assert client.server.statuses.total() == 4
    assert client.connection.data_to_send() == b""
    assert client.connection.next_wake() == 1.0 + IDLE
    assert client.reports() == []


def test_what_somebody_is_to_be_told_of_takes_the_long_way() -> None:
    client = Client().send(get())
    assert client.connection.reply(get(), 0.0) is None
    assert client.server.statuses == {200: 1}


def test_what_has_to_be_told_of_the_connections_end_takes_the_long_way() -> None:
    request = get("/", "Connection: keep-alive", version="1.0")
    client = silent().send(request)
    assert client.connection.reply(request, 0.0) is None
    assert client.send(request).received.count(b"\r\nConnection: keep-alive\r\n") == 2


@pytest.mark.parametrize("begun", [get()[:5], get("/long"), get("/", "Content-Length: 5")])
def test_nothing_is_overtaken(begun: bytes) -> None:
    client = silent().send(get())
    client.connection.receive_data(begun, 0.0)
    assert client.connection.reply(get(), 0.0) is None


def test_neither_is_an_answer_that_waits() -> None:
    client = silent().send(get())
    client.connection.receive_data(get(), 0.0)
    assert client.connection.reply(get(), 0.0) is None


@pytest.mark.parametrize("end", ["close", "eof", "idle"])
def test_nothing_is_answered_behind_the_end(end: str) -> None:
    client = silent().send(get())
    if end == "close":
        client.send(get("/", "Connection: close"))
    elif end == "eof":
        client.eof()
    else:
        client.pass_time(IDLE)
    assert client.connection.finished
    assert client.connection.reply(get(), IDLE) is None


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(REQUESTS), st.integers(0, 3), st.booleans()), max_size=12))
def test_the_short_way_changes_nothing(steps: list[tuple[bytes, int, bool]]) -> None:
    """Asking `reply` first, or not, gives the same bytes, counts and deadlines."""
    asked, plain, now = silent(), silent(), 0.0
    for request, later, telling in steps:
        now += later
        asked.telling = plain.telling = telling
        reply = asked.connection.reply(request, now)
        if reply is None:
            asked.send(request, now=now)
        asked.received += reply or b""
        plain.send(request, now=now)
        assert asked.received == plain.received
        assert asked.connection.next_wake() == plain.connection.next_wake()
        assert asked.connection.finished == plain.connection.finished
        assert asked.reports() == plain.reports()
    assert asked.server.statuses == plain.server.statuses
    assert asked.counters == plain.counters
