"""The way to Docker. Its client costs 0.25 s to import, so it is imported when the engine is first needed."""

from __future__ import annotations

from catenet.orchestrator.backend.swarm import OneEngine

__all__ = ["connect", "contexts"]


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
