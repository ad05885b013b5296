"""What `phone` needs of its lab, and is told of it: the directory, and a file with speech."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from catenet.nodes.application.directory.place import directory_fault, tell_directory
from catenet.nodes.application.phone.config import PhoneOptions
from catenet.nodes.application.rtp.wav import read_wav
from catenet.nodes.control.needs import Fault, Need, Others, Surroundings
from catenet.nodes.machine import DecodeError, Json

__all__ = ["read_needs", "tell"]


def read_needs(options: PhoneOptions, around: Surroundings) -> Iterator[Need]:
    """A directory that knows the user, and the speech."""
    users = {options.user: "user", **dict.fromkeys(options.contacts, "contacts")}
    fault = directory_fault("phone", options.directory, users, around.services)
    if fault is not None:
        yield Need("directory", fault=fault)
    if options.speech:
        yield _speech(options.speech, around)


def tell(options: PhoneOptions, others: Others) -> Mapping[str, Json]:
    """Where the directory is."""
    return tell_directory(options.directory, others)


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
