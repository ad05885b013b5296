"""What nodes have in their ARP caches, and that they forget it: the kernel's and our own stack's alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from catenet.nodes.control.answers import arp_entries
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.questions import Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError
from catenet.orchestrator.observe.ask import ask_all

__all__ = ["Neighbour", "forget", "neighbours"]


class Neighbour(NamedTuple):
    """An entry: at which hardware address (empty: not known) an address is, on a LAN, as one node has it. `seconds`:
    since that was last heard, or has been asked for.
    """

    node: str
    lan: str
    address: str
    hardware: str
    state: str
    seconds: float = 0.0

    def to_json(self) -> dict[str, Json]:
        return self._asdict()


def neighbours(engine: Engine, nodes: Iterable[Container]) -> list[Neighbour]:
    """All entries of these nodes.

    Raises:
        EngineError: a node does not say what it has.

    """
    found: list[Neighbour] = []
    for node, answer in ask_all(engine, nodes, Question("show", {"what": "arp"})).items():
        try:
            rows = read(answer, arp_entries)
        except AnswerError as error:
            raise EngineError(f"{node} does not say whom it knows: {error}") from None
        found += [Neighbour(node, each.lan, each.address, each.hardware, each.state, each.seconds) for each in rows]
    return found


def forget(engine: Engine, nodes: Iterable[Container]) -> None:
    """They know nobody's hardware address any more.

    Raises:
        EngineError: one did not; the text says which.

    """
    for node, answer in ask_all(engine, nodes, Question("flush")).items():
        if answer.error is not None:
            raise EngineError(f"{node} did not forget its neighbours: {answer.error}")
