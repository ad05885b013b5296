"""What nodes have in their ARP caches, and that they forget it: the kernel's and our own stack's alike."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from catenet.nodes.control.answers import link_states
from catenet.nodes.control.fields import AnswerError, Fields, read, rows
from catenet.nodes.control.questions import Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError
from catenet.orchestrator.observe.ask import AT_ONCE, ask_all
from catenet.orchestrator.observe.program import run_program

__all__ = ["Neighbour", "forget", "neighbours"]

_DEADLINE = 10.0


class Neighbour(NamedTuple):
    """An entry: at which hardware address (empty: not known) an address is, on a LAN, as one node has it."""

    node: str
    lan: str
    address: str
    hardware: str
    state: str

    def to_json(self) -> dict[str, Json]:
        return self._asdict()


def neighbours(engine: Engine, nodes: Iterable[Container]) -> list[Neighbour]:
    """All entries of these nodes. One that does not answer has none.

    Raises:
        EngineError: a kernel's cannot be read.

    """
    found: list[Neighbour] = []
    asked = {each.node: each for each in nodes}
    links = ask_all(engine, asked.values(), Question("show", {"what": "links"}))
    lans: dict[str, Mapping[str | None, str]] = {}
    for node, answer in links.items():
        with suppress(AnswerError):
            lans[node] = {link.interface: link.lan for link in read(answer, link_states)}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for each in pool.map(lambda node: _kernel(engine, asked[node], lans[node]), lans):
            found += each
    return found


def forget(engine: Engine, nodes: Iterable[Container]) -> None:
    """They know nobody's hardware address any more.

    Raises:
        EngineError: one did not; the text says which.

    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda container: _forget(engine, container), nodes))


def _forget(engine: Engine, container: Container) -> None:
    done = run_program(engine, container, ["ip", "neigh", "flush", "all"], _DEADLINE)
    if done.returncode:
        raise EngineError(f"{container.node} did not forget its neighbours: {done.last_words}")


def _kernel(engine: Engine, container: Container, lans: Mapping[str | None, str]) -> list[Neighbour]:
    done = run_program(engine, container, ["ip", "-4", "-j", "neigh"], _DEADLINE)
    try:
        return list(rows(json.loads(done.stdout or "[]"), "neighbours", lambda row: _entry(container.node, row, lans)))
    except (AnswerError, ValueError) as error:
        raise EngineError(f"the neighbours of {container.node} cannot be read: {error}") from None


def _entry(node: str, value: Json, lans: Mapping[str | None, str]) -> Neighbour:
    row = Fields(value, "neighbours")
    states = value.get("state") if isinstance(value, dict) else None
    state = str(states[0]).lower() if isinstance(states, list) and states else ""
    return Neighbour(node, lans.get(row.text("dev"), ""), row.name("dst"), row.text("lladdr"), state)
