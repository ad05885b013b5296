"""The probe `ping`: Echoes, and who answers (control/pings)."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.control.pings import PingAsked
from catenet.nodes.internet.icmp.prober import Ping
from catenet.nodes.machine import Json
from catenet.nodes.runtime.probing import ProbedNode

__all__ = ["make"]


def make(arguments: Mapping[str, Json], node: ProbedNode) -> Ping:
    """Raises ValueError: an argument is wrong."""
    return Ping(PingAsked.parse(arguments), node.random, lambda: node.counters["send_failures"])
