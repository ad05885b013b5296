"""A client's side, by hand: what it says on its connection, when it comes back, and what a strange directory does."""

from __future__ import annotations

from typing import Any

import pytest
from directory_side import TOKEN, Side

from catenet.nodes.application.directory.client import (
    ASKED,
    KEPT,
    Joined,
    Left,
    State,
)
from catenet.nodes.application.directory.link import ANSWER, PING
from catenet.nodes.application.directory.message import Contact, Presence, Signal
from catenet.nodes.machine import Report


def test_it_logs_in_by_password_first_and_asks_for_credentials() -> None:
    side = Side()
    side.connect()
    (login,) = side.said()
    assert (login["ask"], login["user"], login["password"]) == ("login", "alice", "12345678")
    side.hear(id=login["id"], ok={"user": "alice", "token": TOKEN, "expires": 60, "contacts": []})
    assert [each["ask"] for each in side.said()] == ["credentials"]
    assert side.client.take_said() == [Joined(back=False)]


def test_it_comes_back_by_token_and_by_password_where_that_is_not_known_any_more() -> None:
    side = Side()
    side.join()
    side.stream.give_up()
    side.pause()
    side.connect()
    (resume,) = side.said()
    assert (resume["ask"], resume["token"]) == ("resume", TOKEN)
    side.hear(id=resume["id"], error="session")
    assert [each["ask"] for each in side.said()] == ["login"]


def test_it_waits_twice_as_long_each_time_up_to_10_s_and_is_quick_again_once_it_was_there() -> None:
    side = Side()
    waits = []
    for _ in range(8):
        side.client.take_actions()
        side.client.connect_failed("Connection refused", side.now)
        waits.append(side.pause())
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    side.join()
    side.stream.receive_eof(side.now)
    assert side.pause() == 0.2


@pytest.mark.parametrize("error", ["busy", "throttled"])
def test_it_waits_as_long_as_it_was_told_to_at_least(error: str) -> None:
    side = Side()
    side.connect()
    (login,) = side.said()
    side.hear(id=login["id"], error=error, retry_after=4.5)
    assert side.stream.finished
    assert side.client.take_said() == [Left(error)]
    assert side.pause() == 4.5


def test_a_wrong_password_is_not_tried_again() -> None:
    side = Side()
    side.connect()
    (login,) = side.said()
    side.hear(id=login["id"], error="refused")
    assert (side.client.state, side.client.next_wake()) == (State.REFUSED, None)


def test_it_pings_every_5_s_and_gives_the_directory_up_after_12_s_of_silence() -> None:
    side = Side()
    side.join()
    pings = []
    while not side.stream.finished:
        side.now = side.stream.next_wake()
        side.stream.wake(side.now)
        pings += [side.now for each in side.said() if each["ask"] == "ping"]
    assert (pings, side.now) == ([5.0, 10.0], 12.0)
    assert side.client.state is State.WAITING


def pinged(side: Side, seconds: float) -> None:
    """So long the directory answers pings, and nothing else."""
    until = side.now + seconds
    while not side.stream.finished and side.stream.next_wake() <= until:
        side.now = side.stream.next_wake()
        side.stream.wake(side.now)
        if any(each["ask"] == "ping" for each in side.said()) and not side.stream.finished:
            side.hear(id="ping", ok={})
    side.now = max(side.now, until) if not side.stream.finished else side.now


def unanswered(side: Side) -> list[Report]:
    return [each for each in side.client.take_actions() if isinstance(each, Report)]


def test_a_directory_that_answers_pings_and_no_login_is_left_and_tried_again_ever_later() -> None:
    side = Side()
    waits, told = [], []
    for _ in range(4):
        side.connect()
        began = side.now
        pinged(side, 100.0)
        assert ANSWER <= round(side.now - began, 3) <= ANSWER + PING
        assert side.client.state is State.WAITING
        told += unanswered(side)
        waits.append(side.pause())
    assert waits == [0.2, 0.4, 0.8, 1.6]
    assert [each.data["ask"] for each in told] == ["login"], "it is told once"
    assert side.counters == {"unanswered": 4}


def test_it_is_told_again_where_somebody_was_there_meanwhile() -> None:
    side = Side()
    for _ in range(2):
        side.join()
        side.client.ask(Signal, "bob", "c", "")
        side.client.take_actions()
        pinged(side, 100.0)
        assert len(unanswered(side)) == 1
        side.client._token = ""
        side.pause()


def test_the_oldest_request_without_an_answer_ends_the_connection() -> None:
    side = Side()
    asked = {each["ask"]: each["id"] for each in side.join()}
    side.hear(id=asked["credentials"], ok={"ttl": 3600, "servers": []})
    first = side.client.ask(Signal, "bob", "c", "")
    pinged(side, ANSWER / 2)
    second = side.client.ask(Signal, "bob", "c", "")
    side.hear(id=second, ok={})
    pinged(side, ANSWER)
    assert side.stream.finished
    assert side.errors() == [(second, ""), (first, "lost")]


def test_who_is_answered_in_time_stays() -> None:
    side = Side()
    (credentials,) = side.join()
    side.hear(id=credentials["id"], ok={"ttl": 3600, "servers": []})
    for _ in range(20):
        name = side.client.ask(Signal, "bob", "c", "")
        pinged(side, ANSWER - 1)
        side.hear(id=name, ok={})
    assert not side.stream.finished
    assert side.counters == {}


def test_what_changes_something_is_asked_one_at_a_time_and_again_by_the_same_id() -> None:
    side = Side()
    first = side.client.ask(Contact, "add", "bob")
    second = side.client.ask(Contact, "add", "carol")
    assert [each["id"] for each in side.join() if each["ask"] == "contact"] == [first]
    side.hear(id=first, ok={})
    assert [each["id"] for each in side.said()] == [second]
    side.stream.give_up()
    side.pause()
    side.connect()
    (resume,) = side.said()
    side.hear(id=resume["id"], ok={"user": "alice", "expires": 60, "contacts": []})
    assert [each["id"] for each in side.said() if each["ask"] == "contact"] == [second]
    side.hear(id=second, error="full")
    assert side.errors() == [(first, ""), (second, "full")]


def test_what_the_directory_is_too_busy_for_is_asked_again_when_it_said() -> None:
    side = Side()
    name = side.client.ask(Contact, "add", "bob")
    side.join()
    side.hear(id=name, error="busy", retry_after=1.5)
    assert (side.errors(), side.said(), side.client.next_wake()) == ([], [], 1.5)
    other = side.client.ask(Contact, "add", "carol")
    assert side.said() == []
    side.client.wake(1.5)
    assert [each["id"] for each in side.said()] == [name]
    side.hear(id=name, ok={})
    assert [each["id"] for each in side.said()] == [other]


def test_what_is_not_kept_is_lost_with_the_connection_and_said_to_be() -> None:
    side = Side()
    side.join()
    name = side.client.ask(Signal, "bob", "c", "")
    side.stream.receive_eof(side.now)
    assert side.errors() == [(name, "lost")]


def test_so_much_is_asked_at_a_time_and_no_more() -> None:
    side = Side()
    side.join()
    names = [side.client.ask(Presence, "away") for _ in range(ASKED + 1)]
    kept = [side.client.ask(Contact, "add", "bob") for _ in range(KEPT + 1)]
    assert side.errors() == [(names[-1], "full"), (kept[-1], "full")]
    assert len(side.said()) == ASKED + 1


@pytest.mark.parametrize(
    "line",
    [
        b"hello\n",
        b"{}\n",
        b'{"id": "LOGIN", "ok": {}}\n',
        b'{"id": "LOGIN", "ok": {"contacts": []}}\n',
        b'{"id": "LOGIN", "ok": {"token": "T", "contacts": [{}]}}\n',
        b'{"id": "LOGIN", "ok": {"token": "T", "contacts": {}}}\n',
        b"x" * 262_145,
    ],
)
def test_a_directory_that_says_what_it_should_not_is_left_and_tried_again(line: bytes) -> None:
    side = Side()
    side.connect()
    (login,) = side.said()
    side.stream.receive_data(line.replace(b"LOGIN", login["id"].encode()), 0.0)
    assert side.stream.finished
    (left,) = side.client.take_said()
    assert isinstance(left, Left)
    assert side.pause() == 0.2


@pytest.mark.parametrize("ok", [{}, {"servers": 1}, {"servers": [{}], "ttl": 60}, {"servers": [[]], "ttl": 60}])
def test_so_is_one_whose_credentials_are_none(ok: dict[str, Any]) -> None:
    side = Side()
    (asked,) = side.join()
    side.hear(id=asked["id"], ok=ok)
    assert side.stream.finished


@pytest.mark.parametrize("known", [0, 1])
def test_where_there_are_too_few_supernodes_it_asks_again_after_a_while(known: int) -> None:
    """The death of the only one would be the end."""
    side = Side()
    (asked,) = side.join()
    servers = [{"at": f"10.0.0.{9 + n}:3478", "username": f"{n}:alice", "password": "x"} for n in range(2)]
    pauses = []
    for _ in range(8):
        side.hear(id=asked["id"], ok={"ttl": 3600, "servers": servers[:known]})
        assert len(side.client.servers) == known
        pauses.append((due := side.client.next_wake() or 0.0) - side.now)
        side.now = due
        side.client.wake(due)
        (asked,) = side.said()
    assert (pauses[0], pauses[-1], pauses) == (0.5, 5.0, sorted(pauses))
    side.hear(id=asked["id"], ok={"ttl": 3600, "servers": servers})
    assert [(each.username, each.password) for each in side.client.servers] == [("0:alice", "x"), ("1:alice", "x")]
    assert side.client.next_wake() == side.now + 1800.0


def test_an_answer_to_what_was_not_asked_is_nothing() -> None:
    side = Side()
    side.join()
    side.client.take_said()
    side.hear(id="who-knows", ok={})
    assert side.client.take_said() == []
    assert not side.stream.finished
