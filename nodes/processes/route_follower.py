"""What a routing program has learned: `show`, `route`, and the events by which people and checks follow it.

Where the program prints a table, that is read: whenever the kernel's routes or an interface have changed, and each
second, since a metric may change without the kernel's table. Where it prints none, its table of the kernel's is all,
and the metrics there are its own. Either way an event tells of each change, as our own router does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from catenet.nodes.address import Prefix
from catenet.nodes.control.route_events import RouteHop, route_changed, route_lost
from catenet.nodes.control.service import Routing
from catenet.nodes.implementations.daemon import LearnedRoute, RouteExchange
from catenet.nodes.machine import Json
from catenet.nodes.runtime.children import ProgramError
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.netlink.routing import Route
from catenet.nodes.runtime.program_table import ProgramTable

if TYPE_CHECKING:
    from catenet.nodes.control.answers import ProtocolRoute
    from catenet.nodes.control.origin import Explanation

__all__ = ["OddTableError", "RouteFollower"]

_PERIOD = 1.0  # seconds between two looks at a table that a program prints
_OFTEN = 0.1  # seconds between two looks while it does not answer yet
_ANSWER = 5.0  # seconds for a program to print it
_BESIDE = (
    "its routes are in the main table, where they may overwrite others': put them into its own, as "
    "`ip route replace PREFIX via NEXT-HOP dev DEVICE table {0} proto {1} metric METRIC`"
)


class OddTableError(ProgramError):
    """What a program printed is not a table as its adapter knows it."""


class RouteFollower:
    """What the program has learned, as seen last."""

    def __init__(self, context: ServiceContext, routing: Routing, exchange: RouteExchange, table: ProgramTable) -> None:
        self._context = context
        self._routing = routing
        self._printed = exchange.printed
        self._own_metrics = exchange.own_metrics
        self._last_resort = exchange.last_resort
        self._table = table
        self._known: dict[Prefix, LearnedRoute] = {}
        self._said_how = False
        self._changed = asyncio.Event()
        context.show(context.service, self._show)
        context.explain(self._explain)

    @property
    def is_printed(self) -> bool:
        """Whether it has a table that can be asked for."""
        return self._printed is not None

    def marks(self, route: Route) -> tuple[int, int] | None:
        """Metric and tag of a route in its table of the kernel's, as it prints it; where it prints nothing, as the
        kernel has it. None: it is the last resort, or may be.
        """
        if self._printed is None:
            return route.metric, 0
        known = self._known.get(route.prefix)
        if known is None:
            return None if self._last_resort else (0, 0)
        return None if known.tag in self._last_resort else (known.metric, known.tag or 0)

    def last_resort(self) -> list[LearnedRoute]:
        """What it prints that stands behind every other source's routes."""
        return [route for route in self._known.values() if route.tag in self._last_resort]

    async def first(self) -> None:
        """Until the program answers for the first time.

        Raises:
            OddTableError: its answer is no table; asking again would not make it one.

        """
        while True:
            try:
                await self._read()
            except OddTableError:
                raise
            except ProgramError:
                await asyncio.sleep(_OFTEN)
            else:
                return

    def interface_changed(self) -> None:
        """Of the routes that went with an interface the kernel says nothing."""
        self._changed.set()

    def _kernel_changed(self, route: Route) -> None:
        beside = route.protocol == self._routing.number and route.metric != self._routing.distance
        if route.table == self._table.number or beside:
            self._changed.set()

    async def follow(self, metrics_changed: Callable[[], None]) -> None:
        """From now on every change is told, until it is cancelled: at first, all that is there. `metrics_changed` is
        called where what the program prints has changed.
        """
        self._context.on_kernel_route(self._kernel_changed)
        while True:
            self._changed.clear()
            try:
                now = await self._read()
                if self._printed is not None and now != self._known:
                    metrics_changed()
                self._tell(now)
            except ProgramError as error:
                self._context.count("table_unread")
                self._context.report("service.said", str(error), {"stream": "table"})
            try:
                await asyncio.wait_for(self._changed.wait(), _PERIOD if self.is_printed else None)
            except TimeoutError:
                continue

    async def _read(self) -> dict[Prefix, LearnedRoute]:
        """A network of the node's own that is up needs no route, whatever the program knows of it."""
        if self._printed is not None:
            command, read = self._printed
            text = await self._context.children.output(command, _ANSWER)
            ours = {interface.prefix for interface in self._context.interfaces() if interface.up}
            try:
                return {route.prefix: route for route in read(text) if route.prefix not in ours}
            except ValueError as error:
                raise OddTableError(f"{command[0]} prints an odd table: {error}") from None
        found: dict[Prefix, LearnedRoute] = {}
        try:
            beside, own = self._context.beside(), self._table.routes()
        except OSError as error:
            raise ProgramError(str(error)) from None
        for route in (*own, *beside):
            vias = [hop.via for hop in route.hops if hop.via is not None]
            if vias:
                learned = LearnedRoute(route.prefix, vias[0], route.metric, also=tuple(vias[1:]))
                found.setdefault(route.prefix, learned)
        if beside and not self._said_how:
            self._said_how = True
            self._context.report(
                "service.said", _BESIDE.format(self._table.number, self._routing.number), {"stream": "table"}
            )
        return found

    def _tell(self, now: Mapping[Prefix, LearnedRoute]) -> None:
        """An event for each difference."""
        why = {"cause": str(self._context.implementation)}
        before, self._known = self._known, dict(now)
        for prefix in before.keys() - now.keys():
            self._context.perform(route_lost(prefix, why))
        for prefix, route in sorted(now.items()):
            was = before.get(prefix)
            if route != was:
                report = route_changed(
                    prefix,
                    self._hops(route),
                    cost=self._routing.cost(route.metric),
                    metric=route.metric,
                    was=None if was is None else self._routing.cost(was.metric),
                    before=() if was is None else self._hops(was),
                    why=why,
                )
                self._context.perform(report)

    def _hops(self, route: LearnedRoute) -> list[RouteHop]:
        context = self._context
        return [RouteHop(via, context.name_of(via), context.lan_of(via)) for via in (route.via, *route.also)]

    def _explain(self, prefix: Prefix) -> Explanation | None:
        """What is known of a route: where it goes. By which message it came, no program of others says."""
        from catenet.nodes.control.origin import Explanation

        row = next((row for row in self._rows() if row.prefix == str(prefix)), None)
        if row is None:
            return None
        return Explanation(
            row.prefix,
            row.state,
            row.metric,
            row.lan,
            node=row.node,
            via=row.via,
            tag=row.tag,
            implementation=str(self._context.implementation),
        )

    def _show(self) -> Json:
        return {
            "implementation": str(self._context.implementation),
            "table": [row.to_json() for row in self._rows()],
        }

    def _rows(self) -> list[ProtocolRoute]:
        """As our own router shows its table, as seen last."""
        from catenet.nodes.control.answers import ProtocolRoute

        rows: list[tuple[Prefix, ProtocolRoute]] = []
        for each in self._context.interfaces():
            if each.up:
                metric = self._own_metrics.get(each.name, self._routing.network_cost)
                cost = self._routing.cost(metric)
                row = ProtocolRoute(str(each.prefix), each.name, metric=metric, cost=cost, state="connected")
                rows.append((each.prefix, row))
        for route, via in ((each, via) for each in self._known.values() for via in (each.via, *each.also)):
            row = ProtocolRoute(
                str(route.prefix),
                self._context.lan_of(via),
                str(via),
                self._context.name_of(via),
                route.metric,
                self._routing.cost(route.metric),
                tag=route.tag,
                state="valid",
            )
            rows.append((route.prefix, row))
        return [row for _, row in sorted(rows, key=lambda each: each[0])]
