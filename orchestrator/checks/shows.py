"""The check `shows`: what a node knows, by one row of a table of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.machine import Json
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, NoAnswerError, Node, Scene

__all__ = ["ShowsCheck"]

_MOST = 65_536


@dataclass(frozen=True, slots=True)
class ShowsCheck(Expectation):
    """`catenet show AT TABLE` has a row in which all these words stand, each as a whole cell; or so many of them."""

    kind: ClassVar = "shows"
    about: ClassVar = "What a node knows, by the rows of one of its tables."
    order: ClassVar = 8

    at: Annotated[Node, Key("The node whose table is meant.")]
    table: Annotated[str, Key("The table, as `catenet show` has it.", example="ospf neighbors")]
    row: Annotated[str, Key("Words with spaces between: a row has each of them as a cell.", example="b link1 Full")]
    rows: Annotated[
        int | None, Key("How many such rows there are. Without it, one at least.", bounds=(0, _MOST), example="1")
    ] = None

    def run(self, scene: Scene) -> Finding:
        """A node is known by its name in the lab, too, where the table has its address."""
        answer = scene.show(self.at, self.table)
        if not isinstance(answer, list | Mapping):
            raise NoAnswerError(f"{self.at}'s {self.table} has no rows")
        wanted = set(self.row.split())
        rows = [cells | {scene.name(cell, self.at) for cell in cells} for cells in map(_cells, _rows(answer))]
        found = sum(wanted <= cells for cells in rows)
        holds = found > 0 if self.rows is None else found == self.rows
        return Finding(holds, self._expected(), f"{found} of {len(rows)}", f"catenet show {self.at} {self.table}")

    def describe(self) -> str:
        """`a shows in ospf neighbors: b link1 Full`."""
        count = "" if self.rows is None else f" ({self._expected()})"
        return f"{self.at} shows in {self.table}: {self.row}{count}"

    def _expected(self) -> str:
        return "a row, at least" if self.rows is None else f"{self.rows} row{'' if self.rows == 1 else 's'}"


def _rows(value: Json) -> Iterator[Mapping[str, Json]]:
    """Those of the table; of several, all."""
    parts = value.values() if isinstance(value, Mapping) else [value]
    for part in parts:
        if isinstance(part, list):
            yield from (row for row in part if isinstance(row, Mapping))


def _cells(row: Mapping[str, Json]) -> set[str]:
    return {str(cell) for cell in row.values() if isinstance(cell, str | int | float) and not isinstance(cell, bool)}
