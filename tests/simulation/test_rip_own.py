"""The router that is a class, labs/five-routers/my-machine, on the virtual clock: the very file of the lab."""

from __future__ import annotations

import random
import struct
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import networkx as nx
import pytest
from network import Network
from rip_world import UNREACHABLE, assert_packets_arrive, build, link, oracle, table
from test_rip_lecture import LAB, play, start

from catenet.nodes.address import Address
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.machine import RipMachine
from catenet.nodes.internet.rip.packet import GROUP
from catenet.nodes.machine import Datagram, Endpoint
from catenet.orchestrator.checks.expectation import Expectation
from catenet.orchestrator.checks.path import PathCheck
from catenet.orchestrator.checks.routes import RoutesCheck

OPTIONS = RipOptions(update=2.0, timeout=6.0, garbage=4.0)
TOPOLOGIES = {"line of 15": nx.path_graph(15), "ring of 9": nx.cycle_graph(9), "Petersen": nx.petersen_graph()}

BAD_ENTRIES = [
    struct.pack(">HHIIII", *fields)
    for fields in (
        (2, 0, 0x0A090000, 0xFFFF0000, 0, 0),  # metric 0, and 17
        (2, 0, 0x0A090000, 0xFFFF0000, 0, 17),
        (2, 0, 0x7F000000, 0xFF000000, 0, 1),  # net 127, net 0, class D
        (2, 0, 0x00010000, 0xFFFF0000, 0, 1),
        (2, 0, 0xE0000000, 0xFF000000, 0, 1),
        (2, 0, 0x0A090909, 0xFFFF0000, 0, 1),  # host bits, a mask with a hole, another family, unknown at 16
        (2, 0, 0x0A090000, 0xFF00FF00, 0, 1),
        (9, 0, 0x0A090000, 0xFFFF0000, 0, 1),
        (2, 0, 0x0A090000, 0xFFFF0000, 0, 16),
    )
]


@pytest.fixture(scope="module")
def mine() -> ModuleType:
    file = str(Path(__file__).parents[2] / "labs" / "five-routers" / "my-machine")
    spec = spec_from_loader("my_machine", SourceFileLoader("my_machine", file))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_key_that_it_cannot_use_is_refused(mine: ModuleType) -> None:
    with pytest.raises(ValueError, match="auth: this router has none"):
        mine.MyRouter(RipOptions(auth={"password": "secret"}), (), random.Random(1))


def put(mine: ModuleType, network: Network, *names: str) -> None:
    """Into these routers' places, before anything has been said."""
    for name in names:
        network.nodes[name].make = lambda node: mine.MyRouter(OPTIONS, node.interfaces, node.random)
        network.kill(name)
        network.start(name)


def metrics(network: Network, name: str) -> dict[str, int]:
    """A router's usable routes, ours or mine: LAN → metric."""
    machine = network.nodes[name].machine
    if isinstance(machine, RipMachine):
        return table(network, name)
    names = {lan.prefix: lan.name for lan in network.lans.values()}
    return {names[prefix]: route.metric for prefix, route in machine.table.items() if route.metric < UNREACHABLE}


def right(network: Network) -> bool:
    return all(metrics(network, name) == wanted for name, wanted in oracle(network).items())


@pytest.mark.parametrize("every", [1, 2], ids=["all are mine", "every second one is mine"])
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_it_finds_the_shortest_ways_and_finds_others_when_they_break(
    mine: ModuleType, topology: str, every: int
) -> None:
    network = build(TOPOLOGIES[topology], OPTIONS, seed=5)
    put(mine, network, *list(network.nodes)[::every])
    assert network.run_until(lambda: right(network), within=20) is not None
    network.run(60)
    assert right(network)
    assert_packets_arrive(network)

    network.cut(link(3, 4))
    assert network.run_until(lambda: right(network), within=40) is not None
    network.heal(link(3, 4))
    network.kill("2")
    assert network.run_until(lambda: right(network), within=40) is not None
    network.start("2")
    assert network.run_until(lambda: right(network), within=10) is not None
    assert_packets_arrive(network)


@pytest.mark.parametrize("seed", range(3))
def test_it_holds_where_messages_are_lost_repeated_and_reordered(mine: ModuleType, seed: int) -> None:
    network = build(nx.petersen_graph(), OPTIONS, seed=seed)
    put(mine, network, *network.nodes)
    for lan in network.lans:
        network.impair(lan, delay=0.1, jitter=0.1, loss=0.1, duplicate=0.1)
    network.run(120)
    for lan in network.lans:
        network.impair(lan)
    assert network.run_until(lambda: right(network), within=20) is not None
    network.run(60)
    assert right(network)


@pytest.mark.parametrize("place", "abcde")
def test_the_timeline_of_five_routers_in_any_routers_place(mine: ModuleType, place: str) -> None:
    network = start(seed=3)
    put(mine, network, place)
    play(network, holds)


def holds(network: Network, wanted: Expectation) -> bool:
    if isinstance(wanted, PathCheck):
        target = LAB.nodes[wanted.target].attachments[0].address
        return network.path(wanted.source, target) == [wanted.source, *wanted.routers, wanted.target]
    assert isinstance(wanted, RoutesCheck)
    hops = network.nodes[wanted.at].kernel.get(network.lans[wanted.to].prefix, ())
    return (
        any(hop.interface in wanted.via for hop in hops)
        and metrics(network, wanted.at).get(wanted.to) == wanted.cost + 1
    )


def test_its_last_words_take_its_networks_away_at_once(mine: ModuleType) -> None:
    network = build(nx.cycle_graph(5), OPTIONS, seed=1)
    put(mine, network, *network.nodes)
    network.run(20)
    network.call("2", lambda machine, _: machine.shutdown())
    network.kill("2")
    assert network.run_until(lambda: right(network), within=OPTIONS.timeout / 2) is not None


@pytest.mark.parametrize("seed", range(3))
def test_hostile_messages_neither_end_it_nor_reach_its_table(mine: ModuleType, seed: int) -> None:
    network = build(nx.path_graph(3), OPTIONS, seed=1)
    put(mine, network, "1")
    network.run(20)
    before = metrics(network, "1")
    dice = random.Random(seed)
    here = network.nodes["1"].by_lan[link(0, 1)]
    for _ in range(300):
        entries = b"".join(dice.choice(BAD_ENTRIES) for _ in range(dice.randrange(30)))
        data = bytes([dice.randrange(4), dice.randrange(4), 0, 0]) + entries + dice.randbytes(dice.choice((0, 0, 7)))
        peer = Endpoint(Address(here.prefix.network + dice.choice((1, 77))), dice.choice((520, 9)))
        packet = Datagram(data, peer, Endpoint(GROUP.address, 520), here.name)
        network.call("1", lambda machine, now, packet=packet: machine.receive(packet, now))
    assert metrics(network, "1") == before
