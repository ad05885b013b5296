"""Whatever comes, and whenever: `Arp` stays within its bounds, and what it says of itself is true."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from resolving import F1, US, Desk, wire

from catenet.nodes.address import Address
from catenet.nodes.link.arp.config import ArpOptions
from catenet.nodes.link.arp.packet import REQUEST
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST, is_one_host
from catenet.nodes.machine import Frame

SMALL = ArpOptions(packets=3, waiting=2000, neighbours=6, unresolved=4)
# Few addresses, so that they meet; of the network and not, of nobody, of groups, our own.
ADDRESSES = st.sampled_from([0, 0xFFFFFFFF, int(US), 0xC01F4100, 0xC01F41FF, 0xE0000001, 0x7F000001]) | st.integers(
    int(US) - 6, int(US) + 6
)
HARDWARE = st.sampled_from([F1, BROADCAST, bytes(6), bytes.fromhex("01005e000001")]) | st.integers(1, 6).map(
    lambda last: bytes((2, 0, 0, 0, 0, last))
)
PACKETS = st.builds(
    wire, st.sampled_from([1, 2, 0, 3]), HARDWARE, ADDRESSES.map(Address), ADDRESSES.map(Address), HARDWARE
)
STEPS = st.lists(
    st.tuples(st.just("receive"), PACKETS | st.binary(max_size=40))
    | st.tuples(st.just("resolve"), st.tuples(ADDRESSES, st.integers(0, 900)))
    | st.tuples(st.just("run"), st.sampled_from([0.01, 0.5, 1.0, 3.0, 61.0, 130.0]))
    | st.tuples(st.sampled_from(["flush", "down", "up", "forget"]), st.none()),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_it_stays_within_its_bounds_whatever_comes(steps: list[tuple[str, object]]) -> None:
    desk = Desk(SMALL)
    asked: dict[Address, float] = {}
    given_in = came_out = 0
    for word, what in steps:
        if word == "receive":
            assert isinstance(what, bytes)
            desk.arp.receive(Frame(what, b"\2" * 6, BROADCAST, ARP, "lan"), desk.now)
        elif word == "resolve":
            assert isinstance(what, tuple)
            given_in += 1
            came_out += desk.resolve(Address(what[0]), bytes(what[1])) is not None
        elif word == "run":
            assert isinstance(what, float)
            for at, _, packet in desk.run(what):
                _at_most_one_a_second(asked, at, packet.opcode, packet.sender, packet.target)
        elif word == "flush":
            desk.arp.flush()
            asked.clear()
        elif word == "forget":
            desk.arp.forget("lan", desk.now)
            asked.clear()
        else:
            desk.set_interface(up=word == "up")
            asked.clear()
        for frame, packet in desk.frames():
            assert packet.sender_hardware == F1
            assert frame.destination == BROADCAST or is_one_host(frame.destination)
            if frame.destination == BROADCAST:
                _at_most_one_a_second(asked, desk.now, packet.opcode, packet.sender, packet.target)
        came_out += len(desk.arp.take_ready()) + len(desk.arp.take_failed())
        _true_of(desk)
    waits = sum(len(each.packets) for each in desk.arp._cache)
    dropped = sum(desk.counters[f"arp.dropped.{why}"] for why in ("waiting", "full", "interface", "address"))
    assert given_in == came_out + waits + dropped  # each packet is accounted for


def _at_most_one_a_second(
    asked: dict[Address, float], now: float, opcode: int, sender: Address, target: Address
) -> None:
    if opcode == REQUEST and sender != target:
        assert now >= asked.get(target, -1.0) + 1.0, str(target)
        asked[target] = now


def _true_of(desk: Desk) -> None:
    arp, cache = desk.arp, desk.arp._cache
    states = Counter(each.state.word for each in cache)
    assert states["incomplete"] <= SMALL.unresolved
    assert len(cache) - states["incomplete"] <= SMALL.neighbours
    assert cache.waiting == sum(len(packet) for each in cache for packet in each.packets) <= SMALL.waiting
    assert all(len(each.packets) <= SMALL.packets for each in cache)
    assert all(not each.packets or not each.hardware for each in cache)
    assert arp.known == {each.key: each.hardware for each in cache if each.hardware}
    assert all(is_one_host(each) and each != F1 for each in arp.known.values())
    assert all(address != US for _, address in arp.known)
    assert cache.version == arp.version
    assert len(cache) == 0 or (arp.next_wake() or 0) > 0


def test_a_flood_of_everything_from_everywhere_costs_a_fixed_amount_of_memory() -> None:
    """Seed 1: 50,000 packets of 16 million senders, for us and for others, and as many that are to be sent."""
    random = Random(1)
    desk = Desk(length=8)
    for number in range(50_000):
        sender = Address(0xC0000000 | random.getrandbits(24))
        desk.arp.receive(
            Frame(wire(1, bytes((2, *random.randbytes(5))), sender, US), b"\2" * 6, BROADCAST, ARP, "lan"), desk.now
        )
        desk.resolve(Address(0xC0000000 | random.getrandbits(24)), bytes(1400))
        if number % 1000 == 999:
            desk.run(0.1)
        desk.arp.take_actions()
        desk.arp.take_ready()
        desk.arp.take_failed()
    assert len(desk.rows()) <= 1024 + 256
    assert desk.arp._cache.waiting <= 1 << 20
    assert len(desk.arp._timers._heap) <= 2 * (1024 + 256 + 1) + 64
    assert len(desk.arp._reports._told._told) <= 256
    assert desk.counters["arp.sent.reply"] == 50_000
