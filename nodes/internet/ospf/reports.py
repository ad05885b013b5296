"""What the user is told: events, and what was refused. Nothing is made that nobody wants (`wants`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.route_events import RouteHop, route_changed, route_lost
from catenet.nodes.internet.ospf.lsa import LsaHeader, LsaKey, LsaType
from catenet.nodes.internet.ospf.neighbour_states import NeighbourState
from catenet.nodes.machine import Action, Json, Report, SetRoute, Wants
from catenet.nodes.once import OncePerReason

if TYPE_CHECKING:
    from catenet.nodes.internet.bfd.session import Change
    from catenet.nodes.internet.ospf.area import Scope
    from catenet.nodes.internet.ospf.interface import Circuit
    from catenet.nodes.internet.ospf.neighbour import Neighbour

__all__ = ["NETWORK_COST", "Reporter", "links_of", "lsa_name", "lsa_type", "sequence_text"]

NETWORK_COST = 1
"""What the network at a route's end adds to its cost, at the default cost: `cost` counts links between routers."""
_INTERVAL, _MOST = 600.0, 256
"""Seconds for which nothing is said again of the same; and how many different things are said within them."""
_NAMES = {
    LsaType.ROUTER: ("router", "router-LSA"),
    LsaType.NETWORK: ("network", "network-LSA"),
    LsaType.SUMMARY: ("summary", "summary-LSA"),
    LsaType.SUMMARY_ASBR: ("asbr-summary", "ASBR-summary-LSA"),
    LsaType.EXTERNAL: ("external", "AS-external-LSA"),
    LsaType.OPAQUE_LINK: ("opaque-link", "link-local opaque LSA"),
    LsaType.OPAQUE_AREA: ("opaque-area", "area-local opaque LSA"),
    LsaType.OPAQUE_AS: ("opaque-as", "AS-wide opaque LSA"),
}
"""As rows and events have a type, and as the RFCs write it."""


class Reporter:
    """Tells. `cause`: why the routing table is about to be calculated again, the first reason of several."""

    def __init__(self, name_of: Callable[[Address], str], wants: Wants) -> None:
        """`wants` is asked before an event is made. `actions`: what the router wants done, events among it."""
        self.actions: list[Action] = []
        self.counters: Counter[str] = Counter()
        self.name_of = name_of
        self._wants = wants
        self._once = OncePerReason(_INTERVAL, _MOST)
        self.cause: dict[str, Json] | None = None

    # Why

    def because(self, cause: str, reason: str, of: str) -> None:
        """Something has happened that changes routes."""
        if self.cause is None:
            self.cause = {"cause": cause, "reason": reason, "of": of}

    def because_of(self, header: LsaHeader) -> None:
        """An LSA has other contents."""
        if self.cause is None:
            of = self.name_of(header.router)
            text = f"{lsa_name(header.type)} of {of}, {sequence_text(header.sequence)}"
            self.because(text, "lsa", of)

    # Neighbours

    def neighbour_changed(self, neighbour: Neighbour, was: NeighbourState, now: float) -> None:
        node, lan = self.name_of(neighbour.address), neighbour.circuit.name
        text = f"{node} on {lan} is {neighbour.state.word}, was {was.word}: {neighbour.cause}"
        if NeighbourState.FULL in (neighbour.state, was):
            self.because(text, "neighbor", node)
        if self._wants(("neighbor.changed",), now):
            data: dict[str, Json] = {
                "router": str(neighbour.router),
                "node": node,
                "lan": lan,
                "address": str(neighbour.address),
                "state": neighbour.state.word,
                "was": was.word,
                "cause": neighbour.cause,
            }
            self.actions.append(Report("neighbor.changed", text, data))

    def session_changed(self, change: Change, now: float) -> None:
        if self._wants(("bfd.changed",), now):
            (lan, address), node = change.key, self.name_of(change.key.peer)
            text = f"{node} on {lan} is {change.state.word}, was {change.was.word}: {change.cause}"
            data: dict[str, Json] = {"node": node, "lan": lan, "address": str(address)}
            more: dict[str, Json] = {"state": change.state.word, "was": change.was.word, "cause": change.cause}
            self.actions.append(Report("bfd.changed", text, {**data, **more}))

    def designated_changed(self, circuit: Circuit, now: float) -> None:
        if self._wants(("designated.changed",), now):
            designated, backup = self._elected(circuit.designated), self._elected(circuit.backup)
            text = f"{circuit.name}: designated router {designated or 'none'}, backup {backup or 'none'}"
            data: dict[str, Json] = {"lan": circuit.name, "designated": designated, "backup": backup}
            self.actions.append(Report("designated.changed", text, data))

    # Costs

    def cost_changed(self, circuit: Circuit, cost: int, was: int, seconds: float, now: float) -> None:
        """The cost of a LAN was measured, and is another one. `seconds`: the round trip of which it is made."""
        lan, milliseconds = circuit.name, round(seconds * 1000, 3)
        text = f"cost of {lan} is {cost}, was {was}: a round trip there takes {milliseconds:g} ms"
        self.because(text, "cost", lan)
        if self._wants(("cost.changed",), now):
            data: dict[str, Json] = {"lan": lan, "cost": cost, "was": was, "round_trip": milliseconds}
            self.actions.append(Report("cost.changed", text, data))

    def echo_refused(self, word: str, sender: tuple[Address, str], why: str, now: float) -> None:
        """An ICMP message of a `sender`, an address on a LAN. Of each kind, on a LAN, the first is told: anybody may
        send such from any address."""
        self.counters[f"refused.echo-{word}"] += 1
        source, lan = sender
        if self._once.first(("echo", word, lan), now):
            data: dict[str, Json] = {"source": str(source), "lan": lan, "why": why}
            self.actions.append(Report("input.refused", f"{source} on {lan}: {why}", data))

    def _elected(self, address: Address) -> str | None:
        return self.name_of(address) if address else None

    # LSAs

    def lsa_originated(self, scope: Scope, header: LsaHeader, cause: str, now: float) -> None:
        if self._wants(("lsa.originated",), now):
            text = f"{_lsa(header.key)} {sequence_text(header.sequence)} in {_where(scope)} ({cause})"
            data = {**_fields(scope, header.key), "sequence": sequence_text(header.sequence), "cause": cause}
            self.actions.append(Report("lsa.originated", text, data))

    def lsa_installed(self, scope: Scope, neighbour: Neighbour, header: LsaHeader, now: float) -> None:
        if self._wants(("lsa.installed",), now):
            lan, of = neighbour.circuit.name, self.name_of(neighbour.address)
            sequence = sequence_text(header.sequence)
            text = (
                f"{_lsa(header.key)} of {self.name_of(header.router)} {sequence} in {_where(scope)} from {of} on {lan}"
            )
            data = {**_fields(scope, header.key), "sequence": sequence, "lan": lan, "from": of}
            self.actions.append(Report("lsa.installed", text, data))

    def lsa_flushed(self, scope: Scope, key: LsaKey, cause: str, now: float) -> None:
        if self._wants(("lsa.flushed",), now):
            text = f"{_lsa(key)} of {self.name_of(key.router)} in {_where(scope)} ({cause})"
            self.actions.append(Report("lsa.flushed", text, {**_fields(scope, key), "cause": cause}))

    # Routes

    def route_changed(self, route: SetRoute, was: SetRoute | None, now: float) -> None:
        if self._wants(("route.changed",), now):
            self.actions.append(
                route_changed(
                    route.prefix,
                    self._hops(route),
                    cost=links_of(route.metric),
                    metric=route.metric,
                    was=None if was is None else links_of(was.metric),
                    before=() if was is None else self._hops(was),
                    why=self.why,
                )
            )

    def _hops(self, route: SetRoute) -> list[RouteHop]:
        return [RouteHop(hop.via, self.name_of(hop.via), hop.interface) for hop in route.next_hops]

    def route_lost(self, prefix: Prefix, now: float) -> None:
        if self._wants(("route.lost",), now):
            self.actions.append(route_lost(prefix, self.why))

    @property
    def why(self) -> Mapping[str, Json]:
        """The cause, as the data of an event."""
        return self.cause or {"cause": "something has changed"}

    # What was not taken

    def refused(self, word: str, sender: tuple[Address, str], why: str, now: float, key: int | None = None) -> None:
        """A packet of a `sender`, an address on a LAN; `word` counts it. `key`: the id of the key that it names."""
        self.counters[f"refused.{word}"] += 1
        self._tell_once(word, sender, why, now, key)

    def refused_datagram(self, word: str, sender: tuple[Address, str], why: str, now: float, of: str) -> None:
        """A datagram; `of`: whose faults of this kind are told once."""
        self.counters[f"refused.{word}"] += 1
        self._tell(sender, why, (word, of, sender[1]), now)

    def skipped(self, word: str, sender: tuple[Address, str], why: str, now: float, number: int = 1) -> None:
        """So many LSAs of a packet that is taken otherwise."""
        self.counters[f"skipped.{word}"] += number
        self._tell_once(word, sender, why, now)

    def _tell_once(self, word: str, sender: tuple[Address, str], why: str, now: float, key: int | None = None) -> None:
        more: dict[str, Json] = {} if key is None else {"key": key}
        self._tell(sender, why, (word, *sender, key), now, more)

    def _tell(
        self, sender: tuple[Address, str], why: str, what: Hashable, now: float, more: Mapping[str, Json] | None = None
    ) -> None:
        """`what`: that of which nothing is told again for a while."""
        source, lan = sender
        if self._once.first(what, now):
            data: dict[str, Json] = {"source": str(source), "lan": lan, "why": why}
            self.actions.append(Report("input.refused", f"{source} on {lan}: {why}", {**data, **(more or {})}))


def lsa_name(kind: int) -> str:
    """An LS type, as the RFCs write it."""
    return _NAMES[LsaType(kind)][1]


def lsa_type(kind: int) -> str:
    """An LS type, in one word."""
    return _NAMES[LsaType(kind)][0]


def sequence_text(sequence: int) -> str:
    """An LS sequence number, as everybody writes it."""
    return f"{sequence & 0xFFFFFFFF:08x}"


def _lsa(key: LsaKey) -> str:
    return f"{lsa_name(key.type)} {key.id}"


def _where(scope: Scope) -> str:
    return f"area {scope.area}" if scope.area else "all areas"


def _fields(scope: Scope, key: LsaKey) -> dict[str, Json]:
    return {"area": scope.area, "type": lsa_type(key.type), "id": str(key.id), "router": str(key.router)}


def links_of(metric: int) -> int:
    """A cost in links between routers, as the lecture counts."""
    return max(metric - NETWORK_COST, 0)
