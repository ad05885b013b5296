"""`hosts:` → the hosts of a lab; and a file of its own with these, which goes for any lab."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from catenet.orchestrator.lab.document import BYTE_LIMIT, Item, read_document, read_file
from catenet.orchestrator.lab.hosts import HOST_LIMIT, Host, HostsFile, same, url_fault
from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.lab.problems import Problems
from catenet.orchestrator.lab.reader import Reader
from catenet.orchestrator.lab.vocabulary import HOSTS_FILE, LARGEST_MTU, SMALLEST_WAY

__all__ = ["hosts_in", "load_hosts", "read_hosts"]

_WORD = re.compile(rb"(?:^(?:\xef\xbb\xbf)?|[\r{,?])[^\S\r\n]*[\"']?hosts\b|\\", re.MULTILINE)
"""What a file has that says them, be it by an escape; a comment seldom has it."""
_BLOCK = re.compile(rb"^hosts:.*\n?(?:[ \t#\r\n].*\n?|\n)*", re.MULTILINE)
"""The lines from `hosts:` to the next word that is no further to the right."""
_LIKE = "{here: local, big: ssh://user@server}"


def load_hosts(path: Path) -> HostsFile:
    """The hosts of that file.

    Raises:
        LabFileError: it cannot be read, or what it says is wrong; str() has a line for each mistake.

    """
    problems = Problems(str(path))
    reader = Reader(problems)
    document = read_document(read_file(path, f"a hosts file is one with `hosts: {_LIKE}`"), str(path))
    top = reader.section(document, "the hosts file", HOSTS_FILE) or {}
    item = reader.needed(top, "hosts", "the hosts file", 1, f"hosts: {_LIKE}")
    hosts = read_hosts(item, reader)
    if item is not None and not item.value:
        reader.problem(item.line, "hosts is empty: write one host or more", f"like {_LIKE}")
    mtu = reader.number(top.get("mtu"), "mtu", SMALLEST_WAY, LARGEST_MTU)
    problems.end()
    return HostsFile(hosts, mtu or 0)


def hosts_in(file: Path) -> Mapping[str, Host]:
    """Those of a lab file, whatever else is wrong in it.

    Raises:
        LabFileError: it cannot be read, or what it says of hosts is wrong.

    """
    text = read_file(file, "")
    if not _WORD.search(text):
        return {}
    blocks = [*_BLOCK.finditer(text)]
    if len(blocks) == 1 and len(text) <= BYTE_LIMIT:
        with suppress(LabFileError):  # by itself it is read in a tenth of the time that the whole file takes
            return _said(b"\n" * text.count(b"\n", 0, blocks[0].start()) + blocks[0][0], file)
    return _said(text, file)


def _said(text: bytes, file: Path) -> Mapping[str, Host]:
    problems = Problems(str(file))
    top = read_document(text, str(file)).value
    hosts = read_hosts(top.get("hosts") if isinstance(top, Mapping) else None, Reader(problems))
    problems.end()
    return hosts


def read_hosts(item: Item | None, reader: Reader) -> dict[str, Host]:
    """Name → host, in the file's order; what is wrong is reported and left out."""
    found: dict[str, Host] = {}
    for name, child in reader.mapping(item, "hosts", _LIKE).items():
        what = f"host {name}" if reader.name(name, child.line, "host") else "this host"
        if isinstance(child.value, Mapping):
            message = f"{what} is a mapping, and should say where its engine is"
            reader.problem(child.line, message, f"like {_LIKE}; a host of the lab is a node, under `nodes:`")
            continue
        url = reader.text(child, what)
        if url is None:
            continue
        host = Host(name, url)
        if fault := url_fault(url):
            reader.problem(child.line, f"{what}: {fault}")
        elif other := same(host, found):
            reader.problem(child.line, f"{what}: {url} is host {other} already", "once will do")
        else:
            found[name] = host
    if item is not None and len(found) > HOST_LIMIT:
        reader.problem(item.line, f"{len(found)} hosts, over the {HOST_LIMIT} that a lab may have")
    return found
