"""An area drawn by hand: routers, point-to-point links, LANs, stub networks; its database, and a router's links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catenet.nodes.address import Address, Prefix, mask
from catenet.nodes.internet.ospf.lsa import (
    MAX_AGE,
    Body,
    ExternalLsa,
    LinkType,
    Lsa,
    LsaKey,
    LsaType,
    NetworkLsa,
    RouterLink,
    RouterLsa,
    SummaryLsa,
)
from catenet.nodes.internet.ospf.lsdb import Lsdb
from catenet.nodes.internet.ospf.routes import Area, calculate
from catenet.nodes.internet.ospf.spf import Link
from catenet.nodes.internet.ospf.table import Route, Table

E_BIT = 2
BACKBONE = Address(0)
MANY = 64
"""So many next hops that none is left out."""


def router_id(number: int) -> Address:
    """1 → 0.0.0.1, as the tests name routers."""
    return Address(number)


class DrawnArea:
    """What its routers say of it. Routers are numbers (their Router IDs); an interface is named by the address that its
    router has there."""

    def __init__(self, number: int = 0, *, stub: bool = False) -> None:
        self.id = Address(number)
        self.stub = stub
        self.flags: dict[int, int] = {}
        self.router_links: dict[int, list[RouterLink]] = {}
        self.others: list[Lsa] = []
        self.owners: dict[Address, int] = {}
        self._interfaces: dict[int, list[tuple[Address, Prefix, dict[Address, Address]]]] = {}

    def router(self, number: int, flags: int = 0) -> None:
        self.router_links.setdefault(number, [])
        self._interfaces.setdefault(number, [])
        self.flags[number] = self.flags.get(number, 0) | flags

    def join(self, a: int, b: int, cost: int, back: int, subnet: str) -> None:
        """A point-to-point link; a has the first address of the subnet, b the second. It is no stub network yet."""
        prefix = Prefix.parse(subnet)
        ends = {a: Address(prefix.network + 1), b: Address(prefix.network + 2)}
        for one, other, its in ((a, b, cost), (b, a, back)):
            self.router(one)
            link = RouterLink(LinkType.POINT_TO_POINT, router_id(other), ends[one], its)
            self.router_links[one].append(link)
            self._interface(one, ends[one], prefix, {router_id(other): ends[other]})

    def lan(self, subnet: str, costs: Mapping[int, int], designated: int | None = None) -> Address:
        """A transit network; each router's host number is its own number. Gives the network-LSA's Link State ID."""
        prefix = Prefix.parse(subnet)
        address = {each: Address(prefix.network + each) for each in costs}
        dr = max(costs) if designated is None else designated
        for each, cost in costs.items():
            self.router(each)
            self.router_links[each].append(RouterLink(LinkType.TRANSIT, address[dr], address[each], cost))
            full = {router_id(other): address[other] for other in costs if other != each}
            self._interface(each, address[each], prefix, full)
        self.network(address[dr], dr, prefix, costs)
        return address[dr]

    def network(self, address: Address, designated: int, prefix: Prefix, routers: Iterable[int]) -> None:
        """A network-LSA alone."""
        body = NetworkLsa(mask(prefix.length), tuple(router_id(each) for each in routers))
        self.say(LsaType.NETWORK, address, designated, body)

    def stub_network(self, router: int, subnet: str, cost: int, *, attached: bool = False) -> None:
        """A stub network of a router; `attached`: by an interface of its own there."""
        self.router(router)
        prefix = Prefix.parse(subnet)
        self.router_links[router].append(RouterLink(LinkType.STUB, prefix.network, mask(prefix.length), cost))
        if attached:
            self._interface(router, Address(prefix.network + 1), prefix, {})

    def summary(self, border: int, subnet: str, metric: int, age: int = 0) -> None:
        prefix = Prefix.parse(subnet)
        self.say(LsaType.SUMMARY, prefix.network, border, SummaryLsa(mask(prefix.length), metric), age)

    def asbr_summary(self, border: int, boundary: int, metric: int) -> None:
        self.say(LsaType.SUMMARY_ASBR, router_id(boundary), border, SummaryLsa(0, metric))

    def say(self, kind: LsaType, link_id: Address, router: int, body: Body, age: int = 0) -> None:
        self.others.append(lsa(kind, link_id, router, body, age))

    def lsdb(self) -> Lsdb:
        database = Lsdb()
        for number, links in self.router_links.items():
            body = RouterLsa(self.flags[number], tuple(links))
            database.install(lsa(LsaType.ROUTER, router_id(number), number, body), 0)
        for other in self.others:
            database.install(other, 0)
        return database

    def links(self, root: int) -> list[Link]:
        """The interfaces of a router, all its neighbours fully adjacent."""
        return [
            Link(str(address), address, prefix, self.id, 1, full)
            for address, prefix, full in self._interfaces.get(root, [])
        ]

    def via(self, route: Route) -> list[int]:
        """The routers that are a route's next hops."""
        return sorted({self.owners[hop.via] for hop in route.hops})

    def _interface(self, router: int, address: Address, prefix: Prefix, full: dict[Address, Address]) -> None:
        self._interfaces[router].append((address, prefix, full))
        self.owners[address] = router


def lsa(kind: LsaType, link_id: Address, router: int, body: Body, age: int = 0) -> Lsa:
    return Lsa.make(LsaKey(kind, link_id, router_id(router)), E_BIT, 1, body, age)


def external(
    router: int,
    subnet: str,
    metric: int,
    *,
    type_2: bool = False,
    forwarding: str = "0.0.0.0",
    tag: int = 0,
    age: int = 0,
) -> Lsa:
    prefix = Prefix.parse(subnet)
    body = ExternalLsa(mask(prefix.length), type_2, metric, Address.parse(forwarding), tag)
    return lsa(LsaType.EXTERNAL, prefix.network, router, body, age)


def table_of(root: int, *areas: DrawnArea, externals: Iterable[Lsa] = (), ecmp: int = MANY, now: float = 0) -> Table:
    """What a router calculates; it is in those of the areas in which it has an interface."""
    outside = Lsdb()
    for each in externals:
        outside.install(each, 0)
    attached = {area.id: Area(area.lsdb(), stub=area.stub) for area in areas if area.links(root)}
    links = [link for area in areas for link in area.links(root)]
    return calculate(router_id(root), attached, outside, links, now, ecmp=ecmp)


def route(table: Table, subnet: str) -> Route | None:
    return table.routes.get(Prefix.parse(subnet))


__all__ = ["BACKBONE", "MAX_AGE", "DrawnArea", "external", "lsa", "route", "router_id", "table_of"]
