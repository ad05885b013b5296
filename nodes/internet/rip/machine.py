"""`RipMachine`: one router's RIP process (RFC 2453 sections 3.8, 3.9 and 3.10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import TYPE_CHECKING

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.rip.authentication import Authentication
from catenet.nodes.internet.rip.cause import STARTED, TIMED_OUT, Cause, Reason
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.history import RouteHistory
from catenet.nodes.internet.rip.neighbours import Neighbours
from catenet.nodes.internet.rip.packet import INET, INFINITY, PORT, REQUEST, RESPONSE, VERSION, Entry, Message
from catenet.nodes.internet.rip.received import ReceivedMessage, parse_message, prefix_of
from catenet.nodes.internet.rip.redistribution import Redistribution
from catenet.nodes.internet.rip.refusals import Refusals
from catenet.nodes.internet.rip.reports import CHANGED, LOST, report_of, status_of, timers_of
from catenet.nodes.internet.rip.sender import Sender
from catenet.nodes.internet.rip.table import MAX_ROUTES, Change, Route, Table
from catenet.nodes.keys.prover import key_in
from catenet.nodes.machine import (
    Action,
    Datagram,
    DecodeError,
    DeleteRoute,
    Endpoint,
    Interface,
    Json,
    OtherRoute,
    Randomness,
    SetRoute,
    Wants,
    always,
)

if TYPE_CHECKING:
    from catenet.nodes.control.origin import Explanation

__all__ = ["RipMachine"]


class RipMachine:
    """One router's RIP process, on the contract of nodes/machine.py.

    It starts at its first wake (`next_wake` is 0 until then): it asks for its neighbours' tables and sends its own.
    Beside the contract: `set_interface` says that an interface changed, `route_changed` that this node has a route
    beside RIP's, `shutdown` poisons, `status` is for `show rip`. `name_of` gives the node that has an address, for
    what people read. `epoch` is the time of day, in seconds since 1970, at which `now` was 0, and `began` that at which
    the lab was brought up: messages carry the time, and keys live by it (RFC 4822). `remember`: where each route comes
    from is kept, for `explain`. `wants` is asked before a report of a route is made.
    """

    def __init__(
        self,
        options: RipOptions,
        interfaces: Iterable[Interface],
        random: Randomness,
        name_of: Callable[[Address], str] = str,
        *,
        epoch: float = 0.0,
        began: float = 0.0,
        remember: bool = False,
        wants: Wants = always,
        not_taken: Callable[[], Mapping[Prefix, str]] = dict,
    ) -> None:
        self._options = options
        self._not_taken = not_taken
        self._wants = wants
        keys, fail_secure = options.keys(began), options.fail_secure == "on"
        self._auth = Authentication(keys, epoch, options.timeout, fail_secure=fail_secure)
        self._now = 0.0
        self._random = random
        self._name_of = name_of
        self._interfaces = {interface.name: interface for interface in interfaces}
        self._own = frozenset(interface.address for interface in self._interfaces.values())
        self._table = Table(options.timeout, options.garbage, options.cost)
        self._neighbours = Neighbours()
        self._history = RouteHistory(options, epoch, name_of, self._auth.proof_of, remember=remember)
        self._counters: Counter[str] = Counter()
        self._others = Redistribution(options, self._table, self._counters)
        self._actions: list[Action] = []
        self._refusals = Refusals(self._counters, self._neighbours, self._actions)
        self._sender = Sender(
            options, self._table, self._interfaces, self._auth, actions=self._actions, counters=self._counters
        )
        self._sender.open_ports()
        self._started = self._stopped = False
        self._update_at = 0.0
        self._trigger_at = inf
        self._quiet_until = 0.0
        self._request_at = inf
        self._fresh: set[str] = set()
        """Interfaces that came up of late: what was sent on them in the first moment may have been lost."""

    # The contract

    def receive(self, packet: Datagram, now: float) -> None:
        """A datagram came in on UDP port 520."""
        self._now = now
        source, interface = packet.source, self._interfaces.get(packet.interface)
        if not self._started or self._stopped:
            self._counters["refused.not-running"] += 1
        elif interface is None or not interface.up:
            self._counters["refused.interface"] += 1
        elif source.address in self._own:
            # "If a router processes its own output as new input, confusion is likely so such datagrams must be
            # ignored." (3.9.2); it is nobody's fault, so nothing is said.
            self._counters["refused.own"] += 1
        elif not interface.prefix.holds_host(source.address):
            # "the source of the datagram must be on a directly-connected network" (3.9.2)
            why = f"its address is no neighbour's on {interface.name}"
            self._refusals.refuse("off-link", packet, why, now)
        else:
            self._receive_datagram(packet, interface, now)

    def wake(self, now: float) -> None:
        """Time out routes, send what is due."""
        self._now = now
        if self._stopped:
            return
        if now >= self._auth.next_change:
            self._actions += self._auth.take_reports(self._interfaces, now)
        if not self._started:
            self._start(now)
        if now >= self._table.next_expiry:
            self._apply(self._table.expire(now), TIMED_OUT, now)
        if now >= self._update_at:
            self._send_update(now)
        elif now >= self._trigger_at:
            self._send_triggered(now)
        if now >= self._request_at:
            self._request_again(now)

    def next_wake(self) -> float | None:
        """When the earliest timer runs out; 0 before the start, None after the end."""
        if self._stopped:
            return None
        due = min(self._update_at, self._trigger_at, self._request_at, self._table.next_expiry, self._auth.next_change)
        return max(0.0, due)

    def take_actions(self) -> list[Action]:
        actions = self._actions.copy()
        self._actions.clear()
        return actions

    # Beside the contract

    def set_interface(self, interface: Interface, now: float) -> None:
        """An interface came up, went down, or appeared."""
        self._now = now
        before = self._interfaces.get(interface.name)
        self._interfaces[interface.name] = interface
        self._own = frozenset(each.address for each in self._interfaces.values())
        # Of no concern here are its MTU and its hardware address.
        if (before is not None and before[:4] == interface[:4]) or not self._started or self._stopped:
            return
        if before is not None and before.up:
            self._auth.connectivity_lost(interface.name)
            lost = self._table.disconnect(interface.name, now)
            down = Cause(Reason.LINK_DOWN, interface.name)
            self._apply([*lost, *self._others.announce_all(self._up(), now)], down, now)
        if interface.up:
            self._apply(self._connect(interface, now), Cause(Reason.LINK_UP, interface.name), now)
            if interface in self._sender.interfaces:
                self._interface_up(interface, now)

    def route_changed(self, source: str, prefix: Prefix, route: OtherRoute | None, now: float) -> None:
        """The best route to a prefix beside RIP's own is now this one, of that source; None: it has none any more.

        It is announced where the options say so of the source.
        """
        self._now = now
        if self._others.heard(source, prefix, route) and self._started and not self._stopped:
            changes = self._others.announce([prefix], self._up(), now)
            self._apply(changes, Cause(Reason.REDISTRIBUTION, source), now)

    def shutdown(self) -> None:
        """Poison every route on every network: nothing can be reached by this router any more. Then do nothing.

        Without triggered updates nothing is sent.
        """
        if self._started and not self._stopped and self._triggered_updates:
            self._sender.send_shutdown_poison(self._now)
        self._stopped = True

    def show(self, table: str, now: float) -> Json:
        """The only table, `rip`."""
        return self.status(now)

    def status(self, now: float) -> dict[str, Json]:
        """The table, the neighbours, the counters and the timers. Times are in seconds."""
        options, next_update, kernel = self._options, max(0.0, self._update_at - now), self._not_taken()
        rows = [
            status_of(route, options, self._name_of, now, kernel.get(prefix, ""))
            for prefix, route in sorted(self._table.routes.items())
        ]
        return {
            "table": [row.to_json() for row in rows],
            "neighbours": self._neighbours.status(self._name_of, now, self._auth.key_of),
            **({"keys": keys} if (keys := self._auth.status(now)) else {}),
            "counters": {**dict(sorted(self._counters.items())), "skipped.table-full": self._table.overflow},
            "timers": timers_of(options, next_update),
        }

    def explain(self, prefix: Prefix, now: float) -> Explanation | None:
        """Where the route to a prefix comes from (see history.py); None where nothing is known of it."""
        return self._history.explain(prefix, self._table.routes.get(prefix), self._interfaces, now)

    # Timers and output (3.8, 3.10)

    def _start(self, now: float) -> None:
        self._started = True
        for interface in [each for each in self._interfaces.values() if each.up]:
            self._history.changed(self._connect(interface, now), STARTED, now)
        self._history.changed(self._others.announce_default(now), STARTED, now)
        # "When a router first comes up, it multicasts a Request on every connected network" (3.9.1)
        for interface in self._sender.interfaces:
            self._interface_up(interface, now)
        self._full_update_sent(now)

    def _send_update(self, now: float) -> None:
        """The regular update: the whole table on every network."""
        for interface in self._sender.interfaces:
            self._sender.send_full_update(interface, now)
        self._full_update_sent(now)

    def _full_update_sent(self, now: float) -> None:
        """The whole table is out on every network; the next regular update is due in about `update`."""
        self._history.announced(self._table.changed, "update", now)
        self._table.changed.clear()
        self._trigger_at = inf
        # "The 30-second timer is offset by a small random time (+/- 0 to 5 seconds) each time it is set." (3.8)
        update = self._options.update
        self._update_at = now + self._random.uniform(update * 5 / 6, update * 7 / 6)

    @property
    def _triggered_updates(self) -> bool:
        return self._options.triggered == "on"

    def _send_triggered(self, now: float) -> None:
        """A triggered update: "only those routes which have changed" (3.10.1)."""
        self._sender.send_triggered_update(now)
        self._history.announced(self._table.changed, "triggered", now)
        # "Once all of the triggered updates have been generated, the route change flags should be cleared."
        self._table.changed.clear()
        # "After a triggered update is sent, a timer should be set for a random interval between 1 and 5 seconds."
        self._trigger_at = inf
        self._quiet_until = now + self._triggered_delay()

    def _triggered_delay(self) -> float:
        """The 1 to 5 seconds of section 3.10.1, in proportion where `update` is not the 30 seconds of section 3.8."""
        update = self._options.update
        return self._random.uniform(update / 30, update / 6)

    def _interface_up(self, interface: Interface, now: float) -> None:
        """An interface has come up: request the neighbours' tables there, and send ours; and soon once more."""
        self._sender.request_tables(interface, now)
        self._sender.send_full_update(interface, now)
        self._fresh.add(interface.name)
        self._request_at = min(self._request_at, now + self._triggered_delay())

    def _request_again(self, now: float) -> None:
        """Request tables everywhere, after a loss or where an interface came up; there send ours, too."""
        self._request_at = inf
        for interface in self._sender.interfaces:
            self._sender.request_tables(interface, now)
            if interface.name in self._fresh:
                self._sender.send_full_update(interface, now)
        self._fresh.clear()

    def _up(self) -> list[str]:
        return [interface.name for interface in self._interfaces.values() if interface.up]

    def _connect(self, interface: Interface, now: float) -> list[Change]:
        """Its network, and the routes of others that lead over it, can be reached."""
        return [self._table.connect(interface, now), *self._others.announce_all(self._up(), now)]

    # Input (3.9)

    def _receive_datagram(self, packet: Datagram, interface: Interface, now: float) -> None:
        source, lan = packet.source, interface.name
        try:
            received = parse_message(self._auth.verify(packet.data, lan, source.address, now))
        except DecodeError as error:
            self._refusals.refuse(error.field, packet, str(error), now, key_in(error))
            return
        message = received.message
        if message.version < VERSION:
            self._refusals.refuse("version-1", packet, "version 1, and this router speaks version 2", now)
        elif message.command == REQUEST and lan in self._options.passive:
            self._refusals.refuse("passive", packet, "a request where this router only listens", now)
        elif message.command == REQUEST and not message.entries:
            # "If there are no entries, no response is given." (3.9.1)
            self._refusals.refuse("empty", packet, "a request for nothing", now)
        elif message.command == REQUEST:
            self._answer_request(message, source, interface, now)
        elif source.port != PORT:
            # "The Response must be ignored if it is not from the RIP port." (3.9.2)
            self._refusals.refuse("port", packet, f"a response from port {source.port}, not {PORT}", now)
        else:
            self._process_response(received, packet, interface, now)

    def _process_response(self, received: ReceivedMessage, packet: Datagram, interface: Interface, now: float) -> None:
        """A response: each valid entry goes through the receive rule (`table.select_route`)."""
        source = packet.source
        self._counters["received.responses"] += 1
        self._neighbours.accepted(source.address, interface.name, now)
        for word, entry in received.skipped:
            self._refusals.skip(word, packet, entry, now)
        self._history.received(received, source.address, interface.name, now)
        changes = self._table.process_response(received, source.address, interface, now)
        if self._table.overflow:
            self._refusals.report_once("table-full", packet, f"more than {MAX_ROUTES} routes", now)
        if changes:
            # An update goes to the group, or by broadcast; the answer to a request to the asker alone.
            said = Reason.ANSWER if packet.destination.address == interface.address else Reason.UPDATE
            self._apply(changes, Cause(said, neighbour=source.address), now)

    def _answer_request(self, message: Message, source: Endpoint, interface: Interface, now: float) -> None:
        """Answer a request, at "the requestor's address and port" (3.9.1)."""
        self._counters["received.requests"] += 1
        if source.port == PORT:
            self._neighbours.accepted(source.address, interface.name, now)
        if message.asks_for_all:
            self._sender.send_full_update(interface, now, source, "answers")
        else:
            # "they are looked up in the routing table and the information is returned as is; no Split Horizon"
            found = tuple(entry._replace(metric=self._metric_of(entry)) for entry in message.entries)
            self._sender.send(bytes(Message(RESPONSE, found)), interface, source, "answers", now)

    def _metric_of(self, entry: Entry) -> int:
        prefix = prefix_of(entry) if entry.family == INET else ""
        route = None if isinstance(prefix, str) else self._table.routes.get(prefix)
        return INFINITY if route is None else route.metric

    # What changed

    def _apply(self, changes: list[Change], cause: Cause, now: float) -> None:
        """Carry changes to the kernel, to the user and to the neighbours."""
        if not changes:
            return
        lost, why = False, None
        for change in changes:
            self._install(change.route)
        changes = [change for change in changes if not change.behind]
        if not changes:
            return
        self._history.changed(changes, cause, now)
        for change in changes:
            lost = lost or change.lost
            # Of a network of our own `link.up` and `link.down` say it.
            if not change.route.connected and self._wants(LOST if change.lost else CHANGED, now):
                why = why or cause.to_json(self._name_of)
                self._actions.append(report_of(change, why, self._name_of))
        if not self._triggered_updates:
            return
        at = max(now, self._quiet_until)
        # "A triggered update should be suppressed if a regular update is due by the time the triggered update would be
        # sent." (3.10.1)
        if self._trigger_at == inf and at < self._update_at:
            self._trigger_at = at
        if lost:  # the question follows the last bad news: before it the neighbours answer with what is lost
            self._request_at = min(at, self._update_at) + self._triggered_delay()

    def _install(self, route: Route) -> None:
        usable = route.usable and not route.connected
        last_resort = route.tag in self._options.last_resort
        wanted = SetRoute(route.prefix, (route.next_hop,), route.metric, route.tag, last_resort) if usable else None
        if wanted == route.installed:
            return
        if wanted is None:
            self._actions.append(DeleteRoute(route.prefix))
        else:
            self._actions.append(wanted)
        route.installed = wanted
