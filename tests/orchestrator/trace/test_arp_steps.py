"""Who asked for which address, and what each then knew: from what tcpdump saw in a lab whose caches were empty."""

from __future__ import annotations

from layered import DATAGRAM, PING, frames, owner, steps
from scapy.layers.l2 import ARP, Ether

from catenet.orchestrator.trace.arp_steps import How, cached, entries, find_exchanges
from catenet.orchestrator.trace.neighbours import Neighbour
from catenet.orchestrator.trace.packet_steps import PacketStep, Part, find_steps
from catenet.orchestrator.wire.frames import CapturedFrame, on_lans

A = "02:42:0a:06:01:0b"


def test_each_hop_asks_for_the_next_one() -> None:
    found = find_exchanges(steps(PING), owner)
    assert [(each.asker, each.lan, each.address, each.owner, each.answerer) for each in found] == [
        ("h1", "left", "10.6.1.11", "a", "a"),
        ("a", "middle", "10.6.2.12", "b", "b"),
        ("b", "right", "10.6.3.1", "h2", "h2"),
    ]
    assert all(each.broadcast and each.tries == 1 and not each.is_proxied for each in found)
    assert found[0].hardware == A
    assert all(each.answered is not None and 0 < each.answered - each.at < 0.01 for each in found)


def without_answers(each: CapturedFrame) -> CapturedFrame | None:
    frame = Ether(each.data)
    return None if ARP in frame and frame[ARP].op == 2 and each.lan == "right" else each


def test_nobody_answers() -> None:
    """And what follows was never sent."""
    lost = [each for each in frames(without_answers) if each.lan != "right" or "ARP" in each.layers.protocols]
    found = find_exchanges(find_steps(lost[:10], PING), owner)
    assert [each.answerer for each in found] == ["a", "b", ""]
    assert found[2].answered is None


def test_what_is_asked_again_is_one_question() -> None:
    seen = frames()
    asked = next(each for each in seen if each.source == "h1" and each.is_broadcast)
    again = [
        CapturedFrame(asked.at + late, node, "left", outgoing, asked.data)
        for late in (0.0, 1.0, 2.0)
        for node, outgoing in (("h1", True), ("a", False))
    ]
    (found,) = find_exchanges(find_steps(on_lans(again, {}), PING), owner)
    assert (found.tries, found.answerer, found.heard) == (3, "", ("a",))


def test_one_that_answers_for_another_is_a_proxy() -> None:
    """RFC 1027: as if h1 had asked for h2 itself, and a had answered."""

    def change(each: CapturedFrame) -> CapturedFrame:
        frame = Ether(each.data)
        if each.lan == "left" and ARP in frame:
            name = "psrc" if frame[ARP].op == 2 else "pdst"
            setattr(frame[ARP], name, "10.6.3.1")
        return each._replace(data=bytes(frame)[: len(each.data)])

    first = find_exchanges(steps(PING, change), owner)[0]
    assert (first.address, first.owner, first.answerer, first.is_proxied) == ("10.6.3.1", "h2", "a", True)


def test_an_announcement_is_no_question() -> None:
    def change(each: CapturedFrame) -> CapturedFrame:
        frame = Ether(each.data)
        if each.lan == "left" and ARP in frame and frame[ARP].op == 1:
            frame[ARP].pdst = frame[ARP].psrc
        return each._replace(data=bytes(frame)[: len(each.data)])

    assert [each.asker for each in find_exchanges(steps(PING, change), owner)] == ["a", "b"]


KNOWN = [
    Neighbour("h1", "left", "10.6.1.11", A, "reachable"),
    Neighbour("a", "left", "10.6.1.1", "02:42:0a:06:01:01", "delay"),
    Neighbour("a", "left", "10.6.1.77", "", "failed"),
    Neighbour("x", "left", "10.6.1.11", A, "stale"),
    Neighbour("x", "left", "10.6.1.1", "02:42:0a:06:01:01", "stale"),
    Neighbour("a", "left", "224.0.0.9", "01:00:5e:00:00:09", "noarp"),
    Neighbour("x", "elsewhere", "10.9.9.9", "02:42:0a:06:09:09", "stale"),
]


def test_the_one_that_was_asked_knows_the_asker() -> None:
    """RFC 826: "the <protocol type, sender protocol address, sender hardware address> triplet" is merged, or added."""
    exchanges = find_exchanges(steps(PING), owner)
    before = [KNOWN[3]]
    found = {
        (each.neighbour.node, each.neighbour.address): each.how for each in entries(KNOWN, before, exchanges, owner)
    }
    assert found == {
        ("h1", "10.6.1.11"): How.ASKED,
        ("a", "10.6.1.1"): How.WAS_ASKED,
        ("x", "10.6.1.11"): How.BEFORE,
        ("x", "10.6.1.1"): How.OTHERWISE,
    }


def test_what_was_cached_is_not_asked_for() -> None:
    """The datagram came after the ping: nobody asked any more."""
    later = [step for step in steps(DATAGRAM) if step.part != Part.ARP]
    assert find_exchanges(later, owner) == ()
    before = [KNOWN[0], KNOWN[-1]]
    assert cached(later, (), before) == [KNOWN[0]]
    assert cached(asked(), find_exchanges(asked(), owner), before) == []


def asked() -> list[PacketStep]:
    return steps(PING)
