"""Flooding (RFC 2328 section 13), acknowledgements and retransmission among it."""

from __future__ import annotations

import pytest
from ospf_router import HIGH, INITIAL, LOW, ME, Peer, Router, elected, lsa, on_point_to_point, packet_of

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.lsa import MAX_AGE, MAX_SEQUENCE, Lsa, LsaKey, LsaType, newer
from catenet.nodes.internet.ospf.packet import Acknowledgement, Update

OTHER, FAR = "10.0.2.9", "1.1.1.1"
KEY = LsaKey(LsaType.ROUTER, Address.parse(FAR), Address.parse(FAR))


def between() -> tuple[Router, Peer, Peer]:
    """Full with a neighbour on each of two point-to-point networks, and quiet for 10 s."""
    router = on_point_to_point()
    one, other = Peer(router, LOW), Peer(router, OTHER)
    for peer in (one, other):
        peer.become_full()
    quiet(router, one, other)
    return router, one, other


def quiet(router: Router, *peers: Peer) -> None:
    """All is said and acknowledged."""
    for _ in range(10):
        router.wait(1)
        for peer in peers:
            peer.acknowledge_all()
            peer.greet()
        router.clear()


def received(router: Router) -> str | None:
    return router.database().get(("router", FAR))


def acknowledged(router: Router, link: str = "link1") -> list[tuple[str, int]]:
    """Whom an acknowledgement went to, and the sequence number in it."""
    return [(to, header.sequence) for to, said in router.sent_to(Acknowledgement, link) for header in said.headers]


# Section 13, step by step


def test_13_before_exchange_an_update_is_dropped() -> None:
    router = on_point_to_point()
    peer = Peer(router, LOW)
    peer.greet()
    peer.update(lsa(FAR))
    assert received(router) is None
    assert router.counters["ignored.update"] == 1


def test_13_1_step_a_broken_lsa_is_left_out_and_the_others_are_taken() -> None:
    router, one, _ = between()
    good, bad = lsa(FAR), lsa("2.2.2.2")
    one.update(good, Lsa(bad.header, bad.data[:-1] + bytes([bad.data[-1] ^ 1]), bad.body))
    assert router.database().keys() == {("router", str(ME)), ("router", FAR)}
    assert router.counters["skipped.lsa-broken"] == 1


def test_13_step_2_an_unknown_ls_type_is_discarded_without_acknowledgement() -> None:
    router, one, other = between()
    one.update(Lsa.make(LsaKey(8, *KEY[1:]), 2, INITIAL, lsa(FAR).body))
    router.wait(3)
    assert other.flooded() == acknowledged(router) == []


def test_13_step_3_an_external_lsa_is_discarded_in_a_stub_area() -> None:
    router = on_point_to_point(area={"link1": 1, "link2": 1}, areas={"1": "stub"})
    peer = Peer(router, LOW, options=0)
    peer.say(peer.hello, area=1)
    from catenet.nodes.internet.ospf.packet import Description

    first = peer.last_description().sequence
    for number in (first, first + 1):
        peer.say(Description(1500, 0, 0, number, ()), area=1)
    assert peer.state == "Full"
    peer.update(lsa(FAR, kind=LsaType.EXTERNAL, link_id="10.9.9.0"), area=1)
    assert ("external", "10.9.9.0") not in router.database()


def test_13_step_4_a_max_age_lsa_that_nobody_has_is_acknowledged_and_discarded() -> None:
    router, one, other = between()
    one.update(lsa(FAR, age=MAX_AGE))
    assert acknowledged(router) == [("224.0.0.5", INITIAL)]
    assert received(router) is None
    assert other.flooded() == []


def test_13_step_4_while_a_database_is_exchanged_it_is_taken() -> None:
    """The neighbour in Loading may be about to send an older instance."""
    router, one, other = between()
    third = Peer(router, "10.0.1.3")
    third.greet()
    third.exchange(lsa("3.3.3.3").header)
    one.update(lsa(FAR, age=MAX_AGE))
    assert received(router) is not None
    third.update(lsa("3.3.3.3"))
    for peer in (other, third):
        peer.acknowledge_all()
    router.wait(10.1)
    assert received(router) is None


def test_13_step_5_a_new_lsa_is_installed_flooded_and_acknowledged() -> None:
    router, one, other = between()
    one.update(lsa(FAR))
    (passed,) = other.flooded()
    assert (passed.header.key, passed.header.sequence) == (KEY, INITIAL)
    assert one.flooded() == []
    router.wait(2)
    assert acknowledged(router) == [("224.0.0.5", INITIAL)]


def test_13_3_step_5_its_age_is_incremented_by_inf_trans_delay() -> None:
    _, one, other = between()
    one.update(lsa(FAR, age=100))
    assert [each.header.age for each in other.flooded()] == [101]


def test_12_1_1_an_age_is_never_more_than_max_age() -> None:
    router, one, other = between()
    one.update(lsa(FAR))
    router.wait(2)
    router.clear()
    one.update(lsa(FAR, age=MAX_AGE))
    assert [each.header.age for each in other.flooded()] == [MAX_AGE]


def test_13_step_5_a_within_min_ls_arrival_a_newer_one_is_discarded_without_acknowledgement() -> None:
    router, one, other = between()
    one.update(lsa(FAR))
    router.wait(0.9)
    router.clear()
    one.update(lsa(FAR, INITIAL + 1))
    assert received(router) == "80000001"
    router.wait(1.5)
    assert other.flooded() == []
    assert INITIAL + 1 not in [sequence for _, sequence in acknowledged(router)]
    one.update(lsa(FAR, INITIAL + 1))
    assert received(router) == "80000002"


def test_13_step_5_a_is_of_what_came_by_flooding_alone() -> None:
    """ "If the database copy was received via flooding": one that was requested may be followed at once."""
    router = on_point_to_point()
    one = Peer(router, LOW)
    one.become_full(lsa(FAR))
    one.update(lsa(FAR, INITIAL + 1))
    assert received(router) == "80000002"


def test_13_step_7_a_duplicate_is_acknowledged_directly() -> None:
    router, one, _ = between()
    one.update(lsa(FAR))
    router.wait(2)
    router.clear()
    one.update(lsa(FAR))
    assert acknowledged(router) == [("224.0.0.5", INITIAL)]


def test_13_step_7_a_what_is_awaited_is_an_implied_acknowledgement() -> None:
    router, one, other = between()
    one.update(lsa(FAR))
    router.clear()
    other.update(lsa(FAR))
    router.wait(11)
    assert other.flooded() == []
    assert acknowledged(router, "link2") == []


def test_13_step_7_a_what_has_not_left_yet_implies_nothing() -> None:
    """Both neighbours' copies are read before ours of the first could leave for the second."""
    router, _, _ = between()
    for source in (LOW, OTHER):
        router.machine.receive(packet_of(Update((lsa(FAR),)), source, f"link{source.split('.')[2]}"), router.now)
    router.take()
    router.wait(2)
    assert [to for to, _ in acknowledged(router, "link2")] == ["224.0.0.5"]
    assert router.sent(Update, "link2") == []


def test_13_step_8_who_sends_an_older_one_gets_ours() -> None:
    router, one, _ = between()
    one.update(lsa(FAR, 7))
    router.wait(2)
    router.clear()
    one.update(lsa(FAR, 6))
    assert [each.header.sequence for each in one.flooded()] == [7]
    assert acknowledged(router) == []
    router.clear()
    one.update(lsa(FAR, 6))
    assert one.flooded() == [], "not twice within MinLSArrival"
    router.wait(20)
    assert one.flooded() == [], "and it is not retransmitted"


def test_13_step_8_while_its_sequence_number_wraps_nothing_is_said() -> None:
    router, one, other = between()
    one.update(lsa(FAR, MAX_SEQUENCE))
    router.wait(2)
    one.update(lsa(FAR, MAX_SEQUENCE, age=MAX_AGE))
    router.clear()
    one.update(lsa(FAR, INITIAL))
    assert one.flooded() == acknowledged(router) == []
    other.acknowledge(lsa(FAR, MAX_SEQUENCE, age=MAX_AGE).header)
    one.update(lsa(FAR, INITIAL))
    assert received(router) == "80000001"


def test_an_instance_at_max_sequence_number_gives_way_to_its_flush_alone() -> None:
    """CVE-2017-3224: else whoever finds another checksum could put an LSA in everybody's database for an hour."""
    router, one, _ = between()
    forged = sorted((lsa(FAR, MAX_SEQUENCE, cost=cost) for cost in (1, 2)), key=lambda each: each.header.checksum)
    one.update(forged[0])
    router.wait(2)
    assert newer(forged[1].header, forged[0].header) > 0
    one.update(forged[1])
    row = next(row for row in router.show("ospf lsdb") if row["id"] == FAR)
    assert int(row["checksum"], 16) == forged[0].header.checksum


# Section 13.3: over which interfaces


def test_13_3_area_lsas_stay_in_their_area_and_external_ones_do_not() -> None:
    network = dict.fromkeys(("link1", "link2", "link3"), "point-to-point")
    router = Router(lans=tuple(network), network=network, area={"link3": 3})
    one, other, away = Peer(router, LOW), Peer(router, OTHER), Peer(router, "10.0.3.9")
    for peer in (one, other):
        peer.become_full()
    away.say(away.hello, area=3)
    away.exchange(area=3)
    router.wait(9)
    router.clear()
    one.update(lsa(FAR), lsa(FAR, kind=LsaType.EXTERNAL, link_id="10.9.9.0"))
    assert {each.header.type for each in other.flooded()} == {LsaType.ROUTER, LsaType.EXTERNAL}
    assert {each.header.type for each in away.flooded() if str(each.header.router) == FAR} == {LsaType.EXTERNAL}


def on_lan(role: str) -> tuple[Router, Peer, Peer, Peer]:
    """A LAN on which the router has that role, with three others. The first of these is Designated Router, or Backup
    where that is the router itself; where it is neither, the second is Backup."""
    router = Router(priority={"link1": 0 if role == "DR Other" else 1})
    hosts, designated, backup = {
        "DR": ((4, 3, 2), "0.0.0.0", "0.0.0.0"),
        "Backup": ((9, 4, 3), "10.0.1.9", "0.0.0.0"),
        "DR Other": ((9, 8, 7), "10.0.1.9", "10.0.1.8"),
    }[role]
    peers = [Peer(router, f"10.0.1.{host}") for host in hosts]
    for peer in peers:
        peer.greet(designated=Address.parse(designated), backup=Address.parse(backup))
    if role == "DR":
        elected(router, *peers)
    assert router.interface()["state"] == role
    for peer in peers:
        if peer.state == "ExStart":
            peer.exchange()
    quiet(router, *peers)
    return router, *peers


def test_13_3_the_designated_router_floods_back_to_all_routers() -> None:
    """Step 5b: "the LSA will be flooded back out the receiving interface", and then it is not acknowledged."""
    router, one, two, three = on_lan("DR")
    assert [peer.state for peer in (one, two, three)] == ["Full"] * 3
    two.update(lsa(FAR))
    assert [to for to, _ in router.sent_to(Update)] == ["224.0.0.5"]
    router.wait(3)
    assert acknowledged(router) == []


def test_13_3_step_3_from_the_backup_it_is_not_flooded_back() -> None:
    router, one, _, _ = on_lan("DR")
    one.update(lsa(FAR))
    router.wait(3)
    assert router.sent(Update) == []
    assert acknowledged(router) == [("224.0.0.5", INITIAL)]


def test_13_3_step_4_the_backup_leaves_flooding_to_the_designated_router() -> None:
    """It acknowledges what comes from that one, and retransmits where the others stay silent (13.5, Table 19)."""
    router, one, two, three = on_lan("Backup")
    two.update(lsa(FAR))
    router.wait(3)
    assert router.sent(Update) == []
    assert acknowledged(router) == []
    one.update(lsa(FAR))
    router.wait(3)
    assert acknowledged(router) == [("224.0.0.5", INITIAL)]
    assert {to for to, _ in router.sent_to(Update)} == {three.address}
    router.clear()
    router.wait(5)
    assert {to for to, _ in router.sent_to(Update)} == {three.address}, "one has it: that was an acknowledgement"


def test_13_3_who_is_neither_floods_to_those_two() -> None:
    router, one, two, three = on_lan("DR Other")
    assert (one.state, two.state, three.state) == ("Full", "Full", "2-Way")
    router.set_link("link2", up=False)  # it has something to say
    router.wait(1)
    assert [to for to, _ in router.sent_to(Update)] == ["224.0.0.6"]
    router.clear()
    one.update(lsa(FAR))
    router.wait(2)
    assert acknowledged(router) == [("224.0.0.6", INITIAL)]


# Sections 13.5 to 13.7


def test_13_5_delayed_acknowledgements_are_gathered() -> None:
    router, one, _ = between()
    for number in range(5):
        one.update(lsa(f"3.3.3.{number + 1}"))
        router.wait(0.1)
    assert router.sent(Acknowledgement) == []
    router.wait(2)
    assert [len(said.headers) for said in router.sent(Acknowledgement)] == [5]


def test_an_interface_that_was_down_acknowledges_again() -> None:
    router, one, _ = between()
    one.update(lsa(FAR))
    for up in (False, True):
        router.set_link("link1", up=up)
        router.wait(3)
    one.become_full()
    router.clear()
    one.update(lsa("3.3.3.3"))
    router.wait(3)
    assert len(acknowledged(router)) == 1


def test_13_6_what_is_not_acknowledged_is_sent_again_to_the_neighbour() -> None:
    router, one, other = between()
    one.update(lsa(FAR))
    other.greet()
    router.wait(16)
    assert len(other.flooded()) == 4
    other.acknowledge(lsa(FAR).header)
    router.clear()
    router.wait(16)
    assert other.flooded() == []


def test_13_6_retransmissions_on_a_lan_go_to_the_neighbour_alone() -> None:
    router, one, two, _ = on_lan("DR")
    one.update(lsa(FAR))
    two.acknowledge(lsa(FAR).header)
    router.wait(6)
    assert [to for to, _ in router.sent_to(Update)] == ["10.0.1.2"]


def test_13_6_what_fits_in_a_packet_is_sent_at_once_the_rest_when_something_is_acknowledged() -> None:
    router, one, other = between()
    lsas = [lsa(f"3.3.{number >> 8}.{number & 255}") for number in range(100)]
    one.update(*lsas)
    router.clear()
    router.wait(5.1)
    (first,) = router.sent(Update, "link2")
    assert len(first.lsas) == (1500 - 20 - 24 - 4) // 36
    other.acknowledge(*(each.header for each in first.lsas))
    assert len(router.sent(Update, "link2")) == 2
    for _ in range(3):
        other.acknowledge_all()
    router.clear()
    router.wait(20)
    assert other.flooded() == []


@pytest.mark.parametrize("wrong", [lsa(FAR, INITIAL - 0 + 1).header, lsa(FAR, age=MAX_AGE).header])
def test_13_7_an_acknowledgement_of_another_instance_does_not_count(wrong: object) -> None:
    router, one, other = between()
    one.update(lsa(FAR))
    other.acknowledge(wrong)
    assert router.counters["skipped.acknowledgement"] == 1
    router.clear()
    router.wait(6)
    assert len(other.flooded()) == 1


def test_13_7_an_acknowledgement_of_what_nobody_awaits_is_nothing() -> None:
    router, one, _ = between()
    one.acknowledge(lsa("8.8.8.8").header)
    assert router.counters.get("skipped.acknowledgement", 0) == 0


def test_a_newer_instance_waits_until_the_neighbour_takes_it() -> None:
    """Within a second it would throw it away in silence, and hear of it again only after RxmtInterval."""
    router, one, other = between()
    one.update(lsa(FAR))
    router.wait(1.05)
    router.clear()
    one.update(lsa(FAR, INITIAL + 1))
    assert other.flooded() == []
    router.wait(0.1)
    assert [each.header.sequence for each in other.flooded()] == [INITIAL + 1]


def test_who_has_got_an_instance_on_request_gets_the_next_at_once_and_again_if_it_is_not_acknowledged() -> None:
    """It may have just come back. Who does not take it within MinLSArrival of the answer says nothing, either."""
    router, one, other = between()
    one.update(lsa(FAR))
    quiet(router, one, other)
    other.request(KEY)
    assert [each.header.sequence for each in other.flooded()] == [INITIAL]
    router.clear()
    one.update(lsa(FAR, INITIAL + 1))
    assert [each.header.sequence for each in other.flooded()] == [INITIAL + 1]
    router.clear()
    router.wait(1.0)
    assert other.flooded() == []
    router.wait(0.15)
    assert [each.header.sequence for each in other.flooded()] == [INITIAL + 1]


# Section 14


def test_14_what_nobody_refreshes_is_flushed_after_max_age() -> None:
    router, one, other = between()
    one.update(lsa(FAR, age=3500))
    for _ in range(9):
        router.wait(11)
        for peer in (one, other):
            peer.acknowledge_all()
            peer.greet()
    assert received(router) is not None
    router.clear()
    router.wait(3)
    for peer in (one, other):
        assert [each.header.age for each in peer.flooded()] == [MAX_AGE]
    router.wait(9)
    assert received(router) is not None, "nobody has acknowledged it"
    one.acknowledge_all()
    assert received(router) is not None
    other.acknowledge_all()
    assert received(router) is None


def test_14_a_neighbour_that_stays_in_loading_does_not_keep_what_is_flushed() -> None:
    """ "b) none of the router's neighbors are in states Exchange or Loading": so nobody may stay there for ever."""
    router, one, other = between()
    one.update(lsa(FAR))
    router.wait(2)
    third = Peer(router, "10.0.1.3")
    third.greet()
    third.exchange(lsa("7.7.7.7").header)
    one.update(lsa(FAR, age=MAX_AGE))
    for _ in range(6):
        router.wait(9)
        for peer in (one, other, third):
            peer.acknowledge_all()
            peer.greet()
    assert received(router) is None


def test_14_who_never_acknowledges_does_not_keep_what_is_flushed_for_ever() -> None:
    """For another MaxAge: by then nobody can have an older instance."""
    router, one, other = between()
    one.update(lsa(FAR, age=MAX_AGE - 1))
    for second in range(0, MAX_AGE + 30, 10):
        router.wait(10)
        one.acknowledge_all()
        one.greet()
        other.greet()
        router.clear()
        assert received(router) is not None or second > MAX_AGE
    assert received(router) is None
    assert other.state == "Full"
    assert next(row for row in router.show("ospf neighbors") if row["address"] == other.address)["unacknowledged"] <= 1


def test_14_what_is_flushed_is_not_forgotten_at_once() -> None:
    """An older instance that was late on another way is no news for 10 s, and its sender hears of the flush."""
    router, one, other = between()
    one.update(lsa(FAR))
    router.wait(2)
    one.update(lsa(FAR, age=MAX_AGE))
    other.acknowledge_all()
    router.wait(5)
    router.clear()
    other.update(lsa(FAR))
    assert [each.header.age for each in other.flooded()] == [MAX_AGE]
    assert one.flooded() == []
    router.wait(4)
    other.update(lsa(FAR))
    assert one.flooded() == []
    router.wait(2)
    assert received(router) is None


def test_14_a_neighbour_that_is_new_gets_the_max_age_lsas_as_such() -> None:
    """They "are added to the neighbor's Link state retransmission list instead of the neighbor's Database summary
    list"."""
    router, one, other = between()
    one.update(lsa(FAR))
    router.wait(2)
    one.update(lsa(FAR, age=MAX_AGE))
    third = Peer(router, "10.0.1.3")
    third.greet()
    third.exchange()
    router.wait(0.1)
    listed = [header.key for said in [third.last_description()] for header in said.headers]
    assert KEY not in listed
    assert [each.header.age for each in third.flooded() if each.header.key == KEY] == [MAX_AGE]
    assert other.state == "Full"


# Opaque LSAs (RFC 5250)


def test_rfc_5250_opaque_lsas_are_passed_on_in_their_scope_to_who_takes_them() -> None:
    router = on_point_to_point()
    one, other = Peer(router, LOW), Peer(router, OTHER)
    for peer in (one, other):
        peer.become_full()
    router.wait(8)
    router.clear()
    body = lsa(FAR).body
    scopes = [Lsa.make(LsaKey(kind, *KEY[1:]), 0x42, INITIAL, body) for kind in (9, 10, 11)]
    one.update(*scopes)
    assert [each.header.type for each in other.flooded()] == [10, 11]
    assert {row["type"] for row in router.show("ospf lsdb")} >= {"opaque-link", "opaque-area", "opaque-as"}


def test_the_other_neighbours_exchange_takes_what_has_come_by_flooding() -> None:
    """13.3 (1b): "If the two copies are the same instance, then delete the LSA from the Link state request list"."""
    router, one, _ = between()
    third = Peer(router, "10.0.1.3")
    third.greet()
    third.exchange(lsa(FAR).header)
    assert third.state == "Loading"
    one.update(lsa(FAR))
    assert third.state == "Full"
    assert FAR not in [str(each.header.id) for each in third.flooded()]


def test_hellos_alone_are_sent_when_all_is_said() -> None:
    router, one, other = between()
    router.wait(25)
    for peer in (one, other):
        assert peer.flooded() == []
    assert router.sent(Acknowledgement) == []
    assert HIGH not in [row["address"] for row in router.show("ospf neighbors")]
