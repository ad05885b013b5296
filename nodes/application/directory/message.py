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
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, get_args

from catenet.nodes.address import Address
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
RoleWord = Literal["supernode", "candidate"]


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
    """To a request: `ok`, or the word of an `error`; `retry_after`: seconds until it is worth another try."""

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
    """You are a supernode now, or none any more. `secret`: what credentials for you are made with; the one before it
    is good for as long as those that were made with it."""

    role: str
    why: str
    secret: bytes


class Probe(NamedTuple):
    """Ask there by STUN from a fresh socket, and say whether it answers (`Probed`)."""

    at: Endpoint


Notice = Known | Signalled | Role | Probe

Reader = Callable[[str, object], Any]
"""The name of a field and what came in it → the value. Raises DecodeError."""


def _text(most: int) -> Reader:
    """Of so many bytes at most."""

    def read(field: str, value: object) -> str:
        if not isinstance(value, str):
            raise DecodeError(field, _shown(value), "is no text")
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            raise DecodeError(field, _shown(value), "is no UTF-8") from None
        if size > most:
            raise DecodeError(field, size, f"bytes are over {most}")
        return value

    return read


def _matching(form: re.Pattern[str]) -> Reader:
    def read(field: str, value: object) -> str:
        if not isinstance(value, str) or form.fullmatch(value) is None:
            raise DecodeError(field, _shown(value), f"is not {form.pattern}")
        return value

    return read


def _one_of(*words: str) -> Reader:
    def read(field: str, value: object) -> str:
        if value not in words or not isinstance(value, str):
            raise DecodeError(field, _shown(value), f"is none of {', '.join(words)}")
        return value

    return read


def _secret(form: Callable[[str], bool]) -> Reader:
    """What came is in no message."""

    def read(field: str, value: object) -> str:
        if not isinstance(value, str) or not form(value):
            raise DecodeError(field, "(hidden)", "has not the form of one")
        return value

    return read


def _number(most: int, least: int = 0) -> Reader:
    def read(field: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise DecodeError(field, _shown(value), f"is no number from {least} to {most}")
        return value

    return read


def _flag(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise DecodeError(field, _shown(value), "is neither true nor false")
    return value


def _octets(*sizes: int) -> Reader:
    """So many, in base64 (RFC 4648 section 4)."""

    def read(field: str, value: object) -> bytes:
        try:
            octets = b64decode(value, validate=True) if isinstance(value, str) and value.isascii() else None
        except Base64Error:
            octets = None
        if octets is None or len(octets) not in sizes or b64encode(octets).decode() != value:
            raise DecodeError(field, _shown(value), f"is not base64 of {' or '.join(map(str, sizes))} octets")
        return octets

    return read


def _endpoint(field: str, value: object) -> Endpoint:
    """ADDRESS:PORT, written in the only way."""
    if isinstance(value, str) and len(value) <= len("255.255.255.255:65535"):
        address, _, port = value.partition(":")
        try:
            found = Endpoint(Address.parse(address), int(port))
        except ValueError:
            found = None
        if found is not None and str(found) == value and 0 < found.port <= 65_535:
            return found
    raise DecodeError(field, _shown(value), "is no ADDRESS:PORT")


def _shown(value: object) -> object:
    """Of something long only the begin."""
    return value if isinstance(value, bool | int | float | None) else str(value)[:80]


_PRINTABLE = _secret(lambda value: 0 < len(value) <= PASSWORD_LIMIT and value.isprintable())
_ID, _USER, _BODY = _matching(_WORD), _matching(NAME), _text(_BODY_LIMIT)

_Form = tuple[type[Any], Mapping[str, Reader]]
_ASKS: Mapping[str, _Form] = {
    "login": (Login, {"user": _USER, "password": _PRINTABLE}),
    "resume": (Resume, {"token": _secret(lambda value: _TOKEN.fullmatch(value) is not None)}),
    "contact": (Contact, {"do": _one_of("add", "accept", "remove"), "user": _USER}),
    "presence": (Presence, {"state": _one_of(*get_args(PresenceWord))}),
    "key": (PublishKey, {"key": _octets(_KEY_SIZE)}),
    "signal": (Signal, {"to": _USER, "call": _ID, "body": _BODY}),
    "register": (Register, {"at": _endpoint, "quota": _number(_MOST, 1)}),
    "report": (Reported, {"allocations": _number(_MOST)}),
    "probed": (Probed, {"at": _endpoint, "answered": _flag}),
    "credentials": (Credentials, {}),
    "ping": (Ping, {}),
}
_NOTICES: Mapping[str, _Form] = {
    "contact": (
        Known,
        {
            "user": _USER,
            "state": _one_of(*get_args(RelationWord)),
            "presence": _one_of(*get_args(PresenceWord), "offline"),
            "key": _octets(0, _KEY_SIZE),
        },
    ),
    "signal": (Signalled, {"user": _USER, "call": _ID, "body": _BODY}),
    "role": (Role, {"role": _one_of(*get_args(RoleWord)), "why": _text(400), "secret": _octets(0, _KEY_SIZE)}),
    "probe": (Probe, {"at": _endpoint}),
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
            raise DecodeError("ok", _shown(ok), "is no object, or not alone")
        return Answer(name, ok)
    after = value.get("retry_after", 0.0)
    if isinstance(after, bool) or not isinstance(after, int | float) or not 0 <= after <= 3600:
        raise DecodeError("retry_after", _shown(after), "is no number of seconds up to an hour")
    return Answer(name, None, _ID("error", value.get("error")), float(after))


def parse_known(value: object) -> Known:
    """One of the `contacts` in the answer to a login.

    Raises:
        DecodeError: it names the field.

    """
    if not isinstance(value, dict):
        raise DecodeError("contacts", _shown(value), "has what is no object")
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
        raise DecodeError("line", _shown(value), "is no object")
    return value


def _form(value: Mapping[str, Any], field: str, forms: Mapping[str, _Form]) -> _Form:
    word = value.get(field)
    if not isinstance(word, str) or word not in forms:
        raise DecodeError(field, _shown(word), f"is none of {', '.join(forms)}")
    return forms[word]


def _fields(value: Mapping[str, Any], readers: Mapping[str, Reader]) -> list[Any]:
    """In the order of the readers."""
    for name in value:
        if name not in readers:
            raise DecodeError(name[:80], "", "is no field of it")
    for name in readers:
        if name not in value:
            raise DecodeError(name, None, "is missing")
    return [reader(name, value[name]) for name, reader in readers.items() if reader is not _ignored]


def _ignored(field: str, value: object) -> None:
    """It has been read already."""
