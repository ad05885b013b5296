"""`catenet doctor`."""

from __future__ import annotations

import platform
import resource
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catenet.orchestrator.backend.protocols import Container, Engine, EngineError
from catenet.orchestrator.cli.arguments import JsonOption
from catenet.orchestrator.cli.context import engine
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
    catenet doctor --json | jq '.[] | select(.verdict != "ok")'

    It starts three nodes on two networks for some seconds, called catenet-doctor-…, and removes them. Exit code 1
    where something is wrong, so that labs do not work; 3 where no engine answers. A warning is no failure.
    """
    from catenet.orchestrator.deploy.doctor import engine_findings, leftovers, prove
    from catenet.orchestrator.deploy.progress import NoProgress

    docker = engine()
    findings = list(engine_findings(docker))
    with phases(quiet=json) as progress:
        progress.count("proving", 0, 1)
        findings += prove(docker, NoProgress())
        progress.count("proving", 1, 1)
    findings += [*_machine(docker.data_root(), nodes), *leftovers(docker), *_hanging(docker)]
    if json:
        print_json([diagnosis.to_json() for diagnosis in findings])
    else:
        table(["", "", ""], [_row(diagnosis) for diagnosis in findings])
    if any(diagnosis.verdict == "wrong" for diagnosis in findings):
        raise typer.Exit(1)


def _row(diagnosis: Diagnosis) -> list[Cell]:
    verdict = good_or_bad(diagnosis.verdict, good=diagnosis.verdict == "ok")
    return [verdict, diagnosis.topic, f"{diagnosis.words}{f' → {diagnosis.do}' if diagnosis.do else ''}"]


def _machine(root: Path | None, nodes: int) -> Iterator[Diagnosis]:
    """The machine that the engine runs on, where it is this one. `root`: the engine's data root."""
    from catenet.orchestrator.deploy.doctor import Diagnosis

    if root is None:
        words = "not judged: the engine does not run on this machine itself"
        yield Diagnosis("limits", "warn", words, "catenet doctor on that one")
    else:
        yield from _kernel()
        yield from _limits(root, nodes)


def _kernel() -> Iterator[Diagnosis]:
    from catenet.orchestrator.deploy.doctor import Diagnosis

    yield Diagnosis("kernel", "ok", f"{platform.system()} {platform.release()}")
    if _setting("net.bridge.bridge-nf-call-iptables"):
        words = "br_netfilter is on: this machine's packet filter sees what crosses a LAN, and reassembles fragments"
        yield Diagnosis("kernel", "ok", words)


def _limits(root: Path, nodes: int) -> Iterator[Diagnosis]:
    from catenet.orchestrator.deploy.doctor import Diagnosis
    from catenet.orchestrator.deploy.limits import limits

    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    met = list(limits(nodes, _setting, _memory(), shutil.disk_usage(root).free, files))
    for limit in met:
        if not limit.holds:
            unit = f" {limit.unit}" if limit.unit else ""
            words = f"{limit.name}: {limit.has}{unit}, and {nodes} nodes need {limit.needs}{unit}"
            yield Diagnosis("limits", "warn", words, limit.do)
    enough = [limit.name for limit in met if limit.holds]
    yield Diagnosis("limits", "ok", f"enough for {nodes} nodes: {', '.join(enough)}")


def _setting(name: str) -> int | None:
    """A sysctl of this machine."""
    try:
        return int(Path("/proc/sys", *name.split(".")).read_text())
    except (OSError, ValueError):
        return None


def _memory() -> int:
    """Bytes that can be had without swapping (proc(5), MemAvailable)."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


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
