"""The routes to other areas: RFC 2328 sections 16.2, 16.3 and 3.6, and which of several areas counts (11)."""

from __future__ import annotations

import pytest
from ospf_area import BACKBONE, MAX_AGE, DrawnArea, external, route, router_id, table_of

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.lsa import BORDER, BOUNDARY, INFINITY, VIRTUAL_END
from catenet.nodes.internet.ospf.lsdb import Lsdb
from catenet.nodes.internet.ospf.routes import Area, calculate
from catenet.nodes.internet.ospf.table import Kind

NET = "10.9.0.0/16"
OUTSIDE = "203.0.113.0/24"
AREA_1 = Address(1)


def star(area: int = 1, *, stub: bool = False, borders: tuple[int, ...] = (2, 3)) -> DrawnArea:
    """Router 1 with a border router at each link; those of 2 and 3 cost 2 and 3."""
    drawn = DrawnArea(area, stub=stub)
    for number in borders:
        drawn.join(1, number, number, number, f"10.{area}.{number}.0/30")
        drawn.router(number, BORDER)
    return drawn


def found(drawn: DrawnArea, root: int = 1) -> tuple[Kind, int, list[int]] | None:
    it = route(table_of(root, drawn), NET)
    return None if it is None else (it.kind, it.cost, drawn.via(it))


def test_4_the_distance_to_the_border_router_and_the_cost_it_advertises():
    drawn = star()
    drawn.summary(2, NET, 10)
    assert found(drawn) == (Kind.INTER, 12, [2])
    assert route(table_of(1, drawn), NET).area == AREA_1


def test_4_the_destination_is_masked():
    drawn = star()
    drawn.summary(2, "10.9.0.0/32", 10)
    ((key, body),) = [(each.key, each.body) for each in drawn.others]
    drawn.others.clear()
    drawn.say(key.type, Address.parse("10.9.255.255"), 2, body._replace(mask=0xFFFF0000))  # appendix E
    assert found(drawn) == (Kind.INTER, 12, [2])


@pytest.mark.parametrize(("metric", "age"), [(INFINITY, 0), (1, MAX_AGE)])
def test_1_unreachable_or_at_max_age(metric, age):
    drawn = star()
    drawn.summary(2, NET, metric, age)
    assert found(drawn) is None


def test_1_the_greatest_cost_is_reachable():
    drawn = star()
    drawn.summary(2, NET, INFINITY - 1)
    assert found(drawn) == (Kind.INTER, INFINITY + 1, [2])


def test_2_its_own():
    drawn = star()
    drawn.router(1, BORDER)
    drawn.summary(1, NET, 1)
    assert found(drawn) is None


@pytest.mark.parametrize("border", [7, 4])
def test_4_an_unreachable_border_router(border):
    drawn = star()
    drawn.router(7, BORDER)
    drawn.summary(border, NET, 1)
    assert found(drawn) is None


def test_4_a_router_that_is_no_border_router():
    drawn = star()
    drawn.flags[2] = BOUNDARY
    drawn.summary(2, NET, 1)
    assert found(drawn) is None


def test_6_intra_area_paths_are_always_preferred():
    drawn = star()
    drawn.stub_network(3, NET, 1000)
    drawn.summary(2, NET, 1)
    assert found(drawn) == (Kind.INTRA, 1003, [3])


@pytest.mark.parametrize(("metric", "cost", "via"), [(10, 12, [2]), (9, 12, [2, 3]), (8, 11, [3])])
def test_7_the_cheaper_path_or_both(metric, cost, via):
    drawn = star()
    drawn.summary(2, NET, 10)
    drawn.summary(3, NET, metric)
    assert found(drawn) == (Kind.INTER, cost, via)


@pytest.mark.parametrize(("metric", "cost", "via"), [(10, 12, [2]), (9, 12, [2, 3]), (8, 11, [3])])
def test_7_an_as_boundary_router_likewise(metric, cost, via):
    drawn = star()
    drawn.asbr_summary(2, 9, 10)
    drawn.asbr_summary(3, 9, metric)
    way = table_of(1, drawn).routers[router_id(9), AREA_1]
    assert (way.kind, way.cost, drawn.via(way), way.flags) == (Kind.INTER, cost, via, BOUNDARY)


def test_6_a_boundary_router_within_the_area():
    drawn = star()
    drawn.router(3, BOUNDARY)
    drawn.asbr_summary(2, 3, 0)
    way = table_of(1, drawn).routers[router_id(3), AREA_1]
    assert (way.kind, way.cost) == (Kind.INTRA, 3)


def test_a_summary_of_the_router_itself_is_no_way():
    drawn = star()
    drawn.asbr_summary(2, 1, 1)
    assert (router_id(1), AREA_1) not in table_of(1, drawn).routers


def two_areas(costs: tuple[int, int] = (10, 10)) -> tuple[DrawnArea, DrawnArea]:
    """Router 1 in the backbone (with 2) and in area 1 (with 3)."""
    zero, one = star(0, borders=(2,)), star(1, borders=(3,))
    zero.summary(2, NET, costs[0])
    one.summary(3, NET, costs[1])
    return zero, one


def test_16_2_a_border_router_examines_backbone_summaries_alone():
    zero, one = two_areas((10, 1))
    table = table_of(1, zero, one)
    assert table.border
    it = route(table, NET)
    assert (it.cost, it.area, zero.via(it)) == (12, BACKBONE, [2])


def test_16_2_a_border_router_without_the_backbone_examines_none():
    """Of two areas neither is the backbone."""
    one, two = star(1, borders=(2,)), star(2, borders=(3,))
    one.summary(2, NET, 1)
    assert route(table_of(1, one, two), NET) is None


def test_16_2_an_area_without_an_active_attachment_does_not_count():
    """Its interfaces there are down: it is no border router any more."""
    zero, one = two_areas((10, 1))
    areas = {drawn.id: Area(drawn.lsdb()) for drawn in (zero, one)}
    table = calculate(router_id(1), areas, Lsdb(), one.links(1), 0, ecmp=8)
    assert not table.border
    assert (route(table, NET).cost, route(table, NET).area) == (4, AREA_1)


@pytest.mark.parametrize(("cost", "area"), [(5, 1), (6, 1), (7, 0)])
def test_11_of_two_areas_the_better_one_counts(cost, area):
    """ "For destinations of type "network", only the set of paths associated with the best area […] is kept"; of equal
    ones the larger Area ID, as 16.4 has it for routers."""
    zero, one = star(0, borders=(2,)), star(1, borders=(3,))
    zero.stub_network(2, NET, 4 + 0)
    one.stub_network(3, NET, cost - 3)
    it = route(table_of(1, zero, one), NET)
    assert (it.kind, it.cost, it.area) == (Kind.INTRA, min(cost, 6), Address(area))


def test_11_routers_have_an_entry_for_each_area():
    zero, one = star(0), star(1)
    ways = table_of(1, zero, one).routers
    assert {(int(router), int(area)) for router, area in ways} == {(2, 0), (3, 0), (2, 1), (3, 1)}


def test_3_6_the_default_route_of_a_stub_area():
    """ "These summary default routes will be used for any destination that is not explicitly reachable by an intra-area
    or inter-area path (i.e., AS external destinations)"."""
    drawn = star(stub=True)
    drawn.summary(2, "0.0.0.0/0", 1)
    table = table_of(1, drawn, externals=[external(2, OUTSIDE, 1)])
    it = route(table, "0.0.0.0/0")
    assert (it.kind, it.cost, drawn.via(it)) == (Kind.INTER, 3, [2])
    assert route(table, OUTSIDE) is None


def test_3_6_a_border_router_does_not_follow_the_default_that_it_is_told_in_its_stub_area():
    zero, one = star(0, borders=(2,)), star(1, borders=(3,), stub=True)
    one.summary(3, "0.0.0.0/0", 1)
    assert route(table_of(1, zero, one), "0.0.0.0/0") is None


def test_3_6_no_boundary_router_in_a_stub_area():
    """ "AS boundary routers cannot be placed internal to stub areas": a border router is one by its other area."""
    zero, one = star(0, borders=(2,)), star(1, borders=(2,), stub=True)
    for drawn in (zero, one):
        drawn.router(2, BOUNDARY)
    one.router_links[1][0] = one.router_links[1][0]._replace(metric=1)
    table = table_of(1, zero, one, externals=[external(2, OUTSIDE, 1)])
    assert (route(table, OUTSIDE).cost, zero.via(route(table, OUTSIDE))) == (3, [2])


def transit(metric: int, *, flags: int = VIRTUAL_END) -> tuple[DrawnArea, DrawnArea]:
    """Like figure 17: router 1 knows NET in the backbone at 102, by 2; area 1 has a virtual link, and there 3."""
    zero, one = star(0, borders=(2,)), star(1, borders=(3, 4))
    zero.stub_network(2, NET, 100)
    zero.summary(2, "10.8.0.0/16", 100)
    zero.asbr_summary(2, 9, 100)
    one.router(4, flags)
    one.summary(3, NET, metric)
    one.summary(3, "10.8.0.0/16", metric)
    one.summary(3, "10.7.0.0/16", metric)
    one.asbr_summary(3, 9, metric)
    return zero, one


@pytest.mark.parametrize(("metric", "cost", "via"), [(20, 23, [3]), (99, 102, [2, 3]), (100, 102, [2])])
def test_16_3_a_better_path_through_a_transit_area(metric, cost, via):
    zero, one = transit(metric)
    table = table_of(1, zero, one)
    zero.owners |= one.owners
    for it, kind in (
        (route(table, NET), Kind.INTRA),
        (route(table, "10.8.0.0/16"), Kind.INTER),
        (table.routers[router_id(9), BACKBONE], Kind.INTER),
    ):
        # "the area associated with N's routing table entry must remain the backbone area, and the path type […]"
        assert (it.kind, it.cost, it.area, zero.via(it)) == (kind, cost, BACKBONE, via)


def test_16_3_it_never_makes_unreachable_destinations_reachable():
    assert route(table_of(1, *transit(20)), "10.7.0.0/16") is None


def test_16_3_through_transit_areas_alone():
    table = table_of(1, *transit(20, flags=0))
    assert route(table, NET).cost == 102


def test_16_3_routes_of_other_areas_stay():
    zero, one = transit(20)
    two = star(2, borders=(5,))
    two.stub_network(5, NET, 50)
    it = route(table_of(1, zero, one, two), NET)
    assert (it.cost, it.area) == (55, Address(2))


def test_16_3_the_backbone_is_no_transit_area():
    zero, one = transit(20, flags=0)
    zero.router(2, VIRTUAL_END)
    zero.summary(2, NET, 1)
    assert route(table_of(1, zero, one), NET).cost == 102


def test_16_3_a_network_of_its_own_needs_no_way():
    zero, one = transit(20)
    zero.stub_network(1, "10.6.0.0/16", 100, attached=True)
    one.summary(3, "10.6.0.0/16", 1)
    assert route(table_of(1, zero, one), "10.6.0.0/16").hops == ()


def test_16_5_a_new_summary_needs_no_new_tree():
    drawn = star()
    lsdb = drawn.lsdb()
    areas = {drawn.id: Area(lsdb)}
    before = calculate(router_id(1), areas, Lsdb(), drawn.links(1), 0, ecmp=8)
    drawn.summary(2, NET, 10)
    lsdb.install(drawn.others[-1], 1)
    after = calculate(router_id(1), areas, Lsdb(), drawn.links(1), 1, ecmp=8)
    assert after.trees[AREA_1] is before.trees[AREA_1]
    assert set(after.routes) - set(before.routes) == {route(after, NET).prefix}


@pytest.mark.parametrize("what", ["neighbour", "lsa", "refresh"])
def test_16_1_a_new_tree_where_something_has_changed(what):
    drawn = star()
    lsdb = drawn.lsdb()
    areas = {drawn.id: Area(lsdb)}
    before = calculate(router_id(1), areas, Lsdb(), drawn.links(1), 0, ecmp=8)
    if what == "neighbour":
        drawn.links(1)[0].neighbours.clear()
    elif what == "lsa":
        drawn.stub_network(2, NET, 1)
    for stored in drawn.lsdb().values():
        lsdb.install(stored.lsa, 10)
    after = calculate(router_id(1), areas, Lsdb(), drawn.links(1), 10, ecmp=8)
    assert (after.trees[AREA_1] is before.trees[AREA_1]) == (what == "refresh")
    assert ((router_id(2), AREA_1) in after.routers) == (what != "neighbour")
