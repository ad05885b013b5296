"""When a lab is ready: every node has said so, and every router knows every LAN at its shortest cost, by each routing
protocol that it speaks.

Pure: events in, what is lacking out. watch.py feeds it from the engine's logs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import NamedTuple

from catenet.nodes.control.events import Event
from catenet.orchestrator.lab.graph import expected, lacking, routing
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.realms import views

__all__ = ["Lacking", "NotReadyError", "Readiness"]

_TRIES = 5
"""Times that a service may fail while the lab starts, before the lab is given up: some 3 s, as it is started again."""


class NotReadyError(Exception):
    """The lab did not become ready: the text says which node lacks what. `node` is the one to look at first."""

    def __init__(self, message: str, node: str = "") -> None:
        super().__init__(message)
        self.node = node


class Lacking(NamedTuple):
    """What a node lacks, in words for the user; they name the node, too."""

    node: str
    words: str


class Readiness:
    """What the nodes have said so far. `starting` are those that this run starts; the others run already."""

    def __init__(self, lab: Lab, starting: Collection[str], absent: Collection[str] = ()) -> None:
        """`absent`: nodes that neither run nor are started (paused ones, for example)."""
        self._lab = lab
        self._absent = frozenset(absent)
        self._views = views(lab)
        self._not_ready = set(starting)
        self._down: set[tuple[str, str]] = set()
        self._silent: set[tuple[str, str]] = set()
        self._up: set[tuple[str, str]] = set()
        self._unsaid: dict[tuple[str, str], float] = {}  # (node, service) → seconds
        self._serving: dict[str, set[str]] = {name: set() for name in starting}
        self._failing: dict[tuple[str, str], str] = {}  # (node, service) → why, the latest last
        self._failures: Counter[tuple[str, str]] = Counter()
        self._routers = {
            name: [each.name for each in routing(node)]
            for name, node in lab.nodes.items()
            if name not in self._absent and routing(node)
        }
        self._costs: dict[tuple[str, str], dict[str, int]] = {  # (router, service) → LAN → cost
            (router, service): {} for router, services in self._routers.items() for service in services
        }
        self._expected: dict[tuple[str, str], dict[str, int | None]] = {}
        self._lacked: dict[str, list[str]] = {}  # router → what it lacks, as long as nothing changes that
        self._expect()

    def note(self, node: str, event: Event) -> None:
        """A node said something.

        Raises:
            NotReadyError: it will not become ready any more.

        """
        match event.kind:
            case "node.ready":
                self._not_ready.discard(node)
            case "node.failed" if node in self._serving:  # else it was in an earlier life, since it runs now
                raise NotReadyError(f"node {node} failed: {event.text}", node)
            case "service.ready":
                self._serves(node, event)
            case "service.failed":
                self._fails(node, event)
            case "link.silent" if isinstance(lan := event.data.get("lan"), str):
                self._silent.add((node, lan))
                self._expect()
            case "link.up" | "link.down" if isinstance(lan := event.data.get("lan"), str):
                self._link(node, lan, up=event.kind == "link.up")
            case "route.changed" | "route.lost" if (node, event.service) in self._costs:
                self._route(node, event)

    def counts(self) -> dict[str, tuple[int, int]]:
        """Phase → how many of how many: addressing (addresses), services, converged (routers)."""
        nodes = [self._lab.nodes[name] for name in self._serving]
        addresses = sum(len(node.attachments) for node in nodes)
        services = sum(len(node.services) for node in nodes)
        return {
            "addressing": (sum(node in self._serving for node, _ in self._up), addresses),
            "services": (sum(len(names) for names in self._serving.values()), services),
            "converged": (sum(not self._lacks(router) for router in self._routers), len(self._routers)),
        }

    @property
    def routers(self) -> int:
        """How many routers have been awaited."""
        return len(self._routers)

    def is_ready(self) -> bool:
        return not self._not_ready and not any(self._lacks(router) for router in self._routers)

    def lacking(self) -> list[Lacking]:
        """Which node lacks what; first the one to look at first."""
        return list(self._lacking())

    def _lacking(self) -> Iterator[Lacking]:
        lame = {router: why for router in self._routers if (why := self._lame(router))}
        yield from (Lacking(router, why) for router, why in lame.items())
        for node in sorted(self._not_ready):
            yield Lacking(node, f"{node} is not ready: {self._failed(node) or self._unfinished(node)}")
        for router in self._routers:
            if router not in self._not_ready and router not in lame:
                yield from (Lacking(router, f"{router} has no route to {said}") for said in self._lacks(router))

    def _lame(self, router: str) -> str:
        """Why a service of a router that counts as ready brings no routes, where that is known."""
        if router in self._not_ready or not self._lacks(router):
            return ""
        for service in self._routers[router]:
            if times := self._failures[router, service]:
                return f"{router}: {service} failed {_times(times)}: {self._failing[router, service]}"
            if (router, service) in self._unsaid and not self._costs[router, service]:
                program = self._lab.nodes[router].implementations.get(service, service)
                silent = self._unsaid[router, service]
                return f"{router}: {program} did not say `ready` for {silent:g} s, and has set no route"
        return ""

    def _failed(self, node: str) -> str:
        """What failed last, and does not serve since."""
        serving = self._serving.get(node, set())
        failed = [f"{what}: {why}" for (at, what), why in self._failing.items() if at == node and what not in serving]
        return failed[-1] if failed else ""

    def _unfinished(self, node: str) -> str:
        wanted = self._lab.nodes[node]
        links = [place.lan for place in wanted.attachments if (node, place.lan) not in self._up]
        services = [name for name in wanted.services if name not in self._serving.get(node, set())]
        parts = [f"no address on {', '.join(links)}" if links else "", f"no {', '.join(services)}" if services else ""]
        return "; ".join(part for part in parts if part) or "it has not said so"

    def _lacks(self, router: str) -> list[str]:
        """It is asked of every router at every event, of which a large lab has tens of thousands."""
        if router not in self._lacked:
            services = self._routers[router]
            self._lacked[router] = [
                f"{said} by {service}" if len(services) > 1 else said
                for service in services
                for said in lacking(self._costs[router, service], self._expected.get((router, service), {}))
            ]
        return self._lacked[router]

    def _fails(self, node: str, event: Event) -> None:
        self._failing.pop((node, event.service), None)
        self._failing[node, event.service] = event.text
        self._failures[node, event.service] += 1
        if node not in self._serving:  # it may have been in an earlier life: it is not this run that waits for it
            return
        self._serving[node].discard(event.service)
        if event.data.get("retry", 0) is None:
            raise NotReadyError(f"node {node}: its service {event.service} failed: {event.text}", node)
        if self._failures[node, event.service] >= _TRIES:
            raise NotReadyError(f"node {node}: its service {event.service} failed {_TRIES} times: {event.text}", node)

    def _serves(self, node: str, event: Event) -> None:
        if node in self._serving:
            self._serving[node].add(event.service)
        else:
            self._failures[node, event.service] = 0  # what it said before this run is past
        if (node, event.service) in self._costs:
            self._costs[node, event.service].clear()  # it began anew, with an empty table
            self._lacked.pop(node, None)
            self._unsaid.pop((node, event.service), None)
            if isinstance(silent := event.data.get("silent"), int | float):
                self._unsaid[node, event.service] = silent

    def _route(self, node: str, event: Event) -> None:
        costs, lan = self._costs[node, event.service], self._views.at(node).names.get(str(event.data.get("prefix")))
        if lan is None:
            return
        self._lacked.pop(node, None)
        cost = event.data.get("cost")
        if event.kind == "route.changed" and isinstance(cost, int):
            costs[lan] = cost
        else:
            costs.pop(lan, None)

    def _link(self, node: str, lan: str, *, up: bool) -> None:
        end = (node, lan)
        before = len(self._down), len(self._silent)
        self._silent.discard(end)
        (self._up if up else self._down).add(end)
        (self._down if up else self._up).discard(end)
        if (len(self._down), len(self._silent)) != before:
            self._expect()

    def _expect(self) -> None:
        """The costs that the routers should come to, over the LANs that are not cut."""
        self._lacked.clear()
        cut = {lan for _, lan in self._down}
        self._expected = {
            (router, service): {lan: route.cost for lan, route in row.items()}
            for service, rows in expected(self._lab, cut, self._absent, self._silent).items()
            for router, row in rows.items()
        }


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
