"""Tables of the kernel's for programs: one service's alone, and one that several share."""

from __future__ import annotations

from kernel_in_memory import LINKS, Kernel

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.service import Source
from catenet.nodes.machine import NextHop
from catenet.nodes.runtime.netlink.routing import KernelNextHop, Route
from catenet.nodes.runtime.program_table import ProgramTable

NEAR, FAR, OWN = (Prefix.parse(f"10.1.{number}.0/24") for number in (1, 2, 3))
B = Address.parse("10.0.1.2")
RIP, TOYROUTE = Source("rip", 189, 120), Source("toyroute", 250, 90)
SHARED, ZEBRA = 1000, 11


def table(kernel: Kernel, source: Source, number: int) -> ProgramTable:
    return ProgramTable(kernel, LINKS.__getitem__, source, number)  # type: ignore[arg-type]


def put(kernel: Kernel, prefix: Prefix, mark: int, number: int, metric: int = 20) -> Route:
    route = Route(prefix, (KernelNextHop(B, 1),), mark, metric, table=number)
    kernel.replace_route(route)
    return route


def prefixes(of: ProgramTable) -> list[Prefix]:
    return [route.prefix for route in of.routes()]


def test_in_a_table_of_its_own_all_is_the_services_whatever_its_mark() -> None:
    kernel = Kernel()
    own = table(kernel, RIP, RIP.number)
    for prefix, mark in ((FAR, RIP.number), (NEAR, ZEBRA)):
        assert own.holds(put(kernel, prefix, mark, RIP.number))
    assert not own.holds(put(kernel, OWN, RIP.number, SHARED))
    assert prefixes(own) == [NEAR, FAR]


def test_in_a_shared_one_a_route_is_the_services_whose_mark_it_has() -> None:
    kernel = Kernel()
    rip, toyroute = table(kernel, RIP, SHARED), table(kernel, TOYROUTE, SHARED)
    of_rip = put(kernel, FAR, RIP.number, SHARED, metric=20)
    of_toyroute = put(kernel, FAR, TOYROUTE.number, SHARED, metric=10)
    put(kernel, NEAR, ZEBRA, SHARED)
    assert (rip.routes(), toyroute.routes()) == ([of_rip], [of_toyroute])
    assert (rip.holds(of_toyroute), toyroute.holds(of_toyroute)) == (False, True)


def test_at_one_services_end_the_others_routes_and_the_static_ones_stay() -> None:
    kernel = Kernel()
    rip, toyroute = table(kernel, RIP, SHARED), table(kernel, TOYROUTE, SHARED)
    rip.write(OWN, NextHop(B, "link1"))
    put(kernel, FAR, RIP.number, SHARED)
    left = put(kernel, NEAR, TOYROUTE.number, SHARED)
    rip.clear()
    assert (prefixes(rip), toyroute.routes()) == ([], [left])
    assert {prefix for prefix, _ in kernel.others[SHARED]} == {NEAR, OWN}


def test_the_static_routes_are_for_the_program_and_none_of_what_it_found() -> None:
    kernel = Kernel()
    own = table(kernel, RIP, RIP.number)
    own.write(OWN, NextHop(B, "link1"))
    assert (own.routes(), len(kernel.others[RIP.number])) == ([], 1)
    own.clear()
    assert kernel.others[RIP.number] == {}


def test_one_over_an_interface_that_is_down_stays_out() -> None:
    kernel = Kernel()
    kernel.down.add(LINKS["link1"])
    table(kernel, RIP, SHARED).write(OWN, NextHop(B, "link1"))
    assert kernel.others[SHARED] == {}


def test_what_an_earlier_run_left_there_goes() -> None:
    kernel = Kernel()
    put(kernel, FAR, RIP.number, SHARED)
    left = put(kernel, NEAR, TOYROUTE.number, SHARED)
    table(kernel, RIP, SHARED)
    assert list(kernel.others[SHARED].values()) == [left]
