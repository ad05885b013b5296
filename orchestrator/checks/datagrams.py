"""The check `datagrams`: of numbered UDP datagrams to who echoes, so many are lost, come twice, or are overtaken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.control.datagrams import LARGEST, MOST, SHOWN, SMALLEST, Datagrams
from catenet.nodes.control.units import PERCENTAGE, Duration, format_duration
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Node, Scene

__all__ = ["DatagramsCheck", "Share"]

_BETWEEN = ".."


@dataclass(frozen=True, slots=True)
class Share:
    """From so much of all to so much, both included: `5%..15%`, or `0%`."""

    least: float
    most: float

    @classmethod
    def parse(cls, text: str) -> Share:
        """As a lab file has it.

        Raises:
            ValueError: it is none.

        """
        least, between, most = text.partition(_BETWEEN)
        found = cls(PERCENTAGE.parse(least.strip()), PERCENTAGE.parse((most if between else least).strip()))
        if found.least > found.most:
            raise ValueError(f"{text!r} begins with more than it ends with")
        return found

    def holds(self, number: int, of: int) -> bool:
        return self.least * of <= number + 1e-9 and number - 1e-9 <= self.most * of


@dataclass(frozen=True, slots=True)
class DatagramsCheck(Expectation):
    """`source` sends them to `target`, which sends each back: what is seen is what both ways do to them."""

    kind: ClassVar = "datagrams"
    about: ClassVar = (
        "Of numbered UDP datagrams to a node that sends each back so many are lost, come twice, or are overtaken."
    )
    one_of: ClassVar = ("lost", "duplicated", "overtaken", "silence")
    alone: ClassVar = True
    order: ClassVar = 6

    source: Annotated[Node, Key("The node that sends.", "from")]
    target: Annotated[Node, Key("The node that sends them back.", "to")]
    lost: Annotated[
        str, Key("How many do not come back: a share, or the least and the most of it.", example="5%..15%")
    ] = ""
    duplicated: Annotated[str, Key("How many copies come, likewise.", example="0%")] = ""
    overtaken: Annotated[str, Key("How many come back behind one that was sent later, likewise.")] = ""
    corrupted: Annotated[str, Key("How many come back as others, likewise. Without it: none.")] = "0%"
    silence: Annotated[Duration, Key("How long none comes back, at the longest. Without it: any time.")] = 0.0
    number: Annotated[int, Key("How many are sent. Without it: 200.", bounds=(1, MOST))] = 200
    every: Annotated[Duration, Key("One each so many seconds. Without it: 10ms.")] = 0.01
    size: Annotated[int, Key("Octets of each. Without it: 100.", bounds=(SMALLEST, LARGEST))] = 100
    whole: Annotated[bool, Key("Whether no router may cut them (the flag DF); their sender still does.")] = False

    def __post_init__(self) -> None:
        if self.source == self.target:
            raise ValueError(f"{self.source} sends to itself")
        for word, text in self._shares():
            try:
                Share.parse(text)
            except ValueError as error:
                raise ValueError(f"{word}: {error}; write a share, or two, like 5%..15%") from None

    def run(self, scene: Scene) -> Finding:
        """All of them, once."""
        became = scene.datagrams(
            self.source, self.target, number=self.number, every=self.every, size=self.size, whole=self.whole
        )
        holds = all(Share.parse(text).holds(getattr(became, word), became.sent) for word, text in self._shares())
        return Finding(
            holds and (not self.silence or became.silence <= self.silence),
            self._expected(),
            ", ".join(_told(became)),
            f"catenet capture {self.target} -c 20 udp",
            tuple(_drawn(became)),
        )

    def describe(self) -> str:
        """`h1 sends to h2: lost 5%..15%`."""
        return f"{self.source} sends to {self.target}: {self._expected()}"

    def _expected(self) -> str:
        words = [f"{word} {text}" for word, text in self._shares() if (word, text) != ("corrupted", "0%")]
        words += [f"silent for {format_duration(self.silence)} at most"] if self.silence else []
        return ", ".join(words)

    def _shares(self) -> list[tuple[str, str]]:
        words = ("lost", "duplicated", "overtaken", "corrupted")
        return [(word, getattr(self, word)) for word in words if getattr(self, word)]


def _told(became: Datagrams) -> Iterator[str]:
    yield f"of {became.sent}: {became.lost} lost{f' ({became.unsent} not sent)' if became.unsent else ''}"
    yield f"{became.duplicated} duplicated"
    yield f"{became.overtaken} overtaken"
    if became.corrupted:
        yield f"{became.corrupted} corrupted"
    if became.silence >= 0.1:
        yield f"silent for {became.silence:.1f} s"


def _drawn(became: Datagrams) -> Iterator[str]:
    if became.order:
        more = " …" if len(became.order) == SHOWN else ""
        yield f"came back in this order: {' '.join(map(str, became.order))}{more}"
        times = (became.least, became.median, became.most)
        yield f"there and back: {' / '.join(f'{1000 * each:.1f}' for each in times)} ms (least, median, most)"
