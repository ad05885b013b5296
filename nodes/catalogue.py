"""The services that a lab file may name: a registry of the declarations (control/service) in the protocols' rooms, and
of the programs that may do a service's work.

Pure, but for the listing of the rooms, and light: of a service only its declaration is imported until more is asked
for, so that a node loads only what its services need. To add a service: its room, with its declaration in service.py,
and one file in services/. To add another implementation of one: implementations/PROGRAM/SERVICE.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from catenet.nodes.control.implementation import OURS, Implementation
from catenet.nodes.control.service import Table

if TYPE_CHECKING:
    from catenet.nodes.control.service import Service
    from catenet.nodes.implementations.daemon import Daemon

__all__ = [
    "Choice",
    "choices",
    "daemon",
    "declared",
    "implementations",
    "kinds",
    "options_class",
    "service_module",
    "services",
    "table",
]

_LAYERS = ("link", "internet", "transport", "application")
_IMPLEMENTATIONS = "catenet.nodes.implementations"
_OWN = Implementation(path="./path")
"""How a program of the user's own is written, for people."""


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


def choices() -> dict[str, Service]:
    """Those that a lab file may name."""
    return {name: service for name, service in services().items() if service.written}


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


class Choice(NamedTuple):
    """Who may do the work of a service: ours, the programs that have a folder, and, with `own`, one of the user's."""

    named: tuple[Implementation, ...]
    own: bool

    def has(self, implementation: Implementation) -> bool:
        """Whether it is one of these."""
        return self.own if implementation.path else implementation in self.named

    def words(self) -> list[str]:
        """For people: those that a lab file may have there."""
        return [str(each) for each in (*self.named, *([_OWN] if self.own else []))]


def implementations(service: str) -> Choice:
    """Who may do its work: each folder of nodes/implementations that has a file of the service's name."""
    folders = import_module(_IMPLEMENTATIONS).__path__
    found = sorted({file.parent.name for folder in folders for file in Path(folder).glob(f"*/{service}.py")})
    named = [Implementation(name) for name in found if name != _OWN.folder]
    return Choice((OURS, *named), _OWN.folder in found)


def daemon(implementation: Implementation, service: str) -> Daemon:
    """What says how the service is run by an implementation that is not ours.

    Raises:
        KeyError: it cannot be that service.

    """
    if not implementation.folder or not implementations(service).has(implementation):
        raise KeyError(f"{implementation} cannot be {service}")
    return import_module(f"{_IMPLEMENTATIONS}.{implementation.folder}.{service}").DAEMON  # type: ignore[no-any-return]


def options_class(service: str) -> type[Any]:
    """The frozen dataclass of a service's options; every field has its default and its unit there.

    Raises:
        KeyError: no such service.

    """
    return services()[service].options()


def service_module(service: str, implementation: Implementation = OURS) -> str:
    """The name of the module whose `serve` runs the service (imported only inside a node)."""
    return f"catenet.nodes.services.{service}" if implementation == OURS else "catenet.nodes.processes.daemon"
