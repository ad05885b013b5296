"""Whether this machine can run labs: tried on the engine, with two LANs and three nodes that are thrown away.

Each finding is a line: ok; warn, where something is lost or will be with larger labs; wrong, where no lab can work.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from catenet.nodes.address import Address
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine, containers_of
from catenet.orchestrator.deploy.down import down, remove_orphans
from catenet.orchestrator.deploy.images import KEPT, NODE_REPOSITORY, node_image_tag
from catenet.orchestrator.deploy.locks import OwnershipLock, is_orphan
from catenet.orchestrator.deploy.progress import NoProgress, Progress
from catenet.orchestrator.deploy.ready import NotReadyError
from catenet.orchestrator.deploy.up import up
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.observe.running import RunningLab, UserError, as_it_is, condition, running_labs
from catenet.orchestrator.plan.desired import COMPOSE_IMAGE, PlanError

__all__ = ["COPY", "Diagnosis", "engine_findings", "leftovers", "prove"]

_NAME = "catenet-doctor-"
COPY = f"{_NAME}{os.getpid()}"  # another doctor may be at it too
_LAB = b"""
name: catenet-doctor
lans: {left: {}, right: {}}
nodes: {h1: {lans: [left]}, r: {lans: [left, right]}, h2: {lans: [right]}}
"""
_OLDEST, _NEWER = (20, 10), "install Docker 20.10 or newer"
_DEADLINE = 30.0
# What the lab can do only with the kernel's help → (the program that needs it, what is lost without it).
_FACILITIES = {
    "netem": ("tc qdisc add dev lo root netem delay 1ms", "delay and loss will be made by a slower way, NFQUEUE"),
    "NFQUEUE": (
        "iptables -t mangle -A PREROUTING -i lo -j NFQUEUE --queue-bypass",
        "where netem is lacking too, delay and loss cannot be made",
    ),
    "ethtool": (
        "ethtool -K eth0 tx off tso off gso off gro off",
        "a program that reads raw frames sees some without checksum and over the MTU",
    ),
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line: about what, how it is, in words, and what to do about it (empty: nothing)."""

    topic: str
    verdict: Literal["ok", "warn", "wrong"]
    words: str
    do: str = ""

    def to_json(self) -> dict[str, Json]:
        return {"topic": self.topic, "verdict": self.verdict, "words": self.words, "do": self.do}


def engine_findings(engine: Engine) -> Iterator[Diagnosis]:
    """Its version, and whether the node image is there.

    Raises:
        EngineError: it does not answer.

    """
    version = engine.version()
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    old = len(numbers) == 2 and numbers < _OLDEST
    yield Diagnosis("engine", "warn" if old else "ok", f"Docker {version}", _NEWER if old else "")
    tag = node_image_tag()
    if engine.has_image(tag):
        yield Diagnosis("image", "ok", f"{tag} is there")
    else:
        yield Diagnosis("image", "warn", "the node image is not built yet, or of older code", "catenet up five-routers")
    wanted = {tag, COMPOSE_IMAGE} | {container.image for container in engine.listed({})}
    older = [each for each in engine.image_tags() if each.startswith(f"{NODE_REPOSITORY}:") and each not in wanted]
    if len(older) > KEPT:
        words = f"{len(older)} older node image{'s' if len(older) > 1 else ''} that nobody uses: {', '.join(older)}"
        yield Diagnosis("image", "warn", words, f"docker image rm {' '.join(older)}")


def prove(engine: Engine, progress: Progress) -> Iterator[Diagnosis]:
    """Starts a host, a router and a host, and tries: does the router carry a packet; what can the kernel do.

    Raises:
        EngineError: it does not answer.

    """
    tag = node_image_tag()
    if not engine.has_image(tag):
        yield Diagnosis("transit", "warn", "not proven: the node image is not there", "catenet up five-routers")
        return
    remove_orphans(engine, NoProgress(), _NAME)  # of doctors that were killed
    lab, ownership = parse(_LAB, "doctor"), OwnershipLock(COPY)
    try:
        with tempfile.TemporaryDirectory() as folder:
            up(engine, lab, COPY, tag, progress, evidence=Path(folder))
        yield _transit(engine, lab.nodes["h2"].attachments[0].address)
        yield from _facilities(engine)
    except (NotReadyError, PlanError) as error:
        yield Diagnosis("transit", "wrong", f"a lab of three nodes does not start: {error}", "catenet up five-routers")
    finally:
        with ownership.ending():
            down(engine, COPY, NoProgress())


def _transit(engine: Engine, h2: Address) -> Diagnosis:
    (h1,) = (container for container in containers_of(engine, COPY) if container.node == "h1")
    pinged = run_program(engine, h1, ["ping", "-n", "-c", "2", "-i", "0.2", "-W", "2", str(h2)], _DEADLINE)
    if pinged.returncode == 0:
        return Diagnosis("transit", "ok", "a packet crosses a router between two networks")
    return Diagnosis(
        "transit",
        "wrong",
        f"no packet crosses a router between two networks: {pinged.last_words}",
        "look for rules that drop what is forwarded: iptables -S; iptables -t raw -S; sysctl net.bridge",
    )


def _facilities(engine: Engine) -> Iterator[Diagnosis]:
    (router,) = (container for container in containers_of(engine, COPY) if container.node == "r")
    for name, (command, loss) in _FACILITIES.items():
        done = run_program(engine, router, command.split(), _DEADLINE)
        if done.returncode == 0:
            yield Diagnosis("kernel", "ok", f"{name} works")
        else:
            yield Diagnosis("kernel", "warn", f"{name} does not work ({done.last_words}): {loss}")


def leftovers(engine: Engine) -> Iterator[Diagnosis]:
    """Labs that nobody can want as they are.

    Raises:
        EngineError: the engine does not answer.

    """
    labs = running_labs(engine)
    ended = {name for name in labs if is_orphan(name)}
    found = False
    for name, lab in labs.items():
        why = "the process that it belonged to has ended" if name in ended else _half_made(as_it_is(engine, lab))
        if why:
            found = True
            yield Diagnosis("leftovers", "warn", f"lab {name}: {why}", f"catenet down {name}")
    if not found:
        yield Diagnosis("leftovers", "ok", f"none; labs that run: {', '.join(labs) or 'none'}")


def _half_made(lab: RunningLab) -> str:
    """Why it is not whole; empty where it is."""
    created = [container.node for container in lab.containers.values() if condition(container) == "created"]
    if created:
        return f"{', '.join(created)} never started"
    try:
        away = lab.unreachable  # on other hosts
        lacking = [node for node in lab.lab.nodes if node not in {*lab.containers, *away.nodes}]
        lacking += [lan for lan in lab.lab.lans if lan not in {*lab.lans, *away.lans}]
    except (UserError, LabFileError) as error:
        return str(error)
    return f"{', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not there" if lacking else ""
