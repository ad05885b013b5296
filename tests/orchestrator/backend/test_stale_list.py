"""An engine whose list lags behind, as that of Docker 28 does: who decides by it is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from http_engine import Said, SocketServer

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.backend import docker_engine
from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import LABEL_LAB, ContainerSpec, EngineError, NetworkSpec

LABELS = {LABEL_LAB: "x"}
LISTED = [
    {
        "Names": [f"/{name}"],
        "State": "running",
        "Status": "Up 3 seconds",
        "Labels": LABELS,
        "Image": "catenet/node:1",
        "NetworkSettings": {"Networks": {"x_l": {}, "x_m": {}}},
    }
    for name in ("dead", "gone", "paused", "stuck")
]
ANSWERS: dict[str, Said] = {
    "/version": (200, {"Version": "28.5.2", "ApiVersion": "1.51"}),
    "/containers/json": (200, LISTED),
    "/containers/dead/json": (
        200,
        {
            "State": {"Status": "exited", "ExitCode": 137},
            "Config": {"Labels": LABELS, "Image": "catenet/node:2"},
            "NetworkSettings": {"Networks": {"x_l": {}}},
        },
    ),
    "/containers/gone/json": (404, {"message": "No such container: gone"}),
    "/containers/paused/json": (
        200,
        {
            "State": {"Status": "paused", "ExitCode": 0},
            "Config": {"Labels": LABELS},
            "NetworkSettings": {"Networks": None},
        },
    ),
}


class _Engine(SocketServer):
    """What is not among the answers is never answered."""

    def answer(self, method: str, path: str) -> Said:
        del method
        return ANSWERS.get("/" + path.partition("?")[0].removeprefix("/v1.51").lstrip("/"))


@pytest.fixture
def stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """DOCKER_HOST is such an engine, and a container that it is stuck at is not waited for long."""
    monkeypatch.setattr(docker_engine, "_INSPECTION", 0.3)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    with _Engine(tmp_path / "engine.sock"):
        yield


@pytest.mark.usefixtures("stale")
def test_what_inspection_says_counts_and_not_the_list() -> None:
    engine = connect()
    listed = engine.listed({LABEL_LAB: None})
    assert {each.name: each.listed_state for each in listed} == dict.fromkeys(
        ("dead", "gone", "paused", "stuck"), "running"
    )
    seen = {each.name: each for each in engine.inspected(listed)}
    assert {name: (each.state, each.exit_code, each.networks) for name, each in seen.items()} == {
        "dead": ("exited", 137, ("x_l",)),
        "paused": ("paused", 0, ()),
        "stuck": ("running", 0, ("x_l", "x_m")),  # not answered in time: as it was listed, so that the rest is seen
    }
    assert {each.image for each in seen.values()} == {"catenet/node:1"}


def test_the_twin_lags_behind_too() -> None:
    engine = FakeEngine()
    engine.build("image:1", b"x", {})
    prefix = Prefix.parse("10.0.1.0/24")
    engine.create_network(NetworkSpec("x_l", prefix, Address(prefix.broadcast - 1), LABELS))
    engine.create(ContainerSpec("x-a", "a", "image:1", {}, {"x_l": Address(prefix.network + 1)}, LABELS))

    def states() -> tuple[str, str]:
        (listed,) = engine.listed({LABEL_LAB: "x"})
        (container,) = engine.inspected([listed])
        return listed.listed_state, container.state

    assert states() == ("created", "created")
    for change, state in (("start", "running"), ("pause", "paused"), ("resume", "running"), ("kill", "exited")):
        before, _ = states()
        getattr(engine, change)("x-a")
        assert states() == (before, state)  # once
        assert states() == (state, state)
    with pytest.raises(EngineError, match="not running"):
        engine.kill("x-a")
