"""What the tests on the engine share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from catenet.nodes.address import Prefix
from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import Silent

CATENET = [sys.executable, "-c", "from catenet.orchestrator.cli import main; main()"]
"""The command, as a process."""
_BLOCKS = 1 << 13


def free_prefix(engine: Engine) -> Prefix:
    """A /28 where the engine has room: in the range for benchmarks (RFC 2544 appendix C.2.2).

    Each process looks from another place on: between its look and its network another one may make its own.
    """
    taken = [prefix for network in engine.networks() for prefix in network.prefixes]
    blocks = ((os.getpid() * 97 + number) % _BLOCKS for number in range(_BLOCKS))
    free = (Prefix.of(0xC6120000 + (block << 4), 28) for block in blocks)
    return next(prefix for prefix in free if not any(prefix.overlaps(other) for other in taken))


@contextmanager
def cleared(copy: str) -> Iterator[Engine]:
    """The engine with the node image, and before and after without that copy of a lab."""
    engine = connect()
    ensure_node_image(engine, Silent())
    down(engine, copy, Silent())  # what a run that was killed may have left
    try:
        yield engine
    finally:
        down(engine, copy, Silent())
