"""The option `redistribute` of routing services, for programs of others that know three of its words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catenet.nodes.address import DEFAULT
from catenet.nodes.control.config import StaticRoute
from catenet.nodes.implementations.daemon import Task

__all__ = ["redistribution_faults", "static_routes"]

_KNOWN = ("connected", "static", "default")


def static_routes(task: Task) -> tuple[StaticRoute, ...]:
    """The node's static routes that the service is to announce: never the default route, which is another word."""
    routes = task.node.routes if "static" in task.options.redistribute else ()
    return tuple(route for route in routes if route.to != DEFAULT)


def redistribution_faults(options: Any) -> Iterator[str]:
    """The routes of other services, of which the program hears nothing: they are in tables of the kernel's that it does
    not read.
    """
    others = [word for word in options.redistribute if word not in _KNOWN]
    if others:
        known = ", ".join(_KNOWN)
        yield f"redistributes {known} alone, and not {', '.join(others)}: that is for routers of ours"
