"""Where a node's route to a prefix comes from (the question `route`), as values: made by a node, and read by who asked.

What each source has, which one the kernel takes, and what the services know of their own. Times are in seconds since
1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from catenet.nodes.control.answers import KernelRoute
from catenet.nodes.control.fields import Fields
from catenet.nodes.machine import Json

__all__ = [
    "CONNECTED",
    "FORGOTTEN",
    "STATIC",
    "VALID",
    "Announced",
    "Explanation",
    "Learned",
    "OriginHop",
    "Rival",
    "RouteOrigin",
    "SourceRoute",
    "Turn",
]

CONNECTED, STATIC, VALID, FORGOTTEN = "connected", "static", "valid", "forgotten"
"""States of a service's route; another is `garbage`."""
_NOW = ("metric", "lan", "router", "node", "via", "tag")  # what a route has while it is there


class OriginHop(NamedTuple):
    """A next hop that a source wants."""

    via: str
    node: str
    lan: str

    def to_json(self) -> dict[str, Json]:
        return self._asdict()

    @classmethod
    def parse(cls, value: Json) -> OriginHop:
        hop = Fields(value, "next_hops")
        return cls(hop.text("via"), hop.text("node"), hop.text("lan"))


class SourceRoute(NamedTuple):
    """What a source has for a prefix. `metric`: its own. `selected`: the kernel takes it, or `kernel` says why not.
    `tag`: the mark that it carries, 0: none; `last_resort`: every other source's is taken before it.
    """

    source: str
    distance: int
    metric: int
    next_hops: tuple[OriginHop, ...]
    selected: bool
    kernel: str | None
    tag: int = 0
    last_resort: bool = False

    def to_json(self) -> dict[str, Json]:
        return {**self._asdict(), "next_hops": [hop.to_json() for hop in self.next_hops]}

    @classmethod
    def parse(cls, value: Json) -> SourceRoute:
        row = Fields(value, "sources")
        return cls(
            row.text("source"),
            row.whole("distance") or 0,
            row.whole("metric") or 0,
            row.rows("next_hops", OriginHop.parse),
            row.flag("selected"),
            row.word("kernel"),
            row.whole("tag") or 0,
            row.flag("last_resort") if row.says("last_resort") else False,
        )


class Learned(NamedTuple):
    """How a neighbour told of a route: its `message` (update or answer; None: not known) `carried` a metric, to which
    `cost` was added. `next_hop`: where that is another router; `auth`: how the message proved whose it is; `refreshed`:
    when it was last said.
    """

    message: str | None = None
    carried: int | None = None
    cost: int | None = None
    next_hop: str | None = None
    auth: str | None = None
    refreshed: float | None = None

    @classmethod
    def of(cls, row: Fields) -> Learned:
        """The fields stand among those of the explanation."""
        return cls(
            row.word("message"),
            row.whole("carried"),
            row.whole("cost"),
            row.word("next_hop"),
            row.word("auth"),
            row.number("refreshed"),
        )


class Announced(NamedTuple):
    """When a route, as it is, was first said to the neighbours, and `by` what: an update, or a triggered one."""

    at: float | None
    by: str

    @classmethod
    def parse(cls, value: Json) -> Announced:
        row = Fields(value, "announced")
        return cls(row.number("at"), row.text("by"))


class Rival(NamedTuple):
    """What another neighbour said last of a prefix, when, and `why` that is not the route."""

    node: str
    router: str
    lan: str
    carried: int | None
    metric: int | None
    tag: int | None
    next_hop: str | None
    at: float | None
    why: str

    def to_json(self) -> dict[str, Json]:
        return self._asdict()

    @classmethod
    def parse(cls, value: Json) -> Rival:
        row = Fields(value, "rivals")
        return cls(
            row.text("node"),
            row.text("router"),
            row.text("lan"),
            row.whole("carried"),
            row.whole("metric"),
            row.whole("tag"),
            row.word("next_hop"),
            row.number("at"),
            row.text("why"),
        )


class Turn(NamedTuple):
    """What a route became, and when; `metric`: None: unreachable. `cause`: why, in words; `reason` and `of`: the same
    as fields, of what the service knows as such (RIP: nodes/internet/rip/cause). `also`: the next hops beside that one.
    """

    at: float | None
    metric: int | None
    lan: str
    node: str | None
    cause: str
    reason: str = ""
    of: str = ""
    also: tuple[OriginHop, ...] = ()

    def to_json(self) -> dict[str, Json]:
        whole = {**self._asdict(), "also": [hop.to_json() for hop in self.also]}
        return _without(whole, [key for key in ("reason", "of", "also") if not whole[key]])

    @classmethod
    def parse(cls, value: Json) -> Turn:
        row = Fields(value, "history")
        return cls(
            row.number("at"),
            row.whole("metric"),
            row.text("lan"),
            row.word("node"),
            row.text("cause"),
            row.text("reason"),
            row.text("of"),
            row.rows("also", OriginHop.parse),
        )


class Explanation(NamedTuple):
    """What a service knows of its route to a prefix. Times are in seconds since 1970.

    `state`: connected, static (announced for others), valid, garbage, or forgotten: then only its past is known.
    `learned`: where a neighbour's message brought it, and the service says so. `since`, `cause`, `reason`, `of`: those
    of the last turn of its `history`, which made it what it is. `kernel`: why the kernel has it not, where it has not.
    """

    prefix: str
    state: str
    metric: int | None = None
    lan: str = ""
    router: str | None = None
    node: str | None = None
    via: str | None = None
    tag: int | None = None
    learned: Learned | None = None
    since: float | None = None
    cause: str = ""
    reason: str = ""
    of: str = ""
    announced: Announced | None = None
    rivals: tuple[Rival, ...] = ()
    history: tuple[Turn, ...] = ()
    kernel: str = ""
    implementation: str = ""

    def to_json(self) -> dict[str, Json]:
        """What there is to say in its state."""
        optional = ("reason", "of", "kernel", "implementation")
        gone = _NOW if self.state == FORGOTTEN else ()
        silent = [key for key in (*optional, *gone) if not getattr(self, key)]
        return {
            **_without(self._asdict(), ("learned", *silent)),
            **({} if self.learned is None else self.learned._asdict()),
            "announced": None if self.announced is None else self.announced._asdict(),
            "rivals": [rival.to_json() for rival in self.rivals],
            "history": [turn.to_json() for turn in self.history],
        }

    @classmethod
    def parse(cls, value: Json) -> Explanation:
        row = Fields(value, "services")
        return cls(
            prefix=row.text("prefix"),
            state=row.text("state"),
            metric=row.whole("metric"),
            lan=row.text("lan"),
            router=row.word("router"),
            node=row.word("node"),
            via=row.word("via"),
            tag=row.whole("tag"),
            learned=Learned.of(row) if row.says("message") else None,
            since=row.number("since"),
            cause=row.text("cause"),
            reason=row.text("reason"),
            of=row.text("of"),
            announced=row.part("announced", Announced.parse),
            rivals=row.rows("rivals", Rival.parse),
            history=row.rows("history", Turn.parse),
            kernel=row.text("kernel"),
            implementation=row.text("implementation"),
        )

    def earlier(self, seconds: float) -> Explanation:
        """The same by a clock that is so much behind."""
        learned, announced = self.learned, self.announced
        return self._replace(
            learned=learned and learned._replace(refreshed=_earlier(learned.refreshed, seconds)),
            since=_earlier(self.since, seconds),
            announced=announced and announced._replace(at=_earlier(announced.at, seconds)),
            rivals=tuple(each._replace(at=_earlier(each.at, seconds)) for each in self.rivals),
            history=tuple(each._replace(at=_earlier(each.at, seconds)) for each in self.history),
        )


def _earlier(at: float | None, seconds: float) -> float | None:
    return None if at is None else at - seconds


def _without(row: dict[str, Json], keys: Iterable[str]) -> dict[str, Json]:
    return {key: value for key, value in row.items() if key not in keys}


class RouteOrigin(NamedTuple):
    """`kernel`: the routes that hold the whole prefix, the one taken first. `sources`: the nearest first. `services`:
    what each one knows; of those that are left out, or None, nothing.
    """

    prefix: str
    kernel: tuple[KernelRoute, ...] = ()
    sources: tuple[SourceRoute, ...] = ()
    services: Mapping[str, Explanation | None] = {}

    def to_json(self) -> dict[str, Json]:
        return {
            "prefix": self.prefix,
            "kernel": [route.to_json() for route in self.kernel],
            "sources": [each.to_json() for each in self.sources],
            "services": {name: None if each is None else each.to_json() for name, each in self.services.items()},
        }

    @classmethod
    def parse(cls, value: Json) -> RouteOrigin:
        whole = Fields(value, "route")
        return cls(
            whole.text("prefix"),
            whole.rows("kernel", KernelRoute.parse),
            whole.rows("sources", SourceRoute.parse),
            whole.parts("services", Explanation.parse),
        )

    def earlier(self, seconds: float) -> RouteOrigin:
        """The same by a clock that is so much behind."""
        return self._replace(services={name: each and each.earlier(seconds) for name, each in self.services.items()})
