"""What every verb of break and mend is: its words for people and lab files, and what it does with the lab in hand.

A verb knows nothing of engines: it has a LabControl. Command line, timeline, the plugin's `do`, and what mends a play
that was broken off are made of it. `catenet --help` reads every verb, so nothing slow is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from catenet.nodes.control.link import LinkCondition
from catenet.orchestrator.faults.option import NoOptions, fields

__all__ = ["LabControl", "Outcome", "RefusedError", "Verb"]


class RefusedError(Exception):
    """What was asked makes no sense for this target, or with these options: exit 2. The text tells the user why."""


class Outcome(NamedTuple):
    """What became of the target, in words behind its name; `changed` is false where it was so already.

    `remarks`: what did not happen and why, a line each.
    """

    words: str
    changed: bool = True
    remarks: tuple[str, ...] = ()


class LabControl(Protocol):
    """The running lab, for a verb.

    Raises:
        UserError: no such LAN or node, or it makes no sense there now.
        EngineError: the engine, or an end, did not do it.

    """

    def ends(self, lan: str) -> Sequence[str]:
        """The nodes on the LAN."""

    def condition(self, lan: str) -> LinkCondition:
        """As the LAN is now; where its ends differ, as at the one that is worst off."""

    def planned(self, lan: str) -> LinkCondition:
        """As the LAN is by the lab file."""

    def set_condition(
        self, lan: str, wanted: LinkCondition, at: float = 0.0, nodes: Collection[str] | None = None
    ) -> Outcome:
        """The LAN's ends become so, at these nodes, or at all; not before `at`, in seconds since 1970."""

    def kill(self, node: str) -> Outcome:
        """It dies at once (SIGKILL)."""

    def pause(self, node: str) -> Outcome:
        """Its processes stand still; its kernel goes on."""

    def resume(self, node: str) -> Outcome:
        """A paused node goes on, and does as the other ends of its LANs have done meanwhile."""

    def start(self, node: str) -> Outcome:
        """A dead node runs again; returns when it is ready, and does as the other ends have done meanwhile."""


class Verb(NamedTuple):
    """One of the vocabulary. `help`: of its command, the first line a sentence, examples behind a line `\\b`.

    `do`: on the target, with its options, not before a time in seconds since 1970 (0: at once). `undone_by`: the verb
    that mends what this one breaks; empty of one that mends. `options`: a NamedTuple (option.py); `do` gets one.
    `instead`: the verb that does the like to a node where this one takes a LAN, and the other way round. `leaves`: the
    target's word in `status` then.
    """

    name: str
    on: Literal["LAN", "node"]
    summary: str
    help: str
    do: Callable[[LabControl, str, Any, float], Outcome]
    undone_by: str = ""
    options: Any = NoOptions
    instead: str = ""
    leaves: str = ""

    @property
    def breaks(self) -> bool:
        return bool(self.undone_by)

    def state_after(self, options: Any) -> str:
        """How `status` calls the target after the verb with these options (None: nothing was given)."""
        given = zip(fields(self.options), options or self.options(), strict=True)
        said = (field.option.leaves for field, value in given if value != field.default)
        return next(filter(None, said), self.leaves)

    def may_leave(self, state: str) -> bool:
        """Whether `status` may call the target so then, with one of its options or without."""
        return state in (self.leaves, *(field.option.leaves for field in fields(self.options)))
