"""What broke other STUN agents, by public reports, tried on ours."""

from __future__ import annotations

import pytest

from catenet.nodes.address import Address
from catenet.nodes.application.stun.attributes import (
    ERROR_CODE,
    NONCE,
    PRIORITY,
    REALM,
    UNKNOWN_ATTRIBUTES,
    USERNAME,
    XOR_MAPPED_ADDRESS,
    Attribute,
)
from catenet.nodes.application.stun.binding import answer, request
from catenet.nodes.application.stun.credentials import Login, Refusal, short_term
from catenet.nodes.application.stun.framing import Frames, channel_data, padded
from catenet.nodes.application.stun.integrity import verify
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.stun.transaction import Failure, Transaction
from catenet.nodes.machine import DecodeError, Endpoint

ID = bytes(range(12))
REQUEST = Message(Method.BINDING, Kind.REQUEST, ID)
SOURCE = Endpoint(Address.parse("192.0.2.1"), 40_000)


def with_body(body: bytes, head: bytes = b"\0\1") -> bytes:
    return head + len(body).to_bytes(2, "big") + REQUEST.encode()[4:] + body


@pytest.mark.parametrize("spare", [1, 2, 3])
def test_octets_that_make_no_attribute(spare: int) -> None:
    """pjproject pull request 5044: one to three octets behind the last attribute were read as the next one's header."""
    with pytest.raises(DecodeError):
        Message.parse(with_body(USERNAME.number.to_bytes(2, "big") + b"\0\4abcd" + bytes(spare)))


@pytest.mark.parametrize("length", [5, 0x7FFF, 0xFFFD, 0xFFFF])
def test_an_attribute_longer_than_the_message(length: int) -> None:
    """sofia-sip issue 180, libpeer issue 264, Amazon's WebRTC pull request 2347: read, or copied, past the end."""
    with pytest.raises(DecodeError, match="past the end"):
        Message.parse(with_body(b"\0\6" + length.to_bytes(2, "big") + b"abcd"))


@pytest.mark.parametrize("kind", [b"\0\1", b"\0\x20", b"\0\x12", b"\0\x16", b"\x80\x23"])
@pytest.mark.parametrize("length", [0, 1, 2, 4, 7, 9, 12, 19, 21])
def test_an_address_of_another_length(kind: bytes, length: int) -> None:
    """pion/stun pull request 278: a panic at XOR-MAPPED-ADDRESS without a value."""
    for family in (1, 2):
        value = (bytes([0, family]) + bytes(20))[:length]
        with pytest.raises(DecodeError):
            Message.parse(with_body(kind + bytes([0, length]) + value + bytes(-length % 4)))


def test_unknown_attributes_are_two_octets_each() -> None:
    """pion/stun pull request 280: they were written and read as four, and half of them lost."""
    message = REQUEST.error(420, UNKNOWN_ATTRIBUTES.of((0x7FFF, 0x7FFE, 0x7FFD)))
    assert message.encode()[-12:] == bytes.fromhex("000a 0006 7fff7ffe7ffd 0000")


def test_what_was_appended_behind_the_integrity_says_nothing() -> None:
    """coturn pull request 2075, ice4j pull request 309: a copy behind the HMAC was taken for what is signed."""
    signed = REQUEST.encode(b"key")[20:]
    message = Message.parse(with_body(signed + bytes.fromhex("0006 0005 6d616c6c6f 000000 0024 0004 ffffffff")))
    assert verify(message.data, b"key")
    assert not message.has(USERNAME, PRIORITY)


def test_integrity_stands_without_fingerprint() -> None:
    """sipsorcery issue 1507: without FINGERPRINT no integrity was right."""
    assert verify(Message.parse(REQUEST.encode(b"key")).data, b"key")


@pytest.mark.parametrize(("attributes", "code"), [((), 400), ((USERNAME.of("x"),), 401)])
def test_a_check_that_is_refused_is_told_why(attributes: tuple[Attribute, ...], code: int) -> None:
    """sipsorcery issue 1789: error responses had no ERROR-CODE; RestComm media-core issue 320: a check without
    attributes crashed the server."""
    asked = Message.parse(Message(Method.BINDING, Kind.REQUEST, ID, attributes).encode(b"key"))
    refusal = short_term(asked, {}.get)
    assert isinstance(refusal, Refusal)
    error = Message.parse(refusal.response(asked).encode()).get(ERROR_CODE)
    assert error is not None
    assert error.code == code


def test_an_answer_is_no_amplifier() -> None:
    """eturnal issue 60: answers to forged requests, many times as long. XOR-MAPPED-ADDRESS is 12 octets; what is
    unknown comes back in half of its length, beside the error code."""
    odd = tuple(Attribute(0x7FFF - each, b"") for each in range(64))
    for asked, more in ((request(ID), 12), (Message(Method.BINDING, Kind.REQUEST, ID, odd), 0)):
        data = answer(asked, SOURCE)
        assert data is not None
        assert len(data) <= len(asked.encode()) + more


def test_an_error_response_ends_the_waiting() -> None:
    """pystun issue 6: an error response was waited over for ever."""
    transaction = Transaction(REQUEST, now=0.0)
    transaction.wake(0.0)
    outcome = transaction.receive(Message.parse(REQUEST.error(500).encode()))
    assert outcome is not None
    assert outcome.failure == Failure.ERROR
    assert transaction.next_wake() is None


def test_a_response_with_attributes_of_rfc_3489() -> None:
    """baresip/re pull request 823: SOURCE-ADDRESS and CHANGED-ADDRESS beside the address, both comprehension-required.
    "the response is discarded and the transaction is considered to have failed" (RFC 8489 section 6.3.3)."""
    old = (Attribute(0x0004, bytes(8)), Attribute(0x0005, bytes(8)))
    transaction = Transaction(REQUEST, now=0.0)
    outcome = transaction.receive(Message.parse(REQUEST.success(XOR_MAPPED_ADDRESS.of(SOURCE), *old).encode()))
    assert outcome is not None
    assert outcome.failure == Failure.UNUSABLE


def test_a_long_session_meets_many_stale_nonces() -> None:
    """pjsip issue 888, aioice issue 28: a nonce that ended was the end of the session, at once or at a later time."""
    login = Login("alice", "secret")
    asked = Message(Method.REFRESH, Kind.REQUEST, ID)
    for each in range(50):
        complete, _ = login.sign(asked)
        code = 438 if each else 401
        response = asked.error(code, REALM.of("lab"), NONCE.of(str(each).encode()))
        assert login.challenged(complete, Message.parse(response.encode()))
        login.accepted()


def test_several_frames_that_come_at_once() -> None:
    """pjsip issue 999: padding was not read over, and a second frame waited for the next octets from the network."""
    frames = Frames()
    frames.receive(padded(channel_data(0x4000, b"a")) + REQUEST.encode() + padded(channel_data(0x4001, b"bc")))
    found = [frames.next() for _ in range(4)]
    assert found == [channel_data(0x4000, b"a"), REQUEST.encode(), channel_data(0x4001, b"bc"), None]


@pytest.mark.parametrize("size", range(20))
def test_a_part_of_a_message_is_waited_for(size: int) -> None:
    """pion/turn pull request 237: more than a ChannelData header and less than a STUN header was an error."""
    frames = Frames()
    frames.receive(REQUEST.encode()[:size])
    assert frames.next() is None
    frames.receive(REQUEST.encode()[size:])
    assert frames.next() == REQUEST.encode()


def test_a_stun_header_with_an_odd_length_is_no_channel_data() -> None:
    """pjproject pull request 5139: it was framed as ChannelData, and the stream stalled."""
    frames = Frames()
    frames.receive(b"\0\1\0\1" + REQUEST.encode()[4:] + b"\0")
    with pytest.raises(DecodeError, match="not in fours"):
        frames.next()
