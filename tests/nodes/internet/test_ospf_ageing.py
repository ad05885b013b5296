"""Ageing: what is flushed, and when that is forgotten (RFC 2328 section 14); what opaque LSAs do (RFC 5250)."""

from __future__ import annotations

from ospf_between import FAR, KEY, OTHER, between, received
from ospf_router import HIGH, INITIAL, LOW, Peer, lsa, on_point_to_point

from catenet.nodes.internet.ospf.lsa import MAX_AGE, Lsa, LsaKey
from catenet.nodes.internet.ospf.packet import Acknowledgement

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
