"""What a target of the fuzzing is: a parser, what it may refuse with, and what must hold of what it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

__all__ = ["CORPUS", "GROWN", "REPOSITORY", "Target", "pieces", "sliced"]

REPOSITORY = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
"""The kept inputs: a folder for each target."""
GROWN = REPOSITORY / ".catenet" / "fuzz" / "corpus"
"""Inputs that brought something new on this machine: the next run goes on from them."""


def _nothing(_value: Any) -> None:
    """Of what is read nothing more is asked than that it can be read."""


@dataclass(frozen=True)
class Target:
    """A parser under test.

    `read` may raise nothing but `refusals`; `check` gets what it returns, and may raise nothing at all.
    `seeds` are files of the repository from which the inputs begin, beside the kept ones; `words` go into inputs of
    `longest` bytes at most. An input may take `milliseconds` of processor time, and `per_kilobyte` more for its length
    (both are generous: the code counts its branches meanwhile): what takes more than that is of a higher order.
    """

    read: Callable[[bytes], Any]
    refusals: tuple[type[Exception], ...] = ()
    check: Callable[[Any], None] = _nothing
    seeds: tuple[str, ...] = ()
    words: Iterable[str | bytes] = ()
    longest: int = 4096
    milliseconds: float = 60.0
    per_kilobyte: float = 25.0

    @property
    def octets(self) -> list[bytes]:
        """The words, as they go into an input."""
        return [word.encode() if isinstance(word, str) else word for word in self.words]

    def run(self, data: bytes) -> bool:
        """One input; whether it is taken.

        Raises:
            Exception: this is a finding.

        """
        try:
            value = self.read(data)
        except self.refusals:
            return False
        self.check(value)
        return True

    def begin(self, name: str) -> Iterator[bytes]:
        """The inputs that there are: the kept ones, those found on this machine, and the seeds."""
        files = [*sorted((CORPUS / name).glob("*")), *sorted((GROWN / name).glob("*"))]
        files += [file for glob in self.seeds for file in sorted(REPOSITORY.glob(glob))]
        yield b""
        for file in files:
            yield file.read_bytes()


def sliced(data: bytes) -> tuple[bytes, list[bytes]]:
    """For what reads a stream: its first two bytes say how the others are cut; gives these whole, and in pieces."""
    whole = data[2:]
    random = Random(data[:2])
    cuts = sorted(random.randrange(len(whole) + 1) for _ in range(random.randrange(6)))
    return whole, [whole[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]


def pieces(data: bytes) -> list[bytes]:
    """For what reads messages: two bytes of length stand before each of them; the last may be cut short."""
    found = []
    while len(data) > 2:
        end = 2 + int.from_bytes(data[:2], "big")
        found.append(data[2:end])
        data = data[end:]
    return found
