"""Where each source wants a prefix to be sent, and which of them is believed. Pure: no kernel here.

A source is believed before those of a greater distance. A route that is its source's last resort stands behind all that
are none, whatever the distances say; of several such the distances decide again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from catenet.nodes.address import Prefix
from catenet.nodes.control.service import LAST_RESORT, Source
from catenet.nodes.units import NextHop, OtherRoute

__all__ = ["Key", "OnBest", "WantedRoute", "WantedRoutes", "of_others", "rank"]

Key = tuple[Source, Prefix]


class WantedRoute(NamedTuple):
    """Where a source sends a prefix. `metric` is the source's own, and not the kernel's; `tag`, `last_resort`: as in
    `SetRoute`."""

    next_hops: tuple[NextHop, ...]
    metric: int = 0
    tag: int = 0
    last_resort: bool = False


OnBest = Callable[[Source, Prefix, WantedRoute | None], None]


def rank(source: Source, route: WantedRoute) -> int:
    """The less, the sooner it is believed (`Source.rank`)."""
    return source.rank(last_resort=route.last_resort)


class WantedRoutes:
    """All that is wanted, and who listens to what is best."""

    def __init__(self) -> None:
        self._routes: dict[Key, WantedRoute] = {}
        self._sources: dict[int, Source] = {}  # by distance, the nearest first
        self._listeners: list[OnBest] = []

    def __iter__(self) -> Iterator[Key]:
        return iter(tuple(self._routes))

    def __contains__(self, key: object) -> bool:
        return key in self._routes

    def __getitem__(self, key: Key) -> WantedRoute:
        return self._routes[key]

    def get(self, key: Key) -> WantedRoute | None:
        return self._routes.get(key)

    def set(self, source: Source, prefix: Prefix, route: WantedRoute) -> None:
        """From now on it is this one; `tell` says so.

        Raises:
            ValueError: another source has the same distance.

        """
        known = self._sources.get(source.distance)
        if known is None:
            self._sources = dict(sorted({**self._sources, source.distance: source}.items()))
        elif known != source:
            raise ValueError(f"{source.name} and {known.name} have the same distance, {source.distance}")
        self._routes[source, prefix] = route

    def remove(self, source: Source, prefix: Prefix) -> WantedRoute | None:
        """What it was; None: there was none."""
        return self._routes.pop((source, prefix), None)

    def source_at(self, metric: int) -> Source | None:
        """Whose a route of that metric in the kernel is, if it is one's."""
        return self._sources.get(metric) or self._sources.get(metric - LAST_RESORT)

    def to(self, prefix: Prefix) -> list[tuple[Source, WantedRoute]]:
        """What there is to a prefix, the best first."""
        found = [(each, route) for each in self._sources.values() if (route := self._routes.get((each, prefix)))]
        return found if len(found) < 2 else sorted(found, key=lambda each: rank(*each))

    def best(self, prefix: Prefix) -> tuple[Source, WantedRoute] | None:
        return next(iter(self.to(prefix)), None)

    def on_best(self, function: OnBest) -> None:
        """Call a function with each prefix's best route: at first with those that there are, then whenever it is
        another one, and with None where the source that is named was the last one.
        """
        self._listeners.append(function)
        for prefix in dict.fromkeys(prefix for _, prefix in self):
            if (best := self.best(prefix)) is not None:
                function(best[0], prefix, best[1])

    def not_on_best(self, function: OnBest) -> None:
        self._listeners.remove(function)

    def tell(self, prefix: Prefix, before: tuple[Source, WantedRoute] | None) -> None:
        """Who listens hears of the best route, where it is another one than before."""
        after = self.best(prefix)
        for function in tuple(self._listeners) if after != before else ():
            if after is not None:
                function(after[0], prefix, after[1])
            elif before is not None:
                function(before[0], prefix, None)


def of_others(own: Source | None, function: Callable[[str, Prefix, OtherRoute | None], None]) -> OnBest:
    """What calls a function with the best route to each prefix while it is another source's than this one, and no last
    resort: the source's name and the route. None: that source's has gone, or is such a route no more.
    """
    told: dict[Prefix, str] = {}

    def on_best(source: Source, prefix: Prefix, route: WantedRoute | None) -> None:
        if route is not None and source != own and not route.last_resort:
            told[prefix] = source.name
            function(source.name, prefix, OtherRoute(route.next_hops, route.metric, route.tag))
        elif prefix in told:
            function(told.pop(prefix), prefix, None)

    return on_best
