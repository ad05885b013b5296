"""The table of a node whose machines are sources of routes, each with its number and distance, as on a real node.

What is best, and who is told of it, is decided by the node's own code (nodes/runtime/wanted); here stands for the
kernel: it takes the best route that has a next hop whose interface is up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from catenet.nodes.address import Prefix
from catenet.nodes.control.service import Source
from catenet.nodes.machine import NextHop, OtherRoute, RouteAware, SetRoute
from catenet.nodes.runtime.wanted import OnBest, WantedRoute, WantedRoutes, of_others

if TYPE_CHECKING:
    from node import Process

__all__ = ["SharedTable"]

Tell = Callable[["Process", Callable[[RouteAware], None]], None]


class SharedTable:
    """`is_up` says whether an interface is; `tell` calls a process's machine, and has done what it then wants."""

    def __init__(
        self,
        sources: Mapping[int, Source],
        kernel: dict[Prefix, tuple[NextHop, ...]],
        is_up: Callable[[str], bool],
        now: Callable[[], float],
        tell: Tell,
    ) -> None:
        """`sources`: the number of a machine on its node → its source."""
        self.wanted = WantedRoutes()
        self._sources = sources
        self._kernel = kernel
        self._is_up = is_up
        self._now = now
        self._tell = tell
        self._listeners: dict[Process, OnBest] = {}

    def begin(self, process: Process) -> None:
        """A machine has started: it hears of the others' routes from now on."""
        machine = process.machine
        if not isinstance(machine, RouteAware):
            return

        def changed(source: str, prefix: Prefix, route: OtherRoute | None) -> None:
            self._tell(process, lambda machine: machine.route_changed(source, prefix, route, self._now()))

        self._listeners[process] = of_others(self._source(process), changed)
        self.wanted.on_best(self._listeners[process])

    def end(self, process: Process) -> None:
        """It hears of no more."""
        listener = self._listeners.pop(process, None)
        if listener is not None:
            self.wanted.not_on_best(listener)

    def set(self, process: Process, action: SetRoute) -> None:
        prefix, *rest = action
        before = self.wanted.best(prefix)
        self.wanted.set(self._source(process), prefix, WantedRoute(*rest))
        self._changed(prefix, before)

    def delete(self, process: Process, prefix: Prefix) -> None:
        before = self.wanted.best(prefix)
        self.wanted.remove(self._source(process), prefix)
        self._changed(prefix, before)

    def refresh(self) -> None:
        """An interface went up or down: the kernel's routes go and come with it."""
        for prefix in {prefix for _, prefix in self.wanted}:
            self._choose(prefix)

    def _changed(self, prefix: Prefix, before: tuple[Source, WantedRoute] | None) -> None:
        self._choose(prefix)
        self.wanted.tell(prefix, before)

    def _choose(self, prefix: Prefix) -> None:
        for _, route in self.wanted.to(prefix):
            up = tuple(hop for hop in route.next_hops if self._is_up(hop.interface))
            if up:
                self._kernel[prefix] = up
                return
        self._kernel.pop(prefix, None)

    def _source(self, process: Process) -> Source:
        return self._sources[process.node.processes.index(process)]
