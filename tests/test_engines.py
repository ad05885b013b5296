"""The throw-away engines: two machines as one finds them, and nothing of them is left, whatever ended the run."""

from __future__ import annotations

import os
import re
import select
import socket
import subprocess
import sys
from pathlib import Path

import docker
import pytest
from engines import GOSSIP, Engines, stop
from namespaces import RunError, processes, run, since

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces of their own: only for root")

_PROGRAM = Path(__file__).with_name("engines.py")


def _ping(engines: Engines, name: str) -> bytes:
    """What its engine answers within a second."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(engines.hosts[name].socket.removeprefix("unix://"))
        connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
        return connection.recv(200)


def _ssh(engines: Engines, name: str, user: str, *command: str) -> subprocess.CompletedProcess[str]:
    to = f"{user}@{engines.hosts[name].address}"
    words = [str(engines.bin / "ssh"), "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", to, *command]
    return subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def _ids(engines: Engines) -> set[str]:
    found = set()
    for name in engines.hosts:
        client = docker.DockerClient(base_url=engines.hosts[name].socket)
        found.add(client.info()["ID"])
        client.close()
    return found


def test_each_is_an_engine_of_its_own(two_engines: Engines) -> None:
    client = docker.from_env()
    assert len(_ids(two_engines) | {client.info()["ID"]}) == 3
    client.close()


def test_ssh_leads_to_the_engine_of_that_machine(two_engines: Engines) -> None:
    for name in two_engines.hosts:
        assert _ssh(two_engines, name, "student", "hostname").stdout == f"catenet-{name}\n"
        assert _ssh(two_engines, name, "student", "test", "-w", "/var/run/docker.sock").returncode == 0
        assert _ssh(two_engines, name, "guest", "test", "-w", "/var/run/docker.sock").returncode == 1


def test_an_engine_that_listens_for_a_swarm_that_it_has_left_is_started_anew(two_engines: Engines) -> None:
    before = {name: processes(host.inside, "dockerd") for name, host in two_engines.hosts.items()}
    with two_engines.listening("b", GOSSIP):  # as a Docker does that has not shut its port
        two_engines.free_gossip()
    after = {name: processes(host.inside, "dockerd") for name, host in two_engines.hosts.items()}
    assert (after["a"], len(after["b"])) == (before["a"], 1)
    assert after["b"] != before["b"]
    two_engines.free_gossip()
    assert {name: processes(host.inside, "dockerd") for name, host in two_engines.hosts.items()} == after
    assert all(b"OK" in _ping(two_engines, name) for name in two_engines.hosts)


def test_who_has_no_key_is_not_let_in(two_engines: Engines, tmp_path: Path) -> None:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key"))
    done = _ssh(two_engines, "a", "root", "-o", f"IdentityFile={tmp_path / 'key'}", "true")
    assert done.returncode == 0, done.stderr  # the run's key is still there
    config = tmp_path / "config"
    config.write_text(two_engines.ssh_config.read_text().replace(f"{two_engines.folder}/key", str(tmp_path / "key")))
    address = two_engines.hosts["a"].address
    refused = subprocess.run(["ssh", "-F", config, f"root@{address}", "true"], capture_output=True, check=False)
    assert b"Permission denied (publickey)" in refused.stderr


def test_a_pulled_cable_is_pulled_for_this_machine_and_the_other_one(two_engines: Engines) -> None:
    assert _reaches(two_engines, "b", "a")
    two_engines.link("a", up=False)
    try:
        assert not _reaches(two_engines, "b", "a", 1)
        said = _ssh(two_engines, "a", "root", "-o", "ConnectTimeout=1", "true").stderr
        assert "timed out" in said or "No route to host" in said, "as long as its hardware address is known, or not"
    finally:
        two_engines.link("a", up=True)
    assert _reaches(two_engines, "b", "a")


def _reaches(engines: Engines, source: str, to: str, seconds: int = 20) -> bool:
    """A connection to the SSH server, by a program that every machine has. Who asks for a hardware address, or has sent
    a SYN, does so again only after a second.
    """
    script = f"import socket; socket.create_connection(('{engines.hosts[to].address}', 22), {seconds})"
    try:
        engines.hosts[source].run(sys.executable, "-c", script)
    except RunError:
        return False
    return True


def test_a_paused_engine_is_there_and_says_nothing(two_engines: Engines) -> None:
    two_engines.pause_engine("b")
    try:
        with pytest.raises(TimeoutError):
            _ping(two_engines, "b")
    finally:
        two_engines.resume_engine("b")
    assert b"200 OK" in _ping(two_engines, "b")


def test_a_killed_engine_answers_when_it_is_started_again(two_engines: Engines) -> None:
    before = _ids(two_engines)
    two_engines.kill_engine("a")
    with pytest.raises(ConnectionRefusedError):
        _ping(two_engines, "a")
    two_engines.start_engine("a")
    assert b"200 OK" in _ping(two_engines, "a")
    assert _ids(two_engines) == before


def test_dropped_ssh_connections_end_and_new_ones_can_be_made(two_engines: Engines) -> None:
    two_engines.stop_ssh("a")
    assert not processes(two_engines.hosts["a"].inside, "sshd")
    assert "refused" in _ssh(two_engines, "a", "root", "true").stderr
    two_engines.start_ssh("a")
    assert _ssh(two_engines, "a", "root", "true").returncode == 0


def test_nothing_is_left_when_what_began_them_is_killed() -> None:
    script = f"""
import sys
sys.path.insert(0, {str(_PROGRAM.parent)!r})
from engines import engines_running
with engines_running() as engines:
    print(engines.folder, *(host.inside for host in engines.hosts.values()), flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        folder, *firsts = process.stdout.readline().decode().split()
        subjects = [*firsts, str(process.pid)]
        gone = [os.pidfd_open(int(each)) for each in subjects]
        process.kill()
    _wait_for(gone)
    assert not any(since(int(each)) for each in firsts)
    stop(Path(folder))  # as the next start does, for it has the number of the dead process in its name
    _is_all_gone(Path(folder))


def _wait_for(handles: list[int]) -> None:
    for handle in handles:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        assert poll.poll(60_000)
        os.close(handle)


def _is_all_gone(folder: Path) -> None:
    assert not folder.exists()
    assert str(folder) not in Path("/proc/mounts").read_text()
    commands = [each.read_bytes() for each in Path("/proc").glob("[0-9]*/cmdline")]
    assert not any(str(folder).encode() in command for command in commands)


def test_by_hand(tmp_path: Path) -> None:
    folder = tmp_path / "e"
    said = run(sys.executable, str(_PROGRAM), "start", str(folder))
    try:
        addresses = re.findall(r"ssh://root@(\S+)", said)
        assert len(addresses) == 2
        done = run(str(folder / "bin" / "ssh"), f"root@{addresses[1]}", "hostname")
        assert done == "catenet-b\n"
        refused = subprocess.run([sys.executable, _PROGRAM, "start", folder], capture_output=True, check=False)
        assert b"File exists" in refused.stderr
    finally:
        run(sys.executable, str(_PROGRAM), "stop", str(folder))
    _is_all_gone(folder)
    run(sys.executable, str(_PROGRAM), "stop", str(folder))
