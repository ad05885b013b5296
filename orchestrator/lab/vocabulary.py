"""Every word that a lab file may have, and what is written under it: the readers and the schema go by these tables.

The options of the services are not here: they are the fields of each service's own dataclass (nodes/catalogue.py).
Nor are the kinds of checks: each is a dataclass of its own (orchestrator/checks/), and kinds.py makes words of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = [
    "HOLDS",
    "LAN",
    "LAN_VERBS",
    "MEASURE",
    "MOMENT",
    "NODE",
    "NODE_VERBS",
    "OPPOSITE",
    "ROUTE",
    "TOP",
    "Word",
    "Words",
]


class Word(NamedTuple):
    """`shape` names what its value looks like, as schema.py defines it; `bounds` are a number's least and most."""

    shape: str
    about: str
    needed: bool = False
    bounds: tuple[int, int] = (0, 0)


Words = Mapping[str, Word]

TOP: Words = {
    "name": Word("lab-name", "What the lab is called. Without it, as its folder is."),
    "claims": Word("claims", "What the lab shows, by the ids of the lectures' claims."),
    "lans": Word("lans", "The LANs by their names: each is one Ethernet; two nodes on it make a link.", needed=True),
    "defaults": Word("defaults", "Options that every node's service of that name gets, unless it says otherwise."),
    "nodes": Word("nodes", "The nodes by their names: hosts, routers, servers.", needed=True),
    "checks": Word("checks", "What must be true of the lab: `catenet check` asks it."),
    "timeline": Word("timeline", "What happens when, and what must then be true: `catenet play` plays it."),
    "measure": Word("measure", "What is counted while the timeline is played: a row of the table at its end each."),
}

LAN: Words = {
    "prefix": Word("prefix", "Its IPv4 prefix, /8 to /29. Without it, the lowest free /24 from 10.0.1.0/24 upwards."),
}

NODE: Words = {
    "lans": Word(
        "places",
        "The LANs that it is on: `[link1, link2]`, or with addresses `{link1: 10.0.1.1}`. What is left open is given "
        "in the order of the file, from .1 upwards. The first is the address under which the others know the node.",
        needed=True,
    ),
    "services": Word("services", "What it runs: `[rip]`, or with options `{rip: {update: 2s}}`."),
    "forward": Word("flag", "Whether it forwards packets. Without it: yes on two LANs or more, no on one."),
    "gateway": Word(
        "text", "Its default gateway: a node on one of its LANs, or an address. Without it, the one router."
    ),
    "resolver": Word("text", "Whom it asks for names: a node, or an address. Without it, the nearest resolver."),
    "routes": Word("static-routes", "Static routes, like `[{to: link3, via: b}]`."),
}

ROUTE: Words = {
    "to": Word("text", "A LAN, or a prefix.", needed=True),
    "via": Word("text", "The next router: a node on one of this node's LANs, or its address.", needed=True),
}

HOLDS: Words = {
    "claim": Word("claim", "The id of the claim that it shows: `catenet check --claim ID` runs only those."),
    "within": Word("duration", "How long it may take to become true. Without it, it must be true at once."),
}

LAN_VERBS = ("cut", "heal")
NODE_VERBS = ("kill", "pause", "resume", "start")
OPPOSITE: Mapping[str, str] = {"cut": "heal", "kill": "start", "pause": "resume"}
"""Each verb that breaks something → the one that mends it."""
MOMENT: Words = {
    "at": Word("duration", "When, counted from the timeline's start.", needed=True),
    **{verb: Word("names", f"The LAN to {verb}, or several at once.") for verb in LAN_VERBS},
    **{verb: Word("names", f"The node to {verb}, or several at once.") for verb in NODE_VERBS},
    "silent": Word("flag", "Of a cut: packets are lost, and the carrier stays. Without it: no."),
    "expect": Word("expectation", "What must be true from then on, or within the time that `within` gives it."),
    **HOLDS,
}

MEASURE: Words = {
    "name": Word("text", "What the row is called.", needed=True),
    "at": Word("names", "The routers that are watched.", needed=True),
    "to": Word("names", "The LANs whose loss they have to learn of.", needed=True),
    "from": Word("text", "The node that pings into those LANs meanwhile, each second. Without it, none."),
}
"""From the first thing that the timeline breaks to the first that it mends."""
