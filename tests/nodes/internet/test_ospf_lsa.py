"""LSAs: the RFC's diagrams octet by octet, what FRR and BIRD sent, the checksum, and which of two is newer."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ospf_captured import captured

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.lsa import (
    BORDER,
    BOUNDARY,
    INFINITY,
    INITIAL_SEQUENCE,
    MAX_AGE,
    MAX_AGE_DIFF,
    MAX_SEQUENCE,
    Body,
    ExternalLsa,
    LinkType,
    Lsa,
    LsaHeader,
    LsaKey,
    LsaType,
    NetworkLsa,
    RouterLink,
    RouterLsa,
    SummaryLsa,
    newer,
)
from catenet.nodes.internet.ospf.packet import Packet, Update
from catenet.nodes.machine import DecodeError

A = Address.parse
MASK = 0xFFFFFF00

OCTET, HALF, WORD = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
METRIC = st.integers(0, INFINITY)
ADDRESSES = WORD.map(Address)
LINKS = st.builds(RouterLink, OCTET, ADDRESSES, WORD, HALF)
BODIES: dict[int, st.SearchStrategy[Body]] = {
    1: st.builds(RouterLsa, OCTET, st.lists(LINKS, max_size=6).map(tuple)),
    2: st.builds(NetworkLsa, WORD, st.lists(ADDRESSES, min_size=1, max_size=6).map(tuple)),
    3: st.builds(SummaryLsa, WORD, METRIC),
    4: st.builds(SummaryLsa, WORD, METRIC),
    5: st.builds(ExternalLsa, WORD, st.booleans(), METRIC, ADDRESSES, WORD),
}
AGES, SEQUENCES = st.integers(0, MAX_AGE), st.integers(INITIAL_SEQUENCE, MAX_SEQUENCE)


@st.composite
def lsas(draw: st.DrawFn) -> Lsa:
    kind = draw(st.sampled_from(sorted(BODIES)))
    key = LsaKey(kind, draw(ADDRESSES), draw(ADDRESSES))
    return Lsa.make(key, draw(OCTET), draw(SEQUENCES), draw(BODIES[kind]), draw(AGES))


def naive_sums(octets: bytes) -> tuple[int, int]:
    """RFC 905 annex B, "C0 = C0 + O(i); C1 = C1 + C0", modulo 255."""
    first = second = 0
    for octet in octets:
        first = (first + octet) % 255
        second = (second + first) % 255
    return first, second


def checksummed(octets: bytes) -> bytes:
    """An LSA of any octets, with a right length and checksum: by trying, so that nothing of the code is asked."""
    whole = octets[:16] + b"\0\0" + struct.pack(">H", len(octets)) + octets[20:]
    first, second = naive_sums(whole[2:])
    after = len(whole) - 17
    for high in range(255):
        low = -(first + high) % 255
        if (second + (after + 1) * high + after * low) % 255 == 0:
            return whole[:16] + bytes([high or 255, low or 255]) + whole[18:]
    raise AssertionError("there is always one")


# The layout, by hand from the diagrams.


@pytest.mark.parametrize(
    ("key", "body", "octets"),
    [
        (
            LsaKey(LsaType.ROUTER, A("1.1.1.1"), A("1.1.1.1")),
            RouterLsa(
                BORDER | BOUNDARY,
                (
                    RouterLink(LinkType.POINT_TO_POINT, A("2.2.2.2"), A("10.0.1.1"), 10),
                    RouterLink(LinkType.TRANSIT, A("10.0.2.3"), A("10.0.2.1"), 1),
                    RouterLink(LinkType.STUB, A("10.0.3.0"), MASK, 65535),
                    RouterLink(LinkType.VIRTUAL, A("4.4.4.4"), A("10.0.1.1"), 7),
                ),
            ),
            "0000 02 01 01010101 01010101 80000001 .... 0048  03 00 0004"
            "02020202 0a000101 01 00 000a  0a000203 0a000201 02 00 0001"
            "0a000300 ffffff00 03 00 ffff  04040404 0a000101 04 00 0007",
        ),
        (
            LsaKey(LsaType.NETWORK, A("10.0.2.3"), A("3.3.3.3")),
            NetworkLsa(MASK, (A("3.3.3.3"), A("1.1.1.1"))),
            "0000 02 02 0a000203 03030303 80000001 .... 0020  ffffff00 03030303 01010101",
        ),
        (
            LsaKey(LsaType.SUMMARY, A("10.0.9.0"), A("1.1.1.1")),
            SummaryLsa(MASK, 0x010203),
            "0000 02 03 0a000900 01010101 80000001 .... 001c  ffffff00 00 010203",
        ),
        (
            LsaKey(LsaType.SUMMARY_ASBR, A("9.9.9.9"), A("1.1.1.1")),
            SummaryLsa(0, INFINITY),
            "0000 02 04 09090909 01010101 80000001 .... 001c  00000000 00 ffffff",
        ),
        (
            LsaKey(LsaType.EXTERNAL, A("10.9.0.0"), A("2.2.2.2")),
            ExternalLsa(0xFFFF0000, True, 20, A("10.0.1.77"), 4711),
            "0000 02 05 0a090000 02020202 80000001 .... 0024  ffff0000 80 000014 0a00014d 00001267",
        ),
        (
            LsaKey(LsaType.EXTERNAL, A("0.0.0.0"), A("2.2.2.2")),
            ExternalLsa(0, False, 1, A("0.0.0.0"), 0),
            "0000 02 05 00000000 02020202 80000001 .... 0024  00000000 00 000001 00000000 00000000",
        ),
    ],
)
def test_a_4_the_layout_is_that_of_the_diagrams(key: LsaKey, body: Body, octets: str) -> None:
    data = checksummed(bytes.fromhex(octets.replace("....", "0000")))
    assert Lsa.make(key, 2, INITIAL_SEQUENCE, body).data == data
    lsa = Lsa.parse(data)
    assert (lsa.key, lsa.body, lsa.header.options, lsa.header.sequence) == (key, body, 2, INITIAL_SEQUENCE)


@given(lsas())
def test_what_is_written_is_read(lsa: Lsa) -> None:
    assert Lsa.parse(bytes(lsa)) == lsa
    assert LsaHeader.parse(bytes(lsa.header)) == lsa.header
    assert bytes(lsa) == bytes(lsa.header) + bytes(lsa.body or b"")
    assert lsa.header.length == len(lsa.data)


@pytest.mark.parametrize("name", ["none-broadcast", "none-ptp"])
def test_what_frr_and_bird_sent_is_made_again_octet_by_octet(name: str) -> None:
    """From what was read in it: so the checksum too is the one that they have, where two would be right."""
    bodies = [Packet.parse(packet.data).body for packet in captured(name)]
    sent = [lsa for body in bodies if isinstance(body, Update) for lsa in body.lsas]
    assert {lsa.header.type for lsa in sent} == {1, 2, 3, 4, 5} - ({2} if name == "none-ptp" else set())
    assert {str(lsa.header.router) for lsa in sent} >= {"1.1.1.1", "2.2.2.2"}
    for lsa in sent:
        header = lsa.header
        assert lsa.body is not None
        assert Lsa.make(header.key, header.options, header.sequence, lsa.body, header.age) == lsa


def test_what_frr_and_bird_meant_is_read() -> None:
    """Each LSA with the checksum that `show ip ospf database` had, and with what the two were told to announce."""
    bodies = [Packet.parse(packet.data).body for packet in captured("none-broadcast")]
    seen = {(lsa.key, lsa.header.sequence): lsa for body in bodies if isinstance(body, Update) for lsa in body.lsas}

    def body(kind: int, link_id: str, router: str, sequence: int, checksum: int) -> Body | None:
        lsa = seen[LsaKey(kind, A(link_id), A(router)), INITIAL_SEQUENCE - 1 + sequence]
        assert lsa.header.checksum == checksum
        return lsa.body

    frr = RouterLsa(
        BORDER | BOUNDARY,
        (
            RouterLink(LinkType.STUB, A("10.1.0.1"), 0xFFFFFFFF, 0),
            RouterLink(LinkType.TRANSIT, A("10.0.1.2"), A("10.0.1.1"), 10),
        ),
    )
    bird = RouterLsa(BOUNDARY, (RouterLink(LinkType.TRANSIT, A("10.0.1.2"), A("10.0.1.2"), 10),))
    assert body(1, "1.1.1.1", "1.1.1.1", 5, 0x7392) == frr
    assert body(1, "2.2.2.2", "2.2.2.2", 2, 0x13C9) == bird
    assert body(2, "10.0.1.2", "2.2.2.2", 1, 0x56A2) == NetworkLsa(MASK, (A("2.2.2.2"), A("1.1.1.1")))
    assert body(3, "10.0.2.0", "1.1.1.1", 1, 0x192A) == SummaryLsa(MASK, 10)
    assert body(4, "3.3.3.3", "1.1.1.1", 1, 0x1929) == SummaryLsa(0, 10)
    assert body(5, "10.8.0.0", "1.1.1.1", 1, 0xA491) == ExternalLsa(0xFFFF0000, False, 7, A("0.0.0.0"), 0)
    assert body(5, "10.9.0.0", "2.2.2.2", 1, 0x26E5) == ExternalLsa(0xFFFF0000, True, 50, A("0.0.0.0"), 4711)
    assert body(5, "10.9.1.0", "2.2.2.2", 1, 0xD0E1) == ExternalLsa(MASK, True, 50, A("10.0.1.77"), 4711)


@pytest.mark.parametrize(
    ("kind", "octets", "body"),
    [
        (
            1,
            "00 00 0002  02020202 0a000101 01 02 000a  08 00 0063 10 00 0064  0a000300 ffffff00 03 00 0001",
            RouterLsa(0, (RouterLink(1, A("2.2.2.2"), A("10.0.1.1"), 10), RouterLink(3, A("10.0.3.0"), MASK, 1))),
        ),
        (3, "ffffff00 00 000005 08 000063", SummaryLsa(MASK, 5)),
        (
            5,
            "ffffff00 80 000005 00000000 00000001 88 000063 0a000001 00000002",
            ExternalLsa(MASK, True, 5, A("0.0.0.0"), 1),
        ),
    ],
)
def test_12_3_metrics_by_type_of_service_are_read_over(kind: int, octets: str, body: Body) -> None:
    """ "For backward compatibility with previous versions of the OSPF specification" they may be there."""
    head = bytes([0, 0, 2, kind]) + A("1.1.1.1").pack() * 2 + bytes.fromhex("80000001") + bytes(4)
    data = checksummed(head + bytes.fromhex(octets))
    assert Lsa.parse(data).body == body
    assert Lsa.parse(data).data == data


@pytest.mark.parametrize("kind", [0, 6, 7, 8, 9, 10, 11, 255])
def test_rfc_5250_an_lsa_of_another_type_is_kept_as_it_is(kind: int) -> None:
    data = checksummed(bytes([0, 9, 2, kind]) + bytes(8) + bytes.fromhex("80000009") + bytes(4) + b"anything")
    lsa = Lsa.parse(data)
    assert (lsa.body, lsa.data, lsa.header.type, lsa.header.age) == (None, data, kind, 9)
    assert lsa.aged(10).data == b"\0\x0a" + data[2:]


# Section 12.1: the header


@given(lsas(), AGES)
def test_12_1_7_the_age_can_be_incremented_without_updating_the_checksum(lsa: Lsa, age: int) -> None:
    aged = lsa.aged(age)
    assert Lsa.parse(aged.data) == aged
    assert aged.header == lsa.header._replace(age=age)
    assert aged.data[2:] == lsa.data[2:]


@given(lsas(), st.integers(MAX_AGE + 1, 0xFFFF))
def test_12_1_1_the_age_never_goes_past_max_age(lsa: Lsa, age: int) -> None:
    """ "The age of an LSA is never incremented past MaxAge": one that says so has that age, and goes on with it."""
    assert Lsa.parse(struct.pack(">H", age) + lsa.data[2:]) == lsa.aged(MAX_AGE)
    assert lsa.aged(age) == lsa.aged(MAX_AGE)


@given(lsas())
def test_12_1_7_the_checksum_is_fletchers_and_leaves_the_age_out(lsa: Lsa) -> None:
    assert naive_sums(lsa.data[2:]) == (0, 0)
    assert checksummed(lsa.data) == lsa.data
    assert 0 not in lsa.data[16:18]


@given(lsas(), st.integers(2), st.integers(1, 255))
def test_12_1_7_a_changed_octet_is_seen(lsa: Lsa, at: int, change: int) -> None:
    """But for 0 and 255, which are the same to it."""
    at = 2 + at % (len(lsa.data) - 2)
    broken = bytearray(lsa.data)
    broken[at] ^= change
    if change == 255 and broken[at] in (0, 255):
        return
    with pytest.raises(DecodeError):
        Lsa.parse(bytes(broken))


def test_12_1_7_a_checksum_of_zero_is_a_checksum_failure() -> None:
    """ "The LS checksum field cannot take on the value of zero", though both sums may be right with it."""
    data = bytes.fromhex("0000020a 09003819 01010101 80000001 0000 0014")
    assert naive_sums(data[2:]) == (0, 0)
    with pytest.raises(DecodeError, match="LS checksum 0"):
        Lsa.parse(data)


def test_12_1_6_the_reserved_sequence_number_is_refused() -> None:
    lsa = Lsa.make(LsaKey(3, A("10.0.0.0"), A("1.1.1.1")), 2, INITIAL_SEQUENCE - 1, SummaryLsa(MASK, 1))
    with pytest.raises(DecodeError, match="LS sequence number -2147483648"):
        Lsa.parse(lsa.data)


@pytest.mark.parametrize("octets", [b"\xff" * 65_535, b"", b"\0\0\0\0", bytes(range(256)) * 200])
def test_12_1_7_the_longest_lsa_has_a_checksum_too(octets: bytes) -> None:
    data = checksummed((b"\0\0\2\x0a" + bytes(8) + b"\x80\0\0\1\0\0\0\0" + octets)[:65_532])
    assert Lsa.parse(data).data == data


# Hostile octets


@given(st.sampled_from([*BODIES, 9]), st.binary(max_size=80))
def test_a_body_that_does_not_fit_is_refused_and_nothing_worse(kind: int, body: bytes) -> None:
    head = bytes([0, 0, 2, kind]) + bytes(8) + b"\x80\0\0\1" + bytes(4)
    data = checksummed(head + body)
    try:
        lsa = Lsa.parse(data)
    except DecodeError:
        return
    assert lsa.data == data


@given(st.binary(max_size=60))
def test_random_octets_are_refused_and_nothing_worse(data: bytes) -> None:
    for read in (Lsa.parse, LsaHeader.parse):
        try:
            read(data)
        except DecodeError:
            continue


@pytest.mark.parametrize(
    ("kind", "octets", "field"),
    [
        (1, "", "router-LSA"),
        (1, "00 00 0001", "router-LSA links"),
        (1, "00 00 0001 02020202 0a000101 01 01 000a", "router-LSA links"),
        (1, "00 00 0000 02020202 0a000101 01 00 000a", "router-LSA links"),
        (2, "", "network-LSA"),
        (2, "ffffff00 0a0001", "network-LSA"),
        (2, "ffffff00", "network-LSA"),  # nobody on it: not even the Designated Router
        (3, "ffffff00", "summary-LSA"),
        (4, "ffffff00 00000001 00", "summary-LSA"),
        (5, "ffffff00 00000001 00000000", "AS-external-LSA"),
        (5, "ffffff00 00000001 00000000 00000000 00000000", "AS-external-LSA"),
    ],
)
def test_a_body_of_a_wrong_length_is_named(kind: int, octets: str, field: str) -> None:
    head = bytes([0, 0, 2, kind]) + bytes(8) + b"\x80\0\0\1" + bytes(4)
    with pytest.raises(DecodeError) as error:
        Lsa.parse(checksummed(head + bytes.fromhex(octets)))
    assert error.value.field == field


# Section 13.1: which is newer


def header(age: int = 0, sequence: int = 1, checksum: int = 1) -> LsaHeader:
    return LsaHeader(age, 2, 1, A("1.1.1.1"), A("1.1.1.1"), sequence, checksum, 24)


@pytest.mark.parametrize(
    ("more_recent", "less"),
    [
        # "The LSA having the newer LS sequence number is more recent."
        (header(MAX_AGE - 1, 2, 1), header(0, 1, 0xFFFF)),
        (header(0, 1, 1), header(MAX_AGE, -1, 2)),
        (header(0, INITIAL_SEQUENCE + 1), header(0, INITIAL_SEQUENCE)),
        (header(0, MAX_SEQUENCE), header(0, INITIAL_SEQUENCE)),
        # "the instance having the larger LS checksum (when considered as a 16-bit unsigned integer)"
        (header(0, 1, 0x8000), header(0, 1, 0x7FFF)),
        (header(0, 1, 2), header(MAX_AGE, 1, 1)),
        # "if only one of the instances has its LS age field set to MaxAge, the instance of age MaxAge"
        (header(MAX_AGE), header(0)),
        (header(MAX_AGE), header(MAX_AGE - 1)),
        # "if the LS age fields of the two instances differ by more than MaxAgeDiff, […] the smaller (younger)"
        (header(0), header(MAX_AGE_DIFF + 1)),
        (header(10), header(MAX_AGE - 1)),
    ],
)
def test_13_1_one_instance_is_more_recent(more_recent: LsaHeader, less: LsaHeader) -> None:
    assert newer(more_recent, less) > 0
    assert newer(less, more_recent) < 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (header(5), header(5)),
        (header(0), header(MAX_AGE_DIFF)),
        (header(MAX_AGE), header(MAX_AGE)),
        (header(MAX_AGE - MAX_AGE_DIFF - 1), header(MAX_AGE - 1)),
    ],
)
def test_13_1_else_the_two_instances_are_considered_to_be_identical(one: LsaHeader, other: LsaHeader) -> None:
    assert newer(one, other) == newer(other, one) == 0


HEADERS = st.builds(header, AGES, st.integers(-2, 2), st.integers(1, 3))


@given(HEADERS, HEADERS)
def test_13_1_either_is_newer_or_neither(one: LsaHeader, other: LsaHeader) -> None:
    assert newer(one, other) == -newer(other, one)
    assert newer(one, one) == 0


# Section 13.2: what is a difference in contents

BASE = Lsa.make(LsaKey(3, A("10.0.0.0"), A("1.1.1.1")), 2, 1, SummaryLsa(MASK, 1))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (BASE, True),
        (BASE.aged(MAX_AGE - 1), True),
        (Lsa.make(BASE.key, 2, 2, SummaryLsa(MASK, 1)), True),  # "this excludes changes in LS Sequence Number"
        (Lsa.make(BASE.key, 0, 1, SummaryLsa(MASK, 1)), False),  # "The LSA's Options field has changed."
        (BASE.aged(MAX_AGE), False),  # "One of the LSA instances has LS age set to MaxAge, and the other does not."
        (Lsa.make(BASE.key, 2, 1, SummaryLsa(MASK, 2)), False),  # "The body of the LSA […] has changed."
        (Lsa.parse(checksummed(BASE.data + bytes(4))), False),  # "The length field in the LSA header has changed."
    ],
)
def test_13_2_what_is_a_difference_in_contents(other: Lsa, same: bool) -> None:
    assert BASE.same_contents(other) is other.same_contents(BASE) is same
    assert other.same_contents(other)
