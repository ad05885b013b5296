"""The declaration of a service: all that others have to know of it, in one value in its protocol's room.

Each room that has services has a `service.py` with `SERVICES`; nodes/catalogue finds it by listing the rooms. Nodes and
orchestrator both read every declaration, so it costs next to nothing: it imports this module, nodes/address and typing;
what is heavier stands in a function that imports it when it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from catenet.nodes.control.needs import ReadNeeds

__all__ = ["Routing", "Service", "Source"]


class Source(NamedTuple):
    """Whose a route is. `number`: by which the kernel marks it (rtnetlink(7): rtm_protocol); `distance`: of several
    sources that have a route to one prefix the nearest is believed.
    """

    name: str
    number: int
    distance: int


class Routing(NamedTuple):
    """A service that finds routes. Numbers and distances are a `Source`'s, and no two services have the same."""

    number: int
    distance: int


class Service(NamedTuple):
    """A service, by the name that a lab file has for it. `nodes/services/NAME.py` runs it.

    `about`: what it is, in a sentence or two.
    `options`: → the frozen dataclass of its options; every field has its default there, and says what it is for.
    `needs`: → what says what it needs of its lab beside its options (control/needs). It may read the folder that it is
    given, and nothing else; None: it needs nothing.
    """

    name: str
    about: str
    options: Callable[[], type[Any]]
    routing: Routing | None = None
    needs: Callable[[], ReadNeeds] | None = None

    @property
    def source(self) -> Source | None:
        """Of the routes that it finds."""
        return None if self.routing is None else Source(self.name, self.routing.number, self.routing.distance)
