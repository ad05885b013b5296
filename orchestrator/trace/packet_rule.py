"""The steps of a packet, held against what a router may do to it (RFC 791, RFC 1812 section 5.3.1). Pure.

"Each header inside the one below"; and from one LAN to the next the hardware addresses are others, the TTL is one less,
the header's checksum is right again, and all else is as it was. Where a packet is broken into fragments, their lengths,
flags and offsets are their own (RFC 791 section 3.2); a translator changes addresses and ports, and is found by that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from catenet.orchestrator.trace.packet_steps import PacketStep, Part
from catenet.orchestrator.wire.layers import APPLICATION, ETHERNET, IPV4, UNDERLYING

__all__ = ["Fault", "FaultKind", "faults"]

_MAY = {(ETHERNET, "destination"), (ETHERNET, "source"), (IPV4, "TTL"), (IPV4, "header checksum")}
_OF_FRAGMENTS = {(IPV4, name) for name in ("total length", "flags", "fragment offset")}


class FaultKind(StrEnum):
    """What is not right of a step."""

    NESTING = "nesting"
    CHECKSUM = "checksum"
    TTL = "ttl"
    ADDRESS = "address"
    """A hardware address is not that of who sent it, or of nobody on the LAN."""
    CHANGED = "changed"


class Fault(NamedTuple):
    """One thing that is not as it must be, of what `node` sent."""

    kind: FaultKind
    node: str
    step: int
    text: str


def faults(steps: Sequence[PacketStep]) -> Iterator[Fault]:
    """All of them, in order."""
    by_number = {step.number: step for step in steps}
    for step in steps:
        if step.part == Part.ARP:
            continue
        yield from _alone(step)
        if step.before is not None:
            yield from _compared(by_number[step.before], step)


def _alone(step: PacketStep) -> Iterator[Fault]:
    layers = step.layers
    where = f"{step.source or 'somebody'}'s frame on {step.lan}"
    if not layers.nested or layers.wrong:
        yield Fault(
            FaultKind.NESTING,
            step.source,
            step.number,
            f"{where}: {'; '.join(layers.wrong) or 'a header is not inside'}",
        )
    for header in layers.headers:
        for each in header.fields:
            if each.note == "wrong" and not header.quoted:
                text = f"{where}: {header.protocol}'s {each.name} {each.value} is wrong"
                yield Fault(FaultKind.CHECKSUM, step.source, step.number, text)
    for who, name in ((step.source, "source"), (step.target, "destination")):
        if not who and (step.target or name == "source"):
            text = f"{where}: nobody there has its {name} {layers.value(ETHERNET, name)}"
            yield Fault(FaultKind.ADDRESS, step.source, step.number, text)


def _compared(before: PacketStep, step: PacketStep) -> Iterator[Fault]:
    was, now = (int(each.layers.value(IPV4, "TTL")) for each in (before, step))
    if now != was - 1:
        yield Fault(
            FaultKind.TTL, step.source, step.number, f"{step.source} sent it on with TTL {now}; it had come with {was}"
        )
    pieces = before.fragment != step.fragment
    for each in step.changes:
        place = each.protocol, each.field
        may = place in _MAY or (pieces and (place in _OF_FRAGMENTS or each.layer in (UNDERLYING, APPLICATION)))
        if not may:
            what = f"{each.protocol} {each.field}".strip()
            text = f"{step.source} changed {what} from {each.before or 'none'} to {each.after or 'none'}"
            yield Fault(FaultKind.CHANGED, step.source, step.number, text)
