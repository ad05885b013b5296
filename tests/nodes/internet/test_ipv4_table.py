"""The forwarding table, what is known of paths, and identifications."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import ANY, DEFAULT, Address, Prefix
from catenet.nodes.internet.ipv4.identification import Identifications
from catenet.nodes.internet.ipv4.path_mtu import FLOOR, LIFETIME, PathMtus
from catenet.nodes.internet.ipv4.table import ForwardingTable, Found, choose, towards
from catenet.nodes.machine import NextHop

A, B, C = map(Address.parse, ("10.0.0.1", "10.0.0.2", "10.0.0.3"))
HOPS = tuple(NextHop(address, f"lan{number}") for number, address in enumerate((A, B, C)))
NOW = 50.0

addresses = st.integers(0, 2**32 - 1).map(Address)
prefixes = st.builds(
    Prefix.of, st.integers(0, 7).map(lambda number: number << 29 | number << 5 | number), st.integers(0, 32)
)


def hop(number: int) -> tuple[NextHop, ...]:
    return (NextHop(Address(number), "lan"),)


@given(st.lists(st.tuples(prefixes, st.integers(0, 3)), max_size=40), st.lists(addresses, max_size=5))
def test_1812_5_2_4_3_the_longest_prefix_that_holds_it_whatever_came_and_went(
    changes: list[tuple[Prefix, int]], asked: list[Address]
) -> None:
    table, plain = ForwardingTable(), dict[Prefix, tuple[NextHop, ...]]()
    for prefix, number in changes:
        before, was = table.version, plain.get(prefix)
        if number:
            table.set(prefix, hop(number))
            plain[prefix] = hop(number)
        else:
            table.remove(prefix)
            plain.pop(prefix, None)
        assert (table.version > before) == (plain.get(prefix) != was)
    for address in (*asked, *(prefix.network for prefix, _ in changes), *(prefix.broadcast for prefix, _ in changes)):
        fits = [prefix for prefix in plain if prefix.holds(address)]
        longest = max(fits, key=lambda prefix: prefix.length, default=None)
        assert table.lookup(address) == (None if longest is None else Found(longest, plain[longest]))
    assert table.entries() == sorted(Found(*each) for each in plain.items())


def test_no_next_hops_are_no_way_and_a_lan_is_its_own_next_hop() -> None:
    table = ForwardingTable()
    table.set(DEFAULT, HOPS[:1])
    assert table.lookup(0) == Found(DEFAULT, HOPS[:1])
    table.set(DEFAULT, ())
    assert table.lookup(0) is None
    assert towards(NextHop(ANY, "lan"), B) == B
    assert towards(NextHop(A, "lan"), B) == A


def test_2992_each_conversation_keeps_its_hop_and_all_hops_get_their_share() -> None:
    random = Random("equal costs")
    for count in (2, 3):
        shares: Counter[NextHop] = Counter()
        for _ in range(6000):
            ends = random.getrandbits(32), random.getrandbits(32), random.choice((1, 6, 17))
            taken = choose(HOPS[:count], *ends)
            assert choose(HOPS[:count], *ends) == taken
            shares[taken] += 1
        assert all(abs(share - 6000 / count) < 300 for share in shares.values())
        assert len(shares) == count


def test_2992_neighbours_are_spread_too() -> None:
    """Addresses that differ in their last octet alone, as in every lab."""
    shares = Counter(choose(HOPS[:2], A + one, B + 0x10000 + two, 17) for one in range(40) for two in range(40))
    assert all(600 < share < 1000 for share in shares.values())


def test_choosing_depends_on_no_order() -> None:
    table, other = ForwardingTable(), ForwardingTable()
    table.set(DEFAULT, HOPS)
    other.set(DEFAULT, HOPS[::-1])
    assert table.lookup(7) == other.lookup(7)


# Paths.


def test_1191_3_an_estimate_only_shrinks_and_is_forgotten_after_ten_minutes() -> None:
    paths = PathMtus()
    assert paths.estimate(A, 1500, NOW) == 1500
    assert paths.tell(A, 1400, 1500, NOW)
    assert not paths.tell(A, 1450, 1500, NOW)
    assert not paths.tell(A, 1400, 1500, NOW + 100)
    assert not paths.tell(B, 1500, 1500, NOW)
    assert paths.estimate(A, 1500, NOW + LIFETIME - 1) == 1400
    assert paths.estimate(A, 1300, NOW) == 1300
    assert paths.show(NOW + 10) == [{"destination": "10.0.0.1", "mtu": 1400, "ends_in": 590.0}]
    assert paths.estimate(A, 1500, NOW + LIFETIME) == 1500
    assert paths.tell(A, 1450, 1500, NOW + LIFETIME)


def test_1191_3_below_68_nobody_is_believed_and_below_the_floor_df_is_left_out() -> None:
    """ "A host MUST never reduce its estimate of the Path MTU below 68 octets"."""
    paths = PathMtus()
    for mtu in (1, 67):
        assert not paths.tell(A, mtu, 1500, NOW)
    assert paths.tell(A, 68, 1500, NOW)
    assert (paths.estimate(A, 1500, NOW), paths.is_locked(A, NOW)) == (FLOOR, True)
    assert not paths.is_locked(A, NOW + LIFETIME)
    assert paths.tell(B, 1000, 1500, NOW)
    assert not paths.is_locked(B, NOW)


@pytest.mark.parametrize(
    ("sent", "mtu"), [(1500, 1006), (1499, 1492), (1492, 1006), (1400, 1006), (1006, FLOOR), (20, FLOOR)]
)
def test_1191_5_where_the_mtu_is_not_told_the_next_plateau_is_tried(sent: int, mtu: int) -> None:
    paths = PathMtus()
    assert paths.tell(A, 0, 1500, NOW, sent)
    assert paths.estimate(A, 1500, NOW) == mtu
    assert not paths.tell(B, 0, 1500, NOW, 9000)


def test_1191_5_a_burst_of_errors_about_one_size_is_one_step_and_no_more() -> None:
    """All were sent before the first error came."""
    paths = PathMtus()
    assert [paths.tell(A, 0, 1500, NOW, 1500) for _ in range(5)] == [True, False, False, False, False]
    assert paths.estimate(A, 1500, NOW) == 1006


def test_destinations_are_bounded_and_flushed() -> None:
    paths = PathMtus(most=3)
    for number in range(10):
        paths.tell(Address(number), 1000, 1500, NOW)
    assert [row["destination"] for row in paths.show(NOW)] == ["0.0.0.7", "0.0.0.8", "0.0.0.9"]
    paths.flush()
    assert paths.show(NOW) == []


# Identifications.


def test_6864_4_3_none_comes_again_for_the_same_triple_before_65_536() -> None:
    numbers = Identifications(Random("identification"))
    found = [numbers.next(A, B, 17, NOW) for _ in range(65_536)]
    assert len(set(found)) == 65_536
    assert numbers.next(A, B, 17, NOW) == found[0]


def test_7739_triples_tell_nothing_of_each_other() -> None:
    numbers = Identifications(Random("identification"))
    begins = {numbers.next(A, Address(number), 17, NOW) for number in range(100)}
    assert len(begins) > 95
    assert numbers.next(A, Address(0), 1, NOW) != numbers.next(A, Address(0), 17, NOW)


def test_triples_are_bounded_and_those_beyond_share_one_count() -> None:
    numbers = Identifications(Random("identification"), most=10)
    kept = [numbers.next(A, Address(number), 17, NOW) for number in range(10)]
    shared = [numbers.next(A, Address(number), 17, NOW + 100) for number in range(10, 500)]
    assert len(set(shared)) == 490
    assert [numbers.next(A, Address(number), 17, NOW + 110) for number in range(10)] == [
        (number + 1) % 65_536 for number in kept
    ]
    numbers.next(A, Address(600), 17, NOW + 240)
    assert numbers.next(A, Address(9), 17, NOW + 240) == (kept[9] + 2) % 65_536
