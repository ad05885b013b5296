"""The hot path beside the plain one: whatever comes, a stack that relays what it can sends what one sends that receives
everything, and counts the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hot_paths import DESTINATIONS, HARDWARE, HOSTS, NOBODY, SOURCES, Drawn, Node, change
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.transport.stack import ways

_usual = st.builds(
    Drawn,
    source=st.sampled_from(("10.0.1.9", "10.7.0.1")),
    destination=st.sampled_from(DESTINATIONS),
    ttl=st.integers(0, 255),
    identification=st.integers(0, 0xFFFF),
    octets=st.integers(20, 1500),
)
PASSED_ON = ("10.1.0.1", "10.2.0.1", "10.4.0.1", "10.0.2.9")
FLAWS: dict[str, tuple[object, ...]] = {
    "to": (HARDWARE["out"], b"\xff" * 6, bytes.fromhex("01005e000001")),
    "sender": (bytes.fromhex("030000000109"),),
    "kind": (0x86DD,),
    "first": (0x46, 0x44, 0x65, 0x05),
    "source": NOBODY,
    "protocol": (1, 6),
    "fragment": (0x4000, 0x2000, 0x2001, 0x8000),
    "lie": (-1, 1, -50, 3000),
    "padding": (1, 18),
    "wrong": (1, 0xFFFF),
}
"""What may be odd of one that is ordinary otherwise."""
_flaws = st.sampled_from(sorted(FLAWS)).flatmap(lambda word: st.tuples(st.just(word), st.sampled_from(FLAWS[word])))
drawn = st.one_of(
    _usual,
    st.builds(lambda to, flaw: replace(Drawn(destination=to), **dict([flaw])), st.sampled_from(PASSED_ON), _flaws),
    st.builds(
        Drawn,
        to=st.sampled_from((HARDWARE["in"], HARDWARE["out"], b"\xff" * 6, bytes.fromhex("01005e000001"))),
        sender=st.sampled_from((HOSTS["10.0.1.9"], bytes.fromhex("030000000109"))),
        kind=st.sampled_from((0x0800, 0x86DD)),
        first=st.sampled_from((0x45, 0x45, 0x46, 0x4F, 0x44, 0x65, 0x05)),
        source=st.sampled_from(SOURCES),
        destination=st.sampled_from(DESTINATIONS),
        ttl=st.sampled_from((0, 1, 2, 64, 255)),
        protocol=st.sampled_from((1, 6, 17)),
        identification=st.integers(0, 0xFFFF),
        fragment=st.sampled_from((0, 0x4000, 0x2000, 0x2001, 0x0001, 0x8000)),
        octets=st.one_of(st.integers(0, 1500), st.sampled_from((575, 576, 577))),
        lie=st.sampled_from((0, 0, 0, -1, 1, -50, 3000)),
        padding=st.sampled_from((0, 0, 1, 18)),
        wrong=st.sampled_from((0, 0, 0, 1, 0xFFFF)),
    ),
)
Step = list[Drawn] | str
steps = st.lists(
    st.one_of(
        st.lists(drawn, min_size=1, max_size=8),
        st.lists(drawn, min_size=1, max_size=8),
        st.sampled_from(("route goes", "route turns", "host moves", "lan goes", "lan returns", "host comes", "flush")),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=400, deadline=None)
@given(steps, st.booleans())
@example([[Drawn()], "host moves", [Drawn()], "route turns", [Drawn(octets=576), Drawn(octets=577)]], True)
@example([[Drawn()] * 3, "lan goes", [Drawn()], "lan returns", [Drawn()]], True)
def test_what_is_relayed_is_what_would_have_been_sent(taken: list[Step], forwards: bool) -> None:
    hot, plain = Node(forward=forwards), Node(forward=forwards)
    for number, step in enumerate(taken):
        hot.sent.clear()
        plain.sent.clear()
        if isinstance(step, str):
            change(hot, step)
            change(plain, step)
        else:
            frames = [each.frame() for each in step]
            hot.relay(frames, float(number))
            plain.receive(frames, float(number))
        assert sorted(hot.sent) == sorted(plain.sent)
        assert hot.counts == plain.counts
    assert hot.stack.show("arp", 9.0) == plain.stack.show("arp", 9.0)


@pytest.mark.parametrize(("word", "value"), [(word, value) for word, values in FLAWS.items() for value in values])
def test_each_flaw_alone(word: str, value: object) -> None:
    hot, plain = Node(), Node()
    frames = [replace(Drawn(destination=to), **{word: value}).frame() for to in PASSED_ON]  # type: ignore[arg-type]
    hot.relay(frames, 0.0)
    plain.receive(frames, 0.0)
    assert sorted(hot.sent) == sorted(plain.sent)
    assert hot.counts == plain.counts


def test_an_ordinary_packet_is_relayed_at_once() -> None:
    """Without that the other tests would say nothing. So it is where there are several ways."""
    node = Node()
    node.relay([Drawn().frame(), Drawn(destination="10.2.0.1").frame(), Drawn(octets=1500).frame()], 0.0)
    assert node.relayed == 3
    lan, frame = node.sent[0]
    assert lan == "out"
    assert frame[:14] == HOSTS["10.0.2.9"] + HARDWARE["out"] + b"\x08\x00"
    assert frame[22] == 63
    assert checksum(frame[14:34]) == 0
    assert frame[34:] == Drawn().frame()[34:]


def test_every_checksum_is_updated_as_if_it_were_made_anew() -> None:
    """Each of the 65,535 that a header can have (RFC 1624)."""
    node, plain = Node(), Node()
    for first in range(0, 0x10000, 0x400):
        frames = [Drawn(identification=number).frame() for number in range(first, first + 0x400)]
        node.relay(frames, 0.0)
        plain.receive(frames, 0.0)
    sums = {frame[24:26] for _, frame in node.sent}
    assert len(sums) == 0xFFFF
    assert all(checksum(frame[14:34]) == 0 for _, frame in node.sent)
    assert sorted(node.sent) == sorted(plain.sent)
    assert node.relayed > 0xFE00


def test_conversations_are_spread_over_the_ways_and_each_keeps_its_own() -> None:
    node = Node()
    frames = [Drawn(source=f"10.7.0.{number}", destination="10.2.0.1").frame() for number in range(1, 100)]
    node.relay(frames * 2, 0.0)
    ways: dict[bytes, set[tuple[str, bytes]]] = {}
    for lan, frame in node.sent:
        ways.setdefault(frame[26:30], set()).add((lan, frame[:6]))
    assert all(len(each) == 1 for each in ways.values())
    assert len(set.union(*ways.values())) == 3


def test_many_destinations_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "MOST_WAYS", 16)
    node = Node()
    for number in range(100):
        frames = [Drawn(destination=f"10.{kind}.1.{number}").frame() for kind in (1, 2)]
        node.relay(frames, 0.0)
        kept: Any = node.stack._relay
        assert len(kept._ways) + len(kept._shared) <= 16
    assert node.relayed == 200


def test_a_neighbour_that_is_only_relayed_to_counts_as_used() -> None:
    """It has made itself known, and nobody has sent to it: it would be forgotten where nothing were to go there."""
    node = Node()
    for host in ("10.0.2.9", "10.0.3.9"):
        node.hear(host)
    node.relay([Drawn().frame()], 0.0)
    states = {row["address"]: row["state"] for row in node.stack.arp.show(0.0)}
    assert states["10.0.2.9"] == "reachable"
    assert states["10.0.3.9"] == "stale"
