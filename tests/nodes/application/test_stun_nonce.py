"""Nonces and the nonce cookie (RFC 8489 sections 9.2, 9.2.1, 9.2.4 and 18.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.stun.nonce import Feature, Nonces, features
from catenet.nodes.machine import Endpoint

ALICE = Endpoint(Address.parse("192.0.2.1"), 40_000)
NONCES = Nonces(b"secret of 16 or more", lifetime=600.0)


def test_9_2_a_nonce_begins_with_the_cookie() -> None:
    """ "the character string composed of "obMatJos2" concatenated with the (4-character) base64 encoding of the 24-bit
    STUN Security Features"; "Bit 0: Password algorithms", the leftmost one. Ours never hides usernames."""
    nonce = NONCES.make(ALICE, 0.0)
    assert nonce.startswith(b"obMatJos2gAAA")
    assert features(nonce) == Feature.PASSWORD_ALGORITHMS
    assert len(nonce) < 128


@pytest.mark.parametrize(
    ("nonce", "wanted"),
    [
        (b"obMatJos2AAAA", Feature(0)),
        (b"obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA", Feature(0)),  # RFC 8489 appendix B.1: a bit that means nothing
        (b"obMatJos2gAAAx", Feature.PASSWORD_ALGORITHMS),
        (b"obMatJos2QAAAx", Feature.USERNAME_ANONYMITY),
        (b"obMatJos2wAAA", Feature.PASSWORD_ALGORITHMS | Feature.USERNAME_ANONYMITY),
        (b"obMatJos2gAA", Feature(0)),
        (b"obMatJos2g=AA", Feature(0)),
        (b"obMatJos2\xff\xff\xff\xff", Feature(0)),
        (b"obMatJos1gAAA", Feature(0)),
        (b"f//499k954d6OL34oL9FSTvy64sA", Feature(0)),
        (b"", Feature(0)),
    ],
)
def test_18_1_the_features_of_a_nonce(nonce: bytes, wanted: Feature) -> None:
    assert features(nonce) == wanted


def test_a_nonce_is_over_after_its_lifetime() -> None:
    nonce = NONCES.make(ALICE, 1000.0)
    assert NONCES.holds(nonce, ALICE, 1000.0)
    assert NONCES.holds(nonce, ALICE, 1599.9)
    assert not NONCES.holds(nonce, ALICE, 1600.0)


@pytest.mark.parametrize("other", [Endpoint(ALICE.address, 40_001), Endpoint(Address(ALICE.address + 1), 40_000)])
def test_9_2_4_no_nonce_is_anothers(other: Endpoint) -> None:
    """ "The server MUST NOT choose the same NONCE for two requests unless they have the same source IP address and
    port"."""
    assert NONCES.make(other, 0.0) != NONCES.make(ALICE, 0.0)
    assert not NONCES.holds(NONCES.make(ALICE, 0.0), other, 0.0)


def test_no_nonce_is_another_servers() -> None:
    assert not NONCES.holds(Nonces(b"another secret, long").make(ALICE, 0.0), ALICE, 0.0)


@given(st.integers(0, 36), st.integers(0, 7))
def test_no_bit_of_a_nonce_can_be_changed(at: int, bit: int) -> None:
    nonce = bytearray(NONCES.make(ALICE, 0.0))
    nonce[at] ^= 1 << bit
    assert not NONCES.holds(bytes(nonce), ALICE, 0.0)


@given(st.binary(max_size=60))
def test_no_bytes_are_a_nonce(nonce: bytes) -> None:
    for each in (nonce, b"obMatJos2gAAA" + nonce, NONCES.make(ALICE, 0.0) + nonce + b"="):
        assert not NONCES.holds(each, ALICE, 0.0)
