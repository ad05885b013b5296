"""`Sender`: what one router sends on its networks, signed and counted (RFC 2453 sections 3.9.1 and 3.10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from catenet.nodes.internet.rip.authentication import Authentication
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.output import entries, responses
from catenet.nodes.internet.rip.packet import GROUP, PORT, REQUEST, WHOLE_TABLE, Message
from catenet.nodes.internet.rip.table import Route, Table
from catenet.nodes.machine import Action, Datagram, Endpoint, Interface, JoinGroup, OpenPort, Send, Udp

__all__ = ["Sender"]

_REQUEST_ALL = bytes(Message(REQUEST, (WHOLE_TABLE,)))


class Sender:
    """Puts a router's messages together. It knows no timers: `now` only dates what is signed."""

    def __init__(
        self,
        options: RipOptions,
        table: Table,
        interfaces: Mapping[str, Interface],
        auth: Authentication,
        *,
        actions: list[Action],
        counters: Counter[str],
    ) -> None:
        """`table` and `interfaces` are the router's own, as they change. `actions` gets what is to be sent, and
        `counters` one more of its kind.
        """
        self._options = options
        self._table = table
        self._interfaces = interfaces
        self._auth = auth
        self._actions = actions
        self._counters = counters
        self._whole: dict[str, tuple[int, list[bytes]]] = {}

    def open_ports(self) -> None:
        """On each network port 520, in the group (RFC 2453 section 4.5)."""
        for name in self._interfaces:
            port = Udp(PORT, name)
            self._actions += OpenPort(port), JoinGroup(port, GROUP.address)

    @property
    def interfaces(self) -> list[Interface]:
        """Those on which the router speaks now."""
        passive = self._options.passive
        return [each for each in self._interfaces.values() if each.up and each.name not in passive]

    def request_tables(self, interface: Interface, now: float) -> None:
        """Ask the neighbours on that network for their whole tables."""
        self.send(_REQUEST_ALL, interface, GROUP, "requests", now)

    def send_full_update(self, interface: Interface, now: float, to: Endpoint = GROUP, what: str = "updates") -> None:
        """The whole table, to all routers of that network or to one that asked."""
        for data in self._whole_table(interface):
            self.send(data, interface, to, what, now)

    def send_triggered_update(self, now: float) -> None:
        """ "Only those routes which have changed" (3.10.1), on every network."""
        for interface in self.interfaces:
            for data in self._responses(self._table.changed.values(), interface):
                self.send(data, interface, GROUP, "triggered", now)

    def send_shutdown_poison(self, now: float) -> None:
        """Every route at metric 16, on every network: nothing can be reached by this router any more."""
        for interface in self.interfaces:
            for data in self._responses(self._table.routes.values(), interface, poison=True):
                self.send(data, interface, GROUP, "updates", now)

    def send(self, data: bytes, interface: Interface, to: Endpoint, what: str, now: float) -> None:
        """One message, once with each key that the neighbours need; `what` is the word that counts it."""
        copies = self._auth.sign(data, interface.name, None if to == GROUP else to.address, now)
        for signed in copies:
            self._actions.append(Send(Datagram(signed, Endpoint(interface.address, PORT), to, interface.name)))
            self._counters[f"sent.{what}"] += 1
        if not copies:
            self._counters["withheld.no-key"] += 1

    def _whole_table(self, interface: Interface) -> list[bytes]:
        """The messages of a regular update; made again only when the table has changed."""
        version, messages = self._whole.get(interface.name, (-1, []))
        if version != self._table.version:
            messages = self._responses(self._table.routes.values(), interface)
            self._whole[interface.name] = self._table.version, messages
        return messages

    def _responses(self, routes: Iterable[Route], interface: Interface, *, poison: bool = False) -> list[bytes]:
        """What is said of these routes on that interface; a passive network may be nobody else's business."""
        if "connected" not in self._options.redistribute:
            passive = self._options.passive
            routes = (r for r in routes if r.static or not r.connected or r.interface not in passive)
        packed = entries(routes, interface.name, self._options.split_horizon, poison=poison)
        return responses(packed, self._auth.max_entries)
