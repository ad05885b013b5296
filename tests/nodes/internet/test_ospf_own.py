"""What a router says of itself, and when (RFC 2328 sections 12.1.6, 12.4, 13.4, 14.1)."""

from __future__ import annotations

from ospf_between import full_with_two
from ospf_router import HIGH, INITIAL, LOW, MASK, ME, Peer, Router, elected, lsa, on_point_to_point
from ospf_said import OTHER, OWN, keep, links, own_lsas, stub

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.lsa import (
    BORDER,
    BOUNDARY,
    MAX_AGE,
    MAX_SEQUENCE,
    ExternalLsa,
    LinkType,
    Lsa,
    LsaKey,
    LsaType,
    NetworkLsa,
    RouterLink,
    RouterLsa,
)
from catenet.nodes.internet.ospf.packet import NONE, Hello
from catenet.nodes.machine import Send

# Section 12.4.1


def test_12_4_1_1_a_point_to_point_link_has_two_links() -> None:
    """The neighbour's where it is Full, and the subnet's (option 2) always."""
    router = on_point_to_point(cost={"link1": 7})
    peer = Peer(router, LOW)
    peer.become_full()
    router.wait(6)
    to_peer = RouterLink(LinkType.POINT_TO_POINT, Address.parse(LOW), int(ME), 7)
    assert links(router) == {to_peer, stub("10.0.1.0", 7), stub("10.0.2.0")}


def test_12_4_1_an_adjacency_is_listed_when_it_is_full_not_before() -> None:
    router = on_point_to_point()
    one, two = Peer(router, OTHER), Peer(router, LOW)
    one.become_full()
    two.greet()
    two.exchange(lsa("1.1.1.1").header)
    keep(router, one)
    body = own_lsas(router, "link2")[LsaType.ROUTER, str(ME)].body
    assert isinstance(body, RouterLsa)
    assert [str(link.id) for link in body.links if link.type == LinkType.POINT_TO_POINT] == [OTHER]


def test_12_4_1_2_a_broadcast_network_is_a_stub_until_its_designated_router_is_full() -> None:
    router = Router()
    peer = Peer(router, HIGH)
    elected(router, peer)
    assert router.interface()["designated"] == HIGH
    peer.exchange()
    key = router.database().keys()
    assert key == {("router", str(ME))}
    router.wait(6)
    assert links(router) == {RouterLink(LinkType.TRANSIT, Address.parse(HIGH), int(ME), 1), stub("10.0.2.0")}


def test_12_4_2_the_designated_router_lists_who_is_full() -> None:
    router = Router()
    full, loading = Peer(router, LOW), Peer(router, "10.0.1.3")
    elected(router, full, loading)
    full.exchange()
    loading.exchange(lsa("1.1.1.1").header)
    router.wait(6)
    own = own_lsas(router)
    network = own[LsaType.NETWORK, str(ME)]
    assert network.body == NetworkLsa(MASK, (ME, Address.parse(LOW)))
    assert RouterLink(LinkType.TRANSIT, ME, int(ME), 1) in links(router)


def test_12_4_2_alone_the_designated_router_has_a_stub() -> None:
    router = Router()
    router.wait(60)
    assert router.database().keys() == {("router", str(ME))}


def test_12_4_2_who_is_not_designated_any_more_flushes_its_network_lsa() -> None:
    router = Router()
    peer = Peer(router, LOW)
    elected(router, peer)
    peer.exchange()
    keep(router, peer)
    router.clear()
    peer.greet(neighbours=())
    assert own_lsas(router) == {}, "nobody is left to be told"
    assert next(row["age"] for row in router.show("ospf lsdb") if row["type"] == "network") == MAX_AGE
    router.wait(11)
    assert ("network", str(ME)) not in router.database()


def test_12_4_1_an_area_border_router_says_so_and_a_boundary_router_too_but_in_stub_areas() -> None:
    network = dict.fromkeys(("link1", "link2"), "point-to-point")
    for areas, flags in (({}, BORDER | BOUNDARY), ({"2": "stub"}, BORDER)):
        router = Router(network=network, area={"link2": 2}, areas=areas, redistribute=("default",))
        options = 0 if areas else 2
        one, two = Peer(router, LOW), Peer(router, OTHER, options=options)
        one.become_full()
        two.say(two.hello, area=2)
        two.exchange(area=2)
        router.wait(6)
        bodies = {link: own_lsas(router, link)[LsaType.ROUTER, str(ME)].body for link in ("link1", "link2")}
        assert [each.flags for each in bodies.values()] == [BORDER | BOUNDARY, flags]


def test_a_passive_network_is_announced_and_one_that_is_off_is_not() -> None:
    router = Router(network={"link1": "point-to-point"}, passive=("link2",))
    Peer(router, LOW).become_full()
    router.wait(6)
    assert stub("10.0.2.0") in links(router)
    router = Router(network={"link1": "point-to-point"}, area={"link2": "off"})
    Peer(router, LOW).become_full()
    router.wait(6)
    assert stub("10.0.2.0") not in links(router)


# Section 12.4: when


def test_12_4_two_instances_are_min_ls_interval_apart() -> None:
    router = on_point_to_point()
    one, two = Peer(router, LOW), Peer(router, OTHER)
    one.become_full()
    keep(router, one)
    router.clear()
    two.become_full()
    router.wait(0.2)
    router.set_link("link2", up=False)
    assert len(own_lsas(router)) == 1
    assert router.database()["router", str(ME)] == "80000002"
    router.wait(4.5)
    assert router.database()["router", str(ME)] == "80000002"
    router.wait(0.5)
    assert router.database()["router", str(ME)] == "80000003"


def test_12_4_news_that_come_together_are_said_once() -> None:
    router, *_ = full_with_two()
    router.wait(0.2)
    assert router.database()["router", str(ME)] == "80000001"
    body = own_lsas(router)[LsaType.ROUTER, str(ME)].body
    assert isinstance(body, RouterLsa)
    assert len(body.links) == 4


def test_12_4_what_is_no_change_is_not_said() -> None:
    router = on_point_to_point()
    one, two = Peer(router, LOW), Peer(router, OTHER)
    one.become_full()
    keep(router, one)
    two.become_full()
    router.wait(1)
    sequence = router.database()["router", str(ME)]
    two.greet(neighbours=())
    two.greet(neighbours=(ME,))
    two.exchange()
    keep(router, one)
    assert router.database()["router", str(ME)] == sequence


def test_12_4_event_1_an_lsa_is_refreshed_every_half_hour() -> None:
    router = on_point_to_point()
    """ "The maximum time between distinct originations" (appendix B); some come a little earlier."""
    router.wait(1600)
    assert router.database()["router", str(ME)] == "80000001"
    router.wait(200)
    assert router.database()["router", str(ME)] == "80000002"
    assert next(row["age"] for row in router.show("ospf lsdb")) < 200


def test_a_carrier_that_goes_is_said_at_once() -> None:
    router, one, two = full_with_two()
    keep(router, one, two)
    router.clear()
    router.set_link("link2", up=False)
    assert links(router) == {RouterLink(LinkType.POINT_TO_POINT, Address.parse(LOW), int(ME), 1), stub("10.0.1.0")}


# Section 12.1.6 and 14.1


def test_12_1_6_at_the_end_of_the_sequence_numbers_it_is_flushed_first() -> None:
    router, one, two = full_with_two()
    keep(router, one, two)
    mine = own_lsas(router)[LsaType.ROUTER, str(ME)]
    router.clear()
    one.update(Lsa.make(OWN, 2, MAX_SEQUENCE, mine.body))
    router.wait(2)
    flushed = own_lsas(router, "link2")[LsaType.ROUTER, str(ME)]
    assert (flushed.header.age, flushed.header.sequence) == (MAX_AGE, MAX_SEQUENCE)
    two.acknowledge(flushed.header)
    assert router.database()["router", str(ME)] == "7fffffff", "one has not acknowledged it"
    router.clear()
    one.acknowledge(flushed.header)
    assert router.database()["router", str(ME)] == "80000001"
    router.wait(2)
    assert own_lsas(router, "link2")[LsaType.ROUTER, str(ME)].header.sequence == INITIAL


def test_14_1_at_its_end_a_router_flushes_what_it_has_said_and_hears_nobody_any_more() -> None:
    router = Router()
    peer = Peer(router, LOW)
    elected(router, peer)
    peer.exchange()
    keep(router, peer)
    router.clear()
    router.machine.shutdown()
    router.take()
    assert {(each.header.type, each.header.age) for each in own_lsas(router).values()} == {(1, MAX_AGE), (2, MAX_AGE)}
    assert [said.neighbours for said in router.sent(Hello)] == [()]
    kinds = [
        each.packet.data[1] for each in router.actions if isinstance(each, Send) and each.packet.interface == "link1"
    ]
    assert kinds == [4, 1], "the LSAs first: behind the Hello nobody would take them"
    assert router.machine.next_wake() is None
    router.clear()
    peer.greet()
    assert router.actions == []


# Section 13.4


def after_a_restart(*lsas: Lsa) -> tuple[Router, Peer]:
    """A neighbour has these of an earlier life."""
    router = on_point_to_point()
    peer = Peer(router, LOW)
    peer.become_full(*lsas)
    return router, peer


def test_13_4_an_lsa_of_an_earlier_life_is_outdone_once_and_with_what_is_true_now() -> None:
    router, _ = after_a_restart(Lsa.make(OWN, 2, 41, RouterLsa(0, ())))
    router.wait(1)
    mine = own_lsas(router)[LsaType.ROUTER, str(ME)]
    assert mine.header.sequence == 42
    assert RouterLink(LinkType.POINT_TO_POINT, Address.parse(LOW), int(ME), 1) in links(router)
    router.clear()
    router.wait(4)
    assert {each.header.sequence for each in own_lsas(router).values()} <= {42}


def test_13_4_what_it_does_not_say_any_more_is_flushed() -> None:
    """An external route, a network-LSA, and a network-LSA of an earlier Router ID for one of its addresses."""
    earlier = Address.parse("6.6.6.6")
    strays = [
        Lsa.make(LsaKey(LsaType.EXTERNAL, Address.parse("10.9.9.0"), ME), 2, 7, ExternalLsa(MASK, True, 1, NONE, 0)),
        Lsa.make(LsaKey(LsaType.NETWORK, ME, ME), 2, 7, NetworkLsa(MASK, (ME,))),
        Lsa.make(LsaKey(LsaType.NETWORK, Address.parse("10.0.2.5"), earlier), 2, 7, NetworkLsa(MASK, (earlier,))),
    ]
    router, peer = after_a_restart(*strays)
    router.wait(2.5)
    flushed = {each.header.key for each in peer.flooded() if each.header.age == MAX_AGE}
    assert flushed == {each.header.key for each in strays}
    peer.acknowledge_all()
    router.wait(11)
    assert {key for key, _ in router.database()} == {"router"}


def test_13_4_a_forged_instance_is_outdone_but_not_without_end() -> None:
    """MaxAge, or a greater sequence number: each time ours comes back, at most once in MinLSInterval."""
    router, one, two = full_with_two()
    keep(router, one, two)
    mine = own_lsas(router)[LsaType.ROUTER, str(ME)]
    router.clear()
    one.update(mine.aged(MAX_AGE))
    keep(router, one, two, seconds=3)
    newest = own_lsas(router, "link2")[LsaType.ROUTER, str(ME)]
    assert (newest.header.sequence, newest.body) == (mine.header.sequence + 1, mine.body)
    keep(router, one, two)
    originated = router.counters["originated.lsas"]
    for number in range(40):
        one.update(Lsa.make(OWN, 2, 1000 + number, RouterLsa(0, ())))
        keep(router, one, two, seconds=1)
    assert router.counters["originated.lsas"] - originated <= 40 // 5 + 2
    for _ in range(2):
        one.update(Lsa.make(OWN, 2, 1039, RouterLsa(0, ())))  # again, as it was not acknowledged (13.6)
        keep(router, one, two, seconds=5)
    row = next(row for row in router.show("ospf lsdb") if row["id"] == str(ME))
    assert int(row["sequence"], 16) >= 1040
