"""Captured frames of several places → each of them once, with who sent it on its LAN, and who heard it. Pure.

A frame is known again by its octets. The clocks of nodes on several hosts are made one by what they saw: no frame is
heard before it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from catenet.nodes.control.hardware import hardware_text
from catenet.orchestrator.wire.clocks import by_one_clock, sent_first
from catenet.orchestrator.wire.layers import BROADCAST, ETHERNET, Layers, dissect
from catenet.orchestrator.wire.packets import ETHERNET_LINK, Frame

__all__ = ["CapturedFrame", "Hardware", "LanFrame", "decode_frame", "on_lans"]

_UNDER_WAY = 1.0
"""Seconds for which a frame may be under way from one end of a LAN to the other."""

Hardware = Mapping[tuple[str, str], str]
"""(LAN, hardware address) → the node that has it there."""


class CapturedFrame(NamedTuple):
    """One Ethernet frame, as one node saw it on one of its LANs, coming in or going out."""

    at: float
    node: str
    lan: str
    outgoing: bool
    data: bytes


@dataclass(slots=True)
class LanFrame:
    """One frame on a LAN. `at`: when it was sent, in seconds since 1970 (where nobody saw that: when it was heard
    first). `source` and `target`: nodes; empty where nobody has that hardware address, and for all of a group.
    `left`: it was seen to leave its sender. `heard`: node → when it came in there.
    """

    at: float
    lan: str
    data: bytes
    layers: Layers
    source: str
    target: str
    left: bool = False
    heard: dict[str, float] = field(default_factory=dict)

    @property
    def is_broadcast(self) -> bool:
        """Whether it is for everybody on the LAN."""
        return self.layers.value(ETHERNET, "destination") == BROADCAST


def decode_frame(frame: Frame, node: str, lan: str, hardware: bytes) -> CapturedFrame | None:
    """The whole frame; None where it is none of Ethernet, or was cut. `hardware`: of the interface: by it a frame is
    known to go out.
    """
    if frame.link_type != ETHERNET_LINK or len(frame.data) < max(14, frame.length):
        return None
    return CapturedFrame(frame.at, node, lan, frame.data[6:12] == hardware, frame.data)


def on_lans(seen: Iterable[CapturedFrame], hardware: Hardware, *, one_clock: bool = True) -> list[LanFrame]:
    """In the order of time. `one_clock`: all captures were made on one host."""
    frames: list[LanFrame] = []
    same: dict[tuple[str, bytes], list[LanFrame]] = {}
    passed: dict[tuple[str, bytes, str], int] = {}  # how many of them have come in at that node, or never will
    for each in sent_first(seen, one_clock=one_clock):
        known = same.setdefault((each.lan, each.data), [])
        found = None if each.outgoing else _waiting(known, each, passed)
        if found is None:
            found = _frame(each, known[0].layers if known else dissect(each.data), hardware)
            known.append(found)
            frames.append(found)
        if each.outgoing:
            found.left = True
        else:
            found.heard[each.node] = each.at
    if not one_clock:
        by_one_clock(frames)
    return frames


def _waiting(
    known: Sequence[LanFrame], each: CapturedFrame, passed: dict[tuple[str, bytes, str], int]
) -> LanFrame | None:
    """The earliest of these that may have come in there just now: of two that are alike, each comes once."""
    place = each.lan, each.data, each.node
    number = passed.get(place, 0)
    while number < len(known) and (each.node in known[number].heard or each.at - known[number].at > _UNDER_WAY):
        number += 1
    passed[place] = number
    return known[number] if number < len(known) else None


def _frame(each: CapturedFrame, layers: Layers, hardware: Hardware) -> LanFrame:
    source, target = hardware_text(each.data[6:12]), hardware_text(each.data[:6])
    sender = each.node if each.outgoing else hardware.get((each.lan, source), "")
    return LanFrame(each.at, each.lan, each.data, layers, sender, hardware.get((each.lan, target), ""))
