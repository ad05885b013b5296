"""What RFC 2328 section 13.3 promises of an advertisement that is flooded, held against what became of one. Pure.

    once    a router sends an instance out of an interface once: step (5). It does so again where no acknowledgement
            has come in RxmtInterval (13.6), and to who requests it or has just sent an older one (10.7, 13 (8))
    back    it does not send it out of the interface that it has it from: "if the new LSA was received from this
            neighbor, examine the next neighbor" (1 (c)); nor, on a network with a Designated Router, where it came from
            that or the Backup (3), or where it is itself the Backup (4). So the Designated Router alone does, where it
            has the LSA from one of the others: those have not heard it, as it was sent to AllDRouters

So a point-to-point link carries an instance once; or once in each direction, where both ends had it from others before
they heard each other. A network with a Designated Router carries it once, and once more from that router where none of
the two brought it; and once from each other router that had it by another way meanwhile.

Whether a router had it from there is known where it tells. Of others it may be that a copy from elsewhere, which came
in by the same time, was read before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from catenet.orchestrator.trace.flood import Flood, FloodStep, How, Reached

__all__ = ["Fault", "FaultKind", "LinkUse", "faults", "link_uses"]


class FaultKind(StrEnum):
    """What was promised and is not so."""

    MISSING = "missing"
    UNACKNOWLEDGED = "unacknowledged"
    UNUSED = "unused"
    AGAIN = "again"
    BACK = "back"


class Fault(NamedTuple):
    """One that was found; `text` says where."""

    kind: FaultKind
    text: str


class LinkUse(NamedTuple):
    """How often a router sent it on a LAN. `why`: where that is not once, or in both directions."""

    lan: str
    source: str
    to: str
    copies: int
    why: str


def faults(flood: Flood) -> tuple[Fault, ...]:
    """All that is not as promised."""
    return (*_missing(flood), *_unused(flood), *_again(flood), *_back(flood))


def link_uses(flood: Flood) -> tuple[LinkUse, ...]:
    """Who sent it on which LAN, in the order of the LANs' names, and of time."""
    return tuple(use for lan in flood.ends for use in _uses(flood, lan))


def _uses(flood: Flood, lan: str) -> Iterator[LinkUse]:
    steps = [step for step in _copies(flood) if step.lan == lan]
    for number, source in enumerate(dict.fromkeys(step.source for step in steps)):
        own = [step for step in steps if step.source == source]
        why = [_reason(flood, step, first=not number) for step in own] + [_repeated(flood, own)]
        to = ", ".join(dict.fromkeys(step.to for step in own))
        yield LinkUse(lan, source, to, len(own), "; ".join(dict.fromkeys(filter(None, why))))


def _repeated(flood: Flood, own: Sequence[FloodStep]) -> str:
    """How often it was retransmitted, and how long after the router had said it there first, or heard it there."""
    again = [step for step in own if step.how == How.RETRANSMITTED]
    if not again:
        return ""
    times = "once" if len(again) == 1 else f"{len(again)} times, first"
    heard = [each.at for each in flood.reached if each.node == own[0].source]
    since = own[0].at if own[0] is not again[0] else max(heard, default=0.0)
    return f"retransmitted {times} after {again[0].at - since:.3f} s: no acknowledgement had come"


def _reason(flood: Flood, step: FloodStep, *, first: bool) -> str:
    """Why it was sent, where that is not plain; `first`: nobody had sent it on that LAN before."""
    if step.how == How.REFLOODED:
        return "the DR floods it to those who have not heard it"
    if step.how in (How.REQUESTED, How.ANSWERED):
        return step.how.value
    if _goes_back(flood, step):
        return "sent back to where it came from"
    if first or step.how == How.RETRANSMITTED:
        return ""
    if step.source == flood.origin:
        return "its own; it had not heard the other's"
    had = next((each.lan for each in flood.reached if each.node == step.source), step.lan)
    return f"had it by {'another link' if had == step.lan else had} meanwhile"


def _copies(flood: Flood) -> Iterator[FloodStep]:
    return (step for step in flood.steps if step.followed and step.carries)


def _missing(flood: Flood) -> Iterator[Fault]:
    for node in flood.missing:
        yield Fault(FaultKind.MISSING, f"{node} has not got it")
    for node, lan in flood.unacknowledged:
        yield Fault(FaultKind.UNACKNOWLEDGED, f"{node} has not acknowledged it on {lan}")


def _unused(flood: Flood) -> Iterator[Fault]:
    """An adjacency whose ends know nothing of each other's database has failed."""
    used = {step.lan for step in _copies(flood)}
    for lan, ends in flood.ends.items():
        if len(ends) > 1 and lan not in used:
            yield Fault(FaultKind.UNUSED, f"{lan} has not carried it: {' and '.join(ends)} are not adjacent")


def _again(flood: Flood) -> Iterator[Fault]:
    for use in link_uses(flood):
        own = [step for step in _copies(flood) if (step.lan, step.source) == (use.lan, use.source)]
        if repeated := _repeated(flood, own):
            yield Fault(FaultKind.AGAIN, f"{use.source} sent it to {use.to} on {use.lan}: {repeated}")


def _back(flood: Flood) -> Iterator[Fault]:
    for step in _copies(flood):
        if _goes_back(flood, step):
            text = f"{step.source} sent it back on {step.lan}, where it had it from"
            yield Fault(FaultKind.BACK, f"{text} {_reached(flood, step.source).source}")


def _goes_back(flood: Flood, step: FloodStep) -> bool:
    """Whether the first that a router sends on a LAN should not have been sent."""
    if step.how != How.FORWARDED or step.source not in {each.node for each in flood.reached}:
        return False
    had = _reached(flood, step.source)
    if had.lan != step.lan or had.at > step.at:
        return False
    if had.told:
        return True
    heard = [
        (copy.lan, receipt.at)
        for copy in _copies(flood)
        for receipt in copy.receipts
        if receipt.node == step.source and receipt.at is not None
    ]
    return all(lan == step.lan for lan, at in heard if at <= step.at)


def _reached(flood: Flood, node: str) -> Reached:
    return next(each for each in flood.reached if each.node == node)
