"""The way to Docker. Its client costs 0.25 s to import, so it is imported when the engine is first needed."""

from __future__ import annotations

from catenet.orchestrator.backend.protocols import Engine

__all__ = ["connect"]


def connect() -> Engine:
    """The engine that DOCKER_HOST names, or Docker's current context, or the local socket.

    Raises:
        EngineError: it is not there, may not be spoken to, or is too old.

    """
    from catenet.orchestrator.backend.docker_engine import DockerEngine

    return DockerEngine()
