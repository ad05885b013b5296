"""`catenet up`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from catenet.nodes.control.units import LONGEST
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.cli.arguments import (
    HostsFileOption,
    JsonOption,
    LabArgument,
    RoutingOption,
    StackOption,
    WiringOption,
)
from catenet.orchestrator.cli.context import here, on_all_hosts
from catenet.orchestrator.cli.on_hosts import engine_for, meant_hosts, placement_json, say_placement
from catenet.orchestrator.cli.phases import Phases, phases
from catenet.orchestrator.cli.screen import print_json, say, say_to_stderr
from catenet.orchestrator.deploy.locks import disown_orphan, exclusive_lock
from catenet.orchestrator.faults import mending
from catenet.orchestrator.lab.find import LAB_VARIABLE
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.words import NAMES
from catenet.orchestrator.observe.running import FoundLab, UserError, running_labs

if TYPE_CHECKING:
    from catenet.orchestrator.deploy.up import UpReport
    from catenet.orchestrator.lab.hosts import HostsFile

__all__ = ["NameOption", "TimeoutOption", "bring_up", "load_lab", "say_which", "start", "up"]


def _copys_name(name: str) -> str:
    if name and not NAMES["lab"].allows(name):
        raise UserError(f"--name {name!r} is no name for a lab: {NAMES['lab'].advise(name)}")
    return name


NameOption = Annotated[
    str, typer.Option("--name", callback=_copys_name, help="Start another copy of the lab, of this name.")
]

TimeoutOption = Annotated[
    float, typer.Option("--timeout", min=1, max=LONGEST, help="Seconds until the lab must be ready.")
]


def up(
    lab: LabArgument = "",
    name: NameOption = "",
    *,
    routing: RoutingOption = "",
    stack: StackOption = "",
    wiring: WiringOption = "",
    hosts: HostsFileOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print which node goes where, and the steps.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="After a failure, leave what was made.")] = False,
    timeout: TimeoutOption = 120.0,
    json: JsonOption = False,
) -> None:
    """Start a lab, and return when it is ready: addressed, serving, its routing converged.

    \b
    catenet up internet                 a lab that comes with catenet
    catenet up ./mine                   your own
    catenet up five-routers --name b    another copy beside it
    catenet up internet --routing ospf  its routers by link state
    catenet up internet --stack userspace   each node that can be on catenet's own ARP, IPv4, ICMP and UDP
    catenet up internet --wiring vxlan  its LANs as segments over one network of the engine
    catenet up --dry-run internet       the steps, and nothing else
    catenet up internet --hosts hosts.yaml      its nodes on the hosts of that file: {hosts: {here: local, big: ssh://me@big}}
    catenet up internet --host local --host big=ssh://me@server     the same without a file

    Of several hosts each gets its share by its memory, so that few LANs span hosts; `place: big` pins a node.
    What is there already and as it should be stays as it is, and the copy keeps the --routing, --stack and --wiring
    that it has. Exit code 1 when the lab did not become ready: what the nodes said is then kept in .catenet/failures.
    """
    meant = meant_hosts(hosts)
    docker, said = engine_for(lab, meant), (routing or None, stack or None)
    if dry_run:
        _print_steps(docker, lab, name, *said, wiring=wiring or None, hosts=meant, json=json)
    else:
        bring_up(docker, lab, name, *said, wiring=wiring or None, hosts=meant, keep=keep, timeout=timeout, json=json)


def bring_up(
    docker: Engine,
    word: str,
    name: str = "",
    routing: str | None = None,
    stack: str | None = None,
    *,
    wiring: str | None = None,
    hosts: HostsFile | None = None,
    keep: bool = False,
    timeout: float = 120.0,
    json: bool = False,
) -> None:
    """Start the lab that `word` means, as a copy of that `name`, and tell the user. `routing`, `stack`, `wiring`,
    `hosts`: as of `load_lab`.

    Raises:
        UserError: no such lab, or it cannot be put on this engine.
        typer.Exit: it did not become ready; the user has been told.

    """
    from catenet.orchestrator.deploy.ready import NotReadyError

    lab, copy, now = load_lab(docker, word, name, routing, stack, wiring=wiring, hosts=hosts)
    _on_its_hosts(docker, lab, now)
    if lab.folder and copy == lab.name and not name and not json:
        say(f"the lab is called {copy}, since {lab.folder!r} is no name for one (`name:` or --name says another)")
    try:
        report = start(docker, lab, copy, keep=keep, timeout=timeout, quiet=json)
    except NotReadyError as error:
        say_to_stderr(f"catenet: {error}")
        raise typer.Exit(1) from None
    if json:
        print_json(report.to_json())
    else:
        say_which(docker, report.copy)


def say_which(docker: Engine, copy: str) -> None:
    """How the verbs to come are told that they mean this copy, where it is not the only one."""
    if len(running_labs(docker)) > 1 and os.environ.get(LAB_VARIABLE) != copy:
        say(f"several labs run: export {LAB_VARIABLE}={copy}, or --lab {copy}")


def start(docker: Engine, lab: Lab, copy: str, *, keep: bool, timeout: float, quiet: bool) -> UpReport:
    """Start a copy of a lab, and tell the user of its progress (`quiet`: not).

    Raises:
        UserError: it cannot be put on this engine.
        NotReadyError: it did not become ready.

    """
    from catenet.orchestrator.deploy.images import ensure_node_image
    from catenet.orchestrator.deploy.up import up as deploy
    from catenet.orchestrator.plan.desired import PlanError

    try:
        with exclusive_lock([copy], docker.urls().values()), phases(quiet=quiet) as progress:
            disown_orphan(copy)
            for line in (*lab.disagreements, *lab.notes):
                progress.note(line)
            image = ensure_node_image(docker, progress)
            report = deploy(docker, lab, copy, image, progress, keep=keep, timeout=timeout)
            _tell(report, lab, progress)
            return report
    except PlanError as error:
        raise UserError(str(error)) from None
    except KeyboardInterrupt:
        say_to_stderr(f"catenet: interrupted{f'; lab {copy} is left as it is' if keep else ''}")
        raise


class MeantLab(NamedTuple):
    """A lab, the copy of it that is meant, and what there is of that now: on its hosts it stays."""

    lab: Lab
    copy: str
    now: FoundLab | None


def load_lab(
    docker: Engine,
    word: str,
    name: str = "",
    routing: str | None = None,
    stack: str | None = None,
    *,
    wiring: str | None = None,
    hosts: HostsFile | None = None,
) -> MeantLab:
    """The lab that `word` means, without one that of $CATENET_LAB, else that of the lab.yaml here or above, else the
    only one that runs; the copy is that of `name`, where it says one.

    `routing`: the service that is to find its routes, `stack`: on which its nodes are to be, `wiring`: what its LANs
    are to be made of; empty: as the file has it; None: as that copy has it now. `hosts`: those that the command line
    names in the place of the file's.

    Raises:
        UserError: there is no telling which.
        UnknownLabError, LabFileError: no such lab, or it is wrong.

    """
    running = running_labs(docker)
    file, copy = _meant(running, word)
    said = (routing, stack, wiring)
    lab = _variant(file, hosts, *(word or "" for word in said))
    copy = name or copy or lab.name
    now = running.get(copy)
    if now is not None and now.file == lab.file:
        known = zip(said, (now.routing, now.stack, now.wiring), strict=True)
        as_now = [has if word is None else word for word, has in known]
        if as_now != [word or "" for word in said]:
            lab = _variant(file, hosts, *as_now)
    return MeantLab(lab, copy, now)


def _variant(file: Path, hosts: HostsFile | None, routing: str, stack: str, wiring: str) -> Lab:
    from catenet.orchestrator.lab.load import load

    if hosts is None:
        return load(file, routing=routing, stack=stack, wiring=wiring)
    lab = load(file, routing=routing, stack=stack, wiring=wiring, hosts=hosts.hosts)
    return replace(lab, path_mtu=hosts.mtu)


def _on_its_hosts(docker: Engine, lab: Lab, now: FoundLab | None) -> None:
    """The engine is that of all hosts on which the copy is already, so that no node of it is made twice.

    Raises:
        UserError: it is on a host beside those that are named.

    """
    if now is None or not (lab.hosts and now.hosts.unasked):
        if now is not None:
            on_all_hosts(docker, now)
        return
    where = ", ".join(f"{host} ({url})" for host, url in now.hosts.urls.items())
    every = now.hosts.as_options()
    raise UserError(
        f"lab {now.name} is on hosts {where}, and not all of them are named: name them, {every}; "
        f"to have it elsewhere, first catenet down --name {now.name} {every}"
    )


def _meant(running: Mapping[str, FoundLab], word: str) -> tuple[Path, str]:
    """The file of the lab that is meant, and the copy's name; empty: the lab's own."""
    from catenet.orchestrator.lab.find import find_lab, labs

    environment = os.environ.get(LAB_VARIABLE, "")
    if environment and not word:
        return _of_environment(running, environment)
    file = find_lab(word or None, here(), {})
    if file is not None:
        return file, ""
    known = [(lab.file, copy) for copy, lab in running.items() if lab.file is not None]
    if len(known) != 1:
        raise UserError(f"say which lab: catenet up {'|'.join(lab.name for lab in labs())}, or a path to your own")
    return known[0]


def _of_environment(running: Mapping[str, FoundLab], word: str) -> tuple[Path, str]:
    """The file of the lab that $CATENET_LAB means, and its copy's name (empty: the lab's own): a copy that runs, a lab
    in labs/ or a path, or, as that copy may have gone by now, the lab.yaml here or above where its lab is called so.

    Raises:
        UnknownLabError, LabFileError: no such lab, or it is wrong.

    """
    from catenet.orchestrator.lab.find import UnknownLabError, find_lab
    from catenet.orchestrator.lab.load import load

    now = running.get(word)
    if now is not None and now.file is not None:
        return now.file, word
    try:
        file = find_lab(word, here(), {})
        assert file is not None  # one that is named is found, or it is an error
    except UnknownLabError:
        file = find_lab(None, here(), {})
        if file is None or load(file).name != word:
            raise
    return file, ""


def _print_steps(
    docker: Engine,
    word: str,
    name: str,
    routing: str | None,
    stack: str | None,
    *,
    wiring: str | None,
    hosts: HostsFile | None,
    json: bool,
) -> None:
    from catenet.orchestrator.deploy.images import node_image_tag
    from catenet.orchestrator.deploy.up import missing
    from catenet.orchestrator.plan.plan_error import PlanError
    from catenet.orchestrator.plan.steps import describe

    lab, copy, now = load_lab(docker, word, name, routing, stack, wiring=wiring, hosts=hosts)
    tag = node_image_tag()
    _on_its_hosts(docker, lab, now)
    try:
        lacking = missing(docker, lab, copy, tag)
    except PlanError as error:
        raise UserError(str(error)) from None
    placement, memories = lacking.placement, docker.memories()
    lines = [*([] if docker.has_image(tag) else [f"build image {tag}"]), *map(describe, lacking.steps)]
    if json:
        print_json({**placement_json(lab, placement, memories), "steps": [*lines]} if placement.hosts else [*lines])
        return
    if placement.hosts:
        say_placement(lab, placement, memories)
    for line in lines or ["nothing to do"]:
        say(line)


def _tell(report: UpReport, lab: Lab, progress: Phases) -> None:
    for node in report.paused:
        progress.note(f"{node} is paused, and stays so ({mending('node', node, 'paused')})")
    own = sum(node.stack == "userspace" for node in lab.nodes.values())
    nodes = f"{report.nodes} nodes{f' ({own} on the userspace stack)' if own else ''}"
    has = f"{report.networks} networks, {nodes}, {report.addresses} addresses, {report.services} services"
    by = f", by {lab.routing}" if lab.routing else ""
    made = has if report.steps else f"is up already{by}: {has}"
    progress.finished(report.copy, made, report.seconds["made"])
    if report.steps and report.routers:
        parted = any(node.outside for node in lab.nodes.values())
        networks = "the networks of their realms" if parted else f"all {len(lab.lans)} networks"
        text = f"converged: {report.routers} routers know {networks}{by}"
        progress.finished(report.copy, text, report.seconds["converged"])
