"""The Database Exchange (RFC 2328 sections 10.3, 10.6, 10.7, 10.8 and 10.9)."""

from __future__ import annotations

import pytest
from ospf_router import HIGH, LOW, ME, Peer, Router, elected, header_of, lsa, on_point_to_point

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.lsa import LsaKey, LsaType
from catenet.nodes.internet.ospf.packet import (
    EXTERNAL,
    INIT,
    MASTER,
    MORE,
    OPAQUE,
    Description,
    Request,
    Update,
)

FIRST = INIT | MORE | MASTER
OTHER = "10.0.2.9"


def begun(address: str = LOW, **options: object) -> tuple[Router, Peer]:
    """In ExStart with a neighbour on a point-to-point network."""
    router = on_point_to_point(**options)
    peer = Peer(router, address)
    peer.greet()
    assert peer.state == "ExStart"
    return router, peer


# Section 10.8: what is sent


def test_10_8_in_ex_start_empty_descriptions_are_sent_at_once_and_every_rxmt_interval() -> None:
    router, peer = begun()
    said = peer.last_description()
    assert (said.flags, said.headers, said.mtu, said.options) == (FIRST, (), 1500, EXTERNAL | OPAQUE)
    router.clear()
    router.wait(4.9)
    assert router.sent(Description) == []
    router.wait(10.2)
    assert router.sent(Description) == [said, said, said]


def test_10_8_in_a_stub_area_the_e_bit_is_clear() -> None:
    router = on_point_to_point(area={"link1": 1}, areas={"1": "stub"})
    peer = Peer(router, LOW, options=0)
    peer.say(peer.hello, area=1)
    assert peer.last_description().options == OPAQUE


def test_10_8_on_a_broadcast_network_they_go_to_the_neighbour_alone() -> None:
    """Section 8.1; on a point-to-point network all packets go to AllSPFRouters."""
    router = Router()
    elected(router, Peer(router, LOW))
    assert {to for to, _ in router.sent_to(Description)} == {LOW}
    router, _ = begun()
    assert {to for to, _ in router.sent_to(Description)} == {"224.0.0.5"}


def test_10_8_the_master_sends_the_next_when_the_last_is_acknowledged_and_again_after_rxmt_interval() -> None:
    router, peer = begun()
    first = peer.last_description()
    router.clear()
    peer.describe(MORE, first.sequence)
    (second,) = router.sent(Description)
    assert (second.flags, second.sequence) == (MASTER, first.sequence + 1)
    router.wait(5.1)
    assert router.sent(Description) == [second, second]
    peer.describe(0, second.sequence)
    router.clear()
    router.wait(20)
    assert peer.state == "Full"
    assert router.sent(Description) == []


def test_10_8_the_slave_answers_each_once_and_a_duplicate_again() -> None:
    router, peer = begun(HIGH)
    router.clear()
    peer.describe(FIRST, 77)
    (answer,) = router.sent(Description)
    assert (answer.flags & MASTER, answer.sequence) == (0, 77)
    peer.describe(FIRST, 77)
    assert router.sent(Description) == [answer, answer]
    peer.describe(MASTER, 78)
    router.wait(20)
    assert peer.state == "Full"
    assert [said.sequence for said in router.sent(Description)] == [77, 77, 78]


def test_10_8_the_slave_keeps_its_last_for_the_dead_interval() -> None:
    router, peer = begun(HIGH)
    peer.exchange()
    router.wait(20)
    peer.greet()
    router.clear()
    peer.describe(MASTER, peer.sequence + 1)
    assert len(router.sent(Description)) == 1
    assert peer.state == "Full"
    router.wait(20)
    peer.greet()
    peer.describe(MASTER, peer.sequence + 1)
    assert peer.state == "ExStart"


def test_10_8_all_of_the_database_is_described_in_packets_that_fit() -> None:
    """An MTU of 1500 has room for (1500 - 20 - 24 - 8) / 20 headers: 72."""
    router = on_point_to_point()
    full = Peer(router, OTHER)
    full.become_full(*(lsa(f"9.9.{number}.1") for number in range(100)))
    router.wait(1)
    peer = Peer(router, LOW)
    peer.greet()
    sequence = peer.last_description().sequence
    for _ in range(3):
        peer.describe(0, sequence)
        sequence += 1
    described = router.sent(Description)[1:]
    assert [len(said.headers) for said in described] == [72, 29]  # with its own
    assert [said.flags for said in described] == [MASTER | MORE, MASTER]
    assert len({header.key for said in described for header in said.headers}) == 101
    assert peer.state == "Full"


# Section 10.6: what comes in


def test_10_6_a_larger_mtu_is_refused_and_named() -> None:
    router, peer = begun(HIGH)
    peer.say(Description(9000, EXTERNAL, FIRST, 5, ()))
    assert peer.state == "ExStart"
    assert router.cause(HIGH) == "MTU 9000, here 1500"
    peer.say(Description(1400, EXTERNAL, FIRST, 5, ()))
    assert peer.state == "Exchange"


def test_10_6_in_init_it_counts_as_two_way_and_is_processed() -> None:
    router = on_point_to_point()
    peer = Peer(router, HIGH)
    peer.greet(neighbours=())
    assert peer.state == "Init"
    peer.describe(FIRST, 5)
    assert peer.state == "Exchange"


def test_10_6_in_two_way_it_is_ignored() -> None:
    router = Router()
    peer = Peer(router, HIGH)
    peer.greet()
    peer.describe(FIRST, 5)
    assert peer.state == "2-Way"


@pytest.mark.parametrize(
    ("address", "flags", "sequence", "listed", "state"),
    [
        (HIGH, FIRST, 5, False, "Exchange"),
        (HIGH, FIRST, 5, True, "ExStart"),  # "the contents of the packet are empty"
        (HIGH, MASTER, 5, False, "ExStart"),
        (HIGH, 0, None, False, "ExStart"),  # it is the one to be master
        (LOW, FIRST, 5, False, "ExStart"),
        (LOW, 0, None, False, "Exchange"),
        (LOW, 0, 5, False, "ExStart"),  # not the sequence number that it acknowledges
        (LOW, MASTER, None, False, "ExStart"),
    ],
)
def test_10_6_negotiation(address: str, flags: int, sequence: int | None, listed: bool, state: str) -> None:
    _, peer = begun(address)
    ours = peer.last_description().sequence
    peer.describe(flags, ours if sequence is None else sequence, *([header_of("1.1.1.1")] if listed else []))
    assert peer.state == state


def test_the_master_to_be_does_not_let_who_has_not_heard_it_wait_for_rxmt_interval() -> None:
    """It has lost our first one, else it were the slave: ours goes once more, at once but not in a flood."""
    router, peer = begun(LOW)
    router.wait(1)
    router.clear()
    for _ in range(50):
        peer.describe(FIRST, 5)
    router.wait(0.06)
    assert len(router.sent(Description)) == 1


def exchanging(address: str) -> tuple[Router, Peer, int]:
    """In Exchange; the DD sequence number that comes next."""
    router, peer = begun(address)
    if address == HIGH:
        peer.describe(FIRST, 50)
        return router, peer, 51
    first = peer.last_description().sequence
    peer.describe(MORE, first)
    assert peer.state == "Exchange"
    return router, peer, first + 1


@pytest.mark.parametrize("address", [LOW, HIGH])
@pytest.mark.parametrize("wrong", ["master", "init", "options", "sequence"])
def test_10_6_in_exchange_what_is_out_of_order_begins_it_again(address: str, wrong: str) -> None:
    router, peer, number = exchanging(address)
    flags = (MASTER if address == HIGH else 0) | MORE
    router.clear()
    options = EXTERNAL | OPAQUE
    if wrong == "master":
        flags ^= MASTER
    elif wrong == "init":
        flags |= INIT
    elif wrong == "options":
        options = EXTERNAL
    else:
        number += 1
    peer.describe(flags, number, options=options)
    assert peer.state == "ExStart"
    assert router.sent(Description)[-1].flags == FIRST


@pytest.mark.parametrize("address", [LOW, HIGH])
def test_10_6_what_is_in_order_goes_on(address: str) -> None:
    _, peer, number = exchanging(address)
    peer.describe((MASTER if address == HIGH else 0) | MORE, number)
    assert peer.state == "Exchange"


def test_10_6_the_master_discards_duplicates() -> None:
    router, peer, number = exchanging(LOW)
    router.clear()
    peer.describe(MORE, number - 1)
    assert router.sent(Description) == []
    assert peer.state == "Exchange"


@pytest.mark.parametrize("flags", [FIRST, MASTER, MASTER | MORE, 0])
def test_10_6_in_full_whatever_is_no_duplicate_begins_it_again(flags: int) -> None:
    _, peer = begun(HIGH)
    peer.exchange()
    assert peer.state == "Full"
    peer.describe(flags, 4711)
    assert peer.state == "ExStart"


def test_10_6_an_unknown_ls_type_begins_it_again() -> None:
    _, peer, number = exchanging(LOW)
    peer.describe(0, number, header_of("1.1.1.1")._replace(type=6))
    assert peer.state == "ExStart"


def test_10_6_an_external_lsa_in_a_stub_area_begins_it_again() -> None:
    router = on_point_to_point(area={"link1": 1}, areas={"1": "stub"})
    peer = Peer(router, LOW, options=0)
    peer.say(peer.hello, area=1)
    first = peer.last_description().sequence
    peer.say(Description(1500, OPAQUE, MORE, first, (header_of("1.1.1.1", kind=LsaType.EXTERNAL),)), area=1)
    assert peer.state == "ExStart"


def test_rfc_5250_opaque_lsas_are_listed_to_who_takes_them() -> None:
    router = on_point_to_point()
    header = header_of("1.1.1.1")._replace(type=LsaType.OPAQUE_AREA)
    peer = Peer(router, LOW)
    peer.greet()
    peer.exchange(header)
    assert peer.state == "Loading"
    assert [key.type for said in router.sent(Request) for key in said.keys] == [LsaType.OPAQUE_AREA]


# Sections 10.7 and 10.9: requests


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
