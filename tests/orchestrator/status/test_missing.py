"""A container or a network that somebody has removed by hand: it is said, and what makes it again."""

from __future__ import annotations

import json

import pytest

from catenet.orchestrator.capture.capture_points import find_capture_points
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.lab.named import named
from catenet.orchestrator.observe.running import UserError
from catenet.orchestrator.operations.verbs import do_together
from catenet.orchestrator.status.state import lab_state


def remove_lan(small):
    for node in "abc":
        small.engine.remove(f"small-{node}")
    small.engine.remove_network("small_link1")


def test_status_says_which_node_is_missing_and_exits_1(small, capsys):
    small.engine.remove("small-b")
    assert run(["status", "small"], connect=lambda: small.engine) == 1
    out = capsys.readouterr().out
    (line,) = (line for line in out.splitlines() if line.split()[:1] == ["b"])
    assert "missing  (catenet up makes it again)" in line
    assert "3 nodes (2 ready, 1 missing)" in out
    assert run(["status", "small", "--json"], connect=lambda: small.engine) == 1
    nodes = {row["node"]: row for row in json.loads(capsys.readouterr().out)["nodes"]}
    assert (nodes["b"]["state"], nodes["b"]["ready"]) == ("missing", False)


def test_status_of_a_whole_lab_exits_0_though_a_node_is_dead(small):
    small.kill("b")
    assert run(["status", "small"], connect=lambda: small.engine) == 0


def test_status_says_which_lan_is_missing(small):
    remove_lan(small)
    state = lab_state(small.engine, small.running)
    assert {lan.name: lan.word for lan in state.lans} == {"link1": "missing", "link2": "unknown"}


def test_a_file_that_has_gone_or_is_wrong_hides_nothing_else(small):
    small.running.file.write_text("nodes: [")
    assert [node.name for node in lab_state(small.engine, small.running).nodes] == ["a", "b", "c"]
    small.running.file.unlink()
    assert small.running.missing == ((), ())


@pytest.mark.parametrize("verb", ["kill", "pause", "resume", "start"])
def test_a_verb_on_a_missing_node_says_what_makes_it_again(small, verb):
    small.engine.remove("small-b")
    with pytest.raises(UserError, match=r"^b is missing: catenet up \S+ --name small makes it again$"):
        do_together(small.engine, small.running, verb, ["b"])


@pytest.mark.parametrize("words", [["show", "b"], ["logs", "b"], ["exec", "b", "true"], ["capture", "b"]])
def test_so_does_who_asks_for_it(small, words, capsys):
    small.engine.remove("small-b")
    assert run([*words[:1], "--lab", "small", *words[1:]], connect=lambda: small.engine) == 2
    assert "b is missing: catenet up " in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["cut", "heal"])
def test_a_missing_lan_likewise(small, verb):
    remove_lan(small)
    for what in (
        lambda: do_together(small.engine, small.running, verb, ["link1"]),
        lambda: find_capture_points(small.engine, small.running, ["link1"]),
    ):
        with pytest.raises(UserError, match=r"^link1 is missing: catenet up \S+ --name small makes it again$"):
            what()


@pytest.mark.parametrize("text", ["x: 2024-13-45\n", "# as some editors begin\n", '"x": !!float "no"\n'])
def test_names_are_those_that_are_written_whatever_else_the_file_says(tmp_path, text):
    file = tmp_path / "lab.yaml"
    file.write_text(
        f"{text}lans: {{l: {{}}}}\nnodes: {{2024-1-1: {{}}, '1e3': {{}}, 10: {{}}, a: {{}}}}\n", "utf-8-sig"
    )
    assert named(file) == (["2024-1-1", "1e3", "10", "a"], ["l"])


@pytest.mark.parametrize("text", ["", "[]", "nodes: 1", "nodes: {", "nodes: {[a]: 1}", "\0"])
def test_a_file_that_is_wrong_by_now_names_nothing(tmp_path, text):
    (tmp_path / "lab.yaml").write_text(text)
    assert named(tmp_path / "lab.yaml") == named(tmp_path / "none.yaml") == ([], [])
