"""The Database Exchange: what is described (RFC 2328 sections 10.6 and 10.8)."""

from __future__ import annotations

import pytest
from ospf_exchanging import FIRST, OTHER, begun, exchanging
from ospf_router import HIGH, LOW, Peer, Router, elected, header_of, lsa, on_point_to_point

from catenet.nodes.internet.ospf.lsa import LsaType
from catenet.nodes.internet.ospf.packet import (
    EXTERNAL,
    INIT,
    MASTER,
    MORE,
    OPAQUE,
    Description,
    Request,
)

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
