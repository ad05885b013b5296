"""What others have to know of the service `rip`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Routing, Service

if TYPE_CHECKING:
    from catenet.nodes.internet.rip.config import RipOptions

__all__ = ["SERVICES"]


def _options() -> type[RipOptions]:
    from catenet.nodes.internet.rip.config import RipOptions

    return RipOptions


SERVICES = (
    Service(
        "rip",
        "Routes by RIP version 2. The timers' defaults are those of RFC 2453 section 3.8.",
        _options,
        routing=Routing(number=189, distance=120),
    ),
)
