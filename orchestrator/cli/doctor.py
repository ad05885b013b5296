"""`catenet doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from catenet.orchestrator.backend.protocols import Container, Engine, EngineError
from catenet.orchestrator.cli.arguments import JsonOption
from catenet.orchestrator.cli.context import chosen_hosts, engine
from catenet.orchestrator.cli.phases import phases
from catenet.orchestrator.cli.screen import Cell, good_or_bad, print_json, table
from catenet.orchestrator.observe.ask import AT_ONCE
from catenet.orchestrator.observe.running import RunningLab, UserError, as_it_is, running_labs

if TYPE_CHECKING:
    from catenet.orchestrator.deploy.doctor import Diagnosis


def doctor(
    nodes: Annotated[int, typer.Option("--nodes", min=1, metavar="N", help="Judge for a lab of so many.")] = 60,
    json: JsonOption = False,
) -> None:
    """Say whether this machine can run labs, and what will bite at larger ones; what to do is said in each line.

    \b
    catenet doctor                  for 60 nodes, three times the largest lab that comes with catenet
    catenet doctor --nodes 300
    catenet doctor --host user@server   for that machine and its engine, by SSH
    catenet doctor --json | jq '.[] | select(.verdict != "ok")'

    It starts three nodes on two networks for some seconds, called catenet-doctor-…, and removes them. Exit code 1
    where something is wrong, so that labs do not work; 3 where no engine answers. A warning is no failure.
    """
    from catenet.orchestrator.deploy.doctor import engine_findings, leftovers, prove
    from catenet.orchestrator.deploy.progress import NoProgress

    hosts = chosen_hosts()
    findings: list[Diagnosis] = []
    with phases(quiet=json) as progress:
        for number, name in enumerate(hosts or [""]):
            progress.count("proving", number, len(hosts) or 1)
            docker = engine({name: hosts[name]} if name else {})
            found = [*engine_findings(docker), *prove(docker, NoProgress())]
            found += [*_machine(docker, hosts[name].url if name else "", nodes), *leftovers(docker), *_hanging(docker)]
            findings += [replace(each, topic=f"{name}: {each.topic}") if len(hosts) > 1 else each for each in found]
        progress.count("proving", len(hosts) or 1, len(hosts) or 1)
    if json:
        print_json([diagnosis.to_json() for diagnosis in findings])
    else:
        table(["", "", ""], [_row(diagnosis) for diagnosis in findings])
    if any(diagnosis.verdict == "wrong" for diagnosis in findings):
        raise typer.Exit(1)


def _row(diagnosis: Diagnosis) -> list[Cell]:
    verdict = good_or_bad(diagnosis.verdict, good=diagnosis.verdict == "ok")
    return [verdict, diagnosis.topic, f"{diagnosis.words}{f' → {diagnosis.do}' if diagnosis.do else ''}"]


def _machine(docker: Engine, host: str, nodes: int) -> Iterator[Diagnosis]:
    """The machine that the engine runs on: this one, or a server that lets us in by SSH."""
    from catenet.orchestrator.backend.docker import machine_of
    from catenet.orchestrator.deploy.doctor import Diagnosis
    from catenet.orchestrator.deploy.machine import machine_findings

    root = docker.data_root()
    try:
        machine = machine_of(host, here=root is not None)
    except EngineError as error:
        yield Diagnosis("limits", "warn", f"not judged: {error}", "catenet doctor on that one")
        return
    if machine is None:
        words = "not judged: the engine does not run on this machine itself, and is not reached by SSH"
        yield Diagnosis("limits", "warn", words, "catenet doctor on that one")
        return
    with machine:
        yield from machine_findings(machine, nodes, str(root or ""))


def _hanging(docker: Engine) -> Iterator[Diagnosis]:
    """Programs in nodes that nobody waits for any more, perhaps: a capture whose orchestrator was killed, a shell."""
    from catenet.orchestrator.deploy.doctor import Diagnosis

    for name, found_lab in running_labs(docker).items():
        lab = as_it_is(docker, found_lab)
        found = [f"{node}: {program}" for node, programs in _programs(docker, lab) for program in programs]
        if found:
            more = f", and {len(found) - 3} more" if len(found) > 3 else ""
            words = f"lab {name}: programs run in its nodes: {', '.join(found[:3])}{more}"
            yield Diagnosis("leftovers", "warn", words, f"if nobody needs them: catenet reset --lab {name}")


def _programs(docker: Engine, lab: RunningLab) -> Iterator[tuple[str, tuple[str, ...]]]:
    from catenet.orchestrator.operations.drift import find_drift

    def look(container: Container) -> tuple[str, tuple[str, ...]]:
        try:
            return container.node, find_drift(docker, container, lab.lab).programs
        except (EngineError, UserError, KeyError, ValueError):  # it is going just now, or the lab file has gone
            return container.node, ()

    alive = [container for container in lab.containers.values() if container.state == "running"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(look, alive)
