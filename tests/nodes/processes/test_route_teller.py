"""Other sources' routes, put where a program that redistributes them finds them: while they are the best, with tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.address import DEFAULT, Address, Prefix
from catenet.nodes.control.service import Source
from catenet.nodes.machine import Interface, NextHop
from catenet.nodes.processes.route_teller import RouteTeller

if TYPE_CHECKING:
    import pytest
    from conftest import Bench, OnBench

FAR = Prefix.parse("10.1.3.0/24")
OSPF, STATIC, RIP = Source("ospf", 188, 110), Source("static", 4, 1), Source("rip", 189, 120)


class Table:
    """What is in the program's table of the kernel's: prefix and metric → the next hop's LAN."""

    def __init__(self) -> None:
        self.routes: dict[tuple[Prefix, int], str] = {}

    def write(self, prefix: Prefix, next_hop: NextHop, metric: int) -> None:
        self.routes[prefix, metric] = next_hop.interface

    def take_back(self, prefix: Prefix, metric: int) -> None:
        del self.routes[prefix, metric]


def test_it_is_told_of_the_best_route_of_the_services_that_it_redistributes(
    on_bench: OnBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(bench: Bench) -> None:
        context, table = bench.context(bench.router), Table()
        link = Interface("link1", Address.parse("10.0.1.1"), Prefix.parse("10.0.1.0/24"))
        monkeypatch.setattr(context, "interfaces", lambda: (link,))
        hops = (NextHop(Address.parse("10.0.99.9"), "nowhere"), NextHop(Address.parse("10.0.1.2"), "link1"))
        wanted = bench.lans.routes
        RouteTeller(context, table, ("ospf",))  # type: ignore[arg-type]
        wanted.set(OSPF, FAR, hops, 20, 7)
        wanted.set(OSPF, DEFAULT, hops, 20, 7)
        assert table.routes == {(FAR, 7): "link1"}
        wanted.set(OSPF, FAR, hops, 20, 8)
        assert table.routes == {(FAR, 8): "link1"}
        wanted.set(STATIC, FAR, hops)  # better, and not asked for
        assert table.routes == {}
        wanted.delete(STATIC, FAR)
        assert table.routes == {(FAR, 8): "link1"}
        wanted.set(OSPF, FAR, hops, 20, 8, last_resort=True)
        assert table.routes == {}

    on_bench(run)
