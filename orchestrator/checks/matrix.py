"""The check `matrix`: every two of several telephones call each other, and each call takes the predicted path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.control.units import Duration
from catenet.orchestrator.checks.call import PATHS
from catenet.orchestrator.checks.expectation import Called, Expectation, Finding, Key, Node, Scene

__all__ = ["MatrixCheck", "rounds"]

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class MatrixCheck(Expectation):
    """Each of `among` calls each other one, several at a time, and their paths are those of the table `paths`."""

    kind: ClassVar = "matrix"
    about: ClassVar = "Every two of these telephones call each other: each call takes the path predicted for it."
    alone: ClassVar = True
    order: ClassVar = 9

    among: Annotated[tuple[Node, ...], Key("The nodes with the telephones.", least=1, distinct=True)]
    paths: Annotated[
        str,
        Key(
            "Each of them, in that order, and behind its name, for each one before it, the path of their call: direct, "
            "punched or relayed.",
            example="a  b direct  c punched relayed",
        ),
    ]
    seconds: Annotated[Duration, Key("Seconds for which each call is up. Without it: 2 s.")] = 2.0

    def __post_init__(self) -> None:
        words = self.paths.split()
        for number, name in enumerate(self.among):
            row, words = words[: number + 1], words[number + 1 :]
            if row[:1] != [name] or len(row) <= number or not set(row[1:]) <= set(PATHS):
                wanted = f"{number} of {', '.join(PATHS)}" if number else "nothing"
                raise ValueError(f"paths wants {name} here, and {wanted} behind it, not {' '.join(row)[:80]!r}")
        if words or len(self.among) < 2:
            raise ValueError(f"paths has more than that: {words[0][:40]}" if words else "among names one node only")

    @property
    def predicted(self) -> Mapping[Pair, str]:
        """The path of each pair, the one that is named first first."""
        words, found = iter(self.paths.split()), {}
        for number, name in enumerate(self.among):
            next(words)  # the name
            found.update({(other, name): next(words) for other in self.among[:number]})
        return found

    def run(self, scene: Scene) -> Finding:
        """As many calls at a time as there are pairs of telephones."""
        seen: dict[Pair, Called] = {}
        for pairs in rounds(self.among):
            seen.update(zip(pairs, scene.call_all(pairs, self.seconds), strict=True))
        predicted = self.predicted
        wrong = [pair for pair, path in predicted.items() if seen[pair].path != path]
        next_pair = wrong[0] if wrong else next(iter(predicted))
        return Finding(
            not wrong,
            f"{len(predicted)} paths as predicted",
            "; ".join(f"{a} to {b}: {_word(seen[a, b])}, not {predicted[a, b]}" for a, b in wrong) or "all of them",
            f"catenet trace call {' '.join(next_pair)}",
            tuple(_drawn(self.among, predicted, seen)),
        )

    def describe(self) -> str:
        """`a, b, c call each other: 3 paths`."""
        return f"{', '.join(self.among)} call each other: {len(self.predicted)} paths"


def rounds(names: Sequence[str]) -> Iterator[list[Pair]]:
    """Every pair once, nobody twice in a round, and as few rounds as can be: one stays, and the others go round.

    The one of a pair that is named first is its first one.
    """
    order = {name: number for number, name in enumerate(names)}
    circle: list[str | None] = [*names, *([None] if len(names) % 2 else [])]
    for _ in range(len(circle) - 1):
        half = len(circle) // 2
        facing = zip(circle[:half], reversed(circle[half:]), strict=True)
        yield [(a, b) if order[a] < order[b] else (b, a) for a, b in facing if a is not None and b is not None]
        circle = [circle[0], circle[-1], *circle[1:-1]]


def _word(called: Called) -> str:
    return called.path or called.why


def _drawn(names: Sequence[str], predicted: Mapping[Pair, str], seen: Mapping[Pair, Called]) -> Iterator[str]:
    """A row for each, and a column: what was seen, and what was predicted where that is something else."""
    cells = {
        pair: _word(seen[pair]) if seen[pair].path == path else f"{_word(seen[pair])} ({path})"
        for pair, path in predicted.items()
    }
    first = max(map(len, names))
    widths = [
        max(len(name), *(len(cells[name, other]) for other in names[number + 1 :]), 0)
        for number, name in enumerate(names[:-1])
    ]
    heads = (name.ljust(width) for name, width in zip(names, widths, strict=False))
    yield "  ".join([" " * first, *heads]).rstrip()
    for number, name in enumerate(names[1:], 1):
        row = (cells[other, name].ljust(width) for other, width in zip(names[:number], widths, strict=False))
        yield "  ".join([name.ljust(first), *row]).rstrip()
    yield f"seen in {len(cells)} calls; in brackets what was predicted, where it is something else"
