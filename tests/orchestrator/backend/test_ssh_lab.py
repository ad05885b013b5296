"""A lab on the engine behind an sshd: each verb, by `--host`, does what it does on an engine of this machine."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from on_engine import CATENET, claimed, own
from ssh_server import SshServer, ssh_server

from catenet.orchestrator.backend.protocols import networks_of

pytestmark = pytest.mark.engine

LAB = own("ssh-lab")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """It takes few at a time: all that a verb does goes by one connection, and no session."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        folder = tmp_path_factory.mktemp("sshd")
        found = ssh_server(folder, monkeypatch, "MaxSessions 0", "MaxStartups 1:100:1")
        monkeypatch.setenv("CATENET_LAB", LAB)
        monkeypatch.chdir(folder)
        yield found
        found.stop()


def catenet(server: SshServer, *words: str, code: int = 0, said: str | None = None) -> str:
    """What a verb prints there."""
    verb, *rest = words
    done = subprocess.run(
        [*CATENET, verb, "--host", server.url, *rest],
        input=said,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def lab(server: SshServer) -> Iterator[SshServer]:
    with claimed(LAB) as engine:
        catenet(server, "up", "five-routers", "--name", LAB)
        yield server
        catenet(server, "down", LAB)
        assert networks_of(engine, LAB) == []


def states(server: SshServer, code: int = 0) -> dict[str, str]:
    return {node["node"]: node["state"] for node in json.loads(catenet(server, "status", "--json", code=code))["nodes"]}


def test_it_is_up_and_what_it_claims_is_true(lab: SshServer) -> None:
    found = states(lab)
    assert sorted(found) == [*"abcde"]
    assert set(found.values()) == {"ready"}
    assert re.search(r"\b([1-9]\d*) of \1 checks hold", catenet(lab, "check"))


def test_a_program_inside_reads_its_input_and_gives_its_exit_code(lab: SshServer) -> None:
    assert catenet(lab, "exec", "a", "sort", said="b\na\n") == "a\nb\n"
    catenet(lab, "exec", "a", "sh", "-c", "exit 7", code=7)
    assert catenet(lab, "shell", "a", said="echo $((6 * 7))\n") == "42\n"


def test_a_lan_is_cut_and_healed_a_node_killed_and_started(lab: SshServer) -> None:
    catenet(lab, "cut", "link1")
    assert json.loads(catenet(lab, "exec", "a", "ip", "-j", "link", "show", "link1"))[0]["operstate"] == "DOWN"
    catenet(lab, "heal", "link1")
    catenet(lab, "kill", "b")
    found = states(lab)
    assert found.pop("b") == "exited (137)"  # 128 and SIGKILL
    assert set(found.values()) == {"ready"}
    catenet(lab, "start", "b")
    catenet(lab, "reset")
    assert set(states(lab).values()) == {"ready"}


def test_packets_are_captured(lab: SshServer, tmp_path: Path) -> None:
    """Five-routers speaks every two seconds."""
    captured = catenet(lab, "capture", "link1", "-c", "2", "udp port 520")
    assert len(captured.splitlines()) == 2
    assert captured.count("RIPv2") == 2


def test_logs_are_followed_until_they_are_broken_off(lab: SshServer) -> None:
    """Ctrl-C, as a terminal sends it: to all processes of the group, and the tunnel is in none."""
    command = [*CATENET, "logs", "--host", lab.url, "-f", "a"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as following:
        assert following.stdout is not None
        assert re.match(r"\d\d:\d\d:\d\d\.\d+ \w+ ", following.stdout.readline())
        os.killpg(following.pid, signal.SIGINT)
        following.stdout.read()
    assert following.returncode == 130
