"""Every cache of a running lab, emptied: what is asked next is asked as on the first day."""

from __future__ import annotations

from collections.abc import Iterable

from catenet.nodes.control.questions import Question
from catenet.orchestrator.backend.protocols import Container, EngineError
from catenet.orchestrator.observe.ask import ControlConnections
from catenet.orchestrator.observe.running import RunningLab, condition

__all__ = ["alive", "empty_caches"]


def empty_caches(connections: ControlConnections, running: RunningLab) -> None:
    """Every running node forgets what its services keep, and which neighbours it knows: of those each node has some.

    All nodes are asked: who does this again and again, as checks do, keeps the connections.

    Raises:
        EngineError: one of them did not; the text says which and why.

    """
    nodes = alive(running, running.lab.nodes)
    for node, answer in connections.ask_all(nodes, Question("flush")).items():
        if answer.error is not None:
            raise EngineError(f"the caches of {node} could not be emptied: {answer.error}")


def alive(running: RunningLab, names: Iterable[str]) -> list[Container]:
    """The containers of those nodes that run."""
    found = (running.containers[name] for name in sorted(names) if name in running.containers)
    return [container for container in found if condition(container) == "running"]
