"""Fragments: cut, and put together again in any order, against RFC 791, scapy, and a plain model of what is there."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP
from scapy.layers.inet import fragment as scapys_fragment

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.fragments import fragment
from catenet.nodes.internet.ipv4.header import LONGEST, UDP, Header
from catenet.nodes.internet.ipv4.options import Option, SourceRouteOption, to_bytes
from catenet.nodes.internet.ipv4.reassembly import LIFETIME, OVERHEAD, Reassembler

A, B = Address.parse("10.0.0.1"), Address.parse("10.0.0.2")
PLAIN = Header(A, B, UDP, identification=7)
RECORD = b"\7\x27\4" + bytes(36) + b"\0"
NOW = 100.0


class Counted:
    def __init__(self, **bounds: int) -> None:
        self.counts: Counter[str] = Counter()
        self.reassembler = Reassembler(self.count, **bounds)

    def count(self, counter: str, by: int = 1) -> None:
        self.counts[counter] += by

    def take(self, packet: bytes, now: float = NOW, *, to_group: bool = False) -> bytes | None:
        return self.reassembler.receive(Header.received(packet), packet, "lan", now, to_group=to_group)

    @property
    def dropped(self) -> dict[str, int]:
        return {word: number for word, number in self.counts.items() if word.startswith("dropped.")}


def part(begin: int, end: int, *, last: bool = False, fill: int = 0, header: Header = PLAIN) -> bytes:
    """The octets `begin` to `end` of a datagram, which has its position in each."""
    data = bytes((number >> 3) + fill & 0xFF for number in range(begin, end))
    return header._replace(offset=begin, mf=not last).packet(data)


def whole(end: int, header: Header = PLAIN) -> bytes:
    return header.packet(bytes(number >> 3 & 0xFF for number in range(end)))


# Cutting.


def test_791_3_2_the_example_procedure() -> None:
    """ "NFB <- (MTU-IHL*4)/8": 280 octets of 452 over an MTU of 280, the figures of RFC 791's appendix A, example 2."""
    packet = PLAIN._replace(ttl=123, identification=111).packet(bytes(452))
    first, second = fragment(packet, 280)
    one, two = Header.received(first), Header.received(second)
    assert (one.total_length, one.mf, one.offset) == (276, True, 0)
    assert (two.total_length, two.mf, two.offset) == (216, False, 256)
    assert (one.identification, two.identification, one.ttl) == (111, 111, 123)


def test_options_are_in_the_others_as_their_copy_flag_says() -> None:
    """ "1 = copied": a source route and security are; record route and timestamp are not."""
    route = SourceRouteOption((A, B))
    options = to_bytes([Option(7, b"\4" + bytes(4)), Option(0x82, bytes(9)), route])
    first, *others = fragment(PLAIN._replace(options=options).packet(bytes(3000)), 1500)
    assert Header.received(first).options == options
    assert [Header.received(each).parsed_options for each in others] == [(Option(0x82, bytes(9)), route)] * len(others)
    first, second = fragment(PLAIN._replace(options=RECORD).packet(bytes(1456)), 1500)
    assert (Header.received(second).length, Header.received(second).total_length) == (20, 36)


def test_df_and_an_mtu_without_room_are_refused() -> None:
    with pytest.raises(ValueError, match="DF"):
        fragment(PLAIN._replace(df=True).packet(bytes(1481)), 1500)
    with pytest.raises(ValueError, match="no room"):
        fragment(PLAIN._replace(options=RECORD).packet(bytes(100)), 67)
    made = fragment(PLAIN._replace(options=RECORD).packet(bytes(100)), 68)
    assert [Header.received(each).offset for each in made] == [0, 8, 56]


flags = st.booleans()


@given(st.integers(1, 4000), st.integers(68, 1500), flags, flags)
def test_scapy_cuts_the_same_fragments(length: int, mtu: int, more: bool, reserved: bool) -> None:
    packet = PLAIN._replace(mf=more, offset=80, reserved=reserved).packet(
        bytes(number & 255 for number in range(length))
    )
    ours = fragment(packet, mtu)
    assert b"".join(each[20:] for each in ours) == packet[20:]
    assert all(len(each) <= mtu for each in ours)
    assert [Header.received(each).mf for each in ours] == [True] * (len(ours) - 1) + [more]
    begins = [80 + sum(len(each) - 20 for each in ours[:number]) for number in range(len(ours))]
    assert [Header.received(each).offset for each in ours] == begins
    if not more and not reserved:
        theirs = scapys_fragment(IP(PLAIN.packet(packet[20:])), (mtu - 20) // 8 * 8)
        again = [bytes(each) for each in theirs]
        assert fragment(PLAIN.packet(packet[20:]), mtu) == again or len(packet) <= mtu


@given(st.integers(0, 4000), st.lists(st.integers(68, 1500), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_cut_again_and_again_in_any_order_it_is_the_datagram(size: int, mtus: list[int], random: Random) -> None:
    data = bytes(at >> 2 & 255 for at in range(size))
    header = PLAIN._replace(options=to_bytes([SourceRouteOption((A, B))]), tos=0xB8, ttl=9)
    packets = [header.packet(data)]
    for mtu in mtus:
        packets = [each for packet in packets for each in fragment(packet, mtu)]
    random.shuffle(packets)
    counted = Counted()
    found = [counted.take(each) for each in packets] if len(packets) > 1 else packets
    assert found[:-1] == [None] * (len(packets) - 1)
    assert found[-1] == header.packet(data)
    assert not counted.dropped
    assert counted.reassembler.octets == 0


# Putting together.


def test_a_duplicate_is_ignored_and_one_after_the_end_waits_alone() -> None:
    counted = Counted()
    assert counted.take(part(0, 16)) is None
    assert counted.take(part(0, 16)) is None
    assert counted.take(part(8, 16)) is None  # all of its octets are there
    assert counted.take(part(16, 20, last=True)) == whole(20)
    assert counted.take(part(16, 20, last=True)) is None
    assert counted.counts["fragments.duplicate"] == 2
    assert not counted.dropped


OVERLAPS: dict[str, list[bytes]] = {
    "teardrop": [part(0, 40), part(24, 28, last=True)],
    "newtear": [part(0, 32), part(24, 40, last=True)],
    "before": [part(8, 24), part(0, 16)],
    "over all": [part(8, 16), part(0, 24)],
    "over a gap": [part(0, 8), part(16, 24), part(0, 24)],
    "between": [part(0, 16), part(24, 40), part(8, 32)],
    "two ends": [part(8, 24, last=True), part(24, 32, last=True)],
    "an earlier end": [part(16, 32), part(8, 16, last=True)],
    "beyond the end": [part(8, 16, last=True), part(16, 24)],
    "ping of death": [part(0, 8), part(65_528, 65_536)],
    "ping of death at the end": [part(0, 8), part(65_512, 65_520, last=True)],
}


@pytest.mark.parametrize("packets", OVERLAPS.values(), ids=OVERLAPS)
def test_what_does_not_fit_drops_the_datagram(packets: list[bytes]) -> None:
    counted = Counted()
    *before, last = packets
    for packet in before:
        assert counted.take(packet) is None
        assert not counted.dropped
    assert counted.take(last) is None
    assert sum(counted.dropped.values()) == 1
    assert counted.reassembler.octets == 0
    assert counted.reassembler.next_wake() is None


def test_the_largest_datagram_is_put_together_and_no_larger_one() -> None:
    """65,535 octets with the first fragment's header, whatever the others have."""
    data = bytes(LONGEST - 20)
    counted = Counted()
    pieces = fragment(PLAIN.packet(data), 1500)
    assert [counted.take(each) for each in reversed(pieces)][-1] == PLAIN.packet(data)
    wide = PLAIN._replace(options=RECORD)
    pieces[0] = wide._replace(mf=True).packet(pieces[0][20:])
    assert [counted.take(each) for each in reversed(pieces)][-1] is None
    assert counted.dropped == {"dropped.fragment_oversize": 1}
    assert counted.reassembler.octets == 0


@pytest.mark.parametrize("packet", [part(0, 0), part(8, 8, last=True), part(0, 12), part(8, 9)])
def test_a_fragment_without_whole_units_is_dropped_alone(packet: bytes) -> None:
    counted = Counted()
    assert counted.take(part(16, 20, last=True)) is None
    assert counted.take(packet) is None
    assert counted.take(part(0, 16)) == whole(20)
    assert counted.dropped == {"dropped.fragment_length": 1}


def test_791_3_2_what_tells_two_datagrams_apart() -> None:
    """ "The internet datagrams that all have the same value for the four fields: internet identification, source,
    destination, and protocol"."""
    counted = Counted()
    others = [
        PLAIN._replace(source=Address(1)),
        PLAIN._replace(destination=Address(1)),
        PLAIN._replace(protocol=1),
        PLAIN._replace(identification=8),
    ]
    for header in (PLAIN, *others):
        assert counted.take(part(0, 8, header=header)) is None
    for header in (PLAIN, *others):
        assert counted.take(part(8, 16, last=True, header=header)) == whole(16, header)


def test_1122_3_3_2_the_time_is_fixed_and_the_first_fragment_is_told_of() -> None:
    counted = Counted()
    first = part(0, 8)
    counted.take(part(16, 24), NOW)
    counted.take(first, NOW + 20.0)
    assert counted.reassembler.next_wake() == NOW + LIFETIME
    counted.reassembler.wake(NOW + LIFETIME - 0.001)
    assert not counted.dropped
    counted.reassembler.wake(NOW + LIFETIME)
    assert counted.reassembler.take_expired() == [(first, "lan")]
    assert counted.dropped == {"dropped.fragment_timeout": 1}
    assert counted.reassembler.next_wake() is None


def test_792_without_the_first_fragment_nobody_is_told() -> None:
    """ "If fragment zero is not available then no time exceeded need be sent at all"; nor of what was for several."""
    counted = Counted()
    counted.take(part(8, 16))
    counted.take(part(0, 8, header=PLAIN._replace(identification=9)), to_group=True)
    counted.reassembler.wake(NOW + LIFETIME)
    assert counted.reassembler.take_expired() == []
    assert counted.dropped == {"dropped.fragment_timeout": 2}


def test_one_that_comes_too_late_begins_anew() -> None:
    counted = Counted()
    counted.take(part(0, 8))
    assert counted.take(part(8, 16, last=True), NOW + LIFETIME) is None
    assert counted.take(part(0, 8), NOW + LIFETIME + 1.0) == whole(16)


@pytest.mark.parametrize(
    ("marks", "found"),
    [((2, 2), 2), ((2, 3), 3), ((3, 2), 3), ((1, 3), 3), ((0, 0), 0), ((0, 3), None), ((3, 0), None)],
)
def test_3168_5_3_congestion_that_one_fragment_met_is_not_forgotten(marks: tuple[int, int], found: int | None) -> None:
    counted = Counted()
    counted.take(part(0, 8, header=PLAIN._replace(tos=0xB8 | marks[0])))
    made = counted.take(part(8, 16, last=True, header=PLAIN._replace(tos=0xB8 | marks[1])))
    assert (made and Header.received(made).tos) == (None if found is None else 0xB8 | found)
    assert counted.dropped == ({} if made else {"dropped.fragment_ecn": 1})


def test_a_flood_of_fragments_is_bounded_in_octets_and_datagrams() -> None:
    """Rose, and its like: first fragments alone, last ones alone, tiny ones."""
    counted = Counted(most_octets=100_000, most_datagrams=50)
    for number in range(2000):
        header = PLAIN._replace(identification=number)
        counted.take(part(0, 8, header=header) if number % 2 else part(800, 808, last=True, header=header))
        assert counted.reassembler.octets <= 100_000
    assert len(counted.reassembler.show(NOW)) == 50
    assert counted.dropped == {"dropped.fragment_bound": 1950}
    alone = Counted(most_octets=100_000)
    for number in range(0, 60_000, 16):
        alone.take(part(number, number + 8))
        assert alone.reassembler.octets <= 100_000
    assert alone.dropped["dropped.fragment_bound"] > 0


def test_under_a_flood_what_is_whole_at_once_still_comes_through() -> None:
    counted = Counted(most_octets=1 << 20)
    random = Random("a flood of fragments")
    for number in range(300):
        for _ in range(20):
            alone = PLAIN._replace(source=Address(random.getrandbits(32)), identification=random.getrandbits(16))
            counted.take(part(0, 1480, header=alone))
        header = PLAIN._replace(identification=number)
        first, second = fragment(header.packet(bytes(2000)), 1500)
        assert counted.take(second) is None
        assert counted.take(first) == header.packet(bytes(2000))


def test_what_is_shown_and_forgotten() -> None:
    counted = Counted()
    counted.take(part(8, 16))
    counted.take(part(24, 28, last=True))
    (row,) = counted.reassembler.show(NOW + 1.0)
    assert row == {
        "source": "10.0.0.1",
        "destination": "10.0.0.2",
        "protocol": UDP,
        "identification": 7,
        "fragments": 2,
        "octets": 12,
        "of": 28,
        "ends_in": LIFETIME - 1.0,
    }
    counted.reassembler.flush()
    assert (counted.reassembler.show(NOW), counted.reassembler.octets) == ([], 0)


class Plainly:
    """What the rules say of one datagram, by a set of all its octets."""

    def __init__(self) -> None:
        self.there: dict[int, int] = {}
        self.end: int | None = None

    def take(self, begin: int, data: bytes, *, last: bool) -> str | bytes:
        end = begin + len(data)
        if not data or (not last and len(data) % 8):
            return "fragment"
        octets = range(begin, end)
        known = self.end if self.end is not None else (end if last else None)
        present = [at for at in octets if at in self.there]
        beyond = known is not None and max([end, *(at + 1 for at in self.there)]) > known
        if beyond or (last and end != known) or 0 < len(present) < len(data):
            return "datagram"
        if present:
            return "duplicate"
        self.there.update(zip(octets, data, strict=True))
        self.end = known
        return bytes(self.there[at] for at in range(known)) if known == len(self.there) else ""


ends = st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 7), st.booleans(), st.integers(0, 1))


@given(st.lists(ends, max_size=30))
def test_whatever_comes_it_is_as_the_rules_say(pieces: list[tuple[int, int, int, bool, int]]) -> None:
    counted, model = Counted(), Plainly()
    for place, units, odd, last, fill in pieces:
        begin, end = place * 8, (place + units) * 8 + (odd if last else 0)
        packet = part(begin, end, last=last, fill=fill)
        if not Header.parse(packet).is_fragment:
            continue
        said = model.take(begin, packet[20:], last=last)
        found = counted.take(packet)
        assert found == (PLAIN.packet(said) if isinstance(said, bytes) else None)
        if said == "datagram" or found is not None:
            model = Plainly()
            assert counted.reassembler.octets == 0
    held = sum(len(packet) for packet in model.there and [bytes(model.there.values())])
    assert counted.reassembler.octets >= held
    assert counted.reassembler.octets <= 2 * held + OVERHEAD * (len(pieces) + 1)


@given(st.lists(st.binary(min_size=20, max_size=60), max_size=20))
def test_whatever_octets_come_nothing_is_raised(packets: list[bytes]) -> None:
    counted = Counted()
    for data in packets:
        try:
            header = Header.parse(b"\x45" + data)
        except ValueError:
            continue
        counted.reassembler.receive(header, b"\x45" + data, "lan", NOW)
