"""Identities, sealed messages, the keys of a call: by the RFCs' vectors, and by what must not open."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.phone.keys import Ephemeral, Identity, agree, fingerprint, montgomery
from catenet.nodes.machine import DecodeError

RANDOM = Random("phone keys")
ALICE, BOB, MALLORY = (Identity(RANDOM.randbytes(32)) for _ in range(3))


def test_an_identity_is_the_key_pair_of_rfc_8032_section_7_1() -> None:
    """Test 1 there."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert Identity(seed).public.hex() == public


def test_an_exchange_is_that_of_rfc_7748_section_6_1() -> None:
    alice = Ephemeral(bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
    bob = Ephemeral(bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
    shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
    assert alice.exchange(bob.public).hex() == bob.exchange(alice.public).hex() == shared


@given(st.binary(min_size=32, max_size=32))
def test_both_forms_of_the_curve_give_one_key(seed: bytes) -> None:
    """RFC 7748 section 4.1: the map of the public key, and the secret scalar's own public key, are equal."""
    identity = Identity(seed)
    assert montgomery(identity.public) == identity.agreement.public


def test_the_base_point_is_mapped_as_rfc_7748_section_4_1_says() -> None:
    """Edwards y = 4/5 is Montgomery u = 9."""
    y = 4 * pow(5, -1, 2**255 - 19) % (2**255 - 19)
    assert int.from_bytes(montgomery(y.to_bytes(32, "little")), "little") == 9


@pytest.mark.parametrize("y", [1, 2**255 - 19, 2**255 - 1], ids=["infinity", "the prime", "over it"])
def test_what_is_no_point_is_no_key(y: int) -> None:
    with pytest.raises(DecodeError):
        montgomery(y.to_bytes(32, "little"))


def test_keys_of_small_order_agree_with_nobody() -> None:
    """RFC 7748 section 6.1: the all-zero value is to be refused. y = 0 and y = -1 are of order 4 and 2."""
    for y in (0, 2**255 - 20):
        assert not ALICE.agrees_with(y.to_bytes(32, "little"))
    assert ALICE.agrees_with(BOB.public)
    with pytest.raises(DecodeError):
        ALICE.agreement.exchange(bytes(32))


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_for_one_alone(text: bytes) -> None:
    sealed = ALICE.seal(text, BOB.public, RANDOM.randbytes)
    assert BOB.open(sealed.octets, ALICE.public) == (text, sealed.signed)
    for reader, sender in ((MALLORY, ALICE), (BOB, MALLORY)):
        with pytest.raises(DecodeError):
            reader.open(sealed.octets, sender.public)


@given(st.data())
def test_one_changed_bit_and_it_opens_for_nobody(data: st.DataObject) -> None:
    octets = bytearray(ALICE.seal(b"the text", BOB.public, RANDOM.randbytes).octets)
    place = data.draw(st.integers(0, 8 * len(octets) - 1).filter(lambda bit: bit != 255))  # RFC 7748 section 5: masked
    octets[place // 8] ^= 1 << place % 8
    with pytest.raises(DecodeError):
        BOB.open(bytes(octets), ALICE.public)


@given(st.binary(max_size=200))
def test_whatever_comes_is_opened_or_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        BOB.open(data, ALICE.public)


def test_the_keys_of_a_call_are_the_same_on_both_sides_and_differ_by_direction() -> None:
    one, other = (Ephemeral(RANDOM.randbytes(32)) for _ in range(2))
    signed = b"an offer", b"a ringing"
    mine = agree(one, ALICE, other.public, BOB.public, signed, calls=True)
    assert mine == agree(other, BOB, one.public, ALICE.public, signed, calls=False)
    assert mine.caller.key != mine.callee.key
    assert mine.caller.salt != mine.callee.salt


def test_the_keys_of_a_call_are_others_where_anything_that_was_signed_or_anybody_is() -> None:
    one, other, third = (Ephemeral(RANDOM.randbytes(32)) for _ in range(3))
    usual = agree(one, ALICE, other.public, BOB.public, (b"offer", b"ringing"), calls=True)
    for own, identity, ephemeral, peer, signed in (
        (one, ALICE, other.public, BOB.public, (b"offer", b"Ringing")),
        (one, ALICE, other.public, BOB.public, (b"Offer", b"ringing")),
        (one, ALICE, other.public, BOB.public, (b"offerr", b"inging")),
        (third, ALICE, other.public, BOB.public, (b"offer", b"ringing")),
        (one, MALLORY, other.public, BOB.public, (b"offer", b"ringing")),
        (one, ALICE, third.public, BOB.public, (b"offer", b"ringing")),
        (one, ALICE, other.public, MALLORY.public, (b"offer", b"ringing")),
    ):
        keys = agree(own, identity, ephemeral, peer, signed, calls=True)
        assert not {keys.caller.key, keys.callee.key} & {usual.caller.key, usual.callee.key}


def test_a_fingerprint_is_sixty_digits_and_both_sides_own() -> None:
    digits = fingerprint(ALICE.public, BOB.public)
    assert digits == fingerprint(BOB.public, ALICE.public)
    assert [len(group) for group in digits.split()] == [5] * 12
    assert digits.replace(" ", "").isdigit()
    assert digits != fingerprint(ALICE.public, MALLORY.public)
