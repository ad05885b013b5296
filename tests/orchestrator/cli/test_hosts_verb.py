"""`catenet hosts`: what is said, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from threading import Barrier

import pytest

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fake_swarm import on_one_network
from catenet.orchestrator.backend.fleet_member import Patience
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.backend.widened import may_widen
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.images import node_image_tag

NOT_PROVEN = """\
no packet was sent between them, for no host has the node image yet: after the first `catenet up`,
`catenet hosts status --probe` does that
"""
Said = tuple[int, str, str]
A, B = "--host=a=unix:///run/a.sock", "--host=b=unix:///run/b.sock"


@pytest.fixture
def pair() -> list[FakeEngine]:
    engines = [FakeEngine(), FakeEngine()]
    on_one_network(engines)
    return engines


@pytest.fixture
def hosts(
    pair: list[FakeEngine], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Said]]:
    """Runs `catenet hosts` on `a` and `b`; an engine that has gone cannot be connected to."""
    monkeypatch.delenv("CATENET_HOST", raising=False)

    def call(*words: str, named: tuple[str, ...] = (A, B)) -> Said:
        engines = cycle(pair)

        def connect() -> FakeEngine:
            engine = next(engines)
            if engine.gone:
                raise EngineError("connect to the engine: it has gone")
            return engine

        code = run(["hosts", *words, *named], connect)
        return code, *capsys.readouterr()

    yield call
    assert all(engine.join_token().secret not in capsys.readouterr().out for engine in pair if engine.manages())


def rows(said: str) -> list[list[str]]:
    return [line.split() for line in said.splitlines()]


def test_hosts_are_joined_looked_at_and_parted(hosts: Callable[..., Said]) -> None:
    code, out, _ = hosts()
    assert code == 1
    assert rows(out)[1:3] == [["a", "in", "memory", "in", "no", "swarm"], ["b", "in", "memory", "in", "no", "swarm"]]
    assert "they are no swarm yet: catenet hosts join" in out
    code, out, _ = hosts("join")
    assert code == 0
    assert rows(out)[1:] == [
        ["a", "in", "memory", "manager", "192.0.2.1", "ready"],
        ["b", "in", "memory", "worker", "192.0.2.2", "ready"],
        ["joined:", "a,", "b"],
        *rows(NOT_PROVEN),
    ]
    code, out, _ = hosts("join")
    assert (code, out.endswith(f"they were one swarm already\n{NOT_PROVEN}")) == (0, True)
    assert hosts("status")[0] == 0
    assert hosts("leave")[:2] == (0, "b has left\na has left\n")
    assert hosts("leave")[:2] == (0, "none of them is in a swarm\n")


def test_programs_read_json(hosts: Callable[..., Said]) -> None:
    joined = json.loads(hosts("join", "--json")[1])
    assert joined["joined"] == ["a", "b"]
    assert joined["paths"] == []
    assert joined["hosts"] == json.loads(hosts("--json")[1])["hosts"]
    assert joined["hosts"][1] == {
        "host": "b",
        "engine": "in memory",
        "role": "worker",
        "address": "192.0.2.2",
        "state": "ready",
        "mtu": 0,
        "reason": "",
    }
    assert json.loads(hosts("leave", "--json")[1]) == {"left": ["b", "a"], "stay": {}, "lost": {}}


def test_a_host_that_does_not_answer_is_said_and_the_manager_waits_for_it(
    hosts: Callable[..., Said], pair: list[FakeEngine]
) -> None:
    hosts("join")
    pair[1].gone = True
    code, out, _ = hosts()
    assert code == 3
    assert " ".join(rows(out)[-1]) == "b does not answer connect to the engine: it has gone"
    code, out, _ = hosts("leave")
    assert code == 3
    assert "a stays: b may be in its swarm: once there is an answer, catenet hosts leave again" in out
    assert "b does not answer: connect to the engine: it has gone" in out
    code, _, err = hosts("join")
    assert (code, "b: connect to the engine: it has gone" in err) == (3, True)
    pair[1].gone = False
    assert hosts("leave")[0] == 0


def test_a_member_that_is_deaf_to_the_others_is_said_with_what_to_do(
    hosts: Callable[..., Said], pair: list[FakeEngine]
) -> None:
    hosts("join")
    pair[1].gossip = None
    code, out, _ = hosts()
    said = [row for row in rows(out) if row[:1] == ["b"]]
    assert (code, "hears nothing of who is on the other hosts" in " ".join(said[0])) == (1, True)
    assert "sudo systemctl restart docker" in out
    assert json.loads(hosts("--json")[1])["hosts"][1]["reason"].startswith("hears nothing")


def test_hosts_come_from_a_file(hosts: Callable[..., Said], tmp_path: Path) -> None:
    file = tmp_path / "hosts.yaml"
    file.write_text("hosts: {a: unix:///run/a.sock, b: unix:///run/b.sock}\n")
    assert hosts("join", "--hosts", str(file), named=())[0] == 0
    code, _, err = hosts("--hosts", str(file))
    assert (code, "named twice" in err) == (2, True)


def test_hosts_come_from_the_lab_file_of_the_folder(
    hosts: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab.yaml").write_text("hosts: {a: unix:///run/a.sock, b: unix:///run/b.sock}\nnodes: {}\n")
    assert hosts("join", named=())[0] == 0
    assert hosts(named=())[0] == 0


def test_hosts_are_connected_to_at_once(pair: list[FakeEngine], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CATENET_HOST", raising=False)
    both, engines = Barrier(2), iter(pair)

    def connect(_: Patience) -> FakeEngine:
        both.wait(10)
        return next(engines)

    assert run(["hosts", A, B], lambda: may_widen(connect, lambda _: pair[0])) == 1, "in no swarm"


def test_hosts_without_an_engine_are_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CATENET_HOST", raising=False)
    assert run(["hosts", *(f"--host={name}=unix://{tmp_path}/{name}.sock" for name in "ab")]) == 3
    assert [row[:4] for row in rows(capsys.readouterr().out)[1:3]] == [[name, "does", "not", "answer"] for name in "ab"]


@pytest.mark.parametrize(
    ("words", "named", "said"),
    [
        ([], (), "which hosts? --host local --host user@server, or --hosts FILE"),
        (["join"], (A,), "one host needs no swarm: name two or more"),
        (["join", "--address", "c=192.0.2.9"], (A, B), "no host 'c' (choose from: a, b): --address HOST=ADDRESS"),
        (["join", "--address", "a=here"], (A, B), "'here' is no address, like a=192.0.2.7"),
        (["--address", "a=192.0.2.9"], (A, B), "--address goes with join, not with status"),
        (["leave", "--probe"], (A, B), "--probe goes with status, not with leave"),
    ],
)
def test_what_makes_no_sense_is_refused(
    hosts: Callable[..., Said], words: list[str], named: tuple[str, ...], said: str
) -> None:
    code, _, err = hosts(*words, named=named)
    assert code == 2
    assert said in err


def test_an_address_is_told_to_the_engine(hosts: Callable[..., Said], pair: list[FakeEngine]) -> None:
    pair[1].neighbours["192.0.2.9"] = pair[0]
    assert hosts("join", "--address", "a=192.0.2.9")[0] == 0
    assert [engine.membership().address for engine in pair] == ["192.0.2.9", "192.0.2.2"]


@pytest.mark.parametrize(
    ("largest", "code", "said"),
    [
        (9000, 0, "packets of 9,000 octets pass: LANs between hosts carry 1,500"),
        (1500, 0, "packets of 1,500 octets pass: LANs between hosts carry 1,400"),
        (0, 1, "nothing passes from a to b: UDP port 4789 is closed between them, or the address of one is wrong"),
    ],
)
def test_packets_are_sent_between_the_hosts(
    hosts: Callable[..., Said], pair: list[FakeEngine], largest: int, code: int, said: str
) -> None:
    def ping(_container: str, command: Sequence[str], _given: bytes) -> tuple[int, bytes, bytes]:
        octets = int(command[list(command).index("-s") + 1]) + 28 + 50  # IPv4 and ICMP, and an overlay's VXLAN
        return int(octets > largest), b"", b""

    for engine in pair:
        engine.answer = ping
        engine.build(node_image_tag(), b"context", {})
    found, out, _ = hosts("join")
    assert (found, said in out) == (code, True)
    assert pair[0].path_mtu() == (largest or None)
    found, out, _ = hosts("--probe")
    assert (found, said in out) == (code, True)
    paths = json.loads(hosts("--probe", "--json")[1])["paths"]
    assert paths == [{"from": "a", "to": "b", "mtu": largest}, {"from": "b", "to": "a", "mtu": largest}]
    assert not [network for engine in pair for network in engine.networks()]
    assert not [container for engine in pair for container in engine.listed({})]
