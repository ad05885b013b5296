"""Hosts on the command line: `up --dry-run` says where nodes go, `graph` draws it, `validate` knows the places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.cli.app import run

RING = "name: ring\nlans: {a: {}, b: {}, c: {}, d: {}}\nnodes:\n" + "".join(
    f"  r{number}: {{lans: [{one}, {other}]}}\n" for number, (one, other) in enumerate(["ab", "bc", "cd", "da"])
)


@pytest.fixture
def catenet(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for variable in ("CATENET_LAB", "CATENET_HOST"):
        monkeypatch.delenv(variable, raising=False)
    members = {"here": FakeEngine(), "big": FakeEngine()}

    def call(*words: str) -> tuple[int, str, str]:
        # What the command line makes of the words about hosts, apart from the engines themselves.
        code = run(words, lambda: Fleet(members, {name: name for name in members}))
        return code, *capsys.readouterr()

    return call


def lab(text: str = RING) -> str:
    Path("lab.yaml").write_text(text)
    Path("hosts.yaml").write_text("hosts: {here: local, big: ssh://me@server}\n")
    return "lab.yaml"


def test_a_dry_run_says_which_node_goes_where_and_which_lans_span(catenet):
    code, out, _ = catenet("up", "--dry-run", lab(), "--hosts", "hosts.yaml")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert lines[0] == "host nodes memory, about which"
    assert [line.split()[:2] for line in lines[1:3]] == [["here", "2"], ["big", "2"]]
    assert lines[1].split()[2:4] == ["40", "of"]
    assert lines[3].startswith("LANs that span hosts: 2 of 4: ")


def test_a_dry_run_tells_programs_too(catenet):
    said = json.loads(catenet("up", "--dry-run", lab(), "--host", "here=local", "--host", "big=me@server", "--json")[1])
    assert sorted(node for host in said["hosts"] for node in host["nodes"]) == ["r0", "r1", "r2", "r3"]
    assert [host["needs"] for host in said["hosts"]] == [40_000_000, 40_000_000]
    assert len(said["spanning"]) == 2
    assert "start ring-r0" in " ".join(said["steps"])


def test_a_pin_is_kept(catenet):
    pinned = RING.replace("r0: {", "r0: {place: big, ").replace("r2: {", "r2: {place: big, ")
    said = json.loads(catenet("up", "--dry-run", lab(pinned), "--hosts", "hosts.yaml", "--json")[1])
    there = {host["host"]: set(host["nodes"]) for host in said["hosts"]}
    assert {"r0", "r2"} <= there["big"]


@pytest.mark.parametrize("verb", [["up", "--dry-run"], ["validate"]])
def test_a_place_that_there_is_not_has_its_line_and_the_nearest_word(catenet, verb):
    code, _, err = catenet(*verb, lab(RING.replace("r2: {", "r2: {place: bik, ")), "--hosts", "hosts.yaml")
    assert code == 2
    assert "lab.yaml:6: node r2: place: there is no host 'bik' (did you mean big?)" in err


def test_validate_says_where_a_place_means_nothing(catenet):
    code, out, _ = catenet("validate", lab(RING.replace("r2: {", "r2: {place: big, ")))
    assert code == 0
    assert "note: `place:` of r2 means something on several hosts only" in out


def test_hosts_are_said_once(catenet):
    code, _, err = catenet("up", "--dry-run", lab(), "--hosts", "hosts.yaml", "--host", "a=local")
    assert code == 2
    assert "both say the hosts: leave one out" in err


def test_what_is_wrong_with_a_hosts_file_is_said_with_its_line(catenet):
    lab()
    Path("hosts.yaml").write_text("hosts:\n  here: local\n  big: http://server\n")
    code, _, err = catenet("up", "--dry-run", "lab.yaml", "--hosts", "hosts.yaml")
    assert code == 2
    assert "hosts.yaml:3: host big: 'http://server'" in err


def test_a_plan_is_drawn_with_the_hosts_of_its_file(catenet):
    lab(f"hosts: {{here: local, big: me@server}}\n{RING}")
    out = catenet("graph", "lab.yaml", "--plan")[1]
    assert "as its file plans it, on hosts of equal memory" in out
    assert "@here" in out and "@big" in out
    assert "hosts: here, big; LANs that span them: " in out
    assert catenet("graph", "lab.yaml", "--plan", "-o", "ring.svg")[0] == 0
    assert Path("ring.svg").read_text().count("<circle") == 4 + 2


def test_a_plan_of_one_host_says_nothing_of_hosts(catenet):
    assert "@" not in catenet("graph", lab(), "--plan")[1]
