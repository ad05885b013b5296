"""The probe `trace`: the routers on the way to a destination (control/pings)."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.control.pings import TraceAsked
from catenet.nodes.internet.icmp.prober import Trace
from catenet.nodes.machine import Json
from catenet.nodes.runtime.probing import ProbedNode

__all__ = ["make"]


def make(arguments: Mapping[str, Json], node: ProbedNode) -> Trace:
    """Raises ValueError: an argument is wrong."""
    return Trace(TraceAsked.parse(arguments), lambda: node.counters["send_failures"])
