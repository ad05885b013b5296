"""`catenet test`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catenet.nodes.control.units import format_duration
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine, EngineError, EngineGoneError
from catenet.orchestrator.cli.arguments import (
    HostsFileOption,
    JsonOption,
    LabArgument,
    RoutingOption,
    StackOption,
    WiringOption,
    variant_words,
)
from catenet.orchestrator.cli.check import print_results, run_and_show, say_evidence
from catenet.orchestrator.cli.context import chosen_hosts
from catenet.orchestrator.cli.junit import Report
from catenet.orchestrator.cli.on_hosts import engine_for, meant_hosts
from catenet.orchestrator.cli.phases import Phases, phases
from catenet.orchestrator.cli.play import play_and_show
from catenet.orchestrator.cli.screen import print_json, say_to_stderr
from catenet.orchestrator.cli.up import NameOption, TimeoutOption, load_lab, start
from catenet.orchestrator.deploy.locks import OwnershipLock, exclusive_lock
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.words import copy_name
from catenet.orchestrator.observe.meant_engine import HOST_VARIABLE
from catenet.orchestrator.observe.running import UserError, running_lab, running_labs
from catenet.orchestrator.operations import Result
from catenet.orchestrator.timeline.measure import Measured

if TYPE_CHECKING:
    from catenet.orchestrator.deploy.down import DownReport


def test(
    lab: LabArgument = "",
    name: NameOption = "",
    *,
    routing: RoutingOption = "",
    stack: StackOption = "",
    wiring: WiringOption = "",
    hosts: HostsFileOption = None,
    junit: Annotated[str, typer.Option("--junit", metavar="FILE", help="Write the results as JUnit XML too.")] = "",
    timeline: Annotated[bool, typer.Option("--timeline/--no-timeline", help="Play the lab's timeline too.")] = True,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the lab up at the end.")] = False,
    timeout: TimeoutOption = 120.0,
    json: JsonOption = False,
) -> None:
    """Start a copy of a lab, ask whether all that its file claims is true, and remove it: for CI.

    \b
    catenet test five-routers
    catenet test ./mine --junit report.xml
    catenet test internet --no-timeline     its checks alone: a timeline takes as long as it says
    catenet test internet --routing ospf    whether all of it is true of other routers, too
    catenet test internet --stack userspace and of catenet's own ARP, IPv4, ICMP and UDP
    catenet test internet --wiring vxlan    and of LANs that are segments over one network
    catenet test internet --hosts hosts.yaml    over the hosts of that file, as up has them
    catenet test ./mine --keep              the copy stays, to look into

    The copy has a name of its own, so it may run beside another one of the same lab. It is removed whatever happens,
    at Ctrl-C too. Exit code 1 when a check or an expectation of the timeline failed, or the lab did not become ready;
    logs, events, tables and captures of that are then in .catenet/failures.
    """
    meant = meant_hosts(hosts)
    docker = engine_for(lab, meant)
    loaded = load_lab(docker, lab, routing=routing, stack=stack, wiring=wiring, hosts=meant).lab
    if not (loaded.checks or (timeline and loaded.timeline)):
        raise UserError(f"lab {loaded.name} claims nothing: add `checks:` to {loaded.file}")
    file = _writable(junit) if junit else None
    report = Report(loaded.name)
    with _own_copy(docker, loaded, name, keep=keep, quiet=json) as copy:
        words = [*filter(None, [lab]), *variant_words(loaded), *_host_words(hosts)]
        again = shlex.join(["catenet", "test", *words, "--keep", "--name", copy])
        there = f"(with CATENET_LAB={copy}{_with_hosts(docker)}{'' if keep else f'; `{again}` leaves that copy'})"
        try:
            start(docker, loaded, copy, keep=keep, timeout=timeout, quiet=json)
            measured = _judge(docker, copy, report, there, timeline=timeline, json=json)
        except BaseException as error:  # whatever ends it: a report without an error would say that all is well
            report.error = _why(error)
            _fail_if_not_ready(error)
            raise
        finally:
            if file is not None:
                report.write(file)
    if json:
        print_json(_as_json(report, measured))
    if not all(result.passed for _, result in report.results):
        raise typer.Exit(1)


def _host_words(file: Path | None) -> list[str]:
    """The hosts, as the command line has named them."""
    if file is not None:
        return ["--hosts", str(file)]
    return [word for host in chosen_hosts().values() for word in ("--host", f"{host.name}={host.url}")]


def _with_hosts(docker: Engine) -> str:
    """What says them to other verbs, wherever these are typed."""
    hosts = ",".join(f"{host}={url}" for host, url in docker.urls().items())
    return f" {HOST_VARIABLE}={hosts}" if len(docker.urls()) > 1 else ""


def _judge(docker: Engine, copy: str, report: Report, there: str, *, timeline: bool, json: bool) -> list[Measured]:
    """The checks, then the timeline, whose measured rows are returned; evidence of the first of them that fails.

    `there`: the lab in which the commands to type next work.
    """
    running = running_lab(docker, copy)
    results = [_with_next(result, there) for result in run_and_show(docker, running, running.lab.checks)]
    report.results += [(result.what, result) for result in results]
    if not json:
        print_results(running.name, results)
    failed = [result for result in results if not result.passed]
    if failed:
        report.evidence = say_evidence(docker, running, failed)
    if not (timeline and running.lab.timeline):
        return []
    history, evidence = play_and_show(docker, running, json=json)
    report.evidence = "\n".join(filter(None, (report.evidence, evidence)))
    at = {moment.expect: format_duration(moment.at) for moment in running.lab.timeline if moment.expect is not None}
    met = [_with_next(event.result, there) for event in history if event.result is not None]
    report.results += [(f"at {at[result.check]}: {result.what}", result) for result in met]
    return [event.measured for event in history if event.measured is not None]


def _with_next(result: Result, there: str) -> Result:
    return replace(result, finding=replace(result.finding, next=f"{result.finding.next} {there}"))


@contextmanager
def _own_copy(docker: Engine, lab: Lab, name: str, *, keep: bool, quiet: bool) -> Iterator[str]:
    """The name of a copy that is this process's own; removed at the end or, where we are killed, by the next test."""
    copy = name or copy_name(lab.name, f"-test-{os.getpid()}")
    _remove_orphans(docker, quiet=quiet)  # first: one of them may have the very name
    if copy in running_labs(docker):
        raise UserError(f"lab {copy} runs already: catenet check --lab {copy}, or give another --name")
    ownership, stays = OwnershipLock(copy), f"lab {copy} stays; {_removing(docker, copy)} removes it"

    def end() -> None:
        if keep:
            say_to_stderr(f"catenet: {stays}")
            ownership.release()
        else:
            with ownership.ending():
                _remove(docker, copy, quiet=quiet)

    try:
        yield copy
    except EngineGoneError:
        say_to_stderr(f"catenet: {stays}")
        ownership.leave()
        raise
    except BaseException:
        try:
            end()
        except (EngineError, UserError) as failure:  # it hides not why we came to this
            say_to_stderr(f"catenet: {failure}; {stays}")
        raise
    end()


def _removing(docker: Engine, copy: str) -> str:
    """The command that removes it, wherever it is."""
    from catenet.orchestrator.deploy.down import down_again

    return down_again(docker, copy) if len(docker.urls()) > 1 else f"catenet down {copy}"


def _remove(docker: Engine, copy: str, *, quiet: bool) -> None:
    from catenet.orchestrator.deploy.down import down

    with exclusive_lock([copy], docker.urls().values()), phases(quiet=quiet) as progress:
        _tell(down(docker, copy, progress), progress)


def _remove_orphans(docker: Engine, *, quiet: bool) -> None:
    """What the engine does not let go of is told, and keeps nobody from testing."""
    from catenet.orchestrator.deploy.down import remove_orphans

    with phases(quiet=quiet) as progress:
        try:
            reports = remove_orphans(docker, progress)
        except EngineGoneError:
            raise
        except EngineError as error:
            say_to_stderr(f"catenet: left of a test that was killed: {error}")
            return
        for report in reports:
            _tell(report, progress)


def _tell(report: DownReport, progress: Phases) -> None:
    if report.nodes or report.networks:
        said = f"{report.networks} networks, {report.nodes} nodes removed"
        progress.finished(report.copy, said, report.seconds)


def _why(error: BaseException) -> str:
    return "interrupted" if isinstance(error, KeyboardInterrupt | SystemExit) else str(error) or repr(error)


def _fail_if_not_ready(error: BaseException) -> None:
    from catenet.orchestrator.deploy.ready import NotReadyError

    if isinstance(error, NotReadyError):
        say_to_stderr(f"catenet: {error}")
        raise typer.Exit(1) from None


def _writable(path: str) -> Path:
    """The file, which can be written: better said before the lab is started. It is emptied: of an earlier test it would
    be read as of this one, where that is killed.
    """
    file = Path(path)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    except OSError as error:
        raise UserError(f"--junit {path}: {error.strerror}") from None
    return file


def _as_json(report: Report, measured: Sequence[Measured]) -> dict[str, Json]:
    results: list[Json] = [{**result.to_json(), "name": name} for name, result in report.results]
    rows: list[Json] = [row.to_json() for row in measured]
    return {"lab": report.lab, "results": results, "measured": rows, "evidence": report.evidence}
