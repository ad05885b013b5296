"""A task for an adapter of `rip`, and the configuration that it makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import daemon
from catenet.nodes.control.config import NodeConfig, StaticRoute
from catenet.nodes.control.implementation import Implementation
from catenet.nodes.implementations.daemon import NodeInterface, Task
from catenet.nodes.internet.rip.config import RipOptions

INTERFACES = tuple(
    NodeInterface(
        f"link{n}",
        f"eth{n}",
        Address.parse(f"10.0.{n}.7"),
        Prefix.parse(f"10.0.{n}.0/24"),
        True,
        hardware=bytes((2, 0, 0, 0, 0, n)),
    )
    for n in (1, 2)
)
BEGAN = int(datetime(2027, 1, 15, 8, 0, 0, tzinfo=UTC).timestamp())
"""When the lab was brought up."""


def _task(word: str, **options: object) -> Task:
    given = RipOptions(**{"update": 5.0, "timeout": 15.0, "garbage": 10.0, **options})  # type: ignore[arg-type]
    static = tuple(StaticRoute(Prefix.parse(to), Address.parse("10.0.2.9")) for to in ("10.8.0.0/16", "0.0.0.0/0"))
    node = NodeConfig("lab", "a", (), routes=static, began=BEGAN)
    return Task("rip", Implementation.parse(word), given, node, INTERFACES, "/run/x/rip", table=189)


def _configuration(word: str, **options: object) -> str:
    given = _task(word, **options)
    (text,) = daemon(given.implementation, "rip").run(given).files.values()
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def task() -> Callable[..., Task]:
    """`task(word, **options)`: that implementation of `rip`, on a node with two LANs."""
    return _task


@pytest.fixture
def configuration() -> Callable[..., str]:
    """`configuration(word, **options)`: the one file of that, with one space for all that is blank."""
    return _configuration
