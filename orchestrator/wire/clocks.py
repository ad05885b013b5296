"""The clocks of nodes on several hosts, made one by what they saw: nothing arrives before it has left. Pure.

How far the hosts' clocks differ is measured before, but no better than to some milliseconds (`MEASURED` at the most).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Protocol, TypeVar

from catenet.orchestrator.wire.packets import CapturedPacket

__all__ = ["MEASURED", "ahead_by_ways", "by_one_clock", "by_packet", "put_forward", "sent_first"]


class _Captured(Protocol):
    """By a node: it left there, or came in."""

    @property
    def at(self) -> float: ...

    @property
    def outgoing(self) -> bool: ...


class _OnLan(Protocol):
    """What passed on a LAN. `at`: when `source` sent it; where nobody saw that (not `left`): when it was heard first.
    `heard`: node → when it came in there.
    """

    at: float
    left: bool
    heard: dict[str, float]

    @property
    def source(self) -> str: ...


Captured = TypeVar("Captured", bound=_Captured)
OnLan = TypeVar("OnLan", bound=_OnLan)

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


def ahead_by_ways(ways: Iterable[Iterable[CapturedPacket]]) -> dict[str, float]:
    """The same, by where packets were seen, each at a node once in either direction: a falling TTL is its way."""
    return put_forward(
        (one.node, other.node, other.at - one.at)
        for seen in ways
        for one, other in pairwise(sorted(seen, key=lambda each: (-each.ttl, not each.outgoing)))
        if one.node != other.node
    )


def by_packet(packets: Iterable[CapturedPacket]) -> list[list[CapturedPacket]]:
    """Where each was seen. One that a node saw twice tells nothing, and is left out."""
    sightings: dict[tuple[int, int, bytes], list[CapturedPacket]] = {}
    for each in packets:
        if each.payload:
            sightings.setdefault((each.protocol, each.identification, each.payload), []).append(each)
    return [seen for seen in sightings.values() if len(seen) == len({(each.node, each.outgoing) for each in seen})]


def sent_first(seen: Iterable[Captured], *, one_clock: bool) -> list[Captured]:
    """In the order of time, but whatever leaves a node before it may have come to another. `one_clock`: all was
    captured on one host.
    """
    early = 0.0 if one_clock else MEASURED
    return sorted(seen, key=lambda each: (each.at - early * each.outgoing, not each.outgoing))


def by_one_clock(on_lans: list[OnLan]) -> dict[str, float]:
    """What was captured on several hosts: node → the seconds by which its clock is put forward, now also in all of
    them, so that none is heard before it is sent; they are in that order then.
    """
    ahead = put_forward(
        (each.source, node, at - each.at) for each in on_lans if each.left for node, at in each.heard.items()
    )
    for each in on_lans:
        each.heard = {node: at + ahead.get(node, 0.0) for node, at in each.heard.items()}
        each.at = each.at + ahead.get(each.source, 0.0) if each.left else min(each.heard.values(), default=each.at)
    on_lans.sort(key=lambda each: each.at)
    return ahead
