"""Speech in both directions: when frames go out, what is heard of those that come, and how long nothing was."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from speech import frames, speech

from catenet.nodes.application.phone.media import PERIOD, Media
from catenet.nodes.application.phone.sound import OCTETS, QUIET, Player, Recorder
from catenet.nodes.application.phone.terms import Sound
from catenet.nodes.application.rtp.g711 import PCMU, RATE
from catenet.nodes.application.rtp.packet import Packet
from catenet.nodes.application.rtp.session import Agreed, Session, Side

AGREED = Agreed((0,), RATE, 10_800)
SAID = speech(3.0, 5)


class End:
    def __init__(self, own: int, peer: int, said: bytes = SAID, now: float = 0.0, timestamp: int = 1000) -> None:
        self.recorder = Recorder()
        self.counters: Counter[str] = Counter()
        self.session = Session(
            Side(own, 7),
            Side(peer, 7),
            AGREED,
            cname="x@y",
            randomness=Random(own),
            count=lambda counter, by=1: self.counters.update({counter: by}),
            now=now,
        )
        sound = Sound(Player(said).read, self.recorder.write)
        self.media = Media(self.session, sound, timestamp, now)

    def hear(self, datagram: bytes, now: float) -> None:
        packet = self.session.unprotect(datagram, now)
        if packet is not None:
            self.media.receive(packet, now)


def pair() -> tuple[End, End]:
    return End(1, 2), End(2, 1)


def test_a_frame_goes_out_every_20_ms_and_the_timestamp_counts_its_samples() -> None:
    """RFC 3551 section 4.2: "The default packetization interval [...] 20 ms"; 160 samples of PCMU, type 0."""
    one, _ = pair()
    packets = []
    for tick in range(5):
        assert one.media.next_wake() == pytest.approx(tick * PERIOD)
        packets += [Packet.parse(each) for each in one.media.wake(one.media.next_wake())]
    assert [each.timestamp for each in packets] == [1000 + 160 * number for number in range(5)]
    assert [each.sequence for each in packets] == [7, 8, 9, 10, 11]
    assert {(each.payload_type, len(each.payload), each.marker) for each in packets} == {(0, 160, False)}
    assert [each.payload for each in packets] == [PCMU.encode(each) for each in frames(SAID, OCTETS)[:5]]


def test_the_timestamp_wraps() -> None:
    end = End(1, 2, timestamp=(1 << 32) - 160)
    assert [Packet.parse(end.media.wake(tick * PERIOD)[0]).timestamp for tick in range(2)] == [(1 << 32) - 160, 0]


def test_frames_that_are_a_little_late_are_sent_and_those_of_a_long_pause_are_left_out() -> None:
    """RFC 3551 section 4.1: the marker bit is set after a silence, and the timestamp has gone on."""
    one, _ = pair()
    one.media.wake(0.0)
    assert len(one.media.wake(0.105)) == 5
    [packet] = [Packet.parse(each) for each in one.media.wake(3.121)]
    assert packet.marker and packet.timestamp == 1000 + 160 * 156 and packet.sequence == 7 + 6
    [packet] = [Packet.parse(each) for each in one.media.wake(3.14)]
    assert not packet.marker and packet.timestamp == 1000 + 160 * 157


def test_what_was_said_is_heard() -> None:
    one, other = pair()
    for tick in range(150):
        now = tick * PERIOD
        for datagram in one.media.wake(now):
            other.hear(datagram, now + 0.005)
        other.media.wake(now + 0.011)
    heard = other.recorder.pcm
    wanted = PCMU.decode(PCMU.encode(SAID))
    # whole, and late by what the jitter buffer and the concealment (30 samples) hold back
    start = next(at for at in range(0, 4000, 2) if heard[at + 8000 : at + 12000] == wanted[8000:12000])
    assert 60 <= start <= 2 * 8 * 100
    assert other.media.longest_silence < 0.021, "one frame: the delay grows where nobody speaks"
    assert other.media.played.lost == 0
    assert other.media.mos is not None and other.media.mos > 4.3


def test_a_silence_is_measured_between_the_frames_that_were_played() -> None:
    one, other = pair()
    for tick in range(200):
        now = tick * PERIOD
        for datagram in one.media.wake(now):
            if not 50 <= tick < 90:
                other.hear(datagram, now + 0.005)
        other.media.wake(now + 0.011)
    assert other.media.longest_silence == pytest.approx(40 * PERIOD, abs=0.05)
    assert other.media.played.lost == 40
    assert other.media.mos is not None and other.media.mos < 4.0


def test_before_anything_has_come_there_is_no_score() -> None:
    one, _ = pair()
    one.media.wake(1.0)
    assert one.media.mos is None and one.media.longest_silence == 0


def test_a_player_says_what_it_has_once_or_again_and_then_silence() -> None:
    once, again = Player(b"\x01" * 500), Player(b"\x01" * 500, again=True)
    assert [each.read() for each in (once, once, once)] == [b"\x01" * 320, b"\x01" * 180 + bytes(140), QUIET]
    assert [again.read() for _ in range(3)][2] == b"\x01" * 320
    assert once.is_over
    assert Player().read() == Player(again=True).read() == QUIET


def test_a_recorder_keeps_ten_minutes() -> None:
    recorder = Recorder()
    for _ in range(30_050):
        recorder.write(QUIET)
    assert len(recorder.pcm) == 600 * RATE * 2
