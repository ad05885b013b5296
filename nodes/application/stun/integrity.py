"""Keys, and what proves that a message is whole and whose it is (RFC 8489 sections 9.1.1, 9.2.2, 14.4 to 14.7)."""

from __future__ import annotations

import hashlib
import hmac
import zlib

from catenet.nodes.application.stun.attributes import (
    FINGERPRINT,
    HEADER_SIZE,
    MESSAGE_INTEGRITY,
    MESSAGE_INTEGRITY_SHA256,
    pack,
    walk,
)
from catenet.nodes.application.stun.values import Algorithm

__all__ = [
    "fingerprint_of",
    "long_term_key",
    "opaque",
    "short_term_key",
    "userhash",
    "verify",
    "with_fingerprint",
    "with_integrity",
]

_DIGESTS = {MESSAGE_INTEGRITY.number: ("sha1", 20), MESSAGE_INTEGRITY_SHA256.number: ("sha256", 32)}
"""The hash of each integrity attribute, and the octets of its value."""
_ATTRIBUTE_HEADER = 4
_FINGERPRINT_SIZE = 8
_FINGERPRINT_XOR = 0x5354554E
_HASHES = {Algorithm.MD5: "md5", Algorithm.SHA_256: "sha256"}


def opaque(text: str) -> str:
    """A name or password as both ends must have it: the OpaqueString profile (RFC 8265 section 4.2.2). Spaces of every
    kind become U+0020, and what can be composed is (Unicode's form NFC); capitals stay.

    Raises:
        ValueError: it is empty, or has a character that no such text may have: controls and format characters,
            separators of lines, what is unassigned or for private use (RFC 8264 section 9.11).

    """
    if not text:
        raise ValueError("an empty text is no name and no password")
    if text.isascii() and text.isprintable():
        return text
    import unicodedata

    kinds = [unicodedata.category(character) for character in text]
    for character, kind in zip(text, kinds, strict=True):
        if kind[0] == "C" or kind in ("Zl", "Zp"):
            raise ValueError(f"U+{ord(character):04X} may be in no name and no password")
    spaced = "".join(" " if kind == "Zs" else character for character, kind in zip(text, kinds, strict=True))
    return unicodedata.normalize("NFC", spaced)


def short_term_key(password: str) -> bytes:
    """The key of a password that both ends have agreed on: "key = OpaqueString(password)" (section 9.1.1).

    Raises:
        ValueError: see `opaque`.

    """
    return opaque(password).encode()


def long_term_key(username: str, realm: str, password: str, algorithm: Algorithm = Algorithm.MD5) -> bytes:
    """The key of an account in a realm (sections 9.2.2 and 18.5.1): 16 octets by MD5, 32 by SHA-256. The username is
    taken "as taken from the USERNAME attribute", so it has gone through `opaque` already.

    Raises:
        ValueError: see `opaque`.

    """
    parts = _bare(username), opaque(_bare(realm)), opaque(password.rstrip("\0"))
    return hashlib.new(_HASHES[algorithm], ":".join(parts).encode(), usedforsecurity=False).digest()


def _bare(text: str) -> str:
    """ "with any quotes and trailing nulls removed" (9.2.2)."""
    text = text.rstrip("\0")
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def userhash(username: str, realm: str) -> bytes:
    """What stands for a username that is not to be seen (section 14.4): 32 octets.

    Raises:
        ValueError: see `opaque`.

    """
    return hashlib.sha256(f"{opaque(username)}:{opaque(realm)}".encode()).digest()


def verify(data: bytes, key: bytes) -> bool:
    """Whether the octets of a message that has been read (`Message.data`) were signed with this key: by
    MESSAGE-INTEGRITY-SHA256 where there is one, "using the same password" else by MESSAGE-INTEGRITY (sections 9.1.3 and
    9.2.4); False without either. A shortened HMAC proves nothing here: no usage of ours allows it (section 14.6). How
    long it takes tells nothing of the key.
    """
    found = {number: (at, value) for number, at, value in reversed(_signatures(data))}
    number = max(found, default=0)  # SHA-256's is the higher one
    if not number:
        return False
    at, value = found[number]
    return hmac.compare_digest(_digest(data[:at], key, number), value)


def _signatures(data: bytes) -> list[tuple[int, int, bytes]]:
    """The integrity attributes that count: one behind MESSAGE-INTEGRITY-SHA256 does not (section 9)."""
    found: list[tuple[int, int, bytes]] = []
    for number, at, value in walk(data):
        if number in _DIGESTS:
            found.append((number, at, value))
            if number == MESSAGE_INTEGRITY_SHA256.number:
                break
    return found


def with_integrity(data: bytes, key: bytes, *, sha256: bool = False) -> bytes:
    """The message, signed: with MESSAGE-INTEGRITY, or with MESSAGE-INTEGRITY-SHA256, at its end."""
    number = (MESSAGE_INTEGRITY_SHA256 if sha256 else MESSAGE_INTEGRITY).number
    value = _digest(data, key, number)
    return _with_length(data, _ATTRIBUTE_HEADER + len(value)) + pack(number, value)


def _digest(data: bytes, key: bytes, number: int) -> bytes:
    """The HMAC of all that stands before the attribute; "the Length field of the STUN message header is adjusted to
    point to the end of" it (14.5, 14.6)."""
    name, size = _DIGESTS[number]
    return hmac.digest(key, _with_length(data, _ATTRIBUTE_HEADER + size), name)


def with_fingerprint(data: bytes) -> bytes:
    """The message with FINGERPRINT at its end."""
    value = fingerprint_of(data).to_bytes(4, "big")
    return _with_length(data, _FINGERPRINT_SIZE) + pack(FINGERPRINT.number, value)


def fingerprint_of(data: bytes) -> int:
    """The CRC-32 of all that stands before FINGERPRINT; the length in its header "must be correct and include the CRC
    attribute" (14.7)."""
    return zlib.crc32(_with_length(data, _FINGERPRINT_SIZE)) ^ _FINGERPRINT_XOR


def _with_length(data: bytes, more: int) -> bytes:
    """The octets up to some attribute, with the length in the header that they have with `more` behind them."""
    return data[:2] + (len(data) - HEADER_SIZE + more).to_bytes(2, "big") + data[4:]
