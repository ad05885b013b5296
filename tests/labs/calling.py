"""Calls in labs under test: one look at a check, and a timeline played."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.lab.expect import read_expectation
from catenet.orchestrator.operations import Result, run_checks
from catenet.orchestrator.timeline import Play, TimelineEvent

PATIENCE = "200s"
"""Speech comes in time only where the machine has time: what is broken off by others' work is tried again."""
_PLAYS = 3


def look(lab: LabUnderTest, **words: Any) -> Result:
    """One look at a check, whatever comes of it."""
    wanted = replace(read_expectation(lab.model, words), within=0.0)
    return run_checks(lab.engine, lab.running, [wanted], lambda _: None)[0]


def play(lab: LabUnderTest) -> list[str]:
    """What the last of some plays said that did not hold: none, unless all of them failed."""
    for _ in range(_PLAYS):
        history: list[TimelineEvent] = []
        Play(lab.engine, lab.running, history.append).run(lab.model.timeline)
        failed = [each.text for each in history if each.held is False]
        if not failed:
            break
    return failed
