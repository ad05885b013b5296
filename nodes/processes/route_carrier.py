"""A routing program's table of the kernel's, carried over into the main one.

The program puts its routes into a table where it is alone, or its routes are marked (runtime/program_table). From there
they go into the main one at once, as the routes of our daemons do: at the service's distance, beside those of other
sources.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.config import StaticRoute
from catenet.nodes.implementations.daemon import LearnedRoute
from catenet.nodes.machine import DeleteRoute, NextHop, SetRoute
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.netlink.routing import Route
from catenet.nodes.runtime.program_table import ProgramTable

__all__ = ["RouteCarrier"]


class RouteCarrier:
    """Makes the main table have what the program has in its own, until the service's end."""

    def __init__(
        self,
        context: ServiceContext,
        table: ProgramTable,
        marks: Callable[[Route], tuple[int, int] | None],
        last_resort: Callable[[], Iterable[LearnedRoute]] = tuple,
    ) -> None:
        """`marks`: a route of the program's table → the protocol's own metric of it, and its tag; None: it is not to be
        carried. `last_resort`: the routes that are wanted though they are in no table, behind every other source's.
        """
        self._context = context
        self._table = table
        self._marks = marks
        self._last_resort = last_resort
        self._carried: dict[Prefix, SetRoute] = {}
        self._to_find: tuple[tuple[Prefix, NextHop], ...] = ()
        self._awaited = False
        self._loop = asyncio.get_running_loop()
        context.on_kernel_route(self._kernel_changed)

    def put(self, routes: Iterable[StaticRoute]) -> None:
        """Static routes that the program is to find in its table, from now on."""
        self._to_find = tuple((route.to, NextHop(route.via, self._context.lan_of(route.via))) for route in routes)
        self._write()

    def interface_changed(self) -> None:
        """Of the routes that went with an interface the kernel says nothing."""
        self._write()
        self.carry_soon()

    def carry_soon(self) -> None:
        """Once for all changes that come together, before anything else is read or asked."""
        if not self._awaited:
            self._awaited = True
            self._loop.call_soon(self._carry)

    def _write(self) -> None:
        """Those over an interface that went down have gone with it."""
        for prefix, next_hop in self._to_find:
            self._table.write(prefix, next_hop)

    def _kernel_changed(self, route: Route) -> None:
        if route.table == self._table.number:  # a route of another mark may have taken the place of one of ours
            self.carry_soon()

    def _carry(self) -> None:
        self._awaited = False
        try:
            found = self._table.routes()
        except OSError as error:  # the table changed all the while; so there will be another message
            self._context.report("service.said", str(error), {"stream": "table"})
            return
        wanted: dict[Prefix, SetRoute] = {}
        for route in found:
            marks = self._marks(route)
            if marks is not None and (hops := self._next_hops(hop.via for hop in route.hops)):
                wanted.setdefault(route.prefix, SetRoute(route.prefix, hops, *marks))
        for printed in self._last_resort():
            if hops := self._next_hops((printed.via, *printed.also)):
                action = SetRoute(printed.prefix, hops, printed.metric, printed.tag or 0, last_resort=True)
                wanted.setdefault(printed.prefix, action)
        for prefix in self._carried.keys() - wanted.keys():
            self._context.perform(DeleteRoute(prefix))
        for prefix, action in wanted.items():
            if action != self._carried.get(prefix):
                self._context.perform(action)
        self._carried = wanted

    def _next_hops(self, vias: Iterable[Address | None]) -> tuple[NextHop, ...]:
        """By LAN; those that lead nowhere in the lab are left out."""
        found = [NextHop(via, self._context.lan_of(via)) for via in vias if via is not None]
        return tuple(hop for hop in found if hop.interface)
