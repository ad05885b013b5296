"""A directory and its clients on the virtual clock: what they hear, and what is left when it dies at any moment."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from directory_world import World

from catenet.nodes.application.directory.client import Joined, Left
from catenet.nodes.application.directory.client import State as Where
from catenet.nodes.application.directory.message import (
    Answer,
    Contact,
    Known,
    Presence,
    PublishKey,
    Register,
    Signal,
    Signalled,
)
from catenet.nodes.application.directory.state import Session, State
from catenet.nodes.machine import Endpoint


def test_two_people_find_each_other_and_ring() -> None:
    world = World(["alice", "bob"])
    alice, bob = world.add("alice"), world.add("bob")
    world.until(lambda: alice.is_here and bob.is_here)
    world.ask("alice", Contact, "add", "bob")
    world.until(lambda: "alice" in bob.client.contacts)
    assert bob.client.contacts["alice"].state == "asks"
    world.ask("bob", Contact, "accept", "alice")
    world.ask("bob", PublishKey, bytes(range(32)))
    world.until(lambda: alice.client.contacts["bob"].key != b"")
    assert alice.client.contacts["bob"] == Known("bob", "accepted", "online", bytes(range(32)))
    world.ask("alice", Signal, "bob", "call-1", "ring")
    world.until(lambda: bob.of(Signalled) == [Signalled("alice", "call-1", "ring")])
    world.ask("alice", Presence, "busy")
    world.until(lambda: bob.client.contacts["alice"].presence == "busy")
    world.network.kill("alice")
    world.until(lambda: bob.client.contacts["alice"].presence == "offline")


def test_a_wrong_password_is_asked_once() -> None:
    world = World(["alice"])
    alice = world.add("alice", "not that one")
    world.network.run(60)
    assert alice.client.state is Where.REFUSED
    assert alice.of(Left) == [Left("refused")]
    assert world.hashes == 1


def test_a_client_whose_way_is_cut_is_gone_after_12_s_and_back_by_its_token() -> None:
    world = World(["alice", "bob"])
    alice, bob = world.add("alice"), world.add("bob")
    world.until(lambda: alice.is_here and bob.is_here)
    world.ask("alice", Contact, "add", "bob")
    world.ask("bob", Contact, "add", "alice")
    world.until(lambda: bob.client.contacts.get("alice", Known("", "", "", b"")).presence == "online")
    world.network.cut("lan", silent=True)
    assert 10.0 < world.until(lambda: not alice.is_here) <= 17.1
    world.network.heal("lan")
    world.until(lambda: alice.is_here and bob.is_here)
    assert alice.of(Joined) == [Joined(back=False), Joined(back=True)]
    assert world.hashes == 2
    assert alice.client.contacts["bob"].state == "accepted"


CHANGES = 30


def script(world: World, alice: Any) -> list[str]:
    """Alice asks CHANGES things that change something, all at once; her client asks one after the other."""
    names = []
    for number in range(CHANGES // 3):
        names.append(world.ask("alice", Contact, "add", f"u{number}"))
        names.append(world.ask("alice", PublishKey, bytes([number]) * 32))
        names.append(world.ask("alice", Contact, "remove", f"u{number - number % 2}"))
    return names


USERS = ["alice", *(f"u{number}" for number in range(CHANGES // 3))]


def rows(state: State) -> list[str]:
    """Without the sessions, whose tokens are drawn."""
    return sorted(repr(row) for row in state.rows() if not isinstance(row, Session))


def undisturbed() -> tuple[list[str], list[list[str]]]:
    """Without a death: what was asked, and the rows after each change that there was."""
    world = World(USERS, hashing=0.01)
    alice = world.add("alice")
    world.until(lambda: alice.is_here)
    states = [rows(world.file.state)]
    world.file.after = lambda change: states.append(rows(world.file.state))
    names = script(world, alice)
    world.until(lambda: len(alice.of(Answer)) == CHANGES)
    assert alice.of(Answer) == [Answer(name, {}) for name in names]
    return names, states


def killed(moment: str, k: int) -> tuple[World, Any]:
    """The world in which the directory dies at the k-th change, and Alice, who has asked all."""
    world = World(USERS, hashing=0.01)
    alice = world.add("alice")
    world.until(lambda: alice.is_here)
    left = [k]

    def lives(_: object = None) -> bool:
        left[0] -= 1
        if left[0] == 0:
            world.network.kill("directory")
        return left[0] != 0

    if moment == "before its commit":
        world.file.before = lives
    elif moment == "after its commit":
        world.file.after = lives
    else:
        alice.then = lambda said: isinstance(said, Answer) and lives()
    script(world, alice)
    world.until(lambda: left[0] <= 0)
    world.network.run(0.5)
    return world, alice


@pytest.mark.parametrize("moment", ["before its commit", "after its commit", "after its acknowledgement"])
def test_killed_at_each_of_30_changes_nothing_acknowledged_is_lost_nothing_is_half_or_twice(moment: str) -> None:
    names, states = undisturbed()
    all_done = done_in(states[-1])
    assert len(states) == 1 + len(all_done)
    for k in range(1, 1 + (CHANGES if moment == "after its acknowledgement" else len(all_done))):
        world, alice = killed(moment, k)
        acknowledged = [answer.id for answer in alice.of(Answer)]
        assert acknowledged == names[: len(acknowledged)]
        kept = rows(world.file.state)
        assert kept in states  # nothing half
        assert set(acknowledged) & all_done <= done_in(kept)
        assert len(acknowledged) == k or moment != "after its acknowledgement"
        world.network.start("directory")
        world.until(lambda: len(alice.of(Joined)) == 2 and len(alice.of(Answer)) == CHANGES)  # noqa: B023
        assert alice.of(Answer) == [Answer(name, {}) for name in names]
        assert rows(world.file.state) == states[-1]  # nothing twice: the numbers of what was done are in it
        assert (alice.of(Joined), world.hashes) == ([Joined(back=False), Joined(back=True)], 1)


def done_in(kept: list[str]) -> set[str]:
    """The ids of the requests that these rows have as done."""
    return {row.rpartition("request='")[2][:16] for row in kept if row.startswith("Done(")}


def test_after_a_restart_all_come_back_without_a_password_and_not_all_at_once() -> None:
    users = [f"u{number}" for number in range(40)]
    world = World(users, hashing=0.001)
    people = [world.add(user) for user in users]
    world.until(lambda: all(person.is_here for person in people))
    hashes, logins = world.hashes, world.counter("logins")
    assert (hashes >= 40, logins) == (True, 40)
    world.network.kill("directory")
    world.network.run(120.0)
    assert not any(person.is_here for person in people)
    world.network.start("directory")
    began = world.network.now
    took = world.until(lambda: all(person.is_here for person in people))
    assert took < 15.0 + 2.0  # the longest pause, and a connection that is tried for 2 s
    assert (world.hashes, world.counter("logins"), world.counter("resumed")) == (hashes, logins, 40)
    back = Counter(int(at - began) for person in people for at, said in person.heard if said == Joined(back=True))
    assert max(back.values()) <= 40 // 2


def test_what_is_asked_while_the_directory_is_away_is_answered_when_it_is_back_or_at_once() -> None:
    world = World(["alice", "bob"])
    alice = world.add("alice")
    world.until(lambda: alice.is_here)
    world.network.kill("directory")
    world.until(lambda: not alice.is_here)
    kept = world.ask("alice", Contact, "add", "bob")
    lost = world.ask("alice", Signal, "bob", "call", "")
    assert alice.of(Answer) == [Answer(lost, error="offline")]
    world.network.start("directory")
    world.until(lambda: len(alice.of(Answer)) == 2)
    assert alice.of(Answer)[1] == Answer(kept, {})


def test_contacts_and_supernodes_are_known_while_the_directory_is_away() -> None:
    world = World(["alice", "bob", "relay"], supernodes=("relay",))
    alice, relay = world.add("alice"), world.add("relay")
    world.until(lambda: alice.is_here and relay.is_here)
    world.ask("alice", Contact, "add", "bob")
    at = Endpoint(next(iter(world.network.nodes["relay"].addresses)), 3478)
    world.ask("relay", Register, at, 10)
    world.until(lambda: bool(alice.client.servers))
    world.network.kill("directory")
    world.until(lambda: not alice.is_here)
    assert [server.at for server in alice.client.servers] == [at]
    assert alice.client.contacts["bob"].state == "asked"


def test_credentials_are_renewed_at_half_of_their_time() -> None:
    relays = ("r1", "r2")
    world = World(["alice", *relays], supernodes=relays, credentials=100.0)
    alice, *others = (world.add(each) for each in ("alice", *relays))
    world.until(lambda: alice.is_here and all(each.is_here for each in others))
    for each in relays:
        world.ask(each, Register, Endpoint(next(iter(world.network.nodes[each].addresses)), 3478), 10)
    world.until(lambda: len(alice.client.servers) == 2)
    first = alice.client.servers
    assert 49.0 < world.until(lambda: alice.client.servers != first, within=100.0) < 52.0


@pytest.mark.parametrize("seed", range(5))
def test_over_a_lan_that_loses_everything_is_done_once(seed: int) -> None:
    world = World(USERS, seed=seed)
    world.network.impair("lan", delay=0.045, jitter=0.025, loss=0.2)
    alice = world.add("alice")
    world.until(lambda: alice.is_here)
    names = script(world, alice)
    world.until(lambda: len(alice.of(Answer)) == CHANGES, within=300.0)
    assert alice.of(Answer) == [Answer(name, {}) for name in names]
    assert len(done_in(rows(world.file.state))) == 25
