"""What holds for every test: hypothesis has no clock, and xdist's workers share the modules as side_by_side.py says."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator, Iterator
from contextlib import suppress
from threading import Thread

import pytest
from hypothesis import HealthCheck, settings
from on_engine import make_images, remove_images_of_the_dead
from side_by_side import Modules, longest_first
from xdist.remote import Producer

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import EngineError

# What these assert is said in full, as in a test.
pytest.register_assert_rewrite("lab_bench", "rip_mixed", "story")
pytest_plugins = ("pytester", "own_service", "engines")  # tests/orchestrator/harness runs pytest within pytest

# No example is wrong because a machine is slow; and every run draws the same ones: what fails, fails again.
settings.register_profile("catenet", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("catenet")

# The tests' engine is DOCKER_HOST's: verbs that they run must mean no other.
os.environ.pop("CATENET_HOST", None)

# A shell lets what it starts in the background ignore Ctrl-C, and the verbs that tests interrupt would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """When xdist has ended its workers: the images of one that was killed. Its labs the plugin removes."""
    if session.config.pluginmanager.hasplugin("dsession"):
        with suppress(EngineError):  # without an engine there is nothing on it
            remove_images_of_the_dead(connect())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """All that is imported and collected stays to the end; to look through it for garbage takes a third of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True, scope="module")
def _nothing_left_open() -> Iterator[None]:
    """What a module leaves open fails there, and not in whatever test the garbage collector happens to run."""
    yield
    gc.collect()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In the order of the collection a worker's modules are given out."""
    if hasattr(config, "workerinput"):
        items[:] = longest_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Modules:
    """Whatever --dist says: only whole modules can be shared."""
    config.option.loadscopereorder = False
    if "not engine" in config.option.markexpr:
        return Modules(config, log)
    making = Thread(target=make_images, name="images", daemon=True)
    making.start()
    return Modules(config, log, lambda: not making.is_alive())
