"""What `show NODE supernode` shows."""

from __future__ import annotations

from collections.abc import Iterable

from catenet.nodes.application.turn.allocation import Allocation
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.duty import Standing
from catenet.nodes.application.turn.relays import Reservation
from catenet.nodes.machine import Json

__all__ = ["standing_table", "supernode_table"]


def standing_table(standing: Standing, duty: str, directory: str, now: float) -> dict[str, Json]:
    """What the directory takes it for, and what it does; `directory`: how it is with the connection to that."""
    since = None if standing.since is None else round(now - standing.since)
    return {"role": standing.role, "since": since, "why": standing.why, "duty": duty, "directory": directory}


def supernode_table(
    options: SupernodeOptions,
    realm: str,
    allocations: Iterable[Allocation],
    reservations: Iterable[Reservation],
    now: float,
) -> dict[str, Json]:
    """Every allocation, its permissions and channels. Times are in seconds from now on."""
    each = list(allocations)
    return {
        "realm": realm,
        "port": options.port,
        "allocations": [_allocation(allocation, now) for allocation in each],
        "permissions": [
            {"relay": str(allocation.relay), "address": str(address), "expires": _left(until, now)}
            for allocation in each
            for address, until in allocation.permissions.items()
            if until > now
        ],
        "channels": [
            {
                "relay": str(allocation.relay),
                "channel": f"0x{channel.number.hex()}",
                "peer": str(channel.peer),
                "expires": _left(channel.expires, now),
            }
            for allocation in each
            for channel in allocation.channels.values()
            if channel.expires > now
        ],
        "reserved": [
            {"port": reservation.port, "user": reservation.user, "expires": _left(reservation.until, now)}
            for reservation in reservations
        ],
        "limits": {
            "allocations": options.allocations,
            "per_user": options.per_user,
            "permissions": options.permissions,
            "channels_each": options.channels_each,
            "bandwidth": options.bandwidth,
        },
    }


def _allocation(allocation: Allocation, now: float) -> dict[str, Json]:
    client, _, transport = allocation.five_tuple
    return {
        "client": str(client),
        "transport": transport,
        "user": allocation.user,
        "relay": str(allocation.relay),
        "expires": _left(allocation.expires, now),
        "packets_out": allocation.packets_out,
        "octets_out": allocation.octets_out,
        "packets_in": allocation.packets_in,
        "octets_in": allocation.octets_in,
    }


def _left(until: float, now: float) -> int:
    return max(0, round(until - now))
