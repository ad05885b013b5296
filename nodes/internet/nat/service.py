"""What others have to know of the service `nat`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Service, Table

if TYPE_CHECKING:
    from catenet.nodes.internet.nat.config import NatOptions

__all__ = ["SERVICES"]


def _options() -> type[NatOptions]:
    from catenet.nodes.internet.nat.config import NatOptions

    return NatOptions


def _separates(options: NatOptions) -> bool:
    """A plain firewall does not."""
    return options.translate == "on"


_MAPPING = "protocol, owner, inside, outside"

SERVICES = (
    Service(
        "nat",
        "Translates addresses and ports between the LANs inside and the one outside, or only filters between them.",
        _options,
        tables=(
            Table(
                "nat",
                headings={
                    "age": "age (s)",
                    "idle": "idle (s)",
                    "ends_in": "ends in (s)",
                    "bytes_out": "out (octets)",
                    "bytes_in": "in (octets)",
                },
                first=("owner", "protocol", "inside", "outside", "peer", "state"),
            ),
        ),
        events={
            "nat.mapped": f"{_MAPPING}: a host inside has got an outside endpoint",
            "nat.expired": f"{_MAPPING}: it has it no more",
            "nat.full": "protocol, owner, inside: a host inside got none; not said again for each packet",
            "nat.refused": "why, source, lan: a packet was dropped; not said again for each one",
        },
        separates=_separates,
        guards=True,
    ),
)
