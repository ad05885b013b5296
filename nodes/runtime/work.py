"""What takes long, or waits for a disk, is done beside the machine (`Work`): a thread for each lane.

A service names its jobs: functions by their names. They are called in a thread, so they share nothing with the machine
but what they are given and give back; two of one lane are never under way together.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, Future
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from catenet.nodes.machine import Work, Working
from catenet.nodes.runtime.driver import Driver

__all__ = ["Job", "Outcome", "Together", "WorkDone", "do_jobs", "take_jobs"]


class Together(NamedTuple):
    """A job that does all of its kind that wait together: one commit for many changes. `do`: their arguments → their
    results, in the same order; what it raises is the error of all of them."""

    do: Callable[[Sequence[Any]], Sequence[Any]]


Job = Callable[[Any], Any] | Together


class Outcome(NamedTuple):
    """What the machine is told of a job (`Working`)."""

    tag: int
    result: Any
    error: str


def take_jobs(jobs: Mapping[str, Job], waiting: deque[Work]) -> list[Work]:
    """Those of a lane that are done next: the first, and what waits right behind it for the same job, where that takes
    many. At least one must wait."""
    group = [waiting.popleft()]
    if isinstance(jobs[group[0].job], Together):
        while waiting and waiting[0].job == group[0].job:
            group.append(waiting.popleft())
    return group


def do_jobs(job: Job, group: Sequence[Work]) -> list[Outcome]:
    """Do it for each. What it raises is told as its error."""
    arguments = [each.argument for each in group]
    try:
        results = job.do(arguments) if isinstance(job, Together) else [job(each) for each in arguments]
        if len(results) != len(group):
            raise ValueError(f"{len(results)} results of {len(group)} jobs")
    except Exception as error:
        return [Outcome(each.tag, None, f"{type(error).__name__}: {error}") for each in group]
    return [Outcome(each.tag, result, "") for each, result in zip(group, results, strict=True)]


class _Lane:
    def __init__(self, name: str) -> None:
        self.waiting: deque[Work] = deque()
        self.thread = ThreadPoolExecutor(1, name)
        self.doing: Future[list[Outcome]] | None = None


class WorkDone:
    """The jobs of one machine."""

    def __init__(
        self, machine: Working, jobs: Mapping[str, Job], driver: Driver, loop: AbstractEventLoop, service: str
    ) -> None:
        self._machine = machine
        self._jobs = jobs
        self._driver = driver
        self._loop = loop
        self._service = service
        self._lanes: dict[str, _Lane] = {}

    def perform(self, wanted: Work) -> None:
        """Raises TypeError: the service has no such job."""
        if wanted.job not in self._jobs:
            raise TypeError(f"{self._machine!r} wants the job {wanted.job!r}; its service has {', '.join(self._jobs)}")
        lane = self._lanes.get(wanted.lane)
        if lane is None:
            lane = self._lanes[wanted.lane] = _Lane(f"{self._service} {wanted.lane}")
        lane.waiting.append(wanted)
        if lane.doing is None:
            self._begin(lane)

    def close(self) -> None:
        """What waits is not done. What is under way comes to its end, of which nobody hears."""
        lanes, self._lanes = self._lanes, {}
        for lane in lanes.values():
            lane.waiting.clear()
            if lane.doing is not None:
                lane.doing.cancel()
            lane.thread.shutdown(wait=False, cancel_futures=True)

    def _begin(self, lane: _Lane) -> None:
        group = take_jobs(self._jobs, lane.waiting)
        lane.doing = self._loop.run_in_executor(lane.thread, do_jobs, self._jobs[group[0].job], group)
        lane.doing.add_done_callback(partial(self._done, lane))

    def _done(self, lane: _Lane, doing: Future[list[Outcome]]) -> None:
        if doing.cancelled():  # closed meanwhile
            return
        lane.doing = None
        outcomes = doing.result()
        if lane.waiting:  # the thread goes on meanwhile
            self._begin(lane)
        self._driver.call(partial(self._tell, outcomes))

    def _tell(self, outcomes: Sequence[Outcome], now: float) -> None:
        for each in outcomes:
            self._machine.worked(*each, now)
