"""The options `redistribute` and `last_resort` of routing services, for programs of others: which words they know."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from catenet.nodes.address import DEFAULT
from catenet.nodes.control.config import StaticRoute
from catenet.nodes.implementations.daemon import Task

__all__ = ["redistributed_services", "redistribution_faults", "static_routes"]

_KNOWN = ("connected", "static", "default")


def static_routes(task: Task) -> tuple[StaticRoute, ...]:
    """The node's static routes that the service is to announce: never the default route, which is another word."""
    routes = task.node.routes if "static" in task.options.redistribute else ()
    return tuple(route for route in routes if route.to != DEFAULT)


def redistributed_services(options: Any) -> tuple[str, ...]:
    """The other services whose routes are to be announced."""
    return tuple(word for word in options.redistribute if word not in _KNOWN)


def redistribution_faults(options: Any, services: Collection[str] = ()) -> Iterator[str]:
    """The routes of other services than those of which the program can hear."""
    others = [word for word in redistributed_services(options) if word not in services]
    if others:
        known = ", ".join((*_KNOWN, *services))
        yield f"redistributes {known} alone, and not {', '.join(others)}: that is for routers of ours"
