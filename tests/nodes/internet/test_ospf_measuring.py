"""Echoes of one router with a measured interface: which answers count, and what becomes of all others."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from ospf_router import HIGH, LOW, ME, Peer, Router

from catenet.nodes.address import Address
from catenet.nodes.internet.icmp.packet import ECHO_REPLY, Echo
from catenet.nodes.machine import Ip, IpPacket, OpenPort, Report, Send

ICMP = 1


class Measured(Router):
    """On link1, point-to-point, the cost is measured; the neighbour's kernel answers in `takes` seconds, or not."""

    def __init__(self, **options: Any) -> None:
        super().__init__(cost={"link1": "measured"}, network={"link1": "point-to-point"}, **options)
        self.peer = Peer(self, LOW)
        self.peer.become_full()
        self.clear()

    def echoes(self) -> list[tuple[IpPacket, Echo]]:
        """Those sent since the last call."""
        packets = [each.packet for each in self.actions if isinstance(each, Send) and each.packet.protocol == ICMP]
        self.actions = [each for each in self.actions if not (isinstance(each, Send) and each.packet in packets)]
        return [(packet, Echo.parse(packet.data)) for packet in packets]

    def answer(self, echo: Echo | bytes, source: str = LOW, link: str = "link1") -> None:
        data = echo if isinstance(echo, bytes) else bytes(echo)
        self.machine.receive(IpPacket(data, Address.parse(source), ME, ICMP, link, 64), self.now)
        self.take()

    def live(self, seconds: float, takes: float | None) -> None:
        """Let time pass with a neighbour that says Hello, and whose kernel answers after so many seconds."""
        end = self.now + seconds
        due: list[tuple[float, Echo]] = []
        greeted = self.now
        while self.now < end:
            wakes = [self.machine.next_wake() or end, *(at for at, _ in due[:1]), greeted + 10, end]
            self.now = max(self.now, min(wakes))
            self.wake()
            if self.now >= greeted + 10:
                self.peer.greet()
                greeted = self.now
            while due and due[0][0] <= self.now:
                self.answer(due.pop(0)[1].answer())
            due += [(self.now + takes, echo) for _, echo in self.echoes() if takes is not None]


def test_it_opens_a_port_that_hears_echo_replies_alone_and_only_where_it_measures() -> None:
    router = Router(cost={"link1": "measured"})
    ports = [each for each in router.opened if isinstance(each, OpenPort) and each.port.protocol == ICMP]
    assert ports == [OpenPort(Ip(ICMP, "link1"), ttl=1, keeps=1 << 16, kinds=(ECHO_REPLY,))]
    assert not [each for each in Router().opened if isinstance(each, OpenPort) and each.port.protocol == ICMP]


def test_only_a_full_neighbour_is_asked_and_by_its_own_address() -> None:
    router = Measured()
    router.wait(0.55)
    ((packet, echo),) = router.echoes()
    assert (packet.source, packet.destination, packet.interface) == (ME, Address.parse(LOW), "link1")
    assert not echo.reply
    alone = Router(cost={"link1": "measured"}, network={"link1": "point-to-point"})
    Peer(alone, HIGH).greet()
    assert not [packet for _, packet in alone.wait(5) if packet.protocol == ICMP]


def test_twice_a_second_and_at_first_ten_times() -> None:
    router = Measured()
    sent = [at for at, packet in router.wait(10) if packet.protocol == ICMP]
    apart = [round(later - sooner, 6) for sooner, later in itertools.pairwise(sent)]
    assert apart == [0.1] * 23 + [0.5] * len(apart[23:])
    assert len(apart) > 30


def test_the_cost_is_in_the_lsa_in_the_routes_and_in_an_event() -> None:
    router = Measured()
    router.live(4, 0.0401)
    (event,) = router.reports("cost.changed")
    assert event.data == {"lan": "link1", "cost": 41, "was": 1, "round_trip": 40.1}
    assert event.text == "cost of link1 is 41, was 1: a round trip there takes 40.1 ms"
    row = router.interface()
    assert (row["cost"], row["measured"], row["proposed"]) == (41, "yes", [])
    assert row["changed"] < 2
    (trips,) = row["round_trips"]
    assert (trips["node"], trips["last"], trips["least"], trips["window"]) == (LOW, 40.1, 40.1, [40.1] * 8)
    router.live(6, 0.0401)
    ends = [
        each for each in router.show("ospf links") if each["router"] == str(ME) and each["kind"] == "point-to-point"
    ]
    assert [each["cost"] for each in ends] == [41]


def test_a_cost_that_is_set_shows_nothing_of_echoes() -> None:
    assert "round_trips" not in Router().interface()


def test_the_answers_of_others_are_no_answers() -> None:
    """By another address, with another identifier, with a sequence number that is not waited for, with data, twice,
    late; that of another program's `ping` is nobody's fault."""
    router = Measured()
    router.wait(0.55)
    ((_, echo),) = router.echoes()
    router.answer(echo.answer(), source=HIGH)
    router.answer(echo.answer()._replace(identifier=echo.identifier ^ 1))
    router.answer(echo)
    router.answer(echo.answer()._replace(sequence=echo.sequence + 9))
    router.answer(echo.answer()._replace(data=b"x"))
    router.answer(bytes(echo.answer())[:-1] + b"\0")
    assert router.interface()["round_trips"][0]["last"] is None
    router.answer(echo.answer())
    router.answer(echo.answer())
    counters = router.counters
    names = ("received.echo", "ignored.echo", "refused.echo-sender", "refused.echo-sequence", "refused.echo-checksum")
    assert [counters[name] for name in names] == [1, 2, 1, 3, 1]
    told = [each.data["why"] for each in router.reports("input.refused")]
    assert len(told) == 3, told  # one line a kind


def test_an_answer_counts_on_the_interface_of_its_neighbour_alone() -> None:
    router = Measured()
    router.wait(0.55)
    ((_, echo),) = router.echoes()
    router.answer(echo.answer(), link="link2")
    assert router.interface()["round_trips"][0]["last"] is None
    assert router.counters["ignored.echo"] == 1


def test_where_nobody_answers_the_cost_stays() -> None:
    router = Measured()
    router.live(5, 0.03)
    assert router.interface()["cost"] == 31
    router.live(60, None)
    row = router.interface()
    assert (row["cost"], row["measured"]) == (31, "nobody answers: the cost stays")
    assert router.counters["lost.echo"] > 100
    assert len(row["round_trips"]) == 1
    assert row["round_trips"][0]["open"] <= 7


def test_a_flood_of_forged_answers_changes_nothing_and_fills_nothing() -> None:
    """Ten thousand guesses from the neighbour's own address; an Echo is under way meanwhile."""
    guess = random.Random(13)
    router = Measured()
    router.live(5, 0.03)
    for _ in range(10_000):
        forged = Echo(guess.randrange(1 << 16), guess.randrange(1 << 16), reply=True)
        router.answer(forged, source=guess.choice((LOW, HIGH, "10.0.1.77")))
    assert len(router.actions) < 50
    row = router.interface()
    assert (row["cost"], len(row["round_trips"])) == (31, 1)
    assert row["round_trips"][0]["open"] <= 30
    router.live(20, 0.03)
    assert router.interface()["cost"] == 31
    assert sum(number for word, number in router.counters.items() if "echo" in word) > 10_000


def test_it_begins_anew_with_a_neighbour_that_was_away_and_keeps_the_cost_meanwhile() -> None:
    router = Measured()
    router.live(5, 0.03)
    router.wait(45)
    assert (router.interface()["cost"], router.interface()["measured"]) == (31, "nobody to ask: the cost stays")
    router.clear()
    router.peer.become_full()
    router.clear()
    router.live(3.5, 0.0)
    assert router.interface()["cost"] == 1


def test_what_windows_have_said_is_forgotten_with_the_neighbour() -> None:
    router = Measured()
    router.live(5, 0.0)
    router.live(11, 0.04)
    assert len(router.interface()["proposed"]) == 2
    router.wait(45)
    assert (router.interface()["proposed"], router.interface()["cost"]) == ([], 1)


@pytest.mark.parametrize("smoothing", ["on", "off"])
def test_reports_are_few_however_the_round_trips_jump(smoothing: str) -> None:
    """One in 5 s at most."""
    router = Measured(smoothing=smoothing)
    for number in range(200):
        router.live(0.5, 0.001 * (number * 37 % 50))
    assert len([each for each in router.actions if isinstance(each, Report) and each.kind == "cost.changed"]) <= 21
