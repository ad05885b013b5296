"""The services that a lab file may name: for each, where its options and its composition root are.

Pure, and light: nothing is imported until it is asked for, so that a node loads only what its services need.
To add a service: its options in its protocol's room, one file in services/, one line here, and another where it needs
something of its lab. To add another implementation of one: its adapter in implementations/, one line here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catenet.nodes.control.needs import ReadNeeds
    from catenet.nodes.implementations.adapter import Adapter

__all__ = [
    "IMPLEMENTATION",
    "IMPLEMENTATIONS",
    "NEEDS",
    "OURS",
    "SERVICES",
    "adapter",
    "implementations",
    "is_path",
    "options_class",
    "read_needs",
    "service_module",
]

SERVICES: dict[str, str] = {
    "rip": "catenet.nodes.internet.rip.config:RipOptions",
    "nameserver": "catenet.nodes.application.dns.config:NameserverOptions",
    "resolver": "catenet.nodes.application.dns.config:ResolverOptions",
    "web": "catenet.nodes.application.http.config:WebOptions",
    "browse": "catenet.nodes.application.http.config:BrowseOptions",
}

NEEDS: dict[str, str] = {
    "nameserver": "catenet.nodes.application.dns.needs:read_zones",
    "resolver": "catenet.nodes.application.dns.needs:read_hints",
    "web": "catenet.nodes.application.http.needs:read_site",
}
"""What a service needs of its lab beside its options (control/needs): a pure function, but for the folder that it is
given to read."""

IMPLEMENTATION = "implementation"
"""The word beside a service's options that says who does the work."""
OURS = "catenet"
IMPLEMENTATIONS: dict[str, str] = {
    "frr": "catenet.nodes.implementations.frr:Frr",
    "bird": "catenet.nodes.implementations.bird:Bird",
}
"""Reference implementations: what runs them, in the image made from images/reference. `./path` is the user's own."""
_OWN = "catenet.nodes.implementations.program:Program"


def is_path(implementation: str) -> bool:
    """Whether it is a program of the user's own, in the lab's folder."""
    return implementation.startswith("./")


def read_needs(service: str) -> ReadNeeds | None:
    """What says what the service needs of its lab; None: it needs nothing."""
    if service not in NEEDS:
        return None
    module, _, name = NEEDS[service].partition(":")
    return getattr(import_module(module), name)  # type: ignore[no-any-return]


def adapter(implementation: str) -> Adapter:
    """What runs an implementation that is not ours.

    Raises:
        KeyError: no such implementation.

    """
    own = is_path(implementation)
    module, _, name = (_OWN if own else IMPLEMENTATIONS[implementation]).partition(":")
    made = getattr(import_module(module), name)
    return made(implementation) if own else made()  # type: ignore[no-any-return]


def implementations(service: str) -> list[str]:
    """The words that a service may have there: ours first. Where it may be a program of the user's own, `./path`."""
    theirs = [word for word in (*IMPLEMENTATIONS, "./path") if service in adapter(word).services]
    return [OURS, *theirs]


def options_class(service: str) -> type[Any]:
    """The frozen dataclass of a service's options; every field has its default and its unit there.

    Raises:
        KeyError: no such service.

    """
    module, _, name = SERVICES[service].partition(":")
    return getattr(import_module(module), name)  # type: ignore[no-any-return]


def service_module(service: str, implementation: str = OURS) -> str:
    """The name of the module whose `serve` runs the service (imported only inside a node)."""
    return f"catenet.nodes.services.{service if implementation == OURS else 'foreign'}"
