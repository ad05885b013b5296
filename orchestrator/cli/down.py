"""`catenet down`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated

import typer

from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import JsonOption
from catenet.orchestrator.cli.context import engine, here, look_there, not_there, on_all_hosts
from catenet.orchestrator.cli.phases import phases
from catenet.orchestrator.cli.screen import print_json, say, say_to_stderr
from catenet.orchestrator.deploy.locks import disown_orphan, exclusive_lock
from catenet.orchestrator.lab.find import LAB_VARIABLE, UnknownLabError, canonical, find_lab
from catenet.orchestrator.observe.running import FoundLab, UserError, running_labs, unknown

__all__ = ["down"]


def down(
    lab: Annotated[
        str,
        typer.Argument(
            metavar="[LAB]", help="A running lab's name, or its file or folder.", autocompletion=complete.running
        ),
    ] = "",
    name: Annotated[
        str,
        typer.Option(
            "--lab", "--name", metavar="NAME", help="The running lab that is meant.", autocompletion=complete.running
        ),
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="Every lab on the engine.")] = False,
    json: JsonOption = False,
) -> None:
    """Takes a running lab away: its containers and networks, found by their labels alone.

    \b
    catenet down               the lab of this folder, or the only one running
    catenet down internet      that one
    catenet down --all         every lab; nothing there is no error

    Where a lab is on several hosts, it is removed from all, also where --host names only some. Where one does not
    answer, what the others have is removed; what is left, and how to remove that, is said, and the exit code is 3.
    """
    from catenet.orchestrator.deploy.down import DownReport, LeftError
    from catenet.orchestrator.deploy.down import down as take_down

    docker = engine()
    where = "" if every else look_there(docker, name or lab)
    labs = running_labs(docker)
    copies = sorted(labs) if every else _copies(docker, labs, lab, name)
    if not copies and docker.lost():
        raise not_there(docker, "no such lab is on the hosts that answer")
    reports: list[DownReport] = []
    refused: list[EngineError | UserError] = []
    with phases(quiet=json) as progress:
        for copy in copies or ([name] if name else []):  # of one that has gone there may be a lock still
            if copy in labs:
                on_all_hosts(docker, labs[copy])
            try:
                with exclusive_lock([copy], docker.urls().values()):
                    disown_orphan(copy)
                    if copy not in labs:
                        continue
                    report = take_down(docker, copy, progress)
            except LeftError as error:
                report = error.report
                refused.append(error)
            except (EngineError, UserError) as error:  # of the others there is no less to be removed
                refused.append(error)
                continue
            reports.append(report)
            progress.finished(copy, f"{report.networks} networks, {report.nodes} nodes removed", report.seconds)
    if json:
        print_json([report.to_json() for report in reports])
    elif not reports and not refused:
        say(f"No such lab is running; nothing to remove{where and f': {where}'}.")
    refused.sort(key=lambda error: isinstance(error, EngineError))  # the exit code is that of the last
    for each in refused[:-1]:
        say_to_stderr(f"catenet: {each}")
    if refused:
        raise refused[-1]


def _copies(docker: Engine, running: Mapping[str, FoundLab], word: str, name: str) -> list[str]:
    """The copy that is meant; none where it does not run.

    Raises:
        UserError: no such lab, or no telling which copy.

    """
    word = name or word or os.environ.get(LAB_VARIABLE, "")
    if name or word in running:
        return [word] if word in running else []
    try:
        file = find_lab(word or None, here(), os.environ)
    except UnknownLabError:
        if docker.lost():
            return []
        raise unknown("running lab", word, running) from None
    found = [copy for copy, lab in running.items() if file is None or lab.file == canonical(file)]
    if len(found) > 1:
        raise UserError(f"several are running: say which with --lab ({', '.join(found)}), or take all with --all")
    return found
