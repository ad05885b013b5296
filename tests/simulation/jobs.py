"""What machines of the simulated network have done beside them (`Work`): each job takes its time on the virtual clock,
and is done at the end of it. Whose node is killed before has done nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from catenet.nodes.machine import Machine, Work, Working
from catenet.nodes.runtime.work import Job, do_jobs, take_jobs

if TYPE_CHECKING:
    from node import Process
    from wire import Wire

__all__ = ["Jobs", "Lane", "perform"]


@dataclass(frozen=True, slots=True)
class Jobs:
    """`functions`: as a service gives them to `run_machine`; `seconds`: how long each takes, else 0."""

    functions: Mapping[str, Job] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Lane:
    waiting: deque[Work] = field(default_factory=deque)
    busy: bool = False


def perform(wire: Wire, process: Process, wanted: Work) -> None:
    """Raises TypeError as `MachineRun` does."""
    machine: object = process.machine
    if not isinstance(machine, Working) or wanted.job not in process.node.jobs.functions:
        raise TypeError(f"{machine!r} is not Working, or has no job {wanted.job!r}, and wants {wanted!r}")
    lane = process.lanes.setdefault(wanted.lane, Lane())
    lane.waiting.append(wanted)
    if not lane.busy:
        wire.at(wire.now, _begin, wire, process, process.machine, lane)
        lane.busy = True


def _begin(wire: Wire, process: Process, machine: Machine, lane: Lane) -> None:
    if process.machine is machine:
        group = take_jobs(process.node.jobs.functions, lane.waiting)
        end = wire.now + process.node.jobs.seconds.get(group[0].job, 0.0)
        wire.at(end, _end, wire, process, machine, lane, group)


def _end(wire: Wire, process: Process, machine: Machine, lane: Lane, group: list[Work]) -> None:
    """A node that is paused does it when it goes on."""
    if process.machine is not machine:
        return
    if process.node.paused:
        process.held.append((_end, (wire, process, machine, lane, group)))
        return
    outcomes = do_jobs(process.node.jobs.functions[group[0].job], group)
    if process.machine is not machine:  # the job has killed its node
        return
    assert isinstance(machine, Working)
    for each in outcomes:
        machine.worked(*each, wire.now + process.node.offset)
    lane.busy = bool(lane.waiting)
    if lane.busy:
        _begin(wire, process, machine, lane)
    wire.settle(process)
