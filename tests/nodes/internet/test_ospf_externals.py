"""The routes out of the Autonomous System: RFC 2328 sections 16.4 and 16.4.1, RFC1583Compatibility disabled."""

from __future__ import annotations

import pytest
from ospf_area import MAX_AGE, DrawnArea, external, route, table_of

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.lsa import BORDER, BOUNDARY, INFINITY, Lsa
from catenet.nodes.internet.ospf.table import Kind, Route
from catenet.nodes.machine import NextHop

OUT = "203.0.113.0/24"


def star(area: int = 0, boundaries: tuple[int, ...] = (2, 3)) -> DrawnArea:
    """Router 1 with a boundary router at each link, at its number's cost."""
    drawn = DrawnArea(area)
    for number in boundaries:
        drawn.join(1, number, number, number, f"10.{area}.{number}.0/30")
        drawn.router(number, BOUNDARY)
    return drawn


def found(*externals: Lsa, drawn: DrawnArea | None = None) -> tuple[Kind, int, int, list[int], int] | None:
    """Kind, both costs, next routers and tag of router 1's route."""
    drawn = drawn or star()
    it = route(table_of(1, drawn, externals=externals), OUT)
    return None if it is None else (it.kind, it.cost, it.cost_2, drawn.via(it), it.tag)


def test_5_type_1_the_cost_is_x_plus_y():
    assert found(external(2, OUT, 10, tag=77)) == (Kind.TYPE_1, 12, 0, [2], 77)


def test_5_type_2_both_costs_are_kept():
    assert found(external(2, OUT, 10, type_2=True, tag=77)) == (Kind.TYPE_2, 2, 10, [2], 77)


@pytest.mark.parametrize(("metric", "age"), [(INFINITY, 0), (1, MAX_AGE)])
def test_1_unreachable_or_at_max_age(metric, age):
    assert found(external(2, OUT, metric, age=age)) is None


def test_2_its_own():
    drawn = star()
    drawn.router(1, BOUNDARY)
    assert found(external(1, OUT, 1), drawn=drawn) is None


def test_3_an_unreachable_boundary_router():
    drawn = star()
    drawn.router(9, BOUNDARY)
    assert found(external(9, OUT, 1), drawn=drawn) is None


def test_3_a_router_that_is_no_boundary_router():
    drawn = star()
    drawn.flags[2] = BORDER
    assert found(external(2, OUT, 1), drawn=drawn) is None


def test_3_the_default_route():
    drawn = star()
    table = table_of(1, drawn, externals=[external(2, "0.0.0.0/0", 1)])
    assert route(table, "0.0.0.0/0").kind == Kind.TYPE_1


@pytest.mark.parametrize("inner", ["intra", "inter"])
def test_6a_paths_within_are_always_preferred(inner):
    drawn = star()
    drawn.router(3, BORDER)
    if inner == "intra":
        drawn.stub_network(3, OUT, 1000)
    else:
        drawn.summary(3, OUT, 1000)
    kind, cost, *_ = found(external(2, OUT, 1), drawn=drawn)
    assert (kind, cost) == (Kind.INTRA if inner == "intra" else Kind.INTER, 1003)


def test_6b_type_1_is_always_preferred():
    assert found(external(2, OUT, 1, type_2=True), external(3, OUT, 1000)) == (Kind.TYPE_1, 1003, 0, [3], 0)


def test_6b_of_type_2_the_smallest_advertised_metric():
    assert found(external(2, OUT, 11, type_2=True), external(3, OUT, 10, type_2=True)) == (Kind.TYPE_2, 3, 10, [3], 0)


def test_6d_of_type_2_with_equal_metrics_the_nearer_one():
    assert found(external(2, OUT, 10, type_2=True), external(3, OUT, 10, type_2=True)) == (Kind.TYPE_2, 2, 10, [2], 0)


@pytest.mark.parametrize(("metric", "cost", "via"), [(10, 12, [2]), (9, 12, [2, 3]), (8, 11, [3])])
def test_6d_of_type_1_the_least_sum_or_both(metric, cost, via):
    assert found(external(2, OUT, 10), external(3, OUT, metric)) == (Kind.TYPE_1, cost, 0, via, 0)


@pytest.mark.parametrize("turned", [False, True])
def test_6_paths_of_equal_preference_have_the_tag_of_the_smaller_router(turned):
    told = [external(2, OUT, 10, tag=22), external(3, OUT, 9, tag=33)]
    assert found(*(reversed(told) if turned else told)) == (Kind.TYPE_1, 12, 0, [2, 3], 22)


def test_3_a_boundary_router_in_another_area():
    drawn = DrawnArea(1)
    drawn.join(1, 2, 2, 2, "10.1.2.0/30")
    drawn.router(2, BORDER)
    drawn.asbr_summary(2, 9, 5)
    assert found(external(9, OUT, 10), drawn=drawn) == (Kind.TYPE_1, 17, 0, [2], 0)


# The forwarding address (step 3).


def forwarding(address: str, drawn: DrawnArea, metric: int = 10) -> Route | None:
    return route(table_of(1, drawn, externals=[external(2, OUT, metric, forwarding=address)]), OUT)


def test_3_packets_go_to_the_forwarding_address_instead():
    """The cost is that of the way there, not to who has announced it."""
    drawn = star()
    drawn.stub_network(3, "10.5.0.0/24", 4)
    it = forwarding("10.5.0.9", drawn)
    assert (it.kind, it.cost, drawn.via(it)) == (Kind.TYPE_1, 17, [3])


def test_3_the_forwarding_address_is_on_its_own_network():
    drawn = star()
    drawn.lan("10.5.0.0/24", {1: 4, 2: 4})
    it = forwarding("10.5.0.9", drawn)
    assert (it.cost, it.hops) == (14, (NextHop(Address.parse("10.5.0.9"), "10.5.0.1"),))


def test_3_the_forwarding_address_is_its_own():
    """Then this router is where the packets are to leave; what it has learned elsewhere says how."""
    drawn = star()
    drawn.lan("10.5.0.0/24", {1: 4, 2: 4})
    assert forwarding("10.5.0.1", drawn) is None


@pytest.mark.parametrize("address", ["10.6.0.1", "10.5.0.255"])
def test_3_no_way_to_the_forwarding_address(address):
    """Nobody has it, or it is the broadcast address of a LAN."""
    drawn = star()
    drawn.lan("10.5.0.0/24", {1: 4, 2: 4})
    assert forwarding(address, drawn) is None


def test_3_the_longest_match_counts():
    drawn = star()
    drawn.stub_network(2, "10.5.0.0/16", 1)
    drawn.stub_network(3, "10.5.0.0/24", 1)
    assert drawn.via(forwarding("10.5.0.9", drawn)) == [3]
    assert drawn.via(forwarding("10.5.1.9", drawn)) == [2]


def test_3_a_way_through_another_area():
    drawn = star(1)
    drawn.router(3, BORDER)
    drawn.summary(3, "10.5.0.0/24", 20)
    assert forwarding("10.5.0.9", drawn).cost == 33


def test_3_the_way_to_a_forwarding_address_must_not_be_external():
    drawn = star()
    told = [external(3, "10.5.0.0/24", 1), external(2, OUT, 1, forwarding="10.5.0.9")]
    for order in (told, told[::-1]):
        table = table_of(1, drawn, externals=order)
        assert route(table, "10.5.0.0/24")
        assert route(table, OUT) is None


def test_3_the_boundary_router_must_be_reachable_all_the_same():
    drawn = star()
    drawn.flags[2] = 0
    drawn.stub_network(3, "10.5.0.0/24", 4)
    assert forwarding("10.5.0.9", drawn) is None


# 16.4.1: which paths to an ASBR or forwarding address are preferred.


def by_two_areas(*ways: tuple[int, int]) -> tuple[int, list[int]]:
    """Router 1 reaches boundary router 9 within each of these areas at that cost, over 2 and over 3: its route's cost
    to what 9 announces at 1, and its next routers."""
    areas, owners = [], {}
    for via, (area, cost) in enumerate(ways, start=2):
        drawn = DrawnArea(area)
        drawn.join(1, via, cost - 1, 1, f"10.{area}.{via}.0/30")
        drawn.join(via, 9, 1, 1, f"10.{area}.9.0/30")
        drawn.router(9, BOUNDARY)
        areas.append(drawn)
        owners |= drawn.owners
    it = route(table_of(1, *areas, externals=[external(9, OUT, 1)]), OUT)
    return it.cost, [owners[hop.via] for hop in it.hops]


@pytest.mark.parametrize(("backbone", "other"), [(5, 5), (5, 9), (9, 5)])
def test_16_4_1_intra_area_paths_by_non_backbone_areas_are_the_most_preferred(backbone, other):
    assert by_two_areas((0, backbone), (1, other)) == (other + 1, [3])


@pytest.mark.parametrize(("first", "second", "via"), [(5, 5, 3), (4, 5, 2), (5, 4, 3)])
def test_16_4_of_two_areas_the_least_cost_and_then_the_largest_area_id(first, second, via):
    assert by_two_areas((1, first), (2, second)) == (min(first, second) + 1, [via])


def inner_and_outer(metric: int, *, type_2: bool = False, inner: int = 1) -> Route:
    """Boundary router 3 is in area 1, 2 in the backbone; 3's path costs 3 and is preferred, whatever 2's metric is."""
    zero, one = star(0, (2,)), star(1, (3,))
    told = [external(2, OUT, metric, type_2=type_2), external(3, OUT, inner, type_2=type_2)]
    return route(table_of(1, zero, one, externals=told), OUT)


def test_6c_of_two_type_1_the_path_by_a_non_backbone_area():
    assert (inner_and_outer(1, inner=100).area, inner_and_outer(1, inner=100).cost) == (Address(1), 103)


def test_6c_of_two_type_2_the_same_where_the_metrics_are_equal():
    assert inner_and_outer(7, type_2=True, inner=7).area == Address(1)
    assert inner_and_outer(6, type_2=True, inner=7).area == Address(0)


def test_16_4_1_backbone_and_inter_area_paths_are_of_equal_preference():
    zero, one = star(0, (2,)), star(1, (3,))
    zero.router(2, BORDER)
    zero.asbr_summary(2, 9, 5)
    table = table_of(1, zero, one, externals=[external(2, OUT, 10), external(9, OUT, 5)])
    assert route(table, OUT).cost == 12
    assert zero.via(route(table, OUT)) == [2]


def test_16_6_what_is_withdrawn_is_gone():
    drawn = star()
    assert route(table_of(1, drawn, externals=[external(2, OUT, 1)]), OUT)
    assert Prefix.parse(OUT) not in table_of(1, drawn).routes
