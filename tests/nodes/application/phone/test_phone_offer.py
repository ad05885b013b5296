"""What phones say through the directory: as it was said, or refused whole."""

from __future__ import annotations

import json
from base64 import b64encode
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.ice.candidate import Candidate, Kind
from catenet.nodes.application.ice.check import Credentials
from catenet.nodes.application.phone.description import MOST_ROUNDS, Description
from catenet.nodes.application.phone.keys import Identity
from catenet.nodes.application.phone.offer import REASONS, Party, Said, read, write
from catenet.nodes.application.phone.terms import Stream
from catenet.nodes.machine import DecodeError, Endpoint

RANDOM = Random("phone offers")
ALICE, BOB = (Identity(RANDOM.randbytes(32)) for _ in range(2))
AT = Endpoint(Address.parse("192.0.2.1"), 5004)
PARTY = Party(
    bytes(range(32)),
    Stream(
        Credentials("abcd+/01", "ABCDEFGHIJKLMNOPQRSTUVWX"),
        (Candidate(Kind.HOST, AT, AT, 2_130_706_431, "1"), Candidate(Kind.RELAYED, AT, AT, 16_777_215, "2")),
    ),
    Stream(Credentials("EFGH", "abcdefghijklmnopqrstuv"), (Candidate(Kind.HOST, AT, AT, 1, "1"),)),
    0xFFFFFFFF,
    32_767,
    True,
)
OFFER = Said("offer", "0123456789abcdef" * 2, "alice", "bob", 1_800_000_000, PARTY)
SAID = [
    OFFER,
    OFFER._replace(word="ringing", party=PARTY._replace(spare=PARTY.spare._replace(candidates=()), encrypts=False)),
    OFFER._replace(word="accept", party=None),
    OFFER._replace(word="cancel", party=None),
    *(OFFER._replace(word="refuse", party=None, why=why) for why in REASONS),
    OFFER._replace(word="restart", party=None, description=Description(1, 3, PARTY.media)),
    OFFER._replace(word="restarted", party=None, description=Description(0, MOST_ROUNDS - 1, PARTY.spare)),
]


def said_by_alice(text: bytes) -> str:
    return b64encode(ALICE.seal(text, BOB.public, RANDOM.randbytes).octets).decode()


def fields_of(said: Said) -> dict[str, Any]:
    """Its text, as Bob reads it."""
    body, signed = write(said, ALICE, BOB.public, RANDOM.randbytes)
    assert read(body, BOB, ALICE.public).signed == signed
    fields: dict[str, Any] = json.loads(signed[64:])
    return fields


@pytest.mark.parametrize("said", SAID, ids=lambda said: f"{said.word}{said.why}")
def test_what_is_said_is_read(said: Said) -> None:
    body, signed = write(said, ALICE, BOB.public, RANDOM.randbytes)
    assert read(body, BOB, ALICE.public) == (said, signed)
    assert len(body) <= 8192


def test_the_largest_party_fits_in_a_signal() -> None:
    """The directory takes 8,192 bytes; this is the largest of which these phones tell."""
    at = Endpoint(Address.parse("223.255.255.254"), 65_535)
    stream = Stream(
        Credentials.new(RANDOM.randbytes), (Candidate(Kind.SERVER_REFLEXIVE, at, at, (1 << 31) - 1, "16"),) * 16
    )
    party = PARTY._replace(media=stream, spare=stream)
    body, _ = write(OFFER._replace(party=party, sender="a" * 64, to="b" * 64), ALICE, BOB.public, RANDOM.randbytes)
    assert len(body) <= 8192


def test_the_text_is_canonical() -> None:
    _, signed = write(OFFER, ALICE, BOB.public, RANDOM.randbytes)
    text = signed[64:].decode()
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


WRONG: list[tuple[str, Any]] = [
    ("call", "0123"),
    ("call", 7),
    ("from", "Alice"),
    ("to", ""),
    ("time", -1),
    ("time", 1.5),
    ("time", True),
    ("ephemeral", b64encode(bytes(31)).decode()),
    ("ephemeral", None),
    ("media", None),
    ("spare", []),
    ("ssrc", 1 << 32),
    ("sequence", 1 << 15),  # RFC 3711 section 3.3.1: the rollover counter would be in doubt
    ("encrypts", 1),
    ("word", "sing"),
    ("word", "accept"),  # which has no party
    ("word", None),
    ("fields", 1),  # one that there is not
]


@pytest.mark.parametrize(("field", "value"), WRONG, ids=str)
def test_a_field_that_is_wrong_is_named(field: str, value: object) -> None:
    fields = {**fields_of(OFFER), field: value}
    with pytest.raises(DecodeError) as refused:
        read(said_by_alice(json.dumps(fields).encode()), BOB, ALICE.public)
    assert refused.value.field == field or value == "accept"


@pytest.mark.parametrize("stream", ["media", "spare"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fragment", "abc"),
        ("fragment", "ab d"),
        ("password", "short"),
        ("candidates", ["nonsense"]),
        ("candidates", ["candidate:1 1 UDP 1 192.0.2.1 5004 typ host"] * 17),
        ("candidates", "candidate:1 1 UDP 1 192.0.2.1 5004 typ host"),
        ("candidates", [1]),
        ("fields", 1),
    ],
    ids=str,
)
def test_so_is_a_field_of_a_stream(stream: str, field: str, value: object) -> None:
    fields = fields_of(OFFER)
    fields[stream][field] = value
    with pytest.raises(DecodeError) as refused:
        read(said_by_alice(json.dumps(fields).encode()), BOB, ALICE.public)
    assert field.startswith(refused.value.field)


@pytest.mark.parametrize("field", sorted(fields_of(OFFER)))
def test_a_field_that_is_missing_is_named(field: str) -> None:
    fields = fields_of(OFFER)
    del fields[field]
    with pytest.raises(DecodeError) as refused:
        read(said_by_alice(json.dumps(fields).encode()), BOB, ALICE.public)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stream", 2),
        ("stream", True),
        ("round", MOST_ROUNDS),
        ("round", None),
        ("fragment", "abc"),
        ("password", "short"),
        ("candidates", ["nonsense"]),
        ("fields", 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("word", ["restart", "restarted"])
def test_so_is_a_field_of_a_restart(word: str, field: str, value: object) -> None:
    (said,) = [each for each in SAID if each.word == word]
    fields = fields_of(said)
    fields["description"][field] = value
    with pytest.raises(DecodeError) as refused:
        read(said_by_alice(json.dumps(fields).encode()), BOB, ALICE.public)
    assert field.startswith(refused.value.field)


def test_a_restart_without_a_description_is_refused() -> None:
    (said,) = [each for each in SAID if each.word == "restart"]
    for fields in ({**fields_of(said), "description": []}, {**fields_of(OFFER), "word": "restart"}):
        with pytest.raises(DecodeError, match="description"):
            read(said_by_alice(json.dumps(fields).encode()), BOB, ALICE.public)


def test_a_reason_that_is_none_is_refused() -> None:
    fields = fields_of(next(each for each in SAID if each.why)) | {"why": "because"}
    with pytest.raises(DecodeError, match="why"):
        read(said_by_alice(json.dumps(fields).encode()), BOB, ALICE.public)


@pytest.mark.parametrize("text", [b"", b"[]", b"1", b"{", b"\xff", b'{"a":[[[[1]]]]}', b'{"time":NaN}'], ids=repr)
def test_a_text_that_is_none_is_refused(text: bytes) -> None:
    with pytest.raises(DecodeError):
        read(said_by_alice(text), BOB, ALICE.public)


@given(st.text("ABCabc012+/= é", max_size=300))
def test_whatever_the_directory_says_is_refused(body: str) -> None:
    with pytest.raises(DecodeError):
        read(body, BOB, ALICE.public)


def test_a_body_over_what_a_signal_holds_is_not_looked_at() -> None:
    with pytest.raises(DecodeError, match="over 8192"):
        read("A" * 8193, BOB, ALICE.public)


def test_candidates_of_kinds_that_are_not_spoken_are_left_out() -> None:
    """RFC 8839 section 5.1: what is not understood is passed over."""
    fields = fields_of(OFFER)
    fields["media"]["candidates"].append("candidate:3 1 TCP 1 192.0.2.1 9 typ host tcptype active")
    found = read(said_by_alice(json.dumps(fields).encode()), BOB, ALICE.public).said
    assert found == OFFER
