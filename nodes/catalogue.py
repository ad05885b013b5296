"""The services that a lab file may name: for each, where its options and its composition root are.

Pure, and light: nothing is imported until it is asked for, so that a node loads only what its services need.
To add a service: its options in its protocol's room, one file in services/, one line here.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["SERVICES", "options_class", "service_module"]

SERVICES: dict[str, str] = {
    "rip": "catenet.nodes.internet.rip.config:RipOptions",
    "nameserver": "catenet.nodes.application.dns.config:NameserverOptions",
    "resolver": "catenet.nodes.application.dns.config:ResolverOptions",
    "web": "catenet.nodes.application.http.config:WebOptions",
    "browse": "catenet.nodes.application.http.config:BrowseOptions",
}


def options_class(service: str) -> type[Any]:
    """The frozen dataclass of a service's options; every field has its default and its unit there.

    Raises:
        KeyError: no such service.

    """
    module, _, name = SERVICES[service].partition(":")
    return getattr(import_module(module), name)  # type: ignore[no-any-return]


def service_module(service: str) -> str:
    """The name of the module whose `serve` runs the service (imported only inside a node)."""
    return f"catenet.nodes.services.{service}"
