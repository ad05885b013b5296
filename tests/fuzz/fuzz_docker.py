"""The engine's streams: frames and log lines, in any slicing."""

from __future__ import annotations

from fuzz_target import Target, sliced

from catenet.orchestrator.backend.docker_streams import _Frames, _Lines
from catenet.orchestrator.backend.protocols import EngineError, LogLine


def _lines(parts: list[bytes]) -> list[LogLine]:
    frames, lines = _Frames(), _Lines()
    found = [line for part in parts for stream, payload in frames.feed(part) for line in lines.feed(stream, payload)]
    return [*found, *lines.rest()]


def _read(data: bytes) -> list[LogLine]:
    whole, parts = sliced(data)
    found = _lines(parts)
    assert found == _lines([whole])
    return found


def _check(lines: list[LogLine]) -> None:
    for line in lines:
        assert line.at == line.at  # a number


STAMP = b"2026-11-21T22:00:00.250000000Z "
streams = Target(
    _read,
    (EngineError,),
    _check,
    words=(
        b"\1\0\0\0\0\0\0\x20" + STAMP,
        b"\2\0\0\0\0\0\0\x21" + STAMP,
        STAMP,
        b"2026-11-21T22:00:00Z ",
        b"\n",
        b"+",
        b"9" * 40,
    ),
)
