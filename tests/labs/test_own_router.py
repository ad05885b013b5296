"""A program of one's own, and the reference implementations, in a router's place: the lab does not notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from lab_bench import LABS, Bench, failures, until, up

from catenet.orchestrator.backend.protocols import containers_of

pytestmark = pytest.mark.engine

RIP_AT_A = "link3: 10.0.3.1}, services: {rip: {"
RIP_AT_C = "link5: 10.0.5.3}, services: {rip: {"


def changed(folder: Path, replaced: Mapping[str, str]) -> Path:
    """The lecture's five routers, in a folder of their own."""
    folder.mkdir()
    text = (LABS / "five-routers" / "lab.yaml").read_text()
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "lab.yaml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = changed(tmp_path_factory.mktemp("labs") / "own", {RIP_AT_A: f"{RIP_AT_A}implementation: ./my-rip"})
    program = folder / "my-rip"
    program.write_text((LABS / "five-routers" / "my-rip").read_text())
    program.chmod(0o755)
    with up(folder, "check-own") as bench:
        yield bench


def test_the_lab_holds_with_an_own_program(own: Bench) -> None:
    until(lambda: failures(own.check()))
    assert own.show("a", "rip")["implementation"] == "./my-rip"
    assert any(line["protocol"] == "rip" for line in own.show("a", "routes"))


def test_it_sees_a_cut_and_its_healing(own: Bench) -> None:
    own.do("cut", "link1")

    def around() -> bool:
        row = next((row for row in own.show("a", "rip")["table"] if row["prefix"] == "10.1.2.0/24"), {})
        return (row.get("lan"), row.get("cost")) == ("link3", 3)

    until(lambda: not around())
    own.do("heal", "link1")
    until(lambda: failures(own.check()))


def test_it_is_started_again_and_its_routes_do_not_stay(own: Bench) -> None:
    own.run("a", "pkill", "-9", "-f", "my-rip")
    until(lambda: own.status("a")["services"]["rip"]["restarts"] == 0)
    assert "ended by SIGKILL" in own.status("a")["services"]["rip"]["error"]
    until(lambda: failures(own.check()))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    timers = {
        "update: 2s, timeout: 6s, garbage: 4s": 'update: 5s, timeout: 15s, garbage: 10s, auth: {md5: {"1": hush}}'
    }
    words = {RIP_AT_A: f"{RIP_AT_A}implementation: frr", RIP_AT_C: f"{RIP_AT_C}implementation: bird"}
    folder = changed(tmp_path_factory.mktemp("labs") / "mixed", timers | words)
    with up(folder, "check-mixed") as bench:
        yield bench


def test_the_lab_holds_with_frr_and_bird_and_md5(mixed: Bench) -> None:
    until(lambda: failures(mixed.check()))
    assert [mixed.show(node, "rip")["implementation"] for node in "ac"] == ["frr", "bird"]
    for node in "bde":  # FRR's requests carry no authentication, whatever its interface says: one at each start
        counters = mixed.show(node, "rip")["counters"]
        refused = {key: count for key, count in counters.items() if key.startswith("refused") and count}
        assert refused in ({}, {"refused.auth-missing": 1}), counters


def test_only_frr_may_do_more_than_a_node(mixed: Bench) -> None:
    containers = {each.node: each.name for each in containers_of(mixed.engine, mixed.copy)}
    added = {}
    for node in "abc":
        host = mixed.engine.inspect(containers[node])["HostConfig"]
        assert isinstance(host, dict)
        added[node] = {word.removeprefix("CAP_") for word in host["CapAdd"]}
        assert (host["Privileged"], host["SecurityOpt"]) == (False, ["no-new-privileges"])
    more = {"SYS_ADMIN", "SETUID", "SETGID", "CHOWN", "DAC_OVERRIDE", "KILL"}
    assert (added["a"] - added["b"], added["c"]) == (more, added["b"])


def test_a_daemon_that_dies_takes_its_fellows_with_it_and_all_come_back(mixed: Bench) -> None:
    mixed.run("a", "pkill", "-9", "ripd")
    until(lambda: mixed.status("a")["services"]["rip"]["restarts"] == 0)
    until(lambda: failures(mixed.check()))
