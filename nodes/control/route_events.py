"""How a service that finds routes tells of them, ours or a program of others: the same words, and the same data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import Json, Report

__all__ = ["RouteHop", "route_changed", "route_lost"]


class RouteHop(NamedTuple):
    """A next hop, and who has that address."""

    via: Address
    node: str
    lan: str


def route_changed(
    prefix: Prefix,
    hops: Sequence[RouteHop],
    *,
    cost: int,
    metric: int,
    was: int | None,
    before: Sequence[RouteHop] = (),
    why: Mapping[str, Json],
) -> Report:
    """`hops`: where it leads now; of several the first is told as the others are counted. `cost` and `was`, the cost
    before (None: there was no route), are in links; `metric`: the protocol's own. `before`: where it led, if known.

    `why`: `cause` in words, and what else there is to say of it.
    """
    to, first = str(prefix), hops[0]
    data: dict[str, Json] = {
        "prefix": to,
        "via": str(first.via),
        "node": first.node,
        "lan": first.lan,
        "cost": cost,
        "metric": metric,
        "was": was,
        **({"next_hops": _rows(hops)} if len(hops) > 1 else {}),
        **({"before": _rows(before)} if before and set(before) != set(hops) else {}),
        **why,
    }
    text = f"{to} via {_words(hops)}, cost {cost}{_changed(hops, cost, was, before)} ({why['cause']})"
    return Report("route.changed", text, data)


def _changed(hops: Sequence[RouteHop], cost: int, was: int | None, before: Sequence[RouteHop]) -> str:
    """What it was, in as few words as say what is different; "" where there was none, or nobody knows."""
    if was is None:
        return ""
    if was != cost:
        return f", was {was}"
    return f" as before, was via {_words(before)}" if before and set(before) != set(hops) else " as before"


def _words(hops: Sequence[RouteHop]) -> str:
    return " and ".join(f"{hop.node} on {hop.lan}" for hop in hops)


def _rows(hops: Sequence[RouteHop]) -> list[Json]:
    return [{"via": str(hop.via), "node": hop.node, "lan": hop.lan} for hop in hops]


def route_lost(prefix: Prefix, why: Mapping[str, Json]) -> Report:
    """The prefix has no route any more."""
    return Report("route.lost", f"{prefix} unreachable ({why['cause']})", {"prefix": str(prefix), **why})
