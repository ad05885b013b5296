"""What is told of an OSPF router: its tables, its events, and what becomes of its routes."""

from __future__ import annotations

import json

import pytest
from ospf_router import HIGH, INITIAL, LOW, MASK, ME, Peer, Router, elected, lsa, on_point_to_point

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.answers import ProtocolRoute
from catenet.nodes.internet.ospf.lsa import LinkType, Lsa, LsaKey, LsaType, RouterLink, RouterLsa
from catenet.nodes.internet.ospf.packet import EXTERNAL, INIT, MASTER, MORE, OPAQUE, Description
from catenet.nodes.internet.ospf.service import SERVICES
from catenet.nodes.machine import DeleteRoute, NextHop, SetRoute

(SERVICE,) = SERVICES
FAR = Prefix.parse("10.7.0.0/24")


def with_route(**options: object) -> tuple[Router, Peer]:
    """A neighbour on a point-to-point link says that it has 10.7.0.0/24, at 4."""
    router = on_point_to_point(**options)
    peer = Peer(router, LOW)
    peer.become_full(said_by(LOW, stub=4))
    router.wait(1)
    return router, peer


def said_by(router: str, *, stub: int, sequence: int = INITIAL) -> Lsa:
    identity = Address.parse(router)
    links = (
        RouterLink(LinkType.POINT_TO_POINT, ME, identity, 1),
        RouterLink(LinkType.STUB, FAR.network, MASK, stub),
    )
    return Lsa.make(LsaKey(LsaType.ROUTER, identity, identity), 2, sequence, RouterLsa(0, links))


@pytest.mark.parametrize("table", [table.name for table in SERVICE.tables])
def test_each_table_of_the_declaration_can_be_shown_as_json(table: str) -> None:
    router = Router(bfd="on")
    elected(router, Peer(router, LOW), Peer(router, HIGH))
    shown = router.show(table)
    assert json.loads(json.dumps(shown)) == shown
    assert shown
    for row in shown if isinstance(shown, list) else ():
        assert row.keys() == shown[0].keys()


def test_the_table_has_each_route_as_every_service_shows_it() -> None:
    router, _ = with_route()
    table = [ProtocolRoute.parse(row) for row in router.show("ospf")["table"]]
    own, far = next(row for row in table if row.prefix == "10.0.1.0/24"), next(r for r in table if r.prefix == str(FAR))
    assert (own.state, own.via, own.lan, own.cost) == ("connected", None, "link1", 0)
    assert (far.state, far.via, far.lan, far.metric, far.cost) == ("valid", LOW, "link1", 5, 4)


def test_the_kernel_gets_what_changes_and_no_network_of_our_own() -> None:
    router, peer = with_route()
    hop = (NextHop(Address.parse(LOW), "link1"),)
    assert router.kernel() == [SetRoute(FAR, hop, 5)]
    router.clear()
    peer.update(said_by(LOW, stub=4, sequence=INITIAL + 1))
    router.wait(1)
    assert router.kernel() == []
    peer.update(said_by(LOW, stub=9, sequence=INITIAL + 2))
    router.wait(3)
    assert router.kernel() == [SetRoute(FAR, hop, 10)]
    router.clear()
    router.set_link("link1", up=False)
    assert router.kernel() == [DeleteRoute(FAR)]


def test_events_have_the_fields_of_the_declaration() -> None:
    router, peer = with_route()
    peer.update(lsa("1.1.1.1"))
    router.set_link("link1", up=False)
    other = Router()
    elected(other, Peer(other, LOW))
    told = [*router.actions, *other.actions]
    for kind in ("neighbor.changed", "designated.changed", "lsa.originated", "lsa.installed"):
        declared = SERVICE.events[kind].partition(":")[0].split(", ")
        reports = [each for each in told if getattr(each, "kind", "") == kind]
        assert reports, kind
        for report in reports:
            assert set(declared) <= report.data.keys(), kind


def test_a_routes_cause_is_what_happened_first() -> None:
    router, peer = with_route()
    (gained,) = router.reports("route.changed")
    assert (gained.data["cost"], gained.data["was"]) == (4, None)
    router.clear()
    router.wait(2)
    peer.update(said_by(LOW, stub=9, sequence=INITIAL + 1))
    router.wait(1)
    (changed,) = router.reports("route.changed")
    assert changed.data["cause"] == f"router-LSA of {LOW}, 80000002"
    assert (changed.data["cost"], changed.data["was"]) == (9, 4)
    router.set_link("link1", up=False)
    (lost,) = router.reports("route.lost")
    assert lost.data["cause"] == "link1 went down"


def test_nothing_is_told_that_nobody_wants() -> None:
    router, _ = with_route(wants=lambda kinds, now, times=1: False)
    router.set_link("link1", up=False)
    assert {type(action).__name__ for action in router.actions} == {"Send", "SetRoute", "DeleteRoute"}


def test_calculations_follow_each_other_ever_more_slowly() -> None:
    """LSAs every 20 ms bring a few calculations; one that comes when all has long been quiet is calculated at once."""
    router, peer = with_route()
    before = router.counters["calculations"]
    for number in range(1, 40):
        peer.update(lsa(f"9.9.9.{number}"))
        router.wait(0.02)
    assert router.counters["calculations"] - before <= 8
    router.wait(10)
    before = router.counters["calculations"]
    peer.update(lsa("8.8.8.8"))
    router.wait(0.02)
    assert router.counters["calculations"] == before + 1


def test_a_neighbour_that_must_refuse_our_descriptions_is_seen_by_its_own() -> None:
    """10.6: "a size that is larger than the router can accept" is refused, and nothing comes back that says so."""
    router = on_point_to_point()
    for address in (LOW, "10.0.2.9"):
        peer = Peer(router, address)
        peer.greet()
        peer.say(Description(1400, EXTERNAL | OPAQUE, INIT | MORE | MASTER, 77, ()))
    assert (router.state(LOW), router.state("10.0.2.9")) == ("ExStart", "Exchange")
    why = "MTU 1400, here 1500: it takes no Database Description of ours"
    assert (router.cause(LOW), router.cause("10.0.2.9")) == (why, why)


def test_of_a_virtual_links_description_the_mtu_is_none() -> None:
    """10.8: "Interface MTU should be set to 0 in Database Description packets sent over virtual links"."""
    router = on_point_to_point()
    peer = Peer(router, LOW)
    peer.greet()
    peer.say(Description(0, EXTERNAL | OPAQUE, INIT | MORE | MASTER, 77, ()))
    assert "MTU" not in router.cause(LOW)


def test_a_broadcast_network_there_is_seen_by_the_hellos() -> None:
    """A.3.2: "Set to 0.0.0.0 if there is no Designated Router." Both become Full."""
    router = on_point_to_point()
    peer = Peer(router, LOW)
    peer.become_full()
    assert router.cause(LOW) == "both know what the other has"
    peer.greet(designated=Address.parse(LOW))
    assert router.state(LOW) == "Full"
    assert router.cause(LOW).startswith("a broadcast network there")


def test_a_point_to_point_network_there_is_seen_when_it_elects_nobody_for_long() -> None:
    """Within its own Waiting state, which lasts RouterDeadInterval (9.3), a neighbour names nobody either."""
    router = Router()
    peer = Peer(router, LOW)
    elected(router, peer)
    peer.exchange()
    assert router.state(LOW) == "Full"
    for _ in range(3):
        router.wait(13)
        peer.greet()
    assert router.cause(LOW) == "both know what the other has"
    router.wait(2)
    assert router.cause(LOW).startswith("point-to-point there")
    peer.greet(designated=ME)
    assert router.cause(LOW) == "both know what the other has"
