"""The declaration of the translator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Service

if TYPE_CHECKING:
    from catenet.nodes.internet.nat.config import NatOptions

__all__ = ["SERVICES"]


def _options() -> type[NatOptions]:
    from catenet.nodes.internet.nat.config import NatOptions

    return NatOptions


SERVICES = (Service("nat", "Translates addresses.", _options, separates=lambda options: bool(options.translate)),)
