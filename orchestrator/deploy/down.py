"""`down`: takes a lab away by its labels alone, so it needs no file and clears what a killed `up` left behind."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import (
    LABEL_NODE,
    Engine,
    EngineError,
    HostLostError,
    Listed,
    Network,
    listed_of,
    networks_of,
)
from catenet.orchestrator.backend.widened import Copy, widen
from catenet.orchestrator.deploy.left import is_memory, remember
from catenet.orchestrator.deploy.locks import adopt_orphan, exclusive_lock, is_orphan
from catenet.orchestrator.deploy.progress import Progress
from catenet.orchestrator.deploy.run import carry_out, perform
from catenet.orchestrator.observe.hosts import CopyHosts, hosts_of
from catenet.orchestrator.observe.running import running_labs
from catenet.orchestrator.plan.steps import Step, removal

__all__ = ["DownReport", "LeftError", "down", "down_again", "remove_orphans", "take_away"]

_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class DownReport:
    """What was removed of a copy, and how long it took."""

    copy: str
    networks: int
    nodes: int
    seconds: float

    def to_json(self) -> dict[str, Json]:
        return {"lab": self.copy, "networks": self.networks, "nodes": self.nodes, "seconds": round(self.seconds, 3)}


class LeftError(HostLostError):
    """What could be reached of a copy is removed, as `report` has it; the rest is on hosts that do not answer. `hint`:
    how that is removed.
    """

    def __init__(self, report: DownReport, why: str, hint: str, host: str) -> None:
        super().__init__(f"lab {report.copy}: {why}", hint, host=host)
        self.report = report


def down_again(engine: Engine, copy: str) -> str:
    """The command that removes what is left of a copy."""
    urls = engine.urls()
    hosts = CopyHosts(urls if len(urls) > 1 else {})
    return f"`{' '.join(filter(None, ('catenet down --name', copy, hosts.as_options())))}`"


def down(engine: Engine, copy: str, progress: Progress) -> DownReport:
    """Removes a copy's containers and networks. Nothing there is no error.

    Raises:
        LeftError: a host does not answer; what the others have is removed.
        EngineError: something cannot be removed; the rest is.

    """
    started = time.monotonic()
    labels: list[Mapping[str, str]] = []
    seen: list[Listed] = []
    gone: set[tuple[str, str, str]] = set()
    refused: EngineError | None = None
    for _ in range(_ROUNDS):  # an `up` that was killed may have asked the engine for one thing more
        listed, networks = listed_of(engine, copy), networks_of(engine, copy)
        seen += listed
        labels += [*(each.labels for each in listed), *(each.labels for each in networks)]
        on = hosts_of(labels).asked_by(engine)
        held = [
            each.name for each in networks if on.away and each.driver == "overlay"
        ]  # by nodes on hosts that are lost
        networks = [each for each in networks if each.name not in held]
        containers = [each for each in listed if not is_memory(each)]
        gone |= {("network", each.host, each.name) for each in networks}
        gone |= {("node", each.host, each.name) for each in containers if LABEL_NODE in each.labels}
        if not containers and not networks:
            refused = None
            break
        remember(engine, seen, on.away)  # before there is nothing that knows its hosts
        try:
            take_away(engine, networks, containers, progress)
        except EngineError as error:
            if not hosts_of(labels).asked_by(engine).away:
                raise
            refused = error
    kinds = [kind for kind, *_ in gone]
    report = DownReport(copy, kinds.count("network"), kinds.count("node"), time.monotonic() - started)
    hosts = (hosts_of(labels) if labels else CopyHosts(engine.urls())).asked_by(engine)
    hosts = on if held and not hosts.away else hosts  # one that is back just now
    if hosts.away:
        remember(engine, seen, hosts.away)  # lost meanwhile
        raise _left(engine, report, hosts, held, refused)
    if hosts.left:
        take_away(engine, (), [each for each in listed_of(engine, copy) if is_memory(each)], progress)
    if refused is not None:
        raise refused
    return report


def _left(
    engine: Engine, report: DownReport, hosts: CopyHosts, held: Sequence[str], refused: EngineError | None
) -> LeftError:
    """Of a copy of which nothing was found nobody knows where it is. `held`: the networks that hosts which are away are
    still on; `refused`: what else is left, and why.
    """
    said = [hosts.said_of(host) for host in hosts.away]
    there = [*hosts.nodes_on(*hosts.away), *(f"network {name}" for name in held)]
    said += [f"what is there stays: {', '.join(there)}" if there else "what is there stays"]
    said += [str(refused)] if refused is not None and not isinstance(refused, HostLostError) else []
    hint = f"once that answers, {down_again(engine, report.copy)} removes the rest"
    return LeftError(report, "; ".join(said), hint, hosts.away[0])


def remove_orphans(engine: Engine, progress: Progress, prefix: str = "") -> list[DownReport]:
    """Removes the copies whose process was killed before it could remove them, where their names begin so.

    Raises:
        EngineError: something cannot be removed; it is an orphan still, and the others are gone.
        UserError: another process is at one of them.

    """
    reports: list[DownReport] = []
    errors: list[EngineError] = []
    try:
        for copy, lab in running_labs(engine).items():
            if copy.startswith(prefix) and is_orphan(copy):
                widen(engine, Copy(copy, lab.hosts.began), lab.hosts.urls, next(iter(lab.hosts.seen), ""))
                try:
                    reports += _remove_orphan(engine, copy, progress)
                except EngineError as error:
                    errors.append(error)
    finally:
        widen(engine, Copy(""), {}, "")
    if errors:
        raise errors[0]
    return reports


def _remove_orphan(engine: Engine, copy: str, progress: Progress) -> list[DownReport]:
    with exclusive_lock([copy], engine.urls().values()):
        orphan = adopt_orphan(copy)  # unless somebody has taken it over meanwhile
        if orphan is None:
            return []
        with orphan.ending():
            return [down(engine, copy, progress)]


def take_away(
    engine: Engine, networks: Collection[Network], containers: Collection[Listed], progress: Progress
) -> None:
    """Removes these: each network as soon as nothing is on it any more.

    Raises:
        EngineError: something cannot be removed; the rest is.

    """
    left = {"remove_container": len(containers), "remove_network": len(networks)}
    phases = {"remove_container": ("nodes", len(containers)), "remove_network": ("networks", len(networks))}

    def do(step: Step) -> None:
        perform(engine, step)
        left[step.kind] -= 1
        phase, total = phases[step.kind]
        progress.count(phase, total - left[step.kind], total)

    carry_out(removal(networks, containers), do, in_spite_of=(Exception,))
