"""A verb is one file: command line, timeline, schema, plugin and reset know of it by its VERB."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from catenet.orchestrator import faults
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import LabFileError, Moment
from catenet.orchestrator.lab.schema import schema
from catenet.orchestrator.observe.running import UserError
from catenet.orchestrator.operations.verbs import do
from catenet.orchestrator.timeline import Play

LAB = "lans: {l: {}}\nnodes: {a: {lans: [l]}, b: {lans: [l]}}\ntimeline:\n"


@pytest.fixture
def catenet(small, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def call(*words):
        code = run(words, lambda: small.engine)
        return code, *capsys.readouterr()

    return call


@pytest.mark.usefixtures("own_verb")
def test_it_is_a_command_with_help_and_flags(catenet, small):
    assert "lame        Drop what comes in at one end of a LAN" in catenet("--help")[1]
    code, out, _ = catenet("lame", "--help")
    assert code == 0
    assert all(word in out for word in ("Lame a LAN", "catenet lame link1 --last", "--last", "The last end instead."))
    assert (
        catenet("lame", "link1", "link2", "--last")[1]
        .splitlines()[0]
        .startswith("link1 silent: every packet is dropped at b")
    )
    assert small.silent == {("b", "link1"), ("c", "link2")}
    assert catenet("heal", "link1", "link2")[0] == 0
    assert small.silent == set()
    assert "a is a node, not a LAN: catenet pause a" in catenet("lame", "a")[2]
    assert "No such option: --silent" in catenet("lame", "link1", "--silent")[2]


def test_without_its_file_it_is_unknown(catenet):
    code, _, err = catenet("lame", "link1")
    assert (code, "lame" in err) == (2, True)


@pytest.mark.usefixtures("own_verb")
def test_a_timeline_has_it_with_lines_and_hints():
    lab = parse(f"{LAB}  - {{at: 2s, lame: [l], last: yes}}\n  - {{at: 3s, heal: l}}\n".encode(), "f")
    assert lab.timeline[0] == Moment(2.0, "lame", "l", flags=("last",))
    assert lab.timeline[0].words == "lame l --last"
    for entry, message in (
        ("at: 1s, lame: a", "f:4: timeline: lame: there is no LAN 'a'"),
        ("at: 1s, laem: l", "f:4: timeline: unknown word 'laem' (did you mean lame?)"),
        ("at: 1s, lame: l, silent: yes", "f:4: timeline: silent beside lame (silent belongs to `cut:`)"),
        ("at: 1s, cut: l, last: yes", "f:4: timeline: last beside cut (last belongs to `lame:`)"),
    ):
        with pytest.raises(LabFileError) as caught:
            parse(f"{LAB}  - {{{entry}}}\n".encode(), "f")
        assert message in str(caught.value)


@pytest.mark.usefixtures("own_verb")
def test_the_schema_has_it():
    validator = Draft202012Validator(schema())
    lab = {"lans": {"l": None}, "nodes": {"a": {"lans": ["l"]}}}
    for entry, right in (
        ({"lame": "l"}, True),
        ({"lame": "l", "last": True}, True),
        ({"cut": "l", "last": True}, False),
        ({"lame": "l", "cut": "l"}, False),
    ):
        assert validator.is_valid({**lab, "timeline": [{"at": "1s", **entry}]}) is right


@pytest.mark.usefixtures("own_verb")
def test_a_play_that_is_broken_off_undoes_it(small):
    def interrupt(call, _):
        if call == "kill":
            assert small.silent == {("a", "link1")}
            raise KeyboardInterrupt

    small.engine.before = interrupt
    history = []
    with pytest.raises(KeyboardInterrupt):
        Play(small.engine, small.running, history.append).run((Moment(0, "lame", "link1"), Moment(0, "kill", "c")))
    assert [each.verb for each in history] == ["lame", "heal", "start"]
    assert small.silent == set()


def test_a_flag_that_the_verb_has_not_is_named(small):
    with pytest.raises(UserError, match="verb heal has no flag 'silent'"):
        do(small.engine, small.running, "heal", "link1", ["silent"])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("VERB = 'lame'", "odd: it has no VERB, which is a Verb"),
        ("VERB = Verb('odd', 'LAN', '', '', print, undone_by='mend')", "verb odd: there is no verb mend"),
        ("VERB = Verb('cut', 'LAN', '', '', print)", "the verb cut is another file's already"),
        (
            "VERB = Verb('odd', 'LAN', '', '', print, flags=(Flag('silent', '', '', ''),))",
            "verb odd: the flag silent is another verb's already",
        ),
    ],
)
def test_a_file_that_is_no_verb_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str) -> None:
    (tmp_path / "odd.py").write_text(f"from catenet.orchestrator.faults.verb import Flag, Verb\n{text}\n")
    monkeypatch.setattr(faults, "__path__", [*faults.__path__, str(tmp_path)])
    faults.verbs.cache_clear()
    try:
        with pytest.raises(TypeError, match=why):
            faults.verbs()
    finally:
        faults.verbs.cache_clear()
        sys.modules.pop(f"{faults.__name__}.odd", None)
