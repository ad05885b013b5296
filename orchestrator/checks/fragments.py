"""The check `fragments`: on a LAN a datagram is in so many pieces, which fit together by identification and offset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar

from catenet.nodes.control.datagrams import LARGEST, SMALLEST
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Lan, Node, Scene
from catenet.orchestrator.wire.fragments import Fragment

__all__ = ["FragmentsCheck"]

_UDP = 8
"""Octets of UDP's header: the first piece has it."""


@dataclass(frozen=True, slots=True)
class FragmentsCheck(Expectation):
    """`source` sends a datagram to `target`, and it crosses LAN `on` in so many pieces."""

    kind: ClassVar = "fragments"
    about: ClassVar = "A UDP datagram crosses a LAN in so many fragments, which fit together, and arrives whole."
    alone: ClassVar = True
    order: ClassVar = 6

    source: Annotated[Node, Key("The node that sends.", "from")]
    target: Annotated[Node, Key("The node to which it sends, and which sends it back.", "to")]
    on: Annotated[Lan, Key("The LAN where they are counted.")]
    pieces: Annotated[int, Key("How many there are; 1: it crosses whole.", bounds=(1, 10_000))]
    size: Annotated[int, Key("Octets that it carries. Without it: 1400.", bounds=(SMALLEST, LARGEST))] = 1400

    def run(self, scene: Scene) -> Finding:
        """One datagram."""
        found, arrived = scene.fragments(self.source, self.target, self.on, self.size)
        wrong = [*_misfits(found, self.size + _UDP), *([] if arrived else ["it did not come back"])]
        return Finding(
            holds=not wrong and len(found) == self.pieces,
            expected=self._expected(),
            seen=", ".join([f"{len(found)} on {self.on}", *wrong]),
            next=f"catenet capture {self.on} -v",
            table=tuple(f"{each.octets} octets at {each.offset} of 0x{each.identification:04x}" for each in found),
        )

    def describe(self) -> str:
        """`h1 to h2, 1400 octets: 3 pieces on narrow`."""
        return f"{self.source} to {self.target}, {self.size} octets: {self._expected()} on {self.on}"

    def _expected(self) -> str:
        return f"{self.pieces} pieces" if self.pieces > 1 else "one piece"


def _misfits(found: Sequence[Fragment], octets: int) -> Iterator[str]:
    """What keeps the pieces from being one datagram of so many octets (RFC 791 section 3.2)."""
    if len({each.identification for each in found}) > 1:
        yield "of several identifications"
    in_order = sorted(found, key=lambda each: each.offset)
    ends = [0, *(each.end for each in in_order)]
    if any(each.offset != end for each, end in zip(in_order, ends, strict=False)):
        yield "with a gap between two"
    if any(one.offset == other.offset for one, other in pairwise(in_order)):
        yield "one of them twice"
    if ends[-1] != octets:
        yield f"{ends[-1]} of {octets} octets"
    if [each.more for each in in_order] != [True] * (len(found) - 1) + [False] * bool(found):
        yield "with another end than the last one"
