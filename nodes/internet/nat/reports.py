"""What the user is told of a translator: its events, and the rows of `show nat`."""

from __future__ import annotations

from collections.abc import Callable

from catenet.nodes.address import Address
from catenet.nodes.internet.nat.header import ICMP, PROTOCOLS
from catenet.nodes.internet.nat.mapping import Mapping, Session
from catenet.nodes.machine import Endpoint, Json, Report

__all__ = ["EXPIRED", "FULL", "MAPPED", "REFUSED", "expired", "full", "mapped", "refused", "row_of"]

MAPPED, EXPIRED, FULL, REFUSED = ("nat.mapped",), ("nat.expired",), ("nat.full",), ("nat.refused",)
"""The kinds of these events, as `wants` is asked for them."""

NameOf = Callable[[Address], str]


def mapped(mapping: Mapping, name_of: NameOf) -> Report:
    """A mapping was made."""
    return _about(MAPPED, mapping, name_of, "is now", "may be answered")


def expired(mapping: Mapping, name_of: NameOf) -> Report:
    """A mapping has ended."""
    return _about(EXPIRED, mapping, name_of, "is no more", "may be answered no more")


def full(inside: Endpoint, protocol: int, name_of: NameOf) -> Report:
    """A host inside got no mapping: it, or all together, have too many, or no port is left."""
    name = PROTOCOLS[protocol]
    text = f"{name} of {name_of(inside.address)}: no mapping, there are too many or no port is left"
    return Report(*FULL, text, {"protocol": name, "owner": name_of(inside.address), "inside": str(inside)})


def refused(why: str, source: Address, lan: str, name_of: NameOf) -> Report:
    """A packet was dropped. It is not told for each."""
    data: dict[str, Json] = {"why": why, "source": str(source), "lan": lan}
    return Report(*REFUSED, f"from {name_of(source)} on {lan or 'this node'}: {why}", data)


def row_of(session: Session, name_of: NameOf, now: float) -> dict[str, Json]:
    """A session's line. Times in seconds, lengths in octets."""
    mapping, peer = session.mapping, session.peer
    return {
        "protocol": PROTOCOLS[mapping.protocol],
        "owner": name_of(mapping.inside.address),
        "inside": str(mapping.inside),
        "outside": str(mapping.outside),
        "peer": str(peer.address) if mapping.protocol == ICMP else str(peer),
        "state": session.state.value if session.solicited else f"{session.state.value}, by peer",
        "age": round(now - mapping.made, 3),
        "idle": round(now - session.last, 3),
        "ends_in": round(session.expires - now, 3),
        "bytes_out": session.bytes_out,
        "bytes_in": session.bytes_in,
    }


def _about(kind: tuple[str], mapping: Mapping, name_of: NameOf, verb: str, untranslated: str) -> Report:
    protocol, owner = PROTOCOLS[mapping.protocol], name_of(mapping.inside.address)
    happened = untranslated if mapping.inside == mapping.outside else f"{verb} {mapping.outside}"
    data: dict[str, Json] = {
        "protocol": protocol,
        "owner": owner,
        "inside": str(mapping.inside),
        "outside": str(mapping.outside),
    }
    return Report(*kind, f"{protocol} {mapping.inside} of {owner} {happened}", data)
