"""`down`: takes a lab away by its labels alone, so it needs no file and clears what a killed `up` left behind."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import (
    LABEL_NODE,
    Engine,
    EngineError,
    Listed,
    Network,
    listed_of,
    networks_of,
)
from catenet.orchestrator.deploy.locks import adopt_orphan, exclusive_lock, is_orphan
from catenet.orchestrator.deploy.progress import Progress
from catenet.orchestrator.deploy.run import carry_out, perform
from catenet.orchestrator.observe.running import running_labs
from catenet.orchestrator.plan.steps import Step, removal

__all__ = ["DownReport", "down", "remove_orphans", "take_away"]

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


def down(engine: Engine, copy: str, progress: Progress) -> DownReport:
    """Removes a copy's containers and networks. Nothing there is no error.

    Raises:
        EngineError: something cannot be removed; the rest is.

    """
    started = time.monotonic()
    gone_networks = gone_nodes = 0
    for _ in range(_ROUNDS):  # an `up` that was killed may have asked the engine for one thing more
        containers, networks = listed_of(engine, copy), networks_of(engine, copy)
        if not containers and not networks:
            break
        take_away(engine, networks, containers, progress)
        gone_networks += len(networks)
        gone_nodes += sum(LABEL_NODE in container.labels for container in containers)
    return DownReport(copy, gone_networks, gone_nodes, time.monotonic() - started)


def remove_orphans(engine: Engine, progress: Progress, prefix: str = "") -> list[DownReport]:
    """Removes the copies whose process was killed before it could remove them, where their names begin so.

    Raises:
        EngineError: something cannot be removed; it is an orphan still, and the others are gone.
        UserError: another process is at one of them.

    """
    reports, errors = [], []
    for copy in running_labs(engine):
        if copy.startswith(prefix) and is_orphan(copy):
            with exclusive_lock([copy]):
                orphan = adopt_orphan(copy)  # unless somebody has taken it over meanwhile
                if orphan is not None:
                    try:
                        with orphan.ending():
                            reports.append(down(engine, copy, progress))
                    except EngineError as error:
                        errors.append(error)
    if errors:
        raise errors[0]
    return reports


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
