"""Two ends of a call: what they send, hear, report and refuse (RFC 3550, RFC 3711)."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from catenet.nodes.application.rtp.keys import MasterKey
from catenet.nodes.application.rtp.packet import Packet, is_control
from catenet.nodes.application.rtp.rtcp import (
    Application,
    Chunk,
    Control,
    Goodbye,
    ReceiverReport,
    SenderReport,
    SourceDescription,
    parse,
)
from catenet.nodes.application.rtp.session import Agreed, Session, Side
from catenet.nodes.application.rtp.srtp import SrtpSender
from catenet.nodes.machine import Randomness

SPEECH = Agreed((0, 8), 8000, 10_800.0)
ALICE = Side(0xA11CE, 32_000, MasterKey(b"a" * 16, b"A" * 12))
BOB = Side(0xB0B, 7, MasterKey(b"b" * 16, b"B" * 12))
FRAME = bytes(160)


class Steady:
    """What is drawn is the middle."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


class End:
    """A session, what it counted, and its clock: 20 ms of speech at a time."""

    def __init__(self, own: Side, peer: Side, randomness: Randomness | None = None, now: float = 0.0) -> None:
        self.counts: Counter[str] = Counter()
        self.session = Session(
            own,
            peer,
            SPEECH,
            cname=f"{own.ssrc:x}@catenet",
            randomness=randomness or Steady(),
            count=self._count,
            now=now,
        )
        self.timestamp = 2**32 - 800

    def _count(self, counter: str, by: int = 1) -> None:
        self.counts[counter] += by

    def speak(self, now: float) -> bytes:
        self.timestamp = (self.timestamp + 160) % 2**32
        return self.session.protect(FRAME, 0, self.timestamp, now)

    def hear(self, data: bytes, now: float) -> Packet | tuple[Control, ...] | None:
        return self.session.unprotect_control(data, now) if is_control(data) else self.session.unprotect(data, now)


def pair(*, clear: bool = False, randomness: Randomness | None = None) -> tuple[End, End]:
    alice, bob = (side._replace(master=None) if clear else side for side in (ALICE, BOB))
    return End(alice, bob, randomness), End(bob, alice, randomness)


def talk(alice: End, bob: End, start: float, frames: int) -> float:
    """Both speak; nothing is lost, and it takes no time. → now"""
    now = start
    for number in range(frames):
        now = start + number * 0.02
        assert bob.hear(alice.speak(now), now) is not None
        assert alice.hear(bob.speak(now), now) is not None
    return now


@pytest.mark.parametrize("clear", [False, True])
def test_speech_is_heard_as_it_was_said(clear: bool) -> None:
    """A source in the clear is on probation for a packet (RFC 3550 appendix A.1)."""
    alice, bob = pair(clear=clear)
    first = alice.session.protect(b"one", 0, 5, 1.0, marker=True)
    second = alice.session.protect(b"two", 8, 165, 1.02)
    packets = [bob.session.unprotect(data, 2.0) for data in (first, second)]
    wanted = [Packet(0, 32_000, 5, ALICE.ssrc, b"one", True), Packet(8, 32_001, 165, ALICE.ssrc, b"two")]
    assert packets == ([None, wanted[1]] if clear else wanted)
    assert (b"one" in first) == clear
    assert bob.session.heard == 2.0


def test_clear_packets_are_those_of_rfc_3550() -> None:
    alice, _ = pair(clear=True)
    data = alice.session.protect(b"one", 8, 5, 1.0, marker=True)
    assert data == bytes(Packet(8, 32_000, 5, ALICE.ssrc, b"one", True))
    report, description = parse(alice.session.protect_control(1.0))
    assert report == SenderReport(ALICE.ssrc, 1 << 32, 5, 1, 3)
    assert description == SourceDescription((Chunk(ALICE.ssrc, ((1, b"a11ce@catenet"),)),))


def test_the_next_number_of_a_clear_stream_wraps() -> None:
    alice, bob = pair(clear=True)
    sent = [alice.speak(0.0) for _ in range(33_540)]
    assert [int.from_bytes(data[2:4], "big") for data in sent[-5:]] == [65535, 0, 1, 2, 3]
    assert [bob.session.unprotect(data, 0.0) is not None for data in sent[-5:]] == [False] + [True] * 4
    assert bob.session.source.lost == 0


@pytest.mark.parametrize("clear", [False, True])
def test_a_stranger_and_nonsense_are_counted(clear: bool) -> None:
    alice, bob = pair(clear=clear)
    data, report = alice.speak(0.0), alice.session.protect_control(0.0)
    for each in (b"", b"\x80", data[:11], b"\0" + data[1:], data[:8] + b"\0\0\0\1" + data[12:]):
        assert bob.session.unprotect(each, 1.0) is None
    for each in (b"", report[:7], b"\0" + report[1:], report[:4] + b"\0\0\0\1" + report[8:]):
        assert bob.session.unprotect_control(each, 1.0) == ()
    assert bob.counts == {"refused.length": 5, "refused.version": 2, "refused.ssrc": 2}
    assert bob.session.heard == 0.0


def test_forgeries_and_replays_are_counted_and_prove_no_life() -> None:
    alice, bob = pair()
    data, report = alice.speak(0.0), alice.session.protect_control(0.0)
    assert bob.hear(data[:-1] + b"x", 1.0) is None
    assert bob.hear(report[:-5] + b"x" + report[-4:], 1.0) == ()
    assert bob.session.heard == 0.0
    bob.hear(data, 2.0)
    bob.hear(report, 2.0)
    assert bob.hear(data, 3.0) is None
    assert bob.hear(report, 3.0) == ()
    assert bob.session.heard == 2.0
    assert bob.counts == {"refused.tag": 2, "refused.index": 2}
    assert bob.session.source.received == 1


def test_unknown_payload_types_are_ignored() -> None:
    """RFC 3550 section 5.1."""
    alice, bob = pair()
    assert bob.session.unprotect(alice.session.protect(FRAME, 96, 0, 0.0), 0.0) is None
    assert bob.counts == {"refused.payload_type": 1}


def test_an_authentic_packet_may_be_no_rtp() -> None:
    """Padding is encrypted, so it is known only then; an RTCP packet that is authentic may be none."""
    alice, bob = pair()
    assert ALICE.master is not None
    out = SrtpSender(ALICE.master.session_keys(), ALICE.ssrc, ALICE.sequence)
    assert bob.session.unprotect_control(out.protect_control(alice.session.ssrc.to_bytes(8, "big")), 0.0) == ()
    head = bytes.fromhex("81ca0001") + ALICE.ssrc.to_bytes(4, "big")
    assert bob.session.unprotect_control(out.protect_control(head), 0.0) == ()
    assert bob.counts == {"refused.version": 1, "refused.packet_type": 1}


# Reports.


def test_a_compound_begins_with_a_report_and_names_its_sender() -> None:
    """6.1: SR or RR first, an SDES with CNAME in each, BYE last; an RR with nothing in it where there is nothing."""
    alice, bob = pair()
    packets = bob.hear(alice.session.protect_control(0.0, Application(ALICE.ssrc, b"CTNT", b"\0\0\0\1", 3)), 0.0)
    assert packets == (
        ReceiverReport(ALICE.ssrc),
        SourceDescription((Chunk(ALICE.ssrc, ((1, b"a11ce@catenet"),)),)),
        Application(ALICE.ssrc, b"CTNT", b"\0\0\0\1", 3),
    )


def test_a_sender_report_counts_what_was_sent() -> None:
    """6.4.1: packets, octets of payload; the RTP timestamp is that of the report's moment, not of a packet."""
    alice, bob = pair()
    now = talk(alice, bob, 10.0, 50)
    packets = bob.hear(alice.session.protect_control(now + 0.5), now + 0.5)
    assert isinstance(packets, tuple)
    report = packets[0]
    assert isinstance(report, SenderReport)
    assert (report.packets, report.octets) == (50, 8000)
    assert report.ntp == int((now + 0.5) * 2**32)
    assert report.timestamp == (alice.timestamp + 4000) % 2**32
    (block,) = report.blocks
    assert (block.ssrc, block.lost, block.fraction_lost, block.highest) == (BOB.ssrc, 0, 0, 56)


def test_who_has_sent_nothing_of_late_sends_a_receiver_report() -> None:
    """6.4: SR where data was sent since the last report or the previous one."""
    alice, bob = pair()
    talk(alice, bob, 0.0, 5)
    kinds = []
    for number in range(4):
        packets = bob.hear(alice.session.protect_control(1.0 + number), 1.0 + number)
        assert isinstance(packets, tuple)
        kinds.append(type(packets[0]))
    assert kinds == [SenderReport, SenderReport, ReceiverReport, ReceiverReport]


def test_there_is_no_block_of_a_source_that_was_silent() -> None:
    """6.4.1."""
    alice, bob = pair()
    talk(alice, bob, 0.0, 5)
    blocks = []
    for _ in range(2):
        packets = bob.hear(alice.session.protect_control(1.0), 1.0)
        assert isinstance(packets, tuple)
        assert isinstance(packets[0], SenderReport)
        blocks.append(len(packets[0].blocks))
    assert blocks == [1, 0]


def test_the_round_trip_is_known_after_a_report_there_and_back() -> None:
    """6.4.1: A − LSR − DLSR; its example has 6.125 s."""
    alice, bob = pair()
    talk(alice, bob, 0.0, 5)
    assert alice.session.round_trip is None
    bob.hear(alice.session.protect_control(1000.125), 1004.0)
    alice.hear(bob.session.protect_control(1009.25), 1011.5)
    assert alice.session.round_trip == 6.125
    assert bob.session.round_trip is None
    assert alice.session.told is not None
    assert alice.session.told.ssrc == ALICE.ssrc


def test_no_round_trip_comes_of_a_report_without_a_sender_report_before_it() -> None:
    """LSR is 0 where none has come: not the time since the clock began."""
    alice, bob = pair()
    talk(alice, bob, 0.0, 5)
    alice.hear(bob.session.protect_control(1000.0), 1000.1)
    assert alice.session.round_trip is None


def test_a_round_trip_below_zero_is_none() -> None:
    """A peer that says that it waited longer than it did."""
    alice, bob = pair()
    talk(alice, bob, 0.0, 5)
    bob.hear(alice.session.protect_control(1000.0), 1000.0)
    alice.hear(bob.session.protect_control(1010.0), 1005.0)
    assert alice.session.round_trip is None


def test_loss_is_told_to_who_sent() -> None:
    alice, bob = pair()
    for number in range(100):
        data = alice.speak(number * 0.02)
        if number % 4 != 1:
            bob.hear(data, number * 0.02)
    bob.speak(2.0)
    alice.hear(bob.session.protect_control(2.0), 2.0)
    told = alice.session.told
    assert told is not None
    assert (told.lost, told.fraction_lost) == (25, 64)


def test_reports_come_by_themselves() -> None:
    """6.2: the first after 2.5 s / 1.22, then one in 5 s / 1.22."""
    alice, bob = pair()
    now, sent = 0.0, []
    while now < 30:
        now += 0.02
        bob.hear(alice.speak(now), now)
        alice.hear(bob.speak(now), now)
        if (report := alice.session.wake(now)) is not None:
            assert bob.hear(report, now)
            sent.append(now)
        assert alice.session.next_wake() > now
    gaps = [later - earlier for earlier, later in zip([0.0, *sent], sent, strict=False)]
    assert gaps == pytest.approx([2.05] + [4.104] * 6, abs=0.021)


def test_waking_early_or_late_is_harmless() -> None:
    alice, _ = pair()
    assert alice.session.wake(0.0) is None
    assert alice.session.wake(1000.0) is not None
    assert alice.session.wake(1000.0) is None
    assert alice.session.next_wake() > 1000.0


def test_a_goodbye_is_heard() -> None:
    """6.6."""
    alice, bob = pair()
    talk(alice, bob, 0.0, 1)
    packets = bob.hear(alice.session.protect_control(1.0, Goodbye((ALICE.ssrc,), b"hang up")), 1.0)
    assert isinstance(packets, tuple)
    assert packets[-1] == Goodbye((ALICE.ssrc,), b"hang up")
    assert bob.session.left


def test_a_goodbye_of_another_source_is_not_the_peers() -> None:
    alice, bob = pair()
    talk(alice, bob, 0.0, 1)
    bob.hear(alice.session.protect_control(1.0, Goodbye((BOB.ssrc, 77))), 1.0)
    assert not bob.session.left


def test_who_never_sent_anything_does_not_say_goodbye() -> None:
    """6.3.7: "a participant which never sent an RTP or RTCP packet MUST NOT send a BYE packet"."""
    alice, bob = pair()
    packets = bob.hear(alice.session.protect_control(0.0, Goodbye((ALICE.ssrc,))), 0.0)
    assert isinstance(packets, tuple)
    assert [type(packet) for packet in packets] == [ReceiverReport, SourceDescription]
    bob.hear(alice.session.protect_control(0.0, Goodbye((ALICE.ssrc,))), 0.0)
    assert bob.session.left


# What both agreed on.


@pytest.mark.parametrize(
    ("own", "peer", "agreed", "cname", "why"),
    [
        (ALICE, BOB._replace(ssrc=ALICE.ssrc), SPEECH, "a", "SSRC"),
        (ALICE, BOB._replace(master=None), SPEECH, "a", "alone"),
        (ALICE, BOB._replace(master=ALICE.master), SPEECH, "a", "one key"),
        (ALICE._replace(sequence=32768), BOB, SPEECH, "a", "sequence"),
        (ALICE, BOB, SPEECH._replace(payload_types=(0, 64)), "a", "64"),
        (ALICE, BOB, SPEECH._replace(payload_types=(95,)), "a", "95"),
        (ALICE, BOB, SPEECH, "ä" * 128, "CNAME"),
    ],
)
def test_what_cannot_be_a_session_is_refused(own: Side, peer: Side, agreed: Agreed, cname: str, why: str) -> None:
    """One key for each direction (RFC 7714 section 8.4); payload types 64 to 95 MUST NOT be used (RFC 5761)."""
    with pytest.raises(ValueError, match=why):
        Session(own, peer, agreed, cname=cname, randomness=Steady(), count=lambda word, by=1: None, now=0.0)


# Over a network.


@pytest.mark.parametrize("seed", range(8))
def test_both_ends_agree_on_what_was_lost(seed: int) -> None:
    """Thirty minutes, over a wrap of the numbers, with loss, reordering and repetition: every packet that arrives is
    heard once, and the reports say what the network did."""
    random = Random(seed)
    alice, bob = End(ALICE, BOB, random), End(BOB, ALICE, random)
    loss = random.choice([0.0, 0.02, 0.1])
    flying: list[tuple[float, int, bytes]] = []
    arrived: set[int] = set()
    heard: list[int] = []
    repeated = 0
    for number in range(45_000 if seed == 0 else 6_000):
        now = number * 0.02
        data = alice.speak(now)
        if random.random() >= loss:
            arrived.add(number)
            flying.append((now + random.uniform(0.02, 0.1), number, data))
            if random.random() < 0.01:
                repeated += 1
                flying.append((now + random.uniform(0.02, 0.1), number, data))
        for report in (alice.session.wake(now), bob.session.wake(now)):
            if report is not None:
                end = bob if report[4:8] == ALICE.ssrc.to_bytes(4, "big") else alice
                assert end.hear(report, now)
        due = sorted(each for each in flying if each[0] <= now)
        flying = [each for each in flying if each[0] > now]
        heard += [sent for at, sent, data in due if bob.hear(data, at)]
    heard += [sent for at, sent, data in sorted(flying) if bob.hear(data, at)]
    assert sorted(heard) == sorted(arrived)
    assert bob.session.source.received == len(heard)
    assert bob.counts["refused.index"] == repeated
    # What is expected counts from the packet that came first (A.3).
    assert bob.session.source.lost == max(arrived) - heard[0] + 1 - len(arrived)
    assert 0 < bob.session.source.jitter < 0.08 * 8000
    told = alice.session.told
    assert told is not None
    assert told.lost == pytest.approx(loss * number, abs=0.02 * number + 20)
