"""What machines have done beside them, on the virtual clock."""

from __future__ import annotations

from typing import Any

import pytest
from jobs import Jobs
from network import Network
from stream_world import Speaker, do

from catenet.nodes.machine import Work
from catenet.nodes.runtime.work import Together


class Employer(Speaker):
    """It keeps what it hears of its jobs, and when."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[float, int, Any, str]] = []

    def worked(self, tag: int, result: Any, error: str, now: float) -> None:
        self.told.append((round(now, 3), tag, result, error))


def employed(jobs: Jobs, offset: float = 0.0) -> tuple[Network, list[Employer]]:
    """A node a, and each machine that it had."""
    network, made = Network(1), []

    def make(node: object) -> Employer:
        made.append(Employer())
        return made[-1]

    network.add_lan("lan", "10.0.0.0/24")
    network.add_node("a", {"lan": "10.0.0.1"}, make, jobs=jobs, offset=offset)
    return network, made


def test_each_job_takes_its_time_one_after_another_in_a_lane_and_beside_other_lanes() -> None:
    network, (machine,) = employed(Jobs({"hash": lambda n: n + 1}, {"hash": 0.2}), offset=100.0)
    do(network, Work("hash", 1, 1), Work("hash", 2, 2), Work("hash", 3, 3, "other"))
    network.run(0.3)
    assert machine.told == [(100.2, 1, 2, ""), (100.2, 3, 4, "")]
    network.run(0.2)
    assert machine.told[2:] == [(100.4, 2, 3, "")]


def test_what_waits_is_done_together() -> None:
    groups: list[list[int]] = []

    def commit(arguments: Any) -> list[int]:
        groups.append(list(arguments))
        return list(arguments)

    network, (machine,) = employed(Jobs({"commit": Together(commit)}, {"commit": 0.1}))
    do(network, Work("commit", 1, 1))
    network.run(0.05)
    do(network, Work("commit", 2, 2), Work("commit", 3, 3))
    network.run(1.0)
    assert groups == [[1], [2, 3]]
    assert machine.told == [(0.1, 1, 1, ""), (0.2, 2, 2, ""), (0.2, 3, 3, "")]


def test_an_error_is_told() -> None:
    network, (machine,) = employed(Jobs({"job": lambda n: 1 / n}))
    do(network, Work("job", 0, 1))
    network.run(0.1)
    assert machine.told == [(0.0, 1, None, "ZeroDivisionError: division by zero")]


def test_a_node_that_is_killed_has_done_nothing_and_hears_nothing_of_it_later() -> None:
    done: list[int] = []
    network, made = employed(Jobs({"job": done.append}, {"job": 1.0}))
    do(network, Work("job", 1, 1), Work("job", 2, 2))
    network.run(0.5)
    network.kill("a")
    network.start("a")
    do(network, Work("job", 3, 3))
    network.run(5.0)
    assert done == [3]
    assert [each.told for each in made] == [[], [(1.5, 3, None, "")]]


def test_a_job_may_kill_its_node_behind_what_it_has_done() -> None:
    done: list[int] = []

    def job(argument: int) -> None:
        done.append(argument)
        network.kill("a")

    network, (machine,) = employed(Jobs({"job": job}))
    do(network, Work("job", 1, 1), Work("job", 2, 2))
    network.run(1.0)
    assert (done, machine.told) == ([1], [])


def test_a_paused_node_does_it_when_it_goes_on() -> None:
    network, (machine,) = employed(Jobs({"job": lambda n: n}, {"job": 1.0}))
    do(network, Work("job", 1, 1), Work("job", 2, 2))
    network.run(0.5)
    network.pause("a")
    network.run(5.0)
    assert machine.told == []
    network.resume("a")
    network.run(3.0)
    assert machine.told == [(5.5, 1, 1, ""), (6.5, 2, 2, "")]


def test_a_job_that_there_is_not() -> None:
    network, _ = employed(Jobs())
    with pytest.raises(TypeError, match="has no job 'hash'"):
        do(network, Work("hash", 0, 1))
