"""What was not taken of the others' messages: each is counted, and of its kind one is told.

RFC 4822 sections 2.3.2 and 5.6 say what a security event should tell: when, whose address, on which interface, which
Key-ID, and what was wrong.
"""

from __future__ import annotations

from collections import Counter

from catenet.nodes.address import ANY, Address
from catenet.nodes.internet.rip.neighbours import Neighbours
from catenet.nodes.internet.rip.packet import Entry
from catenet.nodes.machine import Action, Datagram, Json, Report
from catenet.nodes.once import OncePerReason

__all__ = ["MAX_REPORTED", "REPORT_INTERVAL", "Refusals"]

REPORT_INTERVAL = 600.0
"""Seconds for which nothing is said again of the same: reason, neighbour, interface, and key."""
MAX_REPORTED = 256
"""So many different things are told within that time; more are only counted."""


class Refusals:
    """Counts, and tells the user."""

    def __init__(self, counters: Counter[str], neighbours: Neighbours, actions: list[Action]) -> None:
        self._counters = counters
        self._neighbours = neighbours
        self._actions = actions
        self._once = OncePerReason(REPORT_INTERVAL, MAX_REPORTED)

    def refuse(self, word: str, packet: Datagram, why: str, now: float, key: int | None = None) -> None:
        """A message; `word` counts it, `key` is the id of the key that it names."""
        self._counters[f"refused.{word}"] += 1
        self._neighbours.refused(packet.source.address)
        self.report_once(word, packet, why, now, key)

    def skip(self, word: str, packet: Datagram, entry: Entry, now: float) -> None:
        """A bad entry of a good message: "Again, logging the error is probably a good idea." (RFC 2453 3.9.2)."""
        self._counters[f"skipped.{word}"] += 1
        self.report_once(
            word, packet, f"bad {word} in an entry for {Address(entry.address)}, metric {entry.metric}", now
        )

    def report_once(self, word: str, packet: Datagram, why: str, now: float, key: int | None = None) -> None:
        """Say it, unless it was said of late. A full table is told once, whoever fills it."""
        source, lan = packet.source, packet.interface
        what = (word, ANY, "", None) if word == "table-full" else (word, source.address, lan, key)
        if not self._once.first(what, now):
            return
        data: dict[str, Json] = {"source": str(source), "lan": lan, "why": why}
        more: dict[str, Json] = {} if key is None else {"key": key}
        self._actions.append(Report("input.refused", f"{source} on {lan}: {why}", {**data, **more}))
