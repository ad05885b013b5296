"""The words of a lab file: names that may be given, claims that there are, and words of other tools with our hint."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

from catenet.orchestrator.lab.hosts import HOST_NAME

__all__ = [
    "CLAIMS",
    "DOMAIN",
    "NAMES",
    "OTHER_TOOLS_WORDS",
    "NameRule",
    "copy_as_file",
    "copy_name",
    "lab_name_of",
]

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"


class NameRule:
    """What names of one kind may look like; `rule` says it to the user."""

    def __init__(self, pattern: str, rule: str) -> None:
        self.pattern = pattern
        self.rule = rule

    def allows(self, name: str) -> bool:
        """Whether the name is one of them."""
        return re.fullmatch(self.pattern, name) is not None

    def advise(self, name: str) -> str:
        """The rule and, where the name needs little for it, what it would be."""
        like = re.sub(r"[^a-z0-9.]+", "-", _plain(name)).strip("-.")
        return f"{self.rule}; did you mean {like}?" if self.allows(like) else self.rule


def _plain(name: str) -> str:
    """In small letters, without the accents that letters have."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(letter)
    )


LONGEST = 40
"""Characters of a copy's name: its containers' and networks' names begin with it."""


def lab_name_of(folder: str) -> str:
    """What a lab is called whose folder is called so: `My Lab` → my-lab; `lab` where no letter or digit is left."""
    return re.sub(r"[^a-z0-9_]+", "-", _plain(folder)).strip("-_")[:LONGEST].strip("-_") or "lab"


def copy_name(lab: str, tail: str, head: str = "") -> str:
    """A name for a copy: the lab's, cut where the whole would be longer than a name may be."""
    return f"{head}{lab[: LONGEST - len(head) - len(tail)].rstrip('-_')}{tail}"


NAMES = {
    # A LAN's name is also its interfaces' alternative name: tcpdump takes 15 characters; lo and ethN are the kernel's.
    "LAN": NameRule(
        r"(?!lo$|eth\d+$)[a-z][a-z0-9.-]{0,14}",
        "1 to 15 characters a-z 0-9 . - and a letter first; lo and ethN are the system's",
    ),
    # RFC 1123 section 2.1, in lower case; 253 is the longest name that fits a DNS message (RFC 1035 section 2.3.4).
    "node": NameRule(
        rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*",
        "labels of a-z 0-9 - with dots between, like dns.uiuc.edu",
    ),
    "host": NameRule(HOST_NAME.pattern, "1 to 63 letters, digits, - _ . and a letter or digit first"),
    # It is a project name of Compose too.
    "lab": NameRule(
        rf"[a-z0-9][a-z0-9_-]{{0,{LONGEST - 1}}}",
        f"1 to {LONGEST} characters a-z 0-9 _ - and a letter or digit first",
    ),
}


def copy_as_file(copy: str) -> str:
    """What a file is called that is about a copy: the copy's name, where a lab may be called so.

    Others' labels on the engine may say anything (a/b, ../x, 300 letters): of those the name's SHA-256 in hexadecimal,
    which is longer than a lab's name may be.
    """
    return copy if NAMES["lab"].allows(copy) else sha256(copy.encode("utf-8", "surrogatepass")).hexdigest()


DOMAIN = re.compile(r"(?=.{1,253}\.?$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})\.?")
"""A domain name in a check: what a resolver may be asked."""

# The claims of the two lectures: each letter, and its last number.
_LAST_CLAIM = {"A": 14, "B": 9, "C": 10, "D": 14, "E": 6, "F": 11, "G": 9, "H": 5, "I": 6, "J": 1}
CLAIMS = tuple(f"{letter}{number}" for letter, last in _LAST_CLAIM.items() for number in range(1, last + 1))

_SUFFERED = "what packets suffer on a LAN stands under `impairments:`, like `{link1: {delay: 20ms}}`"

OTHER_TOOLS_WORDS = {
    "address": "a node's addresses stand at its LANs: `lans: {link1: 10.0.1.1}`",
    "addresses": "a node's addresses stand at its LANs: `lans: {link1: 10.0.1.1}`",
    "cidr": "a LAN's addresses are its `prefix: 10.0.1.0/24`",
    "containers": "what runs is a node, under `nodes:`",
    "daemons": "what a node runs is under its `services:`",
    "depends_on": "nothing waits for anything here: services start in any order",
    "devices": "what runs is a node, under `nodes:`",
    "edges": "a link is a LAN with two nodes on it, under `lans:`",
    "endpoints": "a node says its LANs: `lans: [link1, link2]`",
    "gateways": "a host's router is its `gateway:`; left out, it is the LAN's only router",
    "hosts": "a host is a node, under `nodes:`; one on two LANs is a router",
    "image": "every node runs the same image; what it does is under its `services:`",
    "interfaces": "a node says its LANs: `lans: [link1, link2]`",
    "ip": "a node's addresses stand at its LANs: `lans: {link1: 10.0.1.1}`",
    "ipv4": "a node's addresses stand at its LANs: `lans: {link1: 10.0.1.1}`",
    "ipv4_address": "a node's addresses stand at its LANs: `lans: {link1: 10.0.1.1}`",
    "kind": "what a node is follows from its `services:` and its LANs",
    "link": "a link is a LAN with two nodes on it, under `lans:`",
    "links": "a link is a LAN with two nodes on it, under `lans:`",
    "machines": "what runs is a node, under `nodes:`",
    "mgmt": "there is no management network: questions to a node go through the engine",
    "network": "a network is a LAN, under `lans:`",
    "networks": "a network is a LAN, under `lans:`",
    "ports": "nothing of a lab is reachable from outside; use `catenet exec`",
    "protocols": "what a node runs is under its `services:`",
    "router": "a router is a node on two LANs, under `nodes:`",
    "routers": "a router is a node on two LANs, under `nodes:`",
    "subnet": "a LAN's addresses are its `prefix: 10.0.1.0/24`",
    "subnets": "a network is a LAN, under `lans:`",
    "switches": "a LAN is its own switch, under `lans:`",
    "topology": "LANs stand under `lans:`, machines under `nodes:`, at the top of the file",
    "type": "what a node is follows from its `services:` and its LANs",
    "version": "a lab file has no version",
    "volumes": "the lab's folder is what every node sees, read-only, as /lab",
    "vms": "what runs is a node, under `nodes:`",
    **dict.fromkeys(("bandwidth", "delay", "jitter", "latency", "loss", "rate"), _SUFFERED),
    "<<": "mappings are not merged here; options that nodes share stand under `defaults:`",
}
"""Words of Compose, containerlab, Kathará, Mininet and GNS3 → how the same is said here."""
