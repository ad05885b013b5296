"""An engine: Docker, its twin in memory, and two of these as one; and a server with sshd."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from backend_bench import IMAGE, LAB, LONG, answer, build_image, clear
from on_engine import claimed, remove_images_of_the_dead
from ssh_server import SshServer, ssh_server

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.backend.ssh_tunnel import close_tunnels


@pytest.fixture(scope="module")
def docker() -> Iterator[Engine]:
    with claimed(LAB) as engine:
        remove_images_of_the_dead(engine)
        build_image(engine)
        yield engine
        clear(engine)
        engine.remove_image(IMAGE)


@pytest.fixture(params=["fake", "fleet", pytest.param("docker", marks=pytest.mark.engine)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "fake":
        yield _twin()
        return
    if request.param == "fleet":
        yield Fleet({"a": _twin(), "b": _twin()})
        return
    real: Engine = request.getfixturevalue("docker")
    yield real
    clear(real)


@pytest.fixture(scope="module")
def _sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        found = ssh_server(tmp_path_factory.mktemp("sshd"), monkeypatch)
        yield found
        found.stop()


@pytest.fixture
def server(_sshd: SshServer) -> Iterator[SshServer]:
    """As it was before the last test."""
    files = {file: file.read_text() for file in _sshd.folder.iterdir() if file.is_file()}
    yield _sshd
    close_tunnels()
    for file, text in files.items():
        file.write_text(text)


def _twin() -> FakeEngine:
    twin = FakeEngine(script=lambda _spec: ["one", "two", LONG, "last"], answer=answer)
    twin.build(IMAGE, b"context", {})
    return twin
