"""Networks of routers, whatever protocol they speak: LANs with addresses, and who is called what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from network import Network

from catenet.nodes.address import Address
from catenet.nodes.machine import Wants, always


def place_routers(
    network: Network,
    lans: Mapping[str, Sequence[str]],
    add: Callable[[str, dict[str, str], Wants], None],
    *,
    reports: bool = True,
) -> None:
    """LANs, each with the routers on it: at most 65,536 of at most 254. `add`: puts a router there, by its name, its
    address on each of its LANs, and what it is to tell."""
    places: dict[str, dict[str, str]] = {}
    for number, (lan, routers) in enumerate(lans.items()):
        net = f"10.{number >> 8}.{number & 255}"
        network.add_lan(lan, f"{net}.0/24")
        for last, router in enumerate(routers, 1):
            places.setdefault(router, {})[lan] = f"{net}.{last}"
    for router, on in places.items():
        add(router, on, always if reports else never)


def never(kinds: tuple[str, ...], now: float, times: int = 1) -> bool:
    return False


def names_in(network: Network) -> Callable[[Address], str]:
    """Address → the node that has it, as the network is when it is first asked."""
    owners: dict[Address, str] = {}

    def name_of(address: Address) -> str:
        if not owners:
            owners.update({a: node for lan in network.lans.values() for node, a in lan.members.items()})
        return owners.get(address, str(address))

    return name_of
