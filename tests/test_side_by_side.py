"""How the modules are given to xdist's workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from side_by_side import SECONDS, TESTS, TOGETHER, Modules

LONG, OTHER_LONG = (f"{TESTS.name}/{module}" for module in list(SECONDS)[:2])


class Worker:
    """What the scheduler knows of one. `given`: the tests that it was given, in order."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.given: list[str] = []
        self.shutting_down = False
        self.tests: list[str] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        self.given += [self.tests[index] for index in indices]

    def shutdown(self) -> None:
        self.shutting_down = True


def scheduled(
    pytestconfig: pytest.Config, tests: list[str], *names: str, images_made: Callable[[], bool] = lambda: True
) -> tuple[Any, list[Any]]:
    """The scheduler and its workers, which have collected these tests and begin."""
    options = SimpleNamespace(loadscopereorder=False)
    config: Any = SimpleNamespace(getvalue=lambda _: ["popen"] * len(names), option=options, hook=pytestconfig.hook)
    scheduler: Any = Modules(config, images_made=images_made)
    workers: list[Any] = [Worker(name) for name in names]
    for worker in workers:
        scheduler.add_node(worker)
        worker.tests = tests
        scheduler.add_node_collection(worker, tests)
    scheduler.schedule()
    return scheduler, workers


def run(scheduler: Any, worker: Worker, test: str) -> None:
    scheduler.mark_test_complete(worker, worker.tests.index(test))


def of(module: str, number: int) -> list[str]:
    return [f"{module}::test_{index}" for index in range(number)]


def test_every_module_that_is_named_is_there() -> None:
    assert [module for module in (*SECONDS, *TOGETHER, *TOGETHER.values()) if not (TESTS / module).is_file()] == []


def test_the_first_modules_begin_and_stay_together(pytestconfig: pytest.Config) -> None:
    tests = [*of(LONG, 3), *of(OTHER_LONG, 3), *of("a.py", 3), *of("b.py", 3)]
    _, (one, two) = scheduled(pytestconfig, tests, "gw0", "gw1")
    assert (one.given, two.given) == (of(LONG, 3), of(OTHER_LONG, 3))


def test_what_comes_next_is_said_before_the_last_test_and_nothing_long_waits_behind_a_long_one(
    pytestconfig: pytest.Config,
) -> None:
    tests = [*of(LONG, 2), *of(OTHER_LONG, 2), *of("a.py", 2), *of("b.py", 2)]
    scheduler, (one,) = scheduled(pytestconfig, tests, "gw0")
    run(scheduler, one, f"{LONG}::test_0")
    assert one.given == [*of(LONG, 2), *of("b.py", 2)]
    for test in (f"{LONG}::test_1", "b.py::test_0"):
        run(scheduler, one, test)
    assert one.given[4:] == of(OTHER_LONG, 2)


def test_a_module_of_one_test_has_the_next_behind_it_at_once(pytestconfig: pytest.Config) -> None:
    scheduler, (one,) = scheduled(pytestconfig, [*of("a.py", 1), *of("b.py", 1), *of("c.py", 2)], "gw0")
    assert one.given == [*of("a.py", 1), *of("b.py", 1)]
    run(scheduler, one, "a.py::test_0")
    assert one.given[2:] == of("c.py", 2)
    assert one.shutting_down  # nothing is left to be given: the worker ends when it has run what it has


def test_the_test_at_which_a_worker_died_is_not_run_again_and_the_rest_of_its_module_is(
    pytestconfig: pytest.Config,
) -> None:
    tests = [*of("a.py", 4), *of("b.py", 3), *of("c.py", 3)]
    scheduler, (one, two) = scheduled(pytestconfig, tests, "gw0", "gw1")
    run(scheduler, one, "a.py::test_0")
    assert scheduler.remove_node(one) == "a.py::test_1"
    for test in of("b.py", 2):
        run(scheduler, two, test)
    for test in ("b.py::test_2", *of("c.py", 1)):
        run(scheduler, two, test)
    run(scheduler, two, "c.py::test_1")
    assert two.given == [*of("b.py", 3), *of("c.py", 3), "a.py::test_2", "a.py::test_3"]


def test_the_two_modules_of_throw_away_engines_are_one_workers(pytestconfig: pytest.Config) -> None:
    swarm, engines = (f"{TESTS.name}/{name}.py" for name in ("orchestrator/backend/test_swarm", "test_engines"))
    tests = [*of(swarm, 2), *of("a.py", 4), *of(engines, 2)]
    _, (one, two) = scheduled(pytestconfig, tests, "gw0", "gw1")
    assert (one.given, two.given) == ([*of(swarm, 2), *of(engines, 2)], of("a.py", 4))


def test_a_worker_that_has_done_all_that_it_was_given_just_ends(pytestconfig: pytest.Config) -> None:
    scheduler, (one,) = scheduled(pytestconfig, of("a.py", 2), "gw0")
    for test in of("a.py", 2):
        run(scheduler, one, test)
    assert scheduler.remove_node(one) is None


def test_no_two_modules_have_one_name() -> None:
    """There are no packages among the tests: pytest could not import both."""
    names = Counter(file.name for file in TESTS.rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_as_long_as_there_are_no_images_what_needs_no_engine_is_run(pytestconfig: pytest.Config) -> None:
    engine, other_engine = (f"{TESTS.name}/labs/{module}.py" for module in ("test_homes", "test_https"))
    none, other_none = (f"{TESTS.name}/{module}.py" for module in ("test_makefile", "test_documents"))
    tests = [*of(engine, 1), *of(other_engine, 1), *of(none, 1), *of(other_none, 1)]
    made: list[bool] = []
    scheduler, (one,) = scheduled(pytestconfig, tests, "gw0", images_made=lambda: bool(made))
    assert one.given == [*of(other_none, 1), *of(none, 1)]
    made.append(True)
    run(scheduler, one, one.given[0])
    assert one.given[2:] == of(engine, 1)


def test_where_nothing_else_is_left_a_module_waits_for_its_image(pytestconfig: pytest.Config) -> None:
    module = f"{TESTS.name}/labs/test_homes.py"
    _, (one,) = scheduled(pytestconfig, of(module, 2), "gw0", images_made=lambda: False)
    assert one.given == of(module, 2)
