"""The check `call`: two people talk, by the path that is expected, and hear each other well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.control.units import Duration, format_duration
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, NoAnswerError, Node, Scene
from catenet.orchestrator.likeness import likeness_in_call

__all__ = ["PATHS", "CallCheck"]

PATHS = ("direct", "punched", "relayed")
_SHORTEST = 3.0
"""Seconds of talk of which enough is left to compare."""


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
    fails: Annotated[str, Key("That there is no call, and these words are in why not.", example="no contact")] = ""
    lasting: Annotated[Duration, Key("How long they have talked when it is looked at. Without it: 3s.")] = 3.0
    keep: Annotated[bool, Key("Whether they go on talking then. Without it: no.")] = False

    def __post_init__(self) -> None:
        if self.source == self.target:
            raise ValueError(f"{self.source} calls itself")
        if self.path and self.path not in PATHS:
            raise ValueError(f"path {self.path!r} is none of {', '.join(PATHS)}")
        if self.likeness and self.lasting < _SHORTEST:
            raise ValueError(f"likeness: {format_duration(self.lasting)} is too short; write lasting: 5s, or longer")

    def run(self, scene: Scene) -> Finding:
        """One call, or a look at the one that there is."""
        next_command = f"catenet show {self.source} pairs"
        try:
            ends = scene.talk(self.source, self.target, self.lasting, sound=bool(self.likeness), keep=self.keep)
        except NoAnswerError as error:
            return Finding(bool(self.fails) and self.fails in str(error), self._expected(), str(error), next_command)
        judged = ends[1:] if self.one_way else ends
        call = ends[0].call
        by = [scene.name(address, self.source) for address in call.by]
        mos = [end.call.mos or 1.0 for end in judged]
        holds = (
            not self.fails
            and call.is_up
            and call.path == (self.path or call.path)
            and round(100 * min(mos)) >= self.mos
        )
        holds = holds and (not self.via or (bool(by) and {*by} <= {*self.via}))
        seen = [" by ".join(filter(None, [call.path or call.state, " and ".join(by)])), f"MOS {_joined(mos)}"]
        if self.likeness:
            alike = [likeness_in_call(ends[0].said, ends[1].heard), likeness_in_call(ends[1].said, ends[0].heard)]
            alike = alike[: len(judged)]
            holds = holds and round(100 * min(alike)) >= self.likeness
            seen.append(f"likeness {', '.join(f'{each:.0%}' for each in alike)}")
        return Finding(holds, self._expected(), ", ".join(seen), next_command)

    def describe(self) -> str:
        """`alice calls bob: relayed by s1`."""
        return f"{self.source} calls {self.target}: {self._expected()}"

    def _expected(self) -> str:
        if self.fails:
            return f"no call: {self.fails}"
        words = [" by ".join(filter(None, [self.path, " or ".join(self.via)])) or "by any path"]
        words += [f"MOS {self.mos / 100:.2f}"] if self.mos > 100 else []
        words += [f"likeness {self.likeness}%"] if self.likeness else []
        return ", ".join(words)


def _joined(scores: list[float]) -> str:
    return ", ".join(f"{each:.2f}" for each in scores)
