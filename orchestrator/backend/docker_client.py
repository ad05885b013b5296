"""One connection to Docker for each thread: requests' sessions are not safe to share, and a busy one must not make
another wait. Every call has a deadline, and none waits for an engine that hangs (docker_socket.py)."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

from docker import APIClient
from docker.transport import UnixHTTPAdapter
from requests import Response

from catenet.orchestrator.backend.docker_errors import engine_errors
from catenet.orchestrator.backend.docker_socket import PatientAdapter
from catenet.orchestrator.backend.docker_where import find
from catenet.orchestrator.backend.protocols import EngineError

if TYPE_CHECKING:
    from catenet.orchestrator.backend.ssh_tunnel import Tunnel

__all__ = ["QUICK", "SLOW", "Clients", "engine_url"]

QUICK = 10.0
"""Seconds for a question that the engine answers from memory."""
SLOW = 120.0
"""Seconds for what makes the engine work: start, stop, remove, connect, on a machine that is busy."""

_OLDEST = (1, 41)  # Docker 20.10


class Clients:
    """Docker's low-level clients, one for each thread, all of one engine."""

    def __init__(self, host: str = "") -> None:
        """Connect to the engine of `host` (docker_where.find)."""
        with engine_errors("find the engine"):
            where = find(host)
        self.url, self.local = where.url, where.local
        self._told = where.told
        self.way: Tunnel | None = None
        if where.ssh is not None:
            from catenet.orchestrator.backend.ssh_tunnel import tunnel_to

            self.way = tunnel_to(where.ssh)
            self._told = {"base_url": f"unix://{self.way.path}"}
        with engine_errors(f"connect to the engine at {self.url}"):
            if self.way is None:
                _try_socket(str(self._told.get("base_url") or self.url))
            first = self._patient(APIClient(**self._told, version="auto", timeout=int(QUICK)))
            self.about: dict[str, Any] = first.version(api_version=False)
        self._version = str(first.api_version)
        self.api = tuple(int(part) for part in self._version.split("."))
        if self.api < _OLDEST:
            first.close()
            raise EngineError(f"the engine is Docker {self.about.get('Version')}", "Docker 20.10 or newer is needed")
        self._thread = threading.local()
        self._thread.client = first

    def __call__(self, timeout: float = QUICK) -> Any:
        """This thread's APIClient (its type stubs lack half of it), whose next calls have so many seconds each."""
        client: Any = getattr(self._thread, "client", None)
        if client is None:
            client = self._thread.client = self._patient(APIClient(**self._told, version=self._version))
        client.timeout = timeout
        return client

    def request(self, method: str, path: str, *, timeout: float = QUICK, **how: Any) -> Response:
        """A call of the engine's API as it is documented, where docker-py's own function hides what is needed here."""
        client = self(timeout)
        url = f"{client.base_url}/v{client.api_version}{path}"
        response: Response = client.request(method, url, timeout=timeout, **how)
        client._raise_for_status(response)
        return response

    def _patient(self, client: Any) -> Any:
        """The same; by a socket every wait ends where the engine hangs, or the way to it is lost."""
        adapter = getattr(client, "_custom_adapter", None)  # over TCP there is none
        if isinstance(adapter, UnixHTTPAdapter):
            adapter.close()
            client.mount("http+docker://", PatientAdapter(adapter.socket_path, self.way))
        return client


def _try_socket(base_url: str) -> None:
    """A local engine that is not there is found here: docker-py would leave the socket to the garbage collector."""
    scheme, _, path = base_url.partition("://")
    if scheme in ("unix", "http+unix"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(QUICK)
            probe.connect(path)


def engine_url() -> str:
    """Where the engine is: unix:///var/run/docker.sock, say, or tcp://host:2375.

    Raises:
        EngineError: DOCKER_HOST, or Docker's context, is not written as it should be.

    """
    with engine_errors("find the engine"):
        return find().url
