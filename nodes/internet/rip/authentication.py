"""Who may speak: a simple password (RFC 2453 section 4.1), or a digest of the message and a secret (RFC 4822).

The first entry of an authenticated message is no route. With a password it is the password itself; with a digest it is

    +-------------------------------+-------------------------------+
    |            0xFFFF             |   3: cryptographic (RFC 4822)  |
    +-------------------------------+---------------+---------------+
    |        message length         |    key id     | digest length |
    +-------------------------------+---------------+---------------+
    |                        sequence number                        |
    +---------------------------------------------------------------+
    |                         zero (8 octets)                       |
    +---------------------------------------------------------------+

and the digest itself follows the last entry, behind 0xFFFF 0x0001. "Message length" counts up to there; in "digest
length" some routers count these four octets too, so both are taken.

The sequence number is the time of day in seconds: it never decreases (RFC 4822 section 2.2), after a restart neither.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from catenet.nodes.address import Address
from catenet.nodes.internet.rip.neighbours import MAX_NEIGHBOURS
from catenet.nodes.internet.rip.packet import AUTHENTICATION, MAX_ENTRIES
from catenet.nodes.machine import DecodeError

__all__ = ["METHODS", "Authentication", "Secrets", "read_secrets"]

_PASSWORD, _CRYPTOGRAPHIC = 2, 3
_PASSWORD_LENGTH = 16
_HEADER = 4
_ENTRY = struct.Struct(">HH16s")
_DIGEST_ENTRY = struct.Struct(">HHHBBI8x")
_TRAILER = b"\xff\xff\x00\x01"
_APAD = bytes.fromhex("878fe1f3")
"""What stands in the digest's place while an HMAC is made (RFC 4822 section 2.5)."""

Digest = Callable[[bytes, bytes, int], bytes]
"""Secret, message with its trailer's first four octets, length → digest."""


def _keyed_md5(secret: bytes, message: bytes, length: int) -> bytes:
    """The secret itself, filled up with zeros, stands in the digest's place (RFC 2082 section 3.2.1)."""
    return hashlib.md5(message + secret.ljust(length, b"\0"), usedforsecurity=False).digest()


def _hmac(name: str) -> Digest:
    def digest(secret: bytes, message: bytes, length: int) -> bytes:
        return hmac.digest(secret, message + _APAD * (length // 4), name)

    return digest


METHODS: Mapping[str, tuple[int, Digest]] = {
    "md5": (16, _keyed_md5),
    "hmac-sha-1": (20, _hmac("sha1")),
    "hmac-sha-256": (32, _hmac("sha256")),
    "hmac-sha-384": (48, _hmac("sha384")),
    "hmac-sha-512": (64, _hmac("sha512")),
}
"""A method's word → the octets of its digest, and how it is made."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What authentication needs: the method (`password`, or one of METHODS) and its secrets, by key id.

    The first key signs; all of them are believed, so that a key can be changed without a gap.
    """

    method: str
    keys: Mapping[int, bytes]


def read_secrets(auth: Mapping[str, str | Mapping[str, str]]) -> Secrets | None:
    """The option `auth`: `{password: word}` or `{md5: {1: word, 2: word}}`; None where it is empty.

    Raises:
        ValueError: it names the field and the value, but never a secret.

    """
    if not auth:
        return None
    if len(auth) > 1:
        raise ValueError(f"auth names {len(auth)} methods, {', '.join(auth)}: a router has one")
    ((method, given),) = auth.items()
    if method == "password":
        if not isinstance(given, str):
            raise ValueError("auth password is no word; write {password: WORD}")
        return Secrets(method, {0: _secret(given, "auth password", _PASSWORD_LENGTH)})
    if method not in METHODS:
        raise ValueError(f"auth {method!r} is none of password, {', '.join(METHODS)}")
    if not isinstance(given, Mapping) or not given:
        raise ValueError(f"auth {method} has no keys; write {{{method}: {{1: WORD}}}}, a key id and its secret")
    longest = METHODS[method][0]
    return Secrets(method, {_key_id(key): _secret(word, f"key {key}", longest) for key, word in given.items()})


def _key_id(word: str) -> int:
    if not word.isascii() or not word.isdigit() or int(word) > 255:
        raise ValueError(f"auth key id {word!r} is no number from 0 to 255")
    return int(word)


def _secret(word: str, what: str, longest: int) -> bytes:
    """No longer than the digest: beyond that implementations differ in what they make of it (RFC 4822 section 2.5)."""
    secret = word.encode()
    if not 0 < len(secret) <= longest or 0 in secret:
        raise ValueError(f"{what} has {len(secret)} octets; a secret of this method has 1 to {longest}, none of them 0")
    return secret


class Authentication:
    """Signs what is sent, and opens what comes in. Without secrets it passes messages as they are."""

    def __init__(self, secrets: Secrets | None, epoch: float, lifetime: float) -> None:
        """`epoch`: seconds since 1970 when the machine's clock was 0. `lifetime`: seconds after which a silent
        neighbour's sequence number is forgotten.
        """
        self._secrets = secrets
        self._epoch = epoch
        self._lifetime = lifetime
        self._last: dict[Address, tuple[int, float]] = {}

    @property
    def max_entries(self) -> int:
        """How many routes a message has room for: 24 beside an authentication entry (section 4.1)."""
        return MAX_ENTRIES if self._secrets is None else MAX_ENTRIES - 1

    def seal(self, message: bytes, now: float) -> bytes:
        """The message as it goes out."""
        if self._secrets is None:
            return message
        header, routes = message[:_HEADER], message[_HEADER:]
        key, secret = next(iter(self._secrets.keys.items()))
        if self._secrets.method == "password":
            return header + _ENTRY.pack(AUTHENTICATION, _PASSWORD, secret.ljust(_PASSWORD_LENGTH, b"\0")) + routes
        length, digest = METHODS[self._secrets.method]
        size = _HEADER + _DIGEST_ENTRY.size + len(routes)
        sequence = int(self._epoch + now) & 0xFFFFFFFF
        entry = _DIGEST_ENTRY.pack(AUTHENTICATION, _CRYPTOGRAPHIC, size, key, length, sequence)
        signed = header + entry + routes + _TRAILER
        return signed + digest(secret, signed, length)

    def open(self, data: bytes, source: Address, now: float) -> bytes:
        """The message without what proves its sender.

        Raises:
            DecodeError: the proof is missing, of another kind, or wrong; `field` counts which.

        """
        family, kind = struct.unpack_from(">HH", data, _HEADER) if len(data) >= _HEADER + _ENTRY.size else (0, 0)
        if self._secrets is None:
            if family == AUTHENTICATION:
                # "authenticated RIP-2 messages shall be discarded" where authentication is not configured (5.2)
                raise DecodeError("authentication", kind, "it carries a password, and none is configured")
            return data
        if family != AUTHENTICATION:
            raise DecodeError("auth-missing", family, "it is not authenticated, and must be")
        if kind != (_PASSWORD if self._secrets.method == "password" else _CRYPTOGRAPHIC):
            raise DecodeError("auth-type", kind, f"{self._secrets.method} is configured")
        message = self._open_password(data) if kind == _PASSWORD else self._open_digest(data, source, now)
        count = (len(message) - _HEADER) // _ENTRY.size
        if count > self.max_entries:
            raise DecodeError("entries", count, f"more than {self.max_entries} beside the authentication")
        return message

    def _open_password(self, data: bytes) -> bytes:
        assert self._secrets is not None
        given = _ENTRY.unpack_from(data, _HEADER)[2]
        if not hmac.compare_digest(given, self._secrets.keys[0].ljust(_PASSWORD_LENGTH, b"\0")):
            raise DecodeError("auth-password", "…", "a wrong password")
        return data[:_HEADER] + data[_HEADER + _ENTRY.size :]

    def _open_digest(self, data: bytes, source: Address, now: float) -> bytes:
        assert self._secrets is not None
        length, digest = METHODS[self._secrets.method]
        _, _, size, key, said, sequence = _DIGEST_ENTRY.unpack_from(data, _HEADER)
        signed = data[: size + len(_TRAILER)]
        if (
            size < _HEADER + _DIGEST_ENTRY.size
            or len(data) != size + len(_TRAILER) + length
            or not signed.endswith(_TRAILER)
            or said not in (length, length + len(_TRAILER))
        ):
            raise DecodeError("auth-length", (size, said), f"of a message of {len(data)} octets")
        secret = self._secrets.keys.get(key)
        if secret is None:
            raise DecodeError("auth-key", key, "no key has this id")
        if not hmac.compare_digest(data[len(signed) :], digest(secret, signed, length)):
            raise DecodeError("auth-digest", key, "the digest is not that of this message and key")
        self._not_a_replay(source, sequence, now)
        return data[:_HEADER] + data[_HEADER + _DIGEST_ENTRY.size : size]

    def _not_a_replay(self, source: Address, sequence: int, now: float) -> None:
        """A number lower than the neighbour's last one is an old message, as long as the neighbour is remembered."""
        last, heard = self._last.get(source, (0, now))
        if sequence < last and now < heard + self._lifetime:
            raise DecodeError("auth-sequence", sequence, f"an old message: the last one had {last}")
        if source not in self._last and len(self._last) >= MAX_NEIGHBOURS:
            del self._last[min(self._last, key=lambda each: self._last[each][1])]
        self._last[source] = sequence, now
