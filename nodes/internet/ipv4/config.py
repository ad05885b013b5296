"""How the internet layer of a node behaves; the lab file's words for it are the node's own, not a service's."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Ipv4Options"]


@dataclass(frozen=True, slots=True)
class Ipv4Options:
    """`forward`: it is a router; a host drops what is for others. `source_routes`: packets with a source route are
    followed; else they are dropped, all of them, and nothing is said (RFC 7126 sections 4.3 and 4.4)."""

    forward: bool = False
    source_routes: bool = False
