"""`OspfMachine`: one router's OSPF process (RFC 2328), on the contract of nodes/machine.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from catenet.nodes.address import DEFAULT, Address, Prefix
from catenet.nodes.internet.icmp.packet import PROTOCOL as ICMP
from catenet.nodes.internet.ospf import originate, show
from catenet.nodes.internet.ospf.asked import asked_lsa
from catenet.nodes.internet.ospf.authentication import Authentication
from catenet.nodes.internet.ospf.config import OspfOptions
from catenet.nodes.internet.ospf.exchange import Exchange
from catenet.nodes.internet.ospf.explaining import explain
from catenet.nodes.internet.ospf.flooding import Flooding
from catenet.nodes.internet.ospf.hello import Hellos
from catenet.nodes.internet.ospf.interface import Circuit
from catenet.nodes.internet.ospf.interface_states import InterfaceEvent
from catenet.nodes.internet.ospf.liveness import Liveness
from catenet.nodes.internet.ospf.lsa import LsaType
from catenet.nodes.internet.ospf.measuring import Measuring
from catenet.nodes.internet.ospf.neighbour import Neighbour
from catenet.nodes.internet.ospf.own import OwnLsas
from catenet.nodes.internet.ospf.packet import EXTERNAL
from catenet.nodes.internet.ospf.receiving import Receiving
from catenet.nodes.internet.ospf.reports import Reporter
from catenet.nodes.internet.ospf.router import Router
from catenet.nodes.internet.ospf.routing import Routing
from catenet.nodes.internet.ospf.sending import Outbox
from catenet.nodes.machine import (
    Action,
    Datagram,
    Interface,
    IpPacket,
    Json,
    OpenPort,
    OtherRoute,
    Port,
    Randomness,
    Wants,
    always,
)

if TYPE_CHECKING:
    from catenet.nodes.control.origin import Explanation

__all__ = ["OspfMachine"]

_LINKS = (LsaType.ROUTER, LsaType.NETWORK)
_SUMMARIES = (LsaType.SUMMARY, LsaType.SUMMARY_ASBR)


class OspfMachine:
    """One router's OSPF process.

    It starts at its first wake (`next_wake` is 0 until then). Beside the contract: `set_interface` says that an
    interface changed, `route_changed` that this node has a route beside OSPF's, `shutdown` flushes what it has
    originated. `name_of` gives the node that has an address, for what people read. `epoch` is the time of day, in
    seconds since 1970, at which `now` was 0, and `began` that at which the lab was brought up: digests carry the time,
    and keys live by it. `wants` is asked before a report is made. `remember`: what became of each route is kept, so
    that it can be explained.
    """

    def __init__(
        self,
        options: OspfOptions,
        interfaces: Iterable[Interface],
        random: Randomness,
        name_of: Callable[[Address], str] = str,
        *,
        router_id: Address,
        epoch: float = 0.0,
        began: float = 0.0,
        wants: Wants = always,
        not_taken: Callable[[], Mapping[Prefix, str]] = dict,
        remember: bool = False,
    ) -> None:
        self._options = options
        self._epoch = epoch
        self._not_taken = not_taken
        auth = Authentication(options.keys(began), epoch, options.dead, fail_secure=options.fail_secure == "on")
        reporter = Reporter(name_of, wants)
        self._actions, self._counters = reporter.actions, reporter.counters
        router = self._router = Router(router_id, options, auth, reporter, epoch=epoch)
        self._outbox = Outbox(router)
        self._exchange = Exchange(router, self._outbox)
        self._hellos = Hellos(router, self._exchange)
        self._liveness = router.liveness = Liveness(router, self._hellos, random)
        self._flooding = Flooding(router, self._outbox, self._exchange)
        self._own = OwnLsas(router, self._flooding, random)
        self._receiving = Receiving(router, self._hellos, self._exchange, self._flooding, self._own)
        self._measuring = Measuring(router, random)
        self._routing = Routing(router, remember=remember)
        self._redistributed: dict[Prefix, OtherRoute] = {}
        self._started = self._stopped = False
        self._due: dict[object, Callable[..., None]] = {
            "hello": self._hellos.hello_due,
            "echo": self._measuring.echo_due,
            "wait": self._hellos.wait_due,
            "acknowledge": self._outbox.acknowledge_due,
            "paced": self._outbox.paced_due,
            "own": self._own.own_due,
            "stray": self._own.stray_due,
            "flushed": self._flooding.flushed_due,
            "dead": partial(self._of_neighbour, self._hellos.dead_due),
            "describe": partial(self._of_neighbour, self._exchange.describe_due),
            "request": partial(self._of_neighbour, self._exchange.request_due),
            "stalled": partial(self._of_neighbour, self._exchange.stalled_due),
            "retransmit": partial(self._of_neighbour, self._flooding.retransmit_due),
        }
        for interface in interfaces:
            self._add(interface)

    # The contract

    def receive(self, packet: IpPacket | Datagram, now: float) -> None:
        """An IP packet of OSPF's protocol came in, what answers an Echo, or a datagram of BFD's."""
        router = self._router
        router.now = now
        if isinstance(packet, Datagram):
            if self._started and not self._stopped and self._liveness.receive(packet):
                self._settle()
            return
        circuit = router.circuits.get(packet.interface)
        if not self._started or self._stopped:
            self._counters["refused.not-running"] += 1
        elif circuit is None or not circuit.up or circuit.on.passive:
            self._counters["refused.interface"] += 1
        elif packet.source in router.own_addresses:
            # "Locally originated packets should not be passed on to OSPF." (8.2)
            self._counters["refused.own"] += 1
        elif packet.protocol == ICMP:
            self._measuring.receive(circuit, packet)
        else:
            self._receiving.receive(circuit, packet)
            self._settle()

    def wake(self, now: float) -> None:
        """Do what has fallen due."""
        router = self._router
        router.now = now
        if self._stopped:
            return
        followed = self._liveness.wake()
        if not followed and now < self._next():
            return
        if now >= router.auth.next_change:
            self._actions += router.auth.take_reports(router.circuits, now)
        if not self._started:
            self._start()
        for key in router.timers.due(now):
            self._due[key[0]](*key[1:])
        if now >= self._flooding.next_expiry:
            self._flooding.expire()
        self._settle()

    def next_wake(self) -> float | None:
        """When the earliest timer runs out; 0 before the start, None after the end."""
        if self._stopped:
            return None
        timer = self._liveness.next_wake()
        return max(0.0, self._next() if timer is None else min(self._next(), timer))

    def take_actions(self) -> list[Action]:
        """What is flooded leaves now: what came in together goes on together."""
        self._outbox.flush()
        actions = self._actions + self._liveness.take_actions()
        self._actions.clear()
        return actions

    # Beside the contract

    def set_interface(self, interface: Interface, now: float) -> None:
        """An interface came up, went down, or appeared."""
        router = self._router
        router.now = now
        before = router.interfaces.get(interface.name)
        circuit = router.circuits.get(interface.name) if before is not None else self._add(interface)
        router.set_interface(interface)
        if circuit is not None:
            circuit.interface = interface
            self._liveness.readdress(circuit)
        if not self._started or self._stopped:
            return
        if before is None or before.up != interface.up:
            self._routing.hasten()
            router.reconsider(urgent=not interface.up)
            if circuit is not None:
                event = InterfaceEvent.INTERFACE_UP if interface.up else InterfaceEvent.INTERFACE_DOWN
                self._hellos.event(circuit, event)
        self._settle()

    def route_changed(self, source: str, prefix: Prefix, route: OtherRoute | None, now: float) -> None:
        """The best route to a prefix beside OSPF's own is now this one, of that source; None: it has none any more."""
        self._router.now = now
        if route is not None and source in self._options.redistribute and prefix != DEFAULT:
            self._redistributed[prefix] = route
        elif self._redistributed.pop(prefix, None) is None:
            return
        if self._started and not self._stopped:
            self._router.reconsider(urgent=False)
            self._settle()

    def shutdown(self) -> None:
        """ "MaxAge LSUs first": so the others forget what this router said; then that it hears nobody any more."""
        if self._started and not self._stopped:
            self._own.flush_all()
            self._outbox.flush()
            for circuit in self._router.up:
                self._hellos.say_goodbye(circuit)
            self._liveness.shutdown()
        self._stopped = True

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        """Nothing follows of it."""

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        """Only the ports from which BFD's sessions speak may be others.

        Raises:
            OSError: it was none of them.

        """
        self._router.now = now
        if not self._liveness.port_failed(asked):
            raise OSError(f"{asked.port}: {why}")

    def show(self, table: str, now: float) -> Json:
        """One of the tables of the declaration."""
        self._router.now = now
        return show.TABLES[table](self._router, self._routing, self._not_taken())

    def explain(self, prefix: Prefix, now: float) -> Explanation | None:
        """Where the route to a prefix comes from; None where there is none."""
        self._router.now = now
        return explain(self._router, self._routing, prefix, self._epoch)

    def say_anew(self, arguments: Mapping[str, Json], now: float) -> Json:
        """Say one of its LSAs anew, though nothing has changed: the question `originate` (control/questions).

        Raises:
            ValueError: it does not run; or none of its LSAs is meant, or several are; the text says so.

        """
        kind, network, area = asked_lsa(arguments)
        if not self._started or self._stopped:
            raise ValueError("OSPF does not run here now")
        self._router.now = now
        said = self._own.say_anew(kind, network, area)
        self._settle()
        return said.to_json()

    # Inside

    def _add(self, interface: Interface) -> Circuit | None:
        self._router.set_interface(interface)
        on = self._options.at(interface.name)
        if on is None:
            return None
        circuit = self._router.add(interface, on)
        self._liveness.add(circuit)
        return circuit

    def _start(self) -> None:
        self._started = True
        for circuit in self._router.circuits.values():
            if circuit.interface.up:
                self._hellos.event(circuit, InterfaceEvent.INTERFACE_UP)

    def _next(self) -> float:
        """When the earliest timer but BFD's runs out; 0 before the start."""
        router = self._router
        if not self._started:
            return 0.0
        due = min(router.reconsider_at, self._routing.due, self._flooding.next_expiry, router.auth.next_change)
        timer = router.timers.next()
        return due if timer is None else min(due, timer)

    def _of_neighbour(self, function: Callable[[Neighbour], None], name: str, key: Address) -> None:
        neighbour = self._router.circuits[name].neighbours.get(key)
        if neighbour is not None:
            function(neighbour)

    def _settle(self) -> None:
        """What follows of what has happened: elections, LSAs, routes, and again, as one makes the other necessary."""
        router = self._router
        self._hellos.run()
        while router.met:
            self._liveness.follow(router.met.pop(0))
        if self._exchange.answered:
            self._exchange.proceed()
        if router.settling:
            self._flooding.remove_flushed(self._own)
        if router.is_time_to_reconsider():
            self._originate()
        if router.calculate:
            self._routing.schedule()
        if router.now >= self._routing.due:
            self._routing.run()
            self._originate_summaries()
        if router.settling or router.calculate or self._exchange.answered:
            self._settle()

    # What it says (12.4)

    def _originate(self) -> None:
        """What this router says of its links and of the routes of others. Then routes are calculated anew: whom it
        reaches as a neighbour may have changed where its LSAs have not."""
        router, externals = self._router, self._externals()
        self._own.want(router.everywhere, (LsaType.EXTERNAL,), externals, EXTERNAL)
        for area in router.areas.values():
            wanted = originate.links(router, area, boundary=bool(externals))
            self._own.want(area.scope, _LINKS, wanted, area.options)
        self._own.take_back()
        router.calculate = True

    def _originate_summaries(self) -> None:
        for area in self._router.areas.values():
            wanted = originate.summaries(self._router, area, self._routing.table)
            self._own.want(area.scope, _SUMMARIES, wanted, area.options)

    def _externals(self) -> originate.Wanted:
        """The routes of others, the interfaces that are `off`, and the default route, where the options say so."""
        router, chosen = self._router, self._options.redistribute
        spoken = {circuit.interface.prefix for circuit in router.circuits.values()}
        routes = {prefix: route for prefix, route in self._redistributed.items() if prefix not in spoken}
        if "connected" in chosen:
            for interface in router.interfaces.values():
                if interface.name not in router.circuits and interface.up:
                    routes[interface.prefix] = OtherRoute(())
        if "default" in chosen:
            routes[DEFAULT] = OtherRoute(())
        return originate.externals(router, routes)
