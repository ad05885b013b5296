"""A task for an adapter of a routing service, and the configuration that it makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import daemon, options_class
from catenet.nodes.control.config import NodeConfig, StaticRoute
from catenet.nodes.control.implementation import Implementation
from catenet.nodes.implementations.daemon import NodeInterface, Task

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


def _task(word: str, service: str = "rip", **options: object) -> Task:
    usual = {"update": 5.0, "timeout": 15.0, "garbage": 10.0} if service == "rip" else {}
    given = options_class(service)(**{**usual, **options})
    static = tuple(StaticRoute(Prefix.parse(to), Address.parse("10.0.2.9")) for to in ("10.8.0.0/16", "0.0.0.0/0"))
    node = NodeConfig("lab", "a", (), routes=static, began=BEGAN)
    return Task(service, Implementation.parse(word), given, node, INTERFACES, f"/run/x/{service}", table=189)


def _configuration(word: str, service: str = "rip", **options: object) -> str:
    given = _task(word, service, **options)
    files = daemon(given.implementation, service).run(given).files
    return re.sub(r"\s+", " ", "\n".join(files.values()))


@pytest.fixture
def task() -> Callable[..., Task]:
    """`task(word, service="rip", **options)`: that implementation of it, on a node with two LANs."""
    return _task


@pytest.fixture
def configuration() -> Callable[..., str]:
    """`configuration(word, service="rip", **options)`: its files, with one space for all that is blank."""
    return _configuration
