"""What a service has of its node: a `ServiceContext` for each run; all that it opened closes with it."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.config import ConfigError, NodeConfig
from catenet.nodes.control.events import KINDS
from catenet.nodes.control.implementation import OURS, Implementation
from catenet.nodes.control.service import Service, Source
from catenet.nodes.machine import (
    Action,
    DeleteRoute,
    Interface,
    Json,
    Machine,
    NextHop,
    OtherRoute,
    Report,
    SetRoute,
    Wants,
)
from catenet.nodes.runtime.children import Children
from catenet.nodes.runtime.lans import Lans
from catenet.nodes.runtime.log import EventLog
from catenet.nodes.runtime.machine_run import MachineRun
from catenet.nodes.runtime.netlink.routing import Route
from catenet.nodes.runtime.network import KernelNetwork, Network
from catenet.nodes.runtime.routes import RestoredRoute
from catenet.nodes.runtime.shared_runs import SharedRuns
from catenet.nodes.runtime.wanted import OnBest, of_others

if TYPE_CHECKING:
    from catenet.nodes.control.origin import Explanation
    from catenet.nodes.runtime.addressing import OwnAddressing
    from catenet.nodes.runtime.port import Interfaces
    from catenet.nodes.runtime.program_table import ProgramTable
    from catenet.nodes.runtime.work import Job

__all__ = ["ServiceContext", "Shared", "UndeclaredError"]

_DATA = Path("/lab")


class UndeclaredError(RuntimeError):
    """A service does what its declaration does not say: a fault of its author's."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all services of a node share. `below`: those on whose networks all others are, whatever they say."""

    config: NodeConfig
    loop: asyncio.AbstractEventLoop
    lans: Lans
    log: EventLog
    random: Random
    children: Children
    runs: SharedRuns = field(default_factory=SharedRuns)
    networks: dict[str, Network] = field(default_factory=dict)  # that services offer to those that stand on them
    below: tuple[str, ...] = ()

    def network(self, stands_on: Iterable[str] = ()) -> Network:
        """What the ports of those are of that stand on these services, and on `below`.

        Raises:
            OSError: one of `below` offers none now.

        """
        offered = next((each for name in stands_on if (each := self.networks.get(name)) is not None), None)
        if offered is not None or not self.below:
            return offered or KernelNetwork(self.loop)
        if self.below[-1] not in self.networks:
            raise OSError(errno.ENETDOWN, f"{self.below[-1]} does not serve now")
        return self.networks[self.below[-1]]


class ServiceContext:
    """What a service has of its node."""

    def __init__(
        self,
        shared: Shared,
        service: str,
        counters: dict[str, int],
        on_ready: Callable[[float | None], None],
        fail: Callable[[Exception], None],
        *,
        declaration: Service,
        implementation: Implementation = OURS,
    ) -> None:
        """`on_ready` gets the seconds after which the service only counts as ready. `fail` is told of an exception in
        a callback of the service; the service ends by it. Where it finds routes, those that an earlier run has left in
        the kernel's table go.
        """
        self.node = shared.config.node
        self.config = shared.config
        self.told: Mapping[str, Json] = shared.config.told.get(service, {})  # of the lab's nodes
        self.data = _DATA  # the lab's folder inside the container, read-only
        self.random = shared.random
        self.service = service
        self.source = source = declaration.source
        self.implementation = implementation
        self.children = shared.children
        self.shared_runs = shared.runs
        self.shows: dict[str, Callable[[], Json]] = {}
        self.explains: list[Callable[[Prefix], Explanation | None]] = []
        self.answers: dict[str, Callable[[Mapping[str, Json]], Awaitable[Json]]] = {}
        self.flushes: list[Callable[[], None]] = []
        self.fail = fail
        self.wants: Wants = shared.log.wants
        self.on_ready = on_ready
        self._shared = shared
        self.declaration = declaration
        self._kinds = {*KINDS, *declaration.events}
        self._counters = counters
        self._stops: list[Callable[[], None]] = []
        self._listeners: list[Callable[[Interface], None]] = []
        self._route_listeners: list[Callable[[Route], None]] = []
        self._best_listeners: list[OnBest] = []
        self._runs: list[MachineRun] = []
        self._program_tables: list[ProgramTable] = []
        self._routes = shared.lans.routes
        if source is not None:
            self._routes.forget(source)
        self._routes.on_restored(self._restored)

    def ready(self) -> None:
        """The service serves."""
        self.on_ready(None)

    def presume_ready(self, seconds: float) -> None:
        """A program of others should serve by now; in so many seconds it has not said so."""
        self.on_ready(seconds)

    # Time, words, names.

    def now(self) -> float:
        """Seconds on the machines' clock, which never goes back."""
        return self._shared.loop.time()

    def wall_clock(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def report(self, kind: str, text: str, data: Mapping[str, Json]) -> None:
        """Put an event into the log; `kind` is one of control/events, of the service's declaration, or of a program.

        Raises:
            UndeclaredError: it is none of these.

        """
        if kind not in self._kinds and self.implementation == OURS:
            raise self._undeclared(f"tells of {kind}", "events")
        self._shared.log.write(self.service, kind, text, data)

    def count(self, counter: str, by: int = 1) -> None:
        """Add to a counter of this service; `status` shows it, and it outlives a restart of the service."""
        self._counters[counter] = self._counters.get(counter, 0) + by

    def name_of(self, address: Address) -> str:
        """The node's name where it is known, else the address."""
        return self.config.names.get(address) or str(address)

    # What the service offers.

    def show(self, what: str, function: Callable[[], Json]) -> None:
        """Answer the question `show` with this word.

        Raises:
            UndeclaredError: its declaration has no such table.

        """
        if all(table.name != what for table in self.declaration.tables):
            raise self._undeclared(f"shows {what}", "tables")
        self.shows[what] = function

    def explain(self, function: Callable[[Prefix], Explanation | None]) -> None:
        """Answer the question `route`: where this service's route to a prefix comes from; None where it has none."""
        self.explains.append(function)

    def answer(self, ask: str, function: Callable[[Mapping[str, Json]], Awaitable[Json]]) -> None:
        """Answer a question of its own; ValueError is the asker's mistake, and its text the answer."""
        self.answers[ask] = function

    def on_flush(self, function: Callable[[], None]) -> None:
        """Call it when every cache is to be emptied.

        Raises:
            UndeclaredError: by its declaration it has none.

        """
        if not self.declaration.caches:
            raise self._undeclared("has a cache", "caches")
        self.flushes.append(function)

    def on_stop(self, function: Callable[[], None]) -> None:
        """Call it at SIGTERM or at the service's end, while everything is still open."""
        self._stops.append(function)

    # Interfaces, machines, ports.

    @property
    def lans(self) -> Interfaces:
        """Which interface belongs to which LAN."""
        return self._shared.lans

    @property
    def own(self) -> OwnAddressing:
        """What the node keeps for its own stack.

        Raises:
            ConfigError: its packets are the kernel's.

        """
        own = self._shared.lans.own
        if own is None:
            raise ConfigError(f"the node's stack is the kernel's: {self.service} has nothing to carry")
        return own

    def interfaces(self) -> tuple[Interface, ...]:
        """Every LAN of the node, in the configuration's order."""
        return self._shared.lans.interfaces()

    def lan_of(self, address: Address) -> str:
        """The LAN of this node's to which the address belongs; empty where it is none of them."""
        return next((each.name for each in self.interfaces() if each.prefix.holds(address)), "")

    def on_interface(self, function: Callable[[Interface], None]) -> None:
        """Call it at each change of an interface, with the new state."""

        def guarded(interface: Interface) -> None:
            try:
                function(interface)
            except Exception as error:
                self.fail(error)

        self._listeners.append(guarded)
        self._shared.lans.listen(guarded)

    def device(self, lan: str) -> str:
        """The kernel's name of a LAN's interface; empty where it has none now."""
        return self._shared.lans.device(lan)

    # The kernel's routes: those of a machine, and those of a program.

    def refused_routes(self) -> Mapping[Prefix, str]:
        """Which routes of this service are not in the kernel's table now, and why."""
        return {} if self.source is None else self._routes.refused(self.source)

    def not_taken(self) -> Mapping[Prefix, str]:
        """Which routes of this service the kernel has not, or does not take, and why."""
        if self.source is None:
            return {}
        shadowed, refused = self._routes.shadowed(self.source), self._routes.refused(self.source)
        said = {prefix: f"shadowed by {what}" for prefix, what in shadowed.items()}
        return said | {prefix: f"not there: {why}" for prefix, why in refused.items()}

    def _restored(self, restored: RestoredRoute) -> None:
        prefix, what = restored.prefix, restored.what
        if restored.source != self.source:
            return
        self.count("routes_put_back")
        then = f"; not again within {restored.pause:g} s" if restored.pause > 1 else ""
        text = f"{self._text(prefix, restored.next_hops)} put back{then} ({what})"
        self.report("route.restored", text, {**self._data(prefix, restored.next_hops), "cause": what})

    def _text(self, prefix: Prefix, next_hops: tuple[NextHop, ...]) -> str:
        return f"{prefix} via {', '.join(f'{self.name_of(via)} on {lan}' for via, lan in next_hops)}"

    def _data(self, prefix: Prefix, next_hops: tuple[NextHop, ...]) -> dict[str, Json]:
        hops: list[Json] = [{"via": str(via), "node": self.name_of(via), "lan": lan} for via, lan in next_hops]
        first = hops[0]
        assert isinstance(first, dict)
        return {"prefix": str(prefix), **first, **({"next_hops": hops} if len(hops) > 1 else {})}

    def on_route(self, function: Callable[[str, Prefix, OtherRoute | None], None]) -> None:
        """Call it with the best route of other sources to each prefix, now and whenever it is another one: the source's
        name and the route. None: this service's own is the best now, or a last resort, or there is none any more.
        """
        listener = of_others(self.source, function)
        self._best_listeners.append(listener)
        self._routes.on_best(listener)

    def program_table(self, number: int) -> ProgramTable:
        """A table of the kernel's for programs' routes; at the service's end those of this service leave it."""
        table = self._shared.lans.program_table(self._routing_source(), number)
        self._program_tables.append(table)
        return table

    def beside(self) -> list[Route]:
        """The routes in the main table that have this service's number, and that the node has not put there."""
        source = self._routing_source()
        found = [each for each in self._routes.present() if each.protocol == source.number]
        return [each for each in found if each.metric != source.distance]

    def on_kernel_route(self, function: Callable[[Route], None]) -> None:
        """Call it with each route that has come or gone, of whatever protocol, in whatever table."""
        self._route_listeners.append(function)
        self._routes.listen(function)

    def run(self, machine: Machine[Any], jobs: Mapping[str, Job] | None = None) -> MachineRun:
        """What runs a machine (see `run_machine`), until the service ends."""
        run = MachineRun(
            machine,
            network=self._shared.network(self.declaration.stands_on),
            lans=self._shared.lans,
            loop=self._shared.loop,
            perform=self.perform,
            count=self.count,
            fail=self.fail,
            service=self.service,
            told=self.told,
            jobs=jobs,
        )
        self._runs.append(run)
        return run

    def offer(self, network: Network) -> None:
        """From now on until this service ends: what the ports and connections of those are of that stand on it."""
        self._shared.networks[self.service] = network

    def perform(self, action: Action) -> None:
        """Do what a machine wants, other than sending. A route that the kernel refuses is counted and told.

        Raises:
            UndeclaredError: a route of a service that finds none, by its declaration.

        """
        if isinstance(action, Report):
            self.report(action.kind, action.text, action.data)
        elif isinstance(action, SetRoute):
            self._set_route(self._routing_source(), action)
        elif isinstance(action, DeleteRoute):
            self._routes.delete(self._routing_source(), action.prefix)

    def _routing_source(self) -> Source:
        if self.source is None:
            raise self._undeclared("has routes", "routing")
        return self.source

    def _undeclared(self, what: str, field: str) -> UndeclaredError:
        return UndeclaredError(
            f"{self.service} {what}, which `{field}` of its declaration has not (service.py of its room)"
        )

    def _set_route(self, source: Source, wanted: SetRoute) -> None:
        prefix, next_hops, metric, tag, last_resort = wanted
        if self._routes.set(source, prefix, next_hops, metric, tag, last_resort=last_resort):
            return
        self.count("route_failures")
        why = self._routes.refused(source)[prefix]
        text = f"{self._text(prefix, next_hops)} not in {self._routes.whose}'s table ({why})"
        self.report("route.refused", text, {**self._data(prefix, next_hops), "cause": why})

    def close(self) -> None:
        """The service has ended: call what it wanted called, then close all that it opened and delete its routes."""
        for stop in self._stops:
            try:
                stop()
            except Exception as error:
                self.report("service.failed", f"while stopping: {error!r}", {"error": repr(error), "retry": 0})
        for on_interface in self._listeners:
            self._shared.lans.unlisten(on_interface)
        for function in self._route_listeners:
            self._routes.unlisten(function)
        for listener in self._best_listeners:
            self._routes.not_on_best(listener)
        self._routes.not_on_restored(self._restored)
        for run in self._runs:
            run.close()
        self._shared.networks.pop(self.service, None)
        for table in self._program_tables:
            table.clear()
        if self.source is not None:
            with suppress(OSError):  # the table changed all the while: the next run forgets them
                self._routes.forget(self.source)
