"""Which engine is meant: by a host as it is written, by DOCKER_HOST, or by a context of Docker's."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from docker.context import ContextAPI
from docker.utils import kwargs_from_env

from catenet.orchestrator.backend.docker_errors import engine_errors
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.backend.ssh_place import SshPlace

__all__ = ["LOCAL", "Where", "context_names", "find"]

LOCAL = "local"
"""The host that is this machine."""
_SOCKET = "unix:///var/run/docker.sock"
_UNIX = ("unix://", "http+unix://")


@dataclass(frozen=True, slots=True)
class Where:
    """What docker-py is told of it; `ssh`: the server, where it is reached by SSH."""

    told: dict[str, Any] = field(default_factory=dict)
    ssh: SshPlace | None = None

    @property
    def url(self) -> str:
        """`unix:///var/run/docker.sock`, `tcp://server:2375`, `ssh://user@server`."""
        return str(self.ssh or self.told.get("base_url") or _SOCKET)

    @property
    def local(self) -> bool:
        """Whether its engine runs on this machine, as far as can be seen: it has a socket here."""
        return self.ssh is None and self.url.startswith(_UNIX)


def find(host: str = "") -> Where:
    """The engine of a host: a URL, `user@server`, `local`, a context; "": DOCKER_HOST's, or the current context's.

    Raises:
        EngineError: it is not written as it should be; the text says how. Or no context has this name.

    """
    if host == LOCAL:
        return Where({"base_url": _SOCKET})
    if host and ("://" in host or "@" in host):
        return _by_url({"base_url": host})
    if host:
        return _by_context(host)
    environment = kwargs_from_env()
    if environment:
        return _by_url(dict(environment))
    return _by_context("")


def _by_url(told: dict[str, Any]) -> Where:
    url = str(told.get("base_url") or _SOCKET)
    if url.startswith("ssh://") or ("://" not in url and "@" in url):
        try:
            return Where(ssh=SshPlace.parse(url))
        except ValueError as error:
            raise EngineError(f"find the engine: {error}") from None
    return Where(told)


def _by_context(name: str) -> Where:
    wanted = name or os.environ.get("DOCKER_CONTEXT", "")
    context = ContextAPI.get_context(wanted or None)
    if context is None and wanted:
        known = context_names()
        near = get_close_matches(wanted, known, n=1)
        raise EngineError(
            f"no context of Docker's is called {wanted}{f'; did you mean {near[0]}?' if near else ''}",
            f"there are: {', '.join(known)}; a server is written ssh://{wanted}, or user@{wanted}",
        )
    if context is None or not context.Host:
        return Where()
    tls = {"tls": context.TLSConfig} if context.TLSConfig is not None else {}
    return _by_url({"base_url": context.Host, **tls})


def context_names() -> list[str]:
    """`default`, and those that the user has made.

    Raises:
        EngineError: the file of one cannot be read.

    """
    with engine_errors("list the contexts of Docker"):
        return [each.name for each in ContextAPI.contexts()]
