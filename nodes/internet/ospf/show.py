"""What `catenet show NODE ospf …` tells: each table as rows for people, with the same names as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.interface import Circuit
from catenet.nodes.internet.ospf.interface_states import InterfaceState
from catenet.nodes.internet.ospf.links import known_links
from catenet.nodes.internet.ospf.lsa import MAX_AGE
from catenet.nodes.internet.ospf.neighbour import Neighbour
from catenet.nodes.internet.ospf.neighbour_states import NeighbourState
from catenet.nodes.internet.ospf.packet import NONE
from catenet.nodes.internet.ospf.reports import links_of, lsa_type, sequence_text
from catenet.nodes.internet.ospf.round_trips import cost_of
from catenet.nodes.internet.ospf.router import Router
from catenet.nodes.internet.ospf.routing import Routing, metric_of
from catenet.nodes.internet.ospf.table import Kind, Route
from catenet.nodes.machine import Json

if TYPE_CHECKING:
    from catenet.nodes.control.answers import ProtocolRoute

__all__ = ["TABLES", "Kernel"]

Kernel = Mapping[Prefix, str]
"""Why the kernel has not taken a route, where it has not."""
_KINDS = {
    Kind.INTRA: "intra-area",
    Kind.INTER: "inter-area",
    Kind.TYPE_1: "external type 1",
    Kind.TYPE_2: "external type 2",
}


def _summary(router: Router, routing: Routing, kernel: Kernel) -> Json:
    """All in short: the routes as every service that finds routes shows them, and who is there."""
    keys = router.auth.status(router.now)
    return {
        "table": [row.to_json() for row in _protocol_routes(router, routing, kernel)],
        "neighbours": [
            {"node": row["node"], "lan": row["lan"], "state": row["state"], "cause": row["cause"]}
            for row in _neighbour_rows(router)
        ],
        "areas": [
            {
                "area": str(area.id),
                "kind": area.kind,
                "router": str(router.me),
                "border": router.border,
                "lsas": len(area.scope.lsdb),
                "checksums": f"{area.scope.lsdb.checksum_sum:08x}",
            }
            for area in router.areas.values()
        ],
        **({"keys": keys} if keys else {}),
        "counters": {
            **dict(sorted({**router.counters, **router.liveness.counters}.items())),
            "calculations": routing.calculations,
        },
        "timers": {
            "hello": router.hello,
            "dead": router.dead,
            "retransmit": router.options.retransmit,
            "min_ls_interval": router.min_ls_interval,
        },
    }


def _protocol_routes(router: Router, routing: Routing, kernel: Kernel) -> Iterator[ProtocolRoute]:
    from catenet.nodes.control.answers import ProtocolRoute

    for prefix, route in sorted(routing.table.routes.items()):
        metric = metric_of(route)
        turn = routing.history.last(prefix)
        for lan, via, node in _ways(router, route):
            yield ProtocolRoute(
                str(prefix),
                lan,
                via,
                node,
                metric,
                links_of(metric),
                None if turn is None else round(router.now - turn.at, 3),
                route.tag,
                "valid" if via else "connected",
                kernel.get(prefix, ""),
            )


def _ways(router: Router, route: Route) -> Iterator[tuple[str, str | None, str | None]]:
    """LAN, next hop and its node; of a network of our own the LAN alone."""
    for hop in route.hops:
        yield hop.interface, str(hop.via), router.reporter.name_of(hop.via)
    if not route.hops:
        own = (each.name for each in router.interfaces.values() if each.prefix == route.prefix)
        yield next(own, ""), None, None


def _lsdb(router: Router, routing: Routing, kernel: Kernel) -> Json:  # noqa: ARG001
    """Every LSA, by area: "" of those of the AS, the LAN of those that stay there. `age` counts up, `left` is what
    is left of MaxAge."""
    name_of = router.reporter.name_of
    return [
        {
            "area": scope.area,
            "type": lsa_type(key.type),
            "id": str(key.id),
            "router": str(key.router),
            "node": name_of(key.router),
            "sequence": sequence_text(stored.lsa.header.sequence),
            "checksum": f"{stored.lsa.header.checksum:04x}",
            "age": stored.age(router.now),
            "left": MAX_AGE - stored.age(router.now),
            "length": stored.lsa.header.length,
        }
        for scope in router.scopes
        for key, stored in sorted((stored.lsa.key, stored) for stored in scope.lsdb.values())
    ]


def _neighbours(router: Router, routing: Routing, kernel: Kernel) -> Json:  # noqa: ARG001
    return list(_neighbour_rows(router))


def _neighbour_rows(router: Router) -> Iterator[dict[str, Json]]:
    """Who is there, and whose packets are refused, with the reason why nothing comes about."""
    name_of, now = router.reporter.name_of, router.now
    for circuit in router.circuits.values():
        for neighbour in circuit.neighbours.values():
            yield {
                "router": str(neighbour.router),
                "node": name_of(neighbour.address),
                "address": str(neighbour.address),
                "lan": circuit.name,
                "area": str(circuit.area.id),
                "state": neighbour.state.word,
                "role": _role(neighbour),
                "priority": neighbour.priority,
                "bfd": router.liveness.state(neighbour),
                "dead_in": round(max(neighbour.heard + router.dead - now, 0.0), 3),
                "requested": len(neighbour.requests),
                "unacknowledged": len(neighbour.retransmissions),
                "cause": _cause(neighbour, router),
            }
        for address, mismatch in circuit.mismatches.items():
            if address in {neighbour.address for neighbour in circuit.neighbours.values()}:
                continue
            yield {
                "router": str(mismatch.router) if mismatch.router else None,
                "node": name_of(address),
                "address": str(address),
                "lan": circuit.name,
                "area": str(circuit.area.id),
                "state": NeighbourState.DOWN.word,
                "role": None,
                "priority": None,
                "bfd": None,
                "dead_in": None,
                "requested": None,
                "unacknowledged": None,
                "cause": mismatch.why,
            }


def _bfd(router: Router, routing: Routing, kernel: Kernel) -> Json:  # noqa: ARG001
    return list(router.liveness.rows())


def _cause(neighbour: Neighbour, router: Router) -> str:
    """Why it is in its state; first of all, what of its packets is refused now, and what it must refuse of ours."""
    mismatch = neighbour.circuit.mismatches.get(neighbour.address)
    if mismatch is not None and mismatch.at >= neighbour.since and neighbour.state < NeighbourState.FULL:
        return mismatch.why
    if why := _odd_mtu(neighbour) or _odd_network(neighbour, router.now - neighbour.since > router.dead):
        return why
    if neighbour.state == NeighbourState.TWO_WAY and neighbour.circuit.state == InterfaceState.WAITING:
        return "a Designated Router is about to be elected"
    if neighbour.state == NeighbourState.TWO_WAY and router.now > neighbour.since:
        return "neither of the two is the Designated Router or its Backup"
    return neighbour.cause


def _odd_mtu(neighbour: Neighbour) -> str:
    """Ours is larger than what it takes (section 10.6), so that it is silent about our Database Descriptions."""
    here, there = neighbour.circuit.interface.mtu, neighbour.mtu
    if NeighbourState.EX_START <= neighbour.state <= NeighbourState.EXCHANGE and 0 < there < here:
        return f"MTU {there}, here {here}: it takes no Database Description of ours"
    return ""


def _odd_network(neighbour: Neighbour, lasting: bool) -> str:
    """Such neighbours become Full, and no route leads over their link: its LSAs do not fit together (section 12.4.1).
    `lasting`: for so long that it must have elected somebody, if it does."""
    circuit, elects = neighbour.circuit, neighbour.designated != NONE
    if circuit.point_to_point and elects:
        return "a broadcast network there, as its Hellos name a Designated Router; point-to-point here"
    if not circuit.point_to_point and not elects and lasting and neighbour.state >= NeighbourState.EX_START:
        return "point-to-point there, as its Hellos name no Designated Router; a broadcast network here"
    return ""


def _role(neighbour: Neighbour) -> str | None:
    circuit = neighbour.circuit
    if circuit.point_to_point:
        return None
    if neighbour.address == circuit.designated:
        return InterfaceState.DR.word
    return InterfaceState.BACKUP.word if neighbour.address == circuit.backup else InterfaceState.DR_OTHER.word


def _interfaces(router: Router, routing: Routing, kernel: Kernel) -> Json:  # noqa: ARG001
    name_of = router.reporter.name_of

    def elected(address: Address) -> str | None:
        return name_of(address) if address else None

    return [
        {
            "lan": circuit.name,
            "address": str(circuit.address),
            "area": str(circuit.area.id),
            "network": "passive" if circuit.on.passive else circuit.on.network,
            "state": circuit.state.word,
            "cost": circuit.cost,
            "priority": None if circuit.point_to_point else circuit.on.priority,
            "designated": elected(circuit.designated),
            "backup": elected(circuit.backup),
            "neighbours": len(circuit.neighbours),
            "full": sum(1 for _ in circuit.in_state(NeighbourState.FULL)),
            "mtu": circuit.interface.mtu,
            **_measured(circuit, router),
        }
        for circuit in router.circuits.values()
    ]


def _measured(circuit: Circuit, router: Router) -> dict[str, Json]:
    """How a measured cost came about; of another nothing."""
    if circuit.measured is None:
        return {}
    full = list(circuit.in_state(NeighbourState.FULL))
    trips = [(each, each.round_trips) for each in full if each.round_trips is not None]
    answering = any(each.answers for _, each in trips)
    changed = circuit.measured.changed
    return {
        "measured": "yes" if answering else f"{'nobody answers' if trips else 'nobody to ask'}: the cost stays",
        "changed": None if changed is None else round(router.now - changed, 1),
        "proposed": [cost_of(each) for each in circuit.measured.proposed],
        "round_trips": [
            {
                "node": router.reporter.name_of(neighbour.address),
                "last": _milliseconds(each.last),
                "least": _milliseconds(min(each.answers, default=None)),
                "window": [_milliseconds(one) for one in each.over],
                "open": len(each.open),
            }
            for neighbour, each in trips
        ],
    }


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)


def _spf_tree(router: Router, routing: Routing, kernel: Kernel) -> Json:  # noqa: ARG001
    """The shortest-path tree of each area; a vertex that is reached by several ways has several parents."""
    name_of = router.reporter.name_of
    return [
        {
            "area": str(area),
            "vertex": vertex.key.kind,
            "id": str(vertex.key.id),
            "node": name_of(vertex.key.id),
            "cost": vertex.cost,
            "via": ", ".join(f"{name_of(hop.via) if hop.via else 'direct'} on {hop.interface}" for hop in vertex.hops),
            "parents": ", ".join(f"{parent.kind} {parent.id}" for parent in vertex.parents),
        }
        for area, tree in routing.table.trees.items()
        for vertex in tree.vertices.values()
    ]


def _links(router: Router, routing: Routing, kernel: Kernel) -> Json:  # noqa: ARG001
    """Each router's links, as the database has them."""
    name_of = router.reporter.name_of
    return [
        link._replace(node=name_of(Address.parse(link.router))).to_json()
        for area, tree in routing.table.trees.items()
        for link in known_links(area, tree, router.areas[area].calculation.graph)
    ]


def _routes(router: Router, routing: Routing, kernel: Kernel) -> Json:
    return [
        {
            "prefix": str(prefix),
            "kind": _KINDS[route.kind],
            "area": str(route.area) if route.kind <= Kind.INTER else None,
            "cost": route.cost,
            "beyond": route.cost_2 if route.kind == Kind.TYPE_2 else None,
            "via": via,
            "node": node,
            "lan": lan,
            "tag": route.tag,
            "kernel": kernel.get(prefix, ""),
        }
        for prefix, route in sorted(routing.table.routes.items())
        for lan, via, node in _ways(router, route)
    ]


TABLES: Mapping[str, Callable[[Router, Routing, Kernel], Json]] = {
    "ospf": _summary,
    "ospf lsdb": _lsdb,
    "ospf neighbors": _neighbours,
    "ospf bfd": _bfd,
    "ospf interfaces": _interfaces,
    "ospf spf-tree": _spf_tree,
    "ospf links": _links,
    "ospf routes": _routes,
}
