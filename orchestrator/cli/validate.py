"""`catenet validate`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catenet.nodes.machine import Json
from catenet.orchestrator.cli.arguments import HostsFileOption, JsonOption, RoutingOption, StackOption, WiringOption
from catenet.orchestrator.cli.on_hosts import meant_hosts
from catenet.orchestrator.cli.screen import print_json, say, say_to_stderr
from catenet.orchestrator.lab.model import LabFileError

if TYPE_CHECKING:
    from catenet.orchestrator.lab.hosts import HostsFile


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Lab files, or folders with a lab.yaml.")],
    routing: RoutingOption = "",
    stack: StackOption = "",
    *,
    wiring: WiringOption = "",
    hosts: HostsFileOption = None,
    json: JsonOption = False,
) -> None:
    """Check lab files, without an engine: every mistake with its line and the nearest valid word.

    \b
    catenet validate lab.yaml
    catenet validate labs/*/lab.yaml
    catenet validate lab.yaml --routing ospf       whether it can be run so
    catenet validate lab.yaml --stack userspace    which nodes can be on that stack, and why others cannot
    catenet validate lab.yaml --hosts hosts.yaml   whether each `place:` is one of these hosts

    Exit code 2 when something is wrong; 1 when all can be run, but routers that would be neighbours cannot: their
    options differ.
    """
    meant = meant_hosts(hosts)
    verdicts = [_verdict(path, routing, stack, wiring, meant) for path in files]
    if json:
        print_json([verdict.as_json() for verdict in verdicts])
    else:
        for verdict in verdicts:
            verdict.say()
    if any(verdict.errors for verdict in verdicts):
        raise typer.Exit(2)
    if any(verdict.disagreements for verdict in verdicts):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Verdict:
    file: str
    errors: tuple[str, ...] = ()
    nodes: int = 0
    lans: int = 0
    called: str = ""
    disagreements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Json]:
        return {
            "file": self.file,
            "fine": not (self.errors or self.disagreements),
            "errors": self.errors,
            "disagreements": self.disagreements,
            "notes": self.notes,
            "nodes": self.nodes,
            "lans": self.lans,
        }

    def say(self) -> None:
        for line in (*self.errors, *self.disagreements):
            say_to_stderr(line)
        if not self.errors and not self.disagreements:
            called = f"; its folder's name is none for a lab: it is called {self.called}" if self.called else ""
            say(f"{self.file}: fine ({self.nodes} nodes, {self.lans} LANs){called}")
        for line in self.notes:
            say(f"{self.file}: note: {line}")


def _verdict(path: Path, routing: str, stack: str, wiring: str, hosts: HostsFile | None) -> _Verdict:
    from catenet.orchestrator.lab.load import load

    file = path / "lab.yaml" if path.is_dir() else path
    try:
        lab = load(file, routing=routing, stack=stack, wiring=wiring, hosts=hosts.hosts if hosts is not None else None)
    except LabFileError as error:
        return _Verdict(str(file), tuple(str(error).splitlines()))
    called = lab.name if lab.folder else ""
    return _Verdict(str(file), (), len(lab.nodes), len(lab.lans), called, lab.disagreements, lab.notes)
