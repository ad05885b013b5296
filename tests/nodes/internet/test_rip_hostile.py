"""Hostile input: whatever comes in, nothing is raised, something is counted, and what is true stays true."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rip_router import N2, N3, Router, entry, response

from catenet.nodes.address import Address

SHARED = settings(derandomize=True, deadline=None)
GOOD = response(entry("10.9.0.0/16", 3))
KNOWN = {"10.0.1.0/24": 1, "10.0.2.0/24": 1, "10.9.0.0/16": 4}

NOT_FROM_HERE = st.integers(0, 2**32 - 1).map(Address).filter(lambda a: not 0x0A000100 <= a < 0x0A000300).map(str)
BYTES = st.one_of(
    st.binary(max_size=600),
    st.binary(max_size=30 * 20).map(lambda tail: b"\x02\x02\0\0" + tail),
    st.integers(0, 25)
    .flatmap(lambda n: st.binary(min_size=20 * n, max_size=20 * n))
    .map(lambda t: b"\x02\x02\0\0" + t),
)


def learned():
    router = Router()
    router.hear(GOOD, N2)
    router.take()
    return router


@SHARED
@given(
    st.lists(st.tuples(BYTES, st.sampled_from([N2, N3, "10.0.1.1", "192.0.2.1"]), st.integers(0, 65535)), max_size=20)
)
def test_any_bytes_from_anywhere_are_counted_and_raise_nothing(datagrams):
    router = learned()
    before = sum(router.counters.values())
    for data, source, port in datagrams:
        router.hear(data, source, port=port, link="link1")
        router.wait(0.5)
    assert sum(router.counters.values()) >= before + len(datagrams)
    assert router.table["10.0.1.0/24"] == router.table["10.0.2.0/24"] == 1
    assert all(1 <= metric <= 16 for metric in router.table.values())
    assert router.status["timers"]


@SHARED
@given(BYTES, NOT_FROM_HERE, st.integers(0, 65535))
def test_strangers_change_nothing(data, source, port):
    router = learned()
    router.hear(data, source, port=port, link="link1")
    assert router.table == KNOWN
    assert [action for action in router.take() if not hasattr(action, "kind")] == []


@SHARED
@given(st.lists(st.tuples(st.integers(3, 17), st.sampled_from([N3])), max_size=10))
def test_nobody_but_the_current_router_makes_a_route_worse(offers):
    router = learned()
    for metric, source in offers:
        router.hear(response(entry("10.9.0.0/16", metric)), source)
    assert router.table["10.9.0.0/16"] == 4
    assert router.row("10.9.0.0/16")["via"] == N2


@SHARED
@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=520))
def test_a_damaged_message_is_taken_whole_or_not_at_all(position, value, tail):
    """Entries are checked one by one, so a damaged one does not harm the others; a damaged length or head stops all."""
    data = bytearray(response(*[entry(f"10.{n}.0.0/16", 2) for n in range(20, 30)]) + tail)
    data[position % len(data)] = value
    router = learned()
    router.hear(bytes(data), N3)
    learned_now = {prefix for prefix in router.table if prefix not in KNOWN}
    assert len(learned_now) <= 25
    assert router.table["10.0.1.0/24"] == 1
