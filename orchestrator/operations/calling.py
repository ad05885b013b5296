"""Calls between telephones, several at once, each to its end at both of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from catenet.nodes.control.calls import Call
from catenet.orchestrator.checks.expectation import Called
from catenet.orchestrator.observe.calls import CallError, Calls, Phone

__all__ = ["call_all"]

_BEGIN = 30.0
"""Seconds within which a telephone can call: it logs in, hears of its contacts' keys, and of who relays. A call that
was not up by then is made again."""
_END = 60.0
"""Seconds that a call may take beside those for which it is up: it rings for 30 s at most."""
_LOOK = 0.3


def call_all(
    calls: Calls, pairs: Sequence[tuple[Phone, Phone]], seconds: float, name_of: Callable[[str, str], str]
) -> list[Called]:
    """The first one of each pair calls the second one, who answers by itself; each hangs up after so many seconds.
    `name_of`: the node that has an address, as another one sees it.

    Raises:
        EngineError: a node gave no answer; the text says why.

    """

    until = time.monotonic() + _BEGIN

    def one(pair: tuple[Phone, Phone]) -> Called:
        while True:
            try:
                name = _begin(calls, *pair, seconds, until)
            except CallError as error:
                return Called("", (), str(error))
            called = _ended(calls, pair, name, time.monotonic() + seconds + _END, name_of)
            if called.path or time.monotonic() >= until:
                return called
            time.sleep(_LOOK)

    with ThreadPoolExecutor(max_workers=max(1, len(pairs))) as pool:
        return list(pool.map(one, pairs))


def _begin(calls: Calls, source: Phone, target: Phone, seconds: float, until: float) -> str:
    """The call's name. What is refused was not begun, and is asked for again until then."""
    while True:
        try:
            calls.dial(source, target, seconds=seconds)
        except CallError:
            if time.monotonic() >= until:
                raise
            time.sleep(_LOOK)
        else:
            return calls.call(source).name


def _ended(
    calls: Calls, pair: tuple[Phone, Phone], name: str, until: float, name_of: Callable[[str, str], str]
) -> Called:
    ends: dict[str, Call] = {}
    while len(ends) < 2:
        if time.monotonic() >= until:
            return Called("", (), "it did not end")
        time.sleep(_LOOK)
        for phone in (each for each in pair if each.node not in ends):
            call = calls.call(phone)
            if call.name == name and call.state == "ended":
                ends[phone.node] = call
    one, other = (ends[phone.node] for phone in pair)
    if not one.path:
        return Called("", (), one.why)
    path = one.path if one.path == other.path else f"{one.path} or {other.path}"
    return Called(path, tuple(name_of(each, pair[0].node) for each in one.by), "")
