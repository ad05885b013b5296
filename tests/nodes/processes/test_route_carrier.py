"""A program's routes, carried into the main table: those of one service out of a table that several share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from catenet.nodes.address import Address, Prefix
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
        RouteCarrier(context, table, lambda route: route.metric)  # type: ignore[arg-type]
        for mark in (250, OTHERS):
            table.route = Route(FAR, (KernelNextHop(HERE, 1),), mark, 20, table=SHARED)
            bench.lans.routes.changed(table.route, gone=False)
            await asyncio.sleep(0)
        assert done == [SetRoute(FAR, (NextHop(HERE, "link1"),), 20), DeleteRoute(FAR)]

    on_bench(run)
