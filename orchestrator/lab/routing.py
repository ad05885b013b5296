"""A lab as its file has it, but for how its routers find their ways: one routing service in another's place.

Every node that has one routing service gets the wanted one instead. Options that both know go over, and the wanted one
judges them as if they stood there for it; those that it does not know are refused, since without them a router would do
something else than is written. `defaults` for the wanted service are what the lab's author says of it, and go before
those for the other, which then mean nothing; a file without them has its `defaults` for the other go over likewise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from catenet.nodes.catalogue import services
from catenet.nodes.control.implementation import IMPLEMENTATION
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.problems import nearest, quote
from catenet.orchestrator.lab.reader import Reader
from catenet.orchestrator.lab.values import option_hints

__all__ = ["Routed", "routed_by", "routing_services"]


class Routed(NamedTuple):
    """The tree of a lab file, and whether anything in it was changed."""

    document: Item
    changed: bool


def routing_services() -> list[str]:
    """Those that find routes."""
    return [name for name, service in services().items() if service.routing is not None]


def routed_by(document: Item, wanted: str, reader: Reader) -> Routed:
    """The tree, as if every router that has another routing service had `wanted`; what cannot be is reported."""
    if wanted not in routing_services():
        reader.problem(1, f"no service {quote(wanted)} finds routes", nearest(wanted, routing_services()))
        return Routed(document, False)
    nodes = _mapping(_mapping(document).get("nodes"))
    others = {name: other for name, node in nodes.items() if (other := _other(name, node, wanted, reader))}
    if not others:
        return Routed(document, False)
    changed = {
        name: _routed(name, node, others[name], wanted, reader) for name, node in nodes.items() if name in others
    }
    top = {**_mapping(document), "nodes": _mapping(document)["nodes"]._replace(value={**nodes, **changed})}
    if "defaults" in top:
        top["defaults"] = _defaults(top["defaults"], dict.fromkeys(others.values()), wanted, reader)
    return Routed(document._replace(value=top), True)


def _other(name: str, node: Item, wanted: str, reader: Reader) -> str:
    """The node's routing service that is to go; empty where there is none."""
    has = [service for service in _services(node) if service in routing_services()]
    if len(has) > 1:
        both = " and ".join(has)
        hint = "such a lab has its own file for each way of routing"
        reader.problem(node.line, f"node {name} has {both}: {wanted} cannot stand for both", hint)
    return has[0] if has and has != [wanted] else ""


def _routed(name: str, node: Item, other: str, wanted: str, reader: Reader) -> Item:
    services = _services(node)
    _judge(services[other], f"node {name}: {other}", wanted, reader, f"so this is a lab for {other} alone")
    swapped = {wanted if service == other else service: item for service, item in services.items()}
    whole = _mapping(node)
    return node._replace(value={**whole, "services": whole["services"]._replace(value=swapped)})


def _defaults(item: Item, others: Mapping[str, None], wanted: str, reader: Reader) -> Item:
    defaults = _mapping(item)
    if wanted in defaults:
        return item
    written = {other: defaults[other] for other in others if other in defaults}
    for other, child in written.items():
        hint = f"what {wanted} is to have in their place the lab's file may say: `defaults: {{{wanted}: {{…}}}}`"
        _judge(child, f"defaults: {other}", wanted, reader, hint)
    if not written:
        return item
    options = {key: option for child in written.values() for key, option in _mapping(child).items()}
    first = next(iter(written.values()))
    return item._replace(value={**defaults, wanted: first._replace(value=options)})


def _judge(item: Item, what: str, wanted: str, reader: Reader, hint: str) -> None:
    """Whether what is written there can be said of `wanted`."""
    options = _mapping(item)
    foreign = {
        key: option.line for key, option in options.items() if key not in (*option_hints(wanted), IMPLEMENTATION)
    }
    if foreign:
        words = f"{', '.join(map(quote, foreign))} {'mean' if len(foreign) > 1 else 'means'} nothing to {wanted}"
        reader.problem(min(foreign.values()), f"{what}: {words}", hint)
    other = options.get(IMPLEMENTATION)
    if other is not None and isinstance(other.value, str) and "/" in other.value:
        message = f"{what}: {quote(other.value)} is a program for that, and not for {wanted}"
        reader.problem(other.line, message, "leave it out, in a copy of the lab's folder")


def _services(node: Item) -> dict[str, Item]:
    """`[rip]` is short for `{rip: {}}`; what is neither, is judged where it is read."""
    item = _mapping(node).get("services")
    if item is not None and isinstance(item.value, tuple):
        return dict(_listed(item.value))
    return dict(_mapping(item))


def _listed(items: tuple[Item, ...]) -> Iterator[tuple[str, Item]]:
    for item in items:
        if isinstance(item.value, str):
            yield item.value, Item(None, item.line)


def _mapping(item: Item | None) -> Mapping[str, Item]:
    return item.value if item is not None and isinstance(item.value, Mapping) else {}
