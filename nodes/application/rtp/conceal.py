"""Frames that did not come, made out of those that did: packet loss concealment as in ITU-T G.711 appendix I.

A voice hardly changes within 20 ms: its last pitch period is repeated. What would be heard as a click is faded over a
quarter of the period (overlap-add), and what would be heard as a buzz is broken up: after 10 ms the last two periods
are repeated, after 20 ms three. From 10 ms on it gets quieter, by a fifth every 10 ms, and is silent after 60 ms; then
the first frame that comes is faded in.

Speech is given out 30 samples (3.75 ms) late, so that its end can still be faded when the next frame does not come.
"""

from __future__ import annotations

from array import array
from itertools import accumulate
from math import sqrt
from operator import mul

from catenet.nodes.application.rtp.g711 import FRAME

__all__ = ["DELAY", "Concealer"]

DELAY = 30
"""Samples by which speech is given out late."""

_SHORTEST, _LONGEST = 40, 120
"""Samples of a pitch period: voices of 200 Hz to 66 Hz; a higher one is repeated two periods at a time."""
_HISTORY = 3 * _LONGEST + DELAY
_BLOCK = 80
"""Samples, 10 ms: what appendix I makes at a time."""
_FADED = 6
"""Blocks after which nothing is left."""
_LENGTHENED = 32
"""Samples, 4 ms: by which the fade to the first frame is longer for each block that was made."""
_FAINT = 250.0
"""The least power that a pitch period is compared by, so that noise near zero does not look like a voice."""
_SILENCE = array("h", bytes(2 * _BLOCK))


class Concealer:
    """One direction of a call: frames of 160 samples of 16 bits, in their order, each either heard or lost."""

    def __init__(self) -> None:
        self._history = array("h", bytes(2 * _HISTORY))  # the last DELAY of it are not given out yet
        self._made = 0  # blocks in a row
        self._source = self._history  # the history before the loss
        self._lag = _LONGEST  # samples of a pitch period
        self._cycle = self._history  # what is repeated: one, two or three periods
        self._offset = 0  # in it

    def heard(self, pcm: bytes) -> bytes:
        """The frame that came → the one to play.

        Raises:
            ValueError: it has not 160 samples.

        """
        if len(pcm) != 2 * FRAME:
            raise ValueError(f"a frame of {len(pcm)} octets, not of {2 * FRAME}")
        frame = array("h", pcm)
        if self._made:
            length = min(self._lag // 4 + (self._made - 1) * _LENGTHENED, _BLOCK)
            frame[:length] = _cross_fade(self._faded(length), frame[:length])
            self._made = 0
        return self._give(frame)

    def lost(self) -> bytes:
        """The frame to play where none came."""
        frame = self._make_block()
        frame += self._make_block()
        return self._give(frame)

    def _give(self, frame: array[int]) -> bytes:
        history = self._history + frame
        self._history = history[-_HISTORY:]
        return history[_HISTORY - DELAY : -DELAY].tobytes()

    def _make_block(self) -> array[int]:
        if self._made >= _FADED:
            return _SILENCE[:]
        if not self._made:
            self._begin()
            block = self._repeat(_BLOCK)
        elif self._made < 3:
            block = self._lengthen()
        else:
            block = self._faded(_BLOCK)
        self._made += 1
        return block

    def _begin(self) -> None:
        """The end of what was heard is faded into the begin of the period that follows it now."""
        self._lag = _pitch(self._history)
        self._source = self._history[:]
        self._take_periods(1)
        self._offset = 0
        quarter = self._lag // 4
        self._history[-quarter:] = self._cycle[-quarter:]

    def _lengthen(self) -> array[int]:
        """A block of one period more, which begins as the old one would have gone on."""
        quarter = self._lag // 4
        offset = self._offset
        before = self._repeat(quarter)
        self._offset = offset % self._lag
        self._take_periods(self._made + 1)
        block = self._repeat(_BLOCK)
        block[:quarter] = _cross_fade(before, block[:quarter])
        return self._fade(block)

    def _take_periods(self, periods: int) -> None:
        """Repeats the last periods before the loss; their end is faded into what was before their begin."""
        begin = _HISTORY - periods * self._lag
        quarter = self._lag // 4
        self._cycle = self._source[begin:]
        self._cycle[-quarter:] = _cross_fade(self._source[-quarter:], self._source[begin - quarter : begin])

    def _repeat(self, length: int) -> array[int]:
        cycle = self._cycle
        begin = self._offset
        self._offset = (begin + length) % len(cycle)
        return (cycle * (length // len(cycle) + 2))[begin : begin + length]

    def _faded(self, length: int) -> array[int]:
        return self._fade(self._repeat(length)) if self._made < _FADED else _SILENCE[:length]

    def _fade(self, block: array[int]) -> array[int]:
        """From what the blocks before have left of it, by a fifth every 10 ms."""
        gain, step = 1 - (self._made - 1) / 5, 1 / (5 * _BLOCK)
        return array("h", [int(sample * (gain - step * place)) for place, sample in enumerate(block)])


def _cross_fade(ending: array[int], beginning: array[int]) -> array[int]:
    """From the one to the other, in a straight line (overlap-add)."""
    parts = len(ending) + 1
    pairs = zip(ending, beginning, strict=True)
    return array("h", [(a * (parts - place) + b * place) // parts for place, (a, b) in enumerate(pairs, 1)])


def _pitch(history: array[int]) -> int:
    """The lag, in samples, at which the last 20 ms are most like what was before them: first every second sample, then
    each beside the best of these."""
    samples = history.tolist()
    coarse = 2 * _best(samples[::2], FRAME // 2, range(_SHORTEST // 2, _LONGEST // 2 + 1))
    return _best(samples, FRAME, range(max(_SHORTEST, coarse - 1), min(_LONGEST, coarse + 1) + 1))


def _best(samples: list[int], length: int, lags: range) -> int:
    """The lag of the greatest correlation of the last so many samples, divided by the root of the power."""
    recent = samples[-length:]
    powers = list(accumulate(map(mul, samples, samples), initial=0))

    def likeness(lag: int) -> float:
        end = len(samples) - lag
        power = powers[end] - powers[end - length]
        correlation: int = sum(map(mul, recent, samples[end - length : end]))
        return correlation / sqrt(max(power, _FAINT))

    return max(lags, key=likeness)
