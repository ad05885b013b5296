"""Calls between the telephones of a lab: who has one, how one is placed, what was said and heard."""

from __future__ import annotations

from array import array
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telephones import IDLE, Telephones, wav

from catenet.nodes.control.calls import Call
from catenet.nodes.control.fields import AnswerError
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.observe.calls import CallError, Calls, Phone, phone_of, phones, samples
from catenet.orchestrator.observe.running import UserError

ALICE, BOB = Phone("h1", "alice", "phone"), Phone("h2", "bob", "phone")
UP = {"state": "up", "call": "7", "peer": "bob", "path": "relayed", "by": ["10.0.1.9"], "received": 9, "mos": 4.2}
PCM = array("h", range(400)).tobytes()


@pytest.fixture
def talk(engine: FakeEngine, tmp_path: Path) -> Telephones:
    return Telephones(engine, tmp_path)


def placed(talk: Telephones) -> bool:
    with Calls(talk.engine, talk.running) as calls:
        return calls.place(ALICE, BOB)


# Who has one


def test_those_whose_service_is_one_have_a_telephone(talk: Telephones) -> None:
    lab = load(talk.folder / "lab.yaml")
    assert phones(lab) == {"h1": ALICE, "h2": BOB}
    assert [phone_of(lab, word) for word in ("h1", "bob")] == [ALICE, BOB]


def test_who_has_none_is_told_who_has(talk: Telephones) -> None:
    with pytest.raises(UserError, match="server has no telephone; these have: h1, alice, h2, bob"):
        phone_of(load(talk.folder / "lab.yaml"), "server")


def test_where_a_user_has_several_a_node_must_be_named(talk: Telephones) -> None:
    text = (
        (talk.folder / "lab.yaml")
        .read_text()
        .replace("user: bob, password: the second word", "user: alice, password: the first word")
    )
    (talk.folder / "lab.yaml").write_text(text.replace("contacts: [alice]", "contacts: [bob]"))
    with pytest.raises(UserError, match="alice has several telephones: say which of h1, h2"):
        phone_of(load(talk.folder / "lab.yaml"), "alice")


# How it is placed


def test_one_calls_and_the_other_answers(talk: Telephones) -> None:
    talk.calls = {"h1": [IDLE, {"state": "calling"}, {"state": "ringing"}, UP], "h2": [IDLE, {"state": "ringing"}, UP]}
    assert placed(talk)
    assert (talk.words("h1"), talk.words("h2")) == (["call"], ["answer"])
    assert talk.asked[0][1].arguments == {"to": "bob", "seconds": 0.0}


def test_whose_telephone_answers_by_itself_needs_nobody(talk: Telephones) -> None:
    talk.calls = {"h1": [IDLE, {"state": "ringing"}, UP], "h2": [IDLE, {"state": "connecting"}]}
    assert placed(talk)
    assert talk.words("h2") == []


def test_who_was_a_moment_quicker_is_no_fault(talk: Telephones) -> None:
    talk.calls = {"h1": [IDLE, {"state": "ringing"}, UP], "h2": [IDLE, {"state": "ringing"}]}
    talk.refusals["answer"] = "nobody calls"
    assert placed(talk)


def test_who_talk_already_are_left_alone(talk: Telephones) -> None:
    talk.calls = {"h1": [UP], "h2": [UP]}
    assert not placed(talk)
    assert talk.asked == []


def test_who_talks_to_somebody_else_calls_and_is_refused(talk: Telephones) -> None:
    talk.calls = {"h1": [UP], "h2": [{**UP, "call": "8"}]}
    talk.refusals["call"] = "there is a call with zoe already"
    with pytest.raises(CallError, match="h1: there is a call with zoe already"):
        placed(talk)


@pytest.mark.parametrize("why", ["busy", "refused", "no-answer", "offline"])
def test_what_comes_to_nothing_says_why(talk: Telephones, why: str) -> None:
    talk.calls["h1"] = [IDLE, {"state": "calling"}, {"state": "ended", "why": why}]
    with pytest.raises(CallError, match=f"alice calls bob: {why}"):
        placed(talk)


def test_what_is_over_need_not_be_hung_up(talk: Telephones) -> None:
    talk.refusals["hangup"] = "there is no call"
    with Calls(talk.engine, talk.running) as calls:
        calls.end(ALICE)
    assert talk.words("h1") == ["hangup"]


# What was said and heard


def test_sounds_are_fetched_as_samples(talk: Telephones) -> None:
    talk.files = {"/h1/said": wav(PCM), "/h1/heard": wav(PCM[:100])}
    with Calls(talk.engine, talk.running) as calls:
        assert calls.sounds(ALICE) == (PCM, PCM[:100])


@pytest.mark.parametrize("data", [None, b"", b"RIFF", wav(PCM, rate=22_050), wav(PCM, channels=2)])
def test_what_is_no_speech_is_told(talk: Telephones, data: bytes | None) -> None:
    talk.files = {"/h1/said": wav(PCM)} | ({} if data is None else {"/h1/heard": data})
    with Calls(talk.engine, talk.running) as calls, pytest.raises(EngineError, match=r"h1: .*cannot be read"):
        calls.sounds(ALICE)


@given(st.binary(max_size=200))
def test_a_file_is_speech_or_a_value_error(data: bytes) -> None:
    with suppress(ValueError):
        assert len(samples(data)) % 2 == 0


# How a call is


def test_a_call_is_read() -> None:
    call = Call.parse({**UP, "user": "alice", "loss": 1.5, "jitter": 0.01, "delay": 0.1, "longest_silence": 0.25})
    assert call == Call("alice", "up", "7", "", "bob", "relayed", ("10.0.1.9",), 0, 9, 1.5, 0.01, 0.1, 4.2, 0.25)
    assert (call.is_there, call.is_up) == (True, True)


@pytest.mark.parametrize(
    ("state", "there", "up"),
    [("idle", False, False), ("ringing", True, False), ("moving", True, True), ("ended", False, False)],
)
def test_whether_there_is_one(state: str, there: bool, up: bool) -> None:
    call = Call.parse({"user": "alice", "state": state, "path": None, "mos": None})
    assert (call.is_there, call.is_up, call.mos, call.path) == (there, up, None, "")


@pytest.mark.parametrize(
    "said", [None, [], {}, {"user": "a"}, {"user": "a", "state": 5}, {"user": "a", "state": "up", "by": 7}]
)
def test_what_is_no_call_is_an_error(talk: Telephones, said: Any) -> None:
    with pytest.raises(AnswerError):
        Call.parse(said)
