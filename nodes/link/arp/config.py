"""How the ARP of a node behaves: every default, with its unit."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ANNOUNCEMENTS", "DEFEND_INTERVAL", "ArpOptions"]

ANNOUNCEMENTS = (0.0, 0.05, 2.0)
"""Seconds after an address has come up. RFC 5227 section 1.1 wants two announcements, ANNOUNCE_INTERVAL (2 s) apart;
the second one here is for a bridge that drops what comes in the first moment."""
DEFEND_INTERVAL = 10.0
"""Seconds (RFC 5227 section 1.1)."""


@dataclass(frozen=True, slots=True)
class ArpOptions:
    """Times in seconds, sizes in octets."""

    reachable: float = 60.0
    """After so long without a word a neighbour in use is polled, one that is not is forgotten (RFC 1122 section
    2.3.2.1: "on the order of a minute"); a quarter more or less, so that not all are polled at once."""
    interval: float = 1.0
    """Between two requests for one address: "the recommended maximum rate is 1 per second per destination"."""
    requests: int = 3
    """So many are asked of all before who is not found is unreachable."""
    polls: int = 2
    """ "Delete the entry if no ARP Reply is received from N successive polls […] typically N is 2"."""
    packets: int = 256
    """That wait for one neighbour: a ping of 65,507 octets is 45 fragments, on a LAN of 600 octets 132. The latest are
    kept (section 2.3.2.2)."""
    waiting: int = 1 << 20
    """Octets of all packets that wait on this node."""
    neighbours: int = 1024
    """That are known on one interface; a bridge takes as many ports."""
    unresolved: int = 256
    """That are asked for on one interface at the same time."""
