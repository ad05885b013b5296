"""The declaration of the service `gate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Service

if TYPE_CHECKING:
    from catenet.nodes.internet.gate.config import GateOptions

__all__ = ["SERVICES"]


def _options() -> type[GateOptions]:
    from catenet.nodes.internet.gate.config import GateOptions

    return GateOptions


SERVICES = (Service("gate", "Translates the addresses of all that crosses its node.", _options, guards=True),)
