"""The declaration of the service `toyroute`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Routing, Service, Table

if TYPE_CHECKING:
    from catenet.nodes.control.topology import Expected
    from catenet.nodes.internet.toyroute.config import ToyrouteOptions

__all__ = ["SERVICES"]


def _options() -> type[ToyrouteOptions]:
    from catenet.nodes.internet.toyroute.config import ToyrouteOptions

    return ToyrouteOptions


def _expected() -> Expected:
    from catenet.nodes.internet.toyroute.expected import expected

    return expected


SERVICES = (
    Service(
        "toyroute",
        "Routes by links, of which each costs ten.",
        _options,
        routing=Routing(number=250, distance=90, expected=_expected, unreachable=1000),
        tables=(Table("toyroute"),),
    ),
)
