"""The routes of this node's other sources, as far as they are announced by RIP (RFC 2453 sections 3.7 and 4.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from catenet.nodes.address import ANY, DEFAULT, Prefix
from catenet.nodes.internet.rip.config import MAX_TAG, RipOptions
from catenet.nodes.internet.rip.table import Change, Table
from catenet.nodes.machine import NextHop, OtherRoute

__all__ = ["Redistribution"]


class Redistribution:
    """Which of them there are; each is announced by its first next hop whose interface is up."""

    def __init__(self, options: RipOptions, table: Table, counters: Counter[str]) -> None:
        self._options = options
        self._table = table
        self._counters = counters
        self._routes: dict[Prefix, OtherRoute] = {}

    def heard(self, source: str, prefix: Prefix, route: OtherRoute | None) -> bool:
        """Another source has this route, or none. Whether that is any news: the default route never is, as that is
        another word."""
        if route is not None and source in self._options.redistribute and prefix != DEFAULT:
            self._routes[prefix] = route
            return True
        return self._routes.pop(prefix, None) is not None

    def announce_default(self, now: float) -> list[Change]:
        """Where the options say so (3.7)."""
        if "default" not in self._options.redistribute:
            return []
        return [self._table.redistribute(DEFAULT, NextHop(ANY, ""), self._options.tag, now)]

    def announce_all(self, up: Collection[str], now: float) -> list[Change]:
        """Bring the table up to date. `up`: the interfaces that are."""
        return self.announce(self._routes, up, now)

    def announce(self, prefixes: Iterable[Prefix], up: Collection[str], now: float) -> list[Change]:
        """Likewise, for these prefixes alone."""
        changes: list[Change] = []
        for prefix in prefixes:
            route = self._routes.get(prefix)
            hop = None if route is None else next((hop for hop in route.next_hops if hop.interface in up), None)
            known = self._table.routes.get(prefix)
            usable = known is not None and known.usable
            if known is not None and usable and known.connected and not known.static:
                continue  # a network of our own needs nobody else's route
            if hop is None or route is None:
                if known is not None and known.of_another:
                    changes.append(self._table.withdraw(known, now))
                continue
            tag = self._tag(route)
            if known is None or not known.of_another or (known.next_hop, known.tag) != (hop, tag):
                changes.append(self._table.redistribute(prefix, hop, tag, now))
        return changes

    def _tag(self, route: OtherRoute) -> int:
        """The option; where it says nothing, the tag that the route has. One that does not fit into the 16 bits of
        section 4 is none: cut short, it would be another."""
        tag = self._options.tag or route.tag
        if tag > MAX_TAG:
            self._counters["left-out.tag"] += 1
            return 0
        return tag
