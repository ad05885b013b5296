"""A kernel's routing table in memory, and `Routes` on it, on a clock of the test's own. in_kernel.py is its twin on the
kernel itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from catenet.nodes.address import Address, Prefix
from catenet.nodes.runtime.netlink import routing
from catenet.nodes.runtime.netlink.routing import Route
from catenet.nodes.runtime.routes import RestoredRoute, Routes

FAR = Prefix.parse("10.1.3.0/24")
LINKS = {"link1": 1, "link3": 3}
METRIC = 120


class Clock(asyncio.SelectorEventLoop):
    """An event loop whose time passes when the test says so."""

    seconds = 0.0

    def time(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        """In small steps, so that each timer runs when it is due."""
        end = self.seconds + seconds
        while self.seconds < end:
            self.seconds = min(end, self.seconds + 0.25)
            self.settle()

    def settle(self) -> None:
        self.call_soon(self.stop)
        self.run_forever()


class Kernel:
    """A routing table that refuses what leads over an interface that is down, and tells of every change."""

    whose = "the kernel"

    def __init__(self) -> None:
        self.table: dict[tuple[Prefix, int], Route] = {}
        """The main one."""
        self.others: dict[int, dict[tuple[Prefix, int], Route]] = {}
        """By number."""
        self.down: set[int] = set()
        self.tell: Callable[..., None] = lambda route, gone: None
        self.dumps = self.replacements = 0

    def routes(self, table: int = routing.TABLE_MAIN) -> list[Route]:
        self.dumps += 1
        return list(self._table(table).values())

    def replace_route(self, route: Route) -> None:
        if any(hop.ifindex in self.down for hop in route.hops):
            raise OSError(100, "Network is down")
        self.replacements += 1
        self._table(route.table)[route.prefix, route.metric] = route
        self.tell(route, gone=False)

    def delete_route(self, route: Route) -> None:
        table = self._table(route.table)
        there = table.get((route.prefix, route.metric))
        if there is not None and there.protocol == route.protocol:
            del table[route.prefix, route.metric]
            self.tell(there, gone=True)

    def _table(self, number: int) -> dict[tuple[Prefix, int], Route]:
        return self.table if number == routing.TABLE_MAIN else self.others.setdefault(number, {})

    def cut(self, ifindex: int) -> None:
        """Routes go without a word; of several next hops the others stay."""
        self.down.add(ifindex)
        left = [each._replace(hops=tuple(h for h in each.hops if h.ifindex != ifindex)) for each in self.table.values()]
        self.table = {(route.prefix, route.metric): route for route in left if route.hops}

    def meddle(self, prefix: Prefix = FAR) -> None:
        """Somebody deletes it."""
        self.delete_route(self.table[prefix, METRIC])


class Node:
    """The kernel, our routes, and what was told of them."""

    def __init__(self) -> None:
        self.loop, self.kernel = Clock(), Kernel()
        self.routes = Routes(self.kernel, self.ifindex, self.is_up, self.loop)
        self.kernel.tell = lambda route, gone: self.routes.changed(route, gone=gone)
        self.told_down: set[int] = set()
        self.restored: list[tuple[float, RestoredRoute]] = []
        self.routes.on_restored(lambda restored: self.restored.append((self.loop.time(), restored)))

    @staticmethod
    def ifindex(lan: str) -> int:
        return LINKS.get(lan, 0)

    def is_up(self, lan: str) -> bool:
        return lan in LINKS and LINKS[lan] not in self.told_down

    def set_link(self, lan: str, *, up: bool) -> None:
        """As Lans does."""
        (self.kernel.down.discard if up else self.kernel.cut)(LINKS[lan])
        (self.told_down.discard if up else self.told_down.add)(LINKS[lan])
        if up:
            self.routes.restore(lan)

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *_: object) -> None:
        self.routes.close()
        self.loop.close()

    def via(self, prefix: Prefix = FAR) -> Address | None:
        route = self.kernel.table.get((prefix, METRIC))
        return None if route is None else route.hops[0].via
