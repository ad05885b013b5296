"""The routes that this node wants in the kernel's table: of several sources, each with its own beside the others'.

A source (control/service) is a routing service, or the lab's static routes. The kernel keeps routes of different
metrics to one prefix side by side, and takes the one of the lowest; so each source's metric there is its distance, and
the kernel itself chooses: the best route carries, the others stand behind it, and one of them carries on the instant
that the best is taken away or loses its link, without anybody's doing. No two sources have the same distance: the
kernel replaces by prefix and metric, whatever the protocol. A last resort stands behind all of them (see wanted).

The kernel forgets every route over an interface that goes down, the default route too. What is wanted stays here, and
goes back once the interface is up again. Of several next hops those go in whose interface is up.

A program of others gets a table of the kernel's for itself (program_table), and what it puts there is wanted here, so
that it cannot overwrite anybody's.

A routing service's routes are its own business: what somebody else deletes or overwrites comes back (see reconciler),
and what the kernel refuses is tried again. The lab's static routes stay as the user leaves them.
"""

from __future__ import annotations

import errno
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.service import Source
from catenet.nodes.machine import NextHop
from catenet.nodes.runtime.netlink import routing
from catenet.nodes.runtime.reconciler import RouteReconciler
from catenet.nodes.runtime.table import RouteTable
from catenet.nodes.runtime.wanted import Key, OnBest, WantedRoute, WantedRoutes, rank

if TYPE_CHECKING:
    from catenet.nodes.control.answers import KernelRoute
    from catenet.nodes.control.origin import SourceRoute

__all__ = ["STATIC", "RestoredRoute", "Routes"]

STATIC = Source("static", routing.STATIC, 1)
"""The routes written in the lab file, the default route among them."""

_RETRY = 1.0  # seconds until what the kernel refused is tried again


class RestoredRoute(NamedTuple):
    """A route that was put back: what had become of it, and the seconds until it would be put back again."""

    source: Source
    prefix: Prefix
    next_hops: tuple[NextHop, ...]
    what: str
    pause: float


class Routes:
    """The kernel's table, or the node's own, as far as we write it. A refused change is counted, never raised."""

    def __init__(
        self,
        table: RouteTable,
        ifindex: Callable[[str], int],
        is_up: Callable[[str], bool],
        loop: AbstractEventLoop,
    ) -> None:
        """`ifindex` gives a LAN's interface (0: it has none now), `is_up` whether it carries."""
        self._table = table
        self.whose = table.whose
        """For people: whose table it is."""
        self._deleted, self._replaced = f"deleted from {table.whose}", f"replaced in {table.whose}"
        self._ifindex = ifindex
        self._is_up = is_up
        self._wanted = WantedRoutes()
        self._refused: dict[Key, str] = {}
        self._missing: dict[Key, str] = {}
        self._listeners: list[Callable[[routing.Route], None]] = []
        self._restored_listeners: list[Callable[[RestoredRoute], None]] = []
        self._reconciler = RouteReconciler[Key](loop, self._faults, self._put_back)

    def close(self) -> None:
        self._reconciler.close()

    # What the sources want.

    def set(
        self,
        source: Source,
        prefix: Prefix,
        next_hops: tuple[NextHop, ...],
        metric: int = 0,
        tag: int = 0,
        *,
        last_resort: bool = False,
    ) -> bool:
        """The source's route to the prefix is from now on this one. False where the kernel will not have it now
        (`refused` says why); it is tried again.

        Raises:
            ValueError: another source has the same distance.

        """
        key, before = (source, prefix), self._wanted.best(prefix)
        was, route = self._wanted.get(key), WantedRoute(next_hops, metric, tag, last_resort)
        self._wanted.set(source, prefix, route)
        moved = was is not None and was.last_resort != route.last_resort
        # Metric and tag are no business of the kernel's. Of a static route nobody looks whether it is there still.
        unchanged = was is not None and was.next_hops == route.next_hops and not moved and source != STATIC
        is_there = (unchanged and key not in self._refused and key not in self._missing) or self._install(key)
        if was is not None and moved:  # only now: one of the two carries all the while
            self._take_out(source, prefix, was)
        self._wanted.tell(prefix, before)
        return is_there

    def delete(self, source: Source, prefix: Prefix) -> None:
        """The source has no route to the prefix any more. Another source's carries on."""
        self._there((source, prefix))
        before = self._wanted.best(prefix)
        if (was := self._wanted.remove(source, prefix)) is not None:
            self._take_out(source, prefix, was)
            self._wanted.tell(prefix, before)

    def forget(self, source: Source) -> None:
        """Every route of the source goes, those too that an earlier life of this process left in the kernel.

        What cannot be taken out has gone by itself.
        """
        for each, prefix in self._wanted:
            if each == source:
                self.delete(source, prefix)
        for route in self.present():
            if route.protocol == source.number:
                with suppress(OSError):
                    self._table.delete_route(route)

    def on_best(self, function: OnBest) -> None:
        """Call a function with each prefix's best route, of all that are wanted here (`WantedRoutes.on_best`)."""
        self._wanted.on_best(function)

    def not_on_best(self, function: OnBest) -> None:
        self._wanted.not_on_best(function)

    def refused(self, source: Source) -> dict[Prefix, str]:
        """Which of its routes are not in the kernel's table, and why: in the kernel's words, or since somebody has
        taken them out again and again.
        """
        return {prefix: why for (each, prefix), why in (self._missing | self._refused).items() if each == source}

    def shadowed(self, source: Source) -> dict[Prefix, str]:
        """To which prefixes the kernel has a better route than the source's, and whose."""
        best: dict[Prefix, routing.Route] = {}
        for route in self.present():
            best.setdefault(route.prefix, route)
        return {
            prefix: self._in_words(route)
            for prefix, route in best.items()
            if (wanted := self._wanted.get((source, prefix))) and route.metric < rank(source, wanted)
        }

    def restore(self, lan: str) -> None:
        """The LAN's interface is up (again): its routes go back into the table."""
        for key in self._wanted:
            if any(hop.interface == lan for hop in self._wanted[key].next_hops):
                self._install(key)

    # What the kernel has.

    def changed(self, route: routing.Route, *, gone: bool) -> None:
        """The kernel says that a route came (or changed), or went, in whatever table."""
        if route.table == routing.TABLE_MAIN:
            self._main_changed(route, gone=gone)
        for function in tuple(self._listeners):
            function(route)

    def _main_changed(self, route: routing.Route, *, gone: bool) -> None:
        key = self._wanted.source_at(route.metric) or STATIC, route.prefix
        wanted = None if key[0] == STATIC else self._wanted.get(key)
        if wanted is None or rank(key[0], wanted) != route.metric:
            return
        if gone or not self._is_as_wanted(key, route):
            self._reconciler.check_soon()

    def listen(self, function: Callable[[routing.Route], None]) -> None:
        self._listeners.append(function)

    def unlisten(self, function: Callable[[routing.Route], None]) -> None:
        self._listeners.remove(function)

    def on_restored(self, function: Callable[[RestoredRoute], None]) -> None:
        """Call a function with each route that was put back after somebody else had deleted or replaced it."""
        self._restored_listeners.append(function)

    def not_on_restored(self, function: Callable[[RestoredRoute], None]) -> None:
        self._restored_listeners.remove(function)

    def check_soon(self) -> None:
        """Routes may have gone without a message: see whether those of routing services are there."""
        if any(source != STATIC for source, _ in self._wanted):
            self._reconciler.check_soon()

    def present(self) -> list[routing.Route]:
        """The kernel's table as it is; of several routes to a prefix, the one that the kernel takes is the first."""
        return sorted(self._table.routes(), key=lambda route: (route.prefix, route.metric))

    def leading_to(self, prefix: Prefix) -> list[routing.Route]:
        """Those of them that hold the whole prefix, the one that the kernel takes first."""
        held = [route for route in self.present() if route.prefix.covers(prefix)]
        return sorted(held, key=lambda route: -route.prefix.length)

    def table(
        self, routes: Iterable[routing.Route], name_of: Callable[[Address], str], lan_of: Callable[[int], str]
    ) -> list[KernelRoute]:
        """Routes of the kernel's table, for people and checks; of each next hop a row."""
        from catenet.nodes.control.answers import KernelRoute

        return [
            KernelRoute(
                str(route.prefix),
                None if hop.via is None else str(hop.via),
                None if hop.via is None else name_of(hop.via),
                lan_of(hop.ifindex),
                routing.PROTOCOLS.get(route.protocol, str(route.protocol)),
                route.metric,
                self._name_of(route),
            )
            for route in routes
            for hop in route.hops
        ]

    def sources(self, prefix: Prefix, name_of: Callable[[Address], str]) -> list[SourceRoute]:
        """What each source has for this very prefix, the nearest first."""
        from catenet.nodes.control.origin import OriginHop, SourceRoute

        best = next((route for route in self.present() if route.prefix == prefix), None)
        return [
            SourceRoute(
                source.name,
                source.distance,
                route.metric,
                tuple(OriginHop(str(via), name_of(via), lan) for via, lan in route.next_hops),
                selected := best is not None and (best.protocol, best.metric) == (source.number, rank(source, route)),
                None if selected else self._why_not((source, prefix), best),
                route.tag,
                route.last_resort,
            )
            for source, route in self._wanted.to(prefix)
        ]

    def _why_not(self, key: Key, best: routing.Route | None) -> str:
        """Why the kernel does not take a source's route, but that one."""
        if best is not None and best.metric < rank(key[0], self._wanted[key]):
            return f"shadowed by {self._in_words(best)}"
        return f"not there: {self._refused.get(key) or self._missing.get(key) or self._deleted}"

    def _in_words(self, route: routing.Route) -> str:
        return f"{self._name_of(route)}, metric {route.metric}"

    def _name_of(self, route: routing.Route) -> str:
        source = self._wanted.source_at(route.metric)
        if source is not None and source.number == route.protocol:
            return source.name
        return routing.PROTOCOLS.get(route.protocol, str(route.protocol))

    def _install(self, key: Key) -> bool:
        try:
            self._replace(self._route(key))
        except OSError as error:  # the interface is down, or gone: `restore` comes when it is back
            self._refused[key] = error.strerror or str(error)
            with suppress(OSError):
                self._take_out(*key, self._wanted[key])  # the kernel may still have the route that was wanted before
            if key[0] != STATIC:
                self._reconciler.check_soon(_RETRY)
            return False
        self._there(key)
        return True

    def _replace(self, route: routing.Route) -> None:
        """In one step. Where one of several next hops went down just now, by another of them alone.

        Raises:
            OSError: the kernel refuses each of them.

        """
        try:
            self._table.replace_route(route)
        except OSError:
            for hop in route.hops if len(route.hops) > 1 else ():
                with suppress(OSError):
                    self._table.replace_route(route._replace(hops=(hop,)))
                    return
            raise

    def _take_out(self, source: Source, prefix: Prefix, was: WantedRoute) -> None:
        self._table.delete_route(routing.Route(prefix, (), source.number, rank(source, was)))

    def _route(self, key: Key) -> routing.Route:
        """The route for the kernel: by the next hops that are up, since it refuses all for one that is down; where all
        are down, it is the kernel that says so.

        Raises:
            OSError: no interface of it exists now.

        """
        source, prefix = key
        wanted = self._wanted[key].next_hops
        there = [hop for hop in wanted if self._ifindex(hop.interface)]
        if not there:
            raise OSError(errno.ENODEV, f"{wanted[0].interface} has no interface now")
        up = [hop for hop in there if self._is_up(hop.interface)]
        metric = rank(source, self._wanted[key])
        return routing.Route(prefix, tuple(map(self._in_kernel, up or there)), source.number, metric)

    def _in_kernel(self, hop: NextHop) -> routing.KernelNextHop:
        return routing.KernelNextHop(hop.via, self._ifindex(hop.interface))

    def _there(self, key: Key) -> None:
        self._refused.pop(key, None)
        self._missing.pop(key, None)

    def _is_as_wanted(self, key: Key, found: routing.Route) -> bool:
        """Whether that is the source's route: by all of its next hops that are up, and by no other than its own.

        Of an interface that has just come up or gone down the kernel may know before us.
        """
        wanted = self._wanted[key].next_hops
        own = {self._in_kernel(hop) for hop in wanted}
        up = {self._in_kernel(hop) for hop in wanted if self._is_up(hop.interface)}
        return found.protocol == key[0].number and up <= set(found.hops) <= own

    def _faults(self) -> dict[Key, str]:
        """Which routes of routing services are not in the kernel's table as they should be, and what became of them.

        Of several with the same prefix and metric the kernel takes the first.
        """
        found: dict[Key, routing.Route] = {}
        for route in self._table.routes():
            source = self._wanted.source_at(route.metric)
            wanted = None if source is None else self._wanted.get((source, route.prefix))
            if source is not None and wanted is not None and rank(source, wanted) == route.metric:
                found.setdefault((source, route.prefix), route)
        self._missing = {
            key: self._refused.get(key) or (self._replaced if key in found else self._deleted)
            for key in self._wanted
            if key[0] != STATIC and not (key in found and self._is_as_wanted(key, found[key]))
        }
        return dict(self._missing)

    def _put_back(self, key: Key, what: str, pause: float) -> None:
        was_refused = key in self._refused
        if self._install(key) and not was_refused:
            for function in tuple(self._restored_listeners):
                function(RestoredRoute(*key, self._wanted[key].next_hops, what, pause))
