"""The services that a lab file may name: a registry of the declarations (control/service) in the protocols' rooms.

Pure, but for the listing of the rooms, and light: of a service only its declaration is imported until more is asked
for, so that a node loads only what its services need. To add a service: its room, with its declaration in service.py,
and one file in services/. To add another implementation of one: its adapter in implementations/, one line here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catenet.nodes.control.service import Table

if TYPE_CHECKING:
    from catenet.nodes.control.service import Service
    from catenet.nodes.implementations.adapter import Adapter

__all__ = [
    "IMPLEMENTATION",
    "IMPLEMENTATIONS",
    "OURS",
    "adapter",
    "declared",
    "implementations",
    "is_path",
    "kinds",
    "options_class",
    "service_module",
    "services",
    "table",
]

_LAYERS = ("link", "internet", "application")

IMPLEMENTATION = "implementation"
"""The word beside a service's options that says who does the work."""
OURS = "catenet"
IMPLEMENTATIONS: dict[str, str] = {
    "frr": "catenet.nodes.implementations.frr:Frr",
    "bird": "catenet.nodes.implementations.bird:Bird",
}
"""Reference implementations: what runs them, in the image made from images/reference. `./path` is the user's own."""
_OWN = "catenet.nodes.implementations.program:Program"


@lru_cache
def services() -> Mapping[str, Service]:
    """Every service by its name: the layers from below, the rooms by the alphabet, a room's services as it has them."""
    declared: dict[str, Service] = {}
    for layer in _LAYERS:
        for room in _rooms(f"catenet.nodes.{layer}"):
            declared |= {service.name: service for service in import_module(f"{room}.service").SERVICES}
    return declared


def _rooms(layer: str) -> list[str]:
    """The rooms with declarations."""
    folders = import_module(layer).__path__
    return [
        f"{layer}.{name}"
        for name in sorted(file.parent.name for folder in folders for file in Path(folder).glob("*/service.py"))
    ]


def declared(names: Iterable[str]) -> list[Service]:
    """The declarations of these services.

    Raises:
        KeyError: one is unknown.

    """
    return [services()[name] for name in names]


def kinds() -> list[str]:
    """The kinds of events that our own daemons say."""
    from catenet.nodes.control.events import KINDS

    return list(dict.fromkeys(chain(KINDS, *(service.events for service in services().values()))))


def table(name: str) -> Table:
    """How what `show NAME` shows is drawn; as nothing in particular, where no service has it."""
    tables = (table for service in services().values() for table in service.tables)
    return next((table for table in tables if table.name == name), Table(name))


def is_path(implementation: str) -> bool:
    """Whether it is a program of the user's own, in the lab's folder."""
    return implementation.startswith("./")


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
    return services()[service].options()


def service_module(service: str, implementation: str = OURS) -> str:
    """The name of the module whose `serve` runs the service (imported only inside a node)."""
    return f"catenet.nodes.services.{service}" if implementation == OURS else "catenet.nodes.processes.daemon"
