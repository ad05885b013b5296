"""The one vocabulary of break and mend, as the command line, timelines and tests speak it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.faults.done import Done
from catenet.orchestrator.faults.lans import cut, heal
from catenet.orchestrator.faults.nodes import kill, pause, resume, start
from catenet.orchestrator.lab.vocabulary import LAN_VERBS, OPPOSITE
from catenet.orchestrator.observe.running import RunningLab, UserError

__all__ = ["AT_ONCE", "OPPOSITE", "do", "do_together", "lead"]

_ON_NODES: Mapping[str, Callable[[Engine, RunningLab, str], Done]] = {
    "kill": kill,
    "pause": pause,
    "resume": resume,
    "start": start,
}
"""Verb → function of the engine, the running lab and the node's name."""

_INSTEAD: Mapping[str, str] = {
    **{"cut": "kill", "heal": "start"},
    **{"kill": "cut", "pause": "cut", "resume": "heal", "start": "heal"},
}
"""Verb → the one that does the same to a node where it takes a LAN, and the other way round."""
_EACH, _AHEAD = 0.3, 9.0
"""Seconds for each of several LANs to tell its ends when it is that all of them are cut, and the most for all together:
a node takes no order for much later."""
AT_ONCE = 16
"""Targets of one verb that are dealt with at a time."""


def do(engine: Engine, running: RunningLab, verb: str, target: str, *, silent: bool = False, at: float = 0.0) -> Done:
    """One verb on one LAN or node. `silent` goes with `cut`; `at` (seconds since 1970: not before) with `heal` too.

    Raises:
        UserError: no such LAN or node, or the verb makes no sense there now.
        EngineError: the engine, or an end, did not do it.

    """
    if verb == "cut":
        return cut(engine, running, target, silent=silent, at=at)
    assert not silent, f"a silent {verb}"
    return heal(engine, running, target, at=at) if verb == "heal" else _ON_NODES[verb](engine, running, target)


def do_together(
    engine: Engine, running: RunningLab, verb: str, targets: Sequence[str], *, silent: bool = False
) -> list[Done]:
    """One verb on several LANs or nodes at one moment, as a timeline does it; each target once.

    Raises:
        UserError: as of `do`; nothing was done where one of the targets is not there.
        EngineError: the engine, or an end, did not do it.

    """
    targets = list(dict.fromkeys(targets))
    for target in targets:
        _must_be_there(running, verb, target)
    ahead = lead(verb, len(targets))
    at = time.time() + ahead if ahead else 0.0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda target: do(engine, running, verb, target, silent=silent, at=at), targets))


def lead(verb: str, count: int) -> float:
    """Seconds before the moment at which so many LANs are told of it; 0 for one, and for nodes."""
    return min(_EACH * count, _AHEAD) if count > 1 and verb in LAN_VERBS else 0.0


def _must_be_there(running: RunningLab, verb: str, target: str) -> None:
    """The target is of the verb's kind.

    Raises:
        UserError: it is not; of one of the other kind the text says which verb it wants.

    """
    is_lan, is_node = target in running.lans, target in running.containers
    if verb in LAN_VERBS:
        if is_node and not is_lan:
            raise UserError(f"{target} is a node, not a LAN: catenet {_INSTEAD[verb]} {target}")
        running.ends(target)
    else:
        if is_lan and not is_node:
            raise UserError(f"{target} is a LAN, not a node: catenet {_INSTEAD[verb]} {target}")
        running.node(target)
