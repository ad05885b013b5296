"""What the tests on the engine share."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from catenet.nodes.address import Prefix
from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Engine, EngineError, listed_of
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.images import PROGRAM_REPOSITORY, ensure_node_image
from catenet.orchestrator.deploy.locks import OwnershipLock
from catenet.orchestrator.deploy.own_images import ensure_own_images
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.observe.running import UserError

CATENET = [sys.executable, "-c", "from catenet.orchestrator.cli import main; main()"]
"""The command, as a process."""
STUCK = "has active endpoints"
"""What Docker says of a network that it does not let go."""
PREFIX = "pytest-"
_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", secrets.token_hex(3))[:6]
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
_BLOCKS = 1 << 13
_FIRST = secrets.randbelow(_BLOCKS)


def own(word: str) -> str:
    """A name for a copy of a lab that no other run of the tests has, and no other worker of this one.

    It begins as those of the plugin do, which removes what belongs to a process that was killed.
    """
    return f"{PREFIX}{word}-{_WORKER}{_RUN}"


def free_prefix(engine: Engine) -> Prefix:
    """A /28 where the engine has room: in the range for benchmarks (RFC 2544 appendix C.2.2).

    Each process looks from another place on: between its look and its network another one may make its own.
    """
    taken = [prefix for network in engine.networks() for prefix in network.prefixes]
    blocks = ((_FIRST + number) % _BLOCKS for number in range(_BLOCKS))
    free = (Prefix.of(0xC6120000 + (block << 4), 28) for block in blocks)
    return next(prefix for prefix in free if not any(prefix.overlaps(other) for other in taken))


def dial(url: str) -> socket.socket:
    """A connection to the engine that is there."""
    scheme, _, place = url.partition("://")
    if scheme in ("tcp", "http"):
        host, _, port = place.rpartition(":")
        return socket.create_connection((host, int(port)))
    assert scheme in ("unix", "http+unix"), f"no test speaks to an engine by {scheme}"
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(place)
    return connection


_WITH_REFERENCES = Path(__file__).parent.parent / "labs" / "rip-mixed" / "lab.yaml"


@contextmanager
def claimed(copy: str, connected: Callable[[], Engine] = connect) -> Iterator[Engine]:
    """The engine, as `connected` gives it; a copy of that name belongs to this process, and is gone afterwards. The
    engine is connected to anew for that: a test may have lost it."""
    engine, ownership = connected(), OwnershipLock(copy)
    try:
        yield engine
    finally:
        give_back(connected(), ownership)


def give_back(engine: Engine, ownership: OwnershipLock) -> None:
    """The copy is taken down, and belongs to nobody. What cannot be removed is an orphan, to the session's end.

    A network whose endpoints the engine has miscounted (compose removes several containers of it at once) is told, and
    no failure of the test.
    """
    try:
        with ownership.ending():
            down(engine, ownership.copy, NoProgress())
    except EngineError as error:
        if STUCK not in str(error) or listed_of(engine, ownership.copy):
            raise
        sys.stderr.write(f"{error}\n")


def make_images() -> None:
    """The nodes' image and that of the reference implementations, where they are not there. Whoever needs one that
    cannot be made is told why."""
    with suppress(EngineError, UserError):
        engine = connect()
        image = ensure_node_image(engine, NoProgress())
        ensure_own_images(engine, load(_WITH_REFERENCES), image, NoProgress())


def remove_images_of_the_dead(engine: Engine) -> None:
    """Those that have the name of a copy whose process was killed: nobody else removes them."""
    for tag in engine.image_tags():
        name = tag.removeprefix(f"{PROGRAM_REPOSITORY}:")
        if name.startswith(PREFIX):
            with suppress(UserError):  # it lives
                ownership = OwnershipLock(name)
                try:
                    engine.remove_image(tag)
                finally:
                    ownership.release()


@contextmanager
def cleared(copy: str) -> Iterator[Engine]:
    """As `claimed`, and the node image is there."""
    with claimed(copy) as engine:
        ensure_node_image(engine, NoProgress())
        yield engine
