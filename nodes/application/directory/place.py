"""Where a lab's directory is: what is wrong with the one that a client's options name, and what its node is told of it.

directory_fault(…)               before the lab is started
tell_directory(wanted, others)   → what the node is told
place_of(told)                   in the node
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.control.needs import Fault, Others
from catenet.nodes.machine import Endpoint, Json

__all__ = ["Place", "chosen_directory", "directory_fault", "place_of", "tell_directory"]


class Place(NamedTuple):
    """`name`: which the directory is to prove."""

    at: Endpoint
    name: str


def directory_fault(
    client: str, wanted: str, users: Mapping[str, str], services: Mapping[str, Mapping[str, Any]]
) -> Fault | None:
    """What is wrong with it; None: it is there, and knows them.

    Args:
        client: the service that wants it.
        wanted: the node that its options name; "": the only one.
        users: those who must have an account → the option that names them.
        services: node → service → its options.

    """
    directories = _directories(services)
    if wanted and wanted not in directories:
        return Fault(f"{client}: directory: {wanted} has no service directory", instead=tuple(directories))
    if not directories:
        return Fault(f"{client}: no node of this lab has the service directory", "give one the service directory")
    name = _chosen(wanted, directories)
    if not name:
        return Fault(f"{client}: there are several directories", f"write directory: {' or '.join(directories)}")
    accounts = directories[name].accounts
    for user, option in users.items():
        if user not in accounts:
            text = f"{client}: {option}: the directory of {name} has no account {user}"
            return Fault(text, instead=tuple(accounts))
    return None


def chosen_directory(wanted: str, services: Mapping[str, Mapping[str, Any]]) -> DirectoryOptions | None:
    """The options of the one that is meant; None: there is none, or no telling which."""
    directories = _directories(services)
    return directories.get(_chosen(wanted, directories))


def tell_directory(wanted: str, others: Others) -> Mapping[str, Json]:
    """Where it is; empty: there is none, or no telling which."""
    directories = _directories(others.services)
    name = _chosen(wanted, directories)
    if name not in others.addresses:
        return {}
    return {"directory": {"name": name, "address": str(others.addresses[name]), "port": directories[name].port}}


def place_of(told: Mapping[str, Json]) -> Place:
    """What was told.

    Raises:
        ValueError: it is none of that.

    """
    match told.get("directory"):
        case {"name": str(name), "address": str(address), "port": int(port)}:
            return Place(Endpoint(Address.parse(address), port), name)
    raise ValueError("it is not told where the directory is")


def _directories(services: Mapping[str, Mapping[str, Any]]) -> dict[str, DirectoryOptions]:
    found = ((node, runs.get("directory")) for node, runs in services.items())
    return {node: options for node, options in found if isinstance(options, DirectoryOptions)}


def _chosen(wanted: str, directories: Mapping[str, DirectoryOptions]) -> str:
    if wanted:
        return wanted if wanted in directories else ""
    return next(iter(directories)) if len(directories) == 1 else ""
