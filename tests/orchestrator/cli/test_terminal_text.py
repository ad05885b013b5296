"""What others wrote reaches a terminal without what it would obey: logs, answers of nodes, names of folders."""

from __future__ import annotations

import json
import sys

import pytest

from catenet.nodes.address import Address
from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.orchestrator.backend.protocols import LABEL_FILE, LABEL_LAB, LABEL_NODE, ContainerSpec
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.cli.screen import say_to_stderr, shown, write

HOSTILE = "\x1b]0;title\x07\x9b31m\r\x08\u202e"
"""Sets a title, reddens, goes back over what is written, turns it round."""
OBEYED = set("\x1b\x07\x9b\r\x08\u202e\x7f")


@pytest.fixture
def said(capsys, monkeypatch, tmp_path, engine):
    """Runs a command line on a terminal, one that knows no colours: its exit code, and all that it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.delenv("CATENET_LAB", raising=False)

    def call(*words: str) -> tuple[int, str]:
        for stream in (sys.stdout, sys.stderr):
            monkeypatch.setattr(stream, "isatty", lambda: True)
        code = run(words, lambda: engine)
        return code, "".join(capsys.readouterr())

    return call


def hostile(value: object) -> object:
    """The same answer with the escape in each of its texts and keys."""
    if isinstance(value, dict):
        return {key: hostile(child) for key, child in value.items()} | {HOSTILE: HOSTILE}
    if isinstance(value, list):
        return [*map(hostile, value), {HOSTILE: HOSTILE}]
    return f"{value}{HOSTILE}" if isinstance(value, str) and not value[:1].isdigit() else value


@pytest.fixture
def lab(small):
    """The small lab; whatever runs in its nodes answers as it likes, and one of its containers is called so."""
    honest = small.answer

    def answer(container, command, given):
        code, out, err = honest(container, command, given)
        if tuple(command) != ASK_COMMAND:
            return 1, HOSTILE.encode(), HOSTILE.encode()
        whole = json.loads(out)
        if Question.parse(given).arguments.get("what") == "refused":
            return code, bytes(Answer(error=HOSTILE)), err
        return code, json.dumps(hostile(whole) | {"ok": whole["ok"]}).encode() + b"\n", err

    small.engine.answer = answer
    labels = {LABEL_LAB: "small", LABEL_NODE: f"x{HOSTILE}", LABEL_FILE: str(small.running.file)}
    small.engine.create(
        ContainerSpec("small-x", "x", "catenet/test:1", {}, {"small_link1": Address(0x0A000109)}, labels)
    )
    small.engine.write("small-a", f"a line: {HOSTILE}")
    return small


VERBS = [
    ["status"],
    ["show", "a"],
    ["show", "a", "rip"],
    ["show", "a", "refused"],
    ["show", "all", "rip"],
    ["show", "all"],
    ["show", "nobody"],
    ["logs", "a"],
    ["logs", "a", "--raw"],
    ["events"],
    ["graph"],
    ["graph", "--format", "mermaid"],
    ["graph", "--format", "dot"],
    ["graph", "--format", "svg"],
    ["labs"],
    ["check"],
    ["trace", "http", "a", "http://b/"],
    ["trace", "route", "a", "link2"],
    ["cut", "link1"],
    ["heal", "link1"],
    ["kill", HOSTILE],
    ["status", "--lab", HOSTILE],
    ["up", HOSTILE],
    ["validate", HOSTILE],
    ["new", f"{HOSTILE}/x", "--from", HOSTILE],
    ["down"],
]


@pytest.mark.parametrize("words", VERBS, ids=lambda words: " ".join(words).replace(HOSTILE, "…"))
def test_no_verb_prints_what_a_terminal_obeys(lab, said, words):
    code, text = said(*words)
    assert code != 70, text
    assert text
    assert not OBEYED & set(text)


def test_a_lab_in_a_folder_of_such_a_name(said, tmp_path):
    folder = tmp_path / HOSTILE.replace("/", "")
    folder.mkdir()
    (folder / "lab.yaml").write_text("lans: {l: {}}\nnodes: {a: {lans: [l]}}\n")
    for words in (["validate"], ["up", "--dry-run"], ["graph"], ["export", "compose"]):
        code, text = said(*words, folder.name)
        assert code == 0
        assert not OBEYED & set(text)


def test_off_a_terminal_what_a_program_reads_is_exact(capsys):
    write(f"{HOSTILE}\n")
    say_to_stderr(HOSTILE)
    out, err = capsys.readouterr()
    assert out == f"{HOSTILE}\n"
    assert not OBEYED & set(err)


def test_styles_keep_their_places():
    from rich.text import Text

    text = shown(Text.assemble("a\t", (f"b{HOSTILE}", "red"), "c"))
    (span,) = text.spans
    assert text.plain[span.start] == "b" and text.plain[span.end] == "c"
