"""The question `probe`: a machine is made that asks the network, and what it reports is the answer.

It lives for that one question, on the network that the node's services stand on: what it finds is what they would find.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.control.probes import DONE
from catenet.nodes.control.questions import QuestionError, UnknownWordError
from catenet.nodes.machine import Action, Interface, Json, Machine, Report
from catenet.nodes.runtime.context import Shared
from catenet.nodes.runtime.machine_run import MachineRun

__all__ = ["ProbedNode", "Probing"]

_KINDS = "catenet.nodes.probes"
_LONGEST = 55.0
"""Seconds that one may take: whoever asks is then told that no answer was found."""
_AT_ONCE = 16


class ProbedNode(NamedTuple):
    """What a probe has of its node. `counters`: what its ports have counted, as `send_failures`."""

    random: Random
    interfaces: Callable[[], tuple[Interface, ...]]
    name_of: Callable[[Address], str]
    counters: Counter[str]


class Probing:
    """All probes of a node."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._under_way = 0

    async def answer(self, arguments: Mapping[str, Json]) -> Json:
        """What the probe of that kind has found.

        Raises:
            ValueError: the asker's mistake: there is no such kind, or an argument is wrong.
            OSError: a port is taken, or the kernel refuses it.

        """
        make = _make(arguments.get("kind"))
        if self._under_way == _AT_ONCE:
            raise QuestionError(f"probe: {_AT_ONCE} are under way already; ask again later")
        self._under_way += 1
        try:
            return await self._run(make, arguments)
        finally:
            self._under_way -= 1

    async def _run(self, make: Callable[..., Machine[Any]], arguments: Mapping[str, Json]) -> Json:
        shared, found = self._shared, self._shared.loop.create_future()
        counters = Counter[str]()

        def perform(action: Action) -> None:
            if isinstance(action, Report) and action.kind == DONE and not found.done():
                found.set_result(action.data)

        def fail(error: Exception) -> None:
            if not found.done():
                found.set_exception(error)

        node = ProbedNode(shared.random, shared.lans.interfaces, self._name_of, counters)
        run = MachineRun(
            make(arguments, node),
            network=shared.network(),
            lans=shared.lans,
            loop=shared.loop,
            perform=perform,
            count=lambda counter: counters.update([counter]),
            fail=fail,
            service="probe",
            told={},
        )
        shared.lans.listen(run.interface_changed)
        try:
            run.begin()
            async with asyncio.timeout(_LONGEST):
                answer: Json = await found
                return answer
        finally:
            shared.lans.unlisten(run.interface_changed)
            run.close()

    def _name_of(self, address: Address) -> str:
        return self._shared.config.names.get(address) or str(address)


def _make(kind: Json) -> Callable[..., Machine[Any]]:
    """What makes the machine of that kind. Raises UnknownWordError."""
    known = _kinds()
    if not isinstance(kind, str) or kind not in known:
        raise UnknownWordError(f"probe: kind {str(kind)[:60]!r} is none of {', '.join(known)}", known)
    make: Callable[..., Machine[Any]] = import_module(f"{_KINDS}.{kind}").make
    return make


@cache
def _kinds() -> tuple[str, ...]:
    """All that have a file."""
    folders = import_module(_KINDS).__path__
    return tuple(sorted(file.stem for folder in folders for file in Path(folder).glob("[a-z]*.py")))
