"""Which routes `ospf` should find: against networkx within an area, by the RFC's rules across areas."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.control.topology import Router
from catenet.nodes.internet.ospf.config import OspfOptions
from catenet.nodes.internet.ospf.expected import expected


def router(name: str, *lans: str, **options: Any) -> Router:
    dropped = frozenset(options.pop("ingress_dropped", ()))
    return Router(name, lans, OspfOptions(**options), ingress_dropped=dropped)


def row(routers: list[Router], name: str) -> dict[str, tuple[int | None, set[tuple[str, str]]]]:
    return {lan: (route.cost, set(route.next_hops)) for lan, route in expected(routers)[name].items()}


@st.composite
def areas(draw: st.DrawFn) -> list[Router]:
    """Up to 6 routers on up to 7 LANs, each at a cost of its own."""
    names = [f"r{number}" for number in range(draw(st.integers(2, 6)))]
    lans = [f"l{number}" for number in range(draw(st.integers(1, 7)))]
    costs = st.integers(1, 4)
    return [
        router(name, *on, cost={lan: draw(costs) for lan in on})
        for name in names
        for on in [draw(st.lists(st.sampled_from(lans), unique=True, max_size=4))]
    ]


@settings(max_examples=60, deadline=None)
@given(areas())
def test_within_an_area_they_are_dijkstras(routers: list[Router]) -> None:
    """2.1, 16.1: "a cost is associated with the output side of each router interface"; from a network to a router it is
    0. All next hops of equal cost are kept.
    """
    graph = nx.DiGraph()
    for each in routers:
        graph.add_node(each.name)
        for lan in each.lans:
            graph.add_edge(each.name, f"lan {lan}", cost=each.options.cost[lan])
            graph.add_edge(f"lan {lan}", each.name, cost=0)
    found = expected(routers)
    for each in routers:
        lengths = nx.single_source_dijkstra_path_length(graph, each.name, weight="cost")
        for lan in {lan for other in routers for lan in other.lans} - set(each.lans):
            if f"lan {lan}" not in lengths:
                assert lan not in found[each.name]
                continue
            paths = list(nx.all_shortest_paths(graph, each.name, f"lan {lan}", weight="cost"))
            # A path may also go over the LAN itself on its way to it: nobody does, since that costs at least 1.
            hops = {(path[1][4:], path[2]) for path in paths}
            assert found[each.name][lan][:2] == (lengths[f"lan {lan}"] - 1, frozenset(hops))


def line(**options: Any) -> list[Router]:
    """a ─ab─ b ─bc─ c; each has a LAN of its own. `b`: what b says besides."""
    return [
        router("a", "ab", "la"),
        router("b", "ab", "bc", "lb", **options),
        router("c", "bc", "lc"),
    ]


def test_a_passive_lan_is_announced_and_nobody_is_heard_there() -> None:
    """9.3 has no such interface; C.3's cost alone speaks of it, in the router-LSA."""
    assert row(line(passive=("lb",)), "a")["lb"] == (1, {("ab", "b")})
    assert row(line(passive=("bc",)), "a") == {"lb": (1, {("ab", "b")}), "bc": (1, {("ab", "b")})}


def test_those_that_do_not_agree_are_no_neighbours() -> None:
    """10.5: hello and dead interval and the E-bit; 8.2: the area; D.4: the authentication."""
    for options in (
        {"hello": 5.0},
        {"dead": 60.0},
        {"auth": {"password": "x"}},
        {"area": {"ab": 1, "bc": 1, "lb": 1}},
        {"network": {"ab": "point-to-point", "bc": "point-to-point"}},
        {"ingress_dropped": ("ab", "bc")},
    ):
        assert row(line(**options), "a") == {}, options


@pytest.mark.parametrize(("second", "neighbours"), [("1.1.1.1", False), ("1.1.1.2", True)])
def test_two_routers_with_one_router_id_are_no_neighbours(second: str, neighbours: bool) -> None:
    """1.2: it "uniquely identifies the router within an Autonomous System"."""
    routers = [router(name, "l", f"l{name}", router_id=each) for name, each in (("a", "1.1.1.1"), ("b", second))]
    assert ("lb" in row(routers, "a")) is neighbours


def test_keys_that_both_take_make_neighbours() -> None:
    """D.3: a packet is verified by the key that its Key ID names; which one its sender prefers is its own matter."""
    old, new = {"1": {"secret": "x"}}, {"2": {"secret": "y"}}
    routers = [router(name, "l", f"l{name}", auth={"md5": {**old, **new}}) for name in "ab"]
    assert "lb" in row(routers, "a")
    routers[1] = router("b", "l", "lb", auth={"md5": new})
    assert "lb" not in row(routers, "a")  # a signs with key 1


def test_without_one_that_may_be_designated_there_is_no_adjacency() -> None:
    """9.4: "routers […] having Router Priority of 0 are ineligible"; 10.4: adjacencies are with the elected ones."""
    none = [router(name, "l", f"l{name}", priority={"l": 0}) for name in "ab"]
    assert row(none, "a") == {}
    assert row([none[0], router("b", "l", "lb")], "a") == {"lb": (1, {("l", "b")})}


def test_between_areas_it_goes_over_the_backbone_and_within_one_it_stays() -> None:
    """11: "intra-area paths are always preferred over inter-area paths"; 16.2: border routers look at the backbone's
    summaries alone.
    """
    routers = [
        router("a", "x", "la", area={"x": 1, "la": 1}),
        router("b", "x", "slow", "z", area={"x": 1, "slow": 1}, cost={"slow": 50}),
        router("c", "z", "slow", "y", area={"slow": 1, "y": 2}, cost={"slow": 50}),
        router("d", "y", "ld", area={"y": 2, "ld": 2}),
    ]
    assert row(routers, "a") == {
        "slow": (50, {("x", "b")}),
        "z": (1, {("x", "b")}),
        "y": (2, {("x", "b")}),
        "ld": (3, {("x", "b")}),
    }
    assert row(routers, "c")["la"] == (51, {("slow", "b")})  # not over z, the backbone, for 2


def test_an_area_that_does_not_touch_the_backbone_is_not_reached() -> None:
    """3.1: "the backbone must be contiguous"; areas speak with each other over it."""
    routers = [
        router("a", "la", "l1", area={"l1": 1}),
        router("b", "l1", "l2", area={"l1": 1, "l2": 2}),
        router("c", "l2", "lc", area={"l2": 2, "lc": 2}),
    ]
    assert "lc" not in row(routers, "a")
    assert "la" not in row(routers, "c")
    assert row(routers, "c")["l1"] == (1, {("l2", "b")})  # b's own area, told by b


def test_into_stub_areas() -> None:
    """3.6: "AS external advertisements are not flooded into/throughout stub areas"; of the other areas a totally stub
    one hears by a default route alone.
    """

    def of(kind: str) -> dict[str, Any]:
        inside = {"area": {"in": 1, "lc": 1}, "areas": {"1": kind}}
        routers = [
            router("a", "out", "ab", area={"out": "off"}, redistribute=("connected",), metric_type=1),
            router("b", "ab", "in", "lb", **inside),
            router("c", "in", "lc", **inside),
        ]
        return row(routers, "c")

    assert of("normal") == {"lb": (1, {("in", "b")}), "ab": (1, {("in", "b")}), "out": (21, {("in", "b")})}
    assert of("stub") == {"lb": (1, {("in", "b")}), "ab": (1, {("in", "b")})}
    assert of("totally-stub") == {}


def test_what_is_outside_comes_last_and_type_1_before_type_2() -> None:
    """2.3: type 1 metrics are "in the same units as OSPF interface cost", type 2 greater than any path within."""
    announced = {"area": {"out": "off"}, "redistribute": ("connected",)}
    far = router("d", "cd", "out", metric_type=1, **announced)
    routers = [router("a", "ab"), router("b", "ab", "bc", "out", metric=5, **announced), router("c", "bc", "cd")]
    assert row(routers, "a")["out"] == (4, {("ab", "b")})  # type 2: what it was announced at
    assert row([*routers, far], "a")["out"] == (22, {("ab", "b")})  # over b and c to d
    assert row([*routers, router("e", "ab", "out")], "a")["out"] == (1, {("ab", "e")})  # it is inside


def test_to_the_boundary_not_over_the_backbone_where_an_area_has_a_way() -> None:
    """16.4.1: "Intra-area paths using non-backbone areas are always the most preferred"."""
    options = {"area": {"side": 1, "out": "off"}, "cost": {"side": 9}}
    routers = [
        router("a", "link", "side", **options),
        router("b", "link", "side", "out", redistribute=("connected",), **options),
    ]
    assert row(routers, "a")["out"] == (19, {("side", "b")})


@settings(max_examples=60, deadline=None)
@given(areas(), st.data())
def test_where_costs_are_measured_whatever_they_turn_out_to_be_is_expected(
    routers: list[Router], data: st.DataObject
) -> None:
    """The same lab with any costs in the place of `measured`: each route is by next hops that were expected, and at
    the cost, where one was."""
    measured = data.draw(st.sets(st.sampled_from(sorted({lan for each in routers for lan in each.lans}) or ["none"])))
    unknown, known = [], []
    for each in routers:
        its = measured & set(each.lans)
        drawn = {lan: data.draw(st.sampled_from((1, 2, 3, 41, 1000))) for lan in sorted(its)}
        unknown.append(router(each.name, *each.lans, cost={**each.options.cost, **dict.fromkeys(its, "measured")}))
        known.append(router(each.name, *each.lans, cost={**each.options.cost, **drawn}))
    wanted, found = expected(unknown), expected(known)
    for name, routes in found.items():
        assert routes.keys() == wanted[name].keys()
        for lan, route in routes.items():
            assert route.next_hops <= wanted[name][lan].next_hops
            assert wanted[name][lan].cost in (None, route.cost)


def test_what_no_measured_cost_can_change_is_expected_as_it_is() -> None:
    """A ring of four, of which one link is measured: a and d know what the far corner costs; whether they share that
    between two ways they do not."""
    cost = {"ab": "measured"}
    routers = [
        router("a", "ab", "ad", "la", cost=cost),
        router("b", "ab", "bc", "lb", cost=cost),
        router("c", "bc", "cd", "lc"),
        router("d", "ad", "cd", "ld"),
    ]
    assert row(routers, "c")["lb"] == (1, {("bc", "b")})
    assert row(routers, "a")["lb"] == (None, {("ab", "b"), ("ad", "d")})
    assert row(routers, "a")["lc"] == (2, {("ab", "b"), ("ad", "d")})
    assert row(routers, "d")["lb"] == (2, {("ad", "a"), ("cd", "c")})


def test_the_only_way_is_expected_at_any_cost() -> None:
    routers = [router("a", "ab", "la", cost={"ab": "measured"}), router("b", "ab", "bc", "lb"), router("c", "bc", "lc")]
    assert row(routers, "a") == {lan: (None, {("ab", "b")}) for lan in ("lb", "bc", "lc")}
    assert row(routers, "c")["la"] == (2, {("bc", "b")})


def test_of_two_equal_externals_the_nearer_is_measured() -> None:
    """16.4.1 step 6 (d): of type 2 routes of one metric the one whose router is nearer."""
    outside = {"area": {"out": "off"}, "redistribute": ("connected",)}
    routers = [
        router("a", "ab", "ac", cost={"ab": "measured"}),
        router("b", "ab", "out", **outside),
        router("c", "ac", "out", **outside),
    ]
    assert row(routers, "a")["out"] == (None, {("ab", "b"), ("ac", "c")})
