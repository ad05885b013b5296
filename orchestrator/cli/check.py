"""`catenet check`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import JsonOption, LabOption
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.screen import Cell, good_or_bad, print_json, say, say_to_stderr, table
from catenet.orchestrator.lab.model import Check
from catenet.orchestrator.observe.running import RunningLab, unknown
from catenet.orchestrator.operations import Result, keep_evidence, run_checks

__all__ = ["check", "print_results", "run_and_show", "say_evidence"]


def check(
    labs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LAB…]", help="Running labs; else the one meant.", autocompletion=complete.running),
    ] = None,
    claim: Annotated[
        list[str] | None,
        typer.Option("--claim", metavar="ID", help="Only checks of that claim.", autocompletion=complete.claims),
    ] = None,
    lab: LabOption = "",
    *,
    evidence: Annotated[
        bool, typer.Option("--evidence/--no-evidence", help="Keep logs, tables and captures of what failed.")
    ] = True,
    json: JsonOption = False,
) -> None:
    """Asks a running lab whether what its file claims is true; exit code 1 when something is not.

    \b
    catenet check                   the lab here, or the only one
    catenet check internet five-routers
    catenet check --claim D2        only the checks of claim D2

    What failed is done once more while every node is captured; .catenet/failures has the packets, and all logs,
    events and tables of that moment. Of a lab on several hosts, what needs one that does not answer fails at once, and
    the exit code is 3.
    """
    report: list[Json] = []
    passed, lost = True, False
    meant = [_where_it_is(name) for name in labs or [lab]]
    chosen = [_chosen(running, claim or ()) for _, running in meant]  # a wrong word is said before anything is asked
    for (the_engine, running), checks in zip(meant, chosen, strict=True):
        results = run_and_show(the_engine, running, checks)
        failed = [result for result in results if not result.passed]
        passed, lost = passed and not failed, lost or bool(failed and running.hosts.lost)
        if json:
            report += [{"lab": running.name, **result.to_json()} for result in results]
        else:
            print_results(running.name, results)
        if failed and evidence:
            say_evidence(the_engine, running, failed)
    if json:
        print_json(report)
    if not passed:
        raise typer.Exit(3 if lost else 1)


def _where_it_is(name: str) -> tuple[Engine, RunningLab]:
    """The lab, and the engine of its own hosts, which those of another lab are not."""
    its = engine()
    return its, running_lab(its, name)


def _chosen(running: RunningLab, claims: Sequence[str]) -> list[Check]:
    """The lab's checks of those claims (none given: all).

    Raises:
        UserError: the lab has no check of such a claim.

    """
    known = {each.claim for each in running.lab.checks}
    for claim in claims:
        if claim not in known:
            raise unknown("check of claim", claim, known - {""}, owner=f"lab {running.name}")
    return [each for each in running.lab.checks if not claims or each.claim in claims]


def run_and_show(the_engine: Engine, running: RunningLab, checks: Sequence[Check]) -> list[Result]:
    """Runs them; on a terminal the last one that came to its end is shown meanwhile."""
    with Console(stderr=True).status(f"{running.name}: {len(checks)} checks") as status:
        return run_checks(the_engine, running, checks, lambda result: status.update(escape(result.what)))


def say_evidence(the_engine: Engine, running: RunningLab, failed: Sequence[Result]) -> str:
    """Keeps it, and says where on standard error; the same words."""
    with Console(stderr=True).status(f"{running.name}: keeping evidence"):
        said = keep_evidence(the_engine, running, failed)
    say_to_stderr(f"catenet: {said}")
    return said


def print_results(lab: str, results: Sequence[Result]) -> None:
    """A line for each check and, for those that failed, what was expected and seen, and what to type next."""
    rows: list[list[Cell]] = [
        [
            result.check.claim,
            result.what,
            good_or_bad("ok" if result.passed else "FAILED", good=result.passed),
            _ms(result),
        ]
        for result in results
    ]
    table(["claim", "what", "result", "ms"], rows)
    for line in (line for result in results for line in result.finding.table):
        say(line)
    failed = [result for result in results if not result.passed]
    for result in failed:
        say("")
        for line in result.lines():
            say(line)
    say(f"{lab}: {len(results) - len(failed)} of {len(results)} checks hold")


def _ms(result: Result) -> str:
    return f"{result.took * 1000:.0f}"
