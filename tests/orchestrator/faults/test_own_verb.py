"""A verb is one file: command line, timeline, schema, plugin and reset know of it by its VERB."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
from jsonschema import Draft202012Validator

from catenet.nodes.control.units import PERCENTAGE, RATE
from catenet.orchestrator import faults
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.faults.option import Option, fields
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import LabFileError, Moment
from catenet.orchestrator.lab.schema import schema
from catenet.orchestrator.observe.running import UserError
from catenet.orchestrator.operations.verbs import options_of
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
    assert re.search("^  lame +Drop what comes in at one end of a LAN$", catenet("--help")[1], re.MULTILINE)
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
    assert catenet("lame", "link1", "--ends", "3")[::2] == (2, "catenet: lame link1: it has no 3 ends, but 2\n")
    assert small.silent == set()


@pytest.fixture
def tell(monkeypatch):
    """A verb with an option of each kind."""
    monkeypatch.setattr(faults, "__path__", [*faults.__path__, str(Path(__file__).parent / "more")])
    faults.verbs.cache_clear()
    yield
    faults.verbs.cache_clear()
    sys.modules.pop(f"{faults.__name__}.tell", None)


TOLD = "late 0.02 s, lost 0.015, speed 2e+06 bit/s, right foot"


@pytest.mark.usefixtures("tell")
def test_an_option_has_a_value(catenet, small):
    assert all(word in catenet("tell", "--help")[1] for word in ("DURATION", "PERCENTAGE", "RATE", "left|right"))
    words = ("--end", "2", "--late", "20ms", "--lost", "1.5%", "--speed", "2mbit", "--foot", "right")
    code, out, _ = catenet("tell", "link1", *words)
    assert (code, small.silent) == (0, {("b", "link1")})
    assert TOLD in out


WRONG = (
    ("late", "20", "tell: late: '20' is no duration (like 200ms, 2s or 3m)"),
    ("lost", "1", "tell: lost: '1' is no percentage (at most 100%, like 1%)"),
    ("lost", "101%", "tell: lost: '101%' is no percentage (at most 100%, like 1%)"),
    ("speed", "fast", "tell: speed: 'fast' is no rate (at most 1000gbit, like 10mbit)"),
    ("end", "10", "tell: end is 10, and should be a whole number from 1 to 9"),
    ("end", "two", "tell: end is 'two', and should be a whole number from 1 to 9"),
    ("foot", "rihgt", "tell: foot is 'rihgt', and should be one of left, right (did you mean right?)"),
)


@pytest.mark.usefixtures("tell")
@pytest.mark.parametrize(("option", "value", "message"), WRONG)
def test_a_value_that_it_may_not_have_is_named_wherever_it_is_written(catenet, small, option, value, message):
    code, out, err = catenet("tell", "link1", f"--{option}", value)
    assert (code, out, message in err) == (2, "", True)
    written = value if value.isdecimal() and option == "end" else f'"{value}"'
    with pytest.raises(LabFileError) as caught:
        parse(f"{LAB}  - {{at: 1s, tell: l, {option}: {written}}}\n".encode(), "f")
    assert f"f:4: timeline: {message.partition(': ')[2]}" in str(caught.value)
    with pytest.raises(UserError) as refused:
        options_of("tell", {option: int(value) if value.isdecimal() and option == "end" else value})
    assert str(refused.value) == message
    assert small.silent == set()


@pytest.mark.usefixtures("tell")
def test_a_shell_is_offered_its_options_and_the_words_of_a_choice(small, capsys, monkeypatch):
    for line, offered in (
        ("catenet tell link1 --", ["--late", "--foot"]),
        ("catenet tell --foot ", ["left", "right"]),
    ):
        monkeypatch.setenv("_CATENET_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        run([], lambda: small.engine)
        assert set(offered) <= set(capsys.readouterr().out.split())


def test_without_its_file_it_is_unknown(catenet):
    code, _, err = catenet("lame", "link1")
    assert (code, "lame" in err) == (2, True)


@pytest.mark.usefixtures("own_verb")
def test_a_timeline_has_it_with_lines_and_hints():
    lab = parse(f"{LAB}  - {{at: 2s, lame: [l], last: yes}}\n  - {{at: 3s, heal: l}}\n".encode(), "f")
    assert lab.timeline[0].words == "lame l --last"
    nothing_new = parse(f"{LAB}  - {{at: 2s, lame: l, ends: 1, last: no}}\n".encode(), "f").timeline[0]
    assert nothing_new == Moment(2.0, "lame", "l")
    for entry, message in (
        ("at: 1s, lame: a", "f:4: timeline: lame: there is no LAN 'a'"),
        ("at: 1s, laem: l", "f:4: timeline: unknown word 'laem' (did you mean lame?)"),
        ("at: 1s, lame: l, silent: yes", "f:4: timeline: silent beside lame (silent belongs to `cut:`)"),
        ("at: 1s, cut: l, last: yes", "f:4: timeline: last beside cut (last belongs to `lame:`)"),
    ):
        with pytest.raises(LabFileError) as caught:
            parse(f"{LAB}  - {{{entry}}}\n".encode(), "f")
        assert message in str(caught.value)


@pytest.mark.usefixtures("tell")
def test_a_timeline_has_its_values() -> None:
    entry = "{at: 2s, tell: l, late: 20ms, lost: 1.5%, speed: 2mbit, end: 2, foot: right}"
    moment = parse(f"{LAB}  - {entry}\n".encode(), "f").timeline[0]
    assert moment.words == "tell l --end 2 --late 20ms --lost 1.5% --speed 2mbit --foot right"
    assert moment.options == options_of(
        "tell", {"late": "20ms", "lost": "1.5%", "speed": "2mbit", "end": 2, "foot": "right"}
    )


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


@pytest.mark.usefixtures("tell")
def test_the_schema_has_its_values() -> None:
    validator = Draft202012Validator(schema())
    lab = {"lans": {"l": None}, "nodes": {"a": {"lans": ["l"]}}}
    for entry, right in (
        ({"tell": "l", "late": "20ms", "lost": "1.5%", "speed": "2mbit", "end": 2, "foot": "right"}, True),
        ({"tell": "l", "late": 20}, False),
        ({"tell": "l", "lost": 1}, False),
        ({"tell": "l", "speed": "2"}, False),
        ({"tell": "l", "end": 10}, False),
        ({"tell": "l", "foot": "third"}, False),
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


@pytest.mark.usefixtures("tell")
def test_a_play_does_it_with_its_values(small):
    (moment,) = parse(f"{LAB}  - {{at: 0s, tell: l, end: 2, late: 20ms}}\n".encode(), "f").timeline
    history = []
    Play(small.engine, small.running, history.append).run((replace(moment, target="link1"),))
    assert small.silent == {("b", "link1")}
    assert "late 0.02 s" in history[0].text


def test_an_option_that_the_verb_has_not_is_named():
    with pytest.raises(UserError, match="verb heal has no option 'silent'"):
        options_of("heal", {"silent": True})
    with pytest.raises(UserError, match=r"no verb 'cutt'; did you mean cut\?"):
        options_of("cutt", {})


@pytest.mark.parametrize(
    ("hint", "given"),
    [(Annotated[str, Option("")], {"x": ""}), (bool, {"x": False}), (Annotated[bool, Option("")], {})],
)
def test_a_field_that_is_no_option_is_named(hint, given):
    odd = type("Odd", (), {"_fields": ("x",), "_field_defaults": given, "__annotations__": {"x": hint}})
    with pytest.raises(TypeError, match=r"Odd\.x: .* is no option of a verb"):
        fields(odd)


@pytest.mark.parametrize(
    ("unit", "texts"),
    [
        (PERCENTAGE, ["0%", "0.000001%", "1.5%", "33.333333%", "100%"]),
        (RATE, ["0.5bit", "999bit", "1kbit", "1.5mbit", "1000gbit"]),
    ],
)
def test_a_unit_is_written_as_it_is_read(unit, texts):
    assert [unit.format(unit.parse(text)) for text in texts] == texts


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("VERB = 'lame'", "odd: it has no VERB, which is a Verb"),
        ("VERB = Verb('odd', 'LAN', '', '', print, undone_by='mend')", "verb odd: there is no verb mend"),
        ("VERB = Verb('cut', 'LAN', '', '', print)", "the verb cut is another file's already"),
        (
            "class O(NamedTuple):\n    silent: Annotated[bool, Option('')] = False\n"
            "VERB = Verb('odd', 'LAN', '', '', print, options=O)",
            "verb odd: the option silent is a word of something else already",
        ),
        (
            "class O(NamedTuple):\n    json: Annotated[bool, Option('')] = False\n"
            "VERB = Verb('odd', 'LAN', '', '', print, options=O)",
            "verb odd: the option json is a word of something else already",
        ),
    ],
)
def test_a_file_that_is_no_verb_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str) -> None:
    (tmp_path / "odd.py").write_text(
        "from typing import Annotated, NamedTuple\n"
        "from catenet.orchestrator.faults.option import Option\n"
        f"from catenet.orchestrator.faults.verb import Verb\n{text}\n"
    )
    monkeypatch.setattr(faults, "__path__", [*faults.__path__, str(tmp_path)])
    faults.verbs.cache_clear()
    try:
        with pytest.raises(TypeError, match=why):
            faults.verbs()
    finally:
        faults.verbs.cache_clear()
        sys.modules.pop(f"{faults.__name__}.odd", None)
