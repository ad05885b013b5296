"""Concealment: what comes is given unchanged, what does not is filled with something like it, and fades."""

from __future__ import annotations

from array import array
from itertools import pairwise
from math import pi, sin
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech import frames, speech

from catenet.nodes.application.rtp.conceal import DELAY, Concealer
from catenet.nodes.application.rtp.g711 import FRAME
from catenet.orchestrator.likeness import likeness

OCTETS = 2 * FRAME
SILENT = bytes(OCTETS)


def tone(count: int, period: float = 80.0, loud: int = 8000) -> list[bytes]:
    """Frames of a sine and its second harmonic; `period` in samples."""
    samples = array("h")
    for place in range(count * FRAME):
        phase = 2 * pi * place / period
        samples.append(int(loud * (sin(phase) + 0.5 * sin(2 * phase)) / 1.5))
    return frames(samples.tobytes(), OCTETS)


def play(sent: list[bytes], lost: set[int]) -> array[int]:
    concealer = Concealer()
    return array("h", b"".join(concealer.lost() if i in lost else concealer.heard(f) for i, f in enumerate(sent)))


def greatest(samples: array[int]) -> int:
    return max(map(abs, samples), default=0)


def test_without_loss_speech_is_unchanged_and_later() -> None:
    """Appendix I: "the output is delayed by 3.75 ms"."""
    said = speech(1.0, 3)
    heard = play(frames(said, OCTETS), set()).tobytes()
    assert heard == bytes(2 * DELAY) + said[: -2 * DELAY]


@pytest.mark.parametrize("period", [40, 57, 80, 100, 120])
def test_a_steady_tone_goes_on_for_10_ms_as_it_would_have(period: int) -> None:
    """One period is repeated, at full loudness, whatever its length between 5 and 15 ms."""
    sent = tone(12, period)
    whole, heard = play(sent, set()), play(sent, {6})
    begin = 6 * FRAME
    differences = [abs(a - b) for a, b in zip(whole[begin : begin + 80], heard[begin : begin + 80], strict=True)]
    assert max(differences) < 8000 * 0.08


def test_a_pitch_above_200_hz_is_repeated_by_several_periods() -> None:
    sent = tone(12, 25.0)
    whole, heard = play(sent, set()), play(sent, {6})
    begin = 6 * FRAME
    assert max(abs(a - b) for a, b in zip(whole[begin : begin + 80], heard[begin : begin + 80], strict=True)) < 800


@pytest.mark.parametrize("lost", [{6}, {6, 7}, {6, 7, 8, 9}])
def test_nothing_clicks(lost: set[int]) -> None:
    """No step from sample to sample is much larger than the tone's own, neither where the loss begins nor ends."""
    whole, heard = play(tone(14, 80.0), set()), play(tone(14, 80.0), lost)
    step = max(abs(b - a) for a, b in pairwise(whole))
    assert max(abs(b - a) for a, b in pairwise(heard)) < 1.25 * step


def test_it_gets_quieter_by_a_fifth_every_10_ms_and_is_silent_after_60() -> None:
    heard = play(tone(16), set(range(6, 12)))
    begin = 6 * FRAME + DELAY
    loud = [greatest(heard[begin + 80 * block : begin + 80 * (block + 1)]) for block in range(12)]
    before = greatest(heard[:begin])
    assert loud[0] == pytest.approx(before, rel=0.02)
    for block in range(1, 6):  # its peak is somewhere in the block
        assert 0.2 * (5 - block) * before < loud[block] <= 0.2 * (6 - block) * before + 1
    assert loud[6:] == [0] * 6


def test_what_comes_after_a_loss_is_unchanged_from_10_ms_on() -> None:
    sent = frames(speech(1.0, 4), OCTETS)
    whole, heard = play(sent, set()), play(sent, set(range(10, 20)))
    assert heard[20 * FRAME + DELAY + 80 :] == whole[20 * FRAME + DELAY + 80 :]


def test_before_anything_came_there_is_silence() -> None:
    concealer = Concealer()
    assert [concealer.lost() for _ in range(5)] == [SILENT] * 5


def test_silence_is_concealed_by_silence() -> None:
    concealer = Concealer()
    for _ in range(4):
        concealer.heard(SILENT)
    assert concealer.lost() == SILENT


@pytest.mark.parametrize("octets", [0, 160, 318, 322])
def test_a_frame_of_another_length_is_refused(octets: int) -> None:
    with pytest.raises(ValueError, match=f"{octets} octets"):
        Concealer().heard(bytes(octets))


@pytest.mark.parametrize(("share", "burst"), [(0.05, 1), (0.20, 1), (0.10, 3)])
def test_concealed_speech_is_more_like_what_was_said_than_gaps_are(share: float, burst: int) -> None:
    """Frames lost at random, alone or three in a row (seed 5), of 5 s of speech (seed 1)."""
    said = speech(5.0, 1)
    sent = frames(said, OCTETS)
    lost = losses(len(sent), share, burst)
    gaps = b"".join(SILENT if i in lost else frame for i, frame in enumerate(sent))
    concealed = 1 - likeness(said, play(sent, lost).tobytes()).score
    silent = 1 - likeness(said, gaps).score
    assert concealed < 0.85 * silent


def losses(count: int, share: float, burst: int) -> set[int]:
    random = Random(5)
    begins = [frame for frame in range(count) if random.random() < share / burst]
    return {frame + more for frame in begins for more in range(burst)}


SAMPLES = st.binary(min_size=OCTETS, max_size=OCTETS) | st.sampled_from(
    [SILENT, b"\xff\x7f" * FRAME, b"\x00\x80" * FRAME, b"\xff\x7f\x00\x80" * (FRAME // 2)]
)


@given(st.lists(st.none() | SAMPLES, max_size=12))
@settings(deadline=None, max_examples=60)
def test_each_frame_gives_a_frame_no_louder_than_what_came(sent: list[bytes | None]) -> None:
    concealer = Concealer()
    loudest = 0
    for frame in sent:
        heard = concealer.lost() if frame is None else concealer.heard(frame)
        loudest = max(loudest, greatest(array("h", frame or b"")))
        assert len(heard) == OCTETS
        assert greatest(array("h", heard)) <= loudest + 1
