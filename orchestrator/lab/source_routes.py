"""The way that a packet names (RFC 791 section 3.1): nodes and addresses as words → the addresses that stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.realms import View, views

__all__ = ["Stop", "StopError", "stops"]


class Stop(NamedTuple):
    """A node on the way, and its address there; `node` is that address where no node has it."""

    node: str
    address: Address


class StopError(ValueError):
    """A word stands for nothing that the source can name; the text says why, `word` which."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(why)
        self.word = word


def stops(lab: Lab, source: str, words: Sequence[str]) -> tuple[Stop, ...]:
    """The routers that are named and, last, the destination. A node stands there with its address on a LAN that the one
    before it is on, too, so that a strict source route can be gone; else with the one by which the source knows it.

    Raises:
        StopError: a word is neither a node that the source knows nor an address.

    """
    return tuple(_stops(lab, source, words))


def _stops(lab: Lab, source: str, words: Sequence[str]) -> Iterator[Stop]:
    view = views(lab).at(source)
    before = source
    for word in words:
        stop = _stop(lab, view, word, before, source)
        yield stop
        before = stop.node


def _stop(lab: Lab, view: View, word: str, before: str, source: str) -> Stop:
    if word in lab.nodes:
        address = _beside(lab, word, before) or view.addresses.get(word)
        if address is None or view.owners.get(address) != word:
            raise StopError(word, f"{word} has no address that means it at {source}")
        return Stop(word, address)
    try:
        address = Address.parse(word)
    except ValueError:
        raise StopError(word, f"{word!r} is neither a node nor an IPv4 address") from None
    if not address.is_unicast:
        raise StopError(word, f"{word} is the address of no node")
    return Stop(view.owners.get(address, word), address)


def _beside(lab: Lab, node: str, before: str) -> Address | None:
    """The node's address on the first LAN that both are on."""
    if before not in lab.nodes or before == node:
        return None
    here = {place.lan for place in lab.nodes[before].attachments}
    return next((place.address for place in lab.nodes[node].attachments if place.lan in here), None)
