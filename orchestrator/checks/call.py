"""The check `call`: two people talk, by the path that is expected, and hear each other well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.control.units import Duration, format_duration
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Node, Scene
from catenet.orchestrator.likeness import likeness

__all__ = ["PATHS", "CallCheck"]

PATHS = ("direct", "punched", "relayed")
_SECOND = 16_000
"""Octets of it."""
_APART = 2
"""Seconds by which the two may have begun to hear each other: what was said at the end had no time to arrive."""


@dataclass(frozen=True, slots=True)
class CallCheck(Expectation):
    """`source` and `target` talk, or are brought to."""

    kind: ClassVar = "call"
    about: ClassVar = "Two people talk: by this path, and so well. Where they do not yet, one calls the other."
    alone: ClassVar = True
    order: ClassVar = 8

    source: Annotated[Node, Key("The node whose telephone calls.", "from")]
    target: Annotated[Node, Key("The node that is called.", "to")]
    path: Annotated[
        str,
        Key(
            "direct: from host to host; punched: through a translator; relayed: by a relay. Without it: any.",
            example="relayed",
        ),
    ] = ""
    via: Annotated[
        tuple[Node, ...], Key("The nodes of which one carries it, or several do. Without it: any.", distinct=True)
    ] = ()
    mos: Annotated[
        int,
        Key("How well each hears the other at the least: the mean opinion score, times a hundred.", bounds=(100, 450)),
    ] = 100
    likeness: Annotated[
        int, Key("In percent, how like what is heard is to what was said, at the least.", bounds=(0, 100))
    ] = 0
    one_way: Annotated[bool, Key("Whether it is enough that the called one hears the other. Without it: no.")] = False
    lasting: Annotated[Duration, Key("How long they have talked when it is looked at. Without it: 3s.")] = 3.0
    keep: Annotated[bool, Key("Whether they go on talking then. Without it: no.")] = False

    def __post_init__(self) -> None:
        if self.source == self.target:
            raise ValueError(f"{self.source} calls itself")
        if self.path and self.path not in PATHS:
            raise ValueError(f"path {self.path!r} is none of {', '.join(PATHS)}")
        if self.likeness and self.lasting <= _APART:
            raise ValueError(f"likeness: {format_duration(self.lasting)} is too short; write lasting: 5s, or longer")

    def run(self, scene: Scene) -> Finding:
        """One call, or a look at the one that there is."""
        ends = scene.talk(self.source, self.target, self.lasting, sound=bool(self.likeness), keep=self.keep)
        judged = ends[1:] if self.one_way else ends
        call = ends[0].call
        by = [scene.name(address, self.source) for address in call.by]
        mos = [end.call.mos or 1.0 for end in judged]
        holds = call.is_up and call.path == (self.path or call.path) and round(100 * min(mos)) >= self.mos
        holds = holds and (not self.via or (bool(by) and {*by} <= {*self.via}))
        seen = [" by ".join(filter(None, [call.path or call.state, " and ".join(by)])), f"MOS {_joined(mos)}"]
        if self.likeness:
            alike = [_alike(ends[0].said, ends[1].heard), _alike(ends[1].said, ends[0].heard)]
            alike = alike[: len(judged)]
            holds = holds and round(100 * min(alike)) >= self.likeness
            seen.append(f"likeness {', '.join(f'{each:.0%}' for each in alike)}")
        return Finding(holds, self._expected(), ", ".join(seen), f"catenet show {self.source} pairs")

    def describe(self) -> str:
        """`alice and bob talk: relayed by s1`."""
        return f"{self.source} and {self.target} talk: {self._expected()}"

    def _expected(self) -> str:
        words = [" by ".join(filter(None, [self.path, " or ".join(self.via)])) or "by any path"]
        words += [f"MOS {self.mos / 100:.2f}"] if self.mos > 100 else []
        words += [f"likeness {self.likeness}%"] if self.likeness else []
        return ", ".join(words)


def _joined(scores: list[float]) -> str:
    return ", ".join(f"{each:.2f}" for each in scores)


def _alike(said: bytes, heard: bytes) -> float:
    """How like, but for the last seconds: what was said again and again is as long as what was heard."""
    length = max(0, len(heard) - _APART * _SECOND)
    again = said * (length // max(1, len(said)) + 1)
    return likeness(again[:length], heard).score
