"""Speech through all of it: coded, sent over a network that loses and delays, put in order, decoded, concealed."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import pytest
from speech import frames, speech

from catenet.nodes.application.rtp.conceal import Concealer
from catenet.nodes.application.rtp.g711 import FRAME, PCMA, PCMU, Law
from catenet.nodes.application.rtp.jitter import JitterBuffer, Statistics
from catenet.nodes.application.rtp.quality import burst_ratio, mos, rating
from catenet.orchestrator.likeness import likeness

SAID = speech(5.0, 6)
NETWORK = 0.03
"""Seconds that the quickest packet takes."""


class Heard(NamedTuple):
    pcm: bytes
    statistics: Statistics

    @property
    def score(self) -> float:
        """The MOS, with the delay of the network, the buffer and the frame itself."""
        counts = self.statistics
        loss = counts.lost / (counts.lost + counts.played)
        bursts = burst_ratio(counts.lost, counts.played, counts.bursts)
        return mos(rating(loss, bursts, NETWORK + counts.delay + 0.02))


def call(law: Law, loss: float, jitter: float, seed: int) -> Heard:
    """What is heard of SAID; `loss` is a share, `jitter` the mean of an exponential delay in seconds."""
    random = Random(seed)
    events: list[tuple[float, int, int, bytes]] = []
    for number, frame in enumerate(frames(SAID, 2 * FRAME)):
        delay = NETWORK + (random.expovariate(1 / jitter) if jitter else 0.0)
        if random.random() >= loss:
            events.append((0.02 * number + delay, 0, number, law.encode(frame)))
    events += [(0.02 * turn + 0.011, 1, turn, b"") for turn in range(len(SAID) // (2 * FRAME) + 20)]
    buffer, concealer = JitterBuffer(law.is_quiet), Concealer()
    heard = []
    for now, turn, number, payload in sorted(events):
        if turn:
            codes = buffer.take(now)
            heard.append(concealer.lost() if codes is None else concealer.heard(law.decode(codes)))
        else:
            buffer.put((65_500 + number) % 2**16, (2**32 - 8000 + FRAME * number) % 2**32, payload, now)
    return Heard(b"".join(heard), buffer.statistics)


@pytest.mark.parametrize("law", [PCMU, PCMA], ids=["PCMU", "PCMA"])
def test_over_a_good_network_speech_is_what_it_was(law: Law) -> None:
    heard = call(law, 0.0, 0.0, 1)
    assert likeness(SAID, heard.pcm).score > 0.98
    assert heard.score > 4.3


@pytest.mark.parametrize("seed", [1, 2])
def test_over_a_bad_network_it_is_still_like_it(seed: int) -> None:
    """5 % lost, packets up to 60 ms late: over 0.8, which a call's check asks for; the MOS is what G.107 gives for it:
    95 · 5 / (5 + 25.1) = 15.8 off the rating, and 3 to 4 for the delay."""
    heard = call(PCMU, 0.05, 0.01, seed)
    assert likeness(SAID, heard.pcm).score > 0.8
    assert 3.3 < heard.score < 4.1


def test_the_worse_the_network_the_lower_both() -> None:
    calls = [call(PCMU, loss, 0.01, 3) for loss in (0.0, 0.1, 0.3)]
    likenesses = [likeness(SAID, heard.pcm).score for heard in calls]
    scores = [heard.score for heard in calls]
    assert likenesses == sorted(likenesses, reverse=True)
    assert scores == sorted(scores, reverse=True)
