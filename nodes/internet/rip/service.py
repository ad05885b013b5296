"""What others have to know of the service `rip`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Listen, Routing, Service, Table

if TYPE_CHECKING:
    from catenet.nodes.control.topology import Expected
    from catenet.nodes.internet.rip.config import RipOptions

__all__ = ["SERVICES"]


def _options() -> type[RipOptions]:
    from catenet.nodes.internet.rip.config import RipOptions

    return RipOptions


def _expected() -> Expected:
    from catenet.nodes.internet.rip.expected import expected

    return expected


SERVICES = (
    Service(
        "rip",
        "Routes by RIP version 2. The timers' defaults are those of RFC 2453 section 3.8.",
        _options,
        listens=(Listen("udp", 520),),
        routing=Routing(
            number=189,
            distance=120,
            expected=_expected,
            unreachable=16,
            network_cost=1,
            message_names={("update", "triggered"): "triggered update"},
        ),
        tables=(
            Table(
                "rip",
                headings={"begins": "begins in (s)", "signs_for": "signs for (s)", "taken_for": "taken for (s)"},
                seconds=("timers",),
            ),
        ),
        events={
            "key.changed": "key, method, was, until: another key signs (null: none); until: seconds since 1970",
            "key.expired": "key, method, lans, last: a key's time is over; last: it stays in use, as no other is valid",
        },
    ),
)
