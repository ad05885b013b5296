"""A hostile neighbour: whatever it sends, with a right checksum, the router stays up, counts, says it once, and its
memory is bounded."""

from __future__ import annotations

import random
import struct

from hypothesis import given, settings
from hypothesis import strategies as st
from ospf_router import HIGH, INITIAL, LOW, ME, Peer, Router, lsa, on_point_to_point, packet_of, raw

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.lsa import MAX_SEQUENCE, Lsa, LsaHeader, LsaKey, LsaType, RouterLsa
from catenet.nodes.internet.ospf.packet import Description, Hello, Packet, Update
from catenet.nodes.machine import Send

OTHER = "10.0.2.9"


def busy() -> tuple[Router, Peer]:
    """Full with a neighbour, after an exchange of some LSAs."""
    router = on_point_to_point()
    peer = Peer(router, LOW)
    peer.become_full(*(lsa(f"9.9.9.{number}") for number in range(5)))
    router.wait(7)
    peer.acknowledge_all()
    router.clear()
    return router, peer


def still_works(router: Router) -> None:
    """It gets to know another neighbour."""
    other = Peer(router, OTHER)
    other.become_full(lsa("8.8.8.8"))
    assert ("router", "8.8.8.8") in router.database()


def samples() -> list[bytes]:
    """A packet of each kind, whole."""
    router, peer = busy()
    peer.request(LsaKey(LsaType.ROUTER, ME, ME))
    peer.update(lsa("9.9.9.1", INITIAL + 5))
    router.wait(20)
    peer.greet(neighbours=())
    router.wait(10)
    sent = {each.packet.data[1]: each.packet.data for each in router.actions if isinstance(each, Send)}
    described = Packet(Address.parse(LOW), Address(0), Description(1500, 0x42, 3, 9, (lsa("7.7.7.7").header,)))
    return [*sent.values(), bytes(described)]


SAMPLES = samples()


@settings(max_examples=150)
@given(st.sampled_from(SAMPLES), st.integers(0, 2**32), st.sampled_from((LOW, HIGH)))
def test_mutated_packets_with_a_valid_checksum(sample: bytes, seed: int, source: str) -> None:
    draw = random.Random(seed)
    router, peer = busy()
    for _ in range(8):
        data = bytearray(sample[24:])
        for _ in range(draw.randint(1, 4)):
            if data:
                data[draw.randrange(len(data))] = draw.choice((0, 1, 255, draw.randrange(256)))
        if draw.random() < 0.3:
            data = data[: draw.randrange(len(data) + 1)]
        router.hear(raw(sample[1], bytes(data), router=LOW if draw.random() < 0.9 else HIGH), source)
        router.wait(draw.choice((0.0, 0.3, 3.0)))
    peer.greet()
    still_works(router)


@given(st.binary(max_size=80), st.integers(0, 255))
@settings(max_examples=100)
def test_any_octets(data: bytes, kind: int) -> None:
    router, _ = busy()
    router.hear(data, LOW)
    router.hear(raw(kind, data, router=LOW), LOW)
    still_works(router)


def test_what_is_refused_is_counted_each_time_and_told_once() -> None:
    router, _ = busy()
    for _ in range(1000):
        router.hear(raw(4, bytes(3), router=LOW), LOW)
    assert router.counters["refused.Link State Update"] == 1000
    assert len(router.reports("input.refused")) == 1


def test_endless_database_descriptions_fill_no_memory() -> None:
    """Each lists other LSAs; at 20,000 the exchange begins again."""
    router = on_point_to_point()
    peer = Peer(router, HIGH)
    peer.greet()
    peer.describe(7, 1)
    number, most = 2, 0
    for block in range(400):
        headers = [
            LsaHeader(0, 2, 1, Address(block << 8 | each), Address(block << 8 | each), INITIAL, 1, 24)
            for each in range(70)
        ]
        router.machine.receive(packet_of(Description(1500, 0x42, 3, number, tuple(headers)), HIGH, "link1"), router.now)
        number += 1
        most = max(most, next(row["requested"] for row in router.show("ospf neighbors")))
        if peer.state == "ExStart":
            break
    assert peer.state == "ExStart"
    assert most <= 20_000
    assert next(row["requested"] for row in router.show("ospf neighbors")) == 0


def test_endless_lsas_fill_no_memory_and_the_exchange_ends_all_the_same() -> None:
    router, _ = busy()
    body = RouterLsa(0, ())
    for block in range(0, 24_000, 40):
        lsas = [
            Lsa.make(LsaKey(1, Address(each), Address(each)), 2, INITIAL, body) for each in range(block, block + 40)
        ]
        router.machine.receive(packet_of(Update(tuple(lsas)), LOW, "link1"), router.now)
        router.machine.take_actions()
    assert len(router.show("ospf lsdb")) <= 20_001
    assert router.counters["skipped.database-full"] > 3000
    other = Peer(router, OTHER)
    other.greet()
    router.take()
    other.describe(0, other.last_description().sequence, lsa("250.1.1.1").header)
    other.update(lsa("250.1.1.1"))
    assert next(row["requested"] for row in router.show("ospf neighbors") if row["lan"] == "link2") == 0


def test_forged_lsas_of_ours_at_the_last_sequence_number() -> None:
    """It is flushed, and begins anew, as often as that is said."""
    router, peer = busy()
    key = LsaKey(LsaType.ROUTER, ME, ME)
    for _ in range(3):
        peer.update(Lsa.make(key, 2, MAX_SEQUENCE, RouterLsa(0, ())))
        for _ in range(12):
            router.wait(1)
            peer.acknowledge_all()
            peer.greet()
            router.clear()
        row = next(row for row in router.show("ospf lsdb") if row["id"] == str(ME))
        assert row["sequence"] == "80000001"
        assert row["length"] > 24


def test_a_hello_with_impossible_intervals_is_refused() -> None:
    router = Router()
    router.hear(raw(1, struct.pack(">IHBBIII", 0xFFFFFF00, 0, 2, 1, 0, 0, 0), router=LOW), LOW)
    assert router.state(LOW) == "Down"
    assert router.counters["refused.hello"] == 1


def test_requests_without_end_are_answered_by_few_packets() -> None:
    """The same LSA, a hundred times in one packet, goes out once."""
    _, peer = busy()
    peer.request(*[LsaKey(LsaType.ROUTER, ME, ME)] * 100)
    assert len(peer.flooded()) == 1


def test_a_neighbour_whose_hello_lists_thousands_is_heard() -> None:
    router = on_point_to_point()
    peer = Peer(router, LOW)
    peer.say(Hello(*peer.hello[:7], (*map(Address, range(1, 300)), ME)))
    assert peer.state == "ExStart"
