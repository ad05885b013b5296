from __future__ import annotations

import json
import threading
import time
from dataclasses import replace

import pytest

from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import Answer
from catenet.orchestrator.backend.protocols import LABEL_NODE, EngineError
from catenet.orchestrator.evidence.failure import save, save_or_say

TABLES = {"links": [{"lan": "link1"}], "rip": {"table": []}}


@pytest.fixture
def lab(small):
    """Nodes that show two tables; their tcpdump never begins."""

    def answer(container, command, given):
        if command[0] == "sh":
            lines = [bytes(Answer([*TABLES])), *(bytes(Answer(table)) for table in TABLES.values())]
            return 0, b"".join(lines), b""
        return 127, b"", b"no tcpdump\n"

    small.engine.answer = answer
    return small


def test_everything_is_kept_of_those_that_run_and_what_is_known_of_the_dead(lab, tmp_path):
    said = Event(9e9, "a", "rip", "route.lost", "10.0.2.0/24", {}).line(with_json=True)
    lab.engine.write("small-a", said)
    lab.kill("b")
    lab.engine.pause("small-c")
    place = save(lab.engine, "small", "check D2: no route", tmp_path / "kept", again=None)
    assert place.parent == tmp_path / "kept"
    assert place.name.endswith("-small")
    assert (place / "error.txt").read_text() == "check D2: no route\n"
    for folder, ending in (("logs", "log"), ("inspect", "json")):
        assert sorted(file.name for file in (place / folder).iterdir()) == [f"{node}.{ending}" for node in "abc"]
    assert [file.name for file in (place / "tables").iterdir()] == ["a"]
    assert {file.stem: json.loads(file.read_text()) for file in (place / "tables" / "a").iterdir()} == TABLES
    assert said in (place / "logs" / "a.log").read_text()
    assert (place / "events.txt").read_text().splitlines()[-1].endswith(" a " + said.partition("\t")[0])
    assert not (place / "left-out.txt").exists()


def test_what_cannot_be_had_is_said(lab, tmp_path, monkeypatch):
    monkeypatch.setattr("catenet.orchestrator.evidence.packets._BEGIN", 0.1)
    done = []
    place = save(lab.engine, "small", "x", tmp_path, again=lambda: done.append(1))
    said = (place / "left-out.txt").read_text().splitlines()
    assert said == [f"captures/{node}.pcap: {node}: tcpdump did not begin in time" for node in "abc"]
    assert done == []  # nobody listens, so it is not done again


def test_a_node_that_hangs_costs_its_own_tables_and_no_more(lab, tmp_path, monkeypatch):
    monkeypatch.setattr("catenet.orchestrator.evidence.failure._LOOK", 2.0)
    ordinary, end = lab.engine.answer, threading.Event()

    def answer(container, command, given):
        if container == "small-b":
            end.wait(200)
        return ordinary(container, command, given)

    lab.engine.answer = answer
    began = time.monotonic()
    place = save(lab.engine, "small", "x", tmp_path, again=None)
    assert time.monotonic() - began < 100
    end.set()
    assert (place / "left-out.txt").read_text() == "tables/b: not done within 2 s\n"
    assert {"a", "c"} <= {folder.name for folder in (place / "tables").iterdir()}


@pytest.mark.parametrize("word", ["../x", "/x", "a/b", "", "..", "Links", "-x", "x" * 65, "x\n", 7, ["x"], None])
def test_no_answer_of_a_node_decides_where_a_file_is_written(lab, tmp_path, word):
    ordinary = lab.engine.answer

    def answer(container, command, given):
        code, output, error = ordinary(container, command, given)
        return code, output.replace(b'["links",', b'["links", ' + json.dumps(word).encode() + b","), error

    lab.engine.answer = answer
    place = save(lab.engine, "small", "x", tmp_path / "kept", again=None)
    said = (place / "left-out.txt").read_text().splitlines()
    assert said == [f"tables/{node}: these are no names of tables: {word!r}" for node in "abc"]
    assert {file.stem: json.loads(file.read_text()) for file in (place / "tables" / "a").iterdir()} == TABLES
    assert [file for file in tmp_path.rglob("*.json") if not file.is_relative_to(place)] == []


def test_more_answers_than_tables_are_not_taken_for_others(lab, tmp_path):
    ordinary = lab.engine.answer
    lab.engine.answer = lambda *asked: (0, ordinary(*asked)[1] + bytes(Answer({})), b"")
    place = save(lab.engine, "small", "x", tmp_path, again=None)
    assert "tables/a: it has 2 tables, and gave 3\n" in (place / "left-out.txt").read_text()
    assert not (place / "tables").exists()


def test_no_label_decides_where_a_file_is_written(lab, tmp_path):
    ordinary = lab.engine.inspected
    lab.engine.inspected = lambda found: [
        replace(each, labels={**each.labels, LABEL_NODE: "../../x"}) if each.node == "a" else each
        for each in ordinary(found)
    ]
    place = save(lab.engine, "small", "x", tmp_path / "kept", again=None)
    assert [path for path in tmp_path.rglob("x*") if not path.is_relative_to(place)] == []
    said = (place / "left-out.txt").read_text()
    assert "logs/../../x.log: 'logs/../../x.log' is no name of a file here\n" in said
    assert {"b.log", "c.log"} <= {file.name for file in (place / "logs").iterdir()}


def test_no_copys_name_decides_where_the_folder_is(lab, tmp_path):
    place = save(lab.engine, "/../../elsewhere", "x", tmp_path / "kept", again=None)
    assert place.parent == tmp_path / "kept"
    assert not (tmp_path / "elsewhere").exists()


def test_a_log_is_kept_whole_and_its_last_lines_are_among_the_events(lab, tmp_path, monkeypatch):
    monkeypatch.setattr("catenet.orchestrator.evidence.node._EVENTS", 2)
    for number in range(5):
        lab.engine.write("small-a", f"line {number}")
    place = save(lab.engine, "small", "x", tmp_path, again=None)
    assert (place / "logs" / "a.log").read_text().splitlines()[1:] == [f"line {number}" for number in range(5)]
    events = [line.split(" ", 2) for line in (place / "events.txt").read_text().splitlines()]
    assert [text for _, node, text in events if node == "a"] == ["line 3", "line 4"]


def test_of_the_environment_only_what_is_ours_is_kept(lab, tmp_path):
    ordinary = lab.engine.inspect
    variables = ["HTTP_PROXY=http://user:hunter2@proxy", 'CATENET_NODE={"node": "a"}', "PATH=/bin"]

    def inspect(name):
        known = ordinary(name)
        return {**known, "Config": {**known["Config"], "Env": variables}}

    lab.engine.inspect = inspect
    place = save(lab.engine, "small", "x", tmp_path, again=None)
    text = (place / "inspect" / "a.json").read_text()
    assert json.loads(text)["Config"]["Env"] == ['CATENET_NODE={"node": "a"}']
    assert "hunter2" not in text


def test_two_failures_in_one_second_have_a_folder_each(lab, tmp_path):
    places = {save(lab.engine, "small", str(number), tmp_path, again=None) for number in range(3)}
    assert len(places) == 3
    assert sorted((place / "error.txt").read_text() for place in places) == ["0\n", "1\n", "2\n"]


def test_an_engine_that_is_gone_leaves_the_error(lab, tmp_path):
    def refuse(labels):
        raise EngineError("list the containers: no answer")

    lab.engine.listed = refuse
    place = save(lab.engine, "small", "why", tmp_path)
    assert (place / "error.txt").read_text() == "why\n"
    assert "list the containers: no answer" in (place / "left-out.txt").read_text()


def test_a_folder_that_cannot_be_written_is_a_line_not_an_error(lab, tmp_path):
    (tmp_path / "file").write_text("no folder")
    said = save_or_say(lab.engine, "small", "why", tmp_path / "file", again=None)
    assert said.startswith("the evidence could not be kept: ")
    assert "file" in said
    assert save_or_say(lab.engine, "small", "why", tmp_path, again=None).startswith(f"evidence is kept in {tmp_path}")
