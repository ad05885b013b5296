"""The routes of the node's other sources, told to a routing program that redistributes them.

While such a route is the best it is in the program's table of the kernel's, as a static one, by its first next hop
whose interface is there; its metric is its tag.
"""

from __future__ import annotations

from collections.abc import Collection

from catenet.nodes.address import DEFAULT, Prefix
from catenet.nodes.machine import NextHop, OtherRoute
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.program_table import ProgramTable

__all__ = ["RouteTeller"]


class RouteTeller:
    """Until the service's end, whose table is then emptied."""

    def __init__(self, context: ServiceContext, table: ProgramTable, sources: Collection[str]) -> None:
        """`sources`: the services of whose routes the program is told."""
        self._context = context
        self._table = table
        self._sources = sources
        self._told: dict[Prefix, tuple[NextHop, int]] = {}
        self._best: dict[Prefix, OtherRoute] = {}
        if sources:
            context.on_route(self._changed)

    def interface_changed(self) -> None:
        """The kernel has taken the routes over it, or can have them again."""
        for prefix in self._best.keys() | self._told.keys():
            self._write(prefix)

    def _changed(self, source: str, prefix: Prefix, route: OtherRoute | None) -> None:
        if route is not None and source in self._sources and prefix != DEFAULT:
            self._best[prefix] = route
        else:
            self._best.pop(prefix, None)
        self._write(prefix)

    def _write(self, prefix: Prefix) -> None:
        route, before = self._best.get(prefix), self._told.pop(prefix, None)
        hop = None if route is None else next((each for each in route.next_hops if self._is_up(each)), None)
        if before is not None and (hop is None or route is None or before[1] != route.tag):
            self._table.take_back(prefix, before[1])
        if hop is not None and route is not None:
            self._table.write(prefix, hop, route.tag)
            self._told[prefix] = hop, route.tag

    def _is_up(self, hop: NextHop) -> bool:
        return any(each.up and each.name == hop.interface for each in self._context.interfaces())
