"""Which inputs are worth keeping: the shortest that together go every step from line to line that any of them goes."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from fuzz_target import CORPUS, GROWN, Target
from fuzz_targets import load

__all__ = ["keep", "shortest"]

LONGEST = 1024
"""Bytes of an input that is kept of its own accord; a finding's may be longer."""

Step = tuple[str, int, int]
"""Of a file, from one line to another."""


def keep(name: str) -> str:
    """Adds to the kept corpus of a target what the runs on this machine have found beyond it; in words, what it did.

    Inputs with a name that a person gave them stay, whatever they cover.
    """
    target, folder = load(name), CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    given = [file.read_bytes() for file in folder.iterdir() if not _is_ours(file.name)]
    ours = [file.read_bytes() for file in folder.iterdir() if _is_ours(file.name)]
    grown = [file.read_bytes() for file in (GROWN / name).glob("*")]
    chosen = shortest(target, [data for data in (*ours, *grown) if len(data) <= LONGEST], given)
    for file in folder.iterdir():
        if _is_ours(file.name):
            file.unlink()
    for data in chosen:
        (folder / _name(data)).write_bytes(data)
    return f"{len(given)} with names, {len(chosen)} of {len(ours) + len(grown)} others"


def shortest(target: Target, inputs: Iterable[bytes], already: Iterable[bytes] = ()) -> list[bytes]:
    """The inputs that add a step to those before them, the shortest first."""
    known: set[Step] = set()
    for data in already:
        known |= _steps(target.run, data)
    chosen = []
    for data in sorted(set(inputs), key=lambda each: (len(each), each)):
        if not (steps := _steps(target.run, data)) <= known:
            known |= steps
            chosen.append(data)
    return chosen


def _steps(run: Callable[[bytes], object], data: bytes) -> set[Step]:
    steps: set[Step] = set()

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        file = frame.f_code.co_filename
        if "/nodes/" not in file and "/orchestrator/" not in file:
            return None
        last = -1

        def local(frame: FrameType, event: str, _argument: Any) -> Any:
            nonlocal last
            if event == "line":
                steps.add((file, last, frame.f_lineno))
                last = frame.f_lineno
            return local

        return local

    sys.settrace(trace)
    try:
        run(data)
    except Exception:
        return set()  # a finding: it is mended first
    finally:
        sys.settrace(None)
    return steps


def _name(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def _is_ours(name: str) -> bool:
    return len(name) == 12 and set(name) <= set("0123456789abcdef")
