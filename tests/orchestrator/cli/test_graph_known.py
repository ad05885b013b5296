"""`catenet graph --from`: the network as a node says that it knows it, in the lab's words."""

from __future__ import annotations

import json
import re

import pytest

from catenet.nodes.control.answers import KnownLink
from catenet.orchestrator.cli.app import run

TABLE = "ospf links"
ROWS = [
    KnownLink("10.0.1.1", "a", "0.0.0.0", "point-to-point", "9.9.9.9", "10.0.1.0/24", "10.0.1.1", 3, 0, "into"),
    KnownLink("9.9.9.9", "9.9.9.9", "0.0.0.0", "point-to-point", "10.0.1.1", "10.0.1.0/24", "10.0.1.2", 4, 3, "out of"),
    KnownLink("9.9.9.9", "9.9.9.9", "0.0.0.0", "transit", "10.0.2.3", "10.0.2.0/24", "10.0.2.2", 5, 3, None),
    KnownLink("9.9.9.9", "9.9.9.9", "0.0.0.0", "stub", None, "10.7.0.0/16", None, 1, 3, "into"),
    KnownLink("10.0.2.3", "10.0.2.3", "0.0.0.0", "transit", "10.0.2.3", "10.0.2.0/24", "10.0.2.3", 5, None, None),
    KnownLink("8.8.8.8", "8.8.8.8", "0.0.0.0", "point-to-point", "9.9.9.9", None, None, 5, None, None),
]


@pytest.fixture
def catenet(small, capsys, monkeypatch, tmp_path):
    """a and b run ours, c another's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATENET_LAB", raising=False)
    file = small.running.file
    text = file.read_text().replace("rip: {}", "ospf: {}")
    file.write_text(
        text.replace("10.0.2.3}, services: {ospf: {}}", "10.0.2.3}, services: {ospf: {implementation: frr}}")
    )
    shown = {"": [TABLE], TABLE: [row.to_json() for row in ROWS]}
    monkeypatch.setattr(small, "_say", lambda _node, question: shown[question.arguments["what"]])

    def call(*words: str) -> tuple[int, str, str]:
        code = run(("graph", *words), lambda: small.engine)
        return code, *capsys.readouterr()

    call.shown = shown
    return call


def test_it_is_told_in_the_labs_words(catenet):
    picture = json.loads(catenet("--from", "a", "--json")[1])
    nodes = [(node["name"], node["words"]) for node in picture["nodes"]]
    assert nodes == [("a", ""), ("b", ""), ("c", "not reached"), ("8.8.8.8", "not reached")]
    lans = {
        lan["name"]: (lan["prefix"], [(end["node"], end["address"]) for end in lan["ends"]]) for lan in picture["lans"]
    }
    assert lans == {
        "link1": ("10.0.1.0/24", [("a", ".1 cost 3"), ("b", ".2 cost 4")]),
        "link2": ("10.0.2.0/24", [("b", ".2 cost 5"), ("c", ".3 cost 5")]),
        "10.7.0.0/16": ("", [("b", "cost 1")]),
        "8.8.8.8 – b": ("", [("8.8.8.8", "cost 5")]),
    }
    assert picture["tree"] == [
        {"node": "a", "lan": "link1", "to": ["b"]},
        {"node": "b", "lan": "10.7.0.0/16", "to": []},
    ]


def test_in_the_terminal_each_lan_has_the_paths_over_it(catenet):
    code, out, err = catenet("--from", "a", "small")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "small as a's ospf knows it, with the shortest paths from there"
    assert "link1 10.0.1.0/24 a .1 cost 3 ── b .2 cost 4 a → b" in lines
    assert "link2 10.0.2.0/24 b .2 cost 5 ── c .3 cost 5 not reached" in lines


def test_the_tree_is_bold_in_every_drawing_and_nothing_else(catenet):
    drawn = {form: catenet("--from", "a", "--format", form)[1] for form in ("svg", "dot", "mermaid")}
    assert len(re.findall(r'class="line tree"', drawn["svg"])) == 3
    assert drawn["dot"].count("penwidth=5") == 3
    (styled,) = re.findall(r"linkStyle ([\d,]+) stroke", drawn["mermaid"])
    edges = [line for line in drawn["mermaid"].splitlines() if "---" in line]
    names = dict(re.findall(r'  ([nl]\d+)[(\["]+([^"<]+)', drawn["mermaid"]))
    bold = [re.findall(r"[nl]\d+", edges[int(place)]) for place in styled.split(",")]
    assert [[names[each] for each in ends] for ends in bold] == [["a", "link1"], ["b", "link1"], ["b", "10.7.0.0/16"]]


def test_with_lines_to_write_on_no_cost_is_told(catenet):
    assert "cost" not in catenet("--from", "a", "--blank", "--format", "svg")[1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--from", "c"], 2, "c's ospf is frr's, which does not tell what network it knows; these do: a, b"),
        (["--from", "x"], 2, "no node 'x'"),
        (["--from", "a", "--plan"], 2, "--from goes with a lab that runs, not with its --plan"),
        (["--from", "a", "--call", "a"], 2, "--call and --from are two pictures: choose one"),
    ],
)
def test_a_mistake_is_one_line(catenet, words, code, said):
    found, out, err = catenet(*words)
    assert (found, out) == (code, "") and said in err and err.count("\n") == 1


def test_without_such_a_protocol(catenet, small):
    small.running.file.write_text(
        small.running.file.read_text().replace(
            "{link1: 10.0.1.1}, services: {ospf: {}}", "{link1: 10.0.1.1}, services: {rip: {}}"
        )
    )
    assert "a runs no protocol that knows the whole network (ospf); these do: b" in catenet("--from", "a")[2]


def test_a_node_that_cannot_answer(catenet, small):
    small.kill("a")
    assert "a is exited (137)" in catenet("--from", "a")[2]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (3, "links 3 is no object"),
        ({"router": "1.1.1.1", "cost": "x"}, "cost"),
        ({"node": "a"}, "router"),
    ],
)
def test_an_answer_that_is_none(catenet, row, said):
    catenet.shown[TABLE] = [row]
    code, out, err = catenet("--from", "a")
    assert (code, out) == (3, "") and "a did not show what network it knows" in err and said in err


def test_hostile_words_are_drawn_as_words(catenet):
    catenet.shown[TABLE] = [KnownLink('<b>"', "\x1b[2J", "", "", None, "no/prefix", "no address").to_json()]
    for form in ("text", "svg", "dot", "mermaid"):
        code, out, _ = catenet("--from", "a", "--format", form)
        assert code == 0 and "\x1b" not in out
