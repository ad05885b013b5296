"""The check `relayed`: a node carries a call, and whoever captures there hears nothing of it, or hears it all."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.control.units import Duration
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Node, Scene, Talk
from catenet.orchestrator.likeness import likeness_in_call
from catenet.orchestrator.wire.speech import Overheard, overheard

__all__ = ["RelayedCheck"]

_NOISE, _SPEECH = 0.1, 0.5
"""Less likeness than this with anything that was said is noise, and more is speech."""


@dataclass(frozen=True, slots=True)
class RelayedCheck(Expectation):
    """The packets of a call of `source` and `target` pass `by`."""

    kind: ClassVar = "relayed"
    about: ClassVar = "A node carries a call of two others, and what it can hear of it is noise; or is what they say."
    alone: ClassVar = True
    order: ClassVar = 10

    source: Annotated[Node, Key("The node whose telephone calls.", "from")]
    target: Annotated[Node, Key("The node that is called.", "to")]
    by: Annotated[
        tuple[Node, ...],
        Key(
            "The node that carries it, or several of which one does: there its packets are captured.",
            least=1,
            distinct=True,
        ),
    ]
    heard: Annotated[bool, Key("Whether what they say can be heard there. Without it: no.")] = False
    lasting: Annotated[Duration, Key("How long they talk. Without it: 5s.")] = 5.0

    def __post_init__(self) -> None:
        if len({self.source, self.target, *self.by}) < 2 + len(self.by):
            raise ValueError("from, to and by are different nodes")

    def run(self, scene: Scene) -> Finding:
        """One call, or some seconds of the one that there is."""
        with ExitStack() as captures:
            packets = [captures.enter_context(scene.capture(node, "udp")) for node in self.by]
            ends = scene.talk(self.source, self.target, self.lasting, sound=True)
        recordings = [each for captured in packets for each in overheard(captured)]
        next_command = f"catenet capture {self.by[0]} udp"
        if not recordings:
            return Finding(False, self._expected(), "no packet of a call", next_command)
        alike = max(_alike(recording, ends) for recording in recordings)
        count, octets = sum(each.packets for each in recordings), max(each.octets for each in recordings)
        return Finding(
            holds=alike >= _SPEECH if self.heard else alike < _NOISE,
            expected=self._expected(),
            seen=f"{count} packets with {octets} octets of speech or noise, likeness {alike:.0%}",
            next=next_command,
        )

    def describe(self) -> str:
        """`s1 carries the call of alice and bob, and hears noise`."""
        hears = "every word" if self.heard else "noise"
        return f"{' or '.join(self.by)} carries the call of {self.source} and {self.target}, and hears {hears}"

    def _expected(self) -> str:
        return f"likeness {_SPEECH:.0%} or more" if self.heard else f"likeness under {_NOISE:.0%}"


def _alike(recording: Overheard, ends: tuple[Talk, Talk]) -> float:
    """With what either of them said."""
    return max(likeness_in_call(end.said, recording.pcm) for end in ends)
