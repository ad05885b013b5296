"""What others have to know of the service `stack`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Service, Table

if TYPE_CHECKING:
    from catenet.nodes.transport.stack.config import StackOptions

__all__ = ["SERVICES"]


def _options() -> type[StackOptions]:
    from catenet.nodes.transport.stack.config import StackOptions

    return StackOptions


SERVICES = (
    Service(
        "stack",
        "The node's own Ethernet, ARP, IPv4, ICMP and UDP, where its lab file says `stack: userspace`.",
        _options,
        tables=(
            Table("arp", headings={"seconds": "age (s)"}, first=("lan", "address", "hardware", "state")),
            Table("fragments"),
            Table("paths", headings={"mtu": "MTU", "ends_in": "ends in (s)"}, first=("destination",)),
            Table("ports", first=("protocol", "number", "lan", "groups")),
        ),
        caches=True,
        written=False,
        events={  # link/arp/reports
            "arp.conflict": "lan, address, hardware: another host uses this node's address, too",
            "arp.moved": "lan, address, hardware, was: a neighbour has another hardware address now",
        },
    ),
)
