"""The probe `lookup`: the addresses of a name, of a name server (control/lookups)."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.application.dns.stub import Stub
from catenet.nodes.control.lookups import LookupAsked
from catenet.nodes.machine import Json
from catenet.nodes.runtime.probing import ProbedNode

__all__ = ["make"]


def make(arguments: Mapping[str, Json], node: ProbedNode) -> Stub:
    """Raises ValueError: an argument is wrong."""
    return Stub(LookupAsked.parse(arguments), node.random)
