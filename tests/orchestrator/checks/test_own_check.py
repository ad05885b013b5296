"""A check is one file: what reads the lab file, the schema, `catenet check` and the plugin know of it by its class."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from jsonschema import Draft202012Validator

from catenet.orchestrator import checks
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Scene
from catenet.orchestrator.checks.ping import PingCheck
from catenet.orchestrator.checks.routes import RoutesCheck
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.lab.expect import ExpectationError, read_expectation
from catenet.orchestrator.lab.kinds import kind_words
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.lab.schema import schema

LAB = "lans: {l: {}}\nnodes: {a: {lans: [l]}, b: {lans: [l]}}\nchecks:\n"


def said(check: str) -> str:
    with pytest.raises(LabFileError) as caught:
        parse(f"{LAB}  - {{{check}}}\n".encode(), "f")
    return str(caught.value)


@pytest.mark.usefixtures("own_check")
@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("reaches: {from: a, to: b, tires: 2}", "f:4: check: reaches: unknown word 'tires' (did you mean tries?)"),
        ("reeches: {from: a, to: b}", "check: unknown word 'reeches' (did you mean reaches?)"),
        ("reaches: {to: [b]}", "f:4: check: reaches: `from:` is missing (write it, like from: a)"),
        ("reaches: {from: a}", "f:4: check: reaches: `to:` is missing (write it, like to: [a])"),
        ("reaches: {from: a, to: []}", "f:4: check: reaches: to is empty: write one node or more"),
        ("reaches: {from: a, to: [b, b]}", "f:4: check: reaches: to names node b more than once (once will do)"),
        ("reaches: {from: l, to: b}", "f:4: check: reaches: from: there is no node 'l' (there is: a, b)"),
        ("reaches: {from: a, to: [b, a]}", "f:4: check: reaches: a reaches itself without a network"),
        (
            "reaches: {from: a, to: b, tries: 10}",
            "f:4: check: reaches: tries is 10, and should be a whole number from 1 to 9",
        ),
    ],
)
def test_each_mistake_in_its_words_has_its_line_and_a_hint(check: str, message: str) -> None:
    assert message in said(check)


@pytest.mark.usefixtures("own_check")
def test_the_schema_has_its_words() -> None:
    validator = Draft202012Validator(schema())
    lab: dict[str, Any] = {"lans": {"l": None}, "nodes": {"a": {"lans": ["l"]}}}
    assert validator.is_valid({**lab, "checks": [{"reaches": {"from": "a", "to": ["a"], "tries": 9}}]})
    assert validator.is_valid({**lab, "timeline": [{"at": "1s", "expect": {"reaches": {"from": "a", "to": "a"}}}]})
    for wrong in ({"from": "a"}, {"from": "a", "to": "a", "tries": 10}, {"from": "a", "to": "a", "times": 1}):
        assert not validator.is_valid({**lab, "checks": [{"reaches": wrong}]})
    assert "Echo requests to each" in json.dumps(schema()["$defs"]["reaches"])


@pytest.mark.usefixtures("own_check")
@pytest.mark.parametrize(("code", "seen"), [(0, "all answer"), (1, "no answer of g, r")])
def test_catenet_check_runs_it(world: Any, capsys: pytest.CaptureFixture[str], code: int, seen: str) -> None:
    text = world.file.read_text()
    world.file.write_text(text.replace("checks:\n", "checks:\n  - {claim: D2, reaches: {from: h, to: [g, r]}}\n"))
    world.prints("ping", b"", code=code)
    assert run(["check", "line", "--claim", "D2", "--json", "--no-evidence"], lambda: world.engine) == code
    [result] = json.loads(capsys.readouterr().out)
    assert (result["what"], result["passed"], result["seen"]) == ("h reaches g, r", code == 0, seen)


@pytest.mark.usefixtures("own_check")
def test_a_program_that_waits_for_it_is_told_of_its_mistakes(world: Any) -> None:
    lab = world.running.lab
    check = read_expectation(lab, {"reaches": {"from": "h", "to": "g"}, "within": "2s"})
    assert (check.expectation.describe(), check.within) == ("h reaches g", 2.0)
    with pytest.raises(ExpectationError, match="there is no node 'x'"):
        read_expectation(lab, {"reaches": {"from": "h", "to": "x"}})


def test_without_its_file_it_is_an_unknown_word() -> None:
    assert "check: unknown word 'reaches'" in said("reaches: {from: a, to: b}")


def kinds_with(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (folder / "odd.py").write_text(f"from catenet.orchestrator.checks.expectation import Expectation\n{text}")
    monkeypatch.setattr(checks, "__path__", [*checks.__path__, str(folder)])
    monkeypatch.delitem(sys.modules, f"{checks.__name__}.odd", raising=False)
    checks.kinds.cache_clear()
    try:
        checks.kinds()
    finally:
        checks.kinds.cache_clear()
        sys.modules.pop(f"{checks.__name__}.odd", None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "odd: one subclass of Expectation is wanted, and there are 0"),
        ("class A(Expectation): kind = 'a'\nclass B(Expectation): kind = 'b'\n", "wanted, and there are 2"),
        ("class A(Expectation): kind = 'ping'\n", "the kind ping is catenet.orchestrator.checks.ping's already"),
    ],
)
def test_a_file_that_is_no_kind_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        kinds_with(tmp_path, monkeypatch, text)


@dataclass(frozen=True, slots=True)
class Odd(Expectation):
    kind: ClassVar = "odd"
    about: ClassVar = "Of a field that no lab file can say."

    ratio: Annotated[complex, Key("What is this?")]

    def run(self, scene: Scene) -> Finding:
        raise NotImplementedError

    def describe(self) -> str:
        raise NotImplementedError


def test_a_field_that_no_lab_file_can_say_is_named() -> None:
    with pytest.raises(TypeError, match=r"Odd\.ratio"):
        kind_words(Odd)


def test_the_words_are_the_fields_in_their_order() -> None:
    assert list(kind_words(RoutesCheck)) == [each.name for each in fields(RoutesCheck)]
    assert {word: each.needed for word, each in kind_words(PingCheck).items()} == {
        "from": True,
        "to": True,
        "answered": False,
    }


def test_most_used_kinds_come_first() -> None:
    """Whatever else there is, these stand in this order."""
    used_most = ["routes", "resolve", "fetch", "path", "ping"]
    assert [kind for kind in checks.kinds() if kind in used_most] == used_most
