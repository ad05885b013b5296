"""A packet's way, its answer's, and what each hop changed: from what tcpdump saw in a lab. What is expected was read in
tcpdump's words for these captures (layers/*.txt), and the addresses are the lab's.
"""

from __future__ import annotations

import pytest
from layered import DATAGRAM, HARDWARE, PING, Change, captured, frames, steps
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether

from catenet.orchestrator.trace.packet_rule import FaultKind, faults
from catenet.orchestrator.trace.packet_steps import PacketStep, Part, Sent, find_steps
from catenet.orchestrator.wire.frames import CapturedFrame, on_lans


def way(found: list[PacketStep], part: Part) -> list[tuple[str, str, str]]:
    return [(step.source, step.lan, step.target) for step in found if step.part == part]


THERE = [("h1", "left", "a"), ("a", "middle", "b"), ("b", "right", "h2")]
BACK = [("h2", "right", "b"), ("b", "middle", "a"), ("a", "left", "h1")]


def test_each_frame_is_there_once_with_who_sent_and_who_heard_it() -> None:
    found = frames()
    assert len(captured()) == 2 * len(found)
    assert all(each.left and len(each.heard) == 1 for each in found)
    broadcasts = [(each.source, each.lan, tuple(each.heard)) for each in found if each.is_broadcast]
    assert broadcasts == [("h1", "left", ("a",)), ("a", "middle", ("b",)), ("b", "right", ("h2",))]


def test_two_frames_that_are_alike_come_once_each() -> None:
    """As where a LAN duplicates what it carries: out, out, in, in."""
    one = captured()[0]
    out = one._replace(outgoing=True, node="h1", lan="left")
    seen = [
        out._replace(at=1.0),
        out._replace(at=1.1),
        out._replace(at=1.2, node="a", outgoing=False),
        out._replace(at=1.3, node="a", outgoing=False),
    ]
    assert [each.heard for each in on_lans(seen, {})] == [{"a": 1.2}, {"a": 1.3}]


@pytest.mark.parametrize("ahead", [0.005, -0.005, 0.2, -0.2])
@pytest.mark.parametrize("nodes", ["b h2", "a", "h1 b"])
def test_nodes_on_two_hosts_of_which_one_clock_is_ahead(nodes: str, ahead: float) -> None:
    """As far as it could not be measured: each frame is there once all the same, and none heard before it was sent."""
    seen = [each._replace(at=each.at + ahead * (each.node in nodes.split())) for each in captured()]
    found = on_lans(seen, HARDWARE, one_clock=False)
    assert len(found) == len(frames())
    assert all(each.left and len(each.heard) == 1 for each in found)
    assert all(at >= each.at - 1e-6 for each in found for at in each.heard.values())
    told = list(find_steps(found, DATAGRAM))
    assert [(each.part, each.source, each.lan) for each in told] == [
        (each.part, each.source, each.lan) for each in steps(DATAGRAM)
    ]


def test_a_ping_in_fragments_there_and_back() -> None:
    found = steps(PING)
    assert way(found, Part.THERE) == [hop for hop in THERE for _ in range(2)]
    assert way(found, Part.BACK) == [hop for hop in BACK for _ in range(2)]
    assert way(found, Part.ARP) == [
        (hop[0], hop[1], "") if ask else (hop[2], hop[1], hop[0]) for hop in THERE for ask in (True, False)
    ]
    pieces = {step.fragment for step in found if step.part == Part.THERE}
    assert pieces == {"fragment, octets 0 to 1479", "fragment, octets 1480 to 2007, the last"}
    assert not list(faults(found))


def test_what_a_hop_changes() -> None:
    """The TTL, its checksum, and the hardware addresses; each piece is compared with the same piece."""
    found = steps(PING)
    hops = [step for step in found if step.before is not None]
    assert len(hops) == 8
    for step in hops:
        assert step.before is not None
        assert found[step.before - 1].fragment == step.fragment
        changed = [(each.protocol, each.field) for each in step.changes]
        assert changed == [
            ("Ethernet", "destination"),
            ("Ethernet", "source"),
            ("IPv4", "TTL"),
            ("IPv4", "header checksum"),
        ]
    ttl = hops[0].changes[2]
    assert (ttl.before, ttl.after) == ("64", "63")


def test_a_datagram_that_nobody_wants_is_answered_by_an_error() -> None:
    found = steps(DATAGRAM)
    assert way(found, Part.THERE) == THERE
    assert way(found, Part.ERROR) == BACK
    assert found[-1].layers.payload == b"hello from h1", "the error quotes the whole packet"


def test_a_packet_dies_where_its_ttl_ends() -> None:
    """The error comes from b, and quotes the packet as it had come there."""
    found = list(find_steps([each for each in frames() if b"dies at b" in each.data], DATAGRAM))
    assert way(found, Part.THERE) == THERE[:2]
    assert way(found, Part.ERROR) == BACK[1:]
    quoted = next(each for each in found[-1].layers.headers if each.quoted)
    assert quoted.value("TTL") == "1"


def test_what_was_not_sent_is_not_found() -> None:
    assert steps(Sent("h1", "UDP", "10.6.3.1", 9)) == steps(Sent("h1", "ICMP", "10.6.3.9"))
    assert {step.part for step in steps(Sent("h1", "ICMP", "10.6.3.9"))} == {Part.ARP}
    assert steps(Sent("h9", "ICMP", "10.6.3.1")) == []


def test_where_it_is_lost_the_way_ends() -> None:
    found = steps(DATAGRAM, lambda each: None if each.lan == "right" else each)
    assert way(found, Part.THERE) == THERE[:2]
    assert way(found, Part.ERROR) == BACK[1:], "what comes back of it all the same"


# A hop that does what it may not. Each is the same capture with one thing changed in it, by scapy.


def tampered(lan: str, field: str, value: object, *, mend: bool = True) -> Change:
    """On that LAN the datagram has another value in that field of IP's."""

    def change(each: CapturedFrame) -> CapturedFrame:
        frame = Ether(each.data)
        if b"hello" not in each.data or each.lan != lan or (frame[IP].src, frame[IP].dst) != ("10.6.1.1", "10.6.3.1"):
            return each
        setattr(frame[IP], field, value)
        if mend:
            del frame[IP].chksum
        return each._replace(data=bytes(frame))

    return change


def kinds(change: Change) -> set[FaultKind]:
    return {each.kind for each in faults(steps(DATAGRAM, change))}


def test_the_rule_holds_of_what_was_captured() -> None:
    assert kinds(lambda each: each) == set()
    assert kinds(tampered("middle", "ttl", 63)) == set(), "the same value again"


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("ttl", 64, {FaultKind.TTL}),
        ("ttl", 200, {FaultKind.TTL}),
        ("tos", 4, {FaultKind.CHANGED}),
        ("flags", 0, {FaultKind.CHANGED}),
    ],
)
def test_a_router_that_changes_what_it_may_not_is_found(field: str, value: object, expected: set[FaultKind]) -> None:
    assert kinds(tampered("middle", field, value)) >= expected


def test_a_checksum_that_is_not_right_is_found() -> None:
    assert FaultKind.CHECKSUM in kinds(tampered("middle", "ttl", 62, mend=False))
    assert FaultKind.CHECKSUM in kinds(tampered("left", "chksum", 1, mend=False))


def test_a_frame_from_nobody_is_found() -> None:
    def change(each: CapturedFrame) -> CapturedFrame:
        hello = b"hello" in each.data and each.lan == "middle" and not each.outgoing
        return each._replace(data=each.data[:6] + b"\x02\0\0\0\0\x99" + each.data[12:]) if hello else each

    assert FaultKind.ADDRESS in kinds(change)


def test_a_header_that_is_not_inside_is_found() -> None:
    """Its total length says more octets than the frame has."""
    assert FaultKind.NESTING in kinds(tampered("middle", "len", 100))


def test_a_translator_is_followed_and_its_changes_are_found() -> None:
    """It is known again by its identification; that its source is another one is said."""
    found = steps(DATAGRAM, tampered("right", "src", "10.6.2.11"))
    assert way(found, Part.THERE) == THERE
    (text,) = [each.text for each in faults(found) if "source" in each.text]
    assert text == "b changed IPv4 source from 10.6.1.1 to 10.6.2.11"


def test_json_has_all_of_it() -> None:
    found = steps(DATAGRAM)
    row = found[-1].to_json()
    assert (row["part"], row["from"], row["to"], row["lan"], row["octets"]) == ("error", "a", "h1", "left", 83)


@pytest.mark.timeout(30)
def test_a_flood_of_frames_that_are_alike_takes_no_longer_than_others() -> None:
    """50,000 at two ends, and each comes once; of those that may be the packet's a bounded number is looked at."""
    hello = next(each for each in captured() if b"hello from" in each.data and each.lan == "left" and each.outgoing)
    flood = [
        hello._replace(at=number / 1e5 + late, node=node, outgoing=not late)
        for number in range(50_000)
        for node, late in (("h1", 0.0), ("a", 1e-6))
    ]
    found = on_lans(flood, HARDWARE)
    assert len(found) == 50_000
    assert all(len(each.heard) == 1 for each in found)
    assert len(find_steps(found, DATAGRAM)) == 2000
