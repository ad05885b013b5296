"""A lab as its file has it, but for one program: the same network with another implementation at one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from catenet.nodes.control.implementation import IMPLEMENTATION
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.lab.problems import nearest, quote

__all__ = ["Override", "put_in"]


class Override(NamedTuple):
    """`node`'s `service` is done by `word`, as the lab file may say it: catenet, frr, ./my-rip …"""

    node: str
    service: str
    word: str


def put_in(document: Item, file: str, other: Override) -> Item:
    """The tree of a lab file, as if the implementation were written there.

    Raises:
        LabFileError: the lab has no such node, or that has no such service.

    """
    top = _mapping(document)
    nodes = top.get("nodes", document)
    node = _find(nodes, "node", other.node, file, "the lab")
    services = _mapping(node).get("services", node)
    if isinstance(services.value, tuple):  # [rip] is short for {rip: {}}
        services = services._replace(value={str(each.value): Item(None, each.line) for each in services.value})
    service = _find(services, "service", other.service, file, f"node {other.node}")
    changed = _with(services, other.service, _with(service, IMPLEMENTATION, Item(other.word, service.line)))
    return _with(document, "nodes", _with(nodes, other.node, _with(node, "services", changed)))


def _mapping(item: Item) -> Mapping[str, Item]:
    return item.value if isinstance(item.value, Mapping) else {}


def _find(item: Item, kind: str, name: str, file: str, owner: str) -> Item:
    known = _mapping(item)
    if name not in known:
        raise LabFileError(file, item.line, f"{owner} has no {kind} {quote(name)}", nearest(name, known))
    return known[name]


def _with(item: Item, key: str, value: Item) -> Item:
    return item._replace(value={**_mapping(item), key: value})
