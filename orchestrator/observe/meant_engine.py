"""Which engine is meant: that of the hosts that are named, else the one that Docker's variables and contexts mean."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catenet.orchestrator.backend.fleet_member import Patience
    from catenet.orchestrator.backend.protocols import Engine
    from catenet.orchestrator.lab.hosts import Host

__all__ = ["HOST_VARIABLE", "engine_on", "go_to", "named_engine", "named_hosts"]

HOST_VARIABLE = "CATENET_HOST"
"""The hosts that are meant where none are named otherwise, with commas between them."""


def named_hosts(words: Iterable[str] = ()) -> Mapping[str, Host]:
    """Name → host, as these words name them, else CATENET_HOST; empty: none is named.

    Raises:
        UserError: one is not written as a host is.

    """
    from catenet.orchestrator.lab.hosts import parse_hosts

    said = tuple(words)
    try:
        return parse_hosts(said or filter(None, os.environ.get(HOST_VARIABLE, "").split(",")))
    except ValueError as error:
        from catenet.orchestrator.observe.running import UserError

        raise UserError(f"{'--host' if said else HOST_VARIABLE}: {error}") from None


def engine_on(hosts: Mapping[str, Host]) -> Engine:
    """The engine of these hosts, of none Docker's own; each is connected to when it is needed. It may be widened to all
    hosts of a lab.
    """
    from catenet.orchestrator.backend.docker import connect
    from catenet.orchestrator.backend.widened import may_widen

    return may_widen(partial(_connected, hosts), connect)


def go_to(engine: Engine, hosts: Mapping[str, Host]) -> None:
    """From now on it is the engine of these hosts, as if `engine_on` had made it of them."""
    from catenet.orchestrator.backend.widened import begin_at

    begin_at(engine, partial(_connected, hosts))


def named_engine() -> Engine:
    """That of CATENET_HOST, else Docker's own.

    Raises:
        EngineError: it is one, and does not answer.
        UserError: as of `named_hosts`.

    """
    engine = engine_on(named_hosts())
    engine.urls()  # it is connected to now, so that nobody comes far with one that is not there
    return engine


def _connected(hosts: Mapping[str, Host], patience: Patience) -> Engine:
    from catenet.orchestrator.backend.docker import connect

    urls = {name: host.url for name, host in hosts.items()}
    if len(urls) < 2:
        return connect(*urls.values())
    from catenet.orchestrator.backend.fleet import Fleet

    return Fleet({name: partial(connect, url) for name, url in urls.items()}, urls, patience)
