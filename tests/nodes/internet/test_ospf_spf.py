"""The shortest-path tree and the routes within an area: RFC 2328 sections 16.1 and 16.1.1, and 11's entries."""

from __future__ import annotations

import pytest
from ospf_area import BACKBONE, MAX_AGE, DrawnArea, lsa, route, router_id, table_of

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.graph import Graph
from catenet.nodes.internet.ospf.lsa import (
    BORDER,
    BOUNDARY,
    VIRTUAL_END,
    LinkType,
    LsaKey,
    LsaType,
    RouterLink,
    RouterLsa,
)
from catenet.nodes.internet.ospf.spf import spf
from catenet.nodes.internet.ospf.table import Kind
from catenet.nodes.machine import NextHop

FAR_NET = "10.9.9.0/24"


def line(*costs: int) -> DrawnArea:
    """Routers 1, 2, 3, … on a line of point-to-point links; the last has a stub network of cost 1."""
    drawn = DrawnArea()
    for number, cost in enumerate(costs, start=1):
        drawn.join(number, number + 1, cost, cost, f"10.0.{number}.0/30")
    drawn.stub_network(len(costs) + 1, FAR_NET, 1)
    return drawn


def drop_link(drawn: DrawnArea, router: int, towards: Address) -> None:
    drawn.router_links[router] = [link for link in drawn.router_links[router] if link.id != towards]


def far(drawn: DrawnArea, root: int = 1) -> tuple[int, list[int]] | None:
    """Cost and next routers of the way to FAR_NET."""
    found = route(table_of(root, drawn), FAR_NET)
    return None if found is None else (found.cost, drawn.via(found))


def test_the_cost_of_a_path_is_the_sum_of_its_links():
    assert far(line(3, 4, 5)) == (13, [2])


def test_the_cost_is_that_of_the_output_side():
    """2.1.2: "A cost is associated with the output side of each router interface." """
    drawn = DrawnArea()
    drawn.join(1, 2, 7, 1, "10.0.1.0/30")
    drawn.stub_network(2, FAR_NET, 1)
    drawn.stub_network(1, "10.9.8.0/24", 1)
    assert far(drawn) == (8, [2])
    assert route(table_of(2, drawn), "10.9.8.0/24").cost == 2


def test_from_a_network_to_its_routers_costs_nothing():
    drawn = DrawnArea()
    drawn.lan("10.0.1.0/24", {1: 4, 2: 9})
    drawn.stub_network(2, FAR_NET, 1)
    assert far(drawn) == (5, [2])


def test_2b_no_lsa():
    drawn = line(1, 1)
    del drawn.router_links[2]
    assert far(drawn) is None


def test_2b_an_lsa_at_max_age():
    drawn = line(1, 1)
    body = RouterLsa(0, tuple(drawn.router_links.pop(2)))
    drawn.say(LsaType.ROUTER, router_id(2), 2, body, age=MAX_AGE)
    assert far(drawn) is None


def test_2b_an_lsa_that_reaches_max_age_meanwhile():
    drawn = line(1, 1)
    body = RouterLsa(0, tuple(drawn.router_links.pop(2)))
    drawn.say(LsaType.ROUTER, router_id(2), 2, body, age=MAX_AGE - 10)
    assert route(table_of(1, drawn, now=9), FAR_NET)
    assert route(table_of(1, drawn, now=10), FAR_NET) is None


@pytest.mark.parametrize("silent", [2, 3])
def test_2b_no_link_back(silent):
    drawn = line(1, 1)
    drop_link(drawn, silent, router_id(5 - silent))
    assert far(drawn) is None


def test_2b_any_link_back_is_sufficient():
    """Footnote 23: "it need not be the matching half of the link under consideration" """
    drawn = line(1, 1)
    drop_link(drawn, 3, router_id(2))
    drawn.router_links[3].append(RouterLink(LinkType.POINT_TO_POINT, router_id(2), Address(99), 50))
    assert far(drawn) == (3, [2])


def test_2b_a_network_that_does_not_list_the_router():
    drawn = DrawnArea()
    drawn.lan("10.0.1.0/24", {1: 1, 2: 1, 3: 1})
    drawn.stub_network(2, FAR_NET, 1)
    assert far(drawn)
    drawn.others.clear()
    drawn.network(Address.parse("10.0.1.3"), 3, Prefix.parse("10.0.1.0/24"), (1, 3))
    assert far(drawn) is None


def test_2b_a_router_that_does_not_name_the_network():
    drawn = DrawnArea()
    drawn.lan("10.0.1.0/24", {1: 1, 2: 1, 3: 1})
    drawn.stub_network(2, FAR_NET, 1)
    drop_link(drawn, 2, Address.parse("10.0.1.3"))
    assert far(drawn) is None


def test_2d_the_shorter_path_though_it_was_found_later():
    drawn = DrawnArea()
    drawn.join(1, 4, 10, 10, "10.0.1.0/30")
    for number, (a, b) in enumerate([(1, 2), (2, 3), (3, 4)]):
        drawn.join(a, b, 3, 3, f"10.0.2.{4 * number}/30")
    drawn.stub_network(4, FAR_NET, 1)
    assert far(drawn) == (10, [2])


def test_2d_equal_paths_have_the_next_hops_of_both():
    drawn = DrawnArea()
    for number in (2, 3):
        drawn.join(1, number, number, number, f"10.0.{number}.0/30")
        drawn.join(number, 4, 5 - number, 5 - number, f"10.1.{number}.0/30")
    drawn.join(4, 5, 1, 1, "10.2.0.0/30")
    drawn.stub_network(5, FAR_NET, 1)
    assert far(drawn) == (7, [2, 3])


@pytest.mark.parametrize(("second", "interfaces"), [(5, 2), (6, 1)])
def test_2d_parallel_links(second, interfaces):
    drawn = DrawnArea()
    drawn.join(1, 2, 5, 1, "10.0.1.0/30")
    drawn.join(1, 2, second, 1, "10.0.2.0/30")
    drawn.stub_network(2, FAR_NET, 1)
    found = route(table_of(1, drawn), FAR_NET)
    hops = [NextHop(Address.parse(f"10.0.{each}.2"), f"10.0.{each}.1") for each in (1, 2)]
    assert (found.cost, found.hops) == (6, tuple(hops[:interfaces]))


def test_3_networks_are_chosen_before_routers():
    """ "in order to necessarily find all equal-cost paths": router 2 is as near by the link as over the LAN."""
    drawn = DrawnArea()
    drawn.join(1, 2, 5, 5, "10.0.1.0/30")
    drawn.lan("10.0.2.0/24", {1: 5, 2: 5})
    drawn.stub_network(2, FAR_NET, 1)
    hops = route(table_of(1, drawn), FAR_NET).hops
    assert hops == (
        NextHop(Address.parse("10.0.1.2"), "10.0.1.1"),
        NextHop(Address.parse("10.0.2.2"), "10.0.2.1"),
    )


@pytest.mark.parametrize(("flags", "listed"), [(0, False), (BORDER, True), (BOUNDARY, True), (VIRTUAL_END, False)])
def test_4_border_and_boundary_routers_are_in_the_table(flags, listed):
    drawn = line(2, 3)
    drawn.router(3, flags)
    drawn.router(1, flags)  # not itself
    table = table_of(1, drawn)
    assert [(way.router, way.area, way.kind, way.cost, way.flags) for way in table.routers.values()] == [
        (router_id(3), BACKBONE, Kind.INTRA, 5, flags)
    ] * listed
    assert table.trees[BACKBONE].transit == bool(flags & VIRTUAL_END)


def test_2_an_unreachable_end_of_a_virtual_link_makes_no_transit_area():
    drawn = line(1)
    drawn.router(9, VIRTUAL_END)
    assert not table_of(1, drawn).trees[BACKBONE].transit


def test_4_a_transit_network():
    drawn = line(2, 3)
    drawn.lan("10.5.0.0/24", {3: 4, 4: 1})
    found = route(table_of(1, drawn), "10.5.0.0/24")
    assert (found.kind, found.cost, drawn.via(found), found.area) == (Kind.INTRA, 9, [2], BACKBONE)


@pytest.mark.parametrize(("cost", "via"), [(3, 3), (4, 2), (2, 3)])
def test_4_two_vertices_of_one_network(cost, via):
    """ "overwritten if and only if the newly found path is just as short and the current routing table entry's Link
    State Origin has a smaller Link State ID": the LAN's halves have Designated Routers of their own for a while."""
    drawn = DrawnArea()
    drawn.join(1, 2, 1, 1, "10.0.1.0/30")
    drawn.join(1, 3, 1, 1, "10.0.2.0/30")
    drawn.lan("10.5.0.0/24", {2: 3})
    drawn.lan("10.5.0.0/24", {3: cost})
    found = route(table_of(1, drawn), "10.5.0.0/24")
    assert (found.cost, drawn.via(found)) == (min(4, 1 + cost), [via])


def test_stage_2_an_unreachable_routers_stub_networks():
    drawn = line(1)
    drawn.stub_network(9, "10.8.0.0/24", 1)
    assert route(table_of(1, drawn), "10.8.0.0/24") is None


@pytest.mark.parametrize(("cost", "via"), [(4, [2]), (3, [2, 3]), (2, [3])])
def test_stage_2_a_stub_network_of_several_routers(cost, via):
    drawn = DrawnArea()
    drawn.join(1, 2, 1, 1, "10.0.1.0/30")
    drawn.join(1, 3, 1, 1, "10.0.2.0/30")
    drawn.stub_network(2, FAR_NET, 3)
    drawn.stub_network(3, FAR_NET, cost)
    assert far(drawn) == (min(4, 1 + cost), via)


def test_stage_2_a_transit_network_that_is_also_somebodys_stub():
    """ "If the distance D is the same as the current routing table cost, simply add this set of next hops" """
    drawn = DrawnArea()
    drawn.join(1, 2, 1, 1, "10.0.1.0/30")
    drawn.join(1, 3, 1, 1, "10.0.2.0/30")
    drawn.lan("10.9.9.0/24", {2: 3})
    drawn.stub_network(3, FAR_NET, 3)
    assert far(drawn) == (4, [2, 3])


def test_stage_2_stub_networks_of_its_own():
    drawn = line(1)
    drawn.stub_network(1, "10.8.0.0/24", 6, attached=True)
    drawn.stub_network(1, "10.7.0.1/32", 0)
    table = table_of(1, drawn)
    assert (route(table, "10.8.0.0/24").cost, route(table, "10.8.0.0/24").hops) == (6, ())
    assert (route(table, "10.7.0.1/32").cost, route(table, "10.7.0.1/32").hops) == (0, ())


@pytest.mark.parametrize(
    ("address", "mask"),
    [("10.0.0.0", 0xFF00FF00), ("127.0.0.0", 0xFF000000), ("224.0.0.0", 0xF0000000), ("0.0.0.0", 0xFF000000)],
)
def test_stage_2_where_no_packet_is_routed(address, mask):
    drawn = line(1)
    drawn.router_links[2].append(RouterLink(LinkType.STUB, Address.parse(address), mask, 1))
    assert list(table_of(1, drawn).routes) == [Prefix.parse(FAR_NET)]


def test_stage_2_host_bits_are_masked():
    drawn = line(1)
    drawn.router_links[2].append(RouterLink(LinkType.STUB, Address.parse("10.8.0.77"), 0xFFFFFF00, 1))
    assert route(table_of(1, drawn), "10.8.0.0/24").cost == 2


def test_16_1_1_the_next_hop_over_a_lan_is_the_routers_address_there():
    """ "the link's Link Data field provides the IP address of a next hop router" """
    drawn = DrawnArea()
    drawn.lan("10.0.1.0/24", {1: 1, 2: 1, 3: 1})
    drawn.join(2, 4, 1, 1, "10.0.2.0/30")
    drawn.stub_network(4, FAR_NET, 1)
    table = table_of(1, drawn)
    assert route(table, FAR_NET).hops == (NextHop(Address.parse("10.0.1.2"), "10.0.1.1"),)
    assert route(table, "10.0.1.0/24").hops == ()


def test_16_1_1_a_lan_that_is_as_near_over_another_router():
    """Its own interface there costs 10, and so does the way by router 2: to router 3 it has both."""
    drawn = DrawnArea()
    drawn.lan("10.0.1.0/24", {1: 10, 2: 9, 3: 1})
    drawn.join(1, 2, 1, 1, "10.0.2.0/30")
    drawn.stub_network(3, FAR_NET, 1)
    table = table_of(1, drawn)
    assert route(table, FAR_NET).hops == (
        NextHop(Address.parse("10.0.1.3"), "10.0.1.1"),
        NextHop(Address.parse("10.0.2.2"), "10.0.2.1"),
    )
    assert route(table, "10.0.1.0/24").hops == ()


@pytest.mark.parametrize("data", ["10.0.7.2", "10.0.1.255", "0.0.0.2"])
def test_16_1_1_an_address_that_is_not_on_the_lan(data):
    """Somebody's Link Data is wrong: no packet is sent there, and another way counts."""
    drawn = DrawnArea()
    network = drawn.lan("10.0.1.0/24", {1: 1, 2: 1, 3: 1})
    drawn.join(3, 2, 5, 5, "10.0.2.0/30")
    drawn.stub_network(2, FAR_NET, 1)
    drop_link(drawn, 2, network)
    drawn.router_links[2].append(RouterLink(LinkType.TRANSIT, network, Address.parse(data), 1))
    assert far(drawn) == (7, [3])


def test_16_1_1_a_neighbour_that_is_not_adjacent_is_no_next_hop():
    drawn = line(1)
    (link,) = drawn.links(1)
    link.neighbours.clear()
    assert far(drawn) is None


def test_a_network_may_have_the_number_of_a_router():
    """Footnote 9: "a network may have an IP address which is identical […] to some router's Router ID"."""
    one, two = (int(Address.parse(f"10.0.1.{each}")) for each in (1, 2))
    drawn = DrawnArea()
    drawn.router(one)
    drawn.router(two)
    drawn.router_links[one].append(RouterLink(LinkType.TRANSIT, Address(two), one, 1))
    drawn.router_links[two].append(RouterLink(LinkType.TRANSIT, Address(two), two, 1))
    drawn.network(Address(two), two, Prefix.parse("10.0.1.0/24"), (one, two))
    drawn.stub_network(two, FAR_NET, 1)
    drawn._interface(one, Address(one), Prefix.parse("10.0.1.0/24"), {})
    drawn._interface(two, Address(two), Prefix.parse("10.0.1.0/24"), {})
    assert far(drawn, one) == (2, [two])
    assert {(key.kind, key.id) for key in table_of(one, drawn).trees[BACKBONE].vertices} == {
        ("router", one),
        ("router", two),
        ("network", two),
    }


@pytest.mark.parametrize("stale", [1, 9])
def test_two_network_lsas_of_one_address(stale):
    """12.2, footnote 14: "no two network-LSAs can have the same Link State ID"; but the Designated Router had another
    Router ID before, whose LSA is still there."""
    drawn = DrawnArea()
    address = drawn.lan("10.0.1.0/24", {2: 1, 3: 1, 4: 1}, designated=3)
    drawn.network(address, stale, Prefix.parse("10.0.1.0/24"), (stale, 2))
    drawn.stub_network(4, FAR_NET, 1)
    assert far(drawn, 2) == (2, [4])
    drawn.others.reverse()
    assert far(drawn, 2) == (2, [4])


def test_which_of_two_network_lsas_counts_a_router_may_say_later():
    """The Designated Router's own router-LSA is the last that comes."""
    drawn = DrawnArea()
    address = drawn.lan("10.0.1.0/24", {2: 1, 3: 1, 4: 1}, designated=3)
    drawn.network(address, 9, Prefix.parse("10.0.1.0/24"), (9, 2))
    lsdb, graph = drawn.lsdb(), Graph()
    last = lsdb.get(LsaKey(LsaType.ROUTER, router_id(3), router_id(3))).lsa
    lsdb.remove(last.key)
    reached = []
    for turn in range(2):
        graph.update(lsdb, 0)
        reached.append(
            [int(key.id) for key in spf(router_id(2), graph, drawn.links(2)).vertices if key.kind == "router"]
        )
        lsdb.install(last, turn)
    assert reached == [[2], [2, 3, 4]]


def test_without_its_own_lsa_it_knows_of_nothing():
    drawn = line(1)
    del drawn.router_links[1]
    table = table_of(1, drawn)
    assert (table.routes, table.routers, table.trees[BACKBONE].vertices) == ({}, {}, {})


def test_a_router_lsa_whose_link_state_id_is_not_its_router():
    """12.1.4: a router-LSA's Link State ID is "the originating router's Router ID". Another one is no vertex."""
    drawn = line(1)
    forged = RouterLsa(0, (RouterLink(LinkType.STUB, Address.parse("10.8.0.0"), 0xFFFFFF00, 1),))
    drawn.others.append(lsa(LsaType.ROUTER, router_id(2), 7, forged))
    assert far(drawn) == (2, [2])
    assert route(table_of(1, drawn), "10.8.0.0/24") is None


def test_16_8_so_many_equal_paths_are_kept():
    drawn = DrawnArea()
    for number in range(2, 8):
        drawn.join(1, number, 1, 1, f"10.0.{number}.0/30")
        drawn.stub_network(number, FAR_NET, 1)
    assert [drawn.via(route(table_of(1, drawn, ecmp=ecmp), FAR_NET)) for ecmp in (1, 4, 8)] == [
        [2],
        [2, 3, 4, 5],
        [2, 3, 4, 5, 6, 7],
    ]
