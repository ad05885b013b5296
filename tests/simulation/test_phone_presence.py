"""What the directory shows of a user is what his phone is, whatever becomes of what was said of it."""

from __future__ import annotations

import pytest
from calls_world import CallsWorld

from catenet.nodes.application.directory.client import ASKED
from catenet.nodes.application.directory.message import Signal
from catenet.nodes.application.directory.stream import BURST


def seen(world: CallsWorld, user: str) -> str:
    """As his contacts have him."""
    other = "bob" if user == "alice" else "alice"
    (row,) = [row for row in world.shown(other)["contacts"] if row["user"] == user]
    return str(row["presence"])


def flood(world: CallsWorld, user: str, requests: int) -> None:
    """His client has so many requests under way, or has used what it may ask."""
    for _ in range(requests):
        world.do(user, lambda phone, now: phone._post.client.ask(Signal, "bob", "x", ""))


def test_a_presence_for_which_the_client_had_no_room_is_said_later() -> None:
    world = CallsWorld(seed=61)
    flood(world, "alice", ASKED)
    world.call("alice", "bob")
    world.until(lambda: seen(world, "alice") == "busy", within=5.0)


def test_one_that_the_directory_was_too_busy_for_is_said_again() -> None:
    world = CallsWorld(seed=62)
    world.call("alice", "bob")
    world.until(lambda: seen(world, "alice") == "busy", within=5.0)
    for _ in range(2 * int(BURST) // ASKED):
        flood(world, "alice", ASKED)
        world.network.run(0.02)
    assert world.counter("directory", "busy")
    world.do("alice", lambda phone, now: phone.hang_up(now))
    assert seen(world, "alice") == "busy"
    world.until(lambda: seen(world, "alice") == "online", within=10.0)


def test_the_last_word_stands_where_two_were_said_at_once() -> None:
    world = CallsWorld(seed=63)
    world.call("alice", "bob")
    world.do("alice", lambda phone, now: phone.hang_up(now))
    world.network.run(5.0)
    assert seen(world, "alice") == "online"


@pytest.mark.parametrize("in_call", [True, False])
def test_who_comes_back_is_shown_as_he_is(in_call: bool) -> None:
    """A connection that is new begins as online, whatever was said by the one before."""
    world = CallsWorld(seed=64)
    world.talk()
    world.network.kill("directory")
    world.network.run(1.0)
    if not in_call:
        world.do("alice", lambda phone, now: phone.hang_up(now))
    world.network.start("directory")
    world.until(lambda: world.shown("alice")["directory"] == world.shown("bob")["directory"] == "here")
    world.network.run(3.0)
    assert seen(world, "alice") == ("busy" if in_call else "online")
