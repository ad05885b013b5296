"""What a node finds out by packets of its own, as it says it and as it is read again: by the question `probe`, whose
kinds are in nodes/probes, and by the program `source-route`, of the way to a destination:

    {"arrived": true, "error": "", "hops": [{"ttl": 1, "address": "10.0.1.1", "ms": 0.21, "says": "time exceeded",
     "next": "10.0.1.1", "left": ["10.0.2.3", "10.0.9.7"], "recorded": []}, …]}

The packet that an ICMP error quotes says how far the source route had come: its destination there is `next`.
"""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.control.fields import Fields, words
from catenet.nodes.machine import Json

__all__ = ["DONE", "MOST_VIAS", "TIME_EXCEEDED", "ProbedHop", "Probes", "probes"]

DONE = "probe.done"
"""The kind of the report by which the machine of a probe says what it has found; then it is over."""
MOST_VIAS = 9
"""Routers that a source route can name: an IPv4 header has room for so many addresses (RFC 791 section 3.1)."""
TIME_EXCEEDED = "time exceeded"
"""What a router says of whose TTL has run out: it would have passed it on."""


class ProbedHop(NamedTuple):
    """Who answered when the TTL was that; `address` None: nobody has. `says`: the ICMP error, in words.

    Of the packet that it quotes: `next`, its destination; `left`, what it was to visit then; `recorded`, where it came
    out of the routers that it had visited.
    """

    ttl: int
    address: str | None = None
    ms: float | None = None
    says: str = ""
    next: str = ""
    left: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {**self._asdict(), "left": [*self.left], "recorded": [*self.recorded]}

    @classmethod
    def parse(cls, value: Json) -> ProbedHop:
        row = Fields(value, "hops")
        return cls(
            row.whole("ttl") or 0,
            row.word("address"),
            row.number("ms"),
            row.text("says"),
            row.text("next"),
            row.part("left", words) or (),
            row.part("recorded", words) or (),
        )


class Probes(NamedTuple):
    """All hops, the nearest first. `error`: why no packet could be sent."""

    arrived: bool
    error: str = ""
    hops: tuple[ProbedHop, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {"arrived": self.arrived, "error": self.error, "hops": [hop.to_json() for hop in self.hops]}


def probes(value: Json) -> Probes:
    """What the program has written, as JSON.

    Raises:
        AnswerError: it is of another form.

    """
    row = Fields(value, "probes")
    return Probes(row.flag("arrived"), row.text("error"), row.rows("hops", ProbedHop.parse))
