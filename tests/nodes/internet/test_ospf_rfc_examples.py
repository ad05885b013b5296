"""The examples of RFC 2328 itself: figure 2 without areas (tables 2, 3 and 12), and figure 6 with areas (tables 5 and
13, and what section 3.4 says of RT1). Routers RT1 to RT12 are 1 to 12; network N3 is 10.0.3.0/24."""

from __future__ import annotations

import pytest
from ospf_area import DrawnArea, external, router_id, table_of

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.lsa import BORDER, BOUNDARY, LinkType, Lsa, RouterLink
from catenet.nodes.internet.ospf.table import Kind, Route, Table

# N12 to N15 are outside; H1, and the ends Ia and Ib of the one numbered line, are hosts.
HOSTS = {"H1": "10.1.0.1/32", "Ia": "10.6.10.1/32", "Ib": "10.6.10.2/32", "N9-N11,H1": "10.9.0.0/16"}


def net(name: str) -> str:
    return HOSTS.get(name) or f"10.0.{name.removeprefix('N')}.0/24"


def externals(*, type_2: bool = False) -> list[Lsa]:
    told = [(5, "N12", 8), (5, "N13", 8), (5, "N14", 8), (7, "N12", 2), (7, "N15", 9)]
    return [external(router, net(name), metric, type_2=type_2) for router, name, metric in told]


def area_1(drawn: DrawnArea) -> None:
    drawn.stub_network(1, net("N1"), 3)
    drawn.stub_network(2, net("N2"), 3)
    drawn.lan(net("N3"), {1: 1, 2: 1, 3: 1, 4: 1})
    drawn.stub_network(3, net("N4"), 2, attached=True)


def lines(drawn: DrawnArea) -> None:
    """The lines between RT3 to RT7 and RT10. That of RT6 and RT10 alone has addresses that are announced: "each router
    advertising a stub connection to the other router's interface address" (2.1)."""
    drawn.join(3, 6, 8, 6, "172.16.36.0/30")
    drawn.join(4, 5, 8, 8, "172.16.45.0/30")
    drawn.join(5, 6, 7, 6, "172.16.56.0/30")
    drawn.join(5, 7, 6, 6, "172.16.57.0/30")
    drawn.join(6, 10, 7, 5, "10.6.10.0/30")
    drawn.stub_network(6, HOSTS["Ib"], 7)
    drawn.stub_network(10, HOSTS["Ia"], 5)
    drawn.router(5, BOUNDARY)
    drawn.router(7, BOUNDARY)


def figure_2() -> DrawnArea:
    drawn = DrawnArea()
    area_1(drawn)
    lines(drawn)
    drawn.lan(net("N6"), {7: 1, 8: 1, 10: 1})
    drawn.stub_network(8, net("N7"), 4)
    drawn.lan(net("N8"), {10: 3, 11: 2})
    drawn.lan(net("N9"), {9: 1, 11: 1, 12: 1})
    drawn.stub_network(9, net("N11"), 3)
    drawn.stub_network(12, net("N10"), 2)
    drawn.stub_network(12, HOSTS["H1"], 10)
    return drawn


def row(table: Table, drawn: DrawnArea, name: str) -> tuple[int, list[int]]:
    """Distance and next hops of a network; none: "*", directly attached."""
    found = table.routes[Prefix.parse(net(name))]
    return found.cost, drawn.via(found)


@pytest.mark.parametrize(
    ("name", "via", "distance"),
    [
        ("N1", 3, 10),
        ("N2", 3, 10),
        ("N3", 3, 7),
        ("N4", 3, 8),
        ("Ia", 10, 12),
        ("N6", 10, 8),
        ("N7", 10, 12),
        ("N8", 10, 10),
        ("N9", 10, 11),
        ("N10", 10, 13),
        ("N11", 10, 14),
        ("H1", 10, 21),
    ],
)
def test_table_2_local_destinations(name, via, distance):
    drawn = figure_2()
    assert row(table_of(6, drawn), drawn, name) == (distance, [via])


def test_table_2_the_far_end_of_its_own_line_is_attached():
    drawn = figure_2()
    assert row(table_of(6, drawn), drawn, "Ib") == (7, [])


def test_table_2_the_boundary_routers():
    drawn = figure_2()
    ways = table_of(6, drawn).routers.values()
    assert {(way.router, way.cost, *drawn.via(way)) for way in ways} == {(5, 6, 5), (7, 8, 10)}


@pytest.mark.parametrize(
    ("name", "via", "distance"), [("N12", 10, 10), ("N13", 5, 14), ("N14", 5, 14), ("N15", 10, 17)]
)
def test_table_3_external_destinations(name, via, distance):
    drawn = figure_2()
    table = table_of(6, drawn, externals=externals())
    assert row(table, drawn, name) == (distance, [via])
    assert table.routes[Prefix.parse(net(name))].kind == Kind.TYPE_1


def test_2_3_type_2_metrics():
    """ "all traffic destined for Network N12 would be forwarded to Router RT7, since 2 < 8" """
    drawn = figure_2()
    found = table_of(6, drawn, externals=externals(type_2=True)).routes[Prefix.parse(net("N12"))]
    assert (found.kind, found.cost, found.cost_2, drawn.via(found)) == (Kind.TYPE_2, 8, 2, [10])


def test_figure_5_the_tree_of_rt6():
    tree = table_of(6, figure_2()).trees[Address(0)].vertices
    parents = {
        (key.kind, int(key.id) & 255): [(it.kind, int(it.id) & 255) for it in each.parents]
        for key, each in tree.items()
    }
    n3, n6, n8, n9 = (("network", each) for each in (4, 10, 11, 12))  # by the host numbers of their Designated Routers
    rt = {number: ("router", number) for number in range(1, 13)}
    assert parents == {
        rt[6]: [],
        rt[5]: [rt[6]],
        rt[3]: [rt[6]],
        n3: [rt[3]],
        **{rt[each]: [n3] for each in (1, 2, 4)},
        rt[10]: [rt[6]],
        n6: [rt[10]],
        **{rt[each]: [n6] for each in (7, 8)},
        n8: [rt[10]],
        rt[11]: [n8],
        n9: [rt[11]],
        **{rt[each]: [n9] for each in (9, 12)},
    }


# Figure 6: figure 2 in areas.

ADVERTISED = {  # figure 8: from → network → cost
    3: {"N1": 4, "N2": 4, "N3": 1, "N4": 2},
    4: {"N1": 4, "N2": 4, "N3": 1, "N4": 3},
    7: {"N6": 1, "N7": 5, "N8": 4},
    10: {"N6": 1, "N7": 5, "N8": 3},
    11: {"N6": 3, "N7": 7, "N8": 2, "N9-N11,H1": 11},
}
INTO_AREA_1 = {  # figure 7, table 6
    3: {"Ia": 20, "Ib": 20, "N6": 16, "N7": 20, "N8": 18, "N9-N11,H1": 29, 5: 14, 7: 20},
    4: {"Ia": 27, "Ib": 27, "N6": 15, "N7": 19, "N8": 18, "N9-N11,H1": 36, 5: 8, 7: 14},
}


def first_area() -> DrawnArea:
    drawn = DrawnArea(1)
    area_1(drawn)
    for border, told in INTO_AREA_1.items():
        drawn.router(border, BORDER)
        for name, metric in told.items():
            if isinstance(name, int):
                drawn.asbr_summary(border, name, metric)
            else:
                drawn.summary(border, net(name), metric)
    return drawn


def backbone() -> DrawnArea:
    drawn = DrawnArea(0)
    lines(drawn)
    for here, there, cost in ((10, 11, 3), (11, 10, 2)):  # the virtual link
        drawn.router(here)
        drawn.router_links[here].append(RouterLink(LinkType.VIRTUAL, router_id(there), Address(0), cost))
    for border, told in ADVERTISED.items():
        drawn.router(border, BORDER)
        for name, metric in told.items():
            drawn.summary(border, net(name), metric)
    return drawn


@pytest.mark.parametrize(
    ("name", "area", "kind", "cost", "via"),
    [
        ("N1", 1, Kind.INTRA, 4, [1]),
        ("N2", 1, Kind.INTRA, 4, [2]),
        ("N3", 1, Kind.INTRA, 1, []),
        ("N4", 1, Kind.INTRA, 3, [3]),
        ("Ib", 0, Kind.INTRA, 22, [5]),
        ("Ia", 0, Kind.INTRA, 27, [5]),
        ("N6", 0, Kind.INTER, 15, [5]),
        ("N7", 0, Kind.INTER, 19, [5]),
        ("N8", 0, Kind.INTER, 18, [5]),
        ("N9-N11,H1", 0, Kind.INTER, 36, [5]),
        ("N12", 0, Kind.TYPE_1, 16, [5]),
        ("N13", 0, Kind.TYPE_1, 16, [5]),
        ("N14", 0, Kind.TYPE_1, 16, [5]),
        ("N15", 0, Kind.TYPE_1, 23, [5]),
    ],
)
def test_table_13_networks(name, area, kind, cost, via):
    one, zero = first_area(), backbone()
    found = table_of(4, one, zero, externals=externals()).routes[Prefix.parse(net(name))]
    assert found == Route(found.prefix, kind, cost, 0, found.hops, Address(area))
    assert (one if area else zero).via(found) == via


def test_table_13_routers():
    """ "there are two routing entries for the area border router RT3, since it has two areas in common with RT4" """
    one, zero = first_area(), backbone()
    table = table_of(4, one, zero)
    assert table.border
    ways = {(way.router, way.area): (way.cost, (one if way.area else zero).via(way)) for way in table.routers.values()}
    assert ways == {
        (3, 1): (1, [3]),
        (3, 0): (21, [5]),
        (5, 0): (8, [5]),
        (7, 0): (14, [5]),
        (10, 0): (22, [5]),
        (11, 0): (25, [5]),
    }


@pytest.mark.parametrize(
    ("border", "distances"),
    [
        (3, {4: 22, 7: 20, 10: 15, 11: 18, "Ia": 20, "Ib": 15, 5: 14}),
        (4, {3: 21, 7: 14, 10: 22, 11: 25, "Ia": 27, "Ib": 22, 5: 8}),
    ],
)
def test_table_5_backbone_distances(border, distances):
    table = table_of(border, first_area(), backbone())
    found = {
        name: table.routers[router_id(name), Address(0)].cost
        if isinstance(name, int)
        else table.routes[Prefix.parse(net(name))].cost
        for name in distances
    }
    assert found == distances


@pytest.mark.parametrize(("name", "via"), [("N6", [4]), ("N9-N11,H1", [3]), ("N8", [3, 4])])
def test_3_4_an_internal_router_chooses_its_border_router(name, via):
    """ "Router RT1 would use RT4 for traffic to Network N6, RT3 for traffic to Network N10, and would load share
    between the two for traffic to Network N8." """
    drawn = first_area()
    found = table_of(1, drawn).routes[Prefix.parse(net(name))]
    assert (found.kind, drawn.via(found)) == (Kind.INTER, via)


def test_3_4_an_internal_router_chooses_its_boundary_router():
    """N12: by RT4 to RT5 1 + 8 + 8, to RT7 1 + 14 + 2: both; N15 by RT7 alone, 1 + 14 + 9."""
    drawn = first_area()
    table = table_of(1, drawn, externals=externals())
    assert row(table, drawn, "N12") == (17, [4])
    assert row(table, drawn, "N15") == (24, [4])
