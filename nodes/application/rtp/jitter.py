"""The jitter buffer: packets come when the network lets them, and speech is played at an even pace.

A frame is 20 ms. Each is played at its timestamp plus a delay that is the same for all, long enough for most to have
come by then (Ramjee et al., "Adaptive playout mechanisms for packetized audio applications", 1994): the quickest of
late had a transit of `base`, another is `excess` later; the delay aims at `base + mean + 4 · deviation` of the excess.
Both are smoothed as round-trip times are, but rise sooner than they fall, since a late frame is lost and an early one
only waits.

    transit   when a packet came, minus its timestamp in seconds: what the delay of the network is but for a constant
    position  the frame that is played next: it goes on by one each time, whether the frame has come or not
    depth     by how much the position's play-out is behind a packet of transit `base`: what is held to the target

The depth is changed by one frame at a time where that is not heard: in a frame that is quiet, or is not there. Where it
is off by more than five, as after a pause of the process, it is changed at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from catenet.nodes.application.rtp.g711 import FRAME, RATE

__all__ = ["HELD", "LEAST", "MOST", "JitterBuffer", "Statistics"]

LEAST, MOST = 0.040, 0.200
"""Seconds: between these is the delay that is aimed at."""
HELD = 50
"""Frames that are held at the most: a second of them."""

_PERIOD = FRAME / RATE
_WINDOW = 100
"""Packets after which the quickest of them is the new `base`: 2 s, and no older one counts than 4 s."""
_RISE, _FALL = 1 / 16, 1 / 256
"""How fast mean and deviation follow an excess over the target, and one below it."""
_UNKNOWN = 0.015
"""Seconds: the deviation of a network of which nothing is known yet."""
_STRANGE = 1.0
"""Seconds by which a packet may be off `base`: one that is more belongs to another time line, or is not from here."""
_SPURT = 10
"""Frames in a row that are not there: then the talk spurt has ended, and the next frame begins another one."""
_SUDDEN = 5
"""Frames by which the depth is changed at once."""
_SEEN = 64
"""Sequence numbers below the highest of which it is known whether they came."""


class Statistics(NamedTuple):
    """What became of the packets so far. `lost / (lost + played)` is the loss that the E-model asks for.

    `played`: frames given. `lost`: those that were not there at their time, in so many `bursts`; `late`: those of them
    that came afterwards. `duplicates`: that had come before. `strange`: not of 20 ms, or of a time that cannot be.
    `skipped`: frames left out, to shorten the delay. `delay`: seconds that a frame waited here, on average.
    """

    played: int
    lost: int
    bursts: int
    late: int
    duplicates: int
    strange: int
    skipped: int
    delay: float


class _Packet(NamedTuple):
    sequence: int  # without its wrap at 65,536
    payload: bytes
    came: float


class JitterBuffer:
    """The frames of one source (SSRC) of 20 ms each, put in as they come, taken out every 20 ms.

    `quiet` says whether nobody speaks in a payload.
    """

    def __init__(self, quiet: Callable[[bytes], bool]) -> None:
        self._quiet = quiet
        self._frames: dict[int, _Packet] = {}  # by the number of the frame in the time line
        self._position: int | None = None  # None: nothing has come yet
        self._floor = 0  # no frame before it can be played any more: a later one has been
        self._waiting = True  # for the delay to pass at the begin of a talk spurt
        self._missing = 0  # in a row
        self._time = _TimeLine()
        self._sequence = _Sequence()
        self._last: int | None = None  # the sequence number played last
        self._excused = 0  # skipped since a frame was played
        self._played = self._lost = self._bursts = self._late = self._duplicates = self._strange = self._skipped = 0
        self._waited = 0.0

    @property
    def target(self) -> float:
        """The delay that is aimed at, in seconds: of the quickest packet; others wait shorter."""
        return self._time.target

    @property
    def statistics(self) -> Statistics:
        """So far."""
        delay = self._waited / self._played if self._played else 0.0
        counts = self._played, self._lost, self._bursts, self._late, self._duplicates, self._strange, self._skipped
        return Statistics(*counts, delay)

    def put(self, sequence: int, timestamp: int, payload: bytes, now: float) -> None:
        """A packet came in at `now`: its sequence number and timestamp as they are in its header."""
        if len(payload) != FRAME:
            self._strange += 1
            return
        time = self._time
        if not time.takes(timestamp, now):
            if not time.turns(sequence):
                self._strange += 1
                return
            self._begin_again()
        number = self._sequence.extend(sequence)
        if self._sequence.is_duplicate(number):
            self._duplicates += 1
            return
        first = self._waiting and not self._frames
        frame = time.add(timestamp, now, first)
        if self._position is None:
            self._position, self._floor = frame, frame - HELD
        if frame < (max(self._floor, time.newest - HELD + 1) if self._waiting else self._position):
            self._late += 1
        elif frame in self._frames:
            self._strange += 1
        else:
            if first or frame < self._position:
                self._position = frame
            elif frame >= self._position + HELD:
                self._skip_to(frame - HELD + 1)
            self._frames[frame] = _Packet(number, payload, now)

    def take(self, now: float) -> bytes | None:
        """What is to be played at `now`: the payload of the next frame; None where it is not there, which is to be
        concealed. To be called every 20 ms."""
        position = self._position
        if position is None:
            return None
        off = self._time.depth(position * _PERIOD, now) - self._time.target
        if self._waiting:
            if not self._frames or off < 0:
                return None
            self._waiting = False
        if off > _SUDDEN * _PERIOD:
            position = self._skip_to(position + int(off / _PERIOD))
            off = 0.0
        packet = self._frames.get(position)
        if (off < -_PERIOD / 4 or off > 1.5 * _PERIOD) and (packet is None or self._quiet(packet.payload)):
            if off < 0:  # Nothing is played, and the position stays: all that follows is played a frame later.
                return None
            position = self._skip_to(position + 1)
            packet = self._frames.get(position)
        self._position = position + 1
        if packet is None:
            self._missed()
            return None
        del self._frames[position]
        return self._play(position, packet, now)

    def _play(self, frame: int, packet: _Packet, now: float) -> bytes:
        """Counts, besides, what is missing between the last frame and this one, by their numbers and by their times: a
        pause of the sender leaves no sequence number out (RFC 3551 section 4.1)."""
        if self._last is not None:
            lost = min(packet.sequence - self._last - 1, frame - self._floor) - self._excused
            if lost > 0:
                self._lost += lost
                self._bursts += 1
        self._last = packet.sequence
        self._floor = frame + 1
        self._excused = self._missing = 0
        self._played += 1
        self._waited += now - packet.came
        return packet.payload

    def _missed(self) -> None:
        self._missing += 1
        if self._missing >= _SPURT and not self._frames:
            self._waiting = True

    def _skip_to(self, position: int) -> int:
        """Leaves out the frames before that position."""
        for frame in [frame for frame in self._frames if frame < position]:
            del self._frames[frame]
            self._skipped += 1
            self._excused += 1
        self._position = position
        return position

    def _begin_again(self) -> None:
        """The source has another time line: what is held of the old one cannot be put in order with it."""
        self._skipped += len(self._frames)
        self._frames.clear()
        self._position = self._last = None
        self._waiting = True
        self._missing = self._excused = 0
        self._sequence = _Sequence()


class _Sequence:
    """Sequence numbers without their wrap, and which of the last 64 have come, as in a replay list (RFC 3711 3.3.2)."""

    def __init__(self) -> None:
        self._highest: int | None = None
        self._seen = 0  # bit n: the highest minus n has come

    def extend(self, sequence: int) -> int:
        """The number of that sequence number which is next to the highest one (RFC 3550 appendix A.1)."""
        if self._highest is None:
            return sequence
        return self._highest + _signed(sequence - self._highest, 16)

    def is_duplicate(self, number: int) -> bool:
        """Whether it has come before; from now on it has. What is too old to know has not."""
        if self._highest is None or number > self._highest:
            step = number - self._highest if self._highest is not None else _SEEN
            self._seen = (self._seen << min(step, _SEEN) | 1) & ((1 << _SEEN) - 1)
            self._highest = number
            return False
        bit = 1 << (self._highest - number)
        seen = bool(self._seen & bit)
        self._seen |= bit & ((1 << _SEEN) - 1)
        return seen


class _TimeLine:
    """Timestamps without their wrap, and what the network does to the packets' times."""

    def __init__(self) -> None:
        self.target = 4 * _UNKNOWN
        self._reference: int | None = None  # the highest timestamp
        self._turning: int | None = None  # the sequence number of the last packet, where that one was strange
        self._base = self._quickest = 0.0  # the least transit; that of the last packets
        self._count = 0  # of these packets
        self._mean = self._deviation = 0.0

    def takes(self, timestamp: int, now: float) -> bool:
        """Whether the packet can be of this time line: its transit is within a second of the quickest."""
        if self._reference is None:
            return True
        return abs(now - self._extend(timestamp) / RATE - self._base) < _STRANGE

    def turns(self, sequence: int) -> bool:
        """A second strange packet, next to the first: the source has turned to another time line, and it is new from
        here (as RFC 3550 appendix A.1 does for sequence numbers)."""
        turns = self._turning is not None and sequence == (self._turning + 1) & 0xFFFF
        self._turning = None if turns else sequence
        if turns:
            self._reference = None
        return turns

    @property
    def newest(self) -> int:
        """The frame of the highest timestamp."""
        return self._reference // FRAME if self._reference is not None else 0

    def add(self, timestamp: int, now: float, first: bool) -> int:
        """Counts a packet of this time line; the number of its frame. The `first` one of a talk spurt begins with a
        `base` of its own: the network may have become another one since."""
        if self._reference is None:
            self._reference = timestamp
            self._mean, self._deviation = 0.0, _UNKNOWN
        extended = self._extend(timestamp)
        self._reference = max(self._reference, extended)
        self._turning = None
        transit = now - extended / RATE
        if first:
            self._base = self._quickest = transit
            self._count = 0
        self._measure(transit)
        return extended // FRAME

    def depth(self, time: float, now: float) -> float:
        """How long after a packet of transit `base` what has that time is played, if it is at `now`: seconds."""
        return now - time - self._base

    def _measure(self, transit: float) -> None:
        self._quickest = min(self._quickest, transit)
        self._base = min(self._base, transit)
        self._count += 1
        if self._count == _WINDOW:
            self._base, self._quickest = self._quickest, transit
            self._count = 0
        excess = transit - self._base
        gain = _RISE if excess > self.target else _FALL
        self._mean += gain * (excess - self._mean)
        self._deviation += gain * (abs(excess - self._mean) - self._deviation)
        self.target = min(MOST, max(LEAST, self._mean + 4 * self._deviation))

    def _extend(self, timestamp: int) -> int:
        assert self._reference is not None
        return self._reference + _signed(timestamp - self._reference, 32)


def _signed(difference: int, bits: int) -> int:
    """The same modulo 2^bits, and as near to zero as can be."""
    half = 1 << (bits - 1)
    return ((difference + half) & ((1 << bits) - 1)) - half
