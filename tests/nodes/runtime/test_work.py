"""What a machine has done beside it: in order within a lane, together where the job takes many, told once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from test_machine_streams import Plain

from catenet.nodes.machine import Action, Work
from catenet.nodes.runtime.machine_run import MachineRun
from catenet.nodes.runtime.network import KernelNetwork
from catenet.nodes.runtime.work import Job, Together

if TYPE_CHECKING:
    from conftest import Bench, OnBench


class Employer(Plain):
    """It has these done, and keeps what it hears of them."""

    def __init__(self, *wanted: Action) -> None:
        super().__init__(*wanted)
        self.told: list[tuple[int, Any, str]] = []
        self.then: dict[int, Action] = {}

    def worked(self, tag: int, result: Any, error: str, now: float) -> None:
        self.told.append((tag, result, error))
        if tag in self.then:
            self.actions.append(self.then.pop(tag))


def running(b: Bench, machine: Plain, jobs: Mapping[str, Job] | None) -> MachineRun:
    loop = asyncio.get_running_loop()
    run = MachineRun(
        machine,
        network=KernelNetwork(loop),
        lans=b.lans,
        loop=loop,
        perform=lambda _: None,
        count=b.count,
        fail=b.failures.append,
        service="svc",
        told={},
        jobs=jobs,
    )
    run.begin()
    return run


def done(on_bench: OnBench, machine: Employer, jobs: Mapping[str, Job], many: int) -> list[tuple[int, Any, str]]:
    """What it was told, once that was so much."""

    async def run(b: Bench) -> None:
        service = running(b, machine, jobs)
        await b.until(lambda: len(machine.told) >= many or bool(b.failures))
        service.close()
        assert b.failures == []

    on_bench(run)
    return machine.told


def test_jobs_of_one_lane_are_done_in_order_and_never_two_at_a_time(on_bench: OnBench) -> None:
    under_way, seen = [0], []

    def job(argument: int) -> int:
        under_way[0] += 1
        seen.append((argument, under_way[0], threading.current_thread() is threading.main_thread()))
        under_way[0] -= 1
        return argument * argument

    told = done(on_bench, Employer(*(Work("square", n, n) for n in range(20))), {"square": job}, 20)
    assert told == [(n, n * n, "") for n in range(20)]
    assert seen == [(n, 1, False) for n in range(20)]


def test_a_lane_does_not_wait_for_another(on_bench: OnBench) -> None:
    meet = threading.Barrier(2, timeout=200)
    told = done(
        on_bench, Employer(Work("wait", 0, 1, "a"), Work("wait", 0, 2, "b")), {"wait": lambda _: meet.wait()}, 2
    )
    assert sorted((tag, error) for tag, _, error in told) == [(1, ""), (2, "")]


def test_what_waits_together_is_given_together_to_a_job_that_takes_many(on_bench: OnBench) -> None:
    groups: list[list[int]] = []

    def commit(arguments: Sequence[int]) -> list[int]:
        groups.append(list(arguments))
        return [-each for each in arguments]

    wanted = [*(Work("commit", n, n) for n in (1, 2, 3, 4)), Work("one", 5, 5), Work("commit", 6, 6)]
    jobs: dict[str, Job] = {"commit": Together(commit), "one": lambda each: each}
    assert done(on_bench, Employer(*wanted), jobs, 6) == [
        *((n, -n, "") for n in (1, 2, 3, 4)),
        (5, 5, ""),
        (6, -6, ""),
    ]
    assert [each for group in groups for each in group] == [1, 2, 3, 4, 6]
    assert len(groups) == 3  # the first alone, since nothing waited behind it yet; then 2, 3, 4; another job is between


def test_what_a_job_raises_is_told_as_its_error_and_the_next_one_is_done(on_bench: OnBench) -> None:
    def job(argument: int) -> float:
        return 1 / argument

    told = done(on_bench, Employer(Work("job", 0, 7), Work("job", 2, 8)), {"job": job}, 2)
    assert told == [(7, None, "ZeroDivisionError: division by zero"), (8, 0.5, "")]


def test_a_job_for_many_that_gives_too_little_is_an_error_of_all(on_bench: OnBench) -> None:
    (told,) = done(on_bench, Employer(Work("job", 0, 7)), {"job": Together(lambda _: [])}, 1)
    assert told == (7, None, "ValueError: 0 results of 1 jobs")


def test_a_machine_wants_the_next_job_when_it_hears_of_one(on_bench: OnBench) -> None:
    machine = Employer(Work("job", 1, 1))
    machine.then[1] = Work("job", 2, 2)
    assert done(on_bench, machine, {"job": lambda each: each}, 2) == [(1, 1, ""), (2, 2, "")]


def test_nobody_hears_of_a_job_once_the_service_is_closed(on_bench: OnBench) -> None:
    begun, go, ended, second = threading.Event(), threading.Event(), threading.Event(), []

    def job(argument: int) -> None:
        second.append(argument)
        begun.set()
        assert go.wait(200)
        ended.set()

    async def run(b: Bench) -> None:
        machine = Employer(Work("job", 1, 1), Work("job", 2, 2))
        service = running(b, machine, {"job": job})
        await b.until(begun.is_set)
        service.close()
        go.set()
        await b.until(ended.is_set)
        for _ in range(10):
            await asyncio.sleep(0)
        assert (machine.told, second, b.failures) == ([], [1], [])

    on_bench(run)


@pytest.mark.parametrize("jobs", [None, {}])
def test_a_machine_without_jobs_wants_none(on_bench: OnBench, jobs: Mapping[str, Job] | None) -> None:
    async def run(b: Bench) -> None:
        with pytest.raises(TypeError, match="is not Working, or was given no jobs"):
            running(b, Employer(Work("job", 0, 1)), jobs)

    on_bench(run)


def test_a_job_that_its_service_has_not(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        with pytest.raises(TypeError, match="wants the job 'hash'; its service has commit"):
            running(b, Employer(Work("hash", 0, 1)), {"commit": lambda _: None})

    on_bench(run)
