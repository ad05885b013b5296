"""What the services need of the lab beside their options: zones, pages, servers of the root.

The rooms of their protocols read and judge it (nodes/catalogue). The only file here, beside load.py, that reads any.
"""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from catenet.nodes.catalogue import services
from catenet.nodes.control.needs import Fault, Folder, Need, Surroundings
from catenet.orchestrator.lab.implementations import digest_of
from catenet.orchestrator.lab.nodes import Draft
from catenet.orchestrator.lab.problems import nearest
from catenet.orchestrator.lab.reader import Reader

__all__ = ["Data", "read_data"]


class Data(NamedTuple):
    """`digests`: node → what it needs that has files → the SHA-256 of what they say; `files`: all of these."""

    digests: Mapping[str, Mapping[str, str]]
    files: tuple[str, ...]


def read_data(folder: Path, drafts: Mapping[str, Draft], reader: Reader) -> Data:
    """What the nodes' services need; whatever is wrong with it is reported, once."""
    digests: dict[str, dict[str, str]] = {}
    files: set[str] = set()
    told: set[Fault] = set()
    around = Surroundings(_SharedFolder(folder), {draft.name: draft.services for draft in drafts.values()})
    for draft, service, need in _needs(drafts, around):
        if need.fault is None:
            if need.files:
                digests.setdefault(draft.name, {})[need.name] = digest_of(need.files.items())
                files.update(need.files)
        elif not need.fault.file:
            hint = nearest(need.name, need.fault.instead) if need.fault.instead else need.fault.hint
            reader.problem(_line(draft, service), f"node {draft.name}: {need.fault.message}", hint)
        elif need.fault not in told:  # several nodes may serve the same
            told.add(need.fault)
            reader.problem_elsewhere(need.fault.file, need.fault.line, need.fault.message, need.fault.hint)
    return Data(digests, tuple(sorted(files)))


def _needs(drafts: Mapping[str, Draft], around: Surroundings) -> Iterator[tuple[Draft, str, Need]]:
    for draft in drafts.values():
        for service, options in draft.services.items():
            needs = services()[service].needs
            for need in () if needs is None else needs()(options, around):
                yield draft, service, need


class _SharedFolder(Folder):
    """The folder as a node may see it, where root has no privilege over other people's files."""

    def read(self, path: str) -> bytes:
        data = super().read(path)
        if not self._place(path).stat().st_mode & stat.S_IROTH:
            raise OSError(errno.EACCES, f"not everybody may read it (chmod a+r {path})", path)
        return data


def _line(draft: Draft, service: str) -> int:
    """The line of the service, where the file has one of its own for it."""
    services = draft.section["services"]
    own = services.value.get(service) if isinstance(services.value, Mapping) else None
    return (own or services).line
