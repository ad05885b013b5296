"""Acknowledgements and retransmission (RFC 2328 sections 13.5 to 13.7)."""

from __future__ import annotations

import pytest
from ospf_between import FAR, KEY, acknowledged, between, on_lan, quiet
from ospf_router import INITIAL, lsa

from catenet.nodes.internet.ospf.lsa import MAX_AGE
from catenet.nodes.internet.ospf.packet import Acknowledgement, Update


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
