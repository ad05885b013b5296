"""The way to Docker. Its client costs 0.25 s to import, so it is imported when the engine is first needed."""

from __future__ import annotations

import sys

from catenet.orchestrator.backend.machine import LocalMachine, Machine
from catenet.orchestrator.backend.swarm import OneEngine

__all__ = ["connect", "contexts", "machine_of"]

# Docker's client brings a way by SSH of its own, which nobody takes here, and loads paramiko for it where that is
# there: as long again. None is a module that is not to be found, which the client puts up with.
sys.modules.setdefault("docker.transport.sshconn", None)  # type: ignore[arg-type]


def connect(host: str = "") -> OneEngine:
    """The engine of a host; without one, that of DOCKER_HOST, or Docker's current context, or the local socket.

    `host`: `local` is this machine's socket; `ssh://user@server` or `user@server` is reached by SSH, `unix://…` and
    `tcp://…` are as in DOCKER_HOST, and any other word is the name of a context of Docker's.

    Raises:
        EngineError: it is not there, may not be spoken to, or is too old; a host that is not written so.

    """
    from catenet.orchestrator.backend.docker_engine import DockerEngine

    return DockerEngine(host)


def contexts() -> list[str]:
    """The names of Docker's contexts.

    Raises:
        EngineError: the file of one cannot be read.

    """
    from catenet.orchestrator.backend.docker_where import context_names

    return context_names()


def machine_of(host: str, *, here: bool) -> Machine | None:
    """The machine of that host's engine, to be looked at; None where there is no way to it but the engine.

    `here`: the engine runs on this one.

    Raises:
        EngineError: its server is not reached.

    """
    from catenet.orchestrator.backend.docker_where import find

    place = find(host).ssh
    if place is not None:
        from catenet.orchestrator.backend.ssh_machine import SshMachine

        return SshMachine(place)
    return LocalMachine() if here else None
