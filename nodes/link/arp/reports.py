"""What the user is told of ARP: its events. Who sends wrongly is told of once in a while, and counted each time."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.address import Address
from catenet.nodes.link.arp.config import DEFEND_INTERVAL
from catenet.nodes.link.ethernet.hardware import hardware_text
from catenet.nodes.machine import Frame, Report
from catenet.nodes.once import OncePerReason

__all__ = ["EVENTS", "Reports"]

EVENTS: Mapping[str, str] = {
    "arp.conflict": "lan, address, hardware: another host uses this node's address, too",
    "arp.moved": "lan, address, hardware, was: a neighbour has another hardware address now",
}
"""For the declaration of the service that has it."""


class Reports:
    """Makes them, no more often than is good."""

    def __init__(self) -> None:
        self._told = OncePerReason(DEFEND_INTERVAL)

    def conflict(self, lan: str, address: Address, hardware: bytes, now: float) -> Report | None:
        """ "inform an administrator of the problem. The number of such notifications should be appropriately
        controlled" (RFC 5227 section 2.4 (c))."""
        if not self._told.first(("conflict", lan, address), now):
            return None
        other = hardware_text(hardware)
        text = f"{other} on {lan} uses {address}, too, which is this node's"
        return Report("arp.conflict", text, {"lan": lan, "address": str(address), "hardware": other})

    def moved(self, lan: str, address: Address, hardware: bytes, was: bytes, now: float) -> Report | None:
        """It may be another interface, or somebody who would have its packets."""
        if not self._told.first(("moved", lan, address), now):
            return None
        new, old = hardware_text(hardware), hardware_text(was)
        text = f"{address} on {lan} is at {new} now, was at {old}"
        return Report("arp.moved", text, {"lan": lan, "address": str(address), "hardware": new, "was": old})

    def refused(self, frame: Frame, word: str, why: str, now: float) -> Report | None:
        """What a peer sent was dropped."""
        if not self._told.first(("refused", frame.interface, word), now):
            return None
        text = f"{hardware_text(frame.source)} on {frame.interface}: {why}"
        data = {"source": hardware_text(frame.source), "lan": frame.interface, "why": why, "key": word}
        return Report("input.refused", text, data)
