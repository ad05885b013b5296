"""Many hosts of our ARP on a LAN that loses, repeats and reorders, and on which somebody lies."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from arp_lan import LAN, Liar, Resolver, arp_lan
from network import Network
from seeds import seeds

from catenet.nodes.address import Address
from catenet.nodes.link.arp.packet import REQUEST, ArpPacket
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST
from catenet.nodes.machine import Frame, Send

HOSTS = 20
SEEDS = [1, 2]


def address(number: int) -> Address:
    return Address.parse(f"10.0.0.{number + 1}")


def talk(network: Network, hosts: list[Resolver], random: Random, seconds: float, *, dead: int = 0) -> None:
    """Each sends to others for so long, 20 packets a second; of `dead` in a hundred nobody has the address."""
    for number, host in enumerate(hosts):
        at = network.now
        while (at := at + random.expovariate(20)) < network.now + seconds:
            to = 200 + random.randrange(50) if random.randrange(100) < dead else random.randrange(len(hosts))
            if to != number:
                network.at(at, say, network, f"h{number}", to, b"%d %d %d" % (number, to, host.sent))
    network.run(seconds)


def say(network: Network, source: str, to: int, packet: bytes) -> None:
    network.call(source, lambda machine, now: machine.send(address(to), packet, now))  # type: ignore[attr-defined]


def requests(network: Network) -> dict[tuple[str, Address], list[float]]:
    """(asker, address) → when it was asked for, of all or of itself; without announcements."""
    found: dict[tuple[str, Address], list[float]] = {}
    for hop in network.record or ():
        if hop.node != "liar" and isinstance(hop.packet, Frame) and hop.packet.ethertype == ARP:
            said = ArpPacket.parse(hop.packet.data)
            if said.opcode == REQUEST and said.sender != said.target:
                found.setdefault((hop.node, said.target), []).append(hop.at)
    return found


def owner_of(packet: bytes) -> int:
    return int(packet.split()[1])


def dropped(host: Resolver) -> int:
    return sum(times for counter, times in host.counters.items() if counter.startswith("arp.dropped."))


@pytest.mark.parametrize("seed", seeds(*SEEDS))
def test_on_a_good_lan_every_packet_comes_once_to_whom_it_is_for(seed: int) -> None:
    network, hosts, _ = arp_lan(seed, HOSTS)
    talk(network, hosts, Random(seed), 10.0)
    network.run(5.0)
    heard = [packet for host in hosts for _, packet in host.heard]
    assert len(heard) == sum(host.sent for host in hosts) > 3000
    for number, host in enumerate(hosts):
        assert all(owner_of(packet) == number for _, packet in host.heard)
        assert not host.failed
    # Both ends know each other by one question (RFC 826), so fewer are asked than there are pairs.
    assert len(requests(network)) < HOSTS * (HOSTS - 1)


@pytest.mark.parametrize("seed", seeds(*SEEDS))
def test_on_a_bad_lan_nobody_asks_more_than_once_a_second_and_each_packet_is_accounted_for(seed: int) -> None:
    network, hosts, _ = arp_lan(seed, HOSTS)
    network.impair(LAN, delay=0.05, jitter=0.05, loss=0.2, duplicate=0.1)
    talk(network, hosts, Random(seed), 30.0, dead=20)
    network.run(5.0)
    for times in requests(network).values():
        assert all(later - earlier >= 0.999 for earlier, later in pairwise(times))
    assert network.record is not None
    gone = sum(isinstance(hop.packet, Frame) and hop.packet.ethertype != ARP for hop in network.record)
    assert sum(host.sent for host in hosts) == gone + sum(len(host.failed) + dropped(host) for host in hosts)
    for number, host in enumerate(hosts):
        assert all(owner_of(packet) == number for _, packet in host.heard)
        assert host.arp._cache.waiting == 0
        # Who is there is unreachable only where three questions in a row were lost, or their answers.
        assert sum(owner_of(packet) < HOSTS for packet in host.failed) <= 0.1 * host.sent


def test_the_same_seed_says_the_same() -> None:
    def run(seed: int) -> list[object]:
        network, hosts, _ = arp_lan(seed, 10)
        network.impair(LAN, delay=0.05, jitter=0.05, loss=0.2, duplicate=0.1)
        talk(network, hosts, Random(seed), 5.0, dead=10)
        return [(hop.at, hop.node, hop.packet) for hop in network.record or ()]

    assert run(7) == run(7)
    assert run(7) != run(8)


def lie(network: Network, liar: Liar, random: Random, times: int, every: float, frame: object) -> None:  # noqa: PLR0917
    def tell() -> None:
        def say_it(machine: object, now: float) -> None:
            assert callable(frame)
            liar.actions.append(Send(Frame(frame(random), b"", BROADCAST, ARP, LAN)))

        network.call("liar", say_it)

    for step in range(times):
        network.at(network.now + step * every, tell)


def noise(random: Random) -> bytes:
    """Of all kinds, but that it claims none of the hosts' addresses."""
    whole = ArpPacket(
        random.choice((1, 2)),
        random.choice((random.randbytes(6), BROADCAST, bytes(6), b"\2" + random.randbytes(5))),
        Address(0x0A000000 | random.randrange(256, 65_535)),
        random.randbytes(6),
        random.choice((address(random.randrange(HOSTS)), Address(0x0A000000 | random.randrange(65_536)))),
    )
    data = bytearray(bytes(whole))
    if random.randrange(3) == 0:
        data[random.randrange(8)] ^= 1 << random.randrange(8)
    return bytes(data[: random.choice((28, 28, 46, random.randrange(28)))])


@pytest.mark.parametrize("seed", seeds(*SEEDS))
def test_a_flood_of_noise_disturbs_nobody_who_speaks(seed: int) -> None:
    network, hosts, liar = arp_lan(seed, HOSTS)
    random = Random(seed)
    lie(network, liar, random, 3000, 0.001, noise)
    talk(network, hosts, random, 5.0)
    network.run(5.0)
    assert sum(len(host.heard) for host in hosts) == sum(host.sent for host in hosts)
    for host in hosts:
        assert len(host.arp.known) <= 1024
        assert host.counters["arp.evicted"] + len(host.arp.known) > HOSTS
        assert sum(times for word, times in host.counters.items() if word.startswith("arp.refused.")) > 50
        assert len(network.nodes["h0"].said) < 50  # reports


@pytest.mark.parametrize("seed", seeds(*SEEDS))
def test_who_is_robbed_of_his_address_defends_it_once_in_ten_seconds_and_has_it_back_when_the_thief_is_silent(
    seed: int,
) -> None:
    """The thief says once a second that it is h1: RFC 826 believes it, h1 says otherwise; all is well afterwards."""
    network, hosts, liar = arp_lan(seed, 5)
    random = Random(seed)
    talk(network, hosts, random, 5.0)
    thief = b"\2\xff\xff\xff\xff\xff"
    stolen = ArpPacket(REQUEST, thief, address(1), bytes(6), address(1))
    lie(network, liar, random, 60, 1.0, lambda _: bytes(stolen))
    talk(network, hosts, random, 60.0)
    told = [said.report for said in network.nodes["h1"].said if said.report.kind == "arp.conflict"]
    assert hosts[1].counters["arp.conflicts"] == 60
    defences = [
        hop.at
        for hop in network.record or ()
        if hop.node == "h1" and isinstance(hop.packet, Frame) and hop.packet.ethertype == ARP and hop.at > 4.0
        if (said := ArpPacket.parse(hop.packet.data)).sender == said.target
    ]
    assert len(defences) == len(told) == 6
    assert all(later - earlier >= 9.99 for earlier, later in pairwise(defences))
    assert all(host.counters["arp.moved"] for number, host in enumerate(hosts) if number != 1)
    assert any(host.arp.known.get((LAN, address(1))) == thief for host in hosts)
    # Within the time of a poll and its answers who has the address is found again.
    talk(network, hosts, random, 80.0)
    before = [len(host.heard) for host in hosts], sum(host.sent for host in hosts)
    talk(network, hosts, random, 5.0)
    network.run(1.0)
    heard = sum(len(host.heard) for host in hosts) - sum(before[0])
    assert heard == sum(host.sent for host in hosts) - before[1]


def test_a_host_that_moves_is_found_at_its_new_hardware_address_at_once() -> None:
    """It announces (RFC 5227 section 2.3); who knew it learns it by that."""
    network, hosts, _ = arp_lan(1, 5)
    talk(network, hosts, Random(1), 5.0)
    new = b"\2\0\0\0\0\x99"
    node = network.nodes["h1"]
    lan = network.lans[LAN]
    del lan.hardware[node.by_lan[LAN].hardware]
    lan.hardware[new] = "h1"
    node.by_lan[LAN] = node.by_lan[LAN]._replace(hardware=new)
    network._tell(node, LAN)
    network.run(0.1)
    assert all(host.arp.known.get((LAN, address(1))) == new for number, host in enumerate(hosts) if number != 1)
    sent = sum(host.sent for host in hosts)
    heard = sum(len(host.heard) for host in hosts)
    talk(network, hosts, Random(2), 5.0)
    network.run(1.0)
    assert sum(len(host.heard) for host in hosts) - heard == sum(host.sent for host in hosts) - sent


def test_who_is_killed_is_unreachable_and_who_comes_back_is_found() -> None:
    network, hosts, _ = arp_lan(1, 3)
    talk(network, hosts, Random(1), 2.0)
    network.kill("h1")
    network.run(80.0)  # polled, and forgotten
    assert (LAN, address(1)) not in hosts[0].arp.known
    say(network, "h0", 1, b"0 1 0")
    network.run(3.1)
    assert hosts[0].failed == [b"0 1 0"]
    network.start("h1")
    network.run(0.1)
    say(network, "h0", 1, b"0 1 1")
    network.run(0.1)
    assert [packet for _, packet in hosts[-1].heard] == [b"0 1 1"]
