"""Networks of OSPF routers for the tests here, and what their tables should be, by networkx."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from network import Network

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.config import OspfOptions
from catenet.nodes.internet.ospf.machine import OspfMachine
from catenet.nodes.machine import Wants, always


def build_lans(
    lans: Mapping[str, Sequence[str]],
    options_of: Callable[[str], OspfOptions],
    seed: int = 1,
    *,
    record: bool = False,
    reports: bool = True,
) -> Network:
    """LANs, each with the routers on it: at most 65,536 of at most 254."""
    network = Network(seed, record=record, reports=reports)
    places: dict[str, dict[str, str]] = {}
    for number, (lan, routers) in enumerate(lans.items()):
        net = f"10.{number >> 8}.{number & 255}"
        network.add_lan(lan, f"{net}.0/24")
        for last, router in enumerate(routers, 1):
            places.setdefault(router, {})[lan] = f"{net}.{last}"
    for router, on in places.items():
        add_router(network, router, on, options_of(router), wants=always if reports else never)
    return network


def never(kinds: tuple[str, ...], now: float, times: int = 1) -> bool:
    return False


def add_router(
    network: Network, name: str, lans: dict[str, str], options: OspfOptions, *, wants: Wants = always
) -> None:
    owners: dict[Address, str] = {}

    def name_of(address: Address) -> str:
        if not owners:
            owners.update({a: node for lan in network.lans.values() for node, a in lan.members.items()})
        return owners.get(address, str(address))

    identity = options.identity(Address.parse(next(iter(lans.values()))))

    network.add_node(
        name,
        lans,
        lambda node: OspfMachine(options, node.interfaces, node.random, name_of, router_id=identity, wants=wants),
    )
