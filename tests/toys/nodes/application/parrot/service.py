"""The declaration of the service `parrot`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Listen, Service, Table

if TYPE_CHECKING:
    from catenet.nodes.application.parrot.config import ParrotOptions
    from catenet.nodes.control.needs import ReadNeeds, Tell

__all__ = ["SERVICES"]


def _options() -> type[ParrotOptions]:
    from catenet.nodes.application.parrot.config import ParrotOptions

    return ParrotOptions


def _greetings() -> ReadNeeds:
    from catenet.nodes.application.parrot.needs import read_greetings

    return read_greetings


def _peers() -> Tell:
    from catenet.nodes.application.parrot.needs import tell_peers

    return tell_peers


SERVICES = (
    Service(
        "parrot",
        "Sends back whatever it receives.",
        _options,
        listens=(Listen("udp", "port"),),
        tables=(Table("parrot", headings={"ago": "ago (s)"}, seconds=("timers",)),),
        caches=True,
        events={"parrot.greeted": "node, address: a host was greeted"},
        needs=_greetings,
        told=_peers,
    ),
)
