"""The frames of an engine's stream, and the lines in them: the same in whatever pieces they arrive."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.orchestrator.backend.docker_streams import _Frames, _Lines
from catenet.orchestrator.backend.protocols import EngineError, LogLine

STAMP = b"2026-11-21T22:00:00.250000000Z "
AT = 1795298400.25  # `date -u -d 2026-11-21T22:00:00Z +%s`
TEXT = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=40)


def frame(stream: int, payload: bytes) -> bytes:
    """As the Docker Engine API says: STREAM_TYPE, three zero bytes, the length in network order, the payload."""
    return struct.pack(">BBBBI", stream, 0, 0, 0, len(payload)) + payload


def lines_of(data: bytes, cuts: list[int]) -> list[LogLine]:
    frames, lines = _Frames(), _Lines()
    found: list[LogLine] = []
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for begin, end in pairwise(places):
        for stream, payload in frames.feed(data[begin:end]):
            found += lines.feed(stream, payload)
    return [*found, *lines.rest()]


@given(st.lists(st.tuples(st.integers(1, 2), TEXT), max_size=8), st.lists(st.integers(0, 10_000), max_size=12))
def test_lines_are_the_same_in_any_slicing(said: list[tuple[int, str]], cuts: list[int]) -> None:
    data = b"".join(frame(stream, STAMP + text.encode() + b"\n") for stream, text in said)
    assert lines_of(data, cuts) == [LogLine(AT, text) for _, text in said]


@given(st.lists(TEXT.filter(bool), min_size=1, max_size=5), TEXT)
def test_the_pieces_of_a_line_are_joined_though_the_other_stream_cuts_in(pieces: list[str], other: str) -> None:
    data = b""
    for number, piece in enumerate(pieces):
        end = b"\n" if number == len(pieces) - 1 else b""
        data += frame(1, STAMP + piece.encode() + end)
        if number == 0 and len(pieces) > 1:
            data += frame(2, STAMP + other.encode() + b"\n")
    assert LogLine(AT, "".join(pieces)) in lines_of(data, [])


def test_the_last_words_need_no_line_end() -> None:
    assert lines_of(frame(1, STAMP + b"Killed"), []) == [LogLine(AT, "Killed")]


def test_an_endless_line_is_handed_out_in_pieces() -> None:
    lines = _Lines()
    handed_out = sum(len(line.text) for _ in range(200) for line in lines.feed(1, STAMP + b"x" * 16_384))
    assert handed_out >= 200 * 16_384 - (1 << 20) - 16_384


def test_a_log_without_times_is_the_engines_fault() -> None:
    with pytest.raises(EngineError, match="where a time should be"):
        lines_of(frame(1, b"hello world\n"), [])
