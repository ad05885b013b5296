"""`catenet graph` on the small lab in memory: what it draws, live and planned, and where to."""

from __future__ import annotations

import json

import pytest

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.cli.app import run


@pytest.fixture
def catenet(small, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATENET_LAB", raising=False)

    def call(*words: str) -> tuple[int, str, str]:
        code = run(("graph", *words), lambda: small.engine)
        return code, *capsys.readouterr()

    return call


def states(catenet, *words: str) -> dict[str, str]:
    picture = json.loads(catenet(*words, "--json")[1])
    return {each["name"]: each["state"] for each in (*picture["nodes"], *picture["lans"])}


def test_a_running_lab_is_shown_as_it_is(catenet, small):
    assert states(catenet) == {"a": "good", "b": "good", "c": "good", "link1": "good", "link2": "good"}
    small.down |= {("a", "link1"), ("b", "link1")}
    small.engine.pause("small-c")
    assert states(catenet) == {"a": "good", "b": "good", "c": "paused", "link1": "cut", "link2": "good"}
    small.kill("a")
    code, out, _ = catenet("small")
    assert code == 0
    assert "running: 1 of 3 nodes ready; cut: link1" in out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "link1 10.0.1.0/24 cut b .2 a .1 exited (137)" in lines
    assert "link2 10.0.2.0/24 up b .2 c .3 paused" in lines


def test_planned_as_the_file_has_it_even_while_it_runs(catenet, small):
    small.kill("a")
    assert set(states(catenet, "--plan").values()) == {""}
    assert "as its file plans it" in catenet("five-routers")[1]
    assert catenet("--lab", "five-routers") == catenet("five-routers")


def test_without_an_engine_the_file_is_drawn(capsys, monkeypatch, tmp_path):
    def refused():
        raise EngineError("no engine answers")

    monkeypatch.chdir(tmp_path)
    assert run(["graph", "five-routers"], refused) == 0
    out, err = capsys.readouterr()
    assert "as its file plans it" in out and "no engine answers" in err
    assert run(["graph"], refused) == 3


def test_where_its_file_has_gone_a_running_lab_is_drawn_all_the_same(catenet, small):
    small.running.file.unlink()
    picture = json.loads(catenet("small", "--json")[1])
    assert [(end["node"], end["address"]) for end in picture["lans"][0]["ends"]] == [
        ("a", "10.0.1.1"),
        ("b", "10.0.1.2"),
    ]


def test_the_files_name_says_the_format(catenet, tmp_path):
    begins = {"x.svg": "<svg ", "x.mmd": "graph LR\n", "x.dot": 'graph "small" {\n'}
    for name, begin in begins.items():
        assert catenet("-o", name) == (0, "", "")
        assert (tmp_path / name).read_text().startswith(begin)
    assert catenet("--format", "svg")[1] == (tmp_path / "x.svg").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "x.png"], "name it x.svg, .mmd or .dot"),
        (["-o", "none/x.svg"], "-o none/x.svg cannot be written: No such file or directory"),
        (["-o", "x", "--format", "text"], "text is for the terminal"),
        (["smal"], "no lab 'smal'; did you mean small?"),
    ],
)
def test_a_mistake_is_one_line(catenet, words, said):
    code, out, err = catenet(*words)
    assert (code, out) == (2, "") and said in err and err.count("\n") == 1
