"""A router's keys, which RFC 4822 section 2.2 and RFC 5709 section 3.2 call Security Associations, as the option `auth`
has them.

    auth: {md5: {1: WORD}}                                      one key, for ever
    auth:
      md5: {1: {secret: WORD, until: 3m}}                       the old key
      hmac-sha-256: {2: {hex: 0c1d…, from: 2m}}                 the new one; for a minute both are valid

Times are durations since the lab was brought up, or times of day with a date (2030-01-31T12:00:00Z). `from` and `until`
are START TIME and STOP TIME (2.2). Where a key is to be taken for longer than it signs, as FRR and BIRD have it:
`send_from`, `send_until`, `accept_from` and `accept_until` stand for one of the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Annotated, Any

from catenet.nodes.control.units import About, Form, OptionError, Secret, format_duration, parse_duration
from catenet.nodes.keys.digests import METHODS, Method

__all__ = ["ALWAYS", "Auth", "Key", "Lifetime", "read_auth"]

_Key = Annotated[Secret | Mapping[str, Secret], Form("WORD, or {secret: WORD, from: 2m, until: 5m}")]
Auth = Annotated[
    Mapping[str, Secret | Mapping[str, _Key]],
    Form("{password: WORD}, or {METHOD: {KEY-ID: WORD}}"),
    About(
        "{password: WORD}, or {METHOD: {KEY-ID: WORD}} with the methods md5 and hmac-sha-1, -256, -384 and -512. "
        "Instead of its WORD a key may have {secret: WORD, from: 2m, until: 5m}, where `hex` may stand for "
        "`secret`, and `send_from`, `send_until`, `accept_from` and `accept_until` for one use of the key; times "
        "are durations since the lab was brought up, or like 2030-01-31T12:00:00Z. The key that began last signs, "
        "of equal ones the first; each is taken as long as it is valid. Empty: no authentication."
    ),
]
"""The option `auth` of a service's options."""

_TIMES = ("from", "until", "send_from", "send_until", "accept_from", "accept_until")
_SECRETS = ("secret", "hex")
_LONGEST = 366 * 86_400.0  # seconds from the lab's start to the last moment that a duration can name


@dataclass(frozen=True, slots=True)
class Lifetime:
    """From `start` on and before `stop`; seconds since 1970."""

    start: float = -inf
    stop: float = inf

    def holds(self, at: float) -> bool:
        return self.start <= at < self.stop


ALWAYS = Lifetime()


@dataclass(frozen=True, slots=True)
class Key:
    """One Security Association: KEY-ID, algorithm, key, and when it signs (`send`) and is taken (`accept`)."""

    number: int
    method: str
    secret: bytes
    send: Lifetime = ALWAYS
    accept: Lifetime = ALWAYS

    @property
    def algorithm(self) -> Method:
        """How its digests are made."""
        return METHODS[self.method]

    @property
    def prepared(self) -> bytes:
        """The secret as the algorithm takes it, as long as its digest."""
        return self.algorithm.prepare(self.secret)

    def digest(self, message: bytes) -> bytes:
        """The Authentication Data of a message, which ends where that begins."""
        return self.algorithm.digest(self.prepared, message)


def read_auth(auth: Mapping[str, Any], password_length: int, began: float = 0.0) -> bytes | tuple[Key, ...]:
    """The option `auth`: a simple password, or keys in the file's order; none where it is empty.

    `password_length`: the octets that the protocol has room for; `began`: seconds since 1970 when the lab was brought
    up.

    Raises:
        OptionError: it names the field and the value, but never a secret.

    """
    if "password" in auth:
        if len(auth) > 1:
            others = ", ".join(each for each in auth if each != "password")
            raise OptionError(f"auth has a password and {others}: one", "auth", inner="password")
        return _password(auth["password"], password_length)
    keys: list[Key] = []
    for method, given in auth.items():
        if method not in METHODS:
            raise OptionError(f"auth {method!r} is none of password, {', '.join(METHODS)}", "auth", inner=method)
        if not isinstance(given, Mapping) or not given:
            text = f"auth {method} has no keys; write {{{method}: {{1: WORD}}}}, a key id and its secret"
            raise OptionError(text, "auth", inner=method)
        keys += [_key(method, str(word), what, began) for word, what in given.items()]
    numbers = [key.number for key in keys]
    twice = next((number for number in numbers if numbers.count(number) > 1), None)
    if twice is not None:  # "The combination of the Key Identifier and the interface […] uniquely identifies" it (3.2)
        raise OptionError(f"auth has two keys with the id {twice}", "auth", inner=str(twice))
    return tuple(keys)


def _password(given: object, longest: int) -> bytes:
    if not isinstance(given, str):
        raise OptionError(
            "auth password is no word; write {password: WORD}, a number in quotes", "auth", inner="password"
        )
    try:
        return _octets(given.encode(), "auth password", longest)
    except ValueError as error:
        raise OptionError(str(error), "auth", inner="password") from None


def _key(method: str, word: str, given: object, began: float) -> Key:
    if not word.isascii() or not word.isdigit() or len(word) > 3 or int(word) > 255:
        raise OptionError(f"auth key id {word[:20]!r} is no number from 0 to 255", "auth", inner=word)
    what = f"auth key {int(word)}"
    words = given if isinstance(given, Mapping) else {"secret": given}
    for each in words:
        if each not in (*_SECRETS, *_TIMES):
            from difflib import get_close_matches  # for a mistake alone: a node is smaller without

            near = get_close_matches(str(each), (*_SECRETS, *_TIMES), n=1)
            text = f"{what} has an unknown word; it may have {', '.join((*_SECRETS, *_TIMES))}{_ask(near)}"
            raise OptionError(text, "auth", inner=word)
    try:
        secret = _secret(words, what, METHODS[method].longest)
        return Key(int(word), method, secret, *_lifetimes(words, what, began))
    except ValueError as error:
        raise OptionError(str(error), "auth", inner=word) from None


def _ask(near: list[str]) -> str:
    return f" (did you mean {near[0]}?)" if near else ""


def _secret(words: Mapping[str, object], what: str, longest: int) -> bytes:
    """A word; or octets, since "implementations […] SHOULD support the entry of […] keys in hexadecimal" (5.6)."""
    given = [word for word in _SECRETS if word in words]
    if len(given) != 1:
        raise ValueError(f"{what} has {len(given)} secrets; write `secret: WORD` or `hex: DIGITS`")
    word, value = given[0], words[given[0]]
    if not isinstance(value, str):
        raise ValueError(f"{what}: its {word} is no text; write it in quotes")
    if word == "secret":
        return _octets(value.encode(), what, longest)
    try:
        octets = bytes.fromhex(value)
    except ValueError:
        raise ValueError(f"{what}: its hex is not pairs of hexadecimal digits") from None
    if not 0 < len(octets) <= longest:
        raise ValueError(f"{what} has {len(octets)} octets; a key of its method has 1 to {longest}")
    return octets


def _octets(secret: bytes, what: str, longest: int) -> bytes:
    if not 0 < len(secret) <= longest or 0 in secret:
        raise ValueError(f"{what} has {len(secret)} octets; a secret of this method has 1 to {longest}, none of them 0")
    return secret


def _lifetimes(words: Mapping[str, object], what: str, began: float) -> tuple[Lifetime, Lifetime]:
    given = {word: _time(words[word], f"{what}: {word}", began) for word in _TIMES if word in words}
    if len({isinstance(_duration(words[word]), float) for word in given}) > 1:
        raise ValueError(
            f"{what} has durations and times of day; write one kind, since only the lab's start tells more"
        )
    ends = []
    for use in ("send", "accept"):
        start = given.get(f"{use}_from", given.get("from", -inf))
        stop = given.get(f"{use}_until", given.get("until", inf))
        if start >= stop:
            raise ValueError(
                f"{what} is never valid: {_named(words, use, 'until')} is not after {_named(words, use, 'from')}"
            )
        ends.append(Lifetime(start, stop))
    return ends[0], ends[1]


def _named(words: Mapping[str, object], use: str, end: str) -> str:
    word = f"{use}_{end}" if f"{use}_{end}" in words else end
    return f"{word} {words[word]}"


def _duration(value: object) -> float | None:
    try:
        return parse_duration(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _time(value: object, what: str, began: float) -> float:
    """Seconds since 1970."""
    duration = _duration(value)
    if duration is not None:
        if duration > _LONGEST:
            raise ValueError(f"{what} {value} is out of range; it may be 0s to {format_duration(_LONGEST)}")
        return began + duration
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1970 <= at.year <= 2100:
        raise ValueError(
            f"{what} {str(value)[:40]!r} is no time; write 2m (since the lab's start) or 2030-01-31T12:00:00Z"
        )
    return at.timestamp()
