"""Routes that somebody takes away: put back at once, and then with growing patience. On a clock of the test's own."""

from __future__ import annotations

import pytest
from kernel_in_memory import FAR, METRIC, Node

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.service import Source
from catenet.nodes.machine import NextHop, OtherRoute
from catenet.nodes.runtime.netlink import routing
from catenet.nodes.runtime.netlink.routing import Route
from catenet.nodes.runtime.routes import STATIC
from catenet.nodes.runtime.wanted import WantedRoute, of_others

FARTHER = Prefix.parse("10.1.4.0/24")
B, D = Address.parse("10.0.1.2"), Address.parse("10.0.3.4")
RIP = Source("rip", 189, 120)


def test_a_route_that_somebody_deletes_comes_back_at_once() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, (NextHop(B, "link1"),))
        node.kernel.meddle()
        node.loop.settle()
        assert node.via() == B
        assert [(each.prefix, each.what) for _, each in node.restored] == [(FAR, "deleted from the kernel")]
        assert node.routes.refused(RIP) == {}


def test_a_route_that_somebody_replaces_comes_back_at_once() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, (NextHop(B, "link1"),))
        node.kernel.replace_route(Route(FAR, (routing.KernelNextHop(D, 3),), 3, METRIC))
        node.loop.settle()
        assert node.kernel.table[FAR, METRIC] == Route(FAR, (routing.KernelNextHop(B, 1),), 189, METRIC)
        assert [each.what for _, each in node.restored] == ["replaced in the kernel"]


def test_what_we_change_ourselves_is_no_meddling() -> None:
    with Node() as node:
        for via, lan in ((B, "link1"), (D, "link3"), (B, "link1")):
            node.routes.set(RIP, FAR, (NextHop(via, lan),))
        node.routes.set(RIP, FARTHER, (NextHop(D, "link3"),))
        node.routes.delete(RIP, FARTHER)
        node.loop.settle()
        assert (node.via(), node.via(FARTHER), node.restored) == (B, None, [])
        assert node.kernel.dumps <= 1


def test_another_metric_alone_is_no_business_of_the_kernels() -> None:
    with Node() as node:
        told: list[int | None] = []
        node.routes.on_best(lambda _, prefix, route: told.append(None if route is None else route.metric))
        hop = (NextHop(B, "link1"),)
        assert all(node.routes.set(RIP, FAR, hop, metric) for metric in (2, 3, 2))
        assert (node.kernel.replacements, told) == (1, [2, 3, 2])
        node.routes.set(RIP, FAR, (NextHop(D, "link3"),), 2)
        assert node.kernel.replacements == 2


def test_a_route_that_is_not_there_is_tried_again_with_another_metric() -> None:
    with Node() as node:
        node.set_link("link1", up=False)
        hop = (NextHop(B, "link1"),)
        assert not node.routes.set(RIP, FAR, hop, 2)
        node.kernel.down.clear()  # as it is when the kernel knows of it before us
        assert node.routes.set(RIP, FAR, hop, 3)
        for _ in range(2):  # the second time it is left out for a while
            node.kernel.meddle()
            node.loop.settle()
        assert (node.via(), node.routes.set(RIP, FAR, hop, 4), node.via()) == (None, True, B)


def test_a_whole_table_deleted_costs_one_look() -> None:
    with Node() as node:
        prefixes = [Prefix(Address(0x0A010000 + (number << 8)), 24) for number in range(200)]
        for prefix in prefixes:
            node.routes.set(RIP, prefix, (NextHop(B, "link1"),))
        for prefix in prefixes:
            node.kernel.meddle(prefix)
        node.loop.settle()
        assert all(node.via(prefix) == B for prefix in prefixes)
        assert node.kernel.dumps == 1


def test_there_is_no_endless_fight_and_the_route_says_what_is_wrong_meanwhile() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, (NextHop(B, "link1"),))

        def delete_it(route: Route, *, gone: bool) -> None:
            node.routes.changed(route, gone=gone)
            if not gone:
                node.kernel.meddle()

        node.kernel.tell = delete_it
        node.kernel.meddle()
        node.loop.pass_by(100)
        times = [at for at, _ in node.restored]
        assert times == [0.25, 1.25, 3.25, 7.25, 15.25, 31.25, 63.25]
        assert [restored.pause for _, restored in node.restored] == [1, 2, 4, 8, 16, 32, 60]
        assert node.routes.refused(RIP) == {FAR: "deleted from the kernel"}
        node.kernel.tell = lambda route, gone: node.routes.changed(route, gone=gone)
        node.loop.pass_by(60)
        assert (node.via(), node.routes.refused(RIP)) == (B, {})


def test_after_some_peace_a_route_comes_back_at_once_again() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, (NextHop(B, "link1"),))
        for _ in range(3):
            node.kernel.meddle()
            node.loop.settle()
            assert node.via() == B
            node.loop.pass_by(40)
        assert [restored.pause for _, restored in node.restored] == [1, 1, 1]


def test_what_the_kernel_refuses_is_said_in_its_words_and_tried_again() -> None:
    with Node() as node:
        node.kernel.down.add(1)
        assert not node.routes.set(RIP, FAR, (NextHop(B, "link1"),))
        assert not node.routes.set(RIP, FARTHER, (NextHop(D, "link9"),))
        assert node.routes.refused(RIP) == {FAR: "Network is down", FARTHER: "link9 has no interface now"}
        node.loop.pass_by(2)
        node.kernel.down.clear()
        node.loop.pass_by(4)
        assert (node.via(), node.restored) == (B, [])
        node.routes.delete(RIP, FARTHER)
        assert node.routes.refused(RIP) == {}


def test_an_interface_that_goes_down_takes_its_routes_silently_and_nobody_fights() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, (NextHop(B, "link1"),))
        node.kernel.down.add(1)
        node.kernel.table.clear()
        node.routes.delete(RIP, FAR)  # the protocol hears of it
        node.routes.check_soon()
        node.loop.pass_by(5)
        assert (node.via(), node.restored, node.routes.refused(RIP)) == (None, [], {})
        node.kernel.down.clear()
        node.routes.set(RIP, FAR, (NextHop(B, "link1"),))
        assert node.via() == B


def test_routes_of_others_and_of_the_lab_file_are_left_alone() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, (NextHop(B, "link1"),))
        node.routes.set(STATIC, FARTHER, (NextHop(B, "link1"),))
        for protocol, metric in ((2, 0), (4, 20)):
            theirs = Route(FAR, (routing.KernelNextHop(D, 3),), protocol, metric)
            node.kernel.replace_route(theirs)
            node.kernel.delete_route(theirs)
        node.kernel.delete_route(node.kernel.table[FARTHER, 1])
        node.loop.pass_by(5)
        assert (node.restored, node.kernel.dumps, len(node.kernel.table)) == ([], 0, 1)


def test_somebody_elses_better_route_shadows_ours_and_is_no_fault() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, (NextHop(B, "link1"),))
        node.routes.set(RIP, FARTHER, (NextHop(B, "link1"),))
        node.kernel.replace_route(Route(FAR, (routing.KernelNextHop(D, 3),), 3, 5))
        node.kernel.replace_route(Route(FARTHER, (routing.KernelNextHop(D, 3),), 3, 500))
        node.loop.settle()
        assert node.routes.shadowed(RIP) == {FAR: "boot, metric 5"}
        assert node.routes.refused(RIP) == {}


TOY = Source("toyroute", 250, 90)
BOTH = (NextHop(B, "link1"), NextHop(D, "link3"))


def metrics(node: Node) -> list[int]:
    return [route.metric for route in node.routes.present() if route.prefix == FAR]


def test_each_source_has_its_own_route_and_none_takes_another_ones_away() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, BOTH[:1], 2)
        node.routes.set(TOY, FAR, BOTH[1:], 7)
        node.routes.set(STATIC, FAR, BOTH[:1])
        assert metrics(node) == [1, 90, 120]
        assert node.routes.shadowed(RIP) == {FAR: "static, metric 1"}
        node.routes.delete(STATIC, FAR)
        assert (node.routes.shadowed(RIP), node.routes.shadowed(TOY)) == ({FAR: "toyroute, metric 90"}, {})
        node.routes.delete(RIP, FAR)
        assert metrics(node) == [90]
        node.routes.set(RIP, FAR, BOTH[:1], 3)
        node.routes.forget(TOY)
        node.routes.delete(TOY, FAR)
        node.loop.pass_by(5)
        assert (metrics(node), node.routes.shadowed(RIP), node.restored) == ([120], {}, [])


def test_what_an_earlier_life_left_behind_goes_with_the_source() -> None:
    with Node() as node:
        node.kernel.replace_route(Route(FAR, (routing.KernelNextHop(D, 3),), 250, 90))
        node.kernel.replace_route(Route(FARTHER, (routing.KernelNextHop(D, 3),), 250, 5))
        node.kernel.replace_route(Route(FARTHER, (routing.KernelNextHop(D, 3),), 189, 120))
        node.routes.forget(TOY)
        assert [(route.prefix, route.protocol) for route in node.kernel.table.values()] == [(FARTHER, 189)]


def test_each_sources_route_comes_back_as_its_own() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, BOTH[:1])
        node.routes.set(TOY, FAR, BOTH[1:])
        node.kernel.meddle()
        node.kernel.replace_route(Route(FAR, (routing.KernelNextHop(B, 1),), 3, 90))
        node.loop.settle()
        told = {(each.source, each.next_hops, each.what) for _, each in node.restored}
        assert told == {(RIP, BOTH[:1], "deleted from the kernel"), (TOY, BOTH[1:], "replaced in the kernel")}
        assert metrics(node) == [90, 120]


def test_of_several_next_hops_those_go_in_that_are_up() -> None:
    with Node() as node:
        node.set_link("link1", up=False)
        assert node.routes.set(RIP, FAR, BOTH)
        assert node.kernel.table[FAR, METRIC].hops == (routing.KernelNextHop(D, 3),)
        node.set_link("link1", up=True)
        whole = (routing.KernelNextHop(B, 1), routing.KernelNextHop(D, 3))
        assert node.kernel.table[FAR, METRIC].hops == whole
        node.set_link("link3", up=False)
        node.routes.check_soon()
        node.loop.pass_by(5)
        assert node.kernel.table[FAR, METRIC].hops == (routing.KernelNextHop(B, 1),)
        node.set_link("link1", up=False)
        assert metrics(node) == []
        node.set_link("link3", up=True)
        assert node.kernel.table[FAR, METRIC].hops == (routing.KernelNextHop(D, 3),)
        node.set_link("link1", up=True)
        node.loop.pass_by(5)
        assert node.kernel.table[FAR, METRIC].hops == whole
        assert (node.restored, node.routes.refused(RIP)) == ([], {})


def test_a_next_hop_that_somebody_takes_out_or_adds_comes_back_or_goes() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, BOTH)
        whole = node.kernel.table[FAR, METRIC]
        for hops in (whole.hops[:1], (*whole.hops, routing.KernelNextHop(D, 1))):
            node.kernel.replace_route(whole._replace(hops=hops))
            node.loop.pass_by(5)
            assert node.kernel.table[FAR, METRIC] == whole
        assert [each.what for _, each in node.restored] == ["replaced in the kernel"] * 2


def test_two_sources_of_one_distance_are_a_mistake() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, BOTH)
        with pytest.raises(ValueError, match="ospf and rip have the same distance, 120"):
            node.routes.set(Source("ospf", 188, 120), FAR, BOTH)


def test_where_a_next_hop_has_just_gone_down_the_others_carry() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, BOTH[:1])
        node.kernel.down.add(1)  # and nobody has heard of it yet
        assert node.routes.set(RIP, FAR, BOTH)
        assert node.kernel.table[FAR, METRIC].hops == (routing.KernelNextHop(D, 3),)


def test_a_route_that_the_kernel_refuses_leaves_none_of_its_older_ones_behind() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, BOTH[:1])
        node.set_link("link3", up=False)
        assert not node.routes.set(RIP, FAR, BOTH[1:])
        assert metrics(node) == []


def test_each_source_says_what_it_has_and_the_kernel_which_it_takes() -> None:
    with Node() as node:
        node.routes.set(RIP, FAR, BOTH[:1], 2)
        node.routes.set(TOY, FAR, BOTH, 700)
        to_b, to_d = ({"via": str(hop.via), "node": str(hop.via), "lan": hop.interface} for hop in BOTH)
        none = {"tag": 0, "last_resort": False}
        toy = {"source": "toyroute", "distance": 90, "metric": 700, "next_hops": [to_b, to_d]}
        rip = {"source": "rip", "distance": 120, "metric": 2, "next_hops": [to_b]}
        assert [each.to_json() for each in node.routes.sources(FAR, str)] == [
            {**toy, "selected": True, "kernel": None, **none},
            {**rip, "selected": False, "kernel": "shadowed by toyroute, metric 90", **none},
        ]
        node.set_link("link1", up=False)
        node.set_link("link3", up=False)
        node.routes.restore("link1")
        assert {each.kernel for each in node.routes.sources(FAR, str)} == {"not there: Network is down"}
        assert node.routes.sources(FARTHER, str) == []


def test_a_row_of_the_kernels_table_says_whose_it_is_by_number_and_distance() -> None:
    with Node() as node:
        node.routes.set(TOY, FAR, BOTH)
        for protocol, metric in ((2, 0), (189, 7), (250, 80), (77, 90)):
            node.kernel.replace_route(Route(FARTHER, (routing.KernelNextHop(D, 3),), protocol, metric))
        rows = node.routes.table(node.routes.present(), str, str)
        told = [(row.metric, row.lan, row.protocol, row.source) for row in rows]
        assert told == [
            (90, "1", "250", "toyroute"),
            (90, "3", "250", "toyroute"),
            (0, "3", "kernel", "kernel"),
            (7, "3", "rip", "rip"),
            (80, "3", "250", "250"),
            (90, "3", "77", "77"),
        ]


def test_who_listens_is_told_of_each_prefixs_best_route_and_of_nothing_else() -> None:
    with Node() as node:
        told: list[tuple[str, Prefix, int | None]] = []

        def note(source: Source, prefix: Prefix, route: WantedRoute | None) -> None:
            told.append((source.name, prefix, None if route is None else route.metric))

        node.routes.set(RIP, FAR, BOTH, 2)
        node.routes.set(STATIC, FARTHER, BOTH)
        node.routes.set(RIP, FARTHER, BOTH, 3)
        node.routes.on_best(note)
        assert told == [("rip", FAR, 2), ("static", FARTHER, 0)]
        told.clear()
        node.routes.set(TOY, FAR, BOTH, 700)
        node.routes.set(RIP, FAR, BOTH, 5)
        node.routes.delete(TOY, FAR)
        node.routes.delete(RIP, FAR)
        node.routes.delete(RIP, FAR)
        assert told == [("toyroute", FAR, 700), ("rip", FAR, 5), ("rip", FAR, None)]
        told.clear()
        node.routes.not_on_best(note)
        node.routes.forget(STATIC)
        assert told == []


def test_a_last_resort_stands_behind_every_other_source_and_no_other_hears_of_it() -> None:
    """As of one router's OSPF (110) that has RIP's own (120) back from another router."""
    ospf = Source("ospf", 188, 110)
    with Node() as node:
        told: list[tuple[str, OtherRoute | None]] = []
        node.routes.on_best(of_others(RIP, lambda source, _, route: told.append((source, route))))
        node.routes.set(ospf, FAR, BOTH[:1], 20, 120, last_resort=True)
        assert (metrics(node), told) == ([366], [])
        node.routes.set(RIP, FAR, BOTH[1:], 2)
        assert (metrics(node), node.routes.shadowed(ospf)) == ([120, 366], {FAR: "rip, metric 120"})
        node.kernel.delete_route(node.kernel.table[FAR, 366])
        node.loop.settle()
        assert metrics(node) == [120, 366]
        node.routes.set(ospf, FAR, BOTH[:1], 20, 7)
        assert (metrics(node), told) == ([110, 120], [("ospf", OtherRoute(BOTH[:1], 20, 7))])
        assert node.routes.shadowed(RIP) == {FAR: "ospf, metric 110"}
        node.routes.set(ospf, FAR, BOTH[:1], 20, 120, last_resort=True)
        assert (metrics(node), told[1:]) == ([120, 366], [("ospf", None)])
        node.loop.settle()
        assert [each for _, each in node.restored if each.source == RIP] == []
        node.routes.forget(ospf)
        assert metrics(node) == [120]
