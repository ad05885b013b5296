"""`Receiving`: whether a packet is for this router, and from whom it may be (RFC 2328 section 8.2)."""

from __future__ import annotations

from catenet.nodes.address import ANY, Address
from catenet.nodes.internet.ospf.exchange import Exchange
from catenet.nodes.internet.ospf.flooding import Flooding
from catenet.nodes.internet.ospf.hello import Hellos
from catenet.nodes.internet.ospf.interface import Circuit
from catenet.nodes.internet.ospf.own import OwnLsas
from catenet.nodes.internet.ospf.packet import (
    ALL_DESIGNATED,
    ALL_ROUTERS,
    Acknowledgement,
    Description,
    Hello,
    Packet,
    Request,
    Update,
)
from catenet.nodes.internet.ospf.router import Router
from catenet.nodes.keys.prover import key_in
from catenet.nodes.machine import DecodeError, IpPacket

__all__ = ["Receiving"]


class Receiving:
    """Checks what comes in, and gives each packet to the part whose affair it is."""

    def __init__(self, router: Router, hellos: Hellos, exchange: Exchange, flooding: Flooding, own: OwnLsas) -> None:
        self._router = router
        self._counters = router.reporter.counters
        self._hellos = hellos
        self._exchange = exchange
        self._flooding = flooding
        self._own = own

    def receive(self, circuit: Circuit, packet: IpPacket) -> None:
        """What is OSPF's came in on an interface of this router."""
        router, source = self._router, packet.source
        try:
            data = router.auth.open(packet.data, circuit.name, source, router.now)
            parsed = Packet.parse(data)
        except DecodeError as error:
            self._refuse(error.field, circuit, source, str(error), key_in(error))
            return
        if parsed.area != circuit.area.id:
            self._hellos.refuse(circuit, (parsed.router, source), "area", f"area {parsed.area}, here {circuit.area.id}")
        elif not circuit.interface.prefix.holds_host(source):
            self._refuse("off-link", circuit, source, f"its address is no neighbour's on {circuit.name}")
        elif packet.destination not in (circuit.address, ALL_ROUTERS) and not (
            packet.destination == ALL_DESIGNATED and circuit.elected
        ):
            self._counters["refused.destination"] += 1
        elif parsed.router == router.me:
            why = f"duplicate router id {router.me}: it is this router's"
            self._hellos.refuse(circuit, (parsed.router, source), "router-id", why)
        elif parsed.router == ANY:
            self._hellos.refuse(circuit, (parsed.router, source), "router-id", "router id 0.0.0.0 is nobody's")
        elif isinstance(parsed.body, Hello):
            self._counters["received.hello"] += 1
            self._hellos.receive(circuit, parsed.router, source, parsed.body)
        else:
            self._receive_of_neighbour(circuit, source, parsed)

    def _receive_of_neighbour(self, circuit: Circuit, source: Address, packet: Packet) -> None:
        """ "Packets not matching any active neighbor are discarded." (8.2)"""
        router, body = self._router, packet.body
        neighbour = circuit.neighbours.get(packet.router if circuit.point_to_point else source)
        if neighbour is None or (neighbour.router, neighbour.address) != (packet.router, source):
            self._counters["ignored.stranger"] += 1
            return
        self._counters[f"received.{type(body).__name__.lower()}"] += 1
        if isinstance(body, Description):
            neighbour.mtu = body.mtu
            if body.mtu > circuit.interface.mtu:  # 10.6
                why = f"MTU {body.mtu}, here {circuit.interface.mtu}"
                self._hellos.refuse(circuit, (packet.router, source), "mtu", why)
                neighbour.cause = why
                return
            self._exchange.receive_description(neighbour, body)
        elif isinstance(body, Request):
            self._exchange.receive_request(neighbour, body)
        elif isinstance(body, Update):
            if body.broken:
                why = "LSAs that are not whole, or whose checksum is wrong"
                router.reporter.skipped("lsa-broken", (source, circuit.name), why, router.now, body.broken)
            self._flooding.receive_update(neighbour, body.lsas, self._own)
        elif isinstance(body, Acknowledgement):
            self._flooding.receive_acknowledgement(neighbour, body.headers)

    def _refuse(self, word: str, circuit: Circuit, source: Address, why: str, key: int | None = None) -> None:
        self._router.reporter.refused(word, (source, circuit.name), why, self._router.now, key)
        self._hellos.remember(circuit, ANY, source, why)
