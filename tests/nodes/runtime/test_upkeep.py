"""Routes that somebody takes away: put back at once, and then with growing patience. On a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from catenet.nodes.address import Address, Prefix
from catenet.nodes.runtime.netlink.routing import NextHop, Route
from catenet.nodes.runtime.routes import ROUTED, Mended, Routes

FAR, FARTHER = Prefix.parse("10.1.3.0/24"), Prefix.parse("10.1.4.0/24")
B, D = Address.parse("10.0.1.2"), Address.parse("10.0.3.4")
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

    def __init__(self) -> None:
        self.table: dict[tuple[Prefix, int], Route] = {}
        self.down: set[int] = set()
        self.tell: Callable[..., None] = lambda route, gone: None
        self.dumps = 0

    def routes(self) -> list[Route]:
        self.dumps += 1
        return list(self.table.values())

    def replace_route(self, route: Route) -> None:
        if route.hops[0].ifindex in self.down:
            raise OSError(100, "Network is down")
        self.table[route.prefix, route.metric] = route
        self.tell(route, gone=False)

    def delete_route(self, route: Route) -> None:
        gone = self.table.pop((route.prefix, route.metric), None)
        if gone is not None:
            self.tell(gone, gone=True)

    def meddle(self, prefix: Prefix = FAR) -> None:
        """Somebody deletes it."""
        self.delete_route(self.table[prefix, METRIC])


class Node:
    """The kernel, our routes, and what was told of them."""

    def __init__(self) -> None:
        self.loop, self.kernel = Clock(), Kernel()
        self.routes = Routes(self.kernel, lambda lan: LINKS.get(lan, 0), lambda _: True, self.loop)  # type: ignore[arg-type]
        self.kernel.tell = lambda route, gone: self.routes.changed(route, gone=gone)
        self.mended: list[tuple[float, Mended]] = []
        self.routes.on_mended(lambda mended: self.mended.append((self.loop.time(), mended)))

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *_: object) -> None:
        self.routes.close()
        self.loop.close()

    def via(self, prefix: Prefix = FAR) -> Address | None:
        route = self.kernel.table.get((prefix, METRIC))
        return None if route is None else route.hops[0].via


def test_a_route_that_somebody_deletes_comes_back_at_once() -> None:
    with Node() as node:
        node.routes.set(ROUTED, FAR, B, "link1")
        node.kernel.meddle()
        node.loop.settle()
        assert node.via() == B
        assert [(m.prefix, m.what) for _, m in node.mended] == [(FAR, "deleted from the kernel")]
        assert node.routes.refused() == {}


def test_a_route_that_somebody_replaces_comes_back_at_once() -> None:
    with Node() as node:
        node.routes.set(ROUTED, FAR, B, "link1")
        node.kernel.replace_route(Route(FAR, (NextHop(D, 3),), 3, METRIC))
        node.loop.settle()
        assert node.kernel.table[FAR, METRIC] == Route(FAR, (NextHop(B, 1),), ROUTED, METRIC)
        assert [m.what for _, m in node.mended] == ["replaced in the kernel"]


def test_what_we_change_ourselves_is_no_meddling() -> None:
    with Node() as node:
        for via, lan in ((B, "link1"), (D, "link3"), (B, "link1")):
            node.routes.set(ROUTED, FAR, via, lan)
        node.routes.set(ROUTED, FARTHER, D, "link3")
        node.routes.delete(ROUTED, FARTHER)
        node.loop.settle()
        assert (node.via(), node.via(FARTHER), node.mended) == (B, None, [])
        assert node.kernel.dumps <= 1


def test_a_whole_table_deleted_costs_one_look() -> None:
    with Node() as node:
        prefixes = [Prefix(Address(0x0A010000 + (number << 8)), 24) for number in range(200)]
        for prefix in prefixes:
            node.routes.set(ROUTED, prefix, B, "link1")
        for prefix in prefixes:
            node.kernel.meddle(prefix)
        node.loop.settle()
        assert all(node.via(prefix) == B for prefix in prefixes)
        assert node.kernel.dumps == 1


def test_there_is_no_endless_fight_and_the_route_says_what_is_wrong_meanwhile() -> None:
    with Node() as node:
        node.routes.set(ROUTED, FAR, B, "link1")

        def delete_it(route: Route, *, gone: bool) -> None:
            node.routes.changed(route, gone=gone)
            if not gone:
                node.kernel.meddle()

        node.kernel.tell = delete_it
        node.kernel.meddle()
        node.loop.pass_by(100)
        times = [at for at, _ in node.mended]
        assert times == [0.25, 1.25, 3.25, 7.25, 15.25, 31.25, 63.25]
        assert [mended.pause for _, mended in node.mended] == [1, 2, 4, 8, 16, 32, 60]
        assert node.routes.refused() == {FAR: "deleted from the kernel"}
        node.kernel.tell = lambda route, gone: node.routes.changed(route, gone=gone)
        node.loop.pass_by(60)
        assert (node.via(), node.routes.refused()) == (B, {})


def test_after_some_peace_a_route_comes_back_at_once_again() -> None:
    with Node() as node:
        node.routes.set(ROUTED, FAR, B, "link1")
        for _ in range(3):
            node.kernel.meddle()
            node.loop.settle()
            assert node.via() == B
            node.loop.pass_by(40)
        assert [mended.pause for _, mended in node.mended] == [1, 1, 1]


def test_what_the_kernel_refuses_is_said_in_its_words_and_tried_again() -> None:
    with Node() as node:
        node.kernel.down.add(1)
        assert not node.routes.set(ROUTED, FAR, B, "link1")
        assert not node.routes.set(ROUTED, FARTHER, D, "link9")
        assert node.routes.refused() == {FAR: "Network is down", FARTHER: "link9 has no interface now"}
        node.loop.pass_by(2)
        node.kernel.down.clear()
        node.loop.pass_by(4)
        assert (node.via(), node.mended) == (B, [])
        node.routes.delete(ROUTED, FARTHER)
        assert node.routes.refused() == {}


def test_an_interface_that_goes_down_takes_its_routes_silently_and_nobody_fights() -> None:
    with Node() as node:
        node.routes.set(ROUTED, FAR, B, "link1")
        node.kernel.down.add(1)
        node.kernel.table.clear()
        node.routes.delete(ROUTED, FAR)  # the protocol hears of it
        node.routes.look()
        node.loop.pass_by(5)
        assert (node.via(), node.mended, node.routes.refused()) == (None, [], {})
        node.kernel.down.clear()
        node.routes.set(ROUTED, FAR, B, "link1")
        assert node.via() == B


def test_routes_of_others_and_of_the_lab_file_are_left_alone() -> None:
    with Node() as node:
        node.routes.set(ROUTED, FAR, B, "link1")
        node.routes.set(4, FARTHER, B, "link1")
        for protocol, metric in ((2, 0), (4, 20)):
            theirs = Route(FAR, (NextHop(D, 3),), protocol, metric)
            node.kernel.replace_route(theirs)
            node.kernel.delete_route(theirs)
        node.kernel.delete_route(node.kernel.table[FARTHER, 1])
        node.loop.pass_by(5)
        assert (node.mended, node.kernel.dumps, len(node.kernel.table)) == ([], 0, 1)


def test_somebody_elses_better_route_overrules_ours_and_is_no_fault() -> None:
    with Node() as node:
        node.routes.set(ROUTED, FAR, B, "link1")
        node.routes.set(ROUTED, FARTHER, B, "link1")
        node.kernel.replace_route(Route(FAR, (NextHop(D, 3),), 3, 5))
        node.kernel.replace_route(Route(FARTHER, (NextHop(D, 3),), 3, 500))
        node.loop.settle()
        assert node.routes.overruled() == {FAR: "boot, metric 5"}
        assert node.routes.refused() == {}
