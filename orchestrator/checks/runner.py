"""Runs checks: those that only read at once, those that count on the resolvers' caches one after the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor

from catenet.orchestrator.backend.protocols import Engine, EngineError, listed_of
from catenet.orchestrator.checks.cause import with_causes
from catenet.orchestrator.checks.fetch import check_fetch, describe_fetch
from catenet.orchestrator.checks.gone import check_gone, describe_gone
from catenet.orchestrator.checks.loop import check_loop, describe_loop
from catenet.orchestrator.checks.path import check_path, describe_path
from catenet.orchestrator.checks.ping import check_ping, describe_ping
from catenet.orchestrator.checks.resolve import check_resolve, describe_resolve
from catenet.orchestrator.checks.result import Finding, Result
from catenet.orchestrator.checks.routes import check_routes, describe_routes
from catenet.orchestrator.checks.scene import Scene
from catenet.orchestrator.lab.model import (
    Check,
    FetchCheck,
    GoneCheck,
    LoopCheck,
    PathCheck,
    PingCheck,
    ResolveCheck,
    RoutesCheck,
)
from catenet.orchestrator.observe.running import RunningLab, UserError

__all__ = ["describe", "run_checks"]

POLL = 0.2
"""Seconds between two looks of a check that may take some time to become true."""
AT_ONCE = 8


def run_checks(
    engine: Engine, running: RunningLab, checks: Sequence[Check], progress: Callable[[Result], None]
) -> list[Result]:
    """Runs them all and gives their results in the same order; `progress` gets each as it comes, from any thread.

    The time of each (`within`) counts from now, so that all together take no longer than the longest. What the engine
    or a node refuses makes the check fail, with its reason.

    Raises:
        EngineError: the engine does not answer any more.

    """
    now, over = time.monotonic(), threading.Event()

    def run(scene: Scene, check: Check) -> Result:
        result = _run(scene, check, now, over)
        progress(result)
        return result

    # A resolve check counts the messages at a resolver, and a fetch sends some there: so these run one at a time.
    alone = [n for n, check in enumerate(checks) if isinstance(check.expectation, ResolveCheck | FetchCheck)]
    with Scene(engine, running) as scene, ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        lane = pool.submit(lambda: {number: run(scene, checks[number]) for number in alone})
        free = {n: pool.submit(run, scene, check) for n, check in enumerate(checks) if n not in alone}
        try:
            results = lane.result() | {number: future.result() for number, future in free.items()}
        finally:  # after Ctrl-C, too
            over.set()
            pool.shutdown(wait=False, cancel_futures=True)
    return with_causes(engine, running, [results[number] for number in range(len(checks))])


def describe(check: Check) -> str:
    """The check in words: `a to lan-c: via link1, cost 2`."""
    match check.expectation:
        case RoutesCheck() as expectation:
            return describe_routes(expectation)
        case ResolveCheck() as expectation:
            return describe_resolve(expectation)
        case FetchCheck() as expectation:
            return describe_fetch(expectation)
        case PathCheck() as expectation:
            return describe_path(expectation)
        case PingCheck() as expectation:
            return describe_ping(expectation)
        case GoneCheck() as expectation:
            return describe_gone(expectation)
        case LoopCheck() as expectation:
            return describe_loop(expectation)


def _run(scene: Scene, check: Check, since: float, over: threading.Event) -> Result:
    """Looks until it holds, or until its time, counted from `since`, is over, or all is; once at least."""
    began, looked = time.monotonic(), since
    while True:
        finding = _look(scene, check, looked)
        looked = time.monotonic()
        if finding.holds or looked - since >= check.within:
            return Result(check, describe(check), finding, looked - began)
        if over.wait(POLL):
            raise CancelledError


def _look(scene: Scene, check: Check, since: float) -> Finding:
    try:
        match check.expectation:
            case RoutesCheck() as expectation:
                return check_routes(scene, expectation, since)
            case ResolveCheck() as expectation:
                return check_resolve(scene, expectation)
            case FetchCheck() as expectation:
                return check_fetch(scene, expectation)
            case PathCheck() as expectation:
                return check_path(scene, expectation)
            case PingCheck() as expectation:
                return check_ping(scene, expectation)
            case GoneCheck() as expectation:
                return check_gone(scene, expectation, since)
            case LoopCheck() as expectation:
                return check_loop(scene, expectation)
    except (EngineError, UserError) as error:
        listed_of(scene.engine, scene.running.name)  # a lost engine is no finding about the lab: that is raised
        return Finding(False, describe(check), str(error), "catenet status")
