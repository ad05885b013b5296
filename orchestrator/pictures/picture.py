"""What a picture of a lab shows: the same for every way to draw it. Pure; colours and places are the drawings' own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.link import HEALTHY, LinkCondition
from catenet.orchestrator.lab.model import Lab, Lan

__all__ = ["Picture", "ShownEnd", "ShownLan", "ShownNode", "ShownPath", "plan_picture", "short_address"]


@dataclass(frozen=True, slots=True)
class ShownEnd:
    """A node's place on a LAN. `address` is the short one (.1), empty where it is not known."""

    node: str
    address: str


@dataclass(frozen=True, slots=True)
class ShownNode:
    """A node. `state`: good, waiting, paused or dead; empty in a plan. `words` say it. `userspace`: its stack.
    `host`: where it runs; empty: there is one host, or nobody knows.
    """

    name: str
    router: bool
    state: str = ""
    words: str = ""
    userspace: bool = False
    host: str = ""


@dataclass(frozen=True, slots=True)
class ShownLan:
    """A LAN. `state`: good, cut, silent, impaired or unknown; empty in a plan of one that is to be well. `prefix` is
    empty where it is not known.
    """

    name: str
    prefix: str
    ends: tuple[ShownEnd, ...]
    state: str = ""
    words: str = ""

    @property
    def worded(self) -> bool:
        """Whether there is something to say of its state."""
        return self.state not in ("", "good")


@dataclass(frozen=True, slots=True)
class ShownPath:
    """A part of a shortest-path tree: from a node into a LAN, and over it to those nodes, if to any."""

    node: str
    lan: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """A whole lab, as its `subtitle` says: planned, now, or as a node knows it. `blank`: with lines to write on instead
    of addresses. `call`: the nodes and LANs, in turn, by which the packets of a call go. `tree`: the shortest paths
    from a node, the nearest first.
    """

    title: str
    subtitle: str
    nodes: tuple[ShownNode, ...]
    lans: tuple[ShownLan, ...]
    blank: bool = False
    call: tuple[str, ...] = ()
    tree: tuple[ShownPath, ...] = ()

    @property
    def call_lines(self) -> frozenset[tuple[str, str]]:
        """The call's part of the lines between a node and a LAN."""
        nodes, lans = self.call[::2], self.call[1::2]
        return frozenset([*zip(nodes, lans, strict=False), *zip(nodes[1:], lans, strict=True)])

    @property
    def tree_lines(self) -> frozenset[tuple[str, str]]:
        """The tree's part of the lines between a node and a LAN."""
        return frozenset((node, path.lan) for path in self.tree for node in (path.node, *path.to))

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """The hosts on which the nodes are, where there are several; else none."""
        found = dict.fromkeys(node.host for node in self.nodes if node.host)
        return tuple(found) if len(found) > 1 else ()

    @cached_property
    def spanning(self) -> frozenset[str]:
        """The LANs with nodes on several hosts, as far as these are known."""
        host = {node.name: node.host for node in self.nodes}
        return frozenset(lan.name for lan in self.lans if len({host[end.node] for end in lan.ends} - {""}) > 1)

    def lans_of(self, node: str) -> tuple[ShownLan, ...]:
        """The LANs on which that node is."""
        return tuple(lan for lan in self.lans if any(end.node == node for end in lan.ends))


def plan_picture(lab: Lab, hosts: Mapping[str, str] = MappingProxyType({}), *, blank: bool = False) -> Picture:
    """The lab as its file plans it. `hosts`: node → where it would run; empty: there is one host."""
    ends = {
        name: tuple(ShownEnd(node.name, short_address(node.address_on(name), lab.lans[name].prefix)) for node in nodes)
        for name, nodes in lab.by_lan().items()
    }
    return Picture(
        lab.name,
        f"as its file plans it{', on hosts of equal memory' if hosts else ''}",
        tuple(
            ShownNode(node.name, node.forward, userspace=node.stack == "userspace", host=hosts.get(node.name, ""))
            for node in lab.nodes.values()
        ),
        tuple(ShownLan(lan.name, str(lan.prefix), ends[lan.name], *_suffered(lan)) for lan in lab.lans.values()),
        blank,
    )


def _suffered(lan: Lan) -> tuple[str, str]:
    """A LAN's state by the lab file, and in words; both empty where nothing is suffered there."""
    planned = LinkCondition(impairments=lan.impairments)
    return ("", "") if planned == HEALTHY else (planned.word, planned.words)


def short_address(address: Address | None, prefix: Prefix | None) -> str:
    """What the LAN's prefix leaves open, in whole bytes: .1 of 10.0.1.1 in 10.0.1.0/24; all of it without a prefix."""
    if address is None:
        return ""
    if prefix is None or not prefix.holds(address):
        return str(address)
    fixed = min(prefix.length // 8, 3)
    return "".join(f".{byte}" for byte in str(address).split(".")[fixed:])
