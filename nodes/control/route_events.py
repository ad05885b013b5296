"""How a service that finds routes tells of them, ours or a program of others: the same words, and the same data."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import Json, Report

__all__ = ["route_changed", "route_lost"]


def route_changed(
    prefix: Prefix,
    via: Address,
    node: str,
    lan: str,
    *,
    cost: int,
    metric: int,
    was: int | None,
    why: Mapping[str, Json],
) -> Report:
    """`cost` and `was`, the cost before (None: there was no route), in links; `metric`: the protocol's own.

    `why`: `cause` in words, and what else there is to say of it.
    """
    before = "" if was is None else f", was {was}"
    to = str(prefix)
    data: dict[str, Json] = {
        "prefix": to,
        "via": str(via),
        "node": node,
        "lan": lan,
        "cost": cost,
        "metric": metric,
        "was": was,
        **why,
    }
    return Report("route.changed", f"{to} via {node} on {lan}, cost {cost}{before} ({why['cause']})", data)


def route_lost(prefix: Prefix, why: Mapping[str, Json]) -> Report:
    """The prefix has no route any more."""
    return Report("route.lost", f"{prefix} unreachable ({why['cause']})", {"prefix": str(prefix), **why})
