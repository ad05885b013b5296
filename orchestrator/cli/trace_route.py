"""How `catenet trace route` looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from catenet.nodes.control.view import cell
from catenet.nodes.machine import Json
from catenet.orchestrator.cli.screen import say, table
from catenet.orchestrator.trace.route import Hop, RouteTrace

__all__ = ["print_route"]

_UNREACHABLE = 16
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
            [[_word(s, "source"), _word(s, "distance"), _word(s, "metric"), _hops(s), _taken(s)] for s in done.sources],
        )
    if done.rivals:
        say("")
        table(
            ["said last", "by", "LAN", "metric", "not taken"],
            [[_clock(r.get("at")), _word(r, "node"), _word(r, "lan"), _sum(r), _word(r, "why")] for r in done.rivals],
        )
    if done.history:
        say("")
        earlier = len(done.history) - _TURNS
        rows = [[_clock(t.get("at")), _turn(t)] for t in done.history[-_TURNS:]]
        more = [["…", f"{earlier} earlier (--json has them)"]] if earlier > 0 else []
        table(["at (UTC)", f"what became of it at {done.node}"], [*more, *rows])


def _result(hop: Hop) -> str:
    metric = "" if hop.metric is None else f", metric {hop.metric}"
    match hop.kind:
        case "own":
            return f"its own network{metric}"
        case "static":
            return f"a route that it announces for others{metric}"
        case "none":
            return "no route, and it never had one"
        case "lost":
            return f"no route: unreachable ({hop.note})"
        case "silent":
            return hop.note
    return f"via {hop.source} on {hop.lan}{metric}"


def _how(hop: Hop) -> str:
    match hop.kind:
        case "own":
            how = f"its own network {hop.lan} ({hop.note})"
        case "static":
            how = f"announced for others ({hop.note})"
        case "protocol":
            how = f"{hop.source}'s {hop.message} on {hop.lan}: {hop.carried} + {hop.cost}"
        case "foreign":
            how = f"via {hop.source} on {hop.lan}: {hop.note}"
        case "kernel":
            how = f"via {hop.source} on {hop.lan}: a route of the kernel's, {hop.note}"
        case "silent":
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
        *([hop.note] if hop.kind == "protocol" and hop.note else []),
    ]


def _kernel(done: RouteTrace) -> str:
    rows = [
        f"{_word(row, 'prefix')} {_to(row)}, protocol {_word(row, 'protocol')}, metric {_word(row, 'metric')}"
        for row in done.kernel
    ]
    refused = f" ({done.refused})" if done.refused else ""
    return ("; then ".join(rows) or "nothing") + refused


def _to(row: Mapping[str, Json]) -> str:
    via = "" if row.get("via") is None else f"via {_word(row, 'via')} "
    return f"{via}on {_word(row, 'lan')}"


def _hops(source: Mapping[str, Json]) -> str:
    hops = source.get("next_hops")
    rows = [hop for hop in hops if isinstance(hop, Mapping)] if isinstance(hops, list) else []
    return ", ".join(f"{_word(hop, 'node')} on {_word(hop, 'lan')}" for hop in rows)


def _taken(source: Mapping[str, Json]) -> str:
    return "selected" if source.get("selected") else _word(source, "kernel")


def _turn(turn: Mapping[str, Json]) -> str:
    metric, cause = _word(turn, "metric"), _word(turn, "cause")
    if turn.get("metric") == _UNREACHABLE:
        return f"unreachable ({cause})"
    if turn.get("node") is None:
        return f"its own network {_word(turn, 'lan')}, metric {metric} ({cause})"
    return f"via {_word(turn, 'node')} on {_word(turn, 'lan')}, metric {metric} ({cause})"


def _sum(rival: Mapping[str, Json]) -> str:
    carried = rival.get("carried")
    cost = (
        f" + {metric - carried}" if isinstance(metric := rival.get("metric"), int) and isinstance(carried, int) else ""
    )
    return cell(carried) if carried == _UNREACHABLE else f"{cell(carried)}{cost}"


def _word(row: Mapping[str, Json], key: str) -> str:
    return cell(row.get(key))


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _clock(at: Json) -> str:
    """As events have it, to the millisecond."""
    if not isinstance(at, float | int) or not 0 <= at < 1e11:
        return ""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]
