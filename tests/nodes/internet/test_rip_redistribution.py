"""Costs of networks, passive interfaces, and routes from elsewhere (RFC 2453 sections 3.5, 3.7, 4.2 and 4.4)."""

from __future__ import annotations

import struct

import pytest
from rip_router import N2, N3, WHOLE_TABLE, Router, entry, response, routes, set_route

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.machine import Datagram, DeleteRoute, Report, SetRoute

FAR, STATIC, DEFAULT = "10.9.0.0/24", "10.8.0.0/24", "0.0.0.0/0"
LINK1, LINK2 = "10.0.1.0/24", "10.0.2.0/24"
VIA = "10.0.2.77"


def with_static(**options: object) -> Router:
    static = [(Prefix.parse(STATIC), Address.parse(VIA))]
    return Router(static=static, redistribute=("connected", "static"), **options)


def next_hops(packets: list[Datagram], link: str) -> dict[str, str]:
    found = {}
    for packet in packets:
        if packet.interface == link and packet.data[0] == 2:
            for _, _, network, mask, via, _ in struct.iter_unpack(">HHIIII", packet.data[4:]):
                found[str(Prefix(Address(network), mask.bit_count()))] = str(Address(via))
    return found


def updates(router: Router) -> list[Datagram]:
    return [packet for _, packet in router.wait(40)]


def test_3_5_a_network_may_cost_more_than_one() -> None:
    router = Router(cost={"link1": 5})
    router.hear(response(entry(FAR, 2)), N2)
    assert (router.table[FAR], router.table[LINK1], router.table[LINK2]) == (7, 5, 1)
    router.hear(response(entry(FAR, 3)), N3)
    assert (router.table[FAR], router.row(FAR)["lan"]) == (4, "link2")
    router.hear(response(entry("10.9.1.0/24", 11)), N2)
    assert "10.9.1.0/24" not in router.table  # 11 + 5 is infinity


def test_our_own_network_stays_ours_however_much_it_costs() -> None:
    router = Router(cost={"link1": 15})
    router.hear(response(entry(LINK1, 1)), N3)
    assert (router.row(LINK1)["state"], router.table[LINK1]) == ("connected", 15)
    router.set_link("link1", up=False)
    router.hear(response(entry(LINK1, 1)), N3)
    assert (router.row(LINK1)["state"], router.table[LINK1]) == ("valid", 2)


def test_on_a_passive_network_the_router_only_listens() -> None:
    router = Router(passive=("link1",))
    router.hear(response(entry(FAR, 1)), N2)
    assert router.table[FAR] == 2
    assert router.answer(WHOLE_TABLE, N2) == []
    assert router.counters["refused.passive"] == 1
    [report] = [action for action in router.actions if isinstance(action, Report)]
    assert report.text == f"{N2}:520 on link1: a request where this router only listens"
    router.set_link("link1", up=False)
    router.set_link("link1", up=True)
    router.machine.shutdown()
    assert {packet.interface for packet in [*updates(router), *router.sends()]} <= {"link2"}


def test_a_passive_network_is_announced_unless_it_is_left_out() -> None:
    assert LINK1 in routes(updates(Router(passive=("link1",))), "link2")
    silent = Router(passive=("link1",), redistribute=())
    assert LINK1 not in routes(updates(silent), "link2")
    silent.set_link("link1", up=False)
    silent.hear(response(entry(LINK1, 1)), N3)  # now it is somebody else's word
    assert LINK1 in {name for _, packet in silent.wait(40) for name in routes([packet], "link2")}


def test_static_routes_are_announced_only_when_asked_for() -> None:
    quiet = Router(static=[(Prefix.parse(STATIC), Address.parse(VIA))])
    assert STATIC not in quiet.table
    router = with_static(tag=7)
    assert routes(updates(router), "link1")[STATIC] == 1
    row = router.row(STATIC)
    assert (row["state"], row["via"], row["lan"], row["tag"], row["age"]) == ("static", VIA, "link2", 7, None)
    assert router.kernel() == []  # it is there already


@pytest.mark.parametrize("split_horizon", ["off", "on", "poisoned"])
def test_4_4_on_the_next_hops_own_network_the_static_route_names_it(split_horizon: str) -> None:
    """RFC 2453 section 4.4: "eliminate packets being routed through extra hops"."""
    said = updates(with_static(split_horizon=split_horizon))
    assert next_hops(said, "link2")[STATIC] == VIA
    assert next_hops(said, "link1")[STATIC] == "0.0.0.0"
    assert routes(said, "link2")[STATIC] == 1


def test_a_static_route_goes_and_comes_with_its_network() -> None:
    router = with_static()
    router.set_link("link2", up=False)
    assert routes(router.sends() + updates(router), "link1")[STATIC] == 16
    router.hear(response(entry(STATIC, 3)), N2)
    assert (router.table[STATIC], router.row(STATIC)["state"]) == (4, "valid")
    router.set_link("link2", up=True)
    assert (router.table[STATIC], router.row(STATIC)["state"]) == (1, "static")
    assert router.kernel() == [set_route(STATIC, N2, "link1", metric=4)]  # it stays, behind the static one


def test_another_services_route_is_announced_and_withdrawn_as_it_comes_and_goes() -> None:
    router = Router(redistribute=("connected", "toyroute"), tag=7)
    router.hear(response(entry(FAR, 3)), N2)
    router.route("static", STATIC, VIA)  # not asked for
    router.route("toyroute", FAR, VIA)
    assert (router.table.get(STATIC), router.table[FAR], router.row(FAR)["state"]) == (None, 1, "static")
    assert [type(action) for action in router.kernel()] == [SetRoute]  # its own is the second best
    assert routes(updates(router), "link1")[FAR] == 1
    router.route("static", FAR, VIA)  # the best is a source's of which nothing is to be announced
    router.hear(response(entry(FAR, 16)), N2)
    router.route("toyroute", FAR, VIA)
    router.route("toyroute", FAR)
    assert (router.row(FAR)["state"], router.table[FAR]) == ("garbage", 16)
    assert routes(router.sends() + updates(router), "link1")[FAR] == 16


def test_its_own_route_is_there_again_at_once_when_the_others_goes() -> None:
    """What the neighbours told meanwhile went on behind the other's: nothing is poisoned, nothing waited for."""
    router = Router(redistribute=("toyroute",))
    router.hear(response(entry(FAR, 3)), N2)
    router.route("toyroute", FAR, VIA)
    router.hear(response(entry(FAR, 1)), N3)
    updates(router)
    router.route("toyroute", FAR)
    assert (router.row(FAR)["state"], router.row(FAR)["lan"], router.table[FAR]) == ("valid", "link2", 2)
    said = router.sends() + updates(router)
    assert (routes(said, "link1")[FAR], routes(said, "link2")[FAR]) == (2, 16)  # by split horizon alone
    assert [action for action in router.reports() if action.kind == "route.lost"] == []


def test_behind_anothers_route_the_kernel_has_its_own_all_the_while() -> None:
    router = Router(redistribute=("toyroute",))
    router.route("toyroute", FAR, VIA)
    router.hear(response(entry(FAR, 3)), N2)
    assert router.kernel() == [set_route(FAR, N2, "link1", metric=4)]
    updates(router)
    router.hear(response(entry(FAR, 2)), N2)
    assert router.kernel() == [set_route(FAR, N2, "link1", metric=3)]
    assert routes(updates(router), "link1")[FAR] == 1  # of that no neighbour hears
    router.route("toyroute", FAR)
    assert (router.kernel(), router.table[FAR]) == ([], 3)


@pytest.mark.parametrize("end", ["timed out", "unreachable", "link down"])
def test_what_stands_behind_anothers_ends_as_any_route_and_quietly(end: str) -> None:
    router = Router(redistribute=("toyroute",))
    router.route("toyroute", FAR, VIA)
    router.hear(response(entry(FAR, 3)), N2)
    updates(router)
    if end == "timed out":
        said = [packet for _, packet in router.wait(185)]
    elif end == "unreachable":
        router.hear(response(entry(FAR, 16)), N2)
        said = updates(router)
    else:
        router.set_link("link1", up=False)
        said = updates(router)
    assert routes(said, "link2")[FAR] == 1
    router.route("toyroute", FAR)
    assert (router.row(FAR)["state"], router.table[FAR]) == ("garbage", 16)


def test_where_the_others_link_goes_down_its_own_route_carries_on() -> None:
    router = Router(redistribute=("toyroute",))
    router.route("toyroute", FAR, VIA)
    router.hear(response(entry(FAR, 3)), N2)
    router.set_link("link2", up=False)
    assert (router.row(FAR)["state"], router.table[FAR]) == ("valid", 4)
    router.set_link("link2", up=True)
    assert (router.row(FAR)["state"], router.table[FAR]) == ("static", 1)
    assert router.kernel() == [set_route(FAR, N2, "link1", metric=4)]


def test_a_network_that_becomes_our_own_takes_both_away() -> None:
    router = Router(redistribute=("toyroute",))
    router.set_link("link1", up=False)
    router.route("toyroute", LINK1, VIA)
    router.hear(response(entry(LINK1, 3)), N3)
    router.take()
    router.set_link("link1", up=True)
    assert (router.row(LINK1)["state"], router.kernel()) == ("connected", [DeleteRoute(Prefix.parse(LINK1))])


def test_4_2_a_route_goes_on_with_its_tag_where_the_option_says_none() -> None:
    plain, marked = Router(redistribute=("toyroute",)), Router(redistribute=("toyroute",), tag=7)
    for router in (plain, marked):
        router.route("toyroute", FAR, VIA, tag=9)
        router.route("toyroute", STATIC, VIA, tag=65536)
    assert (plain.row(FAR)["tag"], plain.row(STATIC)["tag"]) == (9, 0)  # 16 bits: cut short it would be another
    assert plain.counters["left-out.tag"] == 1
    assert (marked.row(FAR)["tag"], marked.row(STATIC)["tag"]) == (7, 7)
    plain.route("toyroute", FAR, VIA, tag=8)
    assert plain.row(FAR)["tag"] == 8


def test_a_tag_makes_a_route_the_last_resort() -> None:
    router = Router(last_resort=(5, 6))
    router.hear(response(entry(FAR, 1, tag=6), entry(STATIC, 1, tag=7)), N2)
    assert [(action.tag, action.last_resort) for action in router.kernel() if isinstance(action, SetRoute)] == [
        (6, True),
        (7, False),
    ]


def test_of_several_next_hops_one_that_is_up_is_announced() -> None:
    router = Router(redistribute=("toyroute",))
    router.route("toyroute", FAR, VIA, N2)
    assert router.row(FAR)["lan"] == "link2"
    router.take()
    router.set_link("link2", up=False)
    assert (router.row(FAR)["lan"], router.row(FAR)["via"], router.table[FAR]) == ("link1", N2, 1)
    router.set_link("link1", up=False)
    assert router.table[FAR] == 16
    router.set_link("link2", up=True)
    assert (router.row(FAR)["lan"], router.table[FAR]) == ("link2", 1)


def test_a_network_of_our_own_needs_nobody_elses_route() -> None:
    router = Router(redistribute=("toyroute",))
    router.route("toyroute", LINK1, VIA)
    assert router.row(LINK1)["state"] == "connected"
    router.set_link("link1", up=False)
    assert router.row(LINK1)["state"] == "static"
    router.route("toyroute", LINK1)
    router.set_link("link1", up=True)
    assert (router.row(LINK1)["state"], router.table[LINK1]) == ("connected", 1)


def test_nobody_talks_a_router_out_of_its_static_route() -> None:
    router = with_static()
    for metric in (1, 16):
        router.hear(response(entry(STATIC, metric)), N2)
    assert (router.table[STATIC], router.row(STATIC)["via"]) == (1, VIA)


def test_3_7_a_default_route_is_announced_everywhere() -> None:
    said = updates(Router(redistribute=("default",), tag=9))
    assert routes(said, "link1")[DEFAULT] == routes(said, "link2")[DEFAULT] == 1
    heard = Router()
    for packet in said:
        if packet.interface == "link1":
            heard.hear(packet.data, N2)
    assert (heard.table[DEFAULT], heard.row(DEFAULT)["tag"]) == (2, 9)
    assert [str(action.prefix) for action in heard.kernel() if str(action.prefix) == DEFAULT]


def test_the_default_route_is_no_static_one() -> None:
    router = Router(static=[(Prefix.parse(DEFAULT), Address.parse(VIA))], redistribute=("static",))
    assert DEFAULT not in router.table


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cost": {"link1": 0}}, r"cost of link1 0 is out of range; it may be 1 to 15"),
        ({"cost": {"link1": 16}}, r"cost of link1 16"),
        ({"redistribute": ("connected", "rip")}, r"redistribute 'rip': its own routes are always announced"),
        ({"tag": 65536}, r"tag 65536 is out of range"),
        ({"tag": True}, r"tag True"),
        ({"last_resort": (0,)}, r"last_resort 0 is no tag; it may be 1 to 65535"),
        ({"last_resort": (7, 65536)}, r"last_resort 65536 is no tag"),
        ({"last_resort": (7, 7)}, r"last_resort: a tag is there twice"),
    ],
)
def test_a_wrong_option_is_named_with_what_is_allowed(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RipOptions(**options)
