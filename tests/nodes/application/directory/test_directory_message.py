"""The lines of clients and of the directory: what is said is read back, what has another form is refused whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.directory import message
from catenet.nodes.application.directory.lines import Lines
from catenet.nodes.application.directory.message import (
    LINE_LIMIT,
    Answer,
    Contact,
    Credentials,
    Known,
    Login,
    Ping,
    Presence,
    Probe,
    Probed,
    PublishKey,
    Register,
    Reported,
    Resume,
    Role,
    Signal,
    Signalled,
    encode,
    parse_request,
    parse_said,
)
from catenet.nodes.machine import DecodeError, Endpoint

WORDS = st.text("".join(map(chr, range(33, 127))), min_size=1, max_size=64)
NAMES = st.from_regex(message.NAME, fullmatch=True)
BODIES = st.text(st.characters(exclude_categories=("Cs",)), max_size=300)
KEYS = st.binary(min_size=32, max_size=32)
PLACES = st.builds(Endpoint, st.integers(0, 0xFFFFFFFF).map(Address), st.integers(1, 65_535))
NUMBERS = st.integers(0, 1_000_000)

REQUESTS = st.one_of(
    st.builds(Login, WORDS, NAMES, st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=128)),
    st.builds(Resume, WORDS, st.text("abcXYZ019-_", min_size=43, max_size=43)),
    st.builds(Contact, WORDS, st.sampled_from(["add", "accept", "remove"]), NAMES),
    st.builds(Presence, WORDS, st.sampled_from(["online", "away", "busy"])),
    st.builds(PublishKey, WORDS, KEYS),
    st.builds(Signal, WORDS, NAMES, WORDS, BODIES),
    st.builds(Register, WORDS, PLACES, st.integers(1, 1_000_000)),
    st.builds(Reported, WORDS, NUMBERS),
    st.builds(Probed, WORDS, PLACES, st.booleans()),
    st.builds(Credentials, WORDS),
    st.builds(Ping, WORDS),
)
SAID = st.one_of(
    st.builds(
        Answer,
        WORDS,
        st.dictionaries(st.text(max_size=5), st.integers() | st.lists(st.none()), max_size=3),
        st.just(""),
        st.just(0.0),
    ),
    st.builds(Answer, WORDS, st.none(), WORDS, st.sampled_from([0.0, 0.25, 60.0, 3600.0])),
    st.builds(
        Known,
        NAMES,
        st.sampled_from(["accepted", "asked", "asks", "none"]),
        st.sampled_from(["online", "away", "busy", "offline"]),
        KEYS | st.just(b""),
    ),
    st.builds(Signalled, NAMES, WORDS, BODIES),
    st.builds(Role, st.sampled_from(["supernode", "candidate"]), BODIES.map(lambda text: text[:90]), KEYS),
    st.builds(Probe, PLACES),
)


@settings(max_examples=60)
@given(REQUESTS)
def test_a_request_is_read_back(request_: Any) -> None:
    line = encode(request_)
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")
    assert parse_request(line[:-1]) == request_


@settings(max_examples=60)
@given(SAID)
def test_what_the_directory_says_is_read_back(said: Any) -> None:
    line = encode(said)
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")
    assert parse_said(line[:-1]) == said


LOGIN = {"id": "1", "ask": "login", "user": "alice", "password": "12345678"}
KEY = {"id": "1", "ask": "key", "key": "A" * 43 + "="}
SIGNAL = {"id": "1", "ask": "signal", "to": "bob", "call": "c", "body": ""}
REGISTER = {"id": "1", "ask": "register", "at": "10.0.0.1:3478", "quota": 1}


@pytest.mark.parametrize("right", [LOGIN, KEY, SIGNAL, REGISTER])
def test_what_is_changed_below_was_right(right: dict[str, Any]) -> None:
    assert parse_request(json.dumps(right).encode()).id == "1"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ([], "line"),
        ("login", "line"),
        ({}, "ask"),
        ({"ask": ["login"]}, "ask"),
        ({"ask": "logout"}, "ask"),
        ({**LOGIN, "extra": 1}, "field"),
        ({**LOGIN, "\ud800": 1}, "field"),  # a peer's word is said back to nobody
        ({key: LOGIN[key] for key in ("id", "ask", "user")}, "password"),
        ({**LOGIN, "id": ""}, "id"),
        ({**LOGIN, "id": "a b"}, "id"),
        ({**LOGIN, "id": "x" * 65}, "id"),
        ({**LOGIN, "id": 1}, "id"),
        ({**LOGIN, "user": "Alice"}, "user"),
        ({**LOGIN, "user": "../a"}, "user"),
        ({**LOGIN, "user": "a" * 65}, "user"),
        ({**LOGIN, "user": None}, "user"),
        ({**LOGIN, "password": "x" * 129}, "password"),
        ({**LOGIN, "password": "a\nb"}, "password"),
        ({**LOGIN, "password": ""}, "password"),
        ({"id": "1", "ask": "resume", "token": "A" * 44}, "token"),
        ({"id": "1", "ask": "resume", "token": "A" * 42 + "="}, "token"),
        ({"id": "1", "ask": "contact", "do": "ask", "user": "bob"}, "do"),
        ({"id": "1", "ask": "presence", "state": "offline"}, "state"),
        ({**KEY, "key": "A" * 44}, "key"),
        ({**KEY, "key": "A" * 42 + "B="}, "key"),  # bits that stand for nothing
        ({**KEY, "key": "A" * 43 + "=\n"}, "key"),
        ({**KEY, "key": ""}, "key"),
        ({**SIGNAL, "body": "x" * 8193}, "body"),
        ({**SIGNAL, "body": "\ud800"}, "body"),
        ({**SIGNAL, "body": {}}, "body"),
        ({**REGISTER, "at": "10.0.0.1"}, "at"),
        ({**REGISTER, "at": "10.0.0.1:0"}, "at"),
        ({**REGISTER, "at": "10.0.0.1:65536"}, "at"),
        ({**REGISTER, "at": "10.0.0.1:03478"}, "at"),
        ({**REGISTER, "at": "010.0.0.1:3478"}, "at"),
        ({**REGISTER, "at": 3478}, "at"),
        ({**REGISTER, "quota": 0}, "quota"),
        ({**REGISTER, "quota": 1_000_001}, "quota"),
        ({**REGISTER, "quota": 1.5}, "quota"),
        ({**REGISTER, "quota": True}, "quota"),
        ({"id": "1", "ask": "probed", "at": "10.0.0.1:1", "answered": 1}, "answered"),
    ],
)
def test_a_request_of_another_form_is_refused_by_the_fields_name(wrong: object, field: str) -> None:
    with pytest.raises(DecodeError) as refused:
        parse_request(json.dumps(wrong).encode())
    assert refused.value.field == field


def test_the_body_of_a_signal_has_8192_bytes_at_most_whatever_its_letters() -> None:
    def line(body: str) -> bytes:
        return json.dumps({**SIGNAL, "body": body}, ensure_ascii=False).encode()

    assert parse_request(line("é" * 4096)) == Signal("1", "bob", "c", "é" * 4096)
    with pytest.raises(DecodeError, match="body 8194"):
        parse_request(line("é" * 4097))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff",
        b"{",
        b'{"id": NaN}',
        b'{"id": 1e999}',
        b"9" * 5000,
        b"[" * LINE_LIMIT,
        b"[" * 9 + b"]" * 9,
        b'{"id": "1", "ask": "ping"} {}',
        b" " * (LINE_LIMIT + 1),
    ],
)
def test_what_is_no_json_of_ours_is_refused(line: bytes) -> None:
    with pytest.raises(DecodeError) as refused:
        parse_request(line)
    assert refused.value.field == "line"


@pytest.mark.parametrize("field", ["password", "token"])
def test_a_secret_of_the_wrong_form_is_in_no_message(field: str) -> None:
    asked = {"id": "1", "ask": "login" if field == "password" else "resume", "user": "alice", field: "hush\x00hush"}
    if field == "token":
        del asked["user"]
    with pytest.raises(DecodeError) as refused:
        parse_request(json.dumps(asked).encode())
    assert "hush" not in f"{refused.value} {refused.value.value}"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"id": "1"}, "error"),
        ({"id": "1", "ok": []}, "ok"),
        ({"id": "1", "ok": {}, "error": "x"}, "ok"),
        ({"id": "1", "error": "a b"}, "error"),
        ({"id": "1", "error": "x", "retry_after": -1}, "retry_after"),
        ({"id": "1", "error": "x", "retry_after": "1"}, "retry_after"),
        ({"notice": "news"}, "notice"),
        ({"notice": "probe", "at": "10.0.0.1:1", "id": "1"}, "field"),
        ({"notice": "contact", "user": "bob", "state": "friend", "presence": "online", "key": ""}, "state"),
    ],
)
def test_what_the_directory_would_not_say_is_refused(wrong: object, field: str) -> None:
    with pytest.raises(DecodeError) as refused:
        parse_said(json.dumps(wrong).encode())
    assert refused.value.field == field


@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")), max_size=6), st.data())
def test_lines_come_whole_in_whatever_slices(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    reader, found = Lines(20), []
    for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        found += reader.feed(whole[begin:end])
    assert found == lines


@pytest.mark.parametrize("pieces", [[b"x" * 21], [b"x" * 20, b"x"], [b"x" * 21 + b"\n"], [b"a\n" + b"x" * 21]])
def test_a_line_that_is_too_long_is_refused_before_its_end_and_behind_it(pieces: list[bytes]) -> None:
    reader = Lines(20)
    with pytest.raises(DecodeError):
        for piece in pieces:
            reader.feed(piece)
