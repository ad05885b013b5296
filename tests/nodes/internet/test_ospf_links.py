"""The network as a router's database has it, and which links are on its shortest-path tree (RFC 2328 section 16.1)."""

from __future__ import annotations

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st
from ospf_area import DrawnArea, router_id
from ospf_router import Router
from test_ospf_rfc_examples import figure_2

from catenet.nodes.catalogue import services
from catenet.nodes.control.answers import KnownLink
from catenet.nodes.control.answers import known_links as parse
from catenet.nodes.internet.ospf.graph import Graph
from catenet.nodes.internet.ospf.links import known_links
from catenet.nodes.internet.ospf.spf import spf

SUBNET = "10.0.1.0/30"


def links(drawn: DrawnArea, root: int = 1) -> list[KnownLink]:
    graph = Graph()
    graph.update(drawn.lsdb(), 0)
    return list(known_links(drawn.id, spf(router_id(root), graph, drawn.links(root)), graph))


def joined(*ends: int, cost: int = 1, subnet: str = SUBNET) -> DrawnArea:
    """Routers 1 and 2; `ends`: which of them say the link's subnet."""
    drawn = DrawnArea()
    drawn.join(1, 2, cost, cost, subnet)
    for end in ends:
        drawn.stub_network(end, subnet, cost)
    return drawn


def rows(found: list[KnownLink]) -> list[tuple[int, str | None, str | None, int, str | None]]:
    return [(int(row.router.rsplit(".", 1)[1]), row.prefix, row.address, row.cost, row.tree) for row in found]


def test_a_point_to_point_link_and_its_subnet_are_one() -> None:
    """12.4.1.1, option 2: the stub network is the subnet of the link."""
    assert rows(links(joined(1, 2, cost=3))) == [
        (1, SUBNET, "10.0.1.1", 3, "into"),
        (2, SUBNET, "10.0.1.2", 3, "out of"),
    ]


def test_one_end_alone_tells_the_subnet() -> None:
    assert rows(links(joined(1))) == rows(links(joined(1, 2)))


def test_12_4_1_1_option_1_a_host_is_no_subnet() -> None:
    """ "set the Link ID of the Type 3 link to the neighbor's IP address, the Link Data to the mask 0xffffffff" """
    drawn = joined()
    drawn.stub_network(1, "10.0.1.2/32", 1)
    assert rows(links(drawn)) == [
        (1, None, "10.0.1.1", 1, "into"),
        (1, "10.0.1.2/32", None, 1, "into"),
        (2, None, "10.0.1.2", 1, "out of"),
    ]


def test_a_link_that_no_path_takes_is_there_and_not_on_the_tree() -> None:
    drawn = joined(1, 2)
    drawn.join(1, 2, 5, 5, "10.0.2.0/30")
    drawn.stub_network(1, "10.0.2.0/30", 5)
    drawn.stub_network(2, "10.0.2.0/30", 5)
    assert {row.tree for row in links(drawn) if row.prefix == "10.0.2.0/30"} == {None}
    assert {row.tree for row in links(drawn) if row.prefix == SUBNET} == {"into", "out of"}


def test_16_1_stage_2_a_stub_network_is_the_nearest_routers() -> None:
    drawn = joined(1, 2)
    drawn.stub_network(1, "10.0.9.0/24", 5)
    drawn.stub_network(2, "10.0.9.0/24", 1)
    assert [(row.router, row.tree) for row in links(drawn) if row.kind == "stub"] == [
        ("0.0.0.1", None),
        ("0.0.0.2", "into"),
    ]


def test_a_router_that_is_not_reached_is_there() -> None:
    drawn = joined(1, 2)
    drawn.stub_network(3, "10.0.9.0/24", 1)
    (lonely,) = (row for row in links(drawn) if row.router == "0.0.0.3")
    assert (lonely.distance, lonely.tree) == (None, None)


def test_table_2_of_the_rfc() -> None:
    """The distances from RT6 (section 2.2, figure 5 and table 2), and over N6 RT7 and RT8 are reached from RT10."""
    found = links(figure_2(), 6)
    distances = {int(row.router.rsplit(".", 1)[1]): row.distance for row in found}
    assert (distances[3], distances[5], distances[7], distances[8], distances[10], distances[12]) == (6, 6, 8, 8, 7, 11)
    over = {(row.router, row.tree) for row in found if row.prefix == "10.0.6.0/24"}
    assert over == {("0.0.0.10", "into"), ("0.0.0.7", "out of"), ("0.0.0.8", "out of")}


@st.composite
def areas(draw: st.DrawFn) -> DrawnArea:
    """Up to eight routers, on links and LANs of any costs."""
    drawn = DrawnArea()
    numbers, costs = st.integers(1, 8), st.integers(1, 5)
    drawn.router(1)
    for place in range(draw(st.integers(0, 10))):
        there = draw(st.lists(numbers, min_size=2, max_size=4, unique=True))
        subnet = f"10.0.{place}.0/24"
        if len(there) == 2:
            drawn.join(*there, draw(costs), draw(costs), subnet)
        else:
            drawn.lan(subnet, {each: draw(costs) for each in there})
    return drawn


@settings(max_examples=60, deadline=None)
@given(drawn=areas())
def test_the_tree_that_is_told_is_all_shortest_paths(drawn: DrawnArea) -> None:
    """The paths by the marked lines, from network to network, against networkx on the links as they are told."""
    found = links(drawn)
    every, marked = nx.DiGraph(), nx.DiGraph()
    every.add_node("0.0.0.1")
    for row in found:
        if row.kind == "transit":
            lan = str(row.prefix)
            every.add_edge(row.router, lan, weight=row.cost)
            every.add_edge(lan, row.router, weight=0)
            if row.tree:
                marked.add_edge(*((row.router, lan) if row.tree == "into" else (lan, row.router)))
        else:
            known = every.get_edge_data(row.router, row.to, {"weight": row.cost})
            every.add_edge(row.router, row.to, weight=min(row.cost, known["weight"]))
            if row.tree == "into":
                marked.add_edge(row.router, row.to)
    distance = nx.single_source_dijkstra_path_length(every, "0.0.0.1")
    assert {row.router: row.distance for row in found} == {row.router: distance.get(row.router) for row in found}
    assert {*marked.edges} == {
        (a, b) for a, b, data in every.edges(data=True) if a in distance and distance[a] + data["weight"] == distance[b]
    }


def test_a_node_shows_it_by_the_name_that_is_declared() -> None:
    router = Router()
    router.wait(60)
    declared = services()["ospf"].routing
    assert declared is not None
    found = parse(router.show(declared.links))
    assert [(row.prefix, row.kind, row.tree) for row in found] == [
        ("10.0.1.0/24", "stub", "into"),
        ("10.0.2.0/24", "stub", "into"),
    ]
    assert [row.to_json() for row in found] == router.show(declared.links)
