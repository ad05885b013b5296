"""Hostile input: whatever comes in, nothing is raised, each datagram is counted once, and what is true stays true."""

from __future__ import annotations

import struct
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from rip_router import EPOCH, N2, N3, WHOLE_TABLE, Router, entry, response, signed, with_password

from catenet.nodes.address import Address, Prefix

LINKS = {"10.0.1.0/24": 1, "10.0.2.0/24": 1}
KNOWN = LINKS | {"10.9.0.0/16": 4}
"""What a router knows that has heard one message, of n2."""

NOT_FROM_HERE = st.integers(0, 2**32 - 1).map(Address).filter(lambda a: not 0x0A000100 <= a < 0x0A000300).map(str)

ROWS = st.builds(
    entry,
    st.sampled_from(
        ["0.0.0.0/0", "10.9.0.0/16", "10.0.1.0/24", "10.8.7.0/24", "10.8.7.6/32", "224.0.0.0/4", "0.0.0.0/8"]
    ),
    st.integers(0, 18),
    family=st.sampled_from([0, 2, 2, 2, 10, 0xFFFF]),
    tag=st.integers(0, 65535),
    next_hop=st.sampled_from(["0.0.0.0", "10.0.1.1", "10.0.1.77", "10.0.2.3", "10.0.2.255", "127.0.0.1", "224.0.0.9"]),
)
GOOD = st.one_of(
    st.just(WHOLE_TABLE),
    st.builds(
        lambda rows, version, command: response(*rows, version=version, command=command),
        st.lists(ROWS, max_size=27),
        st.sampled_from([2, 2, 2, 0, 1, 3, 255]),
        st.sampled_from([1, 2, 2, 2, 0, 9]),
    ),
)
"""Messages in good order, though not every field may have the value that it has."""


def flip(data: bytes, bits: list[int]) -> bytes:
    flipped = bytearray(data)
    for bit in bits:
        flipped[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(flipped)


DAMAGED = st.one_of(
    GOOD,
    st.builds(flip, GOOD, st.lists(st.integers(0, 8 * 504), max_size=20)),
    st.builds(lambda data, end: data[: end % (len(data) + 1)], GOOD, st.integers(0, 600)),
    st.builds(lambda one, other, at: one[:at] + other[at % 24 :], GOOD, GOOD, st.integers(0, 600)),
    st.builds(bytes.__add__, GOOD, st.binary(max_size=40)),
    st.binary(max_size=600),
)

CREDENTIALS: dict[str, tuple[dict, Callable[[bytes], bytes]]] = {
    "none": ({}, lambda message: message),
    "password": ({"password": "secret"}, lambda message: with_password(message.ljust(4, b"\2"), b"secret")),
    "md5": ({"md5": {"1": "secret"}}, lambda message: signed(message.ljust(4, b"\2"))),
    "hmac-sha-256": ({"hmac-sha-256": {"1": "secret"}}, lambda message: signed(message.ljust(4, b"\2"), "sha256")),
    "several keys": (
        {"md5": {"1": "secret"}, "hmac-sha-256": {"2": {"secret": "other", "until": "2m"}}},
        lambda message: signed(message.ljust(4, b"\2")),
    ),
}
PROOFS = st.sampled_from(sorted(CREDENTIALS))


def learned(proof: str = "none") -> Router:
    auth, prove = CREDENTIALS[proof]
    router = Router(auth=auth, epoch=EPOCH)
    router.hear(prove(response(entry("10.9.0.0/16", 3))), N2)
    router.take()
    return router


def taken_or_refused(router: Router) -> int:
    """How many datagrams have been counted: each of them once, the bad entries of a good one apart."""
    return sum(n for word, n in router.counters.items() if word.startswith(("refused.", "received.")))


def offered(data: bytes) -> set[str]:
    """The prefixes that a message offers, by a reading of its own; with a zero mask any that begins so."""
    rows = struct.iter_unpack(">HHIIII", data[4 : 4 + (len(data) - 4) // 20 * 20]) if len(data) >= 4 else ()
    found = set()
    for family, _, address, mask, _, metric in rows:
        if family == 2 and 1 <= metric <= 14:
            lengths = [mask.bit_count()] if mask or not address else [8, 16, 24]
            found |= {str(Prefix.of(address, length)) for length in lengths}
    return found


@given(PROOFS, st.lists(DAMAGED, max_size=20))
def test_with_the_right_key_the_parser_is_reached_and_each_message_is_counted_once(proof, messages):
    router, prove = learned(proof), CREDENTIALS[proof][1]
    before = taken_or_refused(router)
    for number, message in enumerate(messages, 1):
        router.hear(prove(message), N3)
        router.wait(0.1)
        assert taken_or_refused(router) == before + number
    assert not any(word.startswith("refused.auth-") for word in router.counters)
    strange = {prefix: router.row(prefix) for prefix in router.table if prefix not in KNOWN}
    assert strange.keys() <= offered_by(messages)
    assert all(row["lan"] == "link2" and 2 <= row["metric"] <= 16 for row in strange.values())
    assert {prefix: router.table[prefix] for prefix in LINKS} == LINKS
    known = router.row("10.9.0.0/16")
    assert (known["via"], known["metric"]) == (N2, 4) or (
        known["lan"] == "link2" and "10.9.0.0/16" in offered_by(messages)
    )


def offered_by(messages: list[bytes]) -> set[str]:
    return set().union(*map(offered, messages))


@given(PROOFS.filter(lambda proof: proof != "none"), st.lists(DAMAGED, max_size=20), st.integers(0, 3))
def test_without_the_key_nothing_changes_and_the_reason_is_counted(proof, messages, how):
    router = learned(proof)
    lies = [
        lambda message: message,
        lambda message: with_password(message.ljust(4, b"\2"), b"guess"),
        lambda message: signed(message.ljust(4, b"\2"), secret=b"guess"),
        lambda message: signed(message.ljust(4, b"\2"), "sha256", b"guess"),
    ]
    for message in messages:
        router.hear(lies[how](message), N3)
    assert router.table == KNOWN
    assert router.kernel() == []
    refused = {word: n for word, n in router.counters.items() if word.startswith("refused.")}
    assert sum(refused.values()) == len(messages)
    assert all(word.startswith("refused.auth-") for word in refused)


@given(
    st.lists(st.tuples(DAMAGED, st.sampled_from([N2, N3, "10.0.1.1", "192.0.2.1"]), st.integers(0, 65535)), max_size=20)
)
def test_anything_from_anywhere_is_counted_once_and_raises_nothing(datagrams):
    router = learned()
    before = taken_or_refused(router)
    for data, source, port in datagrams:
        router.hear(data, source, port=port, link="link1")
        router.wait(0.5)
    assert taken_or_refused(router) == before + len(datagrams)
    assert {prefix: router.table[prefix] for prefix in LINKS} == LINKS
    assert all(1 <= metric <= 16 for metric in router.table.values())
    assert router.status["timers"]


@given(DAMAGED, NOT_FROM_HERE, st.integers(0, 65535))
def test_strangers_change_nothing(data, source, port):
    router = learned()
    router.hear(data, source, port=port, link="link1")
    assert router.table == KNOWN
    assert [action for action in router.take() if not hasattr(action, "kind")] == []


@given(st.lists(st.tuples(st.integers(3, 17), st.sampled_from([N3])), max_size=10))
def test_nobody_but_the_current_router_makes_a_route_worse(offers):
    router = learned()
    for metric, source in offers:
        router.hear(response(entry("10.9.0.0/16", metric)), source)
    assert router.table["10.9.0.0/16"] == 4
    assert router.row("10.9.0.0/16")["via"] == N2
