"""Wireshark reads what a call's sessions send: every field as it was meant, and no complaint."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise

import pytest
from dissected import Dissected, Tshark, capture_of, complaints, tshark

from catenet.nodes.address import Address
from catenet.nodes.application.rtp.keys import MasterKey
from catenet.nodes.application.rtp.rtcp import Application, Goodbye
from catenet.nodes.application.rtp.session import Agreed, Session, Side
from catenet.nodes.machine import Datagram, Endpoint

pytestmark = pytest.mark.engine

ALICE, BOB = Side(0x0A11CE01, 32_760), Side(0x0B0B0B0B, 7)
KEYS = MasterKey(b"a" * 16, b"A" * 12), MasterKey(b"b" * 16, b"B" * 12)
ENDS = Endpoint(Address.parse("10.0.1.2"), 40_000), Endpoint(Address.parse("10.0.2.2"), 40_002)
ON_ONE_PORT = ("-d", "udp.port==40000,rtp")
"""RTP, and on the same port what looks like RTCP (RFC 5761)."""
EPOCH = 1_700_000_000.0
FRAMES = 20
RTP = ("version", "padding", "ext", "cc", "marker", "p_type", "seq", "timestamp", "ssrc", "payload")
RTCP = ("pt", "senderssrc", "rc", "sc", "sdes.text", "sender.packetcount", "sender.octetcount", "timestamp.rtp")
BLOCK = ("ssrc.identifier", "ssrc.fraction", "ssrc.cum_nr", "ssrc.high_seq", "ssrc.jitter", "ssrc.lsr", "ssrc.dlsr")
OTHER = ("app.subtype", "app.name")
FIELDS = [f"rtp.{field}" for field in RTP] + [f"rtcp.{field}" for field in (*RTCP, *BLOCK, *OTHER)]


class Script:
    """Alice speaks, Bob hears all but a fifth of it, both report, Alice hangs up; and what tshark makes of it."""

    def __init__(self, judge: Tshark, *, secret: bool) -> None:
        alice, bob = (
            side._replace(master=key if secret else None) for side, key in zip((ALICE, BOB), KEYS, strict=True)
        )
        agreed = Agreed((0, 8), 8000, 10_800.0)
        draw = random.Random(1)
        common = {"randomness": draw, "count": lambda word, by=1: None, "now": 0.0}
        caller = Session(alice, bob, agreed, cname="alice@catenet", **common)
        callee = Session(bob, alice, agreed, cname="bob@catenet", **common)
        self.sent: list[tuple[float, Datagram]] = []
        for number in range(FRAMES):
            data = caller.protect(bytes([number]) * 160, 8, number * 160, number * 0.02, marker=number == 0)
            self._keep(data, number * 0.02)
            if number % 5 != 3:
                callee.unprotect(data, number * 0.02)
        if not secret:
            report = caller.protect_control(1.0)
            self._keep(report, 1.0)
            callee.unprotect_control(report, 1.0)
            self._keep(callee.protect_control(1.5), 1.5, back=True)
            over = Application(ALICE.ssrc, b"CTNT", b"\0\0\0\1", 3), Goodbye((ALICE.ssrc,), b"gone")
            self._keep(caller.protect_control(2.0, *over), 2.0)
        capture = capture_of((EPOCH + at, packet) for at, packet in self.sent)
        self.packets = judge.read(capture, *FIELDS, options=ON_ONE_PORT)

    def _keep(self, data: bytes, at: float, *, back: bool = False) -> None:
        ends = ENDS[::-1] if back else ENDS
        self.sent.append((at, Datagram(data, *ends)))


@pytest.fixture(scope="module")
def judge() -> Iterator[Tshark]:
    with tshark() as running:
        yield running


@pytest.fixture(scope="module")
def clear(judge: Tshark) -> Script:
    return Script(judge, secret=False)


@pytest.fixture(scope="module")
def secret(judge: Tshark) -> Script:
    return Script(judge, secret=True)


def numbers(packet: Dissected, *fields: str) -> list[int]:
    return [int(packet[f"rtcp.{field}"][0], 0) for field in fields]


@pytest.mark.parametrize("which", ["clear", "secret"])
def test_no_packet_of_ours_is_malformed(which: str, request: pytest.FixtureRequest) -> None:
    script: Script = request.getfixturevalue(which)
    assert len(script.packets) == len(script.sent) >= FRAMES
    assert complaints(script.packets) == []


@pytest.mark.parametrize("which", ["clear", "secret"])
def test_headers_are_read_as_they_were_meant(which: str, request: pytest.FixtureRequest) -> None:
    """RFC 3550 section 5.1; of an encrypted packet too, for its header is not (RFC 3711 section 3.1)."""
    script: Script = request.getfixturevalue(which)
    packets = script.packets[:FRAMES]
    for number, packet in enumerate(packets):
        seen = {field: int(packet[f"rtp.{field}"][0], 0) for field in RTP[5:9]}
        assert seen == {"p_type": 8, "seq": ALICE.sequence + number, "timestamp": number * 160, "ssrc": ALICE.ssrc}
        assert packet["rtp.version"] == ["2"]
        assert [packet[f"rtp.{field}"][0] in ("1", "True") for field in RTP[1:3]] == [False, False]
        assert (packet["rtp.marker"][0] in ("1", "True")) == (number == 0)
    payloads = [bytes.fromhex(packet["rtp.payload"][0].replace(":", "")) for packet in packets]
    if which == "clear":
        assert payloads == [bytes([number]) * 160 for number in range(FRAMES)]
    else:
        assert {len(payload) for payload in payloads} == {160 + 16}
        assert all(one != other for one, other in pairwise(payloads))


def test_reports_are_read_as_they_were_meant(clear: Script) -> None:
    """RFC 3550 section 6.4."""
    sender, receiver, _ = clear.packets[FRAMES:]
    assert sender["rtcp.pt"] == ["200", "202"]
    assert receiver["rtcp.pt"] == ["201", "202"]
    assert numbers(sender, "sender.packetcount", "sender.octetcount") == [FRAMES, FRAMES * 160]
    assert numbers(sender, "timestamp.rtp") == [8000]
    assert sender["rtcp.sdes.text"][0] == "alice@catenet"
    assert receiver["rtcp.sdes.text"][0] == "bob@catenet"
    # Of twenty the four that end in 3 and 8 were lost; all but the last were followed by others.
    assert numbers(receiver, "ssrc.identifier", "ssrc.cum_nr", "ssrc.high_seq") == [ALICE.ssrc, 4, ALICE.sequence + 19]
    # In the clear the first packet only proves the source: it is not among those expected (appendix A.1).
    assert numbers(receiver, "ssrc.fraction") == [4 * 256 // (FRAMES - 1)]
    # The middle of Alice's clock, 1 s; and half a second since.
    assert numbers(receiver, "ssrc.lsr", "ssrc.dlsr") == [1 << 16, 1 << 15]


def test_the_end_is_read_as_it_was_meant(clear: Script) -> None:
    """RFC 3550 sections 6.6 and 6.7."""
    over = clear.packets[-1]
    assert over["rtcp.pt"] == ["200", "202", "204", "203"]
    assert over["rtcp.app.name"] == ["CTNT"]
    assert numbers(over, "app.subtype") == [3]
    assert over["rtcp.sdes.text"] == ["alice@catenet", "gone"]
