"""One run of a timeline: each verb at its time, each expectation within its time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

from catenet.nodes.control.units import format_duration
from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.faults import verbs
from catenet.orchestrator.lab.model import Check, Moment
from catenet.orchestrator.observe.running import RunningLab, UserError, running_lab
from catenet.orchestrator.operations import Result, keep_evidence, run_checks
from catenet.orchestrator.operations.verbs import AT_ONCE, do, lead_time
from catenet.orchestrator.timeline.event import TimelineEvent
from catenet.orchestrator.timeline.measure import Measuring, figure

__all__ = ["Play", "announced", "head_start"]

_SET_UP = 2.0
"""Seconds for the questions to all routers that measuring begins with."""


class Play:
    """One run of a timeline.

    An expectation with time (`within`) is watched in a thread of its own, while the timeline goes on; one without must
    hold at its moment, and the next moment waits for it.
    """

    def __init__(self, engine: Engine, running: RunningLab, tell: Callable[[TimelineEvent], None]) -> None:
        self._engine = engine
        self._running = running
        self._tell = tell
        self._began = 0.0
        self._results: queue.SimpleQueue[Result | Exception] = queue.SimpleQueue()
        self._watched = 0
        self._broken: dict[tuple[str, str], str] = {}  # (LAN or node, its name) → the verb that mends it
        self._witness: threading.Thread | None = None
        self._measured = bool(running.lab.measures)
        self.evidence = ""

    def run(self, timeline: tuple[Moment, ...]) -> None:
        """Plays it to its end and waits for the last expectation. Broken off, it mends what it broke.

        Raises:
            UserError, EngineError: a verb could not be done.

        """
        entries = _entries(timeline)
        try:
            with Measuring(self._engine, self._running) as measuring:
                self._began = time.monotonic() + head_start(entries, measured=self._measured)
                for entry in entries:
                    self._play(entry, measuring)
                while self._watched:
                    self._take(self._results.get())
                self._tell_measured(measuring)
            if self._witness is not None:
                self._witness.join()
        except BaseException:
            self._mend()
            raise

    def _play(self, moments: Sequence[Moment], measuring: Measuring) -> None:
        """What happens at one time: one expectation, or one verb with all that it is done to at once."""
        first = moments[0]
        self._wait_until(first.at - _preparation(moments, measured=self._measured))
        if first.expect is not None:
            self._watch(first.expect)
            return
        breaks = verbs()[first.verb].breaks
        if breaks:
            measuring.begin(time.time() + first.at - self._now())
        else:
            self._tell_measured(measuring)
        running, ahead = self._refreshed(), lead_time(first.verb, len(moments))
        if breaks:
            self._wait_until(first.at - ahead)
        at = time.time() + ahead if ahead else 0.0
        if not at:
            measuring.count_before(at)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            doing = [pool.submit(self._do, moment, running, at) for moment in moments]
            measuring.count_before(at)  # the verbs have been given, and wait for their time
            for done in doing:
                done.result()

    def _tell_measured(self, measuring: Measuring) -> None:
        told = bool(measuring.results)
        for row in measuring.end():
            if not told:
                text = f"{row.name}: {row.gone_after}, highest metric {figure(row.metric)}"
                self._tell(TimelineEvent(self._now(), "measure", text, measured=row))

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _wait_until(self, at: float) -> None:
        """Results that come meanwhile are told at once."""
        while (left := at - self._now()) > 0:
            try:
                self._take(self._results.get(timeout=left))
            except queue.Empty:
                return

    def _do(self, moment: Moment, running: RunningLab, at: float = 0.0) -> None:
        began, verb, target = self._now(), moment.verb, moment.target
        known = verbs()[verb]
        if known.breaks:  # noted first: it may be broken off half-way
            self._broken[known.on, target] = known.undone_by
        done = do(self._engine, running, verb, target, moment.options, at=at)
        self._tell(TimelineEvent(self._now() if at else began, verb, "; ".join((done.words, *done.remarks))))
        if not known.breaks:
            self._broken.pop((known.on, target), None)

    def _watch(self, check: Check) -> None:
        running = self._refreshed()

        def watch() -> None:
            try:
                self._results.put(run_checks(self._engine, running, [check], lambda _: None)[0])
            except Exception as error:
                self._results.put(error)

        self._watched += 1
        if check.within:
            threading.Thread(target=watch, name="expectation", daemon=True).start()
        else:
            watch()
            self._take(self._results.get())

    def _take(self, result: Result | Exception) -> None:
        self._watched -= 1
        if isinstance(result, Exception):
            raise result
        if result.passed:
            text = f"{result.what}, after {format_duration(round(result.took, 1))}"
        else:
            text = f"{result.what}: seen {result.finding.seen}; next: {result.finding.next}"
        if not result.passed and self._witness is None:
            self._witness = threading.Thread(target=self._keep, args=(result,), name="evidence", daemon=True)
            self._witness.start()
        self._tell(TimelineEvent(self._now(), "holds" if result.passed else "FAILED", text, result))

    def _keep(self, failed: Result) -> None:
        """At once, and beside the timeline: what comes next may mend what is wrong now."""
        self.evidence = keep_evidence(self._engine, self._refreshed(), [failed])

    def _mend(self) -> None:
        """All that can be: what cannot is told, and hides neither why this play was broken off nor the rest."""
        for (_, target), verb in list(self._broken.items()):
            try:
                self._do(Moment(0.0, verb, target), self._refreshed())
            except (EngineError, UserError) as error:
                self._tell(TimelineEvent(self._now(), verb, f"{target} is not mended: {error}"))

    def _refreshed(self) -> RunningLab:
        """The same copy as the engine has it now."""
        try:
            return running_lab(self._engine, self._running.name)
        except UserError:  # it is gone: whoever asks one of its nodes will say so
            return self._running


def head_start(entries: Sequence[Sequence[Moment]], *, measured: bool) -> float:
    """Seconds before the clock starts, so that what breaks early breaks at its time, and not when it is prepared."""
    return max([0.0, *(_preparation(entry, measured=measured) - entry[0].at for entry in entries)])


def _preparation(moments: Sequence[Moment], *, measured: bool) -> float:
    """Seconds before its time at which one begins with what breaks something: to tell several, and to count."""
    verb = moments[0].verb
    return lead_time(verb, len(moments)) + (_SET_UP if measured else 0.0) if verb and verbs()[verb].breaks else 0.0


def _together(moment: Moment) -> tuple[float, str, Any, int]:
    """Moments next to each other with the same key are one entry of the timeline; each expectation is one alone."""
    return moment.at, moment.verb, moment.options, 0 if moment.expect is None else id(moment)


def announced(timeline: Iterable[Moment]) -> str:
    """What will happen, in words; expectations are left out."""
    return ", ".join(filter(None, map(_announced, _entries(timeline))))


def _entries(timeline: Iterable[Moment]) -> list[list[Moment]]:
    """The moments in the order of their times, those of one entry of the lab file together."""
    in_order = sorted(timeline, key=lambda moment: moment.at)
    return [list(together) for _, together in groupby(in_order, _together)]


def _announced(moments: Sequence[Moment]) -> str:
    """What will happen, in words; nothing of an expectation."""
    first, *more = moments
    others = f" and {len(more)} more" if more else ""
    return f"{first.words}{others} at {format_duration(first.at)}" if first.verb else ""
