"""STUN messages, streams of them, a server's checks of who sent one, and a client that anybody answers. The oracle is
aioice: no code of it is in ours."""

from __future__ import annotations

import struct
from contextlib import suppress
from ipaddress import IPv6Address

from aioice import stun as theirs
from fuzz_target import Target, pieces, sliced

from catenet.nodes.address import Address
from catenet.nodes.application.stun import binding
from catenet.nodes.application.stun.attributes import (
    FINGERPRINT,
    MESSAGE_INTEGRITY,
    MESSAGE_INTEGRITY_SHA256,
    NONCE,
    REALM,
    TYPES,
    USERNAME,
)
from catenet.nodes.application.stun.credentials import Login, PasswordOf, Realm, Refusal, short_term
from catenet.nodes.application.stun.framing import Frames, is_channel_data, padded, read_channel_data
from catenet.nodes.application.stun.integrity import long_term_key, verify
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.stun.nonce import Nonces
from catenet.nodes.application.stun.transaction import Transaction
from catenet.nodes.application.stun.values import Endpoint6, Error
from catenet.nodes.machine import DecodeError, Endpoint

CLIENT = Endpoint(Address.parse("192.0.2.1"), 40_000)
ID = bytes(12)
NONCES = Nonces(b"secret of 16 or more")
PASSWORDS: PasswordOf = {"alice": "secret", "a:b": "secret"}.get
KEYS = (b"secret", long_term_key("alice", "lab", "secret"))
KNOWN = (USERNAME.of("alice"), REALM.of("lab"), NONCE.of(NONCES.make(CLIENT, 0.0)))
WORDS = (
    *(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + ID, b"\x01\x01\x00\x00\x21\x12\xa4\x42" + ID, b"\x21\x12\xa4\x42"),
    *(number.to_bytes(2, "big") + b"\0\x04" + ID[:4] for number in TYPES),
    *(
        b"\0\x08\0\x14" + bytes(20),
        b"\0\x1c\0\x20" + bytes(32),
        b"\x80\x28\0\x04" + ID[:4],
        b"\0\x09\0\x04\0\0\x04\x01",
    ),
    *(b"\x7f\xff\0\0", b"obMatJos2gAAA", b"\x40\x00\x00\x05hello\0\0\0", b"\x4f\xff\xff\xff"),
)


def _without(message: Message, *left_out: int) -> Message:
    kept = tuple(each for each in message.attributes if each.type not in left_out)
    return Message(message.method, message.kind, message.transaction, kept)


def _check_message(message: Message) -> None:
    again = _without(message, FINGERPRINT.number)
    with suppress(ValueError):  # a text that is too long to be sent
        assert Message.parse(again.encode()) == again
    bare = _without(message, FINGERPRINT.number, MESSAGE_INTEGRITY.number, MESSAGE_INTEGRITY_SHA256.number)
    with suppress(ValueError):
        assert Message.parse(bare.encode(b"key", fingerprint=True)).attributes[:-2] == bare.attributes
    _check_by_oracle(message)


def _check_by_oracle(message: Message) -> None:
    """What both read, both read as the same. Of types that come twice aioice takes the last, and it does not know
    MESSAGE-INTEGRITY-SHA256, behind which attributes do not count."""
    try:
        other = theirs.parse_message(message.data)
    except (ValueError, struct.error):  # the latter where the length is not that of a number
        return
    assert (int(other.message_method), other.transaction_id) == (message.method, message.transaction)
    if message.has(MESSAGE_INTEGRITY_SHA256):
        return
    numbers = [each.type for each in message.attributes]
    for number, value in message.attributes:
        name = theirs.ATTRIBUTES_BY_TYPE[number][1] if number in theirs.ATTRIBUTES_BY_TYPE else ""
        if name in other.attributes and number in TYPES and numbers.count(number) == 1:
            assert _is_same(value, other.attributes[name], name), name


def _is_same(ours: object, its: object, name: str) -> bool:
    """Whether a value is the same in aioice's form. Its addresses are texts, of a flag it says None, and reserved bits
    count as they come."""
    if isinstance(ours, Endpoint):
        return (str(ours.address), ours.port) == its
    if isinstance(ours, Endpoint6):
        return (str(IPv6Address(ours.address)), ours.port) == its
    if isinstance(ours, Error):
        return isinstance(its, tuple) and (its[0] > 800 or ours == its)
    if name == "REQUESTED-TRANSPORT":
        return isinstance(its, int) and ours == its >> 24
    return its is None if ours is True else ours == its


message = Target(Message.parse, (DecodeError,), _check_message, words=WORDS, longest=2048)


def _stream(data: bytes) -> None:
    whole, parts = sliced(data)
    assert _frames([whole]) == _frames(parts)


def _frames(parts: list[bytes]) -> tuple[list[bytes], bool]:
    """The messages, and whether the stream ended in an error. What is kept is bounded by the longest frame."""
    frames, found = Frames(longest=600), []
    for part in parts:
        frames.receive(part)
        try:
            while (each := frames.next()) is not None:
                assert len(padded(each)) <= 600
                found.append(each)
        except DecodeError:
            return found, True
    for each in found:
        if is_channel_data(each):
            assert len(read_channel_data(each)[1]) == len(each) - 4
    return found, False


stream = Target(_stream, words=WORDS, longest=2048)


def _server(data: bytes) -> None:
    """Each message as it is, and signed by who knows the password."""
    realm = Realm("lab", NONCES, PASSWORDS)
    for piece in pieces(data):
        try:
            asked = Message.parse(piece)
        except DecodeError:
            continue
        for each in (asked, *_signed(asked)):
            for result in (realm.check(each, CLIENT, 1.0), short_term(each, PASSWORDS)):
                if isinstance(result, Refusal):
                    Message.parse(result.response(each).encode())
                else:
                    assert each is not asked
                    Message.parse(result.encode(each.success()))
            binding.answer(each, CLIENT)


def _signed(asked: Message) -> list[Message]:
    bare = _without(asked, FINGERPRINT.number, MESSAGE_INTEGRITY.number, MESSAGE_INTEGRITY_SHA256.number)
    known = Message(bare.method, bare.kind, bare.transaction, (*KNOWN, *bare.attributes[:50]))
    with suppress(ValueError):  # a text that is too long to be sent
        return [Message.parse(known.encode(key, sha256=sha256)) for key in KEYS for sha256 in (False, True)]
    return []


server = Target(_server, words=WORDS, longest=2048)


def _client(data: bytes) -> None:
    """A client that anybody answers asks again only with what it can send."""
    login = Login("alice", "secret")
    request = Message(Method.ALLOCATE, Kind.REQUEST, ID)
    asked, signing = login.sign(request)
    transaction = Transaction(asked, signing, now=0.0)
    for piece in pieces(data):
        try:
            response = Message.parse(piece)
        except DecodeError:
            continue
        outcome = transaction.receive(response)
        binding.mapped_address(response)
        if outcome is not None and outcome.response is not None and login.challenged(asked, outcome.response):
            asked, signing = login.sign(request)
            transaction = Transaction(asked, signing, now=0.0)
            sent = transaction.wake(0.0)
            assert sent is not None
            assert verify(Message.parse(sent).data, signing.key if signing else b"")


client = Target(_client, words=WORDS, longest=2048)
