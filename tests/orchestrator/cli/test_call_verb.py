"""`catenet call`, `catenet answer` and `catenet trust` on two telephones in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from speech import speech
from telephones import IDLE, Telephones, wav

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.cli import call as call_module
from catenet.orchestrator.cli.app import run

SAID = speech(5.0, 1)
UP = {
    "state": "up",
    "call": "7",
    "path": "relayed",
    "by": ["10.0.1.1"],
    "received": 250,
    "sent": 250,
    "jitter": 0.002,
    "delay": 0.07,
    "longest_silence": 0.02,
    "mos": 4.37,
}
OVER = {**UP, "state": "ended", "why": "hung-up"}
Catenet = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def talk(engine: FakeEngine, tmp_path: Path) -> Telephones:
    talk = Telephones(engine, tmp_path)
    talk.files = {f"/{node}/{word}": wav(SAID) for node in ("h1", "h2") for word in ("said", "heard")}
    talk.calls = {"h1": [{"state": "calling"}, {"state": "ringing"}, UP, OVER], "h2": [OVER]}
    return talk


@pytest.fixture
def catenet(
    talk: Telephones, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Catenet:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATENET_LAB", raising=False)
    monkeypatch.setattr(call_module, "_SELDOM", 0.01)
    monkeypatch.setattr(call_module, "_OFTEN", 0.01)

    def typed(*words: str) -> tuple[int, list[str], str]:
        code = run(words, lambda: talk.engine)
        out, err = capsys.readouterr()
        return code, [line.partition(" s  ")[2] or line for line in out.splitlines()], err

    return typed


def test_it_is_told_as_it_goes_and_summed_up(catenet: Catenet) -> None:
    code, lines, _ = catenet("call", "alice", "bob", "--seconds", "5")
    assert code == 0
    assert lines[:6] == [
        "alice calls bob",
        "it rings at bob's",
        "bob has answered",
        "they hear each other: relayed by server",
        "hung up",
        "",
    ]
    assert [line.split()[0] for line in lines[7:]] == ["alice", "bob"]
    assert lines[7].split()[-1] == lines[8].split()[-1] == "100%"


def test_what_is_said_and_for_how_long_is_passed_on(catenet: Catenet, talk: Telephones) -> None:
    (talk.folder / "joke.wav").write_bytes(wav(SAID))
    assert catenet("call", "h1", "h2", "--seconds", "5", "--play", "joke.wav")[0] == 0
    assert talk.asked[0][1].arguments == {"to": "bob", "seconds": 5.0, "play": "joke.wav"}


def test_what_was_heard_is_written(catenet: Catenet, tmp_path: Path) -> None:
    code, lines, _ = catenet("call", "alice", "bob", "--record", "heard.wav")
    assert (code, lines[-1]) == (0, "what bob heard is in heard.wav")
    assert (tmp_path / "heard.wav").read_bytes() == wav(SAID)


def test_a_path_that_dies_and_the_one_by_which_it_goes_on_are_told(catenet: Catenet, talk: Telephones) -> None:
    talk.calls["h1"] = [UP, {**UP, "state": "moving"}, {**UP, "by": ["10.0.1.9"]}, OVER]
    _, lines, _ = catenet("call", "alice", "bob")
    assert lines[4:6] == ["nothing is heard; another path is looked for", "it goes on: relayed by 10.0.1.9"]


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        ("refused", "bob has refused"),
        ("busy", "bob is in another call"),
        ("no-answer", "bob does not answer"),
        ("offline", "bob is logged in nowhere"),
        ("no-path", "there is no way between them"),
        ("unheard-of", "it ended: unheard-of"),
    ],
)
def test_what_comes_to_nothing_is_a_sentence_and_exit_1(
    catenet: Catenet, talk: Telephones, why: str, sentence: str
) -> None:
    talk.calls = {"h1": [{"state": "calling"}, {"state": "ended", "why": why}], "h2": [IDLE]}
    code, lines, _ = catenet("call", "alice", "bob")
    assert (code, lines) == (1, ["alice calls bob", sentence])


def test_one_that_was_lost_has_a_summary_and_exit_1(catenet: Catenet, talk: Telephones) -> None:
    talk.calls["h1"] = [UP, {**OVER, "why": "lost"}]
    code, lines, _ = catenet("call", "alice", "bob")
    assert (code, lines[4]) == (1, "they have lost each other")
    assert lines[7].startswith("alice")


def test_what_the_telephone_refuses_is_exit_1(catenet: Catenet, talk: Telephones) -> None:
    talk.refusals["call"] = "bob is no contact of alice"
    assert catenet("call", "alice", "bob") == (1, [], "catenet: h1: bob is no contact of alice\n")


def test_ctrl_c_hangs_up(catenet: Catenet, talk: Telephones, monkeypatch: pytest.MonkeyPatch) -> None:
    talk.calls["h1"] = [UP, OVER]

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(call_module.time, "sleep", interrupt)
    code, lines, _ = catenet("call", "alice", "bob")
    assert (code, lines[4], talk.words("h1")[:2]) == (0, "hung up", ["call", "hangup"])


def test_ctrl_c_while_it_rings_is_the_end_of_it(
    catenet: Catenet, talk: Telephones, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.calls["h1"] = [{"state": "ringing"}]

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(call_module.time, "sleep", interrupt)
    assert catenet("call", "alice", "bob")[0] == 130
    assert talk.words("h1") == ["call", "hangup"]


def test_as_json_it_is_one_document(catenet: Catenet) -> None:
    code, lines, _ = catenet("call", "alice", "bob", "--json")
    said: Any = json.loads("\n".join(lines))
    assert (code, said["path"], said["by"], said["why"]) == (0, "relayed", ["server"], "hung-up")
    assert [(end["node"], end["mos"], end["likeness"]) for end in said["ends"]] == [
        ("h1", 4.37, 1.0),
        ("h2", 4.37, 1.0),
    ]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("call", "alice", "h1"), "alice and h1 are one telephone"),
        (("call", "alice", "zoe"), "zoe has no telephone"),
        (("call", "alice", "bob", "--play", "none.wav"), "--play none.wav: no such file in"),
        (("call", "alice", "bob", "--play", "/etc/hostname"), "nodes see that folder only"),
        (("call", "alice", "bob", "--record", "none/heard.wav"), "--record none/heard.wav cannot be written"),
        (("answer", "bob", "--refuse", "--hang-up"), "choose one"),
    ],
)
def test_what_makes_no_sense_is_exit_2(catenet: Catenet, words: tuple[str, ...], text: str) -> None:
    code, _, err = catenet(*words)
    assert code == 2
    assert text in err


@pytest.mark.parametrize(
    ("option", "word", "said"),
    [
        ("", "answer", "bob has answered"),
        ("--refuse", "refuse", "bob has refused"),
        ("--hang-up", "hangup", "bob has hung up"),
    ],
)
def test_a_call_is_answered_refused_and_hung_up(
    catenet: Catenet, talk: Telephones, option: str, word: str, said: str
) -> None:
    assert catenet("answer", "bob", *filter(None, [option])) == (0, [said], "")
    assert talk.words("h2") == [word]
    talk.refusals[word] = "nobody calls"
    assert catenet("answer", "bob", *filter(None, [option])) == (1, [], "catenet: h2: nobody calls\n")


@pytest.mark.parametrize("words", [("12345",) * 12, (" ".join(["12345"] * 12),)])
def test_a_key_is_trusted_by_the_fingerprint_that_was_compared(
    catenet: Catenet, talk: Telephones, words: tuple[str, ...]
) -> None:
    assert catenet("trust", "alice", "h2", *words) == (0, ["alice trusts the key that bob has now"], "")
    ((node, question),) = talk.asked
    assert (node, question.ask) == ("h1", "trust")
    assert question.arguments == {"user": "bob", "fingerprint": " ".join(["12345"] * 12)}
    talk.refusals["trust"] = "bob's key now is not the one that was compared"
    code, lines, err = catenet("trust", "alice", "bob", *words)
    assert (code, lines) == (1, [])
    assert err == "catenet: h1: bob's key now is not the one that was compared\n"


def test_nobody_trusts_without_a_fingerprint(catenet: Catenet, talk: Telephones) -> None:
    code, _, err = catenet("trust", "alice", "bob")
    assert (code, talk.asked) == (2, [])
    assert "FINGERPRINT" in err
