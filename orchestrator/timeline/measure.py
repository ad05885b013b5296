"""How routers learn that LANs are lost, counted while it happens: seconds, metrics, messages, packets that went astray.

`Account` is pure: lines of the routers' logs in, figures out. `Measuring` feeds one for each row of a lab's `measure:`,
and asks a row's routers for their counters when none of them has a route any more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from catenet.nodes.control.answers import RoutingTable
from catenet.nodes.control.events import Event
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, Engine
from catenet.orchestrator.lab.addressing import unused_address
from catenet.orchestrator.lab.graph import routing
from catenet.orchestrator.lab.model import Lab, Measure
from catenet.orchestrator.lab.realms import views
from catenet.orchestrator.observe.ask import ask_all
from catenet.orchestrator.observe.events import LogEntry, completed, follow, past
from catenet.orchestrator.observe.pings import Pings
from catenet.orchestrator.observe.running import RunningLab

__all__ = ["Account", "Measured", "Measuring", "figure"]

_ACT = 5.0
_PATIENCE = 60.0
"""Seconds that a router may take to say which routes it has at first: without them no row has an end."""
_LOOK = 0.3
_LEAD = 1.0
"""Seconds before something breaks at which messages are counted: a question to all routers takes about so long."""
_EACH = 1.0
"""Seconds between two pings: of more than one a second a kernel does not tell the sender (icmp_ratelimit)."""
_LINK = ""
"""In the place of a service: the LAN is the router's own, and no routing service takes it away."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A row. `seconds`: until no router had a route any more (None: one still had at the end). `metric`: the highest
    that a route took meanwhile, and `changes`, how often one changed. `messages`: of the routing protocol, sent until
    then, from up to a second before (None: not counted there). `died`: pings whose TTL ran out (None: nobody pinged).
    `left`: the LANs to which a router had a route at the end.
    """

    name: str
    seconds: float | None
    metric: int | None
    changes: int
    messages: int | None
    died: int | None
    left: tuple[str, ...] = ()

    @property
    def gone_after(self) -> str:
        """How long it took, for people; of one that did not come to its end, what was left."""
        if self.seconds is not None:
            return f"{self.seconds:.2f} s"
        return f"never: {', '.join(self.left)}" if self.left else "never"

    def to_json(self) -> dict[str, Json]:
        seconds = None if self.seconds is None else round(self.seconds, 3)
        return {**asdict(self), "seconds": seconds, "left": list(self.left)}


class Account:
    """One row, of what is said from the moment `since` (seconds since 1970) on.

    It begins when a LAN goes down at one of its routers, where that is seen, else when the timeline `breaks` something.
    """

    def __init__(
        self, measure: Measure, lab: Lab, known: Iterable[tuple[str, str, str]], since: float, breaks: float = 0.0
    ) -> None:
        """`known`: (router, service or _LINK, prefix) of each route that there is at first.

        `breaks`: not before `since`.
        """
        self.measure = measure
        seen = views(lab)
        self._lans = {  # (router, prefix) → LAN
            (router, prefix): lan
            for router in measure.routers
            for prefix, lan in seen.at(router).names.items()
            if lan in measure.lans
        }
        self._has = {
            (router, service, self._lans[router, prefix])
            for router, service, prefix in known
            if (router, prefix) in self._lans
        }
        self._since, self._breaks = since, max(since, breaks)
        self._began: float | None = None
        self.ended: float | None = None
        self.metric: int | None = None
        self.changes = 0

    def note(self, line: LogEntry) -> bool:
        """A router said something; whether just now the last route went."""
        event = line.event
        if event is None or line.node not in self.measure.routers or line.at < self._since:
            return False
        before = bool(self._has)
        self._apply(line.node, event)
        if self._has:
            self.ended = None
        elif before:
            self.ended = line.at
        return before and not self._has

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        begin = self._breaks if self._began is None else self._began
        return None if self.ended is None else self.ended - begin

    @property
    def left(self) -> tuple[str, ...]:
        """The LANs to which a router has a route still."""
        there = {lan for _, _, lan in self._has}
        return tuple(lan for lan in self.measure.lans if lan in there)

    def _apply(self, router: str, event: Event) -> None:
        end = (router, str(event.data.get("prefix")))
        lan = self._lans.get(end) or str(event.data.get("lan"))
        if lan not in self.measure.lans:
            return
        match event.kind:
            case "link.down":
                self._began = event.at if self._began is None else self._began
                self._has = {each for each in self._has if (each[0], each[2]) != (router, lan)}
            case "link.up":
                self._has.add((router, _LINK, lan))
            case "route.lost" if end in self._lans:
                self._has.discard((router, event.service, lan))
            case "route.changed" if end in self._lans:
                self._has.add((router, event.service, lan))
                self.changes += 1
                metric = event.data.get("metric")
                if isinstance(metric, int):
                    self.metric = max(metric, self.metric or 0)


class Measuring:
    """Counts for all rows of a lab's `measure:`. In a `with`; `begin` before something breaks, `end` before it is
    mended, or at the end of the block.
    """

    def __init__(self, engine: Engine, running: RunningLab) -> None:
        self._engine, self._running, self._lab = engine, running, running.lab
        self.results: list[Measured] = []
        self._open = ExitStack()
        self._pings: dict[str, list[Pings]] = {}
        self._routers: list[Container] = []
        self._accounts: list[Account] = []
        self._anew: Callable[[], list[Account]] = list
        self._before: dict[str, int] = {}
        self._after: dict[tuple[str, float | None], int | None] = {}
        self._asking: list[threading.Thread] = []
        self._over = threading.Event()
        self._reader: threading.Thread | None = None
        self._began = self._counted = False

    def __enter__(self) -> Measuring:
        seen = views(self._lab)
        for measure in self._lab.measures:
            at = self._running.containers.get(measure.source)
            if at is not None and at.state == "running":
                meant = [lan for lan in measure.lans if not seen.unknown(lan, measure.source)]
                targets = [str(unused_address(self._lab, lan)) for lan in meant]
                pings = [Pings(self._engine, at, target, _EACH) for target in targets]
                self._pings[measure.name] = [self._open.enter_context(each) for each in pings]
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._open.close()

    def begin(self, at: float) -> None:
        """From now on, since something will break `at` (seconds since 1970); only the first time counts."""
        if self._began or not self._lab.measures:
            return
        self._began = True
        self._routers = self._there(name for measure in self._lab.measures for name in measure.routers)
        known_lines = past(self._engine, self._routers, tail=1)
        tables = self._tables(self._routers, _PATIENCE)
        known = [each for service, answers in tables for each in _known(service, answers)]
        now = time.time()
        self._anew = lambda: [Account(measure, self._lab, known, now, at) for measure in self._lab.measures]
        self._accounts = self._anew()
        self._reader = threading.Thread(target=self._read, args=(known_lines,), name="measure", daemon=True)
        self._reader.start()

    def count_before(self, at: float) -> None:
        """What was sent before the first thing breaks, `at` (seconds since 1970; 0: at once)."""
        if self._counted or not self._accounts:
            return
        self._counted = True
        time.sleep(max(0.0, at - _LEAD - time.time()))
        self._before = {router: sent for router, sent in self._sent(self._routers).items() if sent is not None}

    def end(self) -> list[Measured]:
        """Until now; what was counted. Only the first time counts.

        What the routers were heard to say says only when to ask for their counters. The rest is counted in their whole
        logs: what is followed comes late where the machine is busy, and of two routers in another order.

        Raises:
            EngineError: the engine does not give a log.

        """
        if self._reader is None or self._over.is_set():
            return self.results
        lines = completed(self._engine, self._routers, past(self._engine, self._routers))
        self._over.set()
        self._reader.join(timeout=_ACT)
        for asking in self._asking:
            asking.join(timeout=_ACT)
        accounts = self._anew()
        for line in lines:
            for account in accounts:
                account.note(line)
        self.results += [self._measured(account) for account in accounts]
        return self.results

    def _there(self, names: Iterable[str]) -> list[Container]:
        there = self._running.containers
        return [there[name] for name in dict.fromkeys(names) if name in there]

    def _read(self, known: Sequence[LogEntry]) -> None:
        def present() -> Sequence[Container]:
            return [] if self._over.is_set() else self._routers

        for line in follow(self._engine, present, known, _LOOK, complete=True):
            for account in self._accounts:
                if account.note(line) and account.ended is not None:
                    work = (account.measure, account.ended)
                    self._asking.append(threading.Thread(target=self._count, args=work, daemon=True))
                    self._asking[-1].start()

    def _count(self, measure: Measure, ended: float) -> None:
        """The messages that a row's routers have sent; of several such questions the one of the true end counts."""
        sent = self._sent(self._there(measure.routers)).values()
        total = None if None in sent else sum(each for each in sent if each is not None)
        self._after[measure.name, ended] = total

    def _tables(
        self, routers: Sequence[Container], patience: float = _ACT
    ) -> Iterator[tuple[str, Mapping[str, Answer]]]:
        """Each routing service that one of them runs, and what they answer of its table within so many seconds."""
        of = {router.node: [each.name for each in routing(self._lab.nodes[router.node])] for router in routers}
        for service in dict.fromkeys(service for services in of.values() for service in services):
            speaking = [router for router in routers if service in of[router.node]]
            yield service, ask_all(self._engine, speaking, Question("show", {"what": service}), patience)

    def _sent(self, routers: Sequence[Container]) -> dict[str, int | None]:
        """Router → all messages that its routing services have sent; None where one does not count them."""
        sent: dict[str, int | None] = {}
        for _, answers in self._tables(routers):
            for router, answer in answers.items():
                one, others = _sent(answer), sent.get(router, 0)
                sent[router] = None if one is None or others is None else one + others
        return sent

    def _measured(self, account: Account) -> Measured:
        measure = account.measure
        after = self._after.get((measure.name, account.ended))
        before = [self._before[router] for router in measure.routers if router in self._before]
        counted = after is not None and len(before) == len(measure.routers)
        messages = after - sum(before) if counted and after is not None else None
        pings = self._pings.get(measure.name)
        died = None if pings is None else sum(each.died for each in pings)
        return Measured(measure.name, account.seconds, account.metric, account.changes, messages, died, account.left)


def _known(service: str, answers: Mapping[str, Answer]) -> Iterator[tuple[str, str, str]]:
    """(router, service, prefix) of every route that can be used; _LINK for the service where the LAN is its own."""
    for router, answer in answers.items():
        for route in _table(answer).routes:
            if route.cost is not None:
                yield router, service if route.via else _LINK, route.prefix


def _sent(answer: Answer) -> int | None:
    """All messages that a router has sent; None where it does not count them."""
    return _table(answer).sent


def _table(answer: Answer) -> RoutingTable:
    """What the router says; of one that says nothing, an empty one."""
    try:
        return read(answer, RoutingTable.parse)
    except AnswerError:
        return RoutingTable((), {})


def figure(value: int | None) -> str:
    """A figure of a row; a dash where it was not counted."""
    return "-" if value is None else str(value)
