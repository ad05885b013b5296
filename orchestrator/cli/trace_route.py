"""How `catenet trace route` looks."""

from __future__ import annotations

from datetime import UTC, datetime

from catenet.nodes.control.answers import KernelRoute
from catenet.nodes.control.origin import Rival, SourceRoute, Turn
from catenet.nodes.control.view import cell
from catenet.orchestrator.cli.screen import say, table
from catenet.orchestrator.trace.route import Hop, HopKind, RouteTrace

__all__ = ["print_route"]

_TURNS = 5  # of a route's history, the last ones


def print_route(done: RouteTrace) -> None:
    """The chain as a table, the result on top; then what the kernel has, who else offered, what was before."""
    last = done.hops[-1]
    name = done.prefix if done.target == done.prefix else f"{done.target} ({done.prefix})"
    say(f"{done.node} to {name}: {_result(last)}")
    chain = [
        [str(number), _clock(hop.at), hop.node, _number(hop.metric), _how(hop)]
        for number, hop in enumerate(done.hops, 1)
    ]
    if done.found:
        say("")
        table(["#", "at (UTC)", "node", "metric", "how"], chain)
    say("")
    say(f"the kernel of {done.node}: {_kernel(done)}")
    if len(done.sources) > 1:
        say("")
        table(
            ["source", "distance", "metric", "via", "kernel"],
            [[s.source, str(s.distance), str(s.metric), _hops(s), _taken(s)] for s in done.sources],
        )
    if done.rivals:
        say("")
        table(
            ["said last", "by", "LAN", "metric", "not taken"],
            [[_clock(r.at), cell(r.node), cell(r.lan), _sum(r, done.unreachable), cell(r.why)] for r in done.rivals],
        )
    if done.history:
        say("")
        earlier = len(done.history) - _TURNS
        rows = [[_clock(t.at), _turn(t, done.unreachable)] for t in done.history[-_TURNS:]]
        more = [["…", f"{earlier} earlier (--json has them)"]] if earlier > 0 else []
        table(["at (UTC)", f"what became of it at {done.node}"], [*more, *rows])


def _result(hop: Hop) -> str:
    metric = "" if hop.metric is None else f", metric {hop.metric}"
    match hop.kind:
        case HopKind.OWN:
            return f"its own network{metric}"
        case HopKind.STATIC:
            return f"a route that it announces for others{metric}"
        case HopKind.NONE:
            return "no route, and it never had one"
        case HopKind.LOST:
            return f"no route: unreachable ({hop.note})"
        case HopKind.SILENT:
            return hop.note
    return f"via {hop.source} on {hop.lan}{metric}"


def _how(hop: Hop) -> str:
    match hop.kind:
        case HopKind.OWN:
            how = f"its own network {hop.lan} ({hop.note})"
        case HopKind.STATIC:
            how = f"announced for others ({hop.note})"
        case HopKind.PROTOCOL:
            how = f"{hop.source}'s {hop.message} on {hop.lan}"
            how += "" if hop.carried is None or hop.cost is None else f": {hop.carried} + {hop.cost}"
        case HopKind.IMPLEMENTATION:
            how = f"via {hop.source} on {hop.lan}: {hop.note}"
        case HopKind.KERNEL:
            how = f"via {hop.source} on {hop.lan}: a route of the kernel's, {hop.note}"
        case HopKind.SILENT:
            return f"cannot be asked: {hop.note}"
        case _:
            return _result(hop)
    return "; ".join([how, *_more(hop)])


def _more(hop: Hop) -> list[str]:
    """What is not so as a matter of course."""
    return [
        *([f"tag {hop.tag}"] if hop.tag else []),
        *([f"next hop {hop.next_hop}"] if hop.next_hop else []),
        *([hop.auth] if hop.auth else []),
        *([f"confirmed {_clock(hop.refreshed)}"] if hop.refreshed is not None else []),
        *([hop.note] if hop.kind == HopKind.PROTOCOL and hop.note else []),
    ]


def _kernel(done: RouteTrace) -> str:
    rows = [f"{route.prefix} {_to(route)}, protocol {route.protocol}, metric {route.metric}" for route in done.kernel]
    refused = f" ({done.refused})" if done.refused else ""
    return ("; then ".join(rows) or "nothing") + refused


def _to(route: KernelRoute) -> str:
    via = "" if route.via is None else f"via {route.via} "
    return f"{via}on {route.lan}"


def _hops(source: SourceRoute) -> str:
    return ", ".join(f"{hop.node} on {hop.lan}" for hop in source.next_hops)


def _taken(source: SourceRoute) -> str:
    last_resort = f"the last resort, by its tag {source.tag}; " if source.last_resort else ""
    return last_resort + ("selected" if source.selected else cell(source.kernel))


def _turn(turn: Turn, unreachable: int | None) -> str:
    nothing = turn.metric is None and turn.node is None
    if nothing or (turn.metric is not None and turn.metric == unreachable):
        return f"unreachable ({turn.cause})"
    also = "".join(f" and {hop.node} on {hop.lan}" for hop in turn.also)
    via = f"its own network {turn.lan}" if turn.node is None else f"via {turn.node} on {turn.lan}{also}"
    return f"{via}, metric {cell(turn.metric)} ({turn.cause})"


def _sum(rival: Rival, unreachable: int | None) -> str:
    if rival.metric is None or rival.carried is None or rival.carried == unreachable:
        return cell(rival.carried)
    return f"{rival.carried} + {rival.metric - rival.carried}"


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _clock(at: float | None) -> str:
    """As events have it, to the millisecond."""
    if at is None or not 0 <= at < 1e11:
        return ""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]
