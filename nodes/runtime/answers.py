"""What every node answers (control/questions): status, show, link, flush … ; the rest its services answer."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import services
from catenet.nodes.control.events import PROGRAM_KINDS
from catenet.nodes.control.link import HEALTHY, LinkCondition
from catenet.nodes.control.questions import Answer, Question, QuestionError, UnknownWordError
from catenet.nodes.machine import Json
from catenet.nodes.runtime.context import ServiceContext, Shared
from catenet.nodes.runtime.health import Health
from catenet.nodes.runtime.netlink.routing import Route
from catenet.nodes.runtime.supervisor import SupervisedService

if TYPE_CHECKING:
    from catenet.nodes.control.answers import KernelRoute
    from catenet.nodes.control.origin import Explanation
    from catenet.nodes.runtime.probing import Probing

__all__ = ["Answers"]

Value = TypeVar("Value")

_SERVICE = re.compile(r"[a-z][a-z0-9-]{0,39}")
_OLD_LINK = "done; up and silent beside lan go with the next version: write them in condition: {up, silent}"
_SOON = 10.0
"""Seconds that a change of a link may be ordered ahead."""


class Answers:
    """Finds the answer to a question."""

    def __init__(
        self, shared: Shared, services: Mapping[str, SupervisedService], is_ready: Callable[[], bool], health: Health
    ) -> None:
        self._shared = shared
        self._services = services
        self._is_ready = is_ready
        self._health = health
        self._began = shared.loop.time()
        self._ordered: dict[str, asyncio.TimerHandle] = {}  # LAN → the change that is to come
        self._probes: Probing | None = None
        self._shows: dict[str, Callable[[], Json]] = {"routes": self._routes, "links": self._links, "arp": self._arp}
        self._own: dict[str, Callable[[Question], Json]] = {
            "status": self._status,
            "show": self._show,
            "route": self._route,
            "link": self._link,
            "flush": self._flush,
            "report": self._report,
            "events": self._events,
        }

    async def answer(self, question: Question) -> Answer:
        """Answer a question.

        Raises:
            ValueError: the asker's mistake, in words for the user.

        """
        own = self._own.get(question.ask)
        if own is not None:
            return Answer(own(question))
        if question.ask == "health":
            return Answer(await self._health.answer())
        if question.ask == "probe":
            return Answer(await self._probing().answer(question.arguments))
        for context in self._contexts():
            function = context.answers.get(question.ask)
            if function is not None:
                return Answer(await function(question.arguments))
        words = [*self._own, "health", "probe", *(word for context in self._contexts() for word in context.answers)]
        raise UnknownWordError(
            f"ask {question.ask!r} is no question for this node; it answers {', '.join(words)}", words
        )

    def _probing(self) -> Probing:
        if self._probes is None:
            from catenet.nodes.runtime.probing import Probing  # few nodes are asked for one

            self._probes = Probing(self._shared)
        return self._probes

    def _contexts(self) -> list[ServiceContext]:
        return [service.context for service in self._services.values() if service.context is not None]

    def _status(self, _: Question) -> Json:
        from catenet.nodes.control.answers import NodeStatus

        status = NodeStatus(
            self._shared.config.node,
            self._shared.config.lab,
            self._is_ready(),
            round(self._shared.loop.time() - self._began, 3),
            tuple(self._shared.lans.status()),
            {name: service.status() for name, service in self._services.items()},
            _memory(),
        )
        return status.to_json()

    def _show(self, question: Question) -> Json:
        what = _argument(question, "what", str)
        shows = {**self._shows, **{word: show for context in self._contexts() for word, show in context.shows.items()}}
        if not what:
            return list[Json](sorted(shows))
        if what not in shows:
            known = sorted(shows)
            raise UnknownWordError(f"what {what!r} cannot be shown here; there is {', '.join(known)}", known)
        return shows[what]()

    def _route(self, question: Question) -> Json:
        """The kernel's routes that hold the prefix, the one taken first; what each source has; and whence the services
        have theirs.
        """
        from catenet.nodes.control.origin import RouteOrigin

        wanted = Prefix.parse(_argument(question, "prefix", str))
        held = self._shared.lans.routes.leading_to(wanted)
        best = held[0].prefix if held else wanted
        services: dict[str, Explanation | None] = {}
        for name, service in self._services.items():
            for explain in service.context.explains if service.context is not None else ():
                services[name] = explain(wanted) or explain(best)
        routes = self._shared.lans.routes
        sources = routes.sources(wanted, self._name_of) or routes.sources(best, self._name_of)
        return RouteOrigin(str(wanted), tuple(self._table(held)), tuple(sources), services).to_json()

    def _link(self, question: Question) -> Json:
        lan, condition = _argument(question, "lan", str), _condition(question)
        at = _argument(question, "at", float) if "at" in question.arguments else 0.0
        wait = min(at - time.time(), _SOON)
        change = partial(self._shared.lans.set_condition, lan, condition)
        if (earlier := self._ordered.pop(lan, None)) is not None:
            earlier.cancel()  # the last word counts
        if wait > 0:  # at the same time as other nodes, whoever is asked first
            self._ordered[lan] = self._shared.loop.call_later(wait, self._change, lan, change)
        else:
            change()
        return None if "condition" in question.arguments else _OLD_LINK

    def _change(self, lan: str, change: Callable[[], None]) -> None:
        self._ordered.pop(lan, None)  # whoever asks chooses the word, so it is not kept
        try:
            change()
        except (ValueError, OSError) as error:  # nobody waits for an answer any more
            self._shared.log.write("node", "input.refused", str(error), {"source": "link", "why": str(error)})

    def _flush(self, _: Question) -> Json:
        """Whom the kernel knows by ARP is a cache as those of the services are: after `up` it knows nobody either."""
        self._shared.lans.forget_neighbours()
        for context in self._contexts():
            for flush in context.flushes:
                flush()
        return None

    def _report(self, question: Question) -> Json:
        service, kind, text = (_argument(question, key, str) for key in ("service", "kind", "text"))
        if _SERVICE.fullmatch(service) is None:
            raise QuestionError(f"report: service {service!r} is no name of one")
        declared = services().get(service)
        kinds = (*PROGRAM_KINDS, *(declared.events if declared is not None else ()))
        if kind not in kinds:  # the log keeps an account for each kind
            raise QuestionError(f"report: kind {kind!r} of {service} is none of {', '.join(kinds)}")
        self._shared.log.write(service, kind, text, _argument(question, "data", dict))
        return None

    def _events(self, question: Question) -> Json:
        return [*self._shared.log.recent(_argument(question, "after", float))]

    def _routes(self) -> Json:
        return [route.to_json() for route in self._table(self._shared.lans.routes.present())]

    def _links(self) -> Json:
        return [link.to_json() for link in self._shared.lans.status()]

    def _arp(self) -> Json:
        """The kernel's neighbours on the node's LANs. One that is forgotten but for its memory is none."""
        from catenet.nodes.control.answers import ArpEntry

        lans = self._shared.lans
        of = {number: each.name for each in lans.interfaces() if (number := lans.ifindex(each.name))}
        known = sorted(each for each in lans.neighbours() if each.ifindex in of and each.state)
        return [
            ArpEntry(
                of[each.ifindex],
                str(each.address),
                self._name_of(each.address),
                each.hardware.hex(":"),
                each.state,
                round(each.seconds, 3),
            ).to_json()
            for each in known
        ]

    def _table(self, routes: Iterable[Route]) -> list[KernelRoute]:
        lans = self._shared.lans
        return lans.routes.table(routes, self._name_of, lans.name)

    def _name_of(self, address: Address) -> str:
        return self._shared.config.names.get(address) or str(address)


def _condition(question: Question) -> LinkCondition:
    """What a link is to be. For one more version `up` and `silent` may stand beside `lan`."""
    if "condition" in question.arguments:
        return LinkCondition.parse(question.arguments["condition"])
    if "up" not in question.arguments:
        raise QuestionError(f"link: condition is missing, like {HEALTHY.to_json()}")
    return LinkCondition.parse({key: question.arguments[key] for key in ("up", "silent") if key in question.arguments})


def _argument(question: Question, key: str, kind: type[Value]) -> Value:
    value = question.arguments.get(key)
    if not isinstance(value, kind):
        raise QuestionError(f"{question.ask}: {key} {value!r} is no {kind.__name__}")
    return value


def _memory() -> int:
    """The process's proportional set size in bytes: shared pages count in part."""
    for line in Path("/proc/self/smaps_rollup").read_bytes().splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return 0
