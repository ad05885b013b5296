"""How a conversation ends, and what strangers can do to it."""

from __future__ import annotations

from random import Random

import pytest
from phone_world import ALLOWED, world

from catenet.nodes.application.phone.terms import Failed, HungUp, Moved
from catenet.nodes.machine import Datagram, Endpoint


def test_who_hangs_up_is_done_when_the_peer_knows() -> None:
    talks = world()
    talks.talk(3.0)
    talks.do("a", lambda phone, now: phone.talk.hang_up(now))
    talks.network.run(0.1)
    assert talks.b.of(HungUp) == [HungUp()] and not talks.a.of(HungUp)
    frames = [len(each.heard) for each in talks.both]
    talks.network.run(0.5)
    assert talks.a.talk.finished, "its relays are given back, too"
    talks.network.run(3.0)
    assert talks.b.talk.finished
    assert [len(each.heard) for each in talks.both] == frames
    for number in range(3):
        assert (
            not talks.network.nodes[f"s{number}"]
            .processes[1]
            .machine.show("supernode", talks.network.now)["allocations"]
        )


@pytest.mark.parametrize("seed", range(3))
def test_hanging_up_arrives_though_packets_are_lost(seed: int) -> None:
    talks = world(seed)
    talks.slow()
    talks.talk(3.0)
    talks.slow(loss=0.4)
    talks.do("b", lambda phone, now: phone.talk.hang_up(now))
    talks.network.run(6.0)
    assert talks.a.of(HungUp) == [HungUp()] and not talks.a.of(Failed)
    assert all(each.talk.finished for each in talks.both)


def test_hanging_up_arrives_though_the_supernode_has_just_died() -> None:
    talks = world()
    talks.talk(3.0)
    talks.network.kill(talks.carriers()[0])
    talks.do("b", lambda phone, now: phone.talk.hang_up(now))
    talks.network.run(0.2)
    assert talks.a.of(HungUp)


def test_both_hang_up_at_once() -> None:
    talks = world()
    talks.talk(3.0)
    for name in "ab":
        talks.do(name, lambda phone, now: phone.talk.hang_up(now))
    talks.network.run(4.0)
    assert all(each.talk.finished and not each.of(HungUp) for each in talks.both)


def test_who_hangs_up_before_there_is_a_path_is_done_without_a_word() -> None:
    talks = world()
    talks.network.run(1.0)
    talks.do("a", lambda phone, now: phone.talk.hang_up(now))
    talks.network.run(1.5)
    assert talks.a.talk.finished


def test_who_hangs_up_and_is_not_heard_is_done_after_eight_tries() -> None:
    talks = world()
    talks.talk(3.0)
    talks.network.cut("west", silent=True)
    talks.do("a", lambda phone, now: phone.talk.hang_up(now))
    talks.network.run(1.5)
    assert not talks.a.talk.finished
    talks.network.run(2.5)
    assert talks.a.talk.finished


# What others send.


def test_packets_that_are_played_again_or_forged_are_counted_and_change_nothing() -> None:
    talks = world(relayed_only=False)
    talks.a.kept_from = 40
    talks.talk(3.0)
    now, talk = talks.network.now, talks.a.talk
    before = talk.statistics(now)
    kept = talks.a.kept
    assert len(kept) == 40
    stranger = Endpoint(talks.network.nodes["s0"].interfaces[0].address, 9)
    random = Random(1)
    for data in kept:
        forged = bytearray(data)
        forged[random.randrange(12, len(data))] ^= 1 << random.randrange(8)
        for each in (data, bytes(forged), data[:10], b"", random.randbytes(100), b"\x80" + random.randbytes(171)):
            for port in (talks.a.ports.media, talks.a.ports.spare):
                packet = Datagram(each, stranger, Endpoint(talks.a.ports.address, port))
                talks.do("a", lambda phone, now, packet=packet: phone.receive(packet, now))  # type: ignore[misc]
    after = talk.statistics(now)
    assert (after.received, after.lost, after.path) == (before.received, before.lost, before.path)
    assert not talks.a.of(Moved) and not talks.a.of(HungUp)
    counters = talks.network.nodes["a"].counters
    assert counters["refused.index"] + counters["refused.tag"] >= 2 * 40
    talks.assert_heard()


def test_in_the_clear_it_talks_moves_and_ends_as_well() -> None:
    talks = world()
    talks.talk(3.0, encrypted=False)
    talks.network.kill(talks.carriers()[0])
    talks.network.run(2.0)
    assert max(each.longest_silence for each in talks.both) < ALLOWED
    talks.do("a", lambda phone, now: phone.talk.hang_up(now))
    talks.network.run(4.0)
    assert talks.b.of(HungUp) and all(each.talk.finished for each in talks.both)
