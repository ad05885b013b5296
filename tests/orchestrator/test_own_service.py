"""A service of one's own is a folder and a file: what the orchestrator does with services, it does with this one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from catenet.nodes.control.config import CONFIG_VARIABLE
from catenet.nodes.control.questions import Answer
from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.evidence.secrets import inspected_without_secrets
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.lab.schema import schema
from catenet.orchestrator.observe.ask import ControlConnections
from catenet.orchestrator.observe.caches import empty_caches
from catenet.orchestrator.plan.compose import ComposePaths, compose_file
from catenet.orchestrator.plan.desired import desired

pytestmark = pytest.mark.usefixtures("own_service")

LAB = """\
lans: {{link1: {{prefix: 10.0.1.0/24}}, link2: {{prefix: 10.0.2.0/24}}}}
nodes:
  a: {{lans: {{link1: 10.0.1.1}}, services: {{parrot: {{greetings: hello.txt, {}}}}}}}
  b: {{lans: {{link1: 10.0.1.2, link2: 10.0.2.2}}, services: [rip]}}
  c: {{lans: {{link2: 10.0.2.3}}, services: {{parrot: {{greetings: hello.txt}}}}}}
"""


def file_in(folder: Path, options: str = "key: hush", greetings: bytes = b"hello\n") -> Path:
    (folder / "hello.txt").write_bytes(greetings)
    (folder / "lab.yaml").write_text(LAB.format(options))
    return folder / "lab.yaml"


@pytest.mark.parametrize(
    ("options", "greetings", "said"),
    [
        ("key: hush", "hello\nno\u00ebl\n".encode(), "hello.txt:2: a greeting is not ASCII"),
        ("key: hush", b"", "hello.txt:1: there is no greeting"),
        ("prt: 8", b"", "lab.yaml:3: node a: parrot: unknown word 'prt' (did you mean port?)"),
        ("port: 70000", b"", "lab.yaml:3: node a: parrot: port 70000 is not between 0 and 65535"),
        ("lans: [link9]", b"", "lab.yaml:3: node a: parrot: lans: there is no LAN 'link9'"),
        ("remember: 5", b"", "lab.yaml:3: node a: parrot: remember is 5"),
        ("port: 520}, rip: {", b"", "lab.yaml:3: node a: parrot and rip both listen on port 520"),
    ],
)
def test_a_mistake_is_said_at_its_line(tmp_path: Path, options: str, greetings: bytes, said: str) -> None:
    with pytest.raises(LabFileError) as caught:
        load(file_in(tmp_path, options, greetings))
    assert said in str(caught.value).replace(f"{tmp_path}/", "")


def test_no_message_repeats_its_secret(tmp_path: Path) -> None:
    with pytest.raises(LabFileError) as caught:
        load(file_in(tmp_path, "key: [hush]"))
    assert "node a: parrot: key" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_the_schema_and_the_completion_have_it() -> None:
    validator = Draft202012Validator(schema())
    node: dict[str, Any] = {"lans": ["l"], "services": {"parrot": {"greetings": "x", "remember": "5s"}}}
    assert validator.is_valid({"lans": {"l": None}, "nodes": {"a": node}})
    node["services"]["parrot"]["remembr"] = "5s"
    assert not validator.is_valid({"lans": {"l": None}, "nodes": {"a": node}})
    options = schema()["$defs"]["parrot-options"]
    assert options["description"] == "Sends back whatever it receives."
    assert options["properties"]["port"]["description"] == "The UDP port. Default: 7."
    assert "parrot.greeted" in complete.kinds()


def test_its_node_is_told_and_compose_too(tmp_path: Path) -> None:
    wanted = desired(load(file_in(tmp_path)), "x", "catenet/node:1")
    peers = {"parrot": {"peers": {"a": "10.0.1.1", "c": "10.0.2.3"}}}
    configs = [json.loads(spec.environment[CONFIG_VARIABLE]) for spec in wanted.containers]
    assert [config["told"] for config in configs] == [peers, {}, peers]
    assert configs[0]["services"]["parrot"]["key"] == "hush"
    exported = compose_file(wanted, ComposePaths("lab.yaml", ".", ""), "catenet export compose")
    assert '"peers": {"a": "10.0.1.1", "c": "10.0.2.3"}' in " ".join(exported.split())


def test_a_greeting_that_changes_makes_its_nodes_anew(tmp_path: Path) -> None:
    before, after = (desired(load(file_in(tmp_path, "", text)), "x", "i") for text in (b"hello\n", b"bye\n"))
    differ = [old.hostname for old, new in zip(before.containers, after.containers, strict=True) if old != new]
    assert differ == ["a", "c"]


def test_its_cache_is_emptied(small: Any) -> None:
    """And those of all others: each node keeps who its neighbours are."""
    file_in(small.running.file.parent)
    with ControlConnections(small.engine) as connections:
        empty_caches(connections, small.running)
    assert sorted(node for node, question in small.asked if question.ask == "flush") == ["a", "b", "c"]


def test_show_draws_its_table(small: Any, capsys: pytest.CaptureFixture[str]) -> None:
    file_in(small.running.file.parent)
    shown = {"port": 7, "timers": {"remember": 60.0}, "greeted": [{"host": "b", "ago": 1.5}]}
    small.engine.answer = lambda *_: (0, bytes(Answer(shown)), b"")
    assert run(["show", "a", "parrot"], lambda: small.engine) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["remember", "60", "s"] in lines
    assert ["host", "ago", "(s)"] in lines
    assert ["b", "1.5"] in lines


def test_evidence_has_all_but_its_secret() -> None:
    config = json.dumps({"services": {"parrot": {"greetings": "x", "port": 7, "key": "hush"}}})
    known: Any = inspected_without_secrets({"Config": {"Env": [f"CATENET_NODE={config}"]}})
    (variable,) = known["Config"]["Env"]
    kept = json.loads(variable.removeprefix("CATENET_NODE="))["services"]["parrot"]
    assert kept == {"greetings": "x", "port": 7, "key": "(hidden)"}
