"""Steps of a call from packets and events: alice behind her translator, bob in the open, a relay between them."""

from __future__ import annotations

import struct

import pytest

from catenet.nodes.address import Address
from catenet.nodes.application.stun.attributes import (
    DATA,
    USE_CANDIDATE,
    USERNAME,
    XOR_MAPPED_ADDRESS,
    XOR_PEER_ADDRESS,
)
from catenet.nodes.application.stun.attributes import XOR_RELAYED_ADDRESS as XOR_RELAYED
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.control.events import Event
from catenet.nodes.machine import Endpoint, Json
from catenet.orchestrator.trace.call_steps import PairSeen, find_call_steps
from catenet.orchestrator.trace.steps import TraceStep
from catenet.orchestrator.wire.packets import TCP, UDP, CapturedPacket


def at(text: str) -> Endpoint:
    address, _, port = text.partition(":")
    return Endpoint(Address.parse(address), int(port))


ALICE, OUTSIDE, BOB = at("192.168.1.10:5000"), at("203.0.113.2:6000"), at("203.0.113.20:5000")
RELAY, RELAYED, SERVER = at("203.0.113.11:3478"), at("203.0.113.11:50000"), at("203.0.113.5:5223")
NAMES = {ALICE: "alice", OUTSIDE: "gate", BOB: "bob", RELAY: "s1", SERVER: "login"}
OWNERS = {end.address: name for end, name in NAMES.items()}


class Wire:
    """What was captured: each packet as its sender, and as its hearer, have it."""

    def __init__(self) -> None:
        self.packets: list[CapturedPacket] = []
        self.now = 100.0

    def send(
        self, payload: bytes, *hops: tuple[str, Endpoint, Endpoint], protocol: int = UDP, lost: bool = False
    ) -> None:
        """Each hop: who sends, and from where to where. The last one's hearer has it, too, unless it is lost."""
        for node, source, target in hops:
            self.now += 0.001
            self.packets.append(CapturedPacket(self.now, node, protocol, source, target, payload, 1, 64, True))
            if not lost or node != hops[-1][0]:
                hearer = OWNERS[target.address]
                self.packets.append(CapturedPacket(self.now, hearer, protocol, source, target, payload, 1, 64, False))


def request(number: int, *attributes: object, method: Method = Method.BINDING) -> bytes:
    return Message(method, Kind.REQUEST, bytes([number]) * 12, tuple(attributes)).encode()


def success(number: int, *attributes: object, method: Method = Method.BINDING) -> bytes:
    return Message(method, Kind.SUCCESS, bytes([number]) * 12, tuple(attributes)).encode()


def told(node: str, kind: str, when: float, **data: Json) -> Event:
    return Event(when, node, "phone", kind, "so it is", data)


def steps(wire: Wire, events: list[Event], pairs: dict[str, list[PairSeen]] | None = None) -> tuple[TraceStep, ...]:
    return find_call_steps(
        wire.packets,
        events,
        pairs or {},
        ends=("alice", "bob"),
        names=lambda node, address: OWNERS.get(address, str(address)),
    )


CHECK = USERNAME.of("bob:alice")


def test_a_check_is_one_step_wherever_it_is_seen_and_its_answer_is_what_came_of_it() -> None:
    wire = Wire()
    wire.send(request(1, CHECK), ("alice", ALICE, BOB), ("gate", OUTSIDE, BOB))
    wire.send(success(1, XOR_MAPPED_ADDRESS.of(OUTSIDE)), ("bob", BOB, OUTSIDE), ("gate", BOB, ALICE))
    (step,) = steps(wire, [], {"alice": [PairSeen(str(BOB), False, "succeeded")]})
    assert (step.kind, step.source, step.target, step.over) == ("check", "alice", "bob", ("gate",))
    assert step.message == f"check to {BOB}: passed, seen as {OUTSIDE}"
    assert (step.seen_by, step.told_by, step.doubt) == (("alice", "bob", "gate"), ("alice",), "")


def test_of_one_that_fails_it_is_said_how_far_it_came_and_how_often() -> None:
    wire = Wire()
    for _ in range(2):
        wire.send(request(1, CHECK), ("bob", BOB, OUTSIDE))
    (step,) = steps(wire, [])
    assert step.message == f"check to {OUTSIDE}: no answer, sent 2 times, last seen at gate"
    assert step.doubt == "(no daemon told)"


def test_an_answer_from_elsewhere_is_told() -> None:
    wire = Wire()
    wire.send(request(1, CHECK), ("alice", ALICE, BOB))
    other = at("203.0.113.20:5001")
    wire.send(success(1), ("gate", other, ALICE))
    (step,) = steps(wire, [])
    assert step.message == f"check to {BOB}: its answer came from {other}"


def test_a_check_in_a_relays_wrapping_is_the_same_one_outside_of_it() -> None:
    wire = Wire()
    inner = request(1, CHECK, USE_CANDIDATE.of(None))
    indication = Message(Method.SEND, Kind.INDICATION, b"i" * 12, (XOR_PEER_ADDRESS.of(BOB), DATA.of(inner)))
    wire.send(indication.encode(), ("alice", ALICE, RELAY))
    wire.send(inner, ("s1", RELAYED, BOB))
    (step,) = steps(wire, [])
    assert (step.kind, step.target, step.over) == ("nomination", "bob", ("s1",))
    assert step.message == f"nomination to {BOB} from the relay at s1: no answer, last seen at bob"


def test_what_a_relay_gives_and_what_goes_by_it() -> None:
    wire = Wire()
    wire.send(request(1, method=Method.ALLOCATE), ("alice", ALICE, RELAY))
    given = success(1, XOR_MAPPED_ADDRESS.of(OUTSIDE), XOR_RELAYED.of(RELAYED), method=Method.ALLOCATE)
    wire.send(given, ("s1", RELAY, ALICE))
    for number in range(3):
        rtp = struct.pack("!BBHII", 0x80, 0, number, 160 * number, 0xA1) + bytes(160)
        wire.send(struct.pack("!HH", 0x4000, len(rtp)) + rtp, ("alice", ALICE, RELAY))
        wire.send(rtp, ("s1", RELAYED, BOB))
    allocate, media = steps(wire, [])
    assert allocate.message == f"port 5000: seen as {OUTSIDE}, and the relay {RELAYED}"
    assert (media.kind, media.over) == ("media", ("s1",))
    assert media.message == "PCMU by a relay: 3 packets, source 0x000000a1"


def test_what_is_said_by_the_server_is_told_and_its_packet_is_enciphered() -> None:
    wire = Wire()
    wire.send(b"\x17\x03\x03 offer", ("alice", ALICE, SERVER), protocol=TCP)
    events = [told("alice", "phone.joined", 90.0), told("alice", "call.calling", 100.0)]
    login, calling = steps(wire, events)
    assert (login.at, login.doubt) == (-10.0, "(enciphered)")
    assert (calling.number, calling.at, calling.source, calling.target) == (2, 0.0, "alice", "login")
    assert (calling.seen_by, calling.doubt) == (("alice",), "")


@pytest.mark.parametrize(("outgoing", "source", "target"), [(True, "login", "alice"), (False, "alice", "login")])
def test_whoever_answers_says_so_and_the_other_hears_it(outgoing: bool, source: str, target: str) -> None:
    wire = Wire()
    wire.send(b"\x17\x03\x03 one", ("alice", ALICE, SERVER), protocol=TCP)
    wire.send(b"\x17\x03\x03 other", ("login", SERVER, ALICE), protocol=TCP)
    (step,) = steps(wire, [told("alice", "call.answered", 100.0, outgoing=outgoing)])
    assert (step.source, step.target) == (source, target)


def test_what_others_do_and_consent_after_that_are_left_out() -> None:
    wire = Wire()
    wire.send(request(1, USERNAME.of("x:y")), ("s1", RELAYED, BOB))
    wire.now = 200.0
    wire.send(request(2, CHECK), ("alice", ALICE, BOB))
    assert [step.kind for step in steps(wire, [told("alice", "call.up", 150.0)])] == ["up"]


@pytest.mark.parametrize("ahead", [0.3, -0.3])
def test_a_translator_on_a_host_whose_clock_is_ahead(ahead: float) -> None:
    there, back = request(1, CHECK), success(1, XOR_MAPPED_ADDRESS.of(OUTSIDE))
    way = [
        (100.001, "alice", ALICE, BOB, there, 64, True),
        (100.002, "gate", ALICE, BOB, there, 64, False),
        (100.003, "gate", OUTSIDE, BOB, there, 63, True),
        (100.004, "bob", OUTSIDE, BOB, there, 63, False),
        (100.005, "bob", BOB, OUTSIDE, back, 64, True),
        (100.006, "gate", BOB, OUTSIDE, back, 64, False),
        (100.007, "gate", BOB, ALICE, back, 63, True),
        (100.008, "alice", BOB, ALICE, back, 63, False),
    ]
    wire = Wire()
    for when, node, source, target, payload, ttl, outgoing in way:
        seen_at = when + ahead * (node == "gate")
        wire.packets.append(CapturedPacket(seen_at, node, UDP, source, target, payload, 1, ttl, outgoing))
    (step,) = steps(wire, [])
    assert (step.source, step.target, step.over) == ("alice", "bob", ("gate",))
    assert step.message == f"check to {BOB}: passed, seen as {OUTSIDE}"
