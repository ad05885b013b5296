"""The clocks of nodes on several hosts, made one by what they saw: nothing arrives before it has left. Pure.

How far the hosts' clocks differ is measured before, but no better than to some milliseconds (`MEASURED` at the most).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from catenet.orchestrator.wire.packets import CapturedPacket

__all__ = ["MEASURED", "ahead_by_ways", "put_forward"]

MEASURED = 0.25
"""Seconds by which two hosts' clocks may differ still, each measured from here, on a machine that is busy."""
_TICK = 1e-6
"""Seconds; a capture's times are no finer."""


def put_forward(passed: Iterable[tuple[str, str, float]]) -> dict[str, float]:
    """Node → the seconds by which its clock is put forward: the least with which nothing arrives too early.

    `passed`: who sent, who got it, and how many seconds later that was, each by its own clock. Of one clock all are 0.
    """
    late: dict[tuple[str, str], float] = {}
    for sender, node, seconds in passed:
        behind = _TICK - seconds if seconds < 0 else -seconds
        late[sender, node] = max(late.get((sender, node), -math.inf), behind)
    ahead = dict.fromkeys((node for way in late for node in way), 0.0)
    for _ in ahead:  # by as many nodes a difference may have come; more is a contradiction
        for (sender, node), seconds in late.items():
            ahead[node] = max(ahead[node], ahead[sender] + seconds)
    return ahead


def ahead_by_ways(packets: Iterable[CapturedPacket]) -> dict[str, float]:
    """The same, by the packets that several nodes saw: a falling TTL is their way. One that a node saw twice tells
    nothing.
    """
    sightings: dict[tuple[int, int, bytes], list[CapturedPacket]] = {}
    for each in packets:
        if each.payload:
            sightings.setdefault((each.protocol, each.identification, each.payload), []).append(each)
    ways = [
        sorted(seen, key=lambda each: (-each.ttl, not each.outgoing))
        for seen in sightings.values()
        if len(seen) == len({(each.node, each.outgoing) for each in seen})
    ]
    return put_forward(
        (one.node, other.node, other.at - one.at)
        for way in ways
        for one, other in pairwise(way)
        if one.node != other.node
    )
