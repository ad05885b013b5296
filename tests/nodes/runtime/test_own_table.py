"""The node's own table: it refuses what the kernel refuses, and tells of the best route to each prefix."""

from __future__ import annotations

import errno

import pytest
from kernel_in_memory import Clock

from catenet.nodes.address import ANY, DEFAULT, Address, Prefix
from catenet.nodes.control.service import Source
from catenet.nodes.machine import Interface, NextHop
from catenet.nodes.runtime.netlink.routing import KERNEL, KernelNextHop, Route
from catenet.nodes.runtime.routes import STATIC, Routes
from catenet.nodes.runtime.table import OwnTable

FAR = Prefix.parse("10.1.3.0/24")
NETWORKS = {"link1": Prefix.parse("10.0.1.0/24"), "link3": Prefix.parse("10.0.3.0/24")}
NUMBERS = {"link1": 11, "link3": 13}
B, D = Address.parse("10.0.1.2"), Address.parse("10.0.3.4")
RIP, OSPF = Source("rip", 189, 120), Source("ospf", 188, 110)


class Told:
    """A table with two interfaces, and what a listener knows of it."""

    def __init__(self) -> None:
        self.table = OwnTable()
        self.up: set[str] = set()
        self.known: dict[Prefix, tuple[NextHop, ...]] = {}
        self.changes = 0
        self.telling = self.table.telling(self.hear)
        self.telling.__enter__()
        for lan in NETWORKS:
            self.set_link(lan, up=True)
        self.changes = 0

    def hear(self, prefix: Prefix, next_hops: tuple[NextHop, ...]) -> None:
        assert next_hops != self.known.get(prefix, ())
        self.changes += 1
        if next_hops:
            self.known[prefix] = next_hops
        else:
            del self.known[prefix]

    def set_link(self, lan: str, *, up: bool, ifindex: int | None = None) -> None:
        (self.up.add if up else self.up.discard)(lan)
        address = NETWORKS[lan].network + 1
        self.table.set_interface(Interface(lan, address, NETWORKS[lan], up), ifindex or NUMBERS[lan])

    def put(self, *hops: tuple[Address | None, int], metric: int = 120, protocol: int = 189) -> None:
        self.table.replace_route(Route(FAR, tuple(KernelNextHop(*hop) for hop in hops), protocol, metric))


def test_the_networks_of_interfaces_that_are_up_are_in_it() -> None:
    told = Told()
    assert told.known == {prefix: (NextHop(ANY, lan),) for lan, prefix in NETWORKS.items()}
    assert {route.protocol for route in told.table.routes()} == {KERNEL}
    told.set_link("link1", up=False)
    assert set(told.known) == {NETWORKS["link3"]}


def test_the_lowest_metric_carries_and_the_next_one_when_it_goes() -> None:
    told = Told()
    told.put((B, 11))
    told.put((D, 13), metric=110, protocol=188)
    assert told.known[FAR] == (NextHop(D, "link3"),)
    told.table.delete_route(Route(FAR, (), 189, 110))  # of that metric, but not that protocol's
    assert told.known[FAR] == (NextHop(D, "link3"),)
    told.table.delete_route(Route(FAR, (), 188, 110))
    assert told.known[FAR] == (NextHop(B, "link1"),)
    told.table.delete_route(Route(FAR, (), 189, 120))
    assert FAR not in told.known


def test_an_interface_that_goes_down_takes_its_next_hops_along() -> None:
    told = Told()
    told.put((B, 11), (D, 13))
    told.set_link("link3", up=False)
    assert told.known[FAR] == (NextHop(B, "link1"),)
    told.set_link("link1", up=False)
    assert told.known == {} and told.table.routes() == []
    told.set_link("link1", up=True)
    assert FAR not in told.known


def test_a_lan_that_has_another_device_forgets_what_led_over_the_old_one() -> None:
    told = Told()
    told.put((B, 11))
    told.set_link("link1", up=True, ifindex=21)
    assert told.known == {prefix: (NextHop(ANY, lan),) for lan, prefix in NETWORKS.items()}
    told.put((B, 21))
    assert told.known[FAR] == (NextHop(B, "link1"),)
    with pytest.raises(OSError, match="Network is down"):
        told.put((B, 11))


@pytest.mark.parametrize(
    ("hops", "number"),
    [
        ([(B, 12)], errno.ENETDOWN),
        ([(B, 11), (D, 14)], errno.ENETDOWN),
        ([(D, 11)], errno.ENETUNREACH),
        ([(Address.parse("10.0.1.1"), 11)], errno.EINVAL),
        ([], errno.EINVAL),
    ],
)
def test_what_the_kernel_refuses_it_refuses(hops: list[tuple[Address, int]], number: int) -> None:
    told = Told()
    told.put((B, 11))
    with pytest.raises(OSError) as refused:
        told.put(*hops)
    assert refused.value.errno == number
    assert told.known[FAR] == (NextHop(B, "link1"),)


def test_it_is_the_only_table() -> None:
    table = Told().table
    assert table.routes(100) == []
    with pytest.raises(OSError, match="not supported"):
        table.replace_route(Route(FAR, (KernelNextHop(B, 11),), 189, 120, 0, 100))


def test_who_listens_later_hears_everything_and_who_does_no_more_hears_nothing() -> None:
    told = Told()
    told.put((B, 11))
    later: dict[Prefix, tuple[NextHop, ...]] = {}
    with told.table.telling(later.__setitem__):
        assert later == told.known
    told.set_link("link1", up=False)
    assert FAR in later


def test_the_same_route_once_more_is_no_news() -> None:
    told = Told()
    told.put((B, 11))
    told.put((B, 11))
    told.put((D, 13), metric=200)
    assert told.changes == 1


def test_routes_of_several_sources_go_in_and_come_back() -> None:
    told, loop = Told(), Clock()
    numbers = NUMBERS.copy()
    routes = Routes(told.table, lambda lan: numbers.get(lan, 0), told.up.__contains__, loop)
    routes.set(STATIC, DEFAULT, (NextHop(B, "link1"),))
    routes.set(RIP, FAR, (NextHop(B, "link1"),))
    routes.set(OSPF, FAR, (NextHop(D, "link3"),))
    assert (told.known[DEFAULT], told.known[FAR]) == ((NextHop(B, "link1"),), (NextHop(D, "link3"),))
    assert [route.protocol for route in routes.leading_to(FAR)] == [188, 189, 4]
    told.set_link("link3", up=False)
    assert told.known[FAR] == (NextHop(B, "link1"),)
    told.set_link("link1", up=False)
    assert not routes.set(RIP, FAR, (NextHop(Address(B + 1), "link1"),))
    assert routes.refused(RIP) == {FAR: "Network is down"}
    for lan in ("link1", "link3"):
        told.set_link(lan, up=True)
        routes.restore(lan)
    assert told.known[FAR] == (NextHop(D, "link3"),) and told.known[DEFAULT] == (NextHop(B, "link1"),)
    assert {route.protocol for route in told.table.routes()} == {2, 4, 188, 189}
    routes.forget(OSPF)
    assert told.known[FAR] == (NextHop(Address(B + 1), "link1"),)
    routes.close()
    loop.close()
