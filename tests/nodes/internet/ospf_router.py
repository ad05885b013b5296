"""One router under test: r (10.0.1.5 on link1, 10.0.2.5 on link2), and neighbours that say what a test wants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.authentication import Authentication
from catenet.nodes.internet.ospf.config import OspfOptions
from catenet.nodes.internet.ospf.lsa import (
    ExternalLsa,
    LinkType,
    Lsa,
    LsaHeader,
    LsaKey,
    LsaType,
    RouterLink,
    RouterLsa,
)
from catenet.nodes.internet.ospf.machine import OspfMachine
from catenet.nodes.internet.ospf.packet import (
    ALL_ROUTERS,
    EXTERNAL,
    HEADER,
    INIT,
    MASTER,
    MORE,
    NONE,
    OPAQUE,
    PROTOCOL,
    Acknowledgement,
    Description,
    Hello,
    Packet,
    PacketBody,
    Request,
    Update,
)
from catenet.nodes.machine import (
    DeleteRoute,
    Interface,
    IpPacket,
    JoinGroup,
    LeaveGroup,
    Report,
    Send,
    SetRoute,
    Wants,
    always,
)

Body = TypeVar("Body", bound=PacketBody)

ME = Address.parse("10.0.1.5")
"""Its Router ID: between those of LOW and HIGH."""
LOW, HIGH = "10.0.1.2", "10.0.1.9"
"""Neighbours on link1: their addresses, and their Router IDs."""
MASK = 0xFFFFFF00
INITIAL = -0x7FFFFFFF


class Middle:
    """Randomness without surprise."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def header_of(
    router: str, sequence: int = INITIAL, *, age: int = 0, kind: int = LsaType.ROUTER, link_id: str = ""
) -> LsaHeader:
    return lsa(router, sequence, age=age, kind=kind, link_id=link_id).header


def lsa(
    router: str, sequence: int = INITIAL, *, age: int = 0, kind: int = LsaType.ROUTER, link_id: str = "", cost: int = 1
) -> Lsa:
    """A router-LSA with a stub 10.9.9.0/24, or an AS-external-LSA for that."""
    key = LsaKey(kind, Address.parse(link_id or router), Address.parse(router))
    stub = RouterLink(LinkType.STUB, Address.parse("10.9.9.0"), MASK, cost)
    body = RouterLsa(0, (stub,)) if kind == LsaType.ROUTER else ExternalLsa(MASK, True, cost, NONE, 0)
    return Lsa.make(key, EXTERNAL, sequence, body, age)


def packet_of(body: PacketBody | bytes, source: str, link: str, *, router: str = "", area: int = 0) -> IpPacket:
    """As it comes in. Its Router ID is its address, unless told otherwise."""
    if not isinstance(body, bytes):
        packet = Packet(Address.parse(router or source), Address(area), body)
        body = Authentication(b"", 0.0, 40.0).seal(bytes(packet), "", 0.0)
    return IpPacket(body, Address.parse(source), ALL_ROUTERS, PROTOCOL, link, 1)


class Router:
    """The machine, a clock, and what came out of it. It starts at 100 s. `length`: of the LANs'
    prefixes."""

    def __init__(
        self,
        *,
        start: bool = True,
        lans: Iterable[str] = ("link1", "link2"),
        length: int = 24,
        wants: Wants = always,
        **options: Any,
    ) -> None:
        self.links = {
            name: Interface(
                name, Address.parse(f"10.0.{name[-1]}.5"), Prefix.of(Address.parse(f"10.0.{name[-1]}.5"), length)
            )
            for name in lans
        }
        self.now = 100.0
        self.options = OspfOptions(**options)
        self.machine = OspfMachine(
            self.options, self.links.values(), Middle(), str, router_id=ME, wants=wants, remember=True
        )
        self.opened = self.machine.take_actions()
        self.actions: list[Any] = []
        if start:
            self.wake()

    def wake(self) -> None:
        self.machine.wake(self.now)
        self.take()

    def wait(self, seconds: float) -> list[tuple[float, IpPacket]]:
        """Let time pass; gives what was sent meanwhile, and when."""
        end, sent = self.now + seconds, []
        while (due := self.machine.next_wake()) is not None and due <= end:
            self.now = max(self.now, due)
            before = len(self.actions)
            self.wake()
            sent += [(self.now, each.packet) for each in self.actions[before:] if isinstance(each, Send)]
        self.now = end
        return sent

    def take(self) -> None:
        self.actions += self.machine.take_actions()

    def hear(
        self, body: PacketBody | bytes, source: str, router: str = "", *, to: Address | str = ALL_ROUTERS, area: int = 0
    ) -> None:
        """A packet of the neighbour with that address; its Router ID is the same, unless told otherwise."""
        target = to if isinstance(to, Address) else Address.parse(to)
        packet = packet_of(body, source, f"link{source.split('.')[2]}", router=router, area=area)
        self.machine.receive(packet._replace(destination=target), self.now)
        self.take()

    def set_link(self, name: str, *, up: bool) -> None:
        self.links[name] = self.links[name]._replace(up=up)
        self.machine.set_interface(self.links[name], self.now)
        self.take()

    def sent(self, kind: type[Body], link: str = "link1") -> list[Body]:
        """What of that kind was sent on a link since the last call of `clear`."""
        return [body for _, body in self.sent_to(kind, link)]

    def sent_to(self, kind: type[Body], link: str = "link1") -> list[tuple[str, Body]]:
        """As `sent`, with where it went."""
        sent = [each.packet for each in self.actions if isinstance(each, Send)]
        packets = [each for each in sent if isinstance(each, IpPacket) and each.interface == link]
        parsed = [(str(packet.destination), Packet.parse(packet.data).body) for packet in packets]
        return [(to, body) for to, body in parsed if isinstance(body, kind)]

    def clear(self) -> None:
        self.actions.clear()

    def groups(self) -> list[JoinGroup | LeaveGroup]:
        return [each for each in self.actions if isinstance(each, JoinGroup | LeaveGroup)]

    def kernel(self) -> list[SetRoute | DeleteRoute]:
        return [each for each in self.actions if isinstance(each, SetRoute | DeleteRoute)]

    def reports(self, kind: str) -> list[Report]:
        return [each for each in self.actions if isinstance(each, Report) and each.kind == kind]

    def show(self, table: str) -> Any:
        return self.machine.show(table, self.now)

    @property
    def counters(self) -> dict[str, int]:
        return self.show("ospf")["counters"]

    def state(self, address: str) -> str:
        """Of the neighbour with that address."""
        return next((row["state"] for row in self.show("ospf neighbors") if row["address"] == address), "")

    def cause(self, address: str) -> str:
        return next(row["cause"] for row in self.show("ospf neighbors") if row["address"] == address)

    def interface(self, link: str = "link1") -> dict[str, Any]:
        return next(row for row in self.show("ospf interfaces") if row["lan"] == link)

    def database(self) -> dict[tuple[str, str], str]:
        """Type and Link State ID → sequence number."""
        return {(row["type"], row["id"]): row["sequence"] for row in self.show("ospf lsdb")}


class Peer:
    """A neighbour of the router under test, on the link of its address."""

    def __init__(self, router: Router, address: str, identity: str = "", **hello: Any) -> None:
        self.router = router
        self.address = address
        self.identity = identity or address
        self.link = f"link{address.split('.')[2]}"
        self.hello = Hello(MASK, 10, EXTERNAL, 1, 40, NONE, NONE, (ME,))._replace(**hello)
        self.sequence = 1000

    @property
    def state(self) -> str:
        return self.router.state(self.address)

    def say(self, body: PacketBody, **how: Any) -> None:
        self.router.hear(body, self.address, self.identity, **how)

    def greet(self, **changes: Any) -> None:
        """A Hello; by default one that lists the router."""
        self.hello = self.hello._replace(**changes)
        self.say(self.hello)

    def describe(
        self, flags: int, sequence: int, *headers: LsaHeader, options: int = EXTERNAL | OPAQUE, **how: Any
    ) -> None:
        self.say(Description(1500, options, flags, sequence, headers), **how)

    def last_description(self) -> Description:
        said = [body for to, body in self.router.sent_to(Description, self.link) if to in (self.address, "224.0.0.5")]
        return said[-1]

    def exchange(self, *headers: LsaHeader, **how: Any) -> None:
        """From ExStart on, until both know what the other has. `how`: as `describe` takes it."""
        first = self.last_description()
        assert first.flags == INIT | MORE | MASTER
        if Address.parse(self.identity) > ME:
            self.describe(INIT | MORE | MASTER, self.sequence, **how)
            self.describe(MASTER, self.sequence + 1, *headers, **how)
        else:
            self.describe(0, first.sequence, *headers, **how)
            self.describe(0, first.sequence + 1, **how)

    def become_full(self, *lsas: Lsa) -> None:
        """From nothing to Full; the router requests these."""
        self.greet()
        self.exchange(*(each.header for each in lsas))
        if lsas:
            self.update(*lsas)
        assert self.state == "Full", self.state

    def update(self, *lsas: Lsa, **how: Any) -> None:
        self.say(Update(lsas), **how)

    def acknowledge(self, *headers: LsaHeader) -> None:
        self.say(Acknowledgement(headers))

    def acknowledge_all(self) -> None:
        """All that the router has flooded."""
        for update in self.router.sent(Update, self.link):
            self.acknowledge(*(each.header for each in update.lsas))

    def request(self, *keys: LsaKey) -> None:
        self.say(Request(keys))

    def flooded(self) -> list[Lsa]:
        """What the router has sent here in Link State Updates since `clear`."""
        return [each for update in self.router.sent(Update, self.link) for each in update.lsas]


def on_point_to_point(**options: Any) -> Router:
    """A router both links of which are point-to-point."""
    network = dict.fromkeys(("link1", "link2"), "point-to-point")
    return Router(network=network, **options)


def elected(router: Router, *peers: Peer) -> None:
    """Greet, and let the Wait Timer run out."""
    for peer in peers:
        peer.greet()
    router.wait(30.0)
    for peer in peers:
        peer.greet()
    router.wait(10.0)


def parse(packets: Sequence[tuple[float, IpPacket]]) -> list[tuple[float, str, PacketBody]]:
    """When, on which link, what."""
    return [(round(at, 3), packet.interface, Packet.parse(packet.data).body) for at, packet in packets]


def raw(kind: int, body: bytes, *, router: str = "10.0.1.2", version: int = 2, area: int = 0) -> bytes:
    """A packet with a right checksum, whatever stands in it."""
    size = HEADER.size + len(body)
    bare = HEADER.pack(version, kind, size, Address.parse(router), area, 0, 0, b"") + body
    return Authentication(b"", 0.0, 40.0).seal(bare, "", 0.0)
