"""What `supernode` needs of its lab, and is told of it: the LANs to which it relays, and the directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from catenet.nodes.address import Prefix
from catenet.nodes.application.directory.place import chosen_directory, directory_fault, tell_directory
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.control.needs import Fault, Need, Others, Surroundings
from catenet.nodes.machine import Json

__all__ = ["lans_of", "read_needs", "tell"]


def read_needs(options: SupernodeOptions, around: Surroundings) -> Iterator[Need]:
    """A directory that knows its account, if it has one, and its role."""
    if options.user:
        fault = directory_fault("supernode", options.directory, {options.user: "user"}, around.services)
        yield Need("directory", fault=fault or _role_fault(options, around))


def _role_fault(options: SupernodeOptions, around: Surroundings) -> Fault | None:
    directory = chosen_directory(options.directory, around.services)
    named = directory is not None and options.user in directory.supernodes
    if named == (options.role == "fixed"):
        return None
    if named:
        text = f"supernode: role: standby, but the directory names {options.user} among its supernodes"
        return Fault(text, "write role: fixed, or take the name out there")
    text = f"supernode: role: fixed, but the directory does not name {options.user} among its supernodes"
    return Fault(text, "write it there, or role: standby")


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
