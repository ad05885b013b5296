from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module

import pytest

from catenet.nodes.control.questions import Answer
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.cli.verbs import commands
from catenet.orchestrator.faults import verbs

EVERY_VERB = {name: verb for panel in commands().values() for name, verb in panel.items()}


@pytest.mark.parametrize("verb", EVERY_VERB)
def test_every_verb_has_help_with_an_example(catenet, verb):
    code, out, _ = catenet(verb, "--help")
    assert code == 0
    assert f"catenet {verb}" in out.replace(f"Usage: catenet {verb}", "")


def test_the_program_itself_has_help_and_a_version(catenet):
    code, out, _ = catenet()
    assert code == 0
    assert all(verb in out for verb in EVERY_VERB)
    assert catenet("--version")[1].startswith("catenet ")


def test_help_loads_nothing_slow():
    slow = "docker", "ruamel", "pydantic", "dnslib", "requests", "typer", "rich", "inspect", "dataclasses", "pkgutil"
    program = f"""
import sys
from catenet.orchestrator.cli.app import run
run(["--help"])
sys.exit(sum(name in sys.modules for name in {slow!r}))
"""
    assert subprocess.run([sys.executable, "-c", program], check=False, stdout=subprocess.DEVNULL).returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["statsu"], "did you mean status?"),
        (["--foo"], "No such option: --foo"),
        (["status", "--lab", "smal"], "did you mean small?"),
        (["reset", "extra"], "a running lab is named with --lab"),
        (["status", "smal"], "did you mean small?"),
        (["play", "small", "--lab", "other"], "two labs are named, small and --lab other: leave one out"),
        (["cut"], "Missing argument 'LAN'"),
        (["cut", "lin1"], "did you mean link1?"),
        (["cut", "b"], "b is a node, not a LAN: catenet kill b"),
        (["heal", "b"], "b is a node, not a LAN: catenet start b"),
        (["pause", "link1"], "link1 is a LAN, not a node: catenet cut link1"),
        (["start", "link1"], "link1 is a LAN, not a node: catenet heal link1"),
        (["kill", "x"], "choose from: a, b, c"),
        (["show", "a", "ripp"], "did you mean rip?"),
        (["show", "all", "ripp"], "lab small has no table 'ripp'; did you mean rip?"),
        (["events", "--kind", "rout.lost"], "did you mean route.lost?"),
        (["logs", "a", "-n", "few"], "-n 'few' is neither a number nor the word all"),
        (["events", "--node", "x"], "choose from: a, b, c"),
        (["exec", "a", "--"], "no program is named"),
    ],
)
def test_a_mistake_is_one_line_that_names_what_is_there(catenet, words, said):
    code, out, err = catenet(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_paused_node_shows_nothing_and_says_what_to_do(catenet, small):
    small.engine.pause("small-a")
    small.kill("b")
    assert catenet("show", "a", "rip")[::2] == (2, "catenet: a is paused: catenet resume a\n")
    assert catenet("show", "b", "rip")[::2] == (2, "catenet: b is exited (137): catenet start b\n")
    assert catenet("exec", "a", "true")[::2] == (2, "catenet: a is paused: catenet resume a\n")


def test_the_engines_fault_is_3_and_ours_is_70(capsys):
    def silent() -> FakeEngine:
        raise EngineError("no engine answers", "start it")

    def broken() -> FakeEngine:
        raise KeyError("x")

    assert run(["status"], silent) == 3
    assert capsys.readouterr().err == "catenet: no engine answers (start it)\n"
    assert run(["status"], broken) == 70
    assert "CATENET_DEBUG=1" in capsys.readouterr().err


def test_a_traceback_only_where_it_is_asked_for(catenet, monkeypatch):
    assert "Traceback" not in catenet("kill", "x")[2]
    monkeypatch.setenv("CATENET_DEBUG", "1")
    assert "Traceback" in catenet("kill", "x")[2]


class TestStatus:
    def test_text(self, catenet, small):
        small.down = {("a", "link1"), ("b", "link1")}
        small.engine.pause("small-c")
        code, out, _ = catenet("status")
        assert code == 0
        assert out.splitlines() == [
            "node  state   LANs                            services  restarts  memory",
            "a     ready   link1=10.0.1.1                  rip              1   20 MB",
            "b     ready   link1=10.0.1.2, link2=10.0.2.2  rip              1   20 MB",
            "c     paused  link2                                            -       -",
            "",
            "LAN    state  nodes",
            "link1  cut    a, b",
            "link2  up     b, c",
            "",
            "small: 3 nodes (2 ready, 1 paused), 2 LANs (1 cut, 1 up), 40 MB",
        ]

    def test_the_lab_is_named_either_way(self, catenet):
        for words in (("small",), ("--lab", "small"), ("small", "--lab", "small")):
            assert json.loads(catenet("status", *words, "--json")[1])["lab"] == "small"

    def test_json(self, catenet):
        whole = json.loads(catenet("status", "--json")[1])
        assert whole["lans"][0] == {"lan": "link1", "state": "up", "nodes": ["a", "b"]}
        assert whole["nodes"][0]["lans"] == [{"lan": "link1", "address": "10.0.1.1", "up": True, "silent": False}]


class TestShow:
    def test_without_what_it_says_what_there_is(self, catenet):
        assert catenet("show", "a")[1] == "links, rip\n"

    def test_a_table(self, catenet):
        assert catenet("show", "a", "rip")[1].splitlines() == [
            "table",
            "to           network  via  LAN    cost  metric  age (s)",
            "10.0.2.0/24  link2    b    link1     1       2      1.2",
            "10.0.1.0/24  link1    -    link1     0       1        -",
            "",
            "timers",
            "update  5 s",
        ]

    def test_a_table_may_have_two_words_and_a_node_is_named_though_its_neighbour_has_its_address_alone(
        self, catenet, small
    ):
        small.more["rip peers"] = [{"node": "10.0.2.3", "heard": 7}, {"node": "b", "heard": 5}]
        lines = ["node  heard", "c         7", "b         5"]
        assert catenet("show", "a", "rip", "peers")[1].splitlines() == lines
        assert json.loads(catenet("show", "a", "rip", "peers", "--json")[1])[0]["node"] == "c"
        small.running.file.unlink()
        assert "10.0.2.3" in catenet("show", "a", "rip", "peers")[1]

    def test_a_lab_file_that_has_gone_costs_the_names_of_the_networks_only(self, catenet, small):
        small.running.file.unlink()
        assert "10.0.2.0/24  b    link1" in catenet("show", "a", "rip")[1]

    def test_json_is_the_nodes_own(self, catenet):
        assert json.loads(catenet("show", "a", "rip", "--json")[1])["table"][0]["node"] == "b"

    def test_of_all_nodes_one_table_and_the_dead_are_named(self, catenet, small):
        small.kill("b")
        small.engine.pause("small-c")
        code, out, err = catenet("show", "all", "rip")
        assert code == 0
        assert out.splitlines() == [
            "table",
            "node  to           network  via  LAN    cost  metric  age (s)",
            "a     10.0.2.0/24  link2    b    link1     1       2      1.2",
            "a     10.0.1.0/24  link1    -    link1     0       1        -",
            "",
            "timers",
            "node  update",
            "a        5 s",
        ]
        assert err == "catenet: b is left out: exited (137)\ncatenet: c is left out: paused\n"

    @pytest.mark.parametrize(("flags", "printed"), [((), ""), (("--json",), "{}\n")])
    def test_where_no_node_answers_it_fails(self, catenet, small, flags, printed):
        for node in ("a", "b", "c"):
            small.engine.pause(f"small-{node}")
        code, out, err = catenet("show", "all", "rip", *flags)
        assert (code, out) == (1, printed)
        assert err.splitlines()[-1] == "catenet: no node of lab small answers"

    def test_of_all_nodes_each_has_its_rows(self, catenet):
        rows = [line.split()[:2] for line in catenet("show", "all", "links")[1].splitlines()]
        assert rows == [["node", "LAN"], ["a", "link1"], ["b", "link1"], ["b", "link2"], ["c", "link2"]]
        assert [line.split()[0] for line in catenet("show", "all")[1].splitlines()] == ["node", "a", "b", "c"]

    def test_of_all_nodes_as_json_by_name(self, catenet):
        whole = json.loads(catenet("show", "all", "links", "--json")[1])
        assert {node: len(rows) for node, rows in whole.items()} == {"a": 1, "b": 2, "c": 1}

    def test_a_node_without_the_word_is_left_out_silently(self, catenet, small):
        ordinary = small.engine.answer

        def answer(container, command, given):
            if container == "small-a":
                return 0, bytes(Answer(error="no rip here", known=("links",))), b""
            return ordinary(container, command, given)

        small.engine.answer = answer
        code, out, err = catenet("show", "all", "rip")
        assert (code, err) == (0, "")
        assert {line.split()[0] for line in out.splitlines() if "10.0" in line} == {"b", "c"}


class TestBreakAndMend:
    def test_each_says_what_it_did(self, catenet):
        assert catenet("cut", "link1")[1].startswith("link1 cut: down at a and b (")
        assert catenet("cut", "link1")[1] == "link1 is cut already\n"
        assert catenet("cut", "link1", "--silent")[1].startswith("link1 silent: every packet is dropped at a and b (")
        assert "link1  silent  a, b" in catenet("status")[1]
        assert catenet("heal", "link1")[1].startswith("link1 healed: up at a and b (")
        assert catenet("cut", "link1")[0] == 0
        assert catenet("heal", "link1")[1].startswith("link1 healed: up at a and b (")
        assert catenet("kill", "b")[1].startswith("b killed (")
        assert catenet("cut", "link1")[1].endswith("b is exited (137): its end is cut when it is back\n")
        assert catenet("start", "b")[1].endswith("  link1 is cut: down at b too\n")

    def test_several_at_one_moment(self, catenet, small):
        assert [line.partition(" (")[0] for line in catenet("cut", "link1", "link2", "link1")[1].splitlines()] == [
            "link1 cut: down at a and b",
            "link2 cut: down at b and c",
        ]
        assert small.down == {("a", "link1"), ("b", "link1"), ("b", "link2"), ("c", "link2")}
        assert [done["target"] for done in json.loads(catenet("kill", "a", "c", "--json")[1])] == ["a", "c"]

    def test_nothing_is_done_where_one_of_several_is_not_there(self, catenet, small):
        assert catenet("cut", "link1", "link9")[:2] == (2, "")
        assert catenet("kill", "a", "link1")[:2] == (2, "")
        assert not small.down
        assert {node.state for node in small.running.containers.values()} == {"running"}

    def test_json(self, catenet):
        done = json.loads(catenet("pause", "a", "--json")[1])
        assert (done["verb"], done["target"], done["changed"]) == ("pause", "a", True)


def test_validate_needs_no_engine(catenet, tmp_path, capsys):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("name: good\nlans: {l: {prefix: 10.0.0.0/24}}\nnodes: {a: {lans: [l]}, b: {lans: [l]}}\n")
    bad.write_text("name: bad\nlan: {}\nnodse: {}\n")
    assert catenet("validate", str(good)) == (0, f"{good}: fine (2 nodes, 1 LANs)\n", "")
    code, out, err = catenet("validate", str(bad), str(good), str(tmp_path / "none.yaml"))
    assert (code, out) == (2, f"{good}: fine (2 nodes, 1 LANs)\n")
    assert f"{bad}:2: " in err and f"{bad}:3: " in err and "none.yaml" in err
    whole = json.loads(catenet("validate", "--json", str(bad), str(good))[1])
    assert [verdict["fine"] for verdict in whole] == [False, True]


DISAGREEING = """\
name: odd
lans: {l: {}, m: {}, n: {}}
defaults:
  ospf: {hello: 2s}
nodes:
  a: {lans: [l, m], services: {ospf: {area: {l: 1}}}}
  b:
    lans: [l, n]
    services:
      ospf: {hello: 3s}
"""


def test_validate_says_which_options_keep_routers_apart(catenet, tmp_path):
    """The lab can be run, and may be there to show just that."""
    odd = tmp_path / "odd.yaml"
    odd.write_text(DISAGREEING)
    code, out, err = catenet("validate", str(odd))
    assert (code, out) == (1, "")
    apart = "they cannot be neighbours (a's: line"
    assert err.splitlines() == [
        f"{odd}:10: node b: ospf: its area on l is 0.0.0.0, and a's is 0.0.0.1: {apart} 6)",
        f"{odd}:10: node b: ospf: its hello on l is 3s, and a's is 2s: {apart} 4)",
    ]
    (verdict,) = json.loads(catenet("validate", "--json", str(odd))[1])
    assert (verdict["fine"], verdict["errors"], verdict["disagreements"]) == (False, [], err.splitlines())


def test_a_dry_run_says_the_steps_and_makes_nothing(catenet, small):
    small.engine.calls.clear()
    code, out, _ = catenet("up", "--dry-run", "five-routers", "--name", "b")
    assert code == 0
    assert "start b-a" in out.splitlines()
    steps = json.loads(catenet("up", "--dry-run", "five-routers", "--name", "b", "--json")[1])
    assert steps == out.splitlines()
    assert small.engine.calls == []


def test_a_copys_name_is_one_that_a_lab_may_have(catenet, small):
    code, out, err = catenet("up", "five-routers", "--name", "a/b")
    assert (code, out) == (2, "")
    assert "--name 'a/b' is no name for a lab: 1 to 40 characters" in err


def test_labs_lists_the_running_ones_and_those_that_are_shipped(catenet):
    whole = json.loads(catenet("labs", "--json")[1])
    assert [lab["lab"] for lab in whole["running"]] == ["small"]
    assert {lab["lab"] for lab in whole["shipped"]} >= {"internet", "five-routers"}
    assert "small" in catenet("labs")[1]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_knows_no_lines_gets_question_marks(encoding):
    program = """
import sys
import catenet.orchestrator.cli as cli
from catenet.orchestrator.cli.screen import say
sys.argv = ["catenet", "--version"]
try:
    cli.main()
finally:
    say("a ═══ b")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "a ??? b"


def test_the_current_folder_may_be_removed(catenet, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert catenet("status")[0] == 0
    assert catenet("up", "--dry-run", "five-routers", "--name", "b")[0] == 0
    assert catenet("down", "nobody")[0] == 2
    monkeypatch.chdir(tmp_path)


def test_the_reader_of_a_pipe_may_go_away():
    program = """
import sys
from catenet.orchestrator.cli.app import run
sys.exit(run(["labs", "--json"]))
"""
    pipe = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    pipe.stdout.close()
    assert pipe.stderr.read() == b""
    assert pipe.wait() in (0, 1)
    pipe.stderr.close()


def test_the_table_of_verbs_names_functions_that_are_there():
    made = {name for name, verb in EVERY_VERB.items() if not verb.target}
    assert made == verbs().keys()
    for verb in (verb for name, verb in EVERY_VERB.items() if name not in made):
        module, _, function = verb.target.partition(":")
        assert callable(getattr(import_module(f"catenet.orchestrator.cli.{module}"), function))


@pytest.mark.parametrize("seconds", ["nan", "inf", "1e300", "0", "-1"])
def test_a_time_that_no_clock_can_wait_for_is_the_users_mistake(catenet, seconds):
    for words in (["up", "five-routers"], ["test", "five-routers"]):
        code, _, err = catenet(*words, f"--timeout={seconds}")
        assert code == 2
        assert "Invalid value for '--timeout'" in err
    if seconds != "0":
        assert catenet("capture", "link1", f"--seconds={seconds}")[0] == 2
