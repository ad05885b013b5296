"""What every engine must do: the same tests for Docker and for its twin in memory."""

from __future__ import annotations

import gc
import io
import json
import os
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import (
    LABEL_LAB,
    LABEL_LAN,
    LABEL_NODE,
    Container,
    ContainerSpec,
    Engine,
    EngineError,
    Exec,
    NetworkSpec,
)
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import Silent

IMAGE = "catenet-backend-test:1"
LAB = "backendtest"
LONG = "x" * 40_000  # over two of the pieces, of 16 kB, into which Docker cuts a line
PROGRAM = f"echo one; echo two >&2; head -c {len(LONG)} /dev/zero | tr '\\0' x; echo; echo last; exec sleep 1000"
SHELL = ["sh", "-c", "echo out; echo err >&2; exit 3"]


def build_image(engine: Engine) -> None:
    """A node that writes four lines, one of them long, and then sleeps."""
    command = json.dumps(["sh", "-c", PROGRAM])
    dockerfile = f"FROM {ensure_node_image(engine, Silent())}\nENTRYPOINT []\nCMD {command}\n"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile.encode())
        archive.addfile(entry, io.BytesIO(dockerfile.encode()))
    engine.build(IMAGE, buffer.getvalue(), {}, {})


def answer(_container: str, command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
    """The two programs that these tests run inside."""
    return (0, given, b"") if command == ["cat"] else (3, b"out\n", b"err\n")


def clear(engine: Engine) -> None:
    for container in engine.containers({LABEL_LAB: LAB}):
        engine.remove(container.name)
    for network in engine.networks():
        if network.labels.get(LABEL_LAB) == LAB:
            engine.remove_network(network.name)


@pytest.fixture(scope="module")
def docker() -> Iterator[Engine]:
    engine = connect()
    clear(engine)
    build_image(engine)
    yield engine
    engine.remove_image(IMAGE)


@pytest.fixture(params=["fake", pytest.param("docker", marks=pytest.mark.engine)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "fake":
        twin = FakeEngine(script=lambda _spec: ["one", "two", LONG, "last"], answer=answer)
        twin.build(IMAGE, b"context", {}, {})
        yield twin
        return
    real: Engine = request.getfixturevalue("docker")
    yield real
    clear(real)


def network(engine: Engine, lan: str) -> NetworkSpec:
    """A LAN where the engine has room: in the range for benchmarks (RFC 2544 appendix C.2.2)."""
    taken = [prefix for other in engine.networks() for prefix in other.prefixes]
    free = (Prefix.of(0xC6120000 + (number << 4), 28) for number in range(1 << 13))
    prefix = next(prefix for prefix in free if not any(prefix.overlaps(other) for other in taken))
    labels = {LABEL_LAB: LAB, LABEL_LAN: lan}
    return NetworkSpec(f"{LAB}_{lan}", prefix, Address(prefix.broadcast - 1), labels)


def node(name: str, *lans: NetworkSpec) -> ContainerSpec:
    return ContainerSpec(
        name=f"{LAB}-{name}",
        hostname=name,
        image=IMAGE,
        environment={"GREETING": "hello"},
        endpoints={lan.name: Address(lan.prefix.network + 2) for lan in lans},
        labels={LABEL_LAB: LAB, LABEL_NODE: name},
        sysctls={"net.ipv4.ip_forward": "1"},
    )


def started(engine: Engine, name: str = "a", lans: int = 1) -> ContainerSpec:
    specs = []
    for number in range(lans):
        specs.append(network(engine, f"lan{number}"))
        engine.create_network(specs[-1])
    spec = node(name, *specs)
    engine.create(spec)
    engine.start(spec.name)
    return spec


def only(engine: Engine) -> Container:
    (container,) = engine.containers({LABEL_LAB: LAB})
    return container


def run(engine: Engine, name: str, *command: str) -> tuple[bytes, bytes, int]:
    """Output, error output and exit code of a program inside."""
    program = engine.execute(name, command)
    out, err = output(program)
    code = program.exit_code()
    program.close()
    return out, err, code


def output(program: Exec) -> tuple[bytes, bytes]:
    out, err = b"", b""
    while (piece := program.read(10)) is not None:
        stream, data = piece
        out, err = (out + data, err) if stream == 1 else (out, err + data)
    return out, err


def test_a_network_is_listed_with_its_prefix_and_labels(engine: Engine) -> None:
    spec = network(engine, "lan0")
    engine.create_network(spec)
    (seen,) = (other for other in engine.networks() if other.name == spec.name)
    assert seen.prefixes == (spec.prefix,)
    assert dict(seen.labels) == dict(spec.labels)


def test_a_removed_network_is_gone_and_removing_it_again_is_no_error(engine: Engine) -> None:
    spec = network(engine, "lan0")
    engine.create_network(spec)
    engine.remove_network(spec.name)
    engine.remove_network(spec.name)
    assert spec.name not in {other.name for other in engine.networks()}


def test_two_networks_of_one_name_or_of_one_prefix_are_refused(engine: Engine) -> None:
    first = network(engine, "lan0")
    engine.create_network(first)
    with pytest.raises(EngineError, match="already exists"):
        engine.create_network(replace(network(engine, "lan1"), name=first.name))
    with pytest.raises(EngineError, match="overlaps"):
        engine.create_network(replace(first, name=f"{LAB}_other"))


def test_a_network_with_a_running_node_cannot_be_removed(engine: Engine) -> None:
    spec = started(engine)
    (lan,) = spec.endpoints
    with pytest.raises(EngineError, match="active endpoints"):
        engine.remove_network(lan)
    engine.remove(spec.name)
    engine.remove_network(lan)


def test_a_container_is_listed_with_all_its_networks(engine: Engine) -> None:
    spec = started(engine, lans=3)
    seen = only(engine)
    assert (seen.name, seen.node, seen.state, seen.image) == (spec.name, "a", "running", IMAGE)
    assert sorted(seen.networks) == sorted(spec.endpoints)
    assert dict(seen.labels) == dict(spec.labels)


def test_labels_choose_by_key_and_by_value(engine: Engine) -> None:
    started(engine)
    assert engine.containers({LABEL_LAB: LAB, LABEL_NODE: None})
    assert engine.containers({LABEL_LAB: LAB, LABEL_NODE: "a"})
    assert not engine.containers({LABEL_LAB: LAB, LABEL_NODE: "b"})
    assert not engine.containers({LABEL_LAB: LAB, "catenet.no-such-label": None})


def test_the_life_of_a_container(engine: Engine) -> None:
    lan = network(engine, "lan0")
    engine.create_network(lan)
    spec = node("a", lan)
    engine.create(spec)
    assert only(engine).state == "created"
    engine.start(spec.name)
    engine.start(spec.name)  # again: no error
    assert only(engine).state == "running"
    engine.pause(spec.name)
    assert (only(engine).state, "Paused" in only(engine).status) == ("paused", True)
    engine.resume(spec.name)
    assert only(engine).state == "running"
    engine.kill(spec.name)
    assert (only(engine).state, "Exited (137)" in only(engine).status) == ("exited", True)
    engine.start(spec.name)
    assert only(engine).state == "running"
    engine.remove(spec.name)
    engine.remove(spec.name)  # again: no error
    assert not engine.containers({LABEL_LAB: LAB})


def test_a_paused_container_can_be_removed(engine: Engine) -> None:
    spec = started(engine)
    engine.pause(spec.name)
    engine.remove(spec.name)
    assert not engine.containers({LABEL_LAB: LAB})


def wrong(spec: ContainerSpec, lan: NetworkSpec) -> list[tuple[ContainerSpec, str]]:
    return [
        (spec, "already in use"),
        (replace(spec, name=f"{LAB}-b", image="catenet-no-such-image:1"), "No such image"),
        (replace(spec, name=f"{LAB}-b", endpoints={lan.name: Address(lan.prefix.network - 9)}), "(?i)address"),
        (replace(spec, name=f"{LAB}-b", endpoints={f"{LAB}_none": Address(lan.prefix.network + 3)}), "not found"),
    ]


def test_what_cannot_be_made_is_refused_in_words(engine: Engine) -> None:
    lan = network(engine, "lan0")
    engine.create_network(lan)
    spec = node("a", lan)
    engine.create(spec)
    for bad, words in wrong(spec, lan):
        with pytest.raises(EngineError, match=words):
            engine.create(bad)
            engine.start(bad.name)
        if bad.name != spec.name:
            engine.remove(bad.name)


@pytest.mark.parametrize("verb", ["start", "kill", "pause", "resume", "inspect"])
def test_a_verb_on_what_is_not_there_names_it(engine: Engine, verb: str) -> None:
    with pytest.raises(EngineError, match=f"{LAB}-nobody"):
        getattr(engine, verb)(f"{LAB}-nobody")


def test_verbs_at_the_wrong_time_are_refused(engine: Engine) -> None:
    spec = started(engine)
    with pytest.raises(EngineError, match="not paused"):
        engine.resume(spec.name)
    engine.kill(spec.name)
    for verb in (engine.kill, engine.pause):
        with pytest.raises(EngineError, match="not running"):
            verb(spec.name)


def test_logs_are_whole_lines_in_order_with_times(engine: Engine) -> None:
    before = time.time()
    spec = started(engine)
    following = engine.logs(spec.name, follow=True)
    lines = [next(following) for _ in range(4)]
    following.close()  # type: ignore[attr-defined]
    assert sorted(line.text for line in lines) == sorted(["one", "two", LONG, "last"])
    assert all(before - 1 <= line.at <= time.time() + 1 for line in lines)
    assert [line.text for line in engine.logs(spec.name, tail=1)] == ["last"]


def test_following_ends_with_the_container(engine: Engine) -> None:
    spec = started(engine)
    following = engine.logs(spec.name, follow=True)
    for _ in range(4):
        next(following)
    engine.kill(spec.name)
    assert list(following) == []


def test_the_last_words_of_a_dead_container_can_be_read(engine: Engine) -> None:
    spec = started(engine)
    following = engine.logs(spec.name, follow=True)
    for _ in range(4):
        next(following)
    engine.kill(spec.name)
    following.close()  # type: ignore[attr-defined]
    assert len(list(engine.logs(spec.name))) == 4


def test_following_can_be_closed_from_another_thread(engine: Engine) -> None:
    spec = started(engine)
    following = engine.logs(spec.name, follow=True)
    fourth = threading.Event()
    seen: list[str] = []

    def follow() -> None:
        for line in following:
            seen.append(line.text)
            if len(seen) == 4:
                fourth.set()

    reader = threading.Thread(target=follow)
    reader.start()
    assert fourth.wait(10)
    following.close()  # type: ignore[attr-defined]
    reader.join(10)
    assert not reader.is_alive()


def test_a_program_inside_has_two_outputs_and_an_exit_code(engine: Engine) -> None:
    spec = started(engine)
    assert run(engine, spec.name, *SHELL) == (b"out\n", b"err\n", 3)


def test_a_program_inside_reads_its_input_to_the_end(engine: Engine) -> None:
    spec = started(engine)
    program = engine.execute(spec.name, ["cat"], stdin=True)
    program.write(b"a line\n" * 20_000)
    program.end_input()
    assert output(program) == (b"a line\n" * 20_000, b"")
    assert program.exit_code() == 0
    program.close()


def test_reading_a_silent_program_ends_at_the_deadline(engine: Engine) -> None:
    spec = started(engine)
    program = engine.execute(spec.name, ["cat"], stdin=True)
    with pytest.raises(TimeoutError):
        program.read(0.05)
    program.write(b"late\n")
    assert program.read(10) == (1, b"late\n")
    program.close()


def test_nothing_runs_inside_a_paused_or_dead_container(engine: Engine) -> None:
    spec = started(engine)
    engine.pause(spec.name)
    with pytest.raises(EngineError, match="paused"):
        engine.execute(spec.name, ["cat"])
    engine.resume(spec.name)
    engine.kill(spec.name)
    with pytest.raises(EngineError, match="not running"):
        engine.execute(spec.name, ["cat"])


def test_eight_threads_at_once(engine: Engine) -> None:
    lans = []
    for number in range(4):
        lans.append(network(engine, f"lan{number}"))
        engine.create_network(lans[-1])
    specs = [node(f"n{number}", lans[number % 4]) for number in range(8)]
    specs = [
        replace(spec, endpoints={name: Address(address + number) for name, address in spec.endpoints.items()})
        for number, spec in enumerate(specs)
    ]

    def life(spec: ContainerSpec) -> tuple[bytes, bytes, int]:
        engine.create(spec)
        engine.start(spec.name)
        found = run(engine, spec.name, *SHELL)
        engine.remove(spec.name)
        return found

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(life, specs)) == [(b"out\n", b"err\n", 3)] * 8
    assert not engine.containers({LABEL_LAB: LAB})


def test_an_image_can_be_forgotten_twice(engine: Engine) -> None:
    engine.remove_image("catenet-no-such-image:1")
    assert engine.has_image(IMAGE)
    assert IMAGE in engine.image_tags()
    assert not engine.has_image("catenet-no-such-image:1")


def test_the_version_is_in_words(engine: Engine) -> None:
    assert engine.version()


def _refused(monkeypatch: pytest.MonkeyPatch, host: str) -> str:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(EngineError) as caught:
        connect()
    said = str(caught.value)
    del caught
    gc.collect()  # docker-py leaves the socket that it could not connect to the garbage collector
    return said


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_engine_that_is_not_there_says_how_to_start_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = _refused(monkeypatch, f"unix://{tmp_path}/none.sock")
    assert "No such file" in said
    assert "make engine" in said


@pytest.mark.engine
def test_the_options_that_let_transit_pass(docker: Engine) -> None:
    spec = started(docker)
    (lan,) = spec.endpoints
    routes = run(docker, spec.name, "ip", "route")[0].decode()
    assert "default" in routes  # Docker's own; the node replaces it
    gateway = next(line.split()[2] for line in routes.splitlines() if line.startswith("default"))
    assert run(docker, spec.name, "ping", "-c1", "-W1", gateway)[2] == 1, (
        f"the host answers on {lan}: inhibit_ipv4 has no effect"
    )
    clear(docker)


@pytest.mark.engine
def test_a_node_has_just_the_capabilities_it_needs(docker: Engine) -> None:
    spec = started(docker)
    status = run(docker, spec.name, "cat", "/proc/1/status")[0].decode()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    # capability numbers 10 NET_BIND_SERVICE, 12 NET_ADMIN, 13 NET_RAW (linux/capability.h)
    assert int(fields["CapBnd"], 16) == 1 << 10 | 1 << 12 | 1 << 13
    assert fields["NoNewPrivs"].strip() == "1"
    clear(docker)


@pytest.mark.engine
def test_the_labs_folder_is_read_only(docker: Engine, tmp_path: Path) -> None:
    (tmp_path / "zone").write_text("hello\n")
    lan = network(docker, "lan0")
    docker.create_network(lan)
    spec = replace(node("a", lan), data=tmp_path)
    docker.create(spec)
    docker.start(spec.name)
    assert run(docker, spec.name, "cat", "/lab/zone")[0] == b"hello\n"
    assert b"Read-only" in run(docker, spec.name, "touch", "/lab/zone")[1]
    clear(docker)


@pytest.mark.engine
def test_a_terminal_has_a_size_and_one_stream(docker: Engine) -> None:
    spec = started(docker)
    program = docker.execute(spec.name, ["sh"], stdin=True, tty=True)
    program.resize(33, 99)
    program.write(b"stty size; exit 4\n")
    out, err = output(program)
    assert (b"33 99" in out, err) == (True, b"")
    assert program.exit_code() == 4
    program.close()
    clear(docker)


def _silent_engine(path: Path, answered: int) -> Callable[[], None]:
    """A socket that answers so many requests for the version, and then accepts and says nothing."""
    import socket

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    held: list[socket.socket] = []
    body = b'{"Version": "20.10.24", "ApiVersion": "1.41"}'

    def serve() -> None:
        left = answered
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            held.append(sock)
            while left and sock.recv(65536):
                left -= 1
                sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    threading.Thread(target=serve, daemon=True).start()

    def stop() -> None:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for sock in held:
            sock.close()

    return stop


@pytest.mark.slow
def test_a_stalled_engine_is_an_error_after_the_deadline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stop = _silent_engine(tmp_path / "stalled.sock", answered=2)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/stalled.sock")
    started_at = time.monotonic()
    engine = connect()
    with pytest.raises(EngineError, match="timed out"):
        engine.can_pull("x", 0.2) or engine.networks()
    assert time.monotonic() - started_at < 12
    stop()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_permission_denied_names_the_group(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        from catenet.orchestrator.backend.docker_errors import asking

        with pytest.raises(EngineError, match="usermod"), asking("connect to the engine"):
            raise PermissionError(13, "Permission denied")
        return
    path = tmp_path / "closed.sock"
    stop = _silent_engine(path, answered=0)
    path.chmod(0)
    assert "usermod" in _refused(monkeypatch, f"unix://{path}")
    stop()
