"""The verbs of break and mend, done to a running lab, one target or several at one moment."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.faults import verbs
from catenet.orchestrator.faults.option import words_of
from catenet.orchestrator.faults.verb import RefusedError, Verb
from catenet.orchestrator.lab.expect import ExpectationError, read_given
from catenet.orchestrator.observe.running import RunningLab, UserError, unknown
from catenet.orchestrator.operations.lab_control import RunningLabControl
from catenet.orchestrator.operations.verb_result import Stopwatch, VerbResult

__all__ = ["AT_ONCE", "do", "do_together", "lead_time", "options_of"]

_EACH, _AHEAD = 0.3, 9.0
"""Seconds for each of several LANs to tell its ends when it is that all of them are cut, and the most for all together:
a node takes no order for much later."""
AT_ONCE = 16
"""Targets of one verb that are dealt with at a time."""


def do(
    engine: Engine, running: RunningLab, verb: str, target: str, options: Any = None, *, at: float = 0.0
) -> VerbResult:
    """One verb on one LAN or node, with its options (None: nothing is given); on a LAN not before `at` (seconds since
    1970).

    Raises:
        UserError: no such verb, LAN or node, or the verb makes no sense there now.
        EngineError: the engine, or an end, did not do it.

    """
    known = _known(verb)
    watch = Stopwatch(verb, target)
    given = known.options() if options is None else options
    try:
        return watch.done(known.do(RunningLabControl(engine, running, verb), target, given, at))
    except RefusedError as error:
        raise UserError(f"{verb} {target}: {error}") from None


def options_of(verb: str, given: Mapping[str, object]) -> Any:
    """What the verb is given, as somebody wrote it: `options_of("cut", {"silent": True})`.

    Raises:
        UserError: no such verb, no such option, or a value that it may not have.

    """
    known = _known(verb)
    words = words_of(known.options)
    written = {name.removesuffix("_"): value for name, value in given.items()}  # from_, since from is Python's
    for name in written:
        if name not in words:
            raise unknown("option", name, words, owner=f"verb {verb}")
    try:
        return read_given(known, written)
    except ExpectationError as error:
        raise UserError(str(error)) from None


def do_together(
    engine: Engine, running: RunningLab, verb: str, targets: Sequence[str], options: Any = None
) -> list[VerbResult]:
    """One verb on several LANs or nodes at one moment, as a timeline does it; each target once.

    Raises:
        UserError: as of `do`; nothing was done where one of the targets is not there.
        EngineError: the engine, or an end, did not do it.

    """
    targets = list(dict.fromkeys(targets))
    for target in targets:
        _must_be_there(running, verb, target)
    ahead = lead_time(verb, len(targets))
    at = time.time() + ahead if ahead else 0.0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda target: do(engine, running, verb, target, options, at=at), targets))


def lead_time(verb: str, count: int) -> float:
    """Seconds before the moment at which so many LANs are told of it; 0 for one, and for nodes."""
    return min(_EACH * count, _AHEAD) if count > 1 and verbs()[verb].on == "LAN" else 0.0


def _known(verb: str) -> Verb:
    known = verbs()
    if verb not in known:
        raise unknown("verb", verb, known)
    return known[verb]


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
