"""What `phone` needs of its lab, and is told of it: the directory, and a file with speech."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.application.phone.config import PhoneOptions
from catenet.nodes.application.rtp.wav import read_wav
from catenet.nodes.control.needs import Fault, Need, Others, Surroundings
from catenet.nodes.machine import DecodeError, Endpoint, Json

__all__ = ["Place", "place_of", "read_needs", "tell_directory"]


class Place(NamedTuple):
    """Where the directory is, and the name that it proves."""

    at: Endpoint
    name: str


def read_needs(options: PhoneOptions, around: Surroundings) -> Iterator[Need]:
    """A directory that knows the user, and the speech."""
    directories = _directories(around.services)
    yield Need("directory", fault=_directory_fault(options, directories))
    if options.speech:
        yield _speech(options.speech, around)


def tell_directory(options: PhoneOptions, others: Others) -> Mapping[str, Json]:
    """Where it is."""
    directories = _directories(others.services)
    name = _chosen(options, directories)
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


def _chosen(options: PhoneOptions, directories: Mapping[str, DirectoryOptions]) -> str:
    if options.directory:
        return options.directory if options.directory in directories else ""
    return next(iter(directories)) if len(directories) == 1 else ""


def _directory_fault(options: PhoneOptions, directories: Mapping[str, DirectoryOptions]) -> Fault | None:
    if options.directory and options.directory not in directories:
        text = f"phone: directory: {options.directory} has no service directory"
        return Fault(text, instead=tuple(directories))
    name = _chosen(options, directories)
    if not directories:
        return Fault("phone: no node of this lab has the service directory", "give one the service directory")
    if not name:
        return Fault("phone: there are several directories", f"write directory: {' or '.join(directories)}")
    accounts = directories[name].accounts
    for option, user in (("user", options.user), *(("contacts", contact) for contact in options.contacts)):
        if user not in accounts:
            return Fault(f"phone: {option}: the directory of {name} has no account {user}", instead=tuple(accounts))
    return None


def _speech(name: str, around: Surroundings) -> Need:
    try:
        data = around.folder.read(name)
    except OSError as error:
        return Need(name, fault=Fault(f"phone: {name} cannot be read: {error.strerror}"))
    try:
        read_wav(data)
    except DecodeError as error:
        return Need(name, {name: data}, Fault(f"phone: {name} is no speech: {error}"))
    return Need(name, {name: data})
