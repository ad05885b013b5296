from __future__ import annotations

import json
from pathlib import Path

import pytest

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import EngineError, containers_of, networks_of
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.doctor import COPY, leftovers, prove
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.limits import limits
from catenet.orchestrator.deploy.progress import NoProgress

GB = 1_000_000_000
SETTINGS = {
    "fs.inotify.max_user_instances": 128,
    "net.ipv4.neigh.default.gc_thresh3": 1024,
    "kernel.pid_max": 32768,
}


def too_small(nodes: int, *, memory: int = 64 * GB, disk: int = 100 * GB, files: int = 65536) -> dict[str, str]:
    return {each.name: each.do for each in limits(nodes, SETTINGS.get, memory, disk, files) if not each.holds}


def test_a_usual_machine_has_enough_for_the_default_lab() -> None:
    assert too_small(20, files=1024) == {}


def test_each_limit_is_met_where_it_bites_and_says_what_raises_it() -> None:
    assert too_small(60) == {"fs.inotify.max_user_instances": "sysctl -w fs.inotify.max_user_instances=256"}
    assert set(too_small(400)) == {"fs.inotify.max_user_instances", "net.ipv4.neigh.default.gc_thresh3"}
    assert too_small(400)["net.ipv4.neigh.default.gc_thresh3"] == "sysctl -w net.ipv4.neigh.default.gc_thresh3=2048"
    assert "kernel.pid_max" in too_small(3000)
    assert "nodes on one LAN" in too_small(1025)
    assert "nodes on one LAN" not in too_small(1024)


@pytest.mark.parametrize(
    ("has", "name"), [({"memory": GB // 2}, "memory"), ({"disk": GB // 2}, "disk"), ({"files": 64}, "open files")]
)
def test_what_the_machine_lacks(has: dict[str, int], name: str) -> None:
    assert list(too_small(20, **has)) == [name]


def test_a_whole_lab_is_no_leftover(small) -> None:
    [finding] = leftovers(small.engine)
    assert (finding.verdict, finding.words) == ("ok", "none; labs that run: small")


def test_a_half_made_lab_is_one(small) -> None:
    small.engine.remove("small-c")
    [finding] = leftovers(small.engine)
    assert (finding.verdict, finding.words, finding.do) == ("warn", "lab small: c is not there", "catenet down small")


def test_a_lab_whose_file_has_gone_is_one(small) -> None:
    small.running.file.unlink()
    [finding] = leftovers(small.engine)
    assert finding.verdict == "warn"
    assert "lab.yaml" in finding.words


def test_without_an_engine_it_says_what_to_do(capsys) -> None:
    def refuse() -> FakeEngine:
        raise EngineError("connect to the engine: no such file", "start the engine")

    assert run(["doctor"], refuse) == 3
    assert "start the engine" in capsys.readouterr().err


def findings_about_limits(engine: FakeEngine, capsys) -> list[dict[str, str]]:
    run(["doctor", "--json", "--nodes", "1"], lambda: engine)
    return [each for each in json.loads(capsys.readouterr().out) if each["topic"] == "limits"]


def test_the_room_is_that_of_the_folder_in_which_the_engine_keeps_what_it_has(capsys) -> None:
    engine = FakeEngine()
    engine.root = Path("/proc")  # a file system without any room
    assert "disk: 0 MB, and 1 nodes need 520 MB" in [each["words"] for each in findings_about_limits(engine, capsys)]


def test_the_limits_of_this_machine_are_not_told_of_an_engine_elsewhere(capsys) -> None:
    engine = FakeEngine()
    engine.root = None
    [finding] = findings_about_limits(engine, capsys)
    assert (finding["verdict"], finding["words"][:10]) == ("warn", "not judged")


@pytest.mark.engine
def test_transit_is_proven_and_nothing_stays(capsys) -> None:
    engine = connect()
    ensure_node_image(engine, NoProgress())
    code = run(["doctor", "--json", "--nodes", "2"], lambda: engine)
    findings = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [each["verdict"] for each in findings if each["topic"] == "transit"] == ["ok"]
    assert "NFQUEUE works" in [each["words"] for each in findings]
    assert [each for each in findings if each["topic"] == "limits"]
    assert containers_of(engine, COPY) == []
    assert networks_of(engine, COPY) == []


@pytest.mark.engine
def test_a_router_that_carries_nothing_is_found_out(monkeypatch) -> None:
    engine = connect()
    ensure_node_image(engine, NoProgress())
    ordinary = engine.execute

    def execute(name, command, **options):
        """Before the host pings, the router drops what it should forward, as some machine's rules would."""
        if command[0] == "ping":
            program = ordinary(f"{COPY}-r", ["iptables", "-A", "FORWARD", "-j", "DROP"])
            while program.read(200) is not None:
                pass
            program.close()
        return ordinary(name, command, **options)

    monkeypatch.setattr(engine, "execute", execute)
    transit = next(each for each in prove(engine, NoProgress()) if each.topic == "transit")
    assert transit.verdict == "wrong"
    assert "no packet crosses" in transit.words
