"""What is requested, and how a Database Exchange ends or begins again (RFC 2328 sections 10.3, 10.7 and 10.9)."""

from __future__ import annotations

import pytest
from ospf_exchanging import FIRST, OTHER, begun
from ospf_router import HIGH, LOW, ME, Peer, Router, header_of, lsa, on_point_to_point

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.lsa import LsaKey, LsaType
from catenet.nodes.internet.ospf.packet import (
    INIT,
    MASTER,
    MORE,
    Description,
    Request,
    Update,
)


def test_10_9_only_what_is_newer_is_requested_and_at_once() -> None:
    router = on_point_to_point()
    Peer(router, OTHER).become_full(lsa("1.1.1.1", 5), lsa("2.2.2.2", 5), lsa("3.3.3.3", 5))
    peer = Peer(router, LOW)
    peer.greet()
    peer.exchange(header_of("1.1.1.1", 4), header_of("2.2.2.2", 5), header_of("3.3.3.3", 6), header_of("4.4.4.4"))
    (asked,) = router.sent(Request)
    assert {str(key.router) for key in asked.keys} == {"3.3.3.3", "4.4.4.4"}
    assert peer.state == "Loading"
    peer.update(lsa("3.3.3.3", 6))
    assert peer.state == "Loading"
    peer.update(lsa("4.4.4.4"))
    assert peer.state == "Full"


def test_10_9_requests_are_repeated_every_rxmt_interval_for_what_has_not_come() -> None:
    router, peer = begun()
    peer.exchange(header_of("1.1.1.1"), header_of("2.2.2.2"))
    router.clear()
    peer.update(lsa("1.1.1.1"))
    router.wait(5.1)
    (asked,) = router.sent(Request)
    assert [str(key.router) for key in asked.keys] == ["2.2.2.2"]


def greeted(router: Router, peer: Peer, seconds: int) -> None:
    """Time passes, and the neighbour lives."""
    for _ in range(seconds // 10):
        router.wait(10)
        peer.greet()


@pytest.mark.parametrize("stage", ["Exchange", "Loading"])
def test_an_exchange_of_which_nothing_comes_begins_again(stage: str) -> None:
    """After RouterDeadInterval it is tried anew, and said why; not asked for the same for ever."""
    router, peer = begun()
    first = peer.last_description()
    if stage == "Exchange":
        peer.describe(MORE, first.sequence)
    else:
        peer.exchange(header_of("1.1.1.1"))
    assert peer.state == stage
    greeted(router, peer, 30)
    assert peer.state == stage
    greeted(router, peer, 20)
    assert peer.state == "ExStart"
    words = {"Exchange": "no Database Description", "Loading": "no LSA that was requested"}
    assert router.cause(LOW) == f"the exchange begins again: {words[stage]} has come for 40 s"
    peer.exchange(header_of("1.1.1.1"))
    peer.update(lsa("1.1.1.1"))
    assert peer.state == "Full"


def test_an_exchange_that_proceeds_slowly_goes_on() -> None:
    router, peer = begun()
    peer.exchange(*(header_of(f"{number}.1.1.1") for number in range(1, 6)))
    for number in range(1, 6):
        greeted(router, peer, 30)
        assert peer.state == "Loading"
        peer.update(lsa(f"{number}.1.1.1"))
    assert peer.state == "Full"
    greeted(router, peer, 60)
    assert peer.state == "Full"


def test_10_9_one_request_packet_is_outstanding_and_the_next_goes_when_it_is_answered() -> None:
    """(1500 - 20 - 24) / 12 requests fit in one: 121."""
    lsas = [lsa(f"9.{number >> 8}.{number & 255}.1") for number in range(200)]
    router, peer = begun()
    first = peer.last_description().sequence
    peer.describe(MORE, first, *(each.header for each in lsas[:70]))
    peer.describe(MORE, first + 1, *(each.header for each in lsas[70:140]))
    peer.describe(0, first + 2, *(each.header for each in lsas[140:]))
    asked = router.sent(Request)
    assert [len(said.keys) for said in asked] == [70]
    peer.update(*lsas[:70])
    assert [len(said.keys) for said in router.sent(Request)] == [70, 121]
    peer.update(*lsas[70:])
    assert peer.state == "Full"


def test_10_7_requests_are_answered_and_not_put_on_the_retransmission_list() -> None:
    router, peer = begun()
    peer.exchange()
    router.wait(2)
    peer.acknowledge_all()
    router.clear()
    peer.request(LsaKey(LsaType.ROUTER, ME, ME))
    assert [str(each.header.id) for each in peer.flooded()] == [str(ME)]
    router.clear()
    router.wait(9)
    assert router.sent(Update) == []


def test_10_7_before_exchange_requests_are_ignored() -> None:
    router, peer = begun()
    router.wait(0.2)
    peer.request(LsaKey(LsaType.ROUTER, ME, ME))
    assert router.sent(Update) == []
    assert router.counters["ignored.request"] == 1


def test_10_7_a_request_for_what_is_not_here_begins_the_exchange_again() -> None:
    _, peer = begun()
    peer.exchange()
    peer.request(LsaKey(LsaType.ROUTER, Address(1), Address(1)))
    assert peer.state == "ExStart"


def test_13_step_6_an_older_instance_than_was_listed_begins_the_exchange_again() -> None:
    router = on_point_to_point()
    Peer(router, OTHER).become_full(lsa("1.1.1.1", 5))
    peer = Peer(router, LOW)
    peer.greet()
    peer.exchange(header_of("1.1.1.1", 6))
    peer.update(lsa("1.1.1.1", 5))
    assert peer.state == "ExStart"


def test_10_3_one_way_ends_an_adjacency_and_clears_its_lists() -> None:
    router, peer = begun()
    peer.exchange(header_of("1.1.1.1"))
    assert next(row["requested"] for row in router.show("ospf neighbors")) == 1
    peer.greet(neighbours=())
    assert peer.state == "Init"
    assert next(row["requested"] for row in router.show("ospf neighbors")) == 0
    router.clear()
    router.wait(20)
    assert router.sent(Request) == []
    assert router.sent(Description) == []


def test_10_3_each_attempt_has_a_dd_sequence_number_that_no_earlier_one_had() -> None:
    """A master's number grows within an exchange, too: a late packet must not look like one of the next attempt."""
    _, peer = begun()
    used: list[int] = []
    for _ in range(4):
        first = peer.last_description().sequence
        assert first > max(used, default=0)
        for number in range(first, first + 5):
            peer.describe(MORE, number)
        used += range(first, first + 6)
        peer.describe(INIT | MORE | MASTER, 9)  # it begins anew


def test_the_number_of_the_last_description_with_other_headers_is_of_another_attempt() -> None:
    """The slave has begun again meanwhile, by a copy of the master's first packet: its second list may have more."""
    _, peer = begun()
    first = peer.last_description().sequence
    peer.describe(MORE, first, header_of("1.1.1.1"))
    peer.describe(MORE, first, header_of("1.1.1.1"))
    assert peer.state == "Exchange"
    peer.describe(MORE, first, header_of("1.1.1.1"), header_of("2.2.2.2"))
    assert peer.state == "ExStart"


def test_a_slave_that_begins_again_by_the_same_packet_sends_what_is_new_itself() -> None:
    """The master may have taken the first answer, and take the second one for a copy of it."""
    router, peer = begun(HIGH)
    far = Peer(router, OTHER)
    far.become_full()
    peer.describe(FIRST, 50)
    peer.describe(MASTER | MORE, 99)  # out of order
    assert peer.state == "ExStart"
    far.update(lsa("1.1.1.1"))
    router.clear()
    peer.describe(FIRST, 50)
    router.wait(0.01)
    assert "1.1.1.1" in [str(each.header.id) for each in peer.flooded()]
    assert "1.1.1.1" in [str(header.id) for header in peer.last_description().headers]
