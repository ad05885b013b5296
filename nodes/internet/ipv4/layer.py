"""The internet layer of one node: packets from its LANs, and from the protocols above, to where each goes.

               protocols above (the stack: ICMP, UDP, ports)
          Delivered ↑      Trouble ↑              │ send
              reassembly           │       source, identification
                    ↑              │              │
    receive → for this node? no: forwarding → fragments → Outgoing → a LAN

It knows neither ICMP nor ARP: a `Trouble` is an error that is due, an `Outgoing` a packet for a neighbour. It says
nothing of what came in a frame for several (RFC 1122 section 3.2.2); when else no error is sent is ICMP's matter.
"""

from __future__ import annotations

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.internet.ipv4.forwarding import Came, Forwarder, NextStop
from catenet.nodes.internet.ipv4.header import MINIMUM, Header
from catenet.nodes.internet.ipv4.identification import Identifications
from catenet.nodes.internet.ipv4.interfaces import Interfaces
from catenet.nodes.internet.ipv4.options import STRICT, OptionError
from catenet.nodes.internet.ipv4.outcomes import NOTHING, Delivered, Outcomes, Outgoing, Trouble
from catenet.nodes.internet.ipv4.path_mtu import PathMtus
from catenet.nodes.internet.ipv4.reassembly import Reassembler
from catenet.nodes.internet.ipv4.recording import NOWHERE, examine
from catenet.nodes.internet.ipv4.sending import Sender
from catenet.nodes.internet.ipv4.table import ForwardingTable
from catenet.nodes.machine import Count, DecodeError, Interface, Json, Randomness

__all__ = ["Delivered", "Ipv4", "Outgoing", "Trouble"]

_TIME_EXCEEDED, _PARAMETER_PROBLEM = 11, 12
_REASSEMBLY = 1
_DESTINATION_AT = 16
"""Octets of a header before its destination."""


class Ipv4:
    """Pure, as every machine; what it wants done is taken by the stack, which stands around it."""

    def __init__(self, options: Ipv4Options, table: ForwardingTable, random: Randomness, count: Count) -> None:
        self._options = options
        self._table = table
        self._count = count
        self._outcomes = Outcomes()
        self.interfaces = Interfaces()
        self._reassembler = Reassembler(count)
        self.paths = PathMtus()
        self._forwarder = Forwarder(options, self.interfaces, table, self._outcomes, count)
        self._sender = Sender(
            self.interfaces,
            self._forwarder,
            self.paths,
            self._outcomes,
            numbers=Identifications(random),
            count=count,
        )
        self.take_delivered = self._outcomes.take_delivered
        self.take_outgoing = self._outcomes.take_outgoing
        self.take_trouble = self._outcomes.take_trouble

    def set_interface(self, interface: Interface, now: float) -> None:
        """It went up or down, or has another MTU. The table's connected prefixes are set by who has the routes."""
        self.interfaces.set(interface)

    @property
    def addresses(self) -> frozenset[Address]:
        """The node's own, of interfaces that are up."""
        return frozenset(self.interfaces.own)

    # What comes from a LAN.

    def receive(self, packet: bytes, interface: str, to_group: bool, now: float) -> None:
        """A packet as a frame had it. `to_group`: the frame was for several."""
        try:
            header = Header.received(packet)
        except DecodeError:
            self._count("dropped.header")
            return
        came = Came(header, packet[: header.total_length], interface, NOWHERE, to_group)
        dropped = self._martian(came)
        if dropped:
            self._count(dropped)
        elif not header.options:
            self._route(came, now)
        else:
            self._receive_options(came, now)

    def _martian(self, came: Came) -> str:
        """Why it should not have come by that interface: the counter; empty: it may."""
        own, header = self.interfaces, came.header
        if came.interface not in own.up:
            return "dropped.interface"
        if own.is_bad_source(header.source, header.destination):
            return "dropped.source"
        if own.is_bad_destination(header.destination):
            return "dropped.destination"
        # "A host SHOULD silently discard a datagram that is received via a link-layer broadcast […] but does not
        # specify an IP multicast or broadcast destination address" (RFC 1122 section 3.3.6); no router forwards it.
        if came.to_group and not own.is_for_several(header.destination):
            return "dropped.link_broadcast"
        return ""

    def _route(self, came: Came, now: float) -> None:
        """To this node, or on."""
        own, destination = self.interfaces, came.header.destination
        if own.is_own(destination) or destination.is_multicast:
            self._deliver(came, now)
        elif own.is_broadcast(destination):
            if not own.is_broadcast_on(destination, came.interface):
                # "A router MUST NOT forward" them unless it is told to (RFC 2644 section 2); it has them itself.
                self._count("dropped.directed_broadcast")
            self._deliver(came, now)
        else:
            self._forwarder.forward(came, now)

    def _receive_options(self, came: Came, now: float) -> None:
        try:
            places = examine(came.header.options)
        except OptionError as error:
            self._problem("dropped.options", came, error.at)
            return
        came = came._replace(places=places)
        if places.source_route < 0:
            self._route(came, now)
        elif not self._options.source_routes or came.to_group:
            self._count("dropped.source_route")
        elif self.interfaces.is_own(came.header.destination):
            self._visited(came, now)
        elif came.header.options[places.source_route] == STRICT:
            # It says itself that nobody else is to have it: as the Linux kernel does.
            self._problem("dropped.strict_route", came, _DESTINATION_AT)
        else:
            self._route(came, now)

    def _visited(self, came: Came, now: float) -> None:
        """A packet whose source route has come to this node."""
        stop = NextStop.of(came, self.interfaces)
        if stop is None:
            self._deliver(came, now)
        else:
            self._forwarder.forward(came, now, stop)

    def _problem(self, counter: str, came: Came, at: int) -> None:
        self._forwarder.trouble(counter, _PARAMETER_PROBLEM, 0, came, bytes((at, 0, 0, 0)))

    def _deliver(self, came: Came, now: float) -> None:
        header, packet, interface, _, to_group = came
        if header.is_fragment:
            whole = self._reassembler.receive(header, packet, interface, now, to_group=to_group)
            self._tell_expired()
            if whole is None:
                return
            header, packet = Header.parse(whole), whole
        self._count("delivered")
        self._outcomes.delivered.append(Delivered(header, packet[header.length :], interface, packet, to_group))

    # What the protocols above send.

    def send(
        self,
        payload: bytes,
        source: Address,
        destination: Address,
        protocol: int,
        *,
        ttl: int,
        now: float,
        tos: int = 0,
        df: bool = False,
        interface: str = "",
        options: bytes = b"",
    ) -> str:
        """Send a packet. `source`: ANY stands for the address on the way out; `interface`: by no other one; `df`:
        rather not at all than in fragments; `options`: in whole words; the first destination of a source route is
        `destination`. Returns "", or why it is not sent (NO_ROUTE, TOO_BIG)."""
        header = Header(source, destination, protocol, ttl, tos, df=df, options=options)
        return self._sender.send(header, payload, interface, now)

    def source_for(self, destination: Address, interface: str = "") -> Address | None:
        """The source that `send` takes for ANY; None: there is no way."""
        return self._sender.source_for(destination, interface)

    def set_path_mtu(self, destination: Address, mtu: int, now: float, sent: int = MINIMUM) -> bool:
        """A router has told that packets to it may have so many octets (RFC 1191); 0: it did not say, and `sent` is the
        length of the one that was too large. Returns whether it is believed."""
        return self.paths.tell(destination, mtu, self._sender.link_mtu(destination), now, sent)

    def path_mtu(self, destination: Address, now: float) -> int:
        """Octets of the largest packet that reaches it uncut, as far as is known."""
        return self.paths.estimate(destination, self._sender.link_mtu(destination), now)

    # The contract's.

    def wake(self, now: float) -> None:
        """Fragments whose time is over go."""
        self._reassembler.wake(now)
        self._tell_expired()

    def next_wake(self) -> float | None:
        return self._reassembler.next_wake()

    def flush(self) -> None:
        """Forget the fragments, and what is known of paths."""
        self._reassembler.flush()
        self.paths.flush()

    def show_fragments(self, now: float) -> list[dict[str, Json]]:
        """The datagrams that are not whole yet."""
        return self._reassembler.show(now)

    def show_path_mtus(self, now: float) -> list[dict[str, Json]]:
        """The MTUs that routers have told."""
        return self.paths.show(now)

    def _tell_expired(self) -> None:
        self._outcomes.trouble += [
            Trouble(_TIME_EXCEEDED, _REASSEMBLY, NOTHING, packet, interface)
            for packet, interface in self._reassembler.take_expired()
        ]
