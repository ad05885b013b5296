"""The probe `datagrams`: numbered UDP datagrams to who echoes (control/datagrams)."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.application.echo.numbered import RUN
from catenet.nodes.application.echo.sender import Sender
from catenet.nodes.control.datagrams import Stream
from catenet.nodes.machine import Json
from catenet.nodes.runtime.probing import ProbedNode

__all__ = ["make"]


def make(arguments: Mapping[str, Json], node: ProbedNode) -> Sender:
    """Raises ValueError: an argument is wrong."""
    return Sender(Stream.parse(arguments), node.random.randbytes(RUN), lambda: node.counters["send_failures"])
