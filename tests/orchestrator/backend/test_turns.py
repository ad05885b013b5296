"""Containers that share a network leave it one after the other, and nobody joins meanwhile; others do not wait.

Docker miscounts the endpoints of a network on which two containers are at work at once, and then never lets it go.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
from http_engine import VERSION, PortServer, Said

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Engine, EngineError

PATIENCE = 200.0
ON = {"a": ("l", "m"), "b": ("m", "n"), "c": ("k",), "d": ("m",)}
"""Container → its networks."""


class _Docker(PortServer):
    """Notes when each request about a container begins and ends; one of `held` ends when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[str] = []
        self.known: dict[str, threading.Event] = defaultdict(threading.Event)
        self.held: dict[str, threading.Event] = {}

    def note(self, what: str) -> None:
        self.noted.append(what)
        self.known[what].set()

    def has(self, what: str) -> bool:
        return self.known[what].wait(PATIENCE)

    def answer(self, method: str, path: str) -> Said:
        url = urlsplit(path)
        *_, before, last = url.path.split("/")
        if method == "DELETE":
            return self._work(f"remove {last}", (204, None))
        if method == "POST":
            return self._work(
                f"{last} {before}", (500, {"message": "no"}) if (last, before) == ("start", "d") else (204, None)
            )
        if last == "version":
            return VERSION
        if url.path.endswith("/containers/json"):
            name = json.loads(parse_qs(url.query)["filters"][0])["name"][0].strip("^/$")
            networks = {network: {} for network in ON.get(name, ())}
            self.note(f"look {name}")
            return 200, [{"Names": [f"/{name}"], "NetworkSettings": {"Networks": networks}}]
        return self._work(f"inspect {before}", (200, {}))

    def _work(self, what: str, said: Said) -> Said:
        self.note(f"{what} begins")
        if what in self.held:
            assert self.held[what].wait(PATIENCE)
        self.note(f"{what} ends")
        return said


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Docker]:
    with _Docker().serving(monkeypatch) as server:
        yield server


VERBS: dict[str, Callable[[Engine, str], None]] = {
    "remove": lambda engine, name: engine.remove(name),
    "kill": lambda engine, name: engine.kill(name),
    "start": lambda engine, name: engine.start(name),
}


@pytest.mark.parametrize(
    ("first", "then"),
    [("remove", "remove"), ("kill", "remove"), ("remove", "kill"), ("kill", "start"), ("start", "kill")],
)
def test_one_leaves_alone(docker: _Docker, first: str, then: str) -> None:
    """b shares m with a, and c nothing: it does not wait."""
    docker.held[f"{first} a"] = release = threading.Event()
    engine = connect()
    with ThreadPoolExecutor(2) as pool:
        doing = [pool.submit(VERBS[first], engine, "a")]
        assert docker.has(f"{first} a begins")
        doing.append(pool.submit(VERBS[then], engine, "b"))
        assert docker.has("look b")
        VERBS[then](engine, "c")
        release.set()
        _all_done(doing)
    assert docker.noted.index(f"{then} c ends") < docker.noted.index(f"{first} a ends")
    assert docker.noted.index(f"{first} a ends") < docker.noted.index(f"{then} b begins")


def test_a_killed_one_has_left_when_its_inspection_is_answered(docker: _Docker) -> None:
    docker.held["inspect a"] = release = threading.Event()
    engine = connect()
    with ThreadPoolExecutor(2) as pool:
        doing = [pool.submit(engine.kill, "a")]
        assert docker.has("inspect a begins")
        doing.append(pool.submit(engine.remove, "b"))
        assert docker.has("look b")
        engine.remove("c")
        release.set()
        _all_done(doing)
    assert docker.noted.index("inspect a ends") < docker.noted.index("remove b begins")


def test_those_that_start_do_not_wait_for_each_other(docker: _Docker) -> None:
    docker.held["start a"] = release = threading.Event()
    engine = connect()
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(engine.start, "a")
        assert docker.has("start a begins")
        engine.start("b")
        release.set()
        _all_done([doing])
    assert docker.noted.index("start b ends") < docker.noted.index("start a ends")


def test_who_is_refused_has_given_its_turn_back(docker: _Docker) -> None:
    engine = connect()
    with pytest.raises(EngineError, match=r"^start d: no"):
        engine.start("d")
    engine.remove("b")
    engine.kill("a")
    assert docker.noted[-1] == "inspect a ends"


def _all_done(doing: list[Future[None]]) -> None:
    for each in doing:
        each.result(PATIENCE)
