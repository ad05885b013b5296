"""A client's connection: its time, and what of it is bounded."""

from __future__ import annotations

import json

import pytest
from directory_bench import Place, Room, password_of

from catenet.nodes.application.directory.message import LINE_LIMIT
from catenet.nodes.application.directory.stream import BURST, LOGIN, OUTPUT, RATE, SILENCE, UNDER_WAY


def wake(place: Place, at: float) -> bool:
    """At that time, if it wants to be woken by then → whether it has finished."""
    place.room.now = at
    due = place.stream.next_wake()
    if due is not None and due <= at:
        place.stream.wake(at)
        place.room.settle()
    return bool(place.stream.finished)


def test_who_does_not_log_in_is_gone_after_5_s() -> None:
    place = Room().place()
    place.ask("ping")
    assert not wake(place, LOGIN - 0.1)
    place.ask("ping")
    assert wake(place, LOGIN)
    assert place.room.counters == {"connections_silent": 1}


def test_the_time_that_a_hash_takes_is_not_the_clients() -> None:
    room = Room()
    room.working = False
    place = room.place()
    place.ask("login", user="alice", password="x")
    assert not wake(place, LOGIN + 1)
    room.do(1)
    assert not wake(place, 2 * LOGIN)
    assert wake(place, 2 * LOGIN + 1)


def test_who_says_nothing_for_12_s_is_gone_and_who_pings_is_not() -> None:
    room = Room()
    alice, bob = room.friends("alice", "bob")
    for now in (5.0, 10.0, 15.0):
        room.now = now
        assert alice.answered("ping")["ok"] == {}
    assert wake(bob, SILENCE)
    assert not wake(alice, 20.0)
    assert [each["presence"] for each in alice.heard()] == ["offline"]
    assert wake(alice, 15.0 + SILENCE)
    assert room.table()["online"] == 0


@pytest.mark.parametrize(
    "line",
    [
        b"hello\n",
        b"\xff\n",
        b"{}\n",
        b'{"id": "1", "ask": "ping", "x": 1}\n',
        b'{"id": "1", "ask": "ping", "\\ud800": 1}\n',
        b"x" * (LINE_LIMIT + 1),
    ],
)
def test_what_is_no_line_of_ours_ends_the_connection_and_is_counted(line: bytes) -> None:
    room = Room()
    place = room.at("alice")
    place.send(line)
    (answer,) = place.heard()
    assert (answer["id"], answer["error"].partition(":")[0]) == ("?", "malformed")
    assert place.stream.finished
    assert room.counters["lines_bad"] == 1
    assert room.table()["online"] == 0
    place.send(b'{"id": "1", "ask": "ping"}\n')
    assert place.heard() == []


def test_what_stands_before_a_bad_line_is_done_and_nothing_behind_it() -> None:
    room = Room()
    place = room.at("alice")
    lines = [{"id": "1", "ask": "ping"}, {"id": "2"}, {"id": "3", "ask": "ping"}]
    place.send(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    assert [each["id"] for each in place.heard()] == ["1", "?"]


def test_so_many_requests_are_under_way_and_one_more_is_not_taken() -> None:
    room = Room()
    place = room.at("alice")
    room.working = False
    names = [place.ask("contact", do="add", user="bob") for _ in range(UNDER_WAY + 1)]
    assert [(each["id"], each["error"]) for each in place.heard()] == [(names[-1], "busy")]
    assert place.answered("ping")["ok"] == {}
    room.do(len(room.jobs))
    assert [each["id"] for each in place.heard() if "id" in each] == names[:-1]
    room.working = True
    assert place.answered("contact", do="add", user="carol")["ok"] == {}


def test_so_many_requests_come_in_a_second_and_one_more_is_not_taken() -> None:
    room = Room()
    alice = room.friends("alice", "bob")[0]
    room.now = 10.0
    errors = [alice.answered("presence", state=("away", "busy")[number % 2]).get("error") for number in range(300)]
    assert errors == [None] * int(BURST) + ["busy"] * (300 - int(BURST))
    room.now += 1
    errors = [alice.answered("presence", state="online").get("error") for number in range(100)]
    assert errors == [None] * int(RATE) + ["busy"] * (100 - int(RATE))


def test_who_takes_nothing_is_cut_off() -> None:
    room = Room()
    place = room.place()
    ping = json.dumps({"id": "x" * 64, "ask": "ping"}).encode() + b"\n"
    many = OUTPUT // len(b'{"id":"","ok":{}}' + b"x" * 64)
    for _ in range(many + 1):
        place.send(ping)
        if place.stream.finished:
            break
    assert place.stream.finished
    assert place.stream.data_to_send() == b""
    assert room.counters == {"connections_cut": 1}


@pytest.mark.parametrize("ends", ["receive_eof", "give_up"])
def test_a_connection_that_ends_is_left_once(ends: str) -> None:
    room = Room()
    place = room.at("alice")
    for _ in range(2):
        getattr(place.stream, ends)(*([room.now] if ends == "receive_eof" else []))
    assert place.stream.finished
    assert place.stream.next_wake() is None
    assert room.table()["online"] == 0


def test_a_login_in_any_slices_is_one() -> None:
    room = Room()
    place = room.place()
    line = json.dumps({"id": "1", "ask": "login", "user": "alice", "password": password_of("alice")}).encode() + b"\n"
    for octet in line:
        place.send(bytes((octet,)))
    assert [each["ok"]["user"] for each in place.heard()] == ["alice"]
