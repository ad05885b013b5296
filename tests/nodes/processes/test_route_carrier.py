"""A program's routes, carried into the main table: those of one service out of a table that several share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from catenet.nodes.address import Address, Prefix
from catenet.nodes.implementations.daemon import LearnedRoute
from catenet.nodes.machine import Action, DeleteRoute, NextHop, SetRoute
from catenet.nodes.processes.route_carrier import RouteCarrier
from catenet.nodes.runtime.netlink.routing import KernelNextHop, Route

if TYPE_CHECKING:
    import pytest
    from conftest import Bench, OnBench

FAR, HERE = Prefix.parse("10.1.3.0/24"), Address.parse("127.0.0.1")
SHARED, OTHERS = 1000, 188


class Table:
    """The kernel's, of which only the routes of one mark are the service's."""

    number = SHARED

    def __init__(self) -> None:
        self.route: Route | None = None

    def routes(self) -> list[Route]:
        return [self.route] if self.route is not None and self.route.protocol != OTHERS else []


def test_a_route_whose_place_another_mark_has_taken_is_carried_no_longer(
    on_bench: OnBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel replaces by prefix and metric, and tells of the new one alone."""

    async def run(bench: Bench) -> None:
        context, table, done = bench.context(bench.router), Table(), list[Action]()
        monkeypatch.setattr(context, "perform", done.append)
        monkeypatch.setattr(context, "lan_of", lambda _: "link1")
        RouteCarrier(context, table, lambda route: (route.metric, 0))  # type: ignore[arg-type]
        for mark in (250, OTHERS):
            table.route = Route(FAR, (KernelNextHop(HERE, 1),), mark, 20, table=SHARED)
            bench.lans.routes.changed(table.route, gone=False)
            await asyncio.sleep(0)
        assert done == [SetRoute(FAR, (NextHop(HERE, "link1"),), 20), DeleteRoute(FAR)]

    on_bench(run)


def test_the_last_resort_is_carried_though_the_program_keeps_it_out_of_the_kernel(
    on_bench: OnBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(bench: Bench) -> None:
        context, table, done = bench.context(bench.router), Table(), list[Action]()
        monkeypatch.setattr(context, "perform", done.append)
        monkeypatch.setattr(context, "lan_of", lambda _: "link1")
        printed = [LearnedRoute(FAR, HERE, 20, 120)]
        marks: list[tuple[int, int] | None] = [None]
        carrier = RouteCarrier(context, table, lambda _: marks[0], lambda: printed)  # type: ignore[arg-type]
        carrier.carry_soon()
        await asyncio.sleep(0)
        printed, marks[0] = [], (20, 7)  # it has another tag now, and the kernel it
        table.route = Route(FAR, (KernelNextHop(HERE, 1),), 250, 20, table=SHARED)
        bench.lans.routes.changed(table.route, gone=False)
        await asyncio.sleep(0)
        hops = (NextHop(HERE, "link1"),)
        assert done == [SetRoute(FAR, hops, 20, 120, last_resort=True), SetRoute(FAR, hops, 20, 7)]

    on_bench(run)
