"""Which engine is meant: that of the hosts that are named, else the one that Docker's variables and contexts mean."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catenet.orchestrator.backend.protocols import Engine
    from catenet.orchestrator.lab.hosts import Host

__all__ = ["HOST_VARIABLE", "engine_on", "named_engine", "named_hosts"]

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
    """The engine of these hosts, each reached when it is needed where there are several. Of none: Docker's own, which
    may be widened to the hosts of a lab.

    Raises:
        EngineError: it does not answer.

    """
    from catenet.orchestrator.backend.docker import connect

    urls = {name: host.url for name, host in hosts.items()}
    if len(urls) > 1:
        from catenet.orchestrator.backend.fleet import Fleet

        return Fleet({name: partial(connect, url) for name, url in urls.items()}, urls)
    if urls:
        return connect(*urls.values())
    from catenet.orchestrator.backend.widened import may_widen

    began = time.monotonic()
    home = connect()
    return may_widen(home, connect, time.monotonic() - began)


def named_engine() -> Engine:
    """That of CATENET_HOST, else Docker's own.

    Raises:
        EngineError, UserError: as of `engine_on` and `named_hosts`.

    """
    return engine_on(named_hosts())
