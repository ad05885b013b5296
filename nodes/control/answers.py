"""What every node answers (control/questions), as values: made by a node, and read once, by whoever asked.

`to_json` is the answer, or a row of it; `parse` reads it again. Where a node's route comes from: control/origin.
A node imports this when it is asked: one that is asked nothing, as most are most of the time, is smaller without.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from catenet.nodes.control.fields import AnswerError, Fields, counts, rows
from catenet.nodes.control.impairment import Impairment, parse_all
from catenet.nodes.control.link import LinkCondition
from catenet.nodes.control.questions import FAILED
from catenet.nodes.machine import Json

__all__ = [
    "ArpEntry",
    "KernelRoute",
    "KnownLink",
    "LinkState",
    "NodeStatus",
    "ProtocolRoute",
    "RoutingTable",
    "ServiceStatus",
    "arp_entries",
    "kernel_routes",
    "known_links",
    "link_states",
]

KERNELS = "kernel"
"""Whose stack it is, where nobody says so."""


class LinkState(NamedTuple):
    """An end of a LAN, as in `show links`. `engine`: the engine's address there; `interface`, `hardware`, `mtu` are
    None while the node has no interface there. `counted`: of the packets that came in since they suffer something;
    `suffers`: what they do by the lab file; `stack`: whose its ARP and IPv4 are (control/config); `segment`: the
    VXLAN network identifier of a LAN that the nodes make themselves, 0 of one that is a network of the engine's.
    """

    lan: str
    condition: LinkCondition
    address: str = ""
    length: int = 0
    engine: str = ""
    interface: str | None = None
    hardware: str | None = None
    mtu: int | None = None
    counted: Mapping[str, int] = {}
    suffers: tuple[Impairment, ...] = ()
    stack: str = KERNELS
    segment: int = 0

    @property
    def planned(self) -> LinkCondition:
        """As the end is by the lab file."""
        return LinkCondition(impairments=self.suffers)

    def to_json(self) -> dict[str, Json]:
        return {
            "lan": self.lan,
            "address": self.address,
            "length": self.length,
            "engine": self.engine,
            **self.condition.to_json(),
            "interface": self.interface,
            "hardware": self.hardware,
            "mtu": self.mtu,
            **({"stack": self.stack} if self.stack != KERNELS else {}),
            **({"segment": self.segment} if self.segment else {}),
            **({"counted": dict(self.counted)} if self.condition.impairments else {}),
            **({"planned": [each.to_json() for each in self.suffers]} if self.suffers else {}),
        }

    @classmethod
    def parse(cls, value: Json) -> LinkState:
        """A row; an end that does not say that it is up is not."""
        row = Fields(value, "links")
        return cls(
            row.name("lan"),
            LinkCondition(row.flag("up"), row.flag("silent"), row.part("impairments", _impairments) or ()),
            row.text("address"),
            row.whole("length") or 0,
            row.text("engine"),
            row.word("interface"),
            row.word("hardware"),
            row.whole("mtu"),
            row.part("counted", counts) or {},
            row.part("planned", _impairments) or (),
            row.text("stack") or KERNELS,
            row.whole("segment") or 0,
        )


def _impairments(value: Json) -> tuple[Impairment, ...]:
    try:
        return parse_all(value)
    except ValueError as error:
        raise AnswerError(f"links.{error}") from None


def link_states(value: Json) -> tuple[LinkState, ...]:
    """The answer of `show links`."""
    return rows(value, "links", LinkState.parse)


class ArpEntry(NamedTuple):
    """A neighbour, as in `show arp`. `node`: whose address it is, by name where that is known; `hardware`: "" while it
    is not; `state`: by the words of RFC 4861 section 7.3.2, as Linux has them; `seconds`: since it was last heard, or
    has been asked for.
    """

    lan: str
    address: str
    node: str = ""
    hardware: str = ""
    state: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Json]:
        return self._asdict()

    @classmethod
    def parse(cls, value: Json) -> ArpEntry:
        row = Fields(value, "arp")
        return cls(
            row.name("lan"),
            row.name("address"),
            row.text("node"),
            row.text("hardware"),
            row.text("state"),
            row.number("seconds") or 0.0,
        )


def arp_entries(value: Json) -> tuple[ArpEntry, ...]:
    """The answer of `show arp`."""
    return rows(value, "arp", ArpEntry.parse)


class KernelRoute(NamedTuple):
    """A next hop of a route in the kernel's table, as in `show routes`. `via` and `node`: None on the node's own LAN.

    `protocol`: the kernel's word for whose it is; `source`: ours.
    """

    prefix: str
    via: str | None = None
    node: str | None = None
    lan: str = ""
    protocol: str = ""
    metric: int = 0
    source: str = ""

    def to_json(self) -> dict[str, Json]:
        return self._asdict()

    @classmethod
    def parse(cls, value: Json) -> KernelRoute:
        row = Fields(value, "routes")
        return cls(
            row.name("prefix"),
            row.word("via"),
            row.word("node"),
            row.text("lan"),
            row.text("protocol"),
            row.whole("metric") or 0,
            row.text("source"),
        )


def kernel_routes(value: Json) -> tuple[KernelRoute, ...]:
    """The answer of `show routes`: of several routes to a prefix the one that the kernel takes is the first."""
    return rows(value, "routes", KernelRoute.parse)


class ProtocolRoute(NamedTuple):
    """A route in the table of a service that finds routes. `via` and `node`: None on the node's own LAN. `cost`: in
    links, None where it cannot be used; `age`: seconds since it was last confirmed, or lost; `kernel`: why the kernel
    does not take it, where it does not.
    """

    prefix: str
    lan: str = ""
    via: str | None = None
    node: str | None = None
    metric: int | None = None
    cost: int | None = None
    age: float | None = None
    tag: int | None = None
    state: str = ""
    kernel: str = ""

    def to_json(self) -> dict[str, Json]:
        return {key: value for key, value in self._asdict().items() if value or key != "kernel"}

    @classmethod
    def parse(cls, value: Json) -> ProtocolRoute:
        row = Fields(value, "table")
        return cls(
            row.name("prefix"),
            row.text("lan"),
            row.word("via"),
            row.word("node"),
            row.whole("metric"),
            row.whole("cost"),
            row.number("age"),
            row.whole("tag"),
            row.text("state"),
            row.text("kernel"),
        )


class RoutingTable(NamedTuple):
    """What a service that finds routes shows, as far as those of all protocols have it in common."""

    routes: tuple[ProtocolRoute, ...]
    counters: Mapping[str, int] | None

    @property
    def sent(self) -> int | None:
        """All messages that it has sent; None where it does not count them."""
        if self.counters is None:
            return None
        return sum(count for word, count in self.counters.items() if word.startswith("sent."))

    @classmethod
    def parse(cls, value: Json) -> RoutingTable:
        """The answer of `show` and the service's name."""
        whole = Fields(value, "answer")
        return cls(whole.rows("table", ProtocolRoute.parse), whole.part("counters", counts))


class KnownLink(NamedTuple):
    """A router's link to a network, as a service that knows the whole network has it (control/service, `links`).

    `router`: by the protocol's own number; `to`: what is at its end by such a number, None: hosts alone. `prefix` and
    `address`: of the network, and of the router there, None where it is not known. `distance`: from the router that was
    asked to this one, None: there is no way. `tree`: the shortest paths go `into` the network here, or come
    `out of` it.
    """

    router: str
    node: str = ""
    area: str = ""
    kind: str = ""
    to: str | None = None
    prefix: str | None = None
    address: str | None = None
    cost: int = 0
    distance: int | None = None
    tree: str | None = None

    def to_json(self) -> dict[str, Json]:
        return self._asdict()

    @classmethod
    def parse(cls, value: Json) -> KnownLink:
        row = Fields(value, "links")
        return cls(
            row.name("router"),
            row.text("node"),
            row.text("area"),
            row.text("kind"),
            row.word("to"),
            row.word("prefix"),
            row.word("address"),
            row.whole("cost") or 0,
            row.whole("distance"),
            row.word("tree"),
        )


def known_links(value: Json) -> tuple[KnownLink, ...]:
    """The network as the node that was asked knows it."""
    return rows(value, "links", KnownLink.parse)


class ServiceStatus(NamedTuple):
    """How a service of the node is. `restarts`: since the node's start; `error`: what ended it last.

    `retry`, of one that has failed: seconds to its next start; None: none is to come.
    """

    state: str
    restarts: int = 0
    counters: Mapping[str, int] = {}
    error: str | None = None
    retry: float | None = 0.0
    implementation: str = ""

    @property
    def stays_down(self) -> bool:
        """It has failed, and will not be started again while the node runs."""
        return self.state == FAILED and self.retry is None

    def to_json(self) -> dict[str, Json]:
        theirs: dict[str, Json] = {"implementation": self.implementation} if self.implementation else {}
        again: dict[str, Json] = {"retry": self.retry} if self.state == FAILED else {}
        return {
            **theirs,
            **again,
            "state": self.state,
            "restarts": self.restarts,
            "counters": dict(self.counters),
            "error": self.error,
        }

    @classmethod
    def parse(cls, value: Json) -> ServiceStatus:
        row = Fields(value, "services")
        return cls(
            row.text("state"),
            row.whole("restarts") or 0,
            row.part("counters", counts) or {},
            row.word("error"),
            row.number("retry") if row.says("retry") and row.text("state") == FAILED else 0.0,
            row.text("implementation"),
        )


class NodeStatus(NamedTuple):
    """How a node is. `uptime` in seconds, `memory` in bytes."""

    node: str
    lab: str
    ready: bool
    uptime: float
    interfaces: tuple[LinkState, ...]
    services: Mapping[str, ServiceStatus]
    memory: int

    def to_json(self) -> dict[str, Json]:
        return {
            "node": self.node,
            "lab": self.lab,
            "ready": self.ready,
            "uptime": self.uptime,
            "interfaces": [each.to_json() for each in self.interfaces],
            "services": {name: each.to_json() for name, each in self.services.items()},
            "memory": self.memory,
        }

    @classmethod
    def parse(cls, value: Json) -> NodeStatus:
        whole = Fields(value, "status")
        return cls(
            whole.text("node"),
            whole.text("lab"),
            whole.flag("ready"),
            whole.number("uptime") or 0.0,
            whole.rows("interfaces", LinkState.parse),
            whole.parts("services", ServiceStatus.parse),
            whole.whole("memory") or 0,
        )
