"""The table of a routing service that is not ours: `show`, and the events by which people and checks follow it.

Where the program prints a table, that is read: whenever the kernel's routes or an interface have changed, and each
second, since a metric may change without the kernel's table. Where it prints none, its routes in the kernel's table
are its table, and their kernel metrics RIP's. Either way an event tells of each change, as our own router does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from catenet.nodes.address import Prefix
from catenet.nodes.implementations.adapter import Adapter, Learned, Task
from catenet.nodes.machine import Json
from catenet.nodes.runtime.children import ProgramError
from catenet.nodes.runtime.host import Host
from catenet.nodes.runtime.netlink.routing import Route

__all__ = ["ForeignTable", "OddTableError"]

_PERIOD = 1.0  # seconds between two looks at a table that a program prints
_OFTEN = 0.1  # seconds between two looks while it does not answer yet
_ANSWER = 5.0  # seconds for a program to print it
_NETWORK = 1  # what the network at the end adds to the lecture's cost, which counts links


class OddTableError(ProgramError):
    """What a program printed is not a table as its adapter knows it."""


class ForeignTable:
    """What the program has learned, as seen last."""

    def __init__(self, host: Host, theirs: Adapter, task: Task) -> None:
        self._host = host
        self._theirs = theirs
        self._task = task
        self._command = theirs.table_command(task)
        self._known: dict[Prefix, Learned] = {}
        self._dirty = asyncio.Event()
        if theirs.protocols:
            host.show(host.service, self._show)
            host.explain(self._explain)
            host.on_kernel_route(self._kernel_changed)

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

    def look(self) -> None:
        """Something may have changed."""
        self._dirty.set()

    def _kernel_changed(self, route: Route) -> None:
        if route.protocol in self._theirs.protocols:
            self._dirty.set()

    async def follow(self) -> None:
        """From now on every change is told, until it is cancelled: at first, all that is there."""
        while True:
            self._dirty.clear()
            try:
                self._tell(await self._read())
            except ProgramError as error:
                self._host.count("table_unread")
                self._host.report("service.said", str(error), {"stream": "table"})
            try:
                await asyncio.wait_for(self._dirty.wait(), _PERIOD if self._command else None)
            except TimeoutError:
                continue

    async def _read(self) -> dict[Prefix, Learned]:
        if self._command:
            text = await self._host.children.output(self._command, _ANSWER)
            try:
                return {route.prefix: route for route in self._theirs.table(text)}
            except ValueError as error:
                raise OddTableError(f"{self._command[0]} prints an odd table: {error}") from None
        found: dict[Prefix, Learned] = {}
        for route in self._host.kernel_routes(self._theirs.protocols):
            via = route.hops[0].via if route.hops else None
            if via is not None:
                found.setdefault(route.prefix, Learned(route.prefix, via, route.metric, route.metric - _NETWORK))
        return found

    def _tell(self, now: Mapping[Prefix, Learned]) -> None:
        """An event for each difference."""
        cause = self._host.implementation
        before, self._known = self._known, dict(now)
        for prefix in before.keys() - now.keys():
            self._host.report("route.lost", f"{prefix} unreachable ({cause})", {"prefix": str(prefix), "cause": cause})
        for prefix, route in sorted(now.items()):
            was = before.get(prefix)
            if route != was:
                self._tell_changed(route, None if was is None else was.cost, cause)

    def _tell_changed(self, route: Learned, was: int | None, cause: str) -> None:
        node, lan = self._host.name_of(route.via), self._lan(route)
        text = f"{route.prefix} via {node} on {lan}, cost {route.cost}{'' if was is None else f', was {was}'} ({cause})"
        data: dict[str, Json] = {
            "prefix": str(route.prefix),
            "via": str(route.via),
            "node": node,
            "lan": lan,
            "cost": route.cost,
            "metric": route.metric,
            "was": was,
            "cause": cause,
        }
        self._host.report("route.changed", text, data)

    def _lan(self, route: Learned) -> str:
        return next((each.name for each in self._host.interfaces() if each.prefix.holds(route.via)), "")

    def _explain(self, prefix: Prefix) -> Mapping[str, Json] | None:
        """What is known of a route: where it goes. By which message it came, no program of others says."""
        table = self._rows()
        found = next((row for row in table if row["prefix"] == str(prefix)), None)
        return None if found is None else {"implementation": self._host.implementation, **found}

    def _show(self) -> Json:
        return {"implementation": self._host.implementation, "table": list[Json](self._rows())}

    def _rows(self) -> list[dict[str, Json]]:
        """As our own router shows its table, as seen last."""
        connected: list[dict[str, Json]] = [
            {
                **dict.fromkeys(("via", "node", "age", "tag")),
                "prefix": str(each.prefix),
                "lan": each.name,
                "metric": (metric := self._task.options.cost.get(each.name, _NETWORK)),
                "cost": metric - _NETWORK,
                "state": "connected",
            }
            for each in self._host.interfaces()
            if each.up
        ]
        learned: list[dict[str, Json]] = [
            {
                "prefix": str(route.prefix),
                "lan": self._lan(route),
                "via": str(route.via),
                "node": self._host.name_of(route.via),
                "metric": route.metric,
                "cost": route.cost,
                "age": None,
                "tag": route.tag,
                "state": "valid",
            }
            for _, route in sorted(self._known.items())
        ]
        return sorted([*connected, *learned], key=lambda row: Prefix.parse(str(row["prefix"])))
