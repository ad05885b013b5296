"""The declaration of the service `echo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Listen, Service, Table

if TYPE_CHECKING:
    from catenet.nodes.application.echo.config import EchoOptions
    from catenet.nodes.control.needs import ReadNeeds, Tell

__all__ = ["SERVICES"]


def _options() -> type[EchoOptions]:
    from catenet.nodes.application.echo.config import EchoOptions

    return EchoOptions


def _greetings() -> ReadNeeds:
    from catenet.nodes.application.echo.needs import read_greetings

    return read_greetings


def _peers() -> Tell:
    from catenet.nodes.application.echo.needs import tell_peers

    return tell_peers


SERVICES = (
    Service(
        "echo",
        "Sends back whatever it receives.",
        _options,
        listens=(Listen("udp", "port"),),
        tables=(Table("echo", headings={"ago": "ago (s)"}, seconds=("timers",)),),
        caches=True,
        events={"echo.greeted": "node, address: a host was greeted"},
        needs=_greetings,
        told=_peers,
    ),
)
