"""The verbs of break and mend, done to a running lab, one target or several at one moment."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.faults import verbs
from catenet.orchestrator.observe.running import RunningLab, UserError, unknown
from catenet.orchestrator.operations.done import Done, Stopwatch
from catenet.orchestrator.operations.hands import LabHands

__all__ = ["AT_ONCE", "do", "do_together", "lead"]

_EACH, _AHEAD = 0.3, 9.0
"""Seconds for each of several LANs to tell its ends when it is that all of them are cut, and the most for all together:
a node takes no order for much later."""
AT_ONCE = 16
"""Targets of one verb that are dealt with at a time."""


def do(
    engine: Engine, running: RunningLab, verb: str, target: str, flags: Collection[str] = (), *, at: float = 0.0
) -> Done:
    """One verb on one LAN or node, with those of its flags; on a LAN not before `at` (seconds since 1970).

    Raises:
        UserError: no such LAN or node, or the verb makes no sense there now; or no such verb or flag.
        EngineError: the engine, or an end, did not do it.

    """
    known = verbs()
    if verb not in known:
        raise unknown("verb", verb, known)
    for flag in flags:
        if flag not in (names := [each.name for each in known[verb].flags]):
            raise unknown("flag", flag, names, owner=f"verb {verb}")
    watch = Stopwatch(verb, target)
    return watch.done(known[verb].do(LabHands(engine, running, verb), target, flags, at))


def do_together(
    engine: Engine, running: RunningLab, verb: str, targets: Sequence[str], flags: Collection[str] = ()
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
        return list(pool.map(lambda target: do(engine, running, verb, target, flags, at=at), targets))


def lead(verb: str, count: int) -> float:
    """Seconds before the moment at which so many LANs are told of it; 0 for one, and for nodes."""
    return min(_EACH * count, _AHEAD) if count > 1 and verbs()[verb].on == "LAN" else 0.0


def _must_be_there(running: RunningLab, verb: str, target: str) -> None:
    """The target is of the verb's kind.

    Raises:
        UserError: it is not; of one of the other kind the text says which verb it wants.

    """
    is_lan, is_node = target in running.lans, target in running.containers
    if verbs()[verb].on == "LAN":
        if is_node and not is_lan:
            raise UserError(f"{target} is a node, not a LAN: catenet {verbs()[verb].instead} {target}")
        running.ends(target)
    else:
        if is_lan and not is_node:
            raise UserError(f"{target} is a LAN, not a node: catenet {verbs()[verb].instead} {target}")
        running.node(target)
