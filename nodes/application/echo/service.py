"""What others have to know of the service `echo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Listen, Service

if TYPE_CHECKING:
    from catenet.nodes.application.echo.config import EchoOptions

__all__ = ["SERVICES"]


def _options() -> type[EchoOptions]:
    from catenet.nodes.application.echo.config import EchoOptions

    return EchoOptions


SERVICES = (
    Service(
        "echo",
        "Sends every UDP datagram back to who sent it (RFC 862).",
        _options,
        listens=(Listen("udp", "port"),),
        echoes=True,
    ),
)
