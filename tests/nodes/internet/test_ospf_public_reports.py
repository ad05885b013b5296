"""What others have reported of adjacency and flooding among routers of several makes, each tried on this one."""

from __future__ import annotations

import pytest
from ospf_area import DrawnArea, router_id
from ospf_router import HIGH, INITIAL, LOW, MASK, ME, Peer, Router, elected, lsa, on_point_to_point, packet_of

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.election import Candidate, elect
from catenet.nodes.internet.ospf.graph import Graph
from catenet.nodes.internet.ospf.lsa import (
    MAX_AGE,
    ExternalLsa,
    LinkType,
    Lsa,
    LsaKey,
    LsaType,
    NetworkLsa,
    RouterLink,
    RouterLsa,
    SummaryLsa,
)
from catenet.nodes.internet.ospf.packet import (
    EXTERNAL,
    INIT,
    MASTER,
    MORE,
    NONE,
    OPAQUE,
    Acknowledgement,
    Description,
    Request,
    Update,
)
from catenet.nodes.internet.ospf.spf import spf
from catenet.nodes.machine import DeleteRoute, NextHop, OtherRoute

OTHER = "10.0.2.9"
FAR = "9.9.9.9"


def keep(router: Router, *peers: Peer, seconds: int) -> None:
    """Time passes; the neighbours live, and acknowledge what they get."""
    for second in range(seconds):
        router.wait(1)
        for peer in peers:
            peer.acknowledge_all()
            if not second % 5:
                peer.greet()


def between(**options: object) -> tuple[Router, Peer, Peer]:
    """Full with a neighbour on each of two point-to-point links, and quiet."""
    router = on_point_to_point(**options)
    one, other = Peer(router, LOW), Peer(router, OTHER)
    for peer in (one, other):
        peer.become_full()
    keep(router, one, other, seconds=10)
    router.clear()
    return router, one, other


def row_of(router: Router, kind: str, link_id: str) -> dict[str, object]:
    (found,) = [row for row in router.show("ospf lsdb") if (row["type"], row["id"]) == (kind, link_id)]
    return found


def test_10_3_a_neighbour_whose_hellos_do_not_fit_any_more_goes_down_whatever_else_it_sends() -> None:
    """FRR #9760: its updates started the Inactivity Timer anew, and it stayed Full. "HelloReceived" alone does that."""
    router, one, _ = between()
    for number in range(9):
        one.say(one.hello._replace(dead=50))
        one.update(lsa(FAR, INITIAL + number))
        router.wait(5)
    assert one.state == "Down"
    assert router.cause(LOW) == "dead 50 s, here 40 s"


def test_13_a_router_that_comes_back_while_it_is_flushed_is_not_flushed_again() -> None:
    """FRR #14666: beside the new instance the one at MaxAge stayed, and was told to others."""
    router, one, other = between()
    one.update(lsa(FAR, 5))
    keep(router, one, other, seconds=2)
    one.update(lsa(FAR, 5, age=MAX_AGE))
    keep(router, one, other, seconds=2)
    router.clear()
    one.update(lsa(FAR, INITIAL))
    assert [(each.header.sequence, each.header.age) for each in one.flooded()] == [(5, MAX_AGE)]
    assert other.flooded() == []
    router.clear()
    one.update(lsa(FAR, 6))
    keep(router, one, other, seconds=20)
    assert {(each.header.sequence, each.header.age < MAX_AGE) for each in other.flooded()} == {(6, True)}
    assert row_of(router, "router", FAR)["sequence"] == "00000006"


@pytest.mark.parametrize("stays", [True, False])
def test_12_4_what_is_announced_withdrawn_and_announced_within_a_second_is_known_as_it_is(stays: bool) -> None:
    """FRR #10834: the neighbour had thrown away the flush, for MinLSArrival, and was not told again."""
    router, one, other = between(redistribute=("static",))
    hop = OtherRoute((NextHop(Address.parse("10.0.2.77"), "link2"),))
    prefix, key = Prefix.parse("10.7.0.0/16"), LsaKey(LsaType.EXTERNAL, Address.parse("10.7.0.0"), ME)
    arrived, known = -1.0, None
    for turn in (hop, None, hop) if stays else (hop, None):
        router.machine.route_changed("static", prefix, turn, router.now)
        router.take()
        router.wait(0.3)
    for _ in range(20):
        for each in one.flooded():
            if each.key == key and router.now >= arrived + 1.0:  # else it is discarded "without acknowledging it"
                arrived, known = router.now, each.header
                one.acknowledge(each.header)
            elif each.key != key:
                one.acknowledge(each.header)
        other.acknowledge_all()
        router.clear()
        for peer in (one, other):
            peer.greet()
        router.wait(1)
    assert known is not None
    assert (known.age < MAX_AGE) is stays
    assert all(row["unacknowledged"] == 0 for row in router.show("ospf neighbors"))


def test_13_4_a_summary_of_an_earlier_life_is_outdone_and_refreshed() -> None:
    """FRR #20601: as it said what was true, it was taken for this life's, and never refreshed: after an hour the others
    lost the network."""
    router = on_point_to_point(area={"link2": 1})
    one = Peer(router, LOW)
    key = LsaKey(LsaType.SUMMARY, Address.parse("10.0.2.0"), ME)
    old = Lsa.make(key, EXTERNAL, 50, SummaryLsa(MASK, 1))
    one.become_full(old)
    keep(router, one, seconds=8)
    assert row_of(router, "summary", "10.0.2.0")["sequence"] == "00000033"
    keep(router, one, seconds=1800)
    row = row_of(router, "summary", "10.0.2.0")
    assert row["sequence"] == "00000034"


@pytest.mark.parametrize("first", ["stale", "right"])
def test_16_1_a_networks_other_lsa_that_is_being_flushed_does_not_count(first: str) -> None:
    """FRR #21913: two routers swapped their addresses, and the old Designated Router's LSA stayed at MaxAge."""
    drawn = DrawnArea()
    address = drawn.lan("10.0.1.0/24", {2: 1, 3: 1, 4: 1}, designated=3)
    key = LsaKey(LsaType.NETWORK, address, router_id(9))
    stale = Lsa.make(key, EXTERNAL, INITIAL, NetworkLsa(MASK, (router_id(2), router_id(9))), MAX_AGE)
    drawn.others.insert(0 if first == "stale" else len(drawn.others), stale)
    graph = Graph()
    graph.update(drawn.lsdb(), 0)
    reached = [int(key.id) for key in spf(router_id(2), graph, drawn.links(2)).vertices if key.kind == "router"]
    assert reached == [2, 3, 4]


@pytest.mark.parametrize("listed", [(3,), (2, 4), (9,)])
def test_16_1_a_network_reaches_only_routers_that_say_so_too(listed: tuple[int, ...]) -> None:
    """A network-LSA that lists its Designated Router alone, or not even that one, misleads nobody."""
    drawn = DrawnArea()
    address = drawn.lan("10.0.1.0/24", {2: 1, 3: 1, 4: 1}, designated=3)
    key = LsaKey(LsaType.NETWORK, address, router_id(3))
    drawn.others = [Lsa.make(key, EXTERNAL, INITIAL, NetworkLsa(MASK, tuple(map(router_id, listed))))]
    graph = Graph()
    graph.update(drawn.lsdb(), 0)
    reached = {int(key.id) for key in spf(router_id(2), graph, drawn.links(2)).vertices if key.kind == "router"}
    assert reached == {2} | ({4} if listed == (2, 4) else set())


def test_13_5_direct_acknowledgements_go_to_each_that_asked_and_name_each_lsa_once() -> None:
    """FRR #16351: those for several neighbours went to one of them, and named an LSA as often as it had come."""
    router = Router()
    one, two = Peer(router, LOW), Peer(router, "10.0.1.3")
    elected(router, one, two)
    for peer in (one, two):
        peer.exchange()
    known = [lsa(FAR), lsa("8.8.8.8")]
    one.update(*known)
    for peer in (one, two):
        keep(router, peer, seconds=2)
    router.clear()
    for peer, lsas in ((one, (known[0], known[0])), (two, (known[1], known[0])), (one, (known[0],))):
        router.machine.receive(packet_of(Update(lsas), peer.address, "link1"), router.now)
    router.take()
    acknowledged = {to: [str(each.router) for each in body.headers] for to, body in router.sent_to(Acknowledgement)}
    assert acknowledged == {LOW: [FAR], "10.0.1.3": ["8.8.8.8", FAR]}


def test_13_5_the_backup_acknowledges_to_all_what_the_designated_router_floods() -> None:
    """FRR #19051: it did so late or not at all, so that everybody retransmitted to it. Within RxmtInterval it must."""
    router = Router()
    designated, third = Peer(router, HIGH), Peer(router, "10.0.1.3")
    for peer in (designated, third):
        peer.greet(designated=Address.parse(HIGH))
    assert router.interface()["state"] == "Backup"
    for peer in (designated, third):
        peer.exchange()
        keep(router, peer, seconds=3)
    router.clear()
    third.update(lsa(FAR))
    router.wait(0.1)
    designated.update(lsa(FAR))
    router.wait(2)
    said = router.sent_to(Acknowledgement)
    assert [(to, [str(each.router) for each in body.headers]) for to, body in said] == [("224.0.0.5", [FAR])]


@pytest.mark.parametrize("repeats", [1, 2])
def test_13_4_two_neighbours_tell_at_once_of_a_network_lsa_of_an_earlier_life(repeats: int) -> None:
    """FRR #7030: it flushed what the first told, the second's replaced that, and no network-LSA was ever made."""
    router = Router(network={"link2": "point-to-point"})
    one, two, other = Peer(router, LOW), Peer(router, "10.0.1.3"), Peer(router, OTHER)
    old = Lsa.make(LsaKey(LsaType.NETWORK, ME, ME), EXTERNAL, 9, NetworkLsa(MASK, (ME, Address.parse(LOW))))
    elected(router, one, two)
    other.greet()
    for peer in (one, two, other):
        peer.exchange(old.header)
    for _ in range(repeats):
        for peer in (one, other, two):
            peer.update(old)
    keep(router, one, two, other, seconds=20)
    row = row_of(router, "network", str(ME))
    assert int(str(row["sequence"]), 16) >= 10
    assert int(str(row["age"])) < 30
    assert {one.state, two.state, other.state} == {"Full"}


@pytest.mark.parametrize("address", [LOW, HIGH])
def test_10_6_database_descriptions_that_come_twice_are_one(address: str) -> None:
    """FRR #6304: each packet came twice, and the exchange began again without end. As slave, and as master."""
    router = on_point_to_point()
    peer = Peer(router, address)
    peer.greet()
    first = peer.last_description()
    master = Address.parse(address) > ME
    steps = (
        [(INIT | MORE | MASTER, 77, ()), (MASTER, 78, (lsa(FAR).header,))]
        if master
        else [(MORE, first.sequence, (lsa(FAR).header,)), (0, first.sequence + 1, ())]
    )
    for flags, sequence, headers in steps:
        for _ in range(2):
            peer.say(Description(1500, EXTERNAL | OPAQUE, flags, sequence, headers))
    peer.update(lsa(FAR))
    states = [report.data["state"] for report in router.reports("neighbor.changed")]
    assert states == ["Init", "ExStart", "Exchange", "Loading", "Full"]


def test_9_4_who_says_that_it_is_designated_stays_so_and_of_two_that_say_it_one_does() -> None:
    """zebra-rs #833: a router that joined pushed out the Designated Router, and two that had each waited alone stayed
    it both."""
    low, high = Address.parse(LOW), Address.parse(HIGH)
    settled, joining = Candidate(1, low, low, low, NONE), Candidate(1, high, high, NONE, NONE)
    assert elect(settled, [joining]) == elect(joining, [settled]) == (low, high)
    one, two = Candidate(1, low, low, low, NONE), Candidate(1, high, high, high, NONE)
    assert elect(one, [two]) == (high, low)
    assert elect(two, [one])[0] == high


def test_13_7_the_acknowledgement_of_an_instance_is_none_of_its_flush() -> None:
    """Quagga 49d7af11: they have one sequence number, and the flush, which the neighbour had thrown away, was over."""
    router, one, other = between(redistribute=("static",))
    hop = OtherRoute((NextHop(Address.parse("10.0.2.77"), "link2"),))
    router.machine.route_changed("static", Prefix.parse("10.7.0.0/16"), hop, router.now)
    router.wait(0.1)
    (said,) = [each for each in one.flooded() if each.key.type == LsaType.EXTERNAL]
    router.machine.route_changed("static", Prefix.parse("10.7.0.0/16"), None, router.now)
    router.wait(2)
    one.acknowledge(said.header)
    router.clear()
    keep(router, other, seconds=6)
    again = [each.header for each in one.flooded() if each.key.type == LsaType.EXTERNAL]
    assert [(each.sequence, each.age) for each in again] == [(INITIAL, MAX_AGE)]


def test_10_8_a_lost_database_description_is_sent_again_as_it_was() -> None:
    """BIRD, long ago: the master sent the next headers under the same number, and never those that were lost."""
    lsas = [lsa(f"9.{number >> 8}.{number & 255}.1") for number in range(100)]
    router = on_point_to_point()
    Peer(router, OTHER).become_full(*lsas)
    peer = Peer(router, LOW)
    peer.greet()
    first = peer.last_description()
    peer.describe(MORE, first.sequence)
    lost = peer.last_description()
    assert lost.headers
    router.wait(5.1)
    assert peer.last_description() == lost
    listed = {header.key for header in lost.headers}
    peer.describe(MORE, lost.sequence)
    listed |= {header.key for header in peer.last_description().headers}
    assert listed >= {each.key for each in lsas}


def test_10_3_an_exchange_that_begins_again_requests_and_retransmits_nothing_of_the_last() -> None:
    """BIRD, long ago: neighbours went to and fro between ExStart and Loading, over lists that had not been cleared."""
    router, one, _ = between()
    router.set_link("link2", up=False)
    router.wait(1)
    one.describe(INIT | MORE | MASTER, 5)
    assert one.state == "ExStart"
    row = next(row for row in router.show("ospf neighbors") if row["address"] == LOW)
    assert (row["requested"], row["unacknowledged"]) == (0, 0)
    router.clear()
    router.wait(12)
    assert (one.flooded(), router.sent(Request)) == ([], [])


def test_12_1_7_any_check_octets_that_make_the_sums_0_are_right() -> None:
    """BIRD, long ago: it calculated the checksum anew and compared; but 0 and 255 are one modulo 255 (RFC 905 B.4)."""
    found = 0
    for number in range(600):
        data = lsa("10.9.9.9", INITIAL + number).data
        for at in (16, 17):
            if data[at] == 255:
                assert Lsa.parse(data[:at] + b"\0" + data[at + 1 :]).header.sequence == INITIAL + number
                found += 1
    assert found > 0


def test_16_4_an_external_lsa_that_says_another_mask_leaves_no_route_of_the_old_one() -> None:
    """FRR #19745: the Link State ID of 10.8.0.0/26 became that of 10.8.0.0/24 (appendix E), and both routes stayed."""
    router, one, _ = between()
    links = RouterLsa(2, (RouterLink(LinkType.POINT_TO_POINT, ME, Address.parse(LOW), 1),))
    key = LsaKey(LsaType.EXTERNAL, Address.parse("10.8.0.0"), Address.parse(LOW))
    one.update(Lsa.make(LsaKey(LsaType.ROUTER, Address.parse(LOW), Address.parse(LOW)), EXTERNAL, INITIAL, links))
    for number, mask in enumerate((0xFFFFFFC0, 0xFFFFFF00)):
        one.update(Lsa.make(key, EXTERNAL, INITIAL + number, ExternalLsa(mask, True, 20, NONE, 0)))
        keep(router, one, seconds=3)
    routes = {row["prefix"] for row in router.show("ospf routes") if row["prefix"].startswith("10.8.")}
    assert routes == {"10.8.0.0/24"}
    assert DeleteRoute(Prefix.parse("10.8.0.0/26")) in router.kernel()
