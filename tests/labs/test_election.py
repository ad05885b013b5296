"""The lab `election`: a crowd comes, and alice relays for it; it goes, and she does no more. Carol never does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from lab_bench import until

from catenet.orchestrator.cli.app import run
from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = [pytest.mark.engine, pytest.mark.lab("election")]

ALICE, S1 = "10.0.1.7", "10.0.0.11"


def crowd(lab: LabUnderTest, many: int, seconds: float) -> list[str]:
    """By which addresses its callers are reached."""
    done = lab["crowd"].run("python3", "/lab/crowd.py", f"{many}", f"{seconds}", within="60s")
    assert done.returncode == 0, done.stderr
    return [line.removeprefix("by ").partition(":")[0] for line in done.stdout.splitlines()]


def shown(lab: LabUnderTest, node: str) -> Any:
    return lab[node].show("supernode")


def becomes(lab: LabUnderTest, node: str, role: str) -> None:
    until(lambda: shown(lab, node)["role"] != role)


def ports(lab: LabUnderTest, node: str) -> set[str]:
    """Where it listens on the supernode's port: udp, tcp."""
    listed = lab[node].run("ss", "-Hlntu", "sport = :3478").stdout
    return {line.split()[0] for line in listed.splitlines()}


def counters(lab: LabUnderTest) -> dict[str, int]:
    said: dict[str, int] = lab["login"].status()["services"]["directory"]["counters"]
    return said


def test_every_check_holds(lab: LabUnderTest) -> None:
    assert len(lab.check()) == len(lab.model.checks)


def test_behind_a_translator_nobody_is_a_candidate(lab: LabUnderTest) -> None:
    becomes(lab, "carol", "refused")
    assert "behind a translator" in shown(lab, "carol")["why"]
    assert ports(lab, "carol") == set()


def test_for_a_crowd_one_is_promoted_a_restart_changes_nothing_and_after_it_she_is_demoted(
    lab: LabUnderTest, capsys: pytest.CaptureFixture[str]
) -> None:
    becomes(lab, "alice", "candidate")
    assert ports(lab, "alice") == {"udp"}
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(crowd, lab, 4, 50)
        until(lambda: shown(lab, "alice")["role"] != "supernode" and not first.done())
        assert not first.done(), first.result()
        assert ports(lab, "alice") == {"udp", "tcp"}
        assert shown(lab, "alice")["why"] == "the load asks for it, and it answers from outside"
        assert crowd(lab, 2, 0) == [ALICE, ALICE]
        lab["login"].kill()
        lab["crowd"].run("pkill", "-f", "crowd.py 4").check_returncode()
        assert first.result() == [S1] * 4
    assert (shown(lab, "alice")["role"], shown(lab, "alice")["duty"]) == ("supernode", "serving")
    lab["login"].start()
    until(lambda: any(shown(lab, node)["directory"] != "here" for node in ("alice", "s1")))
    becomes(lab, "alice", "candidate")
    assert ports(lab, "alice") == {"udp"}
    assert (counters(lab).get("hashes", 0), counters(lab).get("logins", 0)) == (0, 0)  # nobody has logged in again
    assert run(["events", "--lab", lab.name, "-n", "500"]) == 0
    events = [line.split(maxsplit=3) for line in capsys.readouterr().out.splitlines()]
    told = [event for event in events if event[2] in ("supernode.promoted", "supernode.demoted", "supernode.dead")]
    own = [(kind, text) for _, node, kind, text in told if node == "alice"]
    assert own == [
        ("supernode.promoted", "it relays from now on: the load asks for it, and it answers from outside"),
        ("supernode.demoted", "it relays for nobody new any more: the others bear the load"),
    ]
    decided = [(kind, text.partition(":3478): ")[2]) for _, node, kind, text in told if node == "login"]
    alices = [kind for kind, text in decided if not text.startswith("it is there for that")]
    assert alices == ["supernode.promoted", "supernode.promoted", "supernode.demoted"]  # said again after the restart
