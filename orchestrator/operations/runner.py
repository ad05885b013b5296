"""Runs checks: most of them at once, those that count packets or send some that others count one after the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor

from catenet.orchestrator.backend.protocols import Engine, EngineError, HostLostError, listed_of
from catenet.orchestrator.checks.expectation import Finding, NoAnswerError
from catenet.orchestrator.lab.model import Check
from catenet.orchestrator.observe.running import RunningLab, UserError
from catenet.orchestrator.operations.cause import with_causes
from catenet.orchestrator.operations.result import Result
from catenet.orchestrator.operations.scene import RunningScene

__all__ = ["run_checks"]

POLL = 0.2
"""Seconds between two looks of a check that may take some time to become true."""
AT_ONCE = 8


def run_checks(
    engine: Engine, running: RunningLab, checks: Sequence[Check], progress: Callable[[Result], None]
) -> list[Result]:
    """Runs them all and gives their results in the same order; `progress` gets each as it comes, from any thread.

    The time of each (`within`) counts from now, so that all together take no longer than the longest. What the engine
    or a node refuses makes the check fail, with its reason; what needs a host that is lost fails at once.

    Raises:
        EngineError: the engine does not answer any more, or of several hosts one.

    """
    now, over = time.monotonic(), threading.Event()

    def run(scene: RunningScene, check: Check) -> Result:
        result = _run(scene, check, now, over)
        progress(result)
        return result

    alone = [n for n, check in enumerate(checks) if check.expectation.alone]
    with RunningScene(engine, running) as scene, ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        lane = pool.submit(lambda: {number: run(scene, checks[number]) for number in alone})
        free = {n: pool.submit(run, scene, check) for n, check in enumerate(checks) if n not in alone}
        try:
            results = lane.result() | {number: future.result() for number, future in free.items()}
        finally:  # after Ctrl-C, too
            over.set()
            pool.shutdown(wait=False, cancel_futures=True)
    return with_causes(engine, running, [results[number] for number in range(len(checks))])


def _run(scene: RunningScene, check: Check, since: float, over: threading.Event) -> Result:
    """Looks until it holds, or until its time, counted from `since`, is over, or all is; once at least."""
    began = time.monotonic()
    looked = began if check.expectation.alone else since  # what one that changes something shows is not known before
    while True:
        finding, lost = _look(scene, check, looked)
        looked = time.monotonic()
        if finding.holds or lost or looked - since >= check.within:
            return Result(check, finding, looked - began)
        if over.wait(POLL):
            raise CancelledError


def _look(scene: RunningScene, check: Check, since: float) -> tuple[Finding, bool]:
    """What is found; and whether a host that does not answer has kept it from being asked: then none waits for it."""
    try:
        return check.expectation.run(scene.since(since)), False
    except (EngineError, UserError, NoAnswerError) as error:
        _refuse_lost(scene.engine, scene.running)
        finding = Finding(False, check.expectation.describe(), str(error), "catenet status")
        return finding, isinstance(error, HostLostError)


def _refuse_lost(engine: Engine, running: RunningLab) -> None:
    """An engine that is lost is no finding about the lab; what is on a host that was so before is told as one.

    Raises:
        EngineError: it does not answer any more, or of several hosts one does not.

    """
    listed_of(engine, running.name)
    now = running.hosts.asked_by(engine)
    for host in now.lost.keys() - running.hosts.lost.keys():
        raise HostLostError(now.said_of(host), host=host)
