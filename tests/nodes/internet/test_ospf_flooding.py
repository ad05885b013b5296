"""Flooding, step by step (RFC 2328 sections 13 and 13.3)."""

from __future__ import annotations

from ospf_between import FAR, KEY, OTHER, acknowledged, between, on_lan, received
from ospf_router import INITIAL, LOW, ME, Peer, Router, lsa, on_point_to_point, packet_of

from catenet.nodes.internet.ospf.lsa import MAX_AGE, MAX_SEQUENCE, Lsa, LsaKey, LsaType, newer
from catenet.nodes.internet.ospf.packet import Update

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
