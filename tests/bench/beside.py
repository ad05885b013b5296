"""Ways to do the same, in turn, so that a busy machine slows all alike; and the medians of one beside another's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from statistics import median

from bench_up import catenet
from figures import Figure, timed
from progress import Steps

__all__ = ["Beside"]


class Beside:
    """What each way took, or gave, run by run."""

    def __init__(self, steps: Steps, ways: Sequence[str], units: Mapping[str, tuple[str, bool]]) -> None:
        """`units`: job → its unit, and whether more of it is better; of others it is seconds."""
        self._steps, self._ways, self._units = steps, ways, units
        self._found: dict[str, dict[str, list[float]]] = {}

    def in_turn(self, what: str, runs: int) -> Iterator[str]:
        """The ways, so often; the user is told which one it is now."""
        for run in range(runs):
            for way in self._ways if run % 2 == 0 else reversed(self._ways):
                self._steps.step(f"{what}, {way}, run {run + 1} of {runs}")
                yield way

    def note(self, job: str, way: str, value: float) -> None:
        self._steps.found(f"{job}, {way}: {value:,.1f} {self._unit(job)[0]}")
        self._found.setdefault(job, {}).setdefault(way, []).append(value)

    def up_and_down(self, what: str, way: str, up: Sequence[str], down: Sequence[str]) -> None:
        """Whole commands, as a user types them: the words behind `catenet up` and `catenet down`."""
        for verb, words in (("up", up), ("down", down)):
            self.note(f"{verb} of {what}", way, timed(partial(catenet, verb, *words)))

    def figures(self, way: str, other: str, name: str) -> list[Figure]:
        """The medians of one way beside another's, which is called `name`."""
        return [
            Figure(job, median(each[way]), None, name, median(each[other]), *self._unit(job))
            for job, each in self._found.items()
        ]

    def _unit(self, job: str) -> tuple[str, bool]:
        return self._units.get(job, ("s", False))
