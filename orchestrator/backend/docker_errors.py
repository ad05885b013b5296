"""Docker's and requests' errors → EngineError, at the edge: what was asked, what the engine said, what to do next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import requests
import urllib3
from docker.errors import APIError, BuildError, DockerException, InvalidVersion, TLSParameterError

from catenet.orchestrator.backend.docker_socket import HANGS
from catenet.orchestrator.backend.protocols import EngineError, EngineGoneError
from catenet.orchestrator.backend.ssh_errors import LOST

__all__ = ["START", "engine_errors", "is_ambiguous", "is_overlap", "is_unfrozen", "refusal"]

START = "start the engine: `make engine`, or `systemctl start docker`"
"""The hint where no engine is there at all."""
_WENT_AWAY = "the engine went away in the middle: `catenet status` says what is there; else `journalctl -u docker`"
_NO_MEMORY = "its machine has no memory left, most likely: `catenet doctor` judges it; end other programs there"
_HINTS = (
    # a piece of what the engine or the system says (in lower case) → what the user can do
    (f"{LOST.lower()} to", "is it on, its network up, its engine running? then `catenet status` says what is there"),
    ("signal: killed", _NO_MEMORY),
    ("cannot allocate memory", _NO_MEMORY),
    ("permission denied", "add yourself to its group: `sudo usermod -aG docker $USER`, then log in again"),
    ("no such file or directory", START),
    ("connection refused", START),
    ("connection aborted", _WENT_AWAY),
    ("reset by peer", _WENT_AWAY),
    ("broken pipe", _WENT_AWAY),
    ("closed connection", _WENT_AWAY),
    ("connection broken", _WENT_AWAY),
    ("incomplete", _WENT_AWAY),
    ("timed out", "the engine is busy or hangs; try `docker ps`, and restart it if that hangs too"),
    ("pool overlaps", "another network has these addresses; `docker network ls` shows them"),
    (
        "already in use",
        "something else has this name; `catenet down --all` removes labs, `docker ps -a` shows the rest",
    ),
    ("already exists", "something else has this name; `catenet down --all` removes labs, `docker network ls` the rest"),
    (
        "has active endpoints",
        "`docker network inspect` names the containers that hang on it; where it names none, restart the engine",
    ),
    ("no space left on device", "free some disk: `docker system df` shows what the engine holds"),
    (
        "is in use by task",
        "containers of another host are on it: `catenet down` again when that host is back; one that never comes back a"
        " manager of the swarm forgets by `docker node rm --force`",
    ),
    ("not a swarm manager", "only a manager of the swarm makes and removes overlays: name that host too"),
    ("from a worker node", "only a manager of the swarm makes and removes overlays: name that host too"),
    (
        "context deadline exceeded",
        "the swarm's manager did not answer, or another container has the address: `catenet hosts status` looks",
    ),
    ("live-restore", 'a swarm needs "live-restore": false in the engine\'s /etc/docker/daemon.json'),
    ("exchange full", "a bridge takes 1,024 nodes at most"),
    ("unable to freeze", "something was just being started in it, or the machine is very busy; try again"),
    ("is paused", "resume it first"),
    ("is not running", "start it first"),
    ("no such container", "`catenet status` shows what there is"),
    ("invalid bind address", "DOCKER_HOST is written like unix:///var/run/docker.sock or tcp://host:2375"),
    ("operation not permitted", "the engine may not do this here (rootless, or a locked-down host)"),
)
_GONE = ("connection refused", "no such file or directory", HANGS.lower(), LOST.lower())


@contextmanager
def engine_errors(what: str) -> Iterator[None]:
    """Whatever Docker's client raises inside becomes an EngineError that begins with `what` was asked.

    Raises:
        EngineGoneError: it is not there, or answers nobody.
        EngineError: the engine refused, or did not answer in time.

    """
    try:
        yield
    except (DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        said = _said(error)
        gone = not isinstance(error, APIError) and said.lower().startswith(_GONE)
        raise (EngineGoneError if gone else EngineError)(f"{what}: {said}", _hint(said)) from error


def refusal(what: str, said: str) -> EngineError:
    """The error for what the engine says in the middle of an answer that had begun well: by itself, or as its JSON."""
    with suppress(ValueError, KeyError, TypeError):
        said = str(json.loads(said)["error"])
    return EngineError(f"{what}: {said.strip()}", _hint(said))


def is_ambiguous(error: EngineError) -> bool:
    """Whether the engine has several networks of that name (engines before 25 allow it)."""
    return "is ambiguous" in str(error)


def is_overlap(error: EngineError) -> bool:
    """Whether another network has addresses of the prefix that was asked for."""
    return "pool overlaps" in str(error).lower()


def is_unfrozen(error: EngineError) -> bool:
    """Whether some process could not be frozen at that moment, and those that were run again."""
    return "unable to freeze" in str(error)


def _said(error: Exception) -> str:
    """The innermost plain sentence of an error that was wrapped several times."""
    if isinstance(error, APIError) and error.explanation:
        return str(error.explanation).strip()
    if isinstance(error, BuildError):
        return str(error.msg).strip()
    cause = error.__context__ or error.__cause__
    if isinstance(error, urllib3.exceptions.NewConnectionError) and isinstance(cause, OSError):
        return _said(cause)
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return "the engine timed out"
    if isinstance(error, (InvalidVersion, TLSParameterError)):
        return str(error)
    if isinstance(error, (DockerException, requests.RequestException)) and isinstance(cause, Exception):
        return _said(cause)
    if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason is not None:
        return _said(error.reason)
    if isinstance(error, urllib3.exceptions.ProtocolError) and isinstance(error.args[-1], OSError):
        return _said(error.args[-1])
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _hint(said: str) -> str:
    lowered = said.lower()
    return next((hint for piece, hint in _HINTS if piece in lowered), "")
