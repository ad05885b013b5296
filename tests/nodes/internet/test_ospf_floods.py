"""Floods of neighbours, of LSAs and of requests: memory is bounded, and the router goes on."""

from __future__ import annotations

import pytest
from ospf_router import HIGH, INITIAL, LOW, MASK, ME, Peer, Router, elected, lsa, on_point_to_point, packet_of, raw

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf import exchange, lsdb
from catenet.nodes.internet.ospf.interface import MAX_NEIGHBOURS
from catenet.nodes.internet.ospf.lsa import Lsa, LsaKey, LsaType, RouterLsa
from catenet.nodes.internet.ospf.packet import EXTERNAL, INIT, MASTER, MORE, UPDATE, Hello, Update
from catenet.nodes.machine import Report

OURS = ("router", str(ME))


def full(**options: object) -> tuple[Router, Peer]:
    """A router with one Full neighbour, and nothing left to say."""
    router = on_point_to_point(**options)
    peer = Peer(router, HIGH)
    peer.become_full()
    router.wait(1)
    peer.acknowledge_all()
    router.clear()
    return router, peer


def forged(sequence: int, age: int = 0, cost: int = 7) -> Lsa:
    return lsa(str(ME), sequence, age=age, cost=cost)


def refusals(router: Router) -> list[Report]:
    return router.reports("input.refused")


def test_a_lan_has_so_many_neighbours_and_no_more() -> None:
    router = Router(lans=("link1",), length=16)
    hosts = [f"10.0.{number // 200 + 2}.{number % 200 + 1}" for number in range(MAX_NEIGHBOURS + 100)]
    for host in hosts:
        hello = Hello(0xFFFF0000, 10, EXTERNAL, 1, 40, Address(0), Address(0), (ME,))
        router.machine.receive(packet_of(hello, host, "link1"), router.now)
        router.take()
    assert router.interface()["neighbours"] == MAX_NEIGHBOURS
    assert router.counters["refused.neighbours"] == 100
    router.wait(100)
    assert router.interface()["neighbours"] == 0


def test_a_point_to_point_link_has_no_more_either() -> None:
    router, peer = full()
    for number in range(MAX_NEIGHBOURS + 100):
        Peer(router, LOW, f"10.66.{number // 250}.{number % 250 + 1}").greet()
    assert router.interface()["neighbours"] == MAX_NEIGHBOURS
    assert router.counters["refused.neighbours"] == 101
    assert len([each for each in refusals(router) if "neighbours" in str(each.data["why"])]) == 1
    assert peer.state == "Full"


def test_strangers_fill_no_memory() -> None:
    router, peer = full()
    for number in range(2 * MAX_NEIGHBOURS):
        router.hear(raw(UPDATE, b"\0\0\0\0", router=f"10.1.{number % 256}.9"), HIGH)
        router.hear(Hello(MASK, 9, 2, 1, 40, ME, ME, ()), f"10.{number // 250 + 6}.1.{number % 250 + 1}", "10.3.3.3")
    assert peer.state == "Full"
    assert len(router.show("ospf neighbors")) <= MAX_NEIGHBOURS + 1
    assert len(refusals(router)) <= 256


def test_a_flood_of_lsas_ends_where_the_database_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lsdb, "MAX_LSAS", 500)
    router, peer = full()
    for number in range(100):
        ids = [f"10.{number}.{each}.0" for each in range(20)]
        peer.update(*(lsa("10.9.9.9", kind=LsaType.EXTERNAL, link_id=each) for each in ids))
    assert len(router.database()) == 501
    assert router.counters["skipped.database-full"] == 1500
    assert [report.data["why"] for report in refusals(router)] == ["the database of the AS is full"]
    assert peer.state == "Full"
    peer.update(forged(77))
    router.wait(6)
    assert router.database()[OURS] == "0000004e"


def test_a_flood_of_long_lsas_ends_where_the_database_has_so_many_octets(monkeypatch: pytest.MonkeyPatch) -> None:
    """4 MiB of them; 68 MB of memory, as it was measured with as many router-LSAs of 100 stub networks as fit."""
    assert lsdb.MAX_OCTETS == 4 << 20
    monkeypatch.setattr(lsdb, "MAX_OCTETS", 100_000)
    router, peer = full()
    stubs = forged(1).body
    assert isinstance(stubs, RouterLsa)
    for number in range(200):
        identity = Address.parse(f"10.66.0.{number + 1}")
        peer.update(Lsa.make(LsaKey(LsaType.ROUTER, identity, identity), 2, INITIAL, RouterLsa(0, stubs.links * 100)))
    rows = router.show("ospf lsdb")
    assert 95_000 < sum(row["length"] for row in rows) <= 100_000
    assert router.counters["skipped.database-full"] == 200 - (len(rows) - 1)
    assert [report.data["why"] for report in refusals(router)] == ["the database of 0.0.0.0 is full"]
    peer.update(Lsa.make(LsaKey(LsaType.ROUTER, identity, identity), 2, INITIAL + 1, RouterLsa(0, ())))
    assert ("router", str(identity)) in router.database()


def test_13_4_a_longer_forgery_is_contradicted_though_the_database_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    router, peer = full()
    monkeypatch.setattr(lsdb, "MAX_OCTETS", 60)
    stubs = forged(1).body
    assert isinstance(stubs, RouterLsa)
    key = LsaKey(LsaType.ROUTER, ME, ME)
    peer.update(Lsa.make(key, EXTERNAL, 77, RouterLsa(0, stubs.links * 4)))
    router.wait(6)
    assert router.database()[OURS] == "0000004e"


def test_10_6_a_description_that_lists_without_end_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_LSAS", 500)
    router = on_point_to_point()
    peer = Peer(router, HIGH)
    peer.greet()
    peer.describe(INIT | MORE | MASTER, 1)
    for number in range(60):
        headers = [lsa("10.9.9.9", kind=5, link_id=f"10.{number}.{each}.0").header for each in range(10)]
        peer.describe(MORE | MASTER, 2 + number, *headers)
    assert peer.state == "ExStart"
    assert "more than 500 LSAs" in router.cause(HIGH)
    assert router.show("ospf neighbors")[0]["requested"] == 0


def test_a_request_for_one_lsa_a_hundred_times_is_answered_once() -> None:
    _, peer = full()
    peer.request(*[LsaKey(LsaType.ROUTER, ME, ME)] * 100)
    assert len(peer.flooded()) == 1


def test_after_all_this_it_goes_on() -> None:
    router = Router()
    low, high = Peer(router, LOW), Peer(router, HIGH)
    elected(router, low, high)
    router.hear(b"", LOW)
    router.hear(bytes(24), LOW)
    router.hear(b"\2\1\xff\xff" + bytes(60), LOW)
    high.say(Update((), 0))
    assert router.counters["refused.length"] == 2
    assert {low.state, high.state} <= {"2-Way", "ExStart"}
