"""Every word that a lab file may have, and what is written under it: the readers and the schema go by these tables.

The options of the services are not here: they are the fields of each service's own dataclass (nodes/catalogue.py).
Nor are the kinds of checks: each is a dataclass of its own (orchestrator/checks/), and kinds.py makes words of it. The
verbs of a timeline are those of orchestrator/faults/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, get_args

from catenet.nodes.control.config import SourceRoutes, Stack
from catenet.nodes.control.units import SECONDS, Unit
from catenet.orchestrator.faults import verbs
from catenet.orchestrator.faults.impairment import ImpairmentWords
from catenet.orchestrator.faults.option import NODE_NAME, Field, fields
from catenet.orchestrator.lab.hosts import Wiring
from catenet.orchestrator.lab.model import MTU

__all__ = [
    "HOLDS",
    "HOSTS_FILE",
    "LAN",
    "LARGEST_MTU",
    "MEASURE",
    "NODE",
    "PLACE",
    "ROUTE",
    "SMALLEST_MTU",
    "SMALLEST_WAY",
    "TOP",
    "Word",
    "Words",
    "impairment_words",
    "moment_words",
]

SMALLEST_WAY = 576
"""Octets that the way between two hosts carries at the least: what every host must accept (RFC 791 section 3.1)."""
SMALLEST_MTU, LARGEST_MTU = 68, 9000
"""Of a LAN: what every router must pass on in one piece (RFC 791 section 3.2), and a jumbo frame's."""


class Word(NamedTuple):
    """`shape` names what its value looks like, as schema.py defines it; `bounds` are a number's least and most.

    `choices`: the words, of which the value is one.
    """

    shape: str
    about: str
    needed: bool = False
    bounds: tuple[int, int] = (0, 0)
    choices: tuple[str, ...] = ()


Words = Mapping[str, Word]

TOP: Words = {
    "name": Word("lab-name", "What the lab is called. Without it, as its folder is."),
    "claims": Word("claims", "What the lab shows, by the ids of the lectures' claims."),
    "lans": Word("lans", "The LANs by their names: each is one Ethernet; two nodes on it make a link.", needed=True),
    "defaults": Word("defaults", "Options that every node's service of that name gets, unless it says otherwise."),
    "stack": Word(
        "text",
        "Whose stack the nodes have that do not say it themselves. With `userspace` each that can be there: which are "
        "not, and why, `catenet validate` says.",
        choices=get_args(Stack),
    ),
    "hosts": Word(
        "hosts",
        "The machines with an engine on which the nodes run, like `{here: local, big: ssh://user@server}`. Without it: "
        "on one, whichever the command line means.",
    ),
    "wiring": Word(
        "text",
        "What the LANs are made of: networks of the engine, or VXLAN segments between the nodes over one such network. "
        "With vxlan a prefix may be /30 or /31. Without it: bridge.",
        choices=get_args(Wiring),
    ),
    "nodes": Word("nodes", "The nodes by their names: hosts, routers, servers.", needed=True),
    "impairments": Word(
        "impairments",
        "What packets suffer on LANs, like `{link1: {delay: 20ms, loss: 1%}}`; of several senders a list.",
    ),
    "checks": Word("checks", "What must be true of the lab: `catenet check` asks it."),
    "timeline": Word("timeline", "What happens when, and what must then be true: `catenet play` plays it."),
    "measure": Word("measure", "What is counted while the timeline is played: a row of the table at its end each."),
}

LAN: Words = {
    "prefix": Word(
        "prefix",
        "Its IPv4 prefix, /8 to /29, or to /31 with `wiring: vxlan`. Without it, the lowest free /24 from 10.0.1.0/24 "
        "upwards.",
    ),
    "mtu": Word(
        "number",
        f"Octets of the largest IP packet that it carries. Without it: {MTU}.",
        bounds=(SMALLEST_MTU, LARGEST_MTU),
    ),
}

NODE: Words = {
    "lans": Word(
        "places",
        "The LANs that it is on: `[link1, link2]`, or with addresses `{link1: 10.0.1.1}`, or with more words about its "
        "place there: `{link1: {address: 10.0.1.1, mac: 02:00:00:00:00:e1}}`. What is left open is given in the order "
        "of the file, from .1 upwards. The first is the address under which the others know the node.",
        needed=True,
    ),
    "services": Word("services", "What it runs: `[rip]`, or with options `{rip: {update: 2s}}`."),
    "forward": Word("flag", "Whether it forwards packets. Without it: yes on two LANs or more, no on one."),
    "source_routes": Word(
        "text",
        "Whether it follows source routes: packets that say themselves by which routers they are to go. Only where all "
        "on the way, the sender and the destination follow, does one arrive. Without it: refuse.",
        choices=get_args(SourceRoutes),
    ),
    "proxy_arp": Word(
        "flag",
        "Whether it answers, on each of its LANs, who asks for the hardware address of a host that it reaches by "
        "another one (RFC 1027). Without it: no.",
    ),
    "stack": Word(
        "text",
        "Whose ARP, IPv4, ICMP and UDP it has on its LANs: the kernel's, or catenet's own, in `userspace`, where "
        "programs such as ping and curl have no network. Without it: as the lab's `stack:` says, else kernel.",
        choices=get_args(Stack),
    ),
    "gateway": Word(
        "text",
        "Its default gateway: a node on one of its LANs, or an address; or `none`. Without it, the one router.",
    ),
    "resolver": Word("text", "Whom it asks for names: a node, or an address. Without it, the nearest resolver."),
    "routes": Word("static-routes", "Static routes, like `[{to: link3, via: b}]`."),
    "place": Word(
        "host-name", "The host on which it must run, where the lab has several. Without it, the one that fits best."
    ),
}

PLACE: Words = {
    "address": Word(
        "own-address",
        "Its address there, like 10.0.1.1. With a length behind it, like 10.0.1.1/16, the node believes that its "
        "network there is so large; without, it is the LAN's.",
    ),
    "mac": Word(
        "hardware-address",
        "Its hardware address there, like 02:00:00:00:00:e1, at every start. Without it, whichever the engine gives.",
    ),
}

ROUTE: Words = {
    "to": Word("text", "A LAN, or a prefix.", needed=True),
    "via": Word("text", "The next router: a node on one of this node's LANs, or its address.", needed=True),
}

HOSTS_FILE: Words = {
    "hosts": Word("hosts", "The machines with an engine by their names, as a lab file has them.", needed=True),
    "mtu": Word(
        "number",
        "Octets of the largest IP packet that the way between them carries. Without it, what `catenet hosts join` "
        f"found, else {MTU}.",
        bounds=(SMALLEST_WAY, LARGEST_MTU),
    ),
}
"""Of the file behind `catenet up LAB --hosts`."""

HOLDS: Words = {
    "claim": Word("claim", "The id of the claim that it shows: `catenet check --claim ID` runs only those."),
    "within": Word("duration", "How long it may take to become true. Without it, it must be true at once."),
}

MEASURE: Words = {
    "name": Word("text", "What the row is called.", needed=True),
    "at": Word("names", "The routers that are watched.", needed=True),
    "to": Word("names", "The LANs whose loss they have to learn of.", needed=True),
    "from": Word("text", "The node that pings into those LANs meanwhile, each second. Without it, none."),
}
"""From the first thing that the timeline breaks to the first that it mends."""


def impairment_words() -> Words:
    """The words under a LAN's name in `impairments:`."""
    return {field.name: _word(field) for field in fields(ImpairmentWords)}


def moment_words() -> Words:
    """The words of an entry of `timeline:`."""
    known = verbs().values()
    return {
        "at": Word("duration", "When, counted from the timeline's start.", needed=True),
        **{verb.name: Word("names", f"The {verb.on} to {verb.name}, or several at once.") for verb in known},
        **{field.name: _option_word(verb.name, field) for verb in known for field in fields(verb.options)},
        "expect": Word("expectation", "What must be true from then on, or within the time that `within` gives it."),
        **HOLDS,
    }


def _option_word(verb: str, field: Field) -> Word:
    word = _word(field)
    return word._replace(about=f"Beside `{verb}:`. {word.about}")


def _word(field: Field) -> Word:
    about = f"{field.option.about} Without it: {field.format(field.default)}." if field.default else field.option.about
    shape = field.kind.words if isinstance(field.kind, Unit) else _SHAPES[field.kind]
    return Word(shape, about, bounds=field.option.bounds, choices=field.choices)


_SHAPES: Mapping[object, str] = {bool: "flag", int: "number", str: "text", SECONDS: "duration", NODE_NAME: "text"}
