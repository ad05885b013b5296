"""The jitter buffer: order, pace, wraps, talk spurts, and that its counts add up whatever comes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.application.rtp.g711 import FRAME, PCMU
from catenet.nodes.application.rtp.jitter import HELD, LEAST, MOST, JitterBuffer

LOUD = 0x00
"""A code of µ-law that is loud."""


def payload(number: int) -> bytes:
    """Loud, and another one for each number."""
    return bytes([LOUD, number % 16, number // 16 % 16, number // 256 % 16]) + bytes(FRAME - 4)


class Call:
    """A buffer, and a sender whose packet n is due at 20·n ms; frames are taken 5 ms after these times."""

    def __init__(self, sequence: int = 0, timestamp: int = 0) -> None:
        self.buffer = JitterBuffer(PCMU.is_quiet)
        self.sequence, self.timestamp = sequence, timestamp
        self.turn = 0

    def put(self, number: int, now: float | None = None, data: bytes | None = None, frame: int | None = None) -> None:
        """Packet `number`, at its own time if none is said; `frame` where its timestamp is another frame's."""
        frame = number if frame is None else frame
        self.buffer.put(
            (self.sequence + number) % 2**16,
            (self.timestamp + FRAME * frame) % 2**32,
            payload(number) if data is None else data,
            0.02 * frame if now is None else now,
        )

    def take(self) -> bytes | None:
        self.turn += 1
        return self.buffer.take(0.02 * self.turn - 0.015)

    def run(self, numbers: range, lost: frozenset[int] = frozenset()) -> list[bytes | None]:
        """Each packet in its time, and a frame taken after it."""
        heard = []
        for number in numbers:
            if number not in lost:
                self.put(number)
            heard.append(self.take())
        return heard


def numbers(heard: list[bytes | None]) -> list[int | None]:
    return [None if each is None else each[1] + 16 * each[2] + 256 * each[3] for each in heard]


def test_frames_are_played_in_order_after_the_least_delay() -> None:
    heard = numbers(Call().run(range(100)))
    begin = heard.index(0)
    assert begin * 0.02 == pytest.approx(LEAST, abs=0.02)
    assert heard == [None] * begin + list(range(100 - begin))


@pytest.mark.parametrize(
    ("sequence", "timestamp"), [(65500, 5), (65535, 2**32 - 1), (0, 2**32 - 160 * 50), (32760, 2**31 - 160 * 20)]
)
def test_sequence_number_and_timestamp_wrap(sequence: int, timestamp: int) -> None:
    """RFC 3550 section 5.1: 16 bits and 32; both may begin anywhere (aiortc's buffer once stopped at 65535 → 0)."""
    call = Call(sequence, timestamp)
    heard = [each for each in numbers(call.run(range(200))) if each is not None]
    assert heard == list(range(len(heard)))
    assert len(heard) >= 196
    assert call.buffer.statistics[1:7] == (0, 0, 0, 0, 0, 0)


def test_packets_that_overtake_each_other_are_put_in_order() -> None:
    call = Call()
    heard = []
    for number in range(0, 100, 2):
        call.put(number + 1, 0.02 * (number + 1))
        call.put(number, 0.02 * (number + 1))
        heard += [call.take(), call.take()]
    played = [each for each in numbers(heard) if each is not None]
    assert played == list(range(len(played)))


def test_what_is_lost_leaves_its_place_empty() -> None:
    call = Call()
    heard = numbers(call.run(range(60), lost=frozenset({20, 30, 31})))
    begin = heard.index(0)
    assert [number for number, each in enumerate(heard[begin:]) if each is None] == [20, 30, 31]
    assert call.buffer.statistics._replace(delay=0) == (60 - begin - 3, 3, 2, 0, 0, 0, 0, 0)


def test_a_late_packet_is_counted_and_not_played() -> None:
    call = Call()
    call.run(range(40), lost=frozenset({20}))
    call.put(20, 0.8)
    assert 20 not in numbers(call.run(range(40, 60)))
    assert (call.buffer.statistics.lost, call.buffer.statistics.late) == (1, 1)


def test_what_comes_twice_is_played_once() -> None:
    call = Call()
    heard = []
    for number in range(40):
        call.put(number)
        call.put(number)
        call.put(max(0, number - 10))
        heard.append(call.take())
    played = [each for each in numbers(heard) if each is not None]
    assert played == list(range(len(played)))
    assert call.buffer.statistics.duplicates == 80
    assert call.buffer.statistics.late == 0


def test_a_pause_of_the_sender_is_no_loss() -> None:
    """RFC 3551 section 4.1: sequence number and timestamp "allow a receiver to distinguish between lost packets and
    periods of time when no data was transmitted"."""
    call = Call()
    call.run(range(50))
    for _ in range(100):
        assert call.take() is None or call.turn < 55
    for number in range(50, 100):
        call.put(number, frame=number + 100)
        call.take()
    assert call.buffer.statistics.lost == 0
    assert call.buffer.statistics.played >= 96


def test_a_talk_spurt_begins_with_a_delay_for_the_network_as_it_is_now() -> None:
    """RFC 3551 section 4.1: "The beginning of a talkspurt MAY be used to adjust the playout delay". The network has
    become 300 ms slower in the pause: nothing is late."""
    call = Call()
    call.run(range(50))
    for _ in range(50):
        call.take()
    for number in range(50, 100):
        while 0.02 * call.turn + 0.005 < 0.02 * (number + 50) + 0.3:
            call.take()
        call.put(number, 0.02 * (number + 50) + 0.3, frame=number + 50)
    assert (call.buffer.statistics.lost, call.buffer.statistics.late) == (0, 0)


def test_of_what_comes_at_once_a_second_is_held() -> None:
    """The process was paused: 200 packets are read together. The newest of them are played, with a small delay."""
    call = Call()
    call.run(range(20))
    for number in range(20, 220):
        call.put(number, 4.4)
    call.turn = 220
    heard = [number for number in numbers([call.take() for _ in range(60)]) if number is not None]
    assert heard[0] >= 220 - HELD
    assert heard == list(range(heard[0], 220))
    assert len(heard) <= (MOST + LEAST) / 0.02


def test_one_packet_of_another_time_changes_nothing() -> None:
    call = Call()
    call.run(range(30))
    call.buffer.put(40_000, 123_456_789, payload(0), 0.6)
    heard = numbers(call.run(range(30, 60)))
    assert None not in heard
    assert call.buffer.statistics.strange == 1


def test_a_source_that_begins_again_is_followed_from_its_second_packet() -> None:
    """As RFC 3550 appendix A.1 does for sequence numbers: "Two sequential packets -- assume that the other side
    restarted without telling us"."""
    call = Call()
    call.run(range(30))
    call.sequence, call.timestamp = 40_000, 123_456_789
    heard = [number for number in numbers(call.run(range(30, 60))) if number is not None]
    assert heard[-20:] == list(range(heard[-20], heard[-20] + 20))
    assert heard[-1] >= 56
    assert call.buffer.statistics.strange == 1
    assert call.buffer.statistics.lost == 0


@pytest.mark.parametrize("octets", [0, 1, FRAME - 1, FRAME + 1, 1400])
def test_a_packet_that_is_not_20_ms_is_dropped(octets: int) -> None:
    call = Call()
    call.put(0, data=bytes(octets))
    assert call.buffer.statistics.strange == 1
    assert call.take() is None


def test_the_delay_grows_with_the_jitter_and_shrinks_in_quiet_frames() -> None:
    """Of the packets 100 to 399 each second one is 120 ms later; from 1,500 on all are silent."""
    call = Call()
    arrivals = sorted((0.02 * n + (0.12 if n in range(100, 400) and n % 2 else 0.0), n) for n in range(3000))
    seen = {}
    for when, number in arrivals:
        while 0.02 * (call.turn + 1) - 0.015 < when:
            call.take()
        call.put(number, when, PCMU.silence if number >= 1500 else None)
        seen[number] = call.buffer.statistics, call.buffer.target
    assert seen[398][1] > 0.12
    assert seen[398][0].late <= 15
    assert seen[1499][0].skipped == 0  # the network is even again, but nobody was quiet
    assert seen[1499][1] < seen[398][1]
    assert seen[2999][0].skipped >= 3
    assert seen[2999][0].late == seen[398][0].late
    assert seen[2999][1] == pytest.approx(LEAST, abs=0.02)


ARRIVALS = st.lists(
    st.tuples(
        st.integers(0, 3) | st.integers(0, 65535),  # steps of the sequence number
        st.sampled_from([0, 1, 1, 1, 2, 3, 60, -1, -4, 2**24]) | st.integers(-80, 80),  # frames of the timestamp
        st.sampled_from([0.0, 0.02, 0.02, 0.02, 0.1, 3.0]),  # seconds since the packet before
        st.integers(0, 3),  # frames that are taken after it
        st.sampled_from([FRAME, FRAME, FRAME, 0, 33]),
    ),
    max_size=120,
)


@given(ARRIVALS, st.integers(0, 65535), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=200)
def test_whatever_comes_each_packet_is_played_once_or_counted(steps: list, sequence: int, timestamp: int) -> None:
    buffer = JitterBuffer(PCMU.is_quiet)
    now = 0.0
    put, played = 0, []
    for number, (step, frames, wait, takes, octets) in enumerate(steps):
        now += wait
        sequence, timestamp = (sequence + step) % 2**16, (timestamp + frames * FRAME) % 2**32
        buffer.put(sequence, timestamp, payload(number)[:octets], now)
        put += 1
        played += [buffer.take(now + 0.001 * turn) for turn in range(takes)]
        assert LEAST <= buffer.target <= MOST
    heard = [each for each in played if each is not None]
    statistics = buffer.statistics
    gone = statistics.late + statistics.duplicates + statistics.strange + statistics.skipped
    assert len(heard) == len(set(heard)) == statistics.played
    assert 0 <= put - statistics.played - gone <= HELD
    assert statistics.bursts <= statistics.lost
    assert 0 <= statistics.delay <= now
