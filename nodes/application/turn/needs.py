"""What `supernode` needs of its lab, and is told of it: the LANs to which it relays, and the directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from catenet.nodes.address import Prefix
from catenet.nodes.application.directory.place import directory_fault, tell_directory
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.control.needs import Need, Others, Surroundings
from catenet.nodes.machine import Json

__all__ = ["lans_of", "read_needs", "tell"]


def read_needs(options: SupernodeOptions, around: Surroundings) -> Iterator[Need]:
    """A directory that knows its account, if it has one."""
    if options.user:
        fault = directory_fault("supernode", options.directory, {options.user: "user"}, around.services)
        yield Need("directory", fault=fault)


def tell(options: SupernodeOptions, others: Others) -> Mapping[str, Json]:
    """The prefix of every LAN, and where the directory is."""
    lans: Mapping[str, Json] = {"lans": [str(prefix) for prefix in others.lans.values()]}
    return {**lans, **tell_directory(options.directory, others)} if options.user else lans


def lans_of(told: Mapping[str, Json]) -> tuple[Prefix, ...]:
    """The LANs of what was told, as prefixes.

    Raises:
        ValueError: they are none of that.

    """
    lans = told.get("lans", [])
    if not isinstance(lans, list):
        raise ValueError(f"lans {lans!r} is no list")
    return tuple(Prefix.parse(str(lan)) for lan in lans)
