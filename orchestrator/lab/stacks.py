"""On whose stack each node is: the kernel's, or catenet's own, in userspace.

A node says it itself; else the lab's `stack:` does; else it is the kernel's. `up --stack` says it of all nodes in the
place of what is written. What is said of many holds of those that can be there, and a note says which stay, and why.
What a node says of itself is a mistake where it cannot be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from catenet.nodes.catalogue import declared
from catenet.nodes.control.config import Stack
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.kinds import programs_at
from catenet.orchestrator.lab.model import Check, Measure
from catenet.orchestrator.lab.nodes import Draft, read_stack
from catenet.orchestrator.lab.reader import Reader

__all__ = ["Obstacle", "Stacked", "measured_from", "put_on_stacks", "run_at"]

_NONE = "has no network on the userspace stack"


class Obstacle(NamedTuple):
    """Why a node cannot be on the userspace stack, in words, and the line that says so."""

    line: int
    why: str


class Stacked(NamedTuple):
    """The nodes, each on its stack. `moved`: node → its stack, where the file has it on another; `notes`: in words."""

    drafts: dict[str, Draft]
    moved: dict[str, Stack]
    notes: tuple[str, ...]


def put_on_stacks(
    drafts: Mapping[str, Draft],
    of_lab: Item | None,
    wanted: str,
    elsewhere: Iterable[tuple[str, Obstacle]],
    reader: Reader,
) -> Stacked:
    """`of_lab` is what the lab says of all nodes; `wanted`: in the place of that and of what each says; empty: as it is
    written. `elsewhere`: (node, what is in its way), where that is not written at the node.
    """
    rest = read_stack(of_lab, "stack", reader) or "kernel"
    found = {name: [*_obstacles(draft)] for name, draft in drafts.items()}
    for name, obstacle in elsewhere:
        found[name].append(obstacle)
    for name, obstacles in found.items():
        if drafts[name].stack == "userspace" and wanted != "kernel":
            _refuse(drafts[name], obstacles, reader)
    asked = {name: _asked(draft, rest, wanted) for name, draft in drafts.items()}
    now = {name: _possible(asked[name], found[name]) for name in drafts}
    written = {name: _possible(draft.stack or rest, found[name]) for name, draft in drafts.items()}
    placed = {name: replace(draft, stack=now[name]) for name, draft in drafts.items()}
    moved = {name: stack for name, stack in now.items() if stack != written[name]}
    stay = {name: obstacles[0] for name, obstacles in found.items() if obstacles and asked[name] == "userspace"}
    return Stacked(placed, moved, (*_stays(stay), *_without(placed.values())))


def run_at(checks: Iterable[Check]) -> Iterator[tuple[str, Obstacle]]:
    """(Node, a check that runs a program there which only the kernel's stack can carry)."""
    for check in checks:
        for node, program in programs_at(check.expectation):
            yield node, Obstacle(check.line, f"the check {check.expectation.kind} runs {program} there, which {_NONE}")


def measured_from(measures: Iterable[Measure], line: int) -> Iterator[tuple[str, Obstacle]]:
    """(Node, the row of `measure:` for which it pings)."""
    for each in measures:
        if each.source:
            yield each.source, Obstacle(line, f"`measure:` runs ping there, which {_NONE}")


def _asked(draft: Draft, rest: Stack, wanted: str) -> Stack:
    if wanted:
        return "userspace" if wanted == "userspace" else "kernel"
    return draft.stack or rest


def _possible(asked: Stack, obstacles: Sequence[Obstacle]) -> Stack:
    return "kernel" if obstacles else asked


def _obstacles(draft: Draft) -> Iterator[Obstacle]:
    """Its services that are in the way."""
    for each in declared(draft.services):
        other = draft.chosen.get(each.name)
        if other is not None:
            yield Obstacle(other.line, f"{other.implementation} does the work of {each.name}, and {_NONE}")
        elif each.needs_kernel:
            yield Obstacle(draft.written[each.name].line, f"{each.name} {each.needs_kernel}")


def _refuse(draft: Draft, obstacles: Iterable[Obstacle], reader: Reader) -> None:
    line = draft.section["stack"].line
    for each in obstacles:
        message = f"node {draft.name} is on the userspace stack (line {line}), but {each.why}"
        reader.problem(each.line, message, "leave its `stack:` out, or give that to another node")


def _stays(stay: Mapping[str, Obstacle]) -> Iterator[str]:
    """A line for each reason."""
    reasons: dict[str, list[str]] = {}
    for name, obstacle in stay.items():
        reasons.setdefault(obstacle.why, []).append(name)
    for why, names in reasons.items():
        yield f"{', '.join(names)} {'stays' if len(names) == 1 else 'stay'} on the kernel's stack: {why}"


def _without(drafts: Iterable[Draft]) -> Iterator[str]:
    """A line for each thing that is lost."""
    lost: dict[str, list[str]] = {}
    for draft in drafts:
        for each in declared(draft.services) if draft.stack == "userspace" else ():
            if each.tcp is not None:
                lost.setdefault(each.tcp.without, []).append(draft.name)
    for what, names in lost.items():
        yield f"{', '.join(dict.fromkeys(names))} on the userspace stack: {what}"
