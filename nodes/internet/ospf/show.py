"""What `catenet show NODE ospf …` tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from catenet.nodes.address import Prefix
from catenet.nodes.internet.ospf.router import Router
from catenet.nodes.internet.ospf.routing import Routing
from catenet.nodes.machine import Json

__all__ = ["TABLES", "explain"]


def _summary(router: Router, routing: Routing, kernel: Mapping[Prefix, str]) -> Json:
    return {"counters": dict(sorted(router.counters.items()))}


TABLES: Mapping[str, Callable[[Router, Routing, Mapping[Prefix, str]], Json]] = {"ospf": _summary}


def explain(router: Router, routing: Routing, prefix: Prefix) -> Any:
    return None
