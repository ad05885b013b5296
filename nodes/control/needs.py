"""What a service needs of its lab beside its options: zone files, pages, servers of the root; and what it is told of
the lab's nodes.

The room of its protocol says what that is, and judges it (its declaration has the function): on the user's machine
before anything is started, and in the node, where the lab's folder is /lab.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import Json

__all__ = ["Fault", "Folder", "KnowNames", "Need", "Others", "ReadNeeds", "Surroundings", "Tell"]

_SIZE_LIMIT = 1 << 26
"""Bytes of a file that is read whole."""


class Folder:
    """The lab's folder. Nothing outside of it can be read, by dots or by symbolic links: nodes see that folder only."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> bytes:
        """What the file says.

        Raises:
            OSError: it is not there, or cannot be read; `strerror` is for the user.

        """
        place = self._place(path)
        if place.exists() and not place.is_file():
            raise OSError(errno.EINVAL, "it is no file", path)
        if place.stat().st_size > _SIZE_LIMIT:
            raise OSError(errno.EFBIG, f"it is over {_SIZE_LIMIT >> 20} MB long", path)
        return place.read_bytes()

    def files(self, path: str) -> list[str]:
        """The names of what lies in a folder, in order; none where it is no folder."""
        place = self._place(path)
        return sorted(child.name for child in place.iterdir() if child.is_file()) if place.is_dir() else []

    def folders(self, path: str) -> list[str]:
        """The names of the folders in a folder, in order."""
        place = self._place(path)
        return sorted(child.name for child in place.iterdir() if child.is_dir()) if place.is_dir() else []

    def has_folder(self, path: str) -> bool:
        """Whether it is one."""
        return self._place(path).is_dir()

    def _place(self, path: str) -> Path:
        place = self._root / path
        if not Path(os.path.realpath(place)).is_relative_to(os.path.realpath(self._root)):
            raise OSError(errno.EACCES, "it leads out of the lab's folder", path)
        return place


class Fault(NamedTuple):
    """What is wrong: with a file of the folder, or, where `file` is empty, with what the lab file says of it.

    `instead`: what there is, of which the user may have meant one.
    """

    message: str
    hint: str = ""
    file: str = ""
    line: int = 1
    instead: tuple[str, ...] = ()


class Need(NamedTuple):
    """One thing that a service needs, as its options name it: a zone, a site.

    `files`: what was read for it, by its path in the lab's folder.
    """

    name: str
    files: Mapping[str, bytes] = {}
    fault: Fault | None = None


class Surroundings(NamedTuple):
    """What there is of a lab. `services`: node → service → its options."""

    folder: Folder
    services: Mapping[str, Mapping[str, Any]]


class Others(NamedTuple):
    """The nodes of a lab, the service's own among them.

    `services`: node → service → its options; `addresses`: node → its first address, if any; `lans`: the prefix of every
    LAN, by its name.
    """

    services: Mapping[str, Mapping[str, Any]]
    addresses: Mapping[str, Address]
    lans: Mapping[str, Prefix]


ReadNeeds = Callable[[Any, Surroundings], Iterator[Need]]
"""A service's options → what it needs."""

Tell = Callable[[Any, Others], Mapping[str, Json]]
"""A service's options and the lab's nodes → what it is told of them, as its node gets it; empty: nothing."""

KnowNames = Callable[[Any, Collection[str], Collection[str]], Collection[str]]
"""A service's options, the names of the lab's nodes, and which of the node's needs are files → those names that the
node must know by itself, whomever else it may ask."""
