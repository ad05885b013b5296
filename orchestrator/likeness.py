"""How like what was heard is to what was said: one number, 1 for the same speech, about 0 for noise. Pure.

It stands beside `wire` and `listing`, below all rooms: a check asks it, and so does a verb that has a call to show. Of
`nodes/` it knows nothing, so it takes samples: speech of 8 kHz.

1. The loudness of every 10 ms, as a logarithm: at which delay, up to 2 s, are the two most alike?
2. Every half second in which something was said: at which delay around that one does its waveform fit best, and how
   well? It may have moved by up to 90 ms from one to the next, for a jitter buffer shortens and lengthens pauses.

The likeness is the mean of these correlations. (Their median would not mind that a third of a call was silent.)
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from heapq import nlargest
from itertools import accumulate
from math import log10, sqrt
from operator import mul, sub
from typing import NamedTuple

__all__ = ["LONGEST", "Likeness", "likeness", "likeness_in_call"]

LONGEST = 60
"""Seconds that are compared; what was said after them is not looked at. 10 s take about a third of a second."""

_RATE = 8000
_APART = 2
"""Seconds, at the most: as far as `_FARTHEST` goes."""
_STEP = 80
"""Samples of a step of loudness: 10 ms."""
_FARTHEST = 200
"""Steps of loudness that the one may be after the other, or before it."""
_SEGMENT = 4000
_THIN = 8
"""Of so many samples one is taken where the delay is first looked for."""
_PEAKS = 5
"""Places that are looked at more closely."""
_MOVES = 180, 720
"""Samples by which the delay may have moved from one segment to the next: looked at first, and then."""
_SURE, _FOUND = 0.9, 0.3
"""The least correlation after which no other delay is looked for, and by which one counts as found."""
_VOICED = 0.1
"""Of the mean power of all that was said: a segment below it is a pause."""

Samples = Sequence[float]


class Likeness(NamedTuple):
    """`score`: 0 to 1. `delay`: seconds from what was said to what was heard, where that fits best."""

    score: float
    delay: float


def likeness(said: bytes, heard: bytes) -> Likeness:
    """How like they are; both are 16-bit samples of 8 kHz, in the machine's byte order, as module `wave` has them.

    Where one of them is silent the score is 0.
    """
    first = _Sound(said, LONGEST * _RATE)
    second = _Sound(heard, LONGEST * _RATE + _FARTHEST * _STEP)
    begins = _voiced(first.samples)
    if not begins:
        return Likeness(0.0, 0.0)
    delay = _STEP * _loudness_delay(_loudness(first.samples), _loudness(second.samples))
    found: list[Likeness] = []
    for begin in begins:
        place, score = _fit(first, begin, second, begin + delay, _MOVES[0])
        if score < _SURE:
            place, score = _fit(first, begin, second, begin + delay, _MOVES[1])
        if score > _FOUND:
            delay = place - begin
        found.append(Likeness(score, delay / _RATE))
    return Likeness(sum(each.score for each in found) / len(found), max(found).delay)


def likeness_in_call(said: bytes, heard: bytes) -> float:
    """The score, where the same was said again and again for as long as the call took.

    The two may have begun to hear each other at different times: what was said in the last seconds may not have come
    yet, or what was said in the first ones not any more. The better of both counts.
    """
    apart, length = 2 * _RATE * _APART, len(heard)
    again = said * (length // max(1, len(said)) + 1)
    score = likeness(again[: max(0, length - apart)], heard).score
    return score if score > _SURE else max(score, likeness(again[apart:length], heard).score)


class _Sound:
    """Samples less their mean, with half a second of silence around them, for a segment of which the begin or the end
    was not heard; and what of them is below some 500 Hz: sums of eight, summed again. Of that every eighth sample says
    it all."""

    def __init__(self, pcm: bytes, longest: int) -> None:
        silence = [0.0] * _SEGMENT
        self.samples = rough = silence + _centred(array("h", pcm[: 2 * longest])) + silence
        for _ in range(2):
            sums = list(accumulate(rough, initial=0.0))
            rough = list(map(sub, sums[_THIN:], sums))
        self.rough = rough + [0.0] * (len(self.samples) - len(rough))


def _voiced(samples: Samples) -> list[int]:
    """Where the segments begin in which something was said."""
    begins = range(0, len(samples) - _SEGMENT + 1, _SEGMENT)
    powers = [_power(samples[begin : begin + _SEGMENT]) for begin in begins]
    least = _VOICED * sum(powers) / max(len(powers), 1)
    return [begin for begin, power in zip(begins, powers, strict=True) if power > least]


def _fit(said: _Sound, begin: int, heard: _Sound, around: int, move: int) -> tuple[int, float]:
    """Where in what was heard, so many samples around that place at the most, the segment that begins there fits best,
    and its correlation: 0 to 1.

    A voice is like itself a pitch period later, and roughly that is hardly told apart: the best places are looked at
    more closely, all of them.
    """
    near = range(max(0, around - move), around + move + 1, 2)
    rough = said.rough[begin : begin + _SEGMENT]
    scores = [0.0, *_correlations(rough, heard.rough, near, _THIN), 0.0]
    peaks = [place for place in range(1, len(scores) - 1) if scores[place - 1] <= scores[place] > scores[place + 1]]
    segment = said.samples[begin : begin + _SEGMENT]
    found, best = around, 0.0
    for peak in nlargest(_PEAKS, peaks, key=scores.__getitem__):
        place = near[peak - 1]
        places = range(max(0, place - 1), place + 2)
        for each, score in zip(places, _correlations(segment, heard.samples, places, 1), strict=False):
            if score > best:
                found, best = each, score
    return found, best


def _correlations(segment: Samples, heard: Samples, places: range, every: int) -> Iterator[float]:
    """Of the segment with what was heard at each of these places, as far as that goes: −1 to 1. Of every so many
    samples one is taken."""
    length = len(segment)
    thin = segment[::every]
    own = _power(thin) / every
    heard = heard[places.start : places.stop + length]
    powers = list(accumulate(map(mul, heard, heard), initial=0.0))
    for begin in range(0, min(len(places) * places.step, len(heard) - length + 1), places.step):
        power = own * (powers[begin + length] - powers[begin])
        yield sum(map(mul, thin, heard[begin : begin + length : every])) / sqrt(power) if power > 0 else 0.0


def _loudness_delay(said: Samples, heard: Samples) -> int:
    """Steps from the one to the other, by which their loudness is most alike."""
    best, found = 0.0, 0
    for delay in range(-_FARTHEST, _FARTHEST + 1):
        score = sum(map(mul, said[max(0, -delay) :], heard[max(0, delay) :]))
        if score > best:
            best, found = score, delay
    return found


def _loudness(samples: Samples) -> list[float]:
    """The logarithm of each step's power, less their mean. 1 is added: silence is not infinitely quiet."""
    powers = (_power(samples[begin : begin + _STEP]) for begin in range(0, len(samples), _STEP))
    return _centred([log10(1.0 + power / _STEP) for power in powers])


def _centred(samples: Sequence[int] | Samples) -> list[float]:
    mean = sum(samples) / max(len(samples), 1)
    return [sample - mean for sample in samples]


def _power(samples: Samples) -> float:
    power: float = sum(map(mul, samples, samples))
    return power
