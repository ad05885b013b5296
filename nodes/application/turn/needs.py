"""What `supernode` is told of its lab: the LANs to which it relays."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.address import Prefix
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.control.needs import Others
from catenet.nodes.machine import Json

__all__ = ["lans_of", "tell_lans"]


def tell_lans(_: SupernodeOptions, others: Others) -> Mapping[str, Json]:
    """The prefix of every LAN."""
    return {"lans": [str(prefix) for prefix in others.lans.values()]}


def lans_of(told: Mapping[str, Json]) -> tuple[Prefix, ...]:
    """What was told, as prefixes.

    Raises:
        ValueError: it is none of that.

    """
    lans = told.get("lans", [])
    if not isinstance(lans, list):
        raise ValueError(f"lans {lans!r} is no list")
    return tuple(Prefix.parse(str(lan)) for lan in lans)
