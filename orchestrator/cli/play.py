"""`catenet play`."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.cli.arguments import JsonOption, LabOption, RunningArgument
from catenet.orchestrator.cli.context import engine, one_name, running_lab
from catenet.orchestrator.cli.screen import print_json, say, say_to_stderr, table
from catenet.orchestrator.observe.running import RunningLab, UserError
from catenet.orchestrator.timeline import Play, TimelineEvent, announced
from catenet.orchestrator.timeline.measure import Measured, figure

__all__ = ["play", "play_and_show", "show_measured"]


def play(word: RunningArgument = "", lab: LabOption = "", json: JsonOption = False) -> None:
    """Plays a running lab's timeline: each verb at its time, each expectation within its time.

    \b
    catenet play                    the lab of this folder, or the only one running
    catenet play internet           that one

    Exit code 1 when an expectation was not met: evidence of the first one is kept in .catenet/failures at once. Ctrl-C
    heals what was cut, and starts what was killed or paused. Where the lab file says `measure:`, its table comes last.
    """
    the_engine = engine()
    running = running_lab(the_engine, one_name(word, lab))
    if not running.lab.timeline:
        raise UserError(f"lab {running.name} has no timeline: add `timeline:` to {running.file}")
    history, _ = play_and_show(the_engine, running, json=json)
    if json:
        print_json([event.to_json() for event in history])
    if any(event.held is False for event in history):
        raise typer.Exit(1)


def play_and_show(the_engine: Engine, running: RunningLab, *, json: bool) -> tuple[list[TimelineEvent], str]:
    """Plays the timeline (`json`: without a word); its history, and the words on the evidence of a failure."""
    timeline = running.lab.timeline
    expected = sum(moment.expect is not None for moment in timeline)
    if not json:
        say(f"{running.name}: {announced(timeline)}; {expected} expectations")
    history: list[TimelineEvent] = []

    def note(event: TimelineEvent) -> None:
        history.append(event)
        if not json and event.measured is None:  # they come as a table
            say(event.line)

    played = Play(the_engine, running, note)
    played.run(timeline)
    held = sum(event.held is True for event in history)
    if not json:
        say(f"{running.name}: {held} of {expected} expectations held")
        show_measured([each.measured for each in history if each.measured is not None])
    if played.evidence:
        say_to_stderr(f"catenet: {played.evidence}")
    return history, played.evidence


def show_measured(rows: Sequence[Measured]) -> None:
    """The table of what was counted; nothing where nothing was."""
    if rows:
        heads = ["", "gone after", "highest metric", "changes", "messages", "pings that died"]
        table(heads, [[row.name, row.gone_after, *map(figure, _figures(row))] for row in rows])


def _figures(row: Measured) -> tuple[int | None, ...]:
    return (row.metric, row.changes, row.messages, row.died)
