"""The likeness of speech: near 1 for what a call makes of it, near 0 for what an eavesdropper has."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech import frames, noise, speech

from catenet.nodes.application.rtp.g711 import PCMA, PCMU, Law
from catenet.orchestrator.likeness import LONGEST, likeness, likeness_in_call

SAID = speech(4.0, 1)
OCTETS = 16
"""Of a millisecond."""


def silence(milliseconds: int) -> bytes:
    return bytes(OCTETS * milliseconds)


def test_speech_is_like_itself() -> None:
    found = likeness(SAID, SAID)
    assert found.score == pytest.approx(1.0)
    assert found.delay == 0


@pytest.mark.parametrize("law", [PCMU, PCMA])
def test_what_g711_leaves_of_it(law: Law) -> None:
    assert likeness(SAID, law.decode(law.encode(SAID))).score > 0.99


@pytest.mark.parametrize(("milliseconds", "samples"), [(1, 0), (7, 1), (130, 3), (540, 2), (1900, 5)])
def test_it_finds_the_delay(milliseconds: int, samples: int) -> None:
    found = likeness(SAID, silence(milliseconds) + bytes(2 * samples) + SAID)
    assert found.score > 0.99
    assert found.delay == pytest.approx(milliseconds / 1000 + samples / 8000)


@pytest.mark.parametrize("milliseconds", [10, 300, 1500])
def test_what_was_said_before_the_recording_began_is_missing(milliseconds: int) -> None:
    found = likeness(SAID, SAID[OCTETS * milliseconds :])
    assert found.delay == pytest.approx(-milliseconds / 1000)
    assert found.score == pytest.approx(1 - milliseconds / 4000, abs=0.08)


def test_loudness_does_not_matter() -> None:
    quieter = array("h", [sample // 4 for sample in array("h", SAID)]).tobytes()
    assert likeness(SAID, quieter).score > 0.99


@pytest.mark.parametrize("seed", (2, 3))
def test_noise_and_other_speech_are_not_like_it(seed: int) -> None:
    """Claim of the lab with an eavesdropper: under 0.1."""
    assert likeness(SAID, noise(4.0, seed)).score < 0.1
    assert likeness(SAID, speech(4.0, seed)).score < 0.1


def test_ciphertext_is_not_like_it() -> None:
    """What is encrypted, decoded as if it were G.711: all codes are as frequent."""
    codes = bytes(sample & 255 for sample in array("h", noise(4.0, 9)))
    assert likeness(SAID, PCMU.decode(codes)).score < 0.1


def test_noise_beneath_speech_makes_it_less_like() -> None:
    scores = []
    for loud in (100, 2000, 16000):
        both = zip(array("h", SAID), array("h", noise(4.0, 3, loud)), strict=True)
        scores.append(likeness(SAID, array("h", [max(-32768, min(32767, a + b)) for a, b in both]).tobytes()).score)
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.99
    assert scores[-1] < 0.5


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_call_that_dies_is_as_like_as_long_as_it_lived(share: float) -> None:
    heard = SAID[: 2 * int(share * 32_000)]
    assert likeness(SAID, heard + bytes(len(SAID) - len(heard))).score == pytest.approx(share, abs=0.12)
    assert likeness(SAID, heard).score == pytest.approx(share, abs=0.12)


def test_it_follows_a_delay_that_changes() -> None:
    """A jitter buffer that grows by 20 ms three times, and shrinks at once."""
    said = frames(SAID, OCTETS * 20)
    heard = b"".join(silence(20) + frame if number % 50 == 20 else frame for number, frame in enumerate(said[:150]))
    heard += b"".join(said[150:])
    assert likeness(SAID, heard).score > 0.85


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (b"", b""),
        (SAID, b""),
        (b"", SAID),
        (silence(4000), SAID),
        (SAID, silence(4000)),
    ],
)
def test_where_nothing_can_be_compared_it_is_0(said: bytes, heard: bytes) -> None:
    assert likeness(said, heard).score == 0


def test_a_constant_is_no_speech() -> None:
    """What is added to each sample alike, as a wrong byte order or a bad file may, is not compared."""
    assert likeness(SAID, array("h", [9000] * 32_000).tobytes()).score == pytest.approx(0, abs=0.01)


def test_after_a_minute_nothing_is_compared() -> None:
    """Nor does it take time: one half second was said within it."""
    said = SAID[: OCTETS * 500] + silence(1000 * LONGEST - 500)
    assert likeness(said + noise(4.0, 1), said).score > 0.99


@given(st.lists(st.integers(-32768, 32767), max_size=30), st.lists(st.integers(-32768, 32767), max_size=30))
@settings(deadline=None, max_examples=15)
def test_whatever_is_heard_the_score_is_between_0_and_1(said: list[int], heard: list[int]) -> None:
    found = likeness(array("h", said * 200).tobytes(), array("h", heard * 200).tobytes())
    assert 0 <= found.score <= 1 + 1e-9
    assert abs(found.delay) <= 2.2


@pytest.mark.parametrize("late", [-1500, 0, 130, 1500])
def test_in_a_call_it_was_said_again_and_again_and_heard_for_a_while(late: int) -> None:
    """Negative: the one began to hear before the other began to be heard."""
    again = 3 * SAID
    heard = silence(late) + again[: 9 * 1000 * OCTETS] if late >= 0 else again[-late * OCTETS : 9 * 1000 * OCTETS]
    assert likeness_in_call(SAID, heard) > 0.9


@pytest.mark.parametrize(("said", "heard"), [(b"", SAID), (SAID, b""), (SAID, SAID[:1000]), (SAID, noise(9.0, 5))])
def test_what_was_not_said_or_not_heard_in_a_call_is_unlike(said: bytes, heard: bytes) -> None:
    assert likeness_in_call(said, heard) < 0.1
