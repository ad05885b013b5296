"""Most tests on the engine name their labs alike in every run: two runs at once would take each other's labs away."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator

import pytest

from catenet.orchestrator.deploy.alone import own_folder

pytest_plugins = "pytester"  # tests/orchestrator/harness runs pytest within pytest


@pytest.fixture(scope="module")
def _alone(request: pytest.FixtureRequest) -> Iterator[None]:
    """While a module runs, others of its folder wait: those of another run, on this machine. They say for whom."""
    with (own_folder() / f"{request.path.parent.name}.tests").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            who = lock.read().strip()
            with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
                sys.stderr.write(f"\nprocess {who} runs such tests too: waiting for it\n")
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        lock.truncate()
        print(os.getpid(), file=lock, flush=True)
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        names: list[str] = getattr(item, "fixturenames", [])
        if item.get_closest_marker("engine") and "lab" not in names:  # that fixture's labs have names of their own
            names.insert(0, "_alone")
