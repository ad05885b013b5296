"""ARP on the way of a packet: who asked for which address, who heard it, who answered, what each then knew. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from catenet.nodes.machine import Json
from catenet.orchestrator.trace.neighbours import Neighbour
from catenet.orchestrator.trace.packet_steps import Owner, PacketStep, Part
from catenet.orchestrator.wire.layers import ARP, ETHERNET, Layers

__all__ = ["Entry", "Exchange", "How", "cached", "entries", "find_exchanges"]


@dataclass(slots=True)
class Exchange:
    """One question of ARP and its answer. Times are in seconds from the trace's first step.

    `owner`: the node that has the address (empty: none of the lab's), and `answerer` who said so (empty: nobody, yet).
    `heard`: where the question came in. `tries`: so often it was asked.
    """

    step: int
    at: float
    lan: str
    asker: str
    address: str
    owner: str
    broadcast: bool
    own: str
    heard: tuple[str, ...]
    answerer: str = ""
    hardware: str = ""
    answered: float | None = None
    tries: int = 1

    @property
    def is_proxied(self) -> bool:
        """Whether another one answered for its owner (RFC 1027)."""
        return bool(self.answerer) and self.answerer != self.owner

    def to_json(self) -> dict[str, Json]:
        return {
            "step": self.step,
            "at": round(self.at, 6),
            "lan": self.lan,
            "asker": self.asker,
            "address": self.address,
            "owner": self.owner or None,
            "broadcast": self.broadcast,
            "heard": list(self.heard),
            "answerer": self.answerer or None,
            "hardware": self.hardware or None,
            "answered": None if self.answered is None else round(self.answered, 6),
            "proxy": self.is_proxied,
            "tries": self.tries,
        }


class How(StrEnum):
    """How a node came to know an entry."""

    ASKED = "it asked"
    WAS_ASKED = "it was asked: the question says who asks"
    BEFORE = "it knew before"
    OTHERWISE = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a node has in its cache after it all, and how it came there."""

    neighbour: Neighbour
    owner: str
    how: How

    def to_json(self) -> dict[str, Json]:
        return {**self.neighbour.to_json(), "owner": self.owner or None, "how": self.how.value or None}


def find_exchanges(steps: Iterable[PacketStep], owner: Owner) -> tuple[Exchange, ...]:
    """Of the steps those that are ARP's. An address that is announced is no question."""
    found: list[Exchange] = []
    for step in steps:
        if step.part != Part.ARP:
            continue
        said = _Said(step.layers)
        if said.opcode == "1" and said.sender != said.target:
            _asked(found, step, said, owner)
        elif said.opcode == "2":
            _answered(found, step, said)
    return tuple(found)


class _Said:
    """An ARP packet's fields."""

    def __init__(self, layers: Layers) -> None:
        self.opcode = layers.value(ARP, "opcode")
        self.sender, self.target = layers.value(ARP, "sender"), layers.value(ARP, "target")
        self.hardware = layers.value(ARP, "sender hardware")
        self.to = layers.value(ETHERNET, "destination")


def _asked(found: list[Exchange], step: PacketStep, said: _Said, owner: Owner) -> None:
    for known in found:
        if known.answered is None and _is_about(known, step.lan, step.source, said.target):
            known.tries += 1
            known.heard = tuple(dict.fromkeys((*known.heard, *step.heard)))
            return
    found.append(
        Exchange(
            step.number,
            step.at,
            step.lan,
            step.source,
            said.target,
            owner(step.lan, said.target),
            not step.target,
            said.sender,
            step.heard,
        )
    )


def _answered(found: Sequence[Exchange], step: PacketStep, said: _Said) -> None:
    for known in found:
        if known.answered is None and _is_about(known, step.lan, step.target, said.sender):
            known.answerer, known.hardware, known.answered = step.source, said.hardware, step.at
            return


def _is_about(known: Exchange, lan: str, asker: str, address: str) -> bool:
    return (known.lan, known.asker, known.address) == (lan, asker, address)


def cached(steps: Iterable[PacketStep], exchanges: Sequence[Exchange], before: Iterable[Neighbour]) -> list[Neighbour]:
    """Entries by which a packet was sent without a question: they were there before."""
    known = {(each.node, each.lan, each.hardware): each for each in before}
    asked = {(each.asker, each.lan, each.hardware) for each in exchanges if each.answered is not None}
    used: dict[tuple[str, str, str], Neighbour] = {}
    for step in steps:
        place = step.source, step.lan, step.layers.value(ETHERNET, "destination")
        if step.part != Part.ARP and place in known and place not in asked:
            used[place] = known[place]
    return list(used.values())


def entries(
    after: Iterable[Neighbour], before: Iterable[Neighbour], exchanges: Sequence[Exchange], owner: Owner
) -> Iterator[Entry]:
    """What those that took part, and those that heard them, have in their caches of the others' addresses."""
    earlier = {(each.node, each.lan, each.address, each.hardware) for each in before}
    lans = {each.lan for each in exchanges}
    for each in after:
        if each.lan in lans and each.hardware and not _is_group(each.hardware):
            how = _how(each, exchanges)
            if not how and (each.node, each.lan, each.address, each.hardware) in earlier:
                how = How.BEFORE
            yield Entry(each, owner(each.lan, each.address), how)


def _is_group(hardware: str) -> bool:
    """Whether it is no single node's: of a group that is derived from its address, and nobody asks (RFC 1112, 6.4)."""
    return bool(int(hardware[:2], 16) & 1)


def _how(entry: Neighbour, exchanges: Iterable[Exchange]) -> How:
    for each in exchanges:
        if each.lan != entry.lan or each.answered is None:
            continue
        if (each.asker, each.address) == (entry.node, entry.address):
            return How.ASKED
        if (each.answerer, each.own) == (entry.node, entry.address):
            return How.WAS_ASKED
    return How.OTHERWISE
