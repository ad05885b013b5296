"""An engine over TCP: its host does not see our files, and streams must end as they do on the local socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from on_engine import claimed, dial, own

from catenet.nodes.control.config import CONFIG_VARIABLE, NodeConfig
from catenet.orchestrator.backend.docker_client import engine_url
from catenet.orchestrator.backend.protocols import LABEL_LAB, ContainerSpec, Engine, Exec
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress

pytestmark = pytest.mark.engine

LAB = own("remote")


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Bytes, and then the end of them."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _join(near: socket.socket, engine: str) -> None:
    with near, dial(engine) as far:
        back = threading.Thread(target=_pump, args=(far, near), daemon=True)
        back.start()
        _pump(near, far)
        back.join()


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    listener, local = socket.create_server(("127.0.0.1", 0)), engine_url()

    def serve() -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                threading.Thread(target=_join, args=(near, local), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{listener.getsockname()[1]}")
    with claimed(LAB) as engine:
        yield engine
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def node(remote: Engine, tmp_path: Path) -> str:
    """The name of a running node that has a lab's folder, on no LAN."""
    (tmp_path / "zones").mkdir()
    (tmp_path / "zones" / "root.zone").write_text("hello\n")
    environment = {CONFIG_VARIABLE: NodeConfig(LAB, "n", ()).to_json()}
    image = ensure_node_image(remote, NoProgress())
    remote.create(ContainerSpec(LAB, "n", image, environment, {}, {LABEL_LAB: LAB}, data=tmp_path))
    remote.start(LAB)
    return LAB


def read_all(program: Exec) -> bytes:
    data = b""
    while (piece := program.read(200)) is not None:
        data += piece[1]
    return data


def test_the_labs_folder_is_copied(remote: Engine, node: str) -> None:
    program = remote.execute(node, ["cat", "/lab/zones/root.zone"])
    assert read_all(program) == b"hello\n"
    assert program.exit_code() == 0
    program.close()


def test_nothing_is_known_of_its_machine(remote: Engine) -> None:
    assert remote.data_root() is None
    assert list(remote.host_addresses()) == []


def test_a_program_sees_the_end_of_its_input(remote: Engine, node: str) -> None:
    program = remote.execute(node, ["sort"], stdin=True)
    program.write(b"b\na\n")
    program.end_input()
    assert read_all(program) == b"a\nb\n"
    program.close()


def test_logs_are_followed_until_they_are_closed(remote: Engine, node: str) -> None:
    following = remote.logs(node, follow=True)
    assert "node.ready" in next(following).text
    following.close()  # type: ignore[attr-defined]
    assert list(following) == []
