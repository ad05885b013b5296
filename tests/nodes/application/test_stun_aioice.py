"""STUN messages beside aioice's: each reads what the other has written, and takes its proofs."""

from __future__ import annotations

import pytest
import stun_vectors
from aioice import stun as theirs

from catenet.nodes.address import Address
from catenet.nodes.application.stun import attributes, binding
from catenet.nodes.application.stun.credentials import Login, Realm, Refusal, Signing, short_term
from catenet.nodes.application.stun.integrity import long_term_key, verify
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.stun.nonce import Nonces
from catenet.nodes.application.stun.transaction import Outcome, Transaction
from catenet.nodes.application.stun.values import Error
from catenet.nodes.machine import Endpoint

ID = bytes(range(12))
HERE = Endpoint(Address.parse("192.0.2.1"), 32853)
THERE = ("192.0.2.1", 32853)
SHARED = [
    (attributes.USERNAME, "alice", "alice"),
    (attributes.ERROR_CODE, Error(438, "Stale Nonce"), (438, "Stale Nonce")),
    (attributes.CHANNEL_NUMBER, 0x4001, 0x4001),
    (attributes.LIFETIME, 600, 600),
    (attributes.MAPPED_ADDRESS, HERE, THERE),
    (attributes.XOR_PEER_ADDRESS, HERE, THERE),
    (attributes.XOR_RELAYED_ADDRESS, HERE, THERE),
    (attributes.XOR_MAPPED_ADDRESS, HERE, THERE),
    (attributes.DATA, b"hello", b"hello"),
    (attributes.REALM, "lab", "lab"),
    (attributes.NONCE, b"nonce", b"nonce"),
    (attributes.REQUESTED_TRANSPORT, 17, 17 << 24),
    (attributes.PRIORITY, 1845494271, 1845494271),
    (attributes.USE_CANDIDATE, True, None),
    (attributes.SOFTWARE, "catenet", "catenet"),
    (attributes.ICE_CONTROLLED, 1 << 63, 1 << 63),
    (attributes.ICE_CONTROLLING, 7, 7),
]


@pytest.mark.parametrize(("kind", "ours", "its"), SHARED, ids=lambda each: getattr(each, "name", ""))
def test_each_attribute_is_read_by_the_other(kind: attributes.Type, ours: object, its: object) -> None:
    message = Message(Method.ALLOCATE, Kind.REQUEST, ID, (kind.of(ours),))
    read = theirs.parse_message(message.encode())
    assert (read.message_method, read.message_class) == (theirs.Method.ALLOCATE, theirs.Class.REQUEST)
    assert (read.transaction_id, read.attributes) == (ID, {kind.name: its})
    written = theirs.Message(theirs.Method.ALLOCATE, theirs.Class.REQUEST, ID, {kind.name: its})
    assert Message.parse(bytes(written)) == message


def test_all_that_it_knows_is_tried_here() -> None:
    own = {"MESSAGE-INTEGRITY", "FINGERPRINT"}
    old = {
        "CHANGE-REQUEST",
        "SOURCE-ADDRESS",
        "CHANGED-ADDRESS",
        "RESPONSE-ORIGIN",
        "OTHER-ADDRESS",
    }  # RFC 3489 and 5780
    assert {kind.name for kind, _, _ in SHARED} == set(theirs.ATTRIBUTES_BY_NAME) - own - old


@pytest.mark.parametrize("name", ["REQUEST", "IPV4_RESPONSE", "IPV6_RESPONSE", "LONG_TERM"])
def test_the_vectors_are_the_same_to_both(name: str) -> None:
    data = getattr(stun_vectors, name)
    ours, its = Message.parse(data), theirs.parse_message(data)
    for number, _ in ours.attributes:
        assert theirs.ATTRIBUTES_BY_TYPE[number][1] in its.attributes


def test_its_check_is_answered_and_it_takes_the_answer() -> None:
    """A connectivity check of ICE (RFC 8445 section 7)."""
    check = theirs.Message(
        theirs.Method.BINDING,
        theirs.Class.REQUEST,
        ID,
        {"USERNAME": "a:b", "PRIORITY": 7, "ICE-CONTROLLING": 9, "USE-CANDIDATE": None},
    )
    check.add_message_integrity(b"password")
    asked = Message.parse(bytes(check))
    assert asked.has(attributes.FINGERPRINT)
    signing = short_term(asked, {"a:b": "password"}.get)
    assert isinstance(signing, Signing)
    data = binding.answer(asked, HERE, signing)
    assert data is not None
    response = theirs.parse_message(data)
    assert response.message_class == theirs.Class.RESPONSE
    assert response.attributes["XOR-MAPPED-ADDRESS"] == THERE
    assert response.check_message_integrity(b"password")
    assert not response.check_message_integrity(b"another")


def test_our_transaction_ends_with_its_response() -> None:
    transaction = Transaction(binding.request(ID), Signing("a:b", b"password"), now=0.0, fingerprint=True)
    data = transaction.wake(0.0)
    assert data is not None
    assert theirs.parse_message(data).check_message_integrity(b"password")
    its = theirs.Message(theirs.Method.BINDING, theirs.Class.RESPONSE, ID, {"XOR-MAPPED-ADDRESS": THERE})
    its.add_message_integrity(b"password")
    response = Message.parse(bytes(its))
    assert transaction.receive(response) == Outcome(response)
    assert binding.mapped_address(response) == HERE


def test_its_long_term_client_is_known() -> None:
    """It knows RFC 5389 alone: MD5, though SHA-256 was offered."""
    realm = Realm("lab", Nonces(b"secret of 16 or more"), {"alice": "secret"}.get)
    first = theirs.Message(theirs.Method.REFRESH, theirs.Class.REQUEST, ID, {"LIFETIME": 600})
    refusal = realm.check(Message.parse(bytes(first)), HERE, 0.0)
    assert isinstance(refusal, Refusal)
    told = theirs.parse_message(refusal.response(Message.parse(bytes(first))).encode())
    assert told.error_code == 401
    known = {"USERNAME": "alice", "REALM": told.attributes["REALM"], "NONCE": told.attributes["NONCE"]}
    second = theirs.Message(theirs.Method.REFRESH, theirs.Class.REQUEST, ID, {"LIFETIME": 600, **known})
    key = long_term_key("alice", "lab", "secret")
    second.add_message_integrity(key)
    asked = Message.parse(bytes(second))
    signing = realm.check(asked, HERE, 0.0)
    assert signing == Signing("alice", key, False, True)
    assert isinstance(signing, Signing)
    assert theirs.parse_message(signing.encode(asked.success())).check_message_integrity(key)


def test_our_long_term_client_takes_a_challenge_of_rfc_5389() -> None:
    login = Login("alice", "secret")
    request = Message(Method.ALLOCATE, Kind.REQUEST, ID)
    its = {"ERROR-CODE": (401, "Unauthorized"), "REALM": "lab", "NONCE": b"f//499k954d6OL34oL9FSTvy64sA"}
    challenge = theirs.Message(theirs.Method.ALLOCATE, theirs.Class.ERROR, ID, its)
    assert login.challenged(request, Message.parse(bytes(challenge)))
    complete, signing = login.sign(request)
    assert signing is not None
    sent = theirs.parse_message(signing.encode(complete))
    assert {name: sent.attributes[name] for name in ("USERNAME", "REALM", "NONCE")} == {
        "USERNAME": "alice",
        "REALM": "lab",
        "NONCE": its["NONCE"],
    }
    assert sent.check_message_integrity(long_term_key("alice", "lab", "secret"))


def test_it_proves_what_we_have_signed_and_the_other_way_round() -> None:
    message = Message(Method.BINDING, Kind.REQUEST, ID, (attributes.USERNAME.of("a:b"),))
    assert theirs.parse_message(message.encode(b"key", fingerprint=True)).check_message_integrity(b"key")
    its = theirs.Message(theirs.Method.BINDING, theirs.Class.REQUEST, ID, {"USERNAME": "a:b"})
    its.add_message_integrity(b"key")
    assert bytes(its) == message.encode(b"key", fingerprint=True)
    assert verify(bytes(its), b"key")
