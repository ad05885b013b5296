"""What clients and the directory say to each other: JSON, one object a line (RFC 8259, in UTF-8), over TLS.

    client → directory   {"id": "7f…", "ask": "contact", "do": "add", "user": "bob"}
    directory → client   {"id": "7f…", "ok": {}}
                         {"id": "7f…", "error": "busy", "retry_after": 0.5}
                         {"notice": "contact", "user": "bob", "state": "accepted", "presence": "online", "key": "…"}

A client chooses the `id` of a request, and no two of its requests have the same, but that it asks again where the
answer was lost: a change that has been made is not made twice. What has a field too much, too few, or of another form
is refused whole.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args

from catenet.nodes.application.directory.fields import (
    Reader,
    flag,
    matching,
    number,
    octets,
    one_of,
    parse_endpoint,
    secret,
    shown,
    text,
)
from catenet.nodes.control.strict_json import read_json
from catenet.nodes.machine import DecodeError, Endpoint, Json

__all__ = [
    "LINE_LIMIT",
    "NAME",
    "PASSWORD_LIMIT",
    "Answer",
    "Contact",
    "Credentials",
    "Known",
    "Login",
    "Notice",
    "Ping",
    "Presence",
    "Probe",
    "Probed",
    "PublishKey",
    "Register",
    "Reported",
    "Request",
    "Resume",
    "Role",
    "Signal",
    "Signalled",
    "encode",
    "fields_of",
    "parse_known",
    "parse_request",
    "parse_said",
    "word_of",
]

LINE_LIMIT = 16_384
"""Bytes of a request, without its line's end."""
_DEPTH = 8
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""Of an account."""
PASSWORD_LIMIT = 128  # characters
_WORD = re.compile(r"[!-~]{1,64}")  # of an id, a call
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 octets (RFC 4648 section 5), without padding
_KEY_SIZE = 32  # octets of a public key (RFC 8032 section 5.1.5, RFC 7748 section 5)
_BODY_LIMIT = 8192  # bytes
_MOST = 1_000_000  # of anything that is counted

PresenceWord = Literal["online", "away", "busy"]
RelationWord = Literal["accepted", "asked", "asks", "none"]
RoleWord = Literal["supernode", "candidate", "dead"]


# What a client asks.


class Login(NamedTuple):
    """Who am I, by password → `user`, `token`, `expires` (seconds), `contacts` (each as in `Known`)."""

    id: str
    user: str
    password: str


class Resume(NamedTuple):
    """The same by the token of an earlier login, without a new one."""

    id: str
    token: str


class Contact(NamedTuple):
    """Ask to be somebody's contact, accept who asks, or end either. The other is told."""

    id: str
    do: str
    user: str


class Presence(NamedTuple):
    """How I am to be shown while I am here."""

    id: str
    state: str


class PublishKey(NamedTuple):
    """My public key, which contacts are told; 32 octets."""

    id: str
    key: bytes


class Signal(NamedTuple):
    """Something of a call, for all places where a contact is logged in → `places`, how many those are."""

    id: str
    to: str
    call: str
    body: str


class Register(NamedTuple):
    """I relay, or could, at this address, which is that of the connection. `quota`: the most allocations. → `role`, as
    in a `Role`, and its `secret`."""

    id: str
    at: Endpoint
    quota: int


class Reported(NamedTuple):
    """So many allocations are in use now."""

    id: str
    allocations: int


class Probed(NamedTuple):
    """What came of a `Probe`."""

    id: str
    at: Endpoint
    answered: bool


class Credentials(NamedTuple):
    """What do I show the supernodes? → `ttl` (seconds), `servers` (each `at`, `username`, `password`)."""

    id: str


class Ping(NamedTuple):
    """I am still here, and you?"""

    id: str


Request = Login | Resume | Contact | Presence | PublishKey | Signal | Register | Reported | Probed | Credentials | Ping


# What the directory says.


class Answer(NamedTuple):
    """To a request: `ok`, or the word of an `error`; `retry_after`: seconds until it is worth another try.

    refused    no such user with this password       login      nobody has logged in here
    session    no such session, or its time is over  logged-in  somebody has already
    throttled  too many failures                     unknown    no such account, contact or place
    busy       too much at a time                    full       there are as many as there may be
    offline    he is nowhere                         address    it is not that of the connection
    taken      another user is there                 malformed:FIELD  and the connection ends (id "?")
    """

    id: str
    ok: Mapping[str, Json] | None = None
    error: str = ""
    retry_after: float = 0.0


class Known(NamedTuple):
    """How it is with another user now. `state`: accepted, by both; `asked`, I did; `asks`: they do; or none (any more).
    `presence` and `key` (b"": none) are told of accepted ones only; `offline` is nowhere."""

    user: str
    state: str
    presence: str
    key: bytes


class Signalled(NamedTuple):
    """A contact's `Signal`."""

    user: str
    call: str
    body: str


class Role(NamedTuple):
    """You are a supernode now, or none any more; dead: nor may you be one for a while. `secret`: what credentials for
    you are made with; the one before it is good for as long as those that were made with it."""

    role: str
    why: str
    secret: bytes


class Probe(NamedTuple):
    """Ask there by STUN from a fresh socket, and say whether it answers (`Probed`)."""

    at: Endpoint


Notice = Known | Signalled | Role | Probe

_PRINTABLE = secret(lambda value: 0 < len(value) <= PASSWORD_LIMIT and value.isprintable())
_ID, _USER, _BODY = matching(_WORD), matching(NAME), text(_BODY_LIMIT)

_Form = tuple[type[Any], Mapping[str, Reader]]
_ASKS: Mapping[str, _Form] = {
    "login": (Login, {"user": _USER, "password": _PRINTABLE}),
    "resume": (Resume, {"token": secret(lambda value: _TOKEN.fullmatch(value) is not None)}),
    "contact": (Contact, {"do": one_of("add", "accept", "remove"), "user": _USER}),
    "presence": (Presence, {"state": one_of(*get_args(PresenceWord))}),
    "key": (PublishKey, {"key": octets(_KEY_SIZE)}),
    "signal": (Signal, {"to": _USER, "call": _ID, "body": _BODY}),
    "register": (Register, {"at": parse_endpoint, "quota": number(_MOST, 1)}),
    "report": (Reported, {"allocations": number(_MOST)}),
    "probed": (Probed, {"at": parse_endpoint, "answered": flag}),
    "credentials": (Credentials, {}),
    "ping": (Ping, {}),
}
_NOTICES: Mapping[str, _Form] = {
    "contact": (
        Known,
        {
            "user": _USER,
            "state": one_of(*get_args(RelationWord)),
            "presence": one_of(*get_args(PresenceWord), "offline"),
            "key": octets(0, _KEY_SIZE),
        },
    ),
    "signal": (Signalled, {"user": _USER, "call": _ID, "body": _BODY}),
    "role": (Role, {"role": one_of(*get_args(RoleWord)), "why": text(400), "secret": octets(0, _KEY_SIZE)}),
    "probe": (Probe, {"at": parse_endpoint}),
}
_WORDS = {form[0]: ("ask", word) for word, form in _ASKS.items()} | {
    form[0]: ("notice", word) for word, form in _NOTICES.items()
}


def parse_request(line: bytes) -> Request:
    """A line of a client's.

    Raises:
        DecodeError: it names the field; never a password or token that came in it.

    """
    if len(line) > LINE_LIMIT:
        raise DecodeError("line", len(line), f"bytes are over {LINE_LIMIT}")
    value = _object(line)
    kind, readers = _form(value, "ask", _ASKS)
    request: Request = kind(*_fields(value, {"ask": _ignored, "id": _ID, **readers}))
    return request


def parse_said(line: bytes) -> Answer | Notice:
    """A line of the directory's.

    Raises:
        DecodeError: it names the field.

    """
    value = _object(line)
    if "notice" in value:
        kind, readers = _form(value, "notice", _NOTICES)
        notice: Notice = kind(*_fields(value, {"notice": _ignored, **readers}))
        return notice
    name = _ID("id", value.get("id"))
    if "ok" in value:
        ok = value["ok"]
        if not isinstance(ok, dict) or len(value) != 2:
            raise DecodeError("ok", shown(ok), "is no object, or not alone")
        return Answer(name, ok)
    after = value.get("retry_after", 0.0)
    if isinstance(after, bool) or not isinstance(after, int | float) or not 0 <= after <= 3600:
        raise DecodeError("retry_after", shown(after), "is no number of seconds up to an hour")
    return Answer(name, None, _ID("error", value.get("error")), float(after))


def parse_known(value: object) -> Known:
    """One of the `contacts` in the answer to a login.

    Raises:
        DecodeError: it names the field.

    """
    if not isinstance(value, dict):
        raise DecodeError("contacts", shown(value), "has what is no object")
    return Known(*_fields(value, _NOTICES["contact"][1]))


def encode(message: Request | Answer | Notice) -> bytes:
    """The line, with its end."""
    if isinstance(message, Answer):
        value: dict[str, Json] = {"id": message.id}
        if message.ok is not None:
            value["ok"] = message.ok
        else:
            value["error"] = message.error
            value |= {"retry_after": round(message.retry_after, 3)} if message.retry_after else {}
    else:
        word, name = _WORDS[type(message)]
        value = {word: name, **fields_of(message)}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def fields_of(message: Request | Notice) -> dict[str, Json]:
    """As they stand in its line."""
    return {name: _as_json(each) for name, each in message._asdict().items()}


def word_of(request: Request) -> str:
    """What it asks: `login`, `signal`."""
    return _WORDS[type(request)][1]


def _as_json(value: Any) -> Json:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    plain: Json = str(value) if isinstance(value, Endpoint) else value
    return plain


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = read_json(line.decode(), _DEPTH)
    except ValueError as error:  # UnicodeDecodeError is one
        raise DecodeError("line", len(line), f"bytes are no JSON: {str(error)[:80]}") from None
    if not isinstance(value, dict):
        raise DecodeError("line", shown(value), "is no object")
    return value


def _form(value: Mapping[str, Any], field: str, forms: Mapping[str, _Form]) -> _Form:
    word = value.get(field)
    if not isinstance(word, str) or word not in forms:
        raise DecodeError(field, shown(word), f"is none of {', '.join(forms)}")
    return forms[word]


def _fields(value: Mapping[str, Any], readers: Mapping[str, Reader]) -> list[Any]:
    """In the order of the readers."""
    for name in value:
        if name not in readers:
            raise DecodeError("field", shown(name), "is none of it")  # a peer's word is no word of ours
    for name in readers:
        if name not in value:
            raise DecodeError(name, None, "is missing")
    return [reader(name, value[name]) for name, reader in readers.items() if reader is not _ignored]


def _ignored(field: str, value: object) -> None:
    """It has been read already."""
