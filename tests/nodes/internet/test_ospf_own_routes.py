"""What a router says of the routes that it has to elsewhere (RFC 2328 sections 12.4.3 and 12.4.4)."""

from __future__ import annotations

from ospf_router import INITIAL, LOW, MASK, ME, Peer, Router, elected, lsa, on_point_to_point
from ospf_said import OTHER, own_lsas, stub

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.lsa import (
    BORDER,
    BOUNDARY,
    MAX_AGE,
    ExternalLsa,
    LinkType,
    Lsa,
    LsaKey,
    LsaType,
    RouterLink,
    RouterLsa,
    SummaryLsa,
)
from catenet.nodes.internet.ospf.packet import NONE
from catenet.nodes.machine import NextHop, OtherRoute


def border_router(**options: object) -> tuple[Router, Peer, Peer]:
    """Between the backbone on link1 and area 2 on link2, Full with a neighbour on each."""
    router = on_point_to_point(area={"link2": 2}, **options)
    one = Peer(router, LOW)
    two = Peer(router, OTHER, options=0 if options.get("areas") else 2)
    one.become_full()
    two.say(two.hello, area=2)
    two.exchange(area=2)
    for _ in range(8):
        router.wait(1)
        one.acknowledge_all()
    return router, one, two


def attached(router: str, to: Address, address: str, *stubs: RouterLink, flags: int = 0) -> Lsa:
    """A router-LSA of a neighbour."""
    link = RouterLink(LinkType.POINT_TO_POINT, to, int(Address.parse(address)), 1)
    key = LsaKey(LsaType.ROUTER, Address.parse(router), Address.parse(router))
    return Lsa.make(key, 2, INITIAL, RouterLsa(flags, (link, *stubs)))


def summaries(router: Router, link: str) -> dict[str, int]:
    """Link State ID → metric, of the type 3 that are valid."""
    return {
        link_id: each.body.metric
        for (kind, link_id), each in own_lsas(router, link).items()
        if kind == LsaType.SUMMARY and each.header.age < MAX_AGE and isinstance(each.body, SummaryLsa)
    }


def test_12_4_3_each_area_hears_of_the_others_networks() -> None:
    router, one, _ = border_router()
    one.update(attached(LOW, ME, LOW, stub("10.7.0.0", 4)))
    router.wait(6)
    assert summaries(router, "link1") == {"10.0.2.0": 1}
    assert summaries(router, "link2") == {"10.0.1.0": 1, "10.7.0.0": 5}


def test_12_4_3_what_is_unreachable_is_flushed() -> None:
    router, one, _ = border_router()
    one.update(attached(LOW, ME, LOW, stub("10.7.0.0", 4)))
    router.wait(6)
    router.clear()
    router.set_link("link1", up=False)
    router.wait(6)
    flushed = own_lsas(router, "link2")[LsaType.SUMMARY, "10.7.0.0"]
    assert flushed.header.age == MAX_AGE


def test_12_4_3_inter_area_routes_are_not_told_to_the_backbone() -> None:
    """Nor into the area that they came through."""
    router, one, two = border_router()
    far = Lsa.make(
        LsaKey(LsaType.SUMMARY, Address.parse("10.8.0.0"), Address.parse(LOW)), 2, INITIAL, SummaryLsa(MASK, 9)
    )
    one.update(attached(LOW, ME, LOW, flags=BORDER), far)
    same = Lsa.make(
        LsaKey(LsaType.SUMMARY, Address.parse("10.6.0.0"), Address.parse(OTHER)), 2, INITIAL, SummaryLsa(MASK, 9)
    )
    two.update(attached(OTHER, ME, OTHER, flags=BORDER), same, area=2)
    router.wait(6)
    assert summaries(router, "link1") == {"10.0.2.0": 1}
    assert summaries(router, "link2") == {"10.0.1.0": 1, "10.8.0.0": 10}


def test_12_4_3_as_boundary_routers_are_told_of_by_type_4() -> None:
    router, one, _ = border_router()
    one.update(attached(LOW, ME, LOW, flags=BOUNDARY))
    router.wait(6)
    told = own_lsas(router, "link2")[LsaType.SUMMARY_ASBR, LOW]
    assert told.body == SummaryLsa(0, 1)
    assert (LsaType.SUMMARY_ASBR, LOW) not in own_lsas(router, "link1")


def test_12_4_3_1_into_a_stub_area_goes_a_default_route_and_no_type_4() -> None:
    for kind, told in (("stub", {"0.0.0.0": 1, "10.0.1.0": 1}), ("totally-stub", {"0.0.0.0": 1})):
        router, one, _ = border_router(areas={"2": kind})
        one.update(attached(LOW, ME, LOW, flags=BOUNDARY), lsa(LOW, kind=LsaType.EXTERNAL, link_id="10.9.9.0"))
        router.wait(6)
        assert summaries(router, "link2") == told
        assert {each for each, _ in own_lsas(router, "link2")} == {LsaType.ROUTER, LsaType.SUMMARY}


def test_appendix_e_two_networks_of_one_address_have_two_link_state_ids() -> None:
    router, one, _ = border_router()
    wide = RouterLink(LinkType.STUB, Address.parse("10.7.0.0"), 0xFFFF0000, 2)
    one.update(attached(LOW, ME, LOW, stub("10.7.0.0", 4), wide))
    router.wait(6)
    told = {
        link_id: each.body for (kind, link_id), each in own_lsas(router, "link2").items() if kind == LsaType.SUMMARY
    }
    assert told["10.7.0.0"] == SummaryLsa(0xFFFF0000, 3)
    assert told["10.7.0.255"] == SummaryLsa(MASK, 5)


def external(router: Router, prefix: str, link: str = "link1") -> Lsa:
    return own_lsas(router, link)[LsaType.EXTERNAL, prefix.split("/", maxsplit=1)[0]]


def test_12_4_4_the_routes_of_others_are_announced_and_withdrawn() -> None:
    router = on_point_to_point(redistribute=("static",), metric=7, metric_type=1, tag=9)
    peer = Peer(router, LOW)
    peer.become_full()
    hop = OtherRoute((NextHop(Address.parse("10.0.2.77"), "link2"),))
    router.machine.route_changed("static", Prefix.parse("10.7.0.0/16"), hop, router.now)
    router.machine.route_changed("rip", Prefix.parse("10.8.0.0/16"), hop, router.now)
    router.wait(6)
    assert external(router, "10.7.0.0").body == ExternalLsa(0xFFFF0000, False, 7, NONE, 9)
    assert (LsaType.EXTERNAL, "10.8.0.0") not in own_lsas(router)
    router.machine.route_changed("static", Prefix.parse("10.7.0.0/16"), None, router.now)
    router.take()
    router.wait(2)
    assert external(router, "10.7.0.0").header.age == MAX_AGE


def test_12_4_4_a_next_hop_that_the_others_reach_themselves_is_the_forwarding_address() -> None:
    router = Router(redistribute=("static",))
    peer = Peer(router, LOW)
    elected(router, peer)
    peer.exchange()
    hop = OtherRoute((NextHop(Address.parse("10.0.1.77"), "link1"),))
    router.machine.route_changed("static", Prefix.parse("10.7.0.0/16"), hop, router.now)
    router.wait(6)
    body = external(router, "10.7.0.0").body
    assert isinstance(body, ExternalLsa)
    assert str(body.forwarding) == "10.0.1.77"


def test_12_4_4_connected_ones_are_those_on_which_ospf_is_off_and_default_is_a_word() -> None:
    router = Router(network={"link1": "point-to-point"}, area={"link2": "off"}, redistribute=("connected", "default"))
    Peer(router, LOW).become_full()
    router.wait(6)
    told = {link_id for kind, link_id in router.database() if kind == "external"}
    assert told == {"10.0.2.0", "0.0.0.0"}
    router.set_link("link2", up=False)
    router.wait(2)
    assert external(router, "10.0.2.0").header.age == MAX_AGE
