"""`Routing`: when the routing table is calculated, and what the kernel gets of it (RFC 2328 section 16)."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from catenet.nodes.address import Prefix
from catenet.nodes.internet.ospf.history import RouteHistory
from catenet.nodes.internet.ospf.neighbour_states import NeighbourState
from catenet.nodes.internet.ospf.router import Router
from catenet.nodes.internet.ospf.routes import calculate
from catenet.nodes.internet.ospf.spf import Link
from catenet.nodes.internet.ospf.table import Kind, Route, Table
from catenet.nodes.machine import DeleteRoute, SetRoute

__all__ = ["Routing", "metric_of"]

_COLLECT, _HOLD, _LONGEST_HOLD = 0.01, 0.05, 5.0
"""Seconds: for which changes are collected, as one seldom comes alone; and between two calculations, which doubles each
time that one follows another."""


class Routing:
    """The routing table, and what the kernel has of it."""

    def __init__(self, router: Router, *, remember: bool = False) -> None:
        """`remember`: not only the last that became of each route."""
        self._router = router
        self.history = RouteHistory(remember=remember)
        self.table = Table(border=False)
        self.installed: dict[Prefix, SetRoute] = {}
        self.calculations = 0
        self.due = inf
        self._last = -inf
        self._hold = _HOLD

    def schedule(self) -> None:
        """Something has changed that it is calculated from."""
        now = self._router.now
        self._router.calculate = False
        self.due = min(self.due, max(now + _COLLECT, self._last + self._hold))

    def hasten(self) -> None:
        """A carrier has gone: the kernel has lost routes, and others' may lead there. Calculate at once."""
        self.due = self._router.now

    def run(self) -> None:
        """Calculate it, and bring the kernel's routes up to date."""
        router = self._router
        self._hold = min(self._hold * 2, _LONGEST_HOLD) if router.now < self._last + 2 * self._hold else _HOLD
        self.due, self._last = inf, router.now
        self.calculations += 1
        areas = {area.id: area.calculation for area in router.attached}
        self.table = calculate(
            router.me, areas, router.everywhere.lsdb, list(self._links()), router.now, ecmp=router.options.ecmp
        )
        self._install()
        router.reporter.cause = None

    def _links(self) -> Iterator[Link]:
        for circuit in self._router.up:
            full = {each.router: each.address for each in circuit.in_state(NeighbourState.FULL)}
            interface = circuit.interface
            yield Link(circuit.name, circuit.address, interface.prefix, circuit.area.id, circuit.cost, full)

    def _install(self) -> None:
        """A network of our own that is up needs no route, whatever others say of it."""
        router, before = self._router, self.installed
        own = {interface.prefix for interface in router.interfaces.values() if interface.up}
        self.installed = {
            prefix: SetRoute(prefix, route.hops, metric_of(route), route.tag, route.tag in router.options.last_resort)
            for prefix, route in self.table.routes.items()
            if route.hops and prefix not in own
        }
        for prefix in before.keys() - self.installed.keys():
            router.actions.append(DeleteRoute(prefix))
            self.history.changed(prefix, None, router.reporter.why, router.now)
            router.reporter.route_lost(prefix, router.now)
        for prefix, wanted in self.installed.items():
            was = before.get(prefix)
            if wanted != was:
                router.actions.append(wanted)
                self.history.changed(prefix, wanted, router.reporter.why, router.now)
                router.reporter.route_changed(wanted, was, router.now)


def metric_of(route: Route) -> int:
    """What people and checks compare: of a type 2 external the cost beyond the AS, else the whole."""
    return route.cost_2 if route.kind == Kind.TYPE_2 else route.cost
