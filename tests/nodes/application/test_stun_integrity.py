"""Keys, MESSAGE-INTEGRITY, FINGERPRINT and the OpaqueString profile (RFC 8489 sections 9.1.1, 9.2.2, 14.4 to 14.7)."""

from __future__ import annotations

import hashlib
import hmac
import zlib

import pytest
import stun_vectors
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.stun.attributes import FINGERPRINT, USERNAME
from catenet.nodes.application.stun.integrity import long_term_key, opaque, short_term_key, userhash, verify
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.stun.values import Algorithm

SHORT = short_term_key(stun_vectors.PASSWORD)
REQUEST = Message(Method.BINDING, Kind.REQUEST, bytes(12), (USERNAME.of("alice"),))


@pytest.mark.parametrize("name", ["REQUEST", "IPV4_RESPONSE", "IPV6_RESPONSE"])
def test_rfc5769_integrity_and_fingerprint(name: str) -> None:
    data = getattr(stun_vectors, name)
    message = Message.parse(data)
    assert message.has(FINGERPRINT)
    assert verify(message.data, SHORT)
    assert not verify(message.data, SHORT + b"x")


def test_rfc5769_2_4_integrity_of_a_long_term_user() -> None:
    key = long_term_key(stun_vectors.USERNAME, stun_vectors.REALM, stun_vectors.LONG_TERM_PASSWORD)
    assert verify(stun_vectors.LONG_TERM, key)
    parts = Message.parse(stun_vectors.LONG_TERM)
    bare = Message(parts.method, parts.kind, parts.transaction, parts.attributes[:-1])
    assert bare.encode(key) == stun_vectors.LONG_TERM


def test_rfc8489_b_1_integrity_by_sha_256_and_userhash() -> None:
    name, realm, password = stun_vectors.USERNAME, stun_vectors.REALM, stun_vectors.LONG_TERM_PASSWORD
    key = long_term_key(name, realm, password, Algorithm.SHA_256)
    assert verify(stun_vectors.USERHASH, key)
    assert not verify(stun_vectors.USERHASH, long_term_key(name, realm, password))
    assert stun_vectors.USERHASH[24:56] == userhash(name, realm)
    parts = Message.parse(stun_vectors.USERHASH)
    bare = Message(parts.method, parts.kind, parts.transaction, parts.attributes[:-1])
    assert bare.encode(key, sha256=True) == stun_vectors.USERHASH


def test_9_2_2_the_example_of_a_key() -> None:
    """ "if the username is 'user', the realm is 'realm', and the password is 'pass', then the 16-byte HMAC key would
    be […] 0x8493fbc53ba582fb4c044c456bdc40eb"; "with any quotes and trailing nulls removed"."""
    assert long_term_key("user", "realm", "pass").hex() == "8493fbc53ba582fb4c044c456bdc40eb"
    assert long_term_key('"user"', '"realm"\0', "pass\0\0").hex() == "8493fbc53ba582fb4c044c456bdc40eb"


def test_18_5_1_2_the_key_by_sha_256() -> None:
    key = long_term_key("user", "realm", "pass", Algorithm.SHA_256)
    assert key == hashlib.sha256(b"user:realm:pass").digest()


@pytest.mark.parametrize("sha256", [False, True])
@pytest.mark.parametrize("fingerprint", [False, True])
def test_14_5_the_length_ends_where_the_attribute_does(sha256: bool, fingerprint: bool) -> None:
    """ "the Length field in the STUN header must be adjusted to point to the end of the MESSAGE-INTEGRITY attribute";
    the value of MESSAGE-INTEGRITY-SHA256 "must be the full 32 bytes"."""
    data = REQUEST.encode(b"key", sha256=sha256, fingerprint=fingerprint)
    name, size = ("sha256", 32) if sha256 else ("sha1", 20)
    before = len(REQUEST.encode())
    signed = data[:2] + (before - 20 + 4 + size).to_bytes(2, "big") + data[4:before]
    assert data[before + 4 : before + 4 + size] == hmac.new(b"key", signed, name).digest()
    assert verify(data, b"key")


def test_14_7_the_fingerprint_is_the_crc_of_what_stands_before_it() -> None:
    """ "the CRC-32 of the STUN message up to (but excluding) the FINGERPRINT attribute itself, XOR'ed with the 32-bit
    value 0x5354554e"."""
    data = REQUEST.encode(b"key", fingerprint=True)
    assert int.from_bytes(data[-4:], "big") == zlib.crc32(data[:-8]) ^ 0x5354554E


@given(st.integers(0, 8 * 72 - 1), st.booleans())
def test_no_bit_can_be_changed(bit: int, sha256: bool) -> None:
    """But for the length, which counts as it was when the message was signed."""
    data = bytearray(REQUEST.encode(b"key", sha256=sha256))
    bit %= 8 * len(data)
    data[bit // 8] ^= 0x80 >> bit % 8
    try:
        message = Message.parse(bytes(data))
    except ValueError:
        return
    assert not verify(message.data, b"key")


def test_9_1_3_sha_256_counts_where_both_are_there() -> None:
    """ "If the MESSAGE-INTEGRITY-SHA256 attribute is present, compute the value […] as described in Section 14.6"."""
    both = Message.parse(REQUEST.encode(b"old"))
    data = Message(both.method, both.kind, both.transaction, both.attributes).encode(b"new", sha256=True)
    assert verify(Message.parse(data).data, b"new")
    assert not verify(data, b"old")


def test_9_one_behind_sha_256_does_not_count() -> None:
    data = Message.parse(REQUEST.encode(b"true", sha256=True))
    forged = Message(data.method, data.kind, data.transaction, data.attributes).encode(b"false")
    assert verify(forged, b"true")
    assert not verify(forged, b"false")


def test_only_the_first_integrity_counts() -> None:
    data = Message.parse(REQUEST.encode(b"true"))
    twice = Message(data.method, data.kind, data.transaction, data.attributes).encode(b"false")
    assert verify(twice, b"true")
    assert not verify(twice, b"false")


def test_14_6_a_shortened_hmac_proves_nothing() -> None:
    """ "The value must be the full 32 bytes unless the STUN Usage explicitly specifies that truncation is allowed"."""
    whole = REQUEST.encode(b"key", sha256=True)
    before = len(REQUEST.encode())
    head = whole[:2] + (before - 20 + 4 + 16).to_bytes(2, "big") + whole[4:before]
    short = head + b"\0\x1c\0\x10" + hmac.new(b"key", head, "sha256").digest()[:16]
    assert not verify(Message.parse(short).data, b"key")


def test_nothing_is_proven_without_integrity() -> None:
    assert not verify(REQUEST.encode(), b"")
    assert not verify(REQUEST.encode(fingerprint=True), b"")


# RFC 8265 section 4.2.2.


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("secret word", "secret word"),
        ("Stra\u00dfe", "Stra\u00dfe"),
        ("A\u030angstro\u0308m", "\u00c5ngstr\u00f6m"),  # "normalization: […] NFC"
        ("a\u00a0b\u3000c", "a b c"),  # "non-ASCII space […] mapped to SPACE (U+0020)"
        ("\u2168", "\u2168"),  # no compatibility mapping, which SASLprep had
        ("\u03c0\u00df\u00e5", "\u03c0\u00df\u00e5"),  # RFC 8265 table 4, case is kept
        ("Jack of \u2666s", "Jack of \u2666s"),  # RFC 8265 table 4
        ("foo bar", "foo bar"),
    ],
)
def test_opaque_string(text: str, wanted: str) -> None:
    assert opaque(text) == wanted
    assert opaque(wanted) == wanted
    assert short_term_key(text) == wanted.encode()


@pytest.mark.parametrize(
    "text", ["", "a\0b", "a\tb", "my cat is a \u0009by", "a\u00adb", "a\u200eb", "a\u2028b", "a\ue000b"]
)
def test_opaque_string_refuses(text: str) -> None:
    """ "a zero-length string", control characters (RFC 8265 table 5), and what FreeformClass disallows."""
    with pytest.raises(ValueError, match="no name"):
        opaque(text)


@given(st.text(max_size=20))
def test_opaque_string_twice_is_once(text: str) -> None:
    try:
        once = opaque(text)
    except ValueError:
        return
    assert opaque(once) == once
