"""An engine's socket by a real sshd: what is said where it refuses, and what is left when either end goes."""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from http_engine import SocketServer
from ssh_server import SshServer, ssh_server

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import EngineError, EngineGoneError
from catenet.orchestrator.backend.signs import hearing
from catenet.orchestrator.backend.ssh_folder import SocketFolder
from catenet.orchestrator.backend.ssh_tunnel import close_tunnels
from catenet.orchestrator.cli.app import run

NOBODY = "catenet-nobody"
_CONNECTED = "its server takes the connection"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ssh")


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[SocketServer]:
    with SocketServer(folder / "docker.sock") as serving:
        yield serving


@pytest.fixture
def url(server: SshServer, engine: SocketServer) -> str:
    return f"{server.url}{engine.server_address}"


def refused(url: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What `catenet status` says, which ends with 3."""
    assert run(["status", "--host", url]) == 3
    out, said = capsys.readouterr()
    assert out == ""
    assert said.startswith("catenet: ")
    return said


def test_an_engine_behind_a_server_answers(url: str) -> None:
    found = connect(url)
    assert found.version() == "20.10.24"
    assert found.data_root() is None
    assert list(found.host_addresses()) == []


def test_its_steps_are_signs_of_life(url: str) -> None:
    seen: list[str] = []
    with hearing(seen.append):
        connect(url)
    close_tunnels()  # all that ssh said has been read then
    assert [step for step in seen if step] == [_CONNECTED, "logged in by SSH, its engine was asked"]
    assert len(seen) > 10, "the steps of a login, as ssh tells them"


def test_a_server_that_is_stopped_gives_no_sign_but_its_port() -> None:
    seen: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as silent, hearing(seen.append), pytest.raises(EngineGoneError):
        connect(f"ssh://127.0.0.1:{silent.getsockname()[1]}")
    assert [step for step in seen if step] == [_CONNECTED]


def test_it_may_be_named_by_the_variables_and_contexts_of_docker(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", url)
    assert connect().version() == "20.10.24"
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    context = tmp_path / "contexts" / "meta" / sha256(b"away").hexdigest()  # where Docker's command line has it
    context.mkdir(parents=True)
    (tmp_path / "config.json").write_text("{}")
    (context / "meta.json").write_text(
        json.dumps({"Name": "away", "Metadata": {}, "Endpoints": {"docker": {"Host": url}}})
    )
    assert connect("away").version() == "20.10.24"
    monkeypatch.setenv("DOCKER_CONTEXT", "away")
    assert connect().version() == "20.10.24"
    with pytest.raises(EngineError, match=r"called awai; did you mean away\? \(there are: default, away;"):
        connect("awai")


def test_a_key_that_is_not_let_in(server: SshServer, capsys: pytest.CaptureFixture[str]) -> None:
    (server.folder / "authorized_keys").write_text("")
    said = refused(server.url, capsys)
    assert "it takes none of your keys" in said
    assert f"`ssh-copy-id -p {server.port} " in said


def test_a_user_that_is_not_there(server: SshServer, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(f"ssh://{NOBODY}@{server.address}:{server.port}", capsys)
    assert "or has no such user" in said
    assert f"`ssh -p {server.port} {NOBODY}@127.0.0.1 true` must ask nothing" in said


def test_a_key_that_others_may_read(server: SshServer, capsys: pytest.CaptureFixture[str]) -> None:
    (server.folder / "key").chmod(0o644)
    try:
        assert f"`chmod 600 {server.folder}/key`" in refused(server.url, capsys)
    finally:
        (server.folder / "key").chmod(0o600)


def test_an_unknown_host_key(server: SshServer, capsys: pytest.CaptureFixture[str]) -> None:
    (server.folder / "known_hosts").write_text("")
    said = refused(server.url, capsys)
    assert "its host key is unknown" in said
    assert f"(`ssh -p {server.port} " in said
    assert (server.folder / "known_hosts").read_text() == ""


def test_a_host_key_that_has_changed(server: SshServer, capsys: pytest.CaptureFixture[str]) -> None:
    known = server.folder / "known_hosts"
    name, kind, _ = known.read_text().split()[:3]
    other = (server.folder / "key.pub").read_text().split()[1]
    known.write_text(f"{name} {kind} {other}\n")
    said = refused(server.url, capsys)
    assert "its host key is another one than before" in said
    assert f"`ssh-keygen -R '[127.0.0.1]:{server.port}'`" in said


def test_a_server_that_is_down(server: SshServer, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    said = refused(f"ssh://127.0.0.1:{port}", capsys)
    assert f"reach ssh://127.0.0.1:{port}: connection refused" in said
    assert "`systemctl status ssh` there" in said


def test_a_server_that_is_silent(server: SshServer, capsys: pytest.CaptureFixture[str]) -> None:
    """It takes the connection and says nothing, as one does that is stopped."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = refused(f"ssh://127.0.0.1:{silent.getsockname()[1]}", capsys)
    assert ": it does not answer (is it on, and does a firewall let you in? `ssh -p " in said


def test_a_server_that_nobody_knows(server: SshServer, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused("ssh://no-such-host.invalid", capsys)  # RFC 6761 section 6.4: no resolver has it
    assert "no machine has this name (`getent hosts no-such-host.invalid` must find it" in said


def test_no_ssh_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "`apt-get install openssh-client`" in refused("ssh://server", capsys)


def test_no_engine_behind_it(server: SshServer, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(f"{server.url}/nowhere/docker.sock", capsys)
    assert ": there is no engine at /nowhere/docker.sock (there: `systemctl start docker`" in said
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folder / "left.sock"))
    assert f": no engine listens at {folder}/left.sock" in refused(f"{server.url}{folder}/left.sock", capsys)


@pytest.mark.parametrize(
    ("setting", "verdict"),
    [
        ("AllowStreamLocalForwarding no", "its sshd forbids to forward a socket"),
        ("DisableForwarding yes", "its sshd forbids to forward a socket"),
        ("AllowStreamLocalForwarding no\nMaxSessions 0", "its sshd does not join us to "),
    ],
)
def test_a_server_that_forbids_to_forward(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: SocketServer, setting: str, verdict: str
) -> None:
    strict = ssh_server(tmp_path, monkeypatch, setting)
    try:
        with pytest.raises(EngineError) as error:
            connect(f"{strict.url}{engine.server_address}")
    finally:
        strict.stop()
    said = str(error.value)
    assert verdict in said
    assert "AllowStreamLocalForwarding yes" in said


def test_forwardings_of_the_users_own_do_not_matter(server: SshServer, url: str) -> None:
    """His session holds the port; his configuration runs a command and a master, too."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server.configure(
            f"LocalForward {taken.getsockname()[1]} 127.0.0.1:1",
            "ExitOnForwardFailure yes",
            "RemoteCommand false",
            "RequestTTY force",
            "LogLevel QUIET",
            f"ControlMaster auto\nControlPath {server.folder}/own-%C\nControlPersist yes",
        )
        assert connect(url).version() == "20.10.24"
    assert not list(server.folder.glob("own-*"))


def test_many_at_once_go_by_one_connection(server: SshServer, url: str) -> None:
    before = sum("Accepted publickey" in line for line in server.said)
    errors: list[EngineError] = []

    def ask() -> None:
        try:
            assert connect(url).listed({}) == []
        except EngineError as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sum("Accepted publickey" in line for line in server.said) == before + 1


@pytest.mark.parametrize("end", ["sessions", "silence"])
def test_who_waits_hears_at_once_that_the_way_is_lost(
    server: SshServer, url: str, engine: SocketServer, end: str
) -> None:
    found = connect(url)
    engine.asked.clear()
    raised: list[EngineError] = []

    def wait() -> None:
        try:
            found.networks()
        except EngineError as error:
            raised.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert engine.asked.wait(60)
    if end == "sessions":
        server.end_sessions()
    else:
        server.signal(signal.SIGSTOP)
    try:
        waiting.join(60)
    finally:
        server.signal(signal.SIGCONT)
    (error,) = raised
    assert isinstance(error, EngineGoneError)
    assert f"list the networks: the SSH connection to {server.url} is lost" in str(error)
    with pytest.raises(EngineGoneError, match="is lost"):
        found.networks()
    assert connect(url).version() == "20.10.24"


def test_the_engine_behind_it_goes(server: SshServer, tmp_path: Path) -> None:
    with SocketServer(tmp_path / "docker.sock"):
        found = connect(f"{server.url}{tmp_path}/docker.sock")
        assert found.listed({}) == []
    with pytest.raises(EngineGoneError, match="stands, and no engine answers behind it"):
        found.listed({})


_HOLD = """
import sys
from catenet.orchestrator.backend.docker import connect
import threading
thread = threading.Thread(target=connect, args=(sys.argv[1],))
thread.start(); thread.join()  # ssh belongs to the process, not to the thread that asked for it
print("there", flush=True)
sys.stdin.read()
"""


@contextmanager
def holder(url: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has a tunnel, and its folder in this one."""
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "there\n"
            yield process
        finally:
            process.kill()


def _ssh_of(folder: Path) -> int:
    """The process whose sockets are there."""
    control = str(next(folder.glob("catenet-ssh-*/ctl")))
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if control in words.read_text().split("\0"):
                return int(words.parent.name)
    raise AssertionError(f"no ssh of {control}")


def _kill(process: subprocess.Popen[str]) -> None:
    process.kill()


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose name leaves room for a socket's."""
    with TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize("end", [_kill, _end])
def test_ssh_ends_when_we_do(url: str, short: Path, end: Callable[[subprocess.Popen[str]], None]) -> None:
    with holder(url, short) as process:
        ssh = os.pidfd_open(_ssh_of(short))
        end(process)
        process.wait()
    ended, _, _ = select.select([ssh], [], [], 60)
    os.close(ssh)
    assert ended
    assert len(list(short.iterdir())) == (1 if end is _kill else 0)


def test_what_a_killed_process_has_left_the_next_removes(
    url: str, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holder(url, short) as lives:
        (living,) = short.iterdir()
        with holder(url, short) as killed:
            killed.kill()
            killed.wait()
        monkeypatch.setattr("tempfile.tempdir", str(short))
        mine = SocketFolder()
        assert set(short.iterdir()) == {living, mine.path}
        mine.remove()
        assert list(short.iterdir()) == [living]
        assert lives.poll() is None


def test_a_folder_with_a_long_name_has_its_sockets_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """sun_path of unix(7) has 108 octets, and ssh makes its socket under a longer name first."""
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    folder = SocketFolder()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder.path}/engine.sock.0123456789abcdef")
    folder.remove()
    assert list(long.iterdir()) == []


def test_a_folder_whose_lock_cannot_be_made_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_file_left(path: Path, *_: int) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), path)

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with monkeypatch.context() as full, pytest.raises(OSError, match="Too many open files"):
        full.setattr("os.open", no_file_left)
        SocketFolder()
    assert list(tmp_path.iterdir()) == []
