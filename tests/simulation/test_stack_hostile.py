"""Networks of hosts and routers of ours, whose LANs lose, copy, damage and delay, and among whom is an attacker:
nothing is delivered twice without a copy on a wire, nothing wrong is delivered, and what is kept stays bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hostile_world import ARP, HOSTS, IPV4, HostileWorld

from catenet.nodes.address import Address
from catenet.nodes.control.impairment import Impairment
from catenet.nodes.internet.ipv4.fragments import fragment
from catenet.nodes.internet.ipv4.header import Header
from catenet.nodes.internet.ipv4.reassembly import MOST_DATAGRAMS, MOST_OCTETS

NARROW = (1500, 576, 1006, 296)
SEEDS = range(1, 6)


def test_where_nothing_is_wrong_each_datagram_arrives_once_in_fragments_or_whole() -> None:
    world = HostileWorld(1, mtus=NARROW, sizes=(0, 1, 500, 1472, 1473, 8000, 65_000))
    world.network.run(60.0)
    world.check()
    assert world.lost() == []
    assert all(set(talker.heard.values()) == {1} for talker in world.talkers)
    assert world.all_counts()["fragments.reassembled"] > 100


def test_a_path_that_narrows_is_learned_and_then_nothing_is_lost() -> None:
    """RFC 1191: each sender loses what it sends before it is told, one round trip for each narrower link."""
    world = HostileWorld(1, mtus=(1500, 1006, 1500, 576), sizes=(1400,), whole=True, count=60)
    world.network.run(60.0)
    world.check()
    early = [said for said in world.lost() if said.number < 9]
    assert world.lost() == early
    assert world.all_counts()["dropped.too_big"] == len(early) > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_on_bad_lans_nothing_wrong_is_delivered_and_nothing_twice_without_a_copy(seed: int) -> None:
    world = HostileWorld(seed, mtus=NARROW)
    for lan in world.network.lans:
        bad = Impairment(delay=0.02, jitter=0.02, loss=0.01, reorder=0.05, seed=seed)
        world.network.impair(lan, bad)
    world.network.run(120.0)
    world.check()
    assert all(set(talker.heard.values()) <= {1} for talker in world.talkers)
    assert 0 < len(world.lost()) < len(world.sent) / 2
    bounded(world)


@pytest.mark.parametrize("seed", SEEDS)
def test_copies_are_delivered_again_only_as_often_as_all_of_it_came_again(seed: int) -> None:
    world = HostileWorld(seed, mtus=NARROW)
    for lan in world.network.lans:
        world.network.impair(lan, Impairment(duplicate=0.2, delay=0.01, jitter=0.01, seed=seed))
    world.network.run(120.0)
    world.check()
    assert world.lost() == []
    assert any(count > 1 for talker in world.talkers for count in talker.heard.values())
    assert world.all_counts()["fragments.duplicate"] > 0
    bounded(world)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bit_that_is_another_never_reaches_a_port(seed: int) -> None:
    """The checksum finds each single bit (RFC 1071); two may undo each other, so it is damaged on its last LAN alone,
    and in no fragments."""
    world = HostileWorld(seed, sizes=(0, 100, 1400))
    for number in range(HOSTS):
        world.network.impair(f"lan{number}", Impairment(sender=f"r{number}", corrupt=0.3, seed=seed))
    world.network.run(60.0)
    world.check()
    found = world.all_counts()
    assert len(world.lost()) > 0
    assert found["udp.malformed"] > 0


# An attacker.


def frames(seed: int, count: int) -> list[bytes]:
    """Of every kind, in turn."""
    random = Random(f"attacks {seed}")
    kinds = [attack(random) for attack in (garbage, teardrops, deaths, roses, spoofed, arps, lands, smurfs, optional)]
    return [next(kinds[number % len(kinds)]) for number in range(count)]


def ip(packet: bytes, for_all: bool = False) -> bytes:
    return IPV4.to_bytes(2, "big") + bytes((for_all,)) + packet


def anybody(random: Random) -> Address:
    """A host of ours, the attacker, or somebody of nowhere."""
    return random.choice(
        [
            Address.parse(f"10.1.{random.randrange(HOSTS)}.10"),
            Address.parse("10.1.0.66"),
            Address(random.getrandbits(32)),
        ]
    )


def somebody(random: Random) -> Address:
    number = random.randrange(HOSTS)
    return Address.parse(random.choice([f"10.1.{number}.10", f"10.1.{number}.1", f"10.2.{number}.1"]))


def header(random: Random, **fields: int) -> Header:
    made = Header(anybody(random), somebody(random), 17, 64, identification=random.getrandbits(16))
    return made._replace(**fields)


def garbage(random: Random) -> Iterator[bytes]:
    while True:
        yield ip(random.randbytes(random.randrange(80)), random.random() < 0.5)
        yield ip(bytes((0x45 + random.randrange(11),)) + random.randbytes(random.randrange(100)))
        whole = bytearray(header(random).packet(random.randbytes(40)))
        whole[random.randrange(20)] ^= 1 << random.randrange(8)
        yield ip(bytes(whole))


def teardrops(random: Random) -> Iterator[bytes]:
    while True:
        made = header(random)
        yield ip(made._replace(mf=True).packet(bytes(40)))
        yield ip(made._replace(mf=True, offset=16).packet(bytes(64)))
        yield ip(made._replace(offset=24).packet(bytes(4)))


def deaths(random: Random) -> Iterator[bytes]:
    while True:
        made = header(random, protocol=1)
        yield ip(made._replace(mf=True).packet(b"\x08\0" + bytes(1478)))
        yield ip(made._replace(offset=65_528).packet(bytes(1000)))


def roses(random: Random) -> Iterator[bytes]:
    while True:
        made = header(random)
        yield ip(made._replace(mf=True).packet(bytes(1400)))
        yield ip(made._replace(offset=64_800).packet(bytes(32)))


def spoofed(random: Random) -> Iterator[bytes]:
    """Fragments as if of a host of ours, whose datagrams are under way."""
    while True:
        number = random.randrange(HOSTS)
        made = header(random)._replace(source=Address.parse(f"10.1.{number}.10"))
        for piece in fragment(made.packet(random.randbytes(4000)), 1500):
            if random.random() < 0.7:
                yield ip(piece)


def arps(random: Random) -> Iterator[bytes]:
    while True:
        op = random.choice((1, 2, 1, 7))
        sender = random.randbytes(6) + bytes((10, 1, 0, random.choice((random.randrange(256), 1))))
        target = bytes(6) + bytes((10, 1, 0, random.choice((1, random.randrange(256)))))
        whole = bytes.fromhex("000108000604") + op.to_bytes(2, "big")
        yield ARP.to_bytes(2, "big") + b"\1" + (whole + sender + target)[: random.choice((28, 28, 28, 20))]


def lands(random: Random) -> Iterator[bytes]:
    while True:
        to = somebody(random)
        yield ip(Header(to, to, random.choice((1, 6, 17))).packet(random.randbytes(20)))


def smurfs(random: Random) -> Iterator[bytes]:
    while True:
        to = random.choice([Address.parse(f"10.1.{random.randrange(HOSTS)}.255"), Address(0xFFFFFFFF)])
        yield ip(Header(anybody(random), to, 1).packet(bytes.fromhex("0800f7ff00000000")), random.random() < 0.5)


def optional(random: Random) -> Iterator[bytes]:
    while True:
        length = random.randrange(1, 11) * 4
        kind = random.choice((7, 68, 131, 137, 148, random.randrange(256)))
        options = (bytes((kind, random.randrange(length + 3), random.randrange(12))) + random.randbytes(40))[:length]
        yield ip(header(random)._replace(options=options).packet(bytes(8)))


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_somebody_sends_the_others_talk_on(seed: int) -> None:
    world = HostileWorld(seed, mtus=NARROW, frames=frames(seed, 5000))
    world.network.run(8.0)
    bounded(world)
    world.network.run(60.0)
    world.check()
    # Datagrams of LANs that the attacker is not on are not touched.
    assert [said for to, said in lost_of(world) if 0 not in (to, said.sender)] == []
    counts = world.all_counts()
    for counter in ("header", "options", "source", "fragment_overlap", "fragment_oversize", "link_broadcast"):
        assert counts[f"dropped.{counter}"] > 0, counter
    bounded(world)
    world.network.run(120.0)
    for stack in world.stacks.values():
        assert stack.ipv4.show_fragments(world.network.now) == []


def lost_of(world: HostileWorld) -> list[tuple[int, object]]:
    return [(to, said) for to, said in world.sent if not world.talkers[to].heard[said]]


def test_a_flood_of_fragments_leaves_room_for_what_is_whole_at_once() -> None:
    random = Random("flood")
    flood = []
    for number in range(20_000):
        made = Header(Address(0x0B000000 + number), Address.parse("10.1.1.10"), 17, identification=number & 0xFFFF)
        flood.append(ip(made._replace(mf=True).packet(random.randbytes(1480))))
    world = HostileWorld(3, sizes=(4000,), frames=flood, count=200)
    world.network.run(30.0)
    bounded(world)
    world.network.run(10.0)
    world.check()
    assert world.counts("h1")["dropped.fragment_bound"] > 10_000
    assert lost_of(world) == []


def test_a_seed_gives_the_same_again() -> None:
    def run() -> tuple[object, ...]:
        world = HostileWorld(7, mtus=NARROW, frames=frames(7, 2000))
        for lan in world.network.lans:
            world.network.impair(lan, Impairment(delay=0.02, jitter=0.02, loss=0.05, duplicate=0.05, seed=7))
        world.network.run(60.0)
        return world.all_counts(), [talker.heard for talker in world.talkers], world.network.sent

    assert run() == run()


def bounded(world: HostileWorld) -> None:
    """What every stack keeps of others."""
    for name, stack in world.stacks.items():
        fragments = stack.ipv4.show_fragments(world.network.now)
        assert len(fragments) <= MOST_DATAGRAMS
        assert sum(row["octets"] for row in fragments) <= MOST_OCTETS  # type: ignore[misc]
        assert len(stack.arp.known) <= 1024 * len(world.network.nodes[name].interfaces)
        assert len(stack.arp.show(world.network.now)) <= 1280 * len(world.network.nodes[name].interfaces)
        assert len(stack.take_delivered()) == 0
