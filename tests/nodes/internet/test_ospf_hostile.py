"""Hostile input: a neighbour that knows the password says what it likes. Nothing is raised, memory is bounded, each
kind is counted and told once, and the router goes on. Named after public reports where there are some."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest
from ospf_router import HIGH, INITIAL, LOW, MASK, ME, Peer, Router, lsa, on_point_to_point, raw

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.lsa import MAX_AGE, MAX_SEQUENCE, Lsa, LsaKey, LsaType, NetworkLsa, RouterLsa
from catenet.nodes.internet.ospf.packet import EXTERNAL, UPDATE
from catenet.nodes.machine import Report

OURS = ("router", str(ME))


def full(**options: object) -> tuple[Router, Peer]:
    """A router with one Full neighbour, and nothing left to say."""
    router = on_point_to_point(**options)
    peer = Peer(router, HIGH)
    peer.become_full()
    router.wait(1)
    peer.acknowledge_all()
    router.clear()
    return router, peer


def patient(router: Router, peer: Peer, seconds: int) -> Iterator[None]:
    """Time passes, second by second; the peer is there, and acknowledges."""
    for second in range(seconds):
        if not second % 10:
            peer.greet()
        router.wait(1)
        peer.acknowledge_all()
        yield
        router.clear()


def forged(sequence: int, age: int = 0, cost: int = 7) -> Lsa:
    return lsa(str(ME), sequence, age=age, cost=cost)


def refusals(router: Router) -> list[Report]:
    return router.reports("input.refused")


# Impossible lengths and counts

LSA = lsa("10.9.9.9").data


def shortened(length: int) -> bytes:
    return LSA[:18] + struct.pack(">H", length) + LSA[20:]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (UPDATE, b""),
        (UPDATE, b"\xff\xff\xff\xff"),
        (UPDATE, b"\xff\xff\xff\xff" + LSA),  # Quagga, CVE-2012-0249
        (UPDATE, b"\0\0\0\0" + LSA),
        (UPDATE, b"\0\0\0\1" + shortened(0)),
        (UPDATE, b"\0\0\0\1" + shortened(19)),
        (UPDATE, b"\0\0\0\1" + shortened(0xFFFF)),  # Quagga, CVE-2012-0250
        (UPDATE, b"\0\0\0\2" + LSA + LSA[:12]),
        (1, b""),  # Quagga, CVE-2011-3325: a Hello that is cut short
        (1, bytes(22)),
        (2, bytes(7)),
        (2, bytes(8 + 19)),
        (3, bytes(11)),
        (5, bytes(21)),
        (0, bytes(44)),
        (0x0A, bytes(44)),  # Quagga, CVE-2011-3325
    ],
)
def test_an_impossible_packet_is_refused_and_told_once(kind: int, body: bytes) -> None:
    router, peer = full()
    packet = raw(kind, body, router=HIGH)
    for _ in range(50):
        router.hear(packet, HIGH)
    assert sum(number for word, number in router.counters.items() if word.startswith("refused.")) == 50
    assert len(refusals(router)) == 1
    assert peer.state == "Full"
    assert set(router.database()) == {OURS}


def test_13_1_broken_lsas_are_counted_and_told_once() -> None:
    router, _ = full()
    packet = raw(UPDATE, struct.pack(">I", 2) + LSA[:-1] + b"\xaa" + lsa("10.8.8.8").data, router=HIGH)
    for _ in range(50):
        router.hear(packet, HIGH)
    assert router.counters["skipped.lsa-broken"] == 50
    assert [report.data["why"] for report in refusals(router)] == [
        "LSAs that are not whole, or whose checksum is wrong"
    ]
    assert ("router", "10.8.8.8") in router.database()


def opaque(length: int, kind: int = LsaType.OPAQUE_AREA) -> bytes:
    """With a right checksum, whatever its length."""
    key = LsaKey(kind, Address(0x01000001), Address.parse(HIGH))

    class Octets(NetworkLsa):
        def __bytes__(self) -> bytes:
            return b"\0\1\0\4\xff\xff\xff\xff"[:length].ljust(length, b"\xff")

    return Lsa.make(key, EXTERNAL, 1, Octets(0, ())).data


@pytest.mark.parametrize("length", [1, 2, 3, 5, 1401])
def test_5250_3_an_opaque_lsa_that_is_not_padded_is_not_passed_on(length: int) -> None:
    """FRR #21502: what takes such a one for whole reads behind its end; FRR refuses the packet in which it comes."""
    router, _ = full()
    router.hear(raw(UPDATE, struct.pack(">I", 1) + opaque(length), router=HIGH), HIGH)
    assert router.counters["skipped.lsa-broken"] == 1
    assert set(router.database()) == {OURS}


@pytest.mark.parametrize("kind", [LsaType.OPAQUE_LINK, LsaType.OPAQUE_AREA, LsaType.OPAQUE_AS])
def test_whatever_an_opaque_lsa_says_is_not_read(kind: int) -> None:
    """FRR, CVE-2024-27913, CVE-2024-31950, #19471: it crashed over what stands in there."""
    router, peer = full()
    for length in (0, 4, 8, 1400):
        router.hear(raw(UPDATE, struct.pack(">I", 1) + opaque(length, kind), router=HIGH), HIGH)
        router.wait(2)
    assert peer.state == "Full"
    assert len(router.database()) == 2


@pytest.mark.parametrize("kind", [0, 6, 7, 8, 12, 255])
def test_13_2_an_unknown_lsa_type_is_discarded(kind: int) -> None:
    """Quagga, CVE-2011-3326: it crashed over such a type."""
    router, _ = full()
    for _ in range(50):
        router.hear(raw(UPDATE, struct.pack(">I", 1) + opaque(4, kind), router=HIGH), HIGH)
    assert router.counters["skipped.lsa-type"] == 50
    assert len(refusals(router)) == 1
    assert set(router.database()) == {OURS}


def test_12_1_7_a_checksum_of_0_is_none() -> None:
    """FRR #20706: 0 passed for 0xffff."""
    router, _ = full()
    for options in range(256):
        bare = lsa("10.9.9.9", INITIAL + options).data
        router.hear(raw(UPDATE, struct.pack(">I", 1) + bare[:16] + b"\0\0" + bare[18:], router=HIGH), HIGH)
    assert router.counters["skipped.lsa-broken"] == 256


def test_an_age_with_the_bit_do_not_age_counts_as_max_age() -> None:
    """RFC 4136's, which this router does not know (FRR #14007): it is held no longer than any other."""
    router, _ = full()
    data = struct.pack(">H", 0x8001) + LSA[2:]
    router.hear(raw(UPDATE, struct.pack(">I", 1) + data, router=HIGH), HIGH)
    assert set(router.database()) == {OURS}


def test_a_router_id_of_0_is_nobodys() -> None:
    router = Router()
    Peer(router, LOW, "0.0.0.0").greet()
    assert router.counters["refused.router-id"] == 1
    assert router.interface()["neighbours"] == 0


# Forged LSAs of our own


@pytest.mark.parametrize("sequence", [INITIAL + 7, 5, MAX_SEQUENCE - 2])
def test_13_4_a_forged_lsa_of_ours_is_contradicted(sequence: int) -> None:
    router, peer = full()
    peer.update(forged(sequence))
    router.wait(2)
    said = peer.flooded()[-1]
    assert said.header.sequence == sequence + 1
    assert isinstance(said.body, RouterLsa)
    assert [link.id for link in said.body.links if link.metric == 7] == []


def test_13_4_so_is_a_forged_death_of_ours() -> None:
    router, peer = full()
    peer.update(forged(9, MAX_AGE))
    router.wait(2)
    assert peer.flooded()[-1].header.sequence == 10
    assert router.show("ospf lsdb")[0]["age"] <= 1


def test_13_4_at_the_maximum_it_is_flushed_first_and_begins_anew() -> None:
    router, peer = full()
    peer.update(forged(MAX_SEQUENCE))
    router.wait(2)
    assert [(each.header.sequence, each.header.age) for each in peer.flooded()][-1:] == [(MAX_SEQUENCE, MAX_AGE)]
    router.clear()
    peer.acknowledge(forged(MAX_SEQUENCE).aged(MAX_AGE).header)
    router.wait(1)
    assert [each.header.sequence for each in peer.flooded()] == [INITIAL]


def test_13_1_at_the_maximum_no_other_instance_pushes_it_out() -> None:
    """CVE-2017-3224: one with a higher checksum, and not at MaxAge, counted as newer than the flush, for ever. FRR
    #8728: nor must the last number but one be refused."""
    router, peer = full()
    ones = sorted((forged(MAX_SEQUENCE, cost=cost) for cost in range(7, 60)), key=lambda each: each.header.checksum)
    peer.update(ones[0])
    router.wait(2)
    router.clear()
    for each in ones[1:]:
        peer.update(each)
    assert router.counters["skipped.lsa-sequence"] == len(ones) - 1
    assert len(refusals(router)) == 1
    peer.acknowledge(ones[0].aged(MAX_AGE).header)
    router.wait(2)
    assert router.database()[OURS] == "80000001"
    peer.acknowledge_all()
    router.wait(4)
    peer.update(forged(MAX_SEQUENCE - 1))
    router.wait(7)
    assert router.database()[OURS] == "7fffffff"


@pytest.mark.parametrize("age", [0, MAX_AGE])
@pytest.mark.parametrize("period", [1, 3])
def test_13_4_who_forges_without_end_gets_an_answer_each_min_ls_interval(period: int, age: int) -> None:
    """And no more: "Two instances of the same LSA may not be originated within […] MinLSInterval" (12.4)."""
    router, peer = full()
    sequence = 0
    answers: set[int] = set()
    for second, _ in enumerate(patient(router, peer, 60)):
        answers |= {each.header.sequence for each in peer.flooded()}
        if not second % period:
            sequence += 10
            peer.update(forged(sequence, age))
    assert 10 <= len(answers) <= 60 / 5 + 2
    for second, _ in enumerate(patient(router, peer, 12)):
        if not second % 5:  # as whoever means it does, until it is acknowledged (13.6)
            peer.update(forged(sequence, age))
    assert age or router.database()[OURS] == f"{sequence + 1:08x}"
    assert router.show("ospf lsdb")[0]["age"] < 30


@pytest.mark.parametrize("forgery", ["newer", "at MaxAge", "at MaxSequenceNumber"])
def test_13_4_what_is_forged_in_our_name_goes_no_further(forgery: str) -> None:
    """One instance a second, from one side: on the other nobody hears of it, but of ours."""
    router, peer = full()
    other = Peer(router, "10.0.2.9")
    other.become_full()
    sequence, said = 0, []
    for _ in patient(router, other, 40):
        peer.greet()
        peer.acknowledge_all()
        said += other.flooded()
        sequence = MAX_SEQUENCE if forgery == "at MaxSequenceNumber" else sequence + 10
        peer.update(forged(sequence, MAX_AGE if forgery == "at MaxAge" else 0))
    bodies = [each.body for each in said if each.key == LsaKey(LsaType.ROUTER, ME, ME) and each.header.age < MAX_AGE]
    assert len(bodies) >= 5
    assert 7 not in {link.metric for body in bodies if isinstance(body, RouterLsa) for link in body.links}
    assert other.state == "Full"


def test_10_5_who_forges_a_neighbours_hellos_silences_this_router_nowhere() -> None:
    """One a second that lists nobody: without authentication that neighbour comes and goes, and is told so when it is
    there; the others hear of it once a MinLSInterval."""
    router, peer = full()
    other = Peer(router, "10.0.2.9")
    other.become_full()
    heard: dict[str, set[int]] = {HIGH: set(), "10.0.2.9": set()}
    for _ in patient(router, other, 60):
        peer.greet(neighbours=())  # forged
        assert peer.state == "Init"
        peer.greet(neighbours=(ME,))
        peer.exchange()
        router.wait(0.5)
        for each in (peer, other):
            each.acknowledge_all()
            heard[each.address] |= {lsa.header.sequence for lsa in each.flooded() if lsa.header.age < MAX_AGE}
    assert len(heard["10.0.2.9"]) >= 10
    assert len(heard[HIGH]) >= 5
    assert other.state == "Full"


def test_13_4_what_is_forged_in_our_name_ends_the_wait_for_it_elsewhere() -> None:
    """Section 13 (6): what is requested, and not newer than what is held, would begin the exchange again."""
    router, peer = full()
    other = Peer(router, "10.0.2.9")
    other.greet()
    other.exchange(forged(50).header)
    assert other.state == "Loading"
    peer.update(forged(50))
    assert other.state == "Full"
    other.update(forged(50))
    router.wait(6)
    assert router.database()[OURS] == "00000033"
    assert (peer.state, other.state) == ("Full", "Full")


def test_13_4_an_lsa_that_was_never_ours_is_flushed() -> None:
    """FRR #22862: it flushed its own copy, of which there was none. CVE-2013-0149: an LSA of which only one of Link
    State ID and Advertising Router is this router's."""
    router, peer = full()
    address = LsaKey(LsaType.NETWORK, Address.parse("10.0.2.5"), Address.parse("10.7.7.7"))
    strays = [
        lsa(str(ME), 5, kind=LsaType.EXTERNAL, link_id="10.9.9.0"),
        lsa(str(ME), 5, link_id="10.1.1.1"),
        Lsa.make(address, EXTERNAL, 5, NetworkLsa(MASK, (Address.parse("10.7.7.7"),))),
    ]
    peer.update(*strays, lsa("10.7.7.7", 5, link_id=str(ME)))
    router.wait(3)
    flushed = {each.key for each in peer.flooded() if each.header.age == MAX_AGE}
    assert flushed == {each.key for each in strays}
    peer.acknowledge_all()
    router.wait(11)
    assert [row["router"] for row in router.show("ospf lsdb")] == [str(ME), "10.7.7.7"]
    assert router.kernel() == []
