"""What holds for every test: hypothesis has no clock, and two runs on one machine take turns at the engine.

Most tests on the engine name their labs alike in every run: two runs at once would take each other's labs away.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, settings

from catenet.orchestrator.deploy.alone import own_folder

pytest_plugins = "pytester"  # tests/orchestrator/harness runs pytest within pytest

# No example is wrong because a machine is slow; and every run draws the same ones: what fails, fails again.
settings.register_profile("catenet", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("catenet")

# A shell lets what it starts in the background ignore Ctrl-C, and the verbs that tests interrupt would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

_TURN = pytest.StashKey[IO[str]]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[object]:
    """While a module runs, others of its folder wait: those of another run, on this machine. They say for whom.

    The wait is outside of what pytest-timeout counts as the test's time.
    """
    stash = item.config.stash
    if _takes_turns(item) and _TURN not in stash:
        stash[_TURN] = _turn(item)
    try:
        return (yield)
    finally:
        over = nextitem is None or nextitem.path != item.path
        if over and _TURN in stash:
            stash[_TURN].close()
            del stash[_TURN]


def _takes_turns(item: pytest.Item) -> bool:
    """The labs of the plugin have names of their own."""
    return item.get_closest_marker("engine") is not None and item.get_closest_marker("lab") is None


def _turn(item: pytest.Item) -> IO[str]:
    """The lock of the folder, ours until it is closed."""
    lock = Path(own_folder(), f"{item.path.parent.name}.tests").open("a+")  # noqa: SIM115 -- it outlives this function
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        who = lock.read().strip()
        with item.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            sys.stderr.write(f"\nprocess {who} runs such tests too: waiting for it\n")
        fcntl.flock(lock, fcntl.LOCK_EX)
    lock.seek(0)
    lock.truncate()
    print(os.getpid(), file=lock, flush=True)
    return lock
