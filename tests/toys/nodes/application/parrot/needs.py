"""What `parrot` needs of its lab, a file of greetings; and what it is told of the nodes, who repeats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from catenet.nodes.application.parrot.config import ParrotOptions
from catenet.nodes.control.needs import Fault, Need, Others, Surroundings
from catenet.nodes.machine import Json

__all__ = ["read_greetings", "tell_peers"]


def read_greetings(options: ParrotOptions, around: Surroundings) -> Iterator[Need]:
    """The file, and what is wrong with it."""
    name = options.greetings
    try:
        data = around.folder.read(name)
    except OSError as error:
        yield Need(name, fault=Fault(f"parrot: {name} cannot be read: {error.strerror}"))
        return
    yield Need(name, {name: data}, _fault_of(name, data))


def _fault_of(name: str, data: bytes) -> Fault | None:
    odd = next((number for number, line in enumerate(data.splitlines(), 1) if not line.isascii()), None)
    if odd is not None:
        return Fault("a greeting is not ASCII", file=name, line=odd)
    return None if data else Fault("there is no greeting", file=name)


def tell_peers(_: ParrotOptions, others: Others) -> Mapping[str, Json]:
    """Every node that repeats, with its address."""
    return {"peers": {node: str(others.addresses[node]) for node, runs in others.services.items() if "parrot" in runs}}
