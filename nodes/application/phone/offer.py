"""What two phones say to each other through the directory, to which it is opaque: signed, sealed, in base64.

    offer      caller → callee   the caller's `Party`
    ringing    callee → caller   the callee's; connectivity checks begin while it rings
    accept     callee → caller   the user has answered: speech begins
    refuse     callee → caller   `why`: refused, busy, no-answer, failed
    cancel     caller → callee   there is no call any more; it wins over an accept that it has crossed
    restart    from either       its address is another one; `description`: of a data stream that is begun anew for it
    restarted  the answer        `description`: the other side of that data stream

The signed text is canonical JSON (keys in order, no spaces). It names the call, both users and the time, so that what
was said to one, in one call, is of no use anywhere else. What has a field too much, too few, or of another form, is
refused whole.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Any, NamedTuple

from catenet.nodes.application.directory.fields import Reader, flag, matching, number, octets, one_of
from catenet.nodes.application.directory.message import NAME
from catenet.nodes.application.ice.candidate import Candidate
from catenet.nodes.application.ice.check import Credentials
from catenet.nodes.application.phone.description import MOST_CANDIDATES, MOST_ROUNDS, Description
from catenet.nodes.application.phone.keys import KEY_SIZE, Identity
from catenet.nodes.application.phone.terms import Stream
from catenet.nodes.application.rtp.session import FIRST_SEQUENCES
from catenet.nodes.control.strict_json import read_json
from catenet.nodes.machine import DecodeError, Entropy

__all__ = ["CALL", "FRESH", "REASONS", "Party", "Read", "Said", "read", "write"]

CALL = re.compile(r"[0-9a-f]{32}")
"""How a call is named: 16 octets that nobody can foresee."""
FRESH = 300.0
"""Seconds: what was said longer ago, or so far ahead, is not taken."""
REASONS = ("refused", "busy", "no-answer", "failed")
_MOST_BODY = 8192
_DEPTH = 4
_LAST_TIME = 1 << 40


class Party(NamedTuple):
    """What one side of a call says of itself. `ephemeral`: its X25519 key; `media`, `spare`: its data streams; `ssrc`,
    `sequence`: of the packets that it will send; `encrypts`: it wants them encrypted."""

    ephemeral: bytes
    media: Stream
    spare: Stream
    ssrc: int
    sequence: int
    encrypts: bool


class Said(NamedTuple):
    """`at`: seconds since 1970. An offer and a ringing have a `party`, a refuse has a `why`, a restart and a restarted
    have a `description`."""

    word: str
    call: str
    sender: str
    to: str
    at: int
    party: Party | None = None
    why: str = ""
    description: Description | None = None


class Read(NamedTuple):
    """`signed`: what its sender has signed, with the signature."""

    said: Said
    signed: bytes


def write(said: Said, identity: Identity, to: bytes, entropy: Entropy) -> tuple[str, bytes]:
    """→ the body of a signal, and what was signed. `to`: the identity of whom it is for.

    Raises:
        DecodeError: `to` is no key.

    """
    fields: dict[str, Any] = {
        "word": said.word,
        "call": said.call,
        "from": said.sender,
        "to": said.to,
        "time": said.at,
    }
    if said.party is not None:
        fields |= _written(said.party)
    if said.why:
        fields["why"] = said.why
    if said.description is not None:
        number, repetition, stream = said.description
        fields["description"] = {"stream": number, "round": repetition, **_stream_written(stream)}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    sealed, signed = identity.seal(text, to, entropy)
    return b64encode(sealed).decode(), signed


def read(body: str, identity: Identity, sender: bytes) -> Read:
    """`sender`: the identity that must have signed it.

    Raises:
        DecodeError: it is not for this identity, by another one, or not as above.

    """
    if len(body) > _MOST_BODY:
        raise DecodeError("body", len(body), f"characters are over {_MOST_BODY}")
    try:
        sealed = b64decode(body, validate=True)
    except (Base64Error, ValueError):
        raise DecodeError("body", body[:40], "is no base64") from None
    text, signed = identity.open(sealed, sender)
    try:
        value = read_json(text.decode(), _DEPTH)
    except ValueError:
        raise DecodeError("text", text[:40], "is no JSON") from None
    if not isinstance(value, dict):
        raise DecodeError("text", text[:40], "is no object")
    return Read(_said(value), signed)


def _candidates(field: str, value: object) -> tuple[Candidate, ...]:
    if not isinstance(value, list) or len(value) > MOST_CANDIDATES or not all(isinstance(each, str) for each in value):
        raise DecodeError(field, str(value)[:40], f"is not up to {MOST_CANDIDATES} texts")
    found = map(Candidate.parse, value)
    return tuple(each for each in found if each is not None)


_STREAM: Mapping[str, Reader] = {
    "fragment": matching(re.compile(r"[A-Za-z0-9+/]{4,256}")),  # RFC 8839 section 5.4
    "password": matching(re.compile(r"[A-Za-z0-9+/]{22,256}")),
    "candidates": _candidates,
}


_DESCRIPTION: Mapping[str, Reader] = {"stream": number(1), "round": number(MOST_ROUNDS - 1), **_STREAM}


def _stream(field: str, value: object) -> Stream:
    if not isinstance(value, dict):
        raise DecodeError(field, str(value)[:40], "is no object")
    fragment, password, candidates = _fields(value, _STREAM).values()
    return Stream(Credentials(fragment, password), candidates)


def _description(field: str, value: object) -> Description:
    if not isinstance(value, dict):
        raise DecodeError(field, str(value)[:40], "is no object")
    stream, repetition, fragment, password, candidates = _fields(value, _DESCRIPTION).values()
    return Description(stream, repetition, Stream(Credentials(fragment, password), candidates))


def _fields(value: Mapping[str, object], readers: Mapping[str, Reader]) -> dict[str, Any]:
    """All of them, in the order of the readers, and no others."""
    lacking = min(readers.keys() - value.keys(), default="")
    if lacking:
        raise DecodeError(lacking, "", "is missing")
    if len(value) > len(readers):  # a peer's word is no word of ours, and is counted under none
        raise DecodeError("fields", len(value), f"are over {len(readers)}")
    return {name: reader(name, value[name]) for name, reader in readers.items()}


_USER = matching(NAME)
_COMMON: Mapping[str, Reader] = {
    "call": matching(CALL),
    "from": _USER,
    "to": _USER,
    "time": number(_LAST_TIME),
}
_PARTY: Mapping[str, Reader] = {
    "ephemeral": octets(KEY_SIZE),
    "media": _stream,
    "spare": _stream,
    "ssrc": number((1 << 32) - 1),
    "sequence": number(FIRST_SEQUENCES - 1),
    "encrypts": flag,
}
_FORMS: Mapping[str, Mapping[str, Reader]] = {
    "offer": _PARTY,
    "ringing": _PARTY,
    "accept": {},
    "refuse": {"why": one_of(*REASONS)},
    "cancel": {},
    "restart": {"description": _description},
    "restarted": {"description": _description},
}


def _said(value: Mapping[str, object]) -> Said:
    word = one_of(*_FORMS)("word", value.get("word"))
    form = _FORMS[word]
    fields = _fields(value, {"word": one_of(word), **_COMMON, **form})
    party = Party(*(fields[name] for name in form)) if form is _PARTY else None
    why, description = fields.get("why", ""), fields.get("description")
    return Said(word, fields["call"], fields["from"], fields["to"], fields["time"], party, why, description)


def _written(party: Party) -> dict[str, Any]:
    return {
        "ephemeral": b64encode(party.ephemeral).decode(),
        "media": _stream_written(party.media),
        "spare": _stream_written(party.spare),
        "ssrc": party.ssrc,
        "sequence": party.sequence,
        "encrypts": party.encrypts,
    }


def _stream_written(stream: Stream) -> dict[str, Any]:
    return {
        "fragment": stream.credentials.fragment,
        "password": stream.credentials.password,
        "candidates": [str(each) for each in stream.candidates],
    }
