"""Programs in a container of their own: it is on no network, and what a test asks there changes nothing elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import docker
from on_engine import cleared

from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_NODE, Container, Engine, containers_of
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress

__all__ = ["SLEEPING", "alone", "conversation"]

SLEEPING = ("sleep", "infinity")


@contextmanager
def alone(
    copy: str, capabilities: Sequence[str], entrypoint: Sequence[str] = SLEEPING, **more: Any
) -> Iterator[tuple[Engine, Container]]:
    """Inside, one of the nodes' image runs as the only node of that copy. `more`: what docker-py's `run` takes."""
    with cleared(copy) as engine:
        client = docker.from_env()
        client.containers.run(
            ensure_node_image(engine, NoProgress()),
            entrypoint=[*entrypoint],
            name=f"{copy}-t",
            labels={LABEL_LAB: copy, LABEL_NODE: "t"},
            network_mode="none",
            cap_drop=["ALL"],
            cap_add=[*capabilities],
            detach=True,
            **more,
        )
        client.close()
        yield engine, containers_of(engine, copy)[0]


@contextmanager
def conversation(copy: str, script: str, capabilities: Sequence[str], **more: Any) -> Iterator[Callable[[Any], Any]]:
    """With a script in Python that runs alone: it gives one line of JSON for each."""
    with alone(copy, capabilities, **more) as (engine, container):
        program = engine.execute(container.name, ["python3", "-c", script], stdin=True)

        def ask(what: Any) -> Any:
            program.write(json.dumps(what).encode() + b"\n")
            out = b""
            while not out.endswith(b"\n"):
                piece = program.read(200)
                assert piece is not None, out
                assert piece[0] == 1, piece[1].decode()
                out += piece[1]
            return json.loads(out)

        yield ask
        program.close()
