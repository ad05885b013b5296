"""What tests that make networks by themselves share."""

from __future__ import annotations

import os

from catenet.nodes.address import Prefix
from catenet.orchestrator.backend.protocols import Engine

_BLOCKS = 1 << 13


def free_prefix(engine: Engine) -> Prefix:
    """A /28 where the engine has room: in the range for benchmarks (RFC 2544 appendix C.2.2).

    Each process looks from another place on: between its look and its network another one may make its own.
    """
    taken = [prefix for network in engine.networks() for prefix in network.prefixes]
    blocks = ((os.getpid() * 97 + number) % _BLOCKS for number in range(_BLOCKS))
    free = (Prefix.of(0xC6120000 + (block << 4), 28) for block in blocks)
    return next(prefix for prefix in free if not any(prefix.overlaps(other) for other in taken))
