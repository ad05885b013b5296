"""STUN messages: the header's diagram, the vectors of the RFCs, what is read and what is refused (RFC 8489 sections 5,
6.3 and 14)."""

from __future__ import annotations

import pytest
import stun_vectors
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.stun import attributes
from catenet.nodes.application.stun.attributes import TYPES, Attribute
from catenet.nodes.application.stun.message import Kind, Message, Method, is_stun
from catenet.nodes.application.stun.values import (
    AddressError,
    Endpoint6,
    Error,
    Icmp,
    PasswordAlgorithm,
)
from catenet.nodes.machine import DecodeError, Endpoint

TRANSACTION = bytes(range(12))
KEY = b"key"
REQUEST = Message(Method.BINDING, Kind.REQUEST, TRANSACTION)


def raw(*parts: str, kind: str = "0001") -> bytes:
    """A message of these attributes in hexadecimal digits, with a header that fits."""
    body = bytes.fromhex("".join(parts))
    return bytes.fromhex(kind) + len(body).to_bytes(2, "big") + bytes.fromhex("2112a442") + TRANSACTION + body


def refused(data: bytes) -> str:
    with pytest.raises(DecodeError) as caught:
        Message.parse(data)
    return caught.value.field


# Every value of every type, for what follows.

TEXT = st.text(max_size=120)
WORD = st.integers(0, 0xFFFFFFFF)
PORT = st.integers(0, 0xFFFF)
OCTET = st.integers(0, 255)
CODE = st.integers(300, 699)
ENDPOINTS = st.builds(Endpoint, WORD.map(Address), PORT) | st.builds(
    Endpoint6, st.binary(min_size=16, max_size=16), PORT
)
ALGORITHM = st.builds(PasswordAlgorithm, PORT, st.binary(max_size=20))
VALUES: dict[attributes.Type, st.SearchStrategy] = {
    attributes.MAPPED_ADDRESS: ENDPOINTS,
    attributes.USERNAME: TEXT,
    attributes.MESSAGE_INTEGRITY: st.binary(min_size=20, max_size=20),
    attributes.ERROR_CODE: st.builds(Error, CODE, TEXT),
    attributes.UNKNOWN_ATTRIBUTES: st.lists(PORT, max_size=9).map(tuple),
    attributes.CHANNEL_NUMBER: PORT,
    attributes.LIFETIME: WORD,
    attributes.XOR_PEER_ADDRESS: ENDPOINTS,
    attributes.DATA: st.binary(max_size=200),
    attributes.REALM: TEXT,
    attributes.NONCE: st.binary(max_size=127),
    attributes.XOR_RELAYED_ADDRESS: ENDPOINTS,
    attributes.REQUESTED_ADDRESS_FAMILY: OCTET,
    attributes.EVEN_PORT: st.booleans(),
    attributes.REQUESTED_TRANSPORT: OCTET,
    attributes.DONT_FRAGMENT: st.just(True),
    attributes.MESSAGE_INTEGRITY_SHA256: st.integers(4, 8).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n)),
    attributes.PASSWORD_ALGORITHM: ALGORITHM,
    attributes.USERHASH: st.binary(min_size=32, max_size=32),
    attributes.XOR_MAPPED_ADDRESS: ENDPOINTS,
    attributes.RESERVATION_TOKEN: st.binary(min_size=8, max_size=8),
    attributes.PRIORITY: WORD,
    attributes.USE_CANDIDATE: st.just(True),
    attributes.ADDITIONAL_ADDRESS_FAMILY: OCTET,
    attributes.ADDRESS_ERROR_CODE: st.builds(AddressError, OCTET, CODE, TEXT),
    attributes.PASSWORD_ALGORITHMS: st.lists(ALGORITHM, max_size=4).map(tuple),
    attributes.ALTERNATE_DOMAIN: st.text("abc.-", max_size=255),
    attributes.ICMP: st.builds(Icmp, OCTET, OCTET, WORD),
    attributes.SOFTWARE: TEXT,
    attributes.ALTERNATE_SERVER: ENDPOINTS,
    attributes.ICE_CONTROLLED: st.integers(0, 2**64 - 1),
    attributes.ICE_CONTROLLING: st.integers(0, 2**64 - 1),
}
OPEN = {each: values for each, values in VALUES.items() if not each.name.startswith("MESSAGE-INTEGRITY")}
"""Those that stand before what signs the message."""
UNKNOWN = st.builds(Attribute, st.integers(0, 0xFFFF).filter(lambda number: number not in TYPES), st.binary(max_size=9))
ATTRIBUTES = st.lists(st.sampled_from(list(OPEN)).flatmap(lambda each: OPEN[each].map(each.of)) | UNKNOWN, max_size=12)
KINDS = [
    (method, kind) for method in (Method.BINDING, Method.ALLOCATE) for kind in (Kind.REQUEST, Kind.SUCCESS, Kind.ERROR)
]
MESSAGES = st.builds(
    lambda head, transaction, found: Message(*head, transaction, tuple(found)),
    st.sampled_from([*KINDS, (Method.SEND, Kind.INDICATION), (Method.DATA, Kind.INDICATION)]),
    st.binary(min_size=12, max_size=12),
    ATTRIBUTES,
)


def test_every_type_that_is_understood_is_tried_here() -> None:
    assert {each.number for each in VALUES} | {attributes.FINGERPRINT.number} == set(TYPES)


@given(MESSAGES)
def test_what_is_written_is_read(message: Message) -> None:
    assert Message.parse(message.encode()) == message


@pytest.mark.parametrize("kind", VALUES, ids=lambda each: each.name)
def test_each_type_of_attribute_is_written_and_read(kind: attributes.Type) -> None:
    @settings(max_examples=25)
    @given(VALUES[kind], st.binary(min_size=12, max_size=12))
    def check(value: object, transaction: bytes) -> None:
        message = Message(Method.BINDING, Kind.REQUEST, transaction, (kind.of(value),))
        assert Message.parse(message.encode()).get(kind) == value

    check()


@given(MESSAGES, st.binary(min_size=1, max_size=40), st.booleans())
def test_what_is_signed_is_read_too(message: Message, key: bytes, sha256: bool) -> None:
    read = Message.parse(message.encode(key, fingerprint=True, sha256=sha256))
    assert read.attributes[:-2] == message.attributes
    own = attributes.MESSAGE_INTEGRITY_SHA256 if sha256 else attributes.MESSAGE_INTEGRITY
    assert [each.type for each in read.attributes[-2:]] == [own.number, attributes.FINGERPRINT.number]


@given(MESSAGES)
def test_5_the_header_is_that_of_the_diagram(message: Message) -> None:
    """ "the last 2 bits of this field are always zero"; "The most significant 2 bits of every STUN message MUST be
    zeroes"; the class is in bits 4 and 8, around which lie the method's."""
    data = message.encode()
    assert data[0] >> 6 == 0
    assert int.from_bytes(data[2:4], "big") == len(data) - 20
    assert data[3] & 3 == 0
    assert data[4:8] == bytes.fromhex("2112a442")
    assert data[8:20] == message.transaction
    bits = f"{int.from_bytes(data[:2], 'big'):016b}"
    assert int(bits[7] + bits[11], 2) == message.kind
    assert int(bits[2:7] + bits[8:11] + bits[12:], 2) == message.method
    assert is_stun(data)


def test_5_the_examples_of_message_types() -> None:
    """ "encoded into the first 16 bits as 0x0001", "as 0x0101"."""
    assert REQUEST.encode()[:2] == b"\x00\x01"
    assert REQUEST.success().encode()[:2] == b"\x01\x01"


# The vectors.


def test_rfc5769_2_1_request() -> None:
    message = Message.parse(stun_vectors.REQUEST)
    assert (message.method, message.kind) == (Method.BINDING, Kind.REQUEST)
    assert message.transaction.hex() == "b7e7a701bc34d686fa87dfae"
    assert message.get(attributes.SOFTWARE) == "STUN test client"
    assert message.get(attributes.PRIORITY) == 0x6E0001FF
    assert message.get(attributes.ICE_CONTROLLED) == 0x932FF9B151263B36
    assert message.get(attributes.USERNAME) == "evtj:h6vY"
    assert message.unknown == ()


def test_rfc5769_2_2_ipv4_response() -> None:
    message = Message.parse(stun_vectors.IPV4_RESPONSE)
    assert (message.method, message.kind) == (Method.BINDING, Kind.SUCCESS)
    assert message.get(attributes.SOFTWARE) == "test vector"
    assert message.get(attributes.XOR_MAPPED_ADDRESS) == Endpoint(Address.parse("192.0.2.1"), 32853)


def test_rfc5769_2_3_ipv6_response() -> None:
    message = Message.parse(stun_vectors.IPV6_RESPONSE)
    address = bytes.fromhex("20010db8123456780011223344556677")
    assert message.get(attributes.XOR_MAPPED_ADDRESS) == Endpoint6(address, 32853)


def test_rfc5769_2_4_request_of_a_long_term_user() -> None:
    message = Message.parse(stun_vectors.LONG_TERM)
    assert message.get(attributes.USERNAME) == stun_vectors.USERNAME
    assert message.get(attributes.NONCE) == b"f//499k954d6OL34oL9FSTvy64sA"
    assert message.get(attributes.REALM) == stun_vectors.REALM
    assert message.encode() == stun_vectors.LONG_TERM  # its padding is of zeros


def test_rfc8489_b_1_request_with_userhash() -> None:
    message = Message.parse(stun_vectors.USERHASH)
    assert message.get(attributes.NONCE) == b"obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA"
    assert message.get(attributes.REALM) == stun_vectors.REALM
    assert message.get(attributes.PASSWORD_ALGORITHM) == PasswordAlgorithm(2)
    assert message.encode() == stun_vectors.USERHASH


# Attributes in octets, by the figures.

OCTETS = [
    (attributes.MAPPED_ADDRESS, Endpoint(Address.parse("192.0.2.1"), 0x1234), "0001 1234 c0000201"),
    (attributes.XOR_PEER_ADDRESS, Endpoint(Address.parse("192.0.2.1"), 0x1234), "0001 3326 e112a643"),
    (attributes.CHANNEL_NUMBER, 0x4001, "4001 0000"),
    (attributes.LIFETIME, 600, "00000258"),
    (attributes.REQUESTED_ADDRESS_FAMILY, 2, "02 000000"),
    (attributes.EVEN_PORT, True, "80"),
    (attributes.EVEN_PORT, False, "00"),
    (attributes.REQUESTED_TRANSPORT, 17, "11 000000"),
    (attributes.DONT_FRAGMENT, True, ""),
    (attributes.USE_CANDIDATE, True, ""),
    (attributes.ERROR_CODE, Error(420, "no"), "0000 04 14 6e6f"),
    (attributes.ADDRESS_ERROR_CODE, AddressError(2, 440, "no"), "02 00 04 28 6e6f"),
    (attributes.UNKNOWN_ATTRIBUTES, (0x1A, 0x22, 0x7FFF), "001a 0022 7fff"),
    (attributes.PASSWORD_ALGORITHM, PasswordAlgorithm(2), "0002 0000"),
    (
        attributes.PASSWORD_ALGORITHMS,
        (PasswordAlgorithm(9, b"abc"), PasswordAlgorithm(1)),
        "0009 0003 61626300 0001 0000",
    ),
    (attributes.ICMP, Icmp(3, 4, 1400), "0000 03 04 00000578"),
    (attributes.ICE_CONTROLLING, 1, "0000000000000001"),
]


@pytest.mark.parametrize(("kind", "value", "octets"), OCTETS, ids=[f"{each[0].name} {each[1]}" for each in OCTETS])
def test_14_an_attribute_is_as_its_figure_has_it(kind: attributes.Type, value: object, octets: str) -> None:
    """RFC 8489 section 14, RFC 8656 section 18, RFC 8445 section 16.1."""
    data = bytes.fromhex(octets)
    whole = kind.number.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data + bytes(-len(data) % 4)
    message = Message(Method.BINDING, Kind.REQUEST, TRANSACTION, (kind.of(value),))
    assert message.encode()[20:] == whole
    assert Message.parse(raw(whole.hex())) == message


@pytest.mark.parametrize(
    ("octets", "kind", "value"),
    [
        ("000c 0004 4001 ffff", attributes.CHANNEL_NUMBER, 0x4001),
        ("0019 0004 11 abcdef", attributes.REQUESTED_TRANSPORT, 17),
        ("0018 0001 ff 010203", attributes.EVEN_PORT, True),
        ("0018 0001 7f 010203", attributes.EVEN_PORT, False),
        ("0001 0008 ff01 1234 c0000201", attributes.MAPPED_ADDRESS, Endpoint(Address.parse("192.0.2.1"), 0x1234)),
        ("0009 0004 ffff fc 14", attributes.ERROR_CODE, Error(420, "")),
        ("8001 0004 01 ff fd 08", attributes.ADDRESS_ERROR_CODE, AddressError(1, 508, "")),
        ("8004 0008 ffff 03 03 00000000", attributes.ICMP, Icmp(3, 3)),
        ("0006 0001 61 ffffff", attributes.USERNAME, "a"),
    ],
)
def test_reserved_bits_and_padding_mean_nothing(octets: str, kind: attributes.Type, value: object) -> None:
    """ "The padding bits MUST be set to zero on sending and MUST be ignored by the receiver"; so are reserved ones."""
    assert Message.parse(raw(octets)).get(kind) == value


def test_14_only_the_first_of_a_type_counts() -> None:
    """ "only the first occurrence needs to be processed by a receiver"; CreatePermission has several that all count."""
    message = Message.parse(raw("0006 0001 61000000", "0006 0001 62000000"))
    assert message.get(attributes.USERNAME) == "a"
    assert message.all(attributes.USERNAME) == ["a", "b"]
    assert message.has(attributes.REALM, attributes.USERNAME)
    assert not message.has(attributes.REALM)
    assert message.get(attributes.REALM) is None


def test_14_what_must_be_understood_and_is_not() -> None:
    """ "Attributes with type values between 0x0000 and 0x7FFF are comprehension-required"."""
    message = Message.parse(raw("7fff 0000", "8fff 0000", "0003 0004 00000000", "7fff 0000"))
    assert message.unknown == (0x7FFF, 0x0003)
    assert [each.type for each in message.attributes] == [0x7FFF, 0x8FFF, 0x0003, 0x7FFF]


def test_9_what_follows_the_integrity_is_not_there() -> None:
    """ "agents MUST ignore all attributes that follow MESSAGE-INTEGRITY, with the exception of the
    MESSAGE-INTEGRITY-SHA256 and FINGERPRINT attributes"."""
    first, second = "0008 0014" + "11" * 20, "001c 0020" + "22" * 32
    message = Message.parse(raw(first, "0006 0001 61000000", "7fff 0000", second, "0024 0004 00000001", first))
    assert [each.type for each in message.attributes] == [0x0008, 0x001C]
    message = Message.parse(raw(second, "0006 0001 61000000", first))
    assert [each.type for each in message.attributes] == [0x001C]


# What is refused.


@pytest.mark.parametrize("length", range(20))
def test_5_a_message_has_a_header(length: int) -> None:
    assert refused(REQUEST.encode()[:length]) == "length"


def test_6_3_the_first_checks() -> None:
    """ "It checks that the first two bits are 0, that the Magic Cookie field has the correct value, that the message
    length is sensible, and that the method value is a supported method. It checks that the message class is allowed
    for the particular method."."""
    whole = raw()
    assert refused(b"\x40" + whole[1:]) == "message type"
    assert refused(b"\x80" + whole[1:]) == "message type"
    assert refused(whole[:4] + b"\x21\x12\xa4\x43" + whole[8:]) == "magic cookie"
    assert refused(whole[:3] + b"\x04" + whole[4:]) == "message length"
    assert refused(whole + b"\0\0\0\0") == "message length"
    assert refused(whole[:3] + b"\x02" + whole[4:] + b"\0\0") == "message length"
    assert refused(b"\x00\x02" + whole[2:]) == "message type"  # was SharedSecret
    assert refused(b"\x00\x06" + whole[2:]) == "message type"  # a request of Send
    assert refused(b"\x00\x13" + whole[2:]) == "message type"  # an indication of Allocate


@pytest.mark.parametrize(
    ("octets", "field"),
    [
        ("0006 0005 61620000", "length of attribute 0x0006"),
        ("0006 ffff 61620000", "length of attribute 0x0006"),
        ("0001 0000", "MAPPED-ADDRESS"),
        ("0020 0004 0001 1234", "XOR-MAPPED-ADDRESS"),
        ("0020 0008 0003 1234 c0000201", "XOR-MAPPED-ADDRESS"),
        ("0020 0008 0002 1234 c0000201", "XOR-MAPPED-ADDRESS"),
        ("0006 0002 c328 0000", "USERNAME"),
        ("0008 0010" + "00" * 16, "length of MESSAGE-INTEGRITY"),
        ("001c 000c" + "00" * 12, "length of MESSAGE-INTEGRITY-SHA256"),
        ("001c 0011" + "00" * 20, "length of MESSAGE-INTEGRITY-SHA256"),
        ("001c 0024" + "00" * 36, "length of MESSAGE-INTEGRITY-SHA256"),
        ("0009 0003 000004 00", "ERROR-CODE"),
        ("0009 0004 0000 02 63", "ERROR-CODE"),
        ("0009 0004 0000 07 00", "ERROR-CODE"),
        ("0009 0004 0000 04 64", "ERROR-CODE"),
        ("8001 0000", "ADDRESS-ERROR-CODE"),
        ("000a 0003 001a00 00", "length of UNKNOWN-ATTRIBUTES"),
        ("000d 0003 000258 00", "length of LIFETIME"),
        ("000d 0008 0000025800000000", "length of LIFETIME"),
        ("0018 0000", "length of EVEN-PORT"),
        ("001a 0004 00000000", "length of DONT-FRAGMENT"),
        ("0022 0004 00000000", "length of RESERVATION-TOKEN"),
        ("8004 0004 00000303", "length of ICMP"),
        ("001d 0000", "PASSWORD-ALGORITHM"),
        ("001d 0008 0001 0000 0002 0000", "PASSWORD-ALGORITHM"),
        ("8002 0004 0001 0004", "length of parameters in PASSWORD-ALGORITHMS"),
        ("8002 0002 0001 0000", "length of parameters in PASSWORD-ALGORITHMS"),
        ("8028 0004 00000000", "FINGERPRINT"),
    ],
)
def test_14_a_value_that_is_not_of_its_types_form(octets: str, field: str) -> None:
    assert refused(raw(octets)) == field


def test_9_2_5_no_more_password_algorithms_than_a_client_can_send_back() -> None:
    whole = raw("8002 01fc", "0001 0000" * 127)
    assert len(Message.parse(whole).get(attributes.PASSWORD_ALGORITHMS) or ()) == 127
    assert refused(raw("8002 0200", "0001 0000" * 128)) == "length of PASSWORD-ALGORITHMS"


def test_14_3_a_username_of_763_octets_is_read_and_none_over_508_is_sent() -> None:
    """ "It MUST contain a UTF-8-encoded sequence of fewer than 509 bytes"; "MUST be able to parse a UTF-8-encoded
    sequence of 763 or fewer octets"."""
    long = "a" * 763
    assert Message.parse(raw("0006 02fb", long.encode().hex(), "00")).get(attributes.USERNAME) == long
    assert refused(raw("0006 02fc", ("a" * 764).encode().hex())) == "length of USERNAME"
    assert len(Message(Method.BINDING, Kind.REQUEST, TRANSACTION, (attributes.USERNAME.of("a" * 508),)).encode()) == 532
    with pytest.raises(ValueError, match="509 octets, over 508"):
        Message(Method.BINDING, Kind.REQUEST, TRANSACTION, (attributes.USERNAME.of("a" * 509),)).encode()


def test_14_8_words_for_a_person_need_not_be_utf_8() -> None:
    """The reason phrase "is meant for diagnostic purposes": a bad one does not cost the error code."""
    error = Message.parse(raw("0009 0005 0000 04 01 ff 000000", kind="0111")).get(attributes.ERROR_CODE)
    assert error == Error(401, "\ufffd")


def test_a_message_has_64_attributes_at_most() -> None:
    assert len(Message.parse(raw("8fff 0000" * 64)).attributes) == 64
    assert refused(raw("8fff 0000" * 65)) == "attributes"
    assert refused(raw("0008 0014" + "11" * 20, "8fff 0000" * 64)) == "attributes"  # those that do not count, count


def test_14_7_a_wrong_fingerprint_and_one_that_is_not_last() -> None:
    """ "When present, the FINGERPRINT attribute MUST be the last attribute in the message"."""
    whole = REQUEST.encode(fingerprint=True)
    assert Message.parse(whole).has(attributes.FINGERPRINT)
    assert refused(whole[:-1] + bytes([whole[-1] ^ 1])) == "FINGERPRINT"
    longer = whole[:3] + bytes([whole[3] + 4]) + whole[4:]
    assert refused(longer + bytes.fromhex("80220000")) == "FINGERPRINT"


def test_6_3_1_responses_are_the_requests() -> None:
    """ "The method of the response is the same as that of the request"; "For an error response, the server MUST add an
    ERROR-CODE attribute"."""
    request = Message(Method.ALLOCATE, Kind.REQUEST, TRANSACTION)
    assert request.success() == Message(Method.ALLOCATE, Kind.SUCCESS, TRANSACTION)
    error = request.unknown_error((0x7FFF,))
    assert (error.method, error.kind, error.transaction) == (Method.ALLOCATE, Kind.ERROR, TRANSACTION)
    assert error.get(attributes.ERROR_CODE) == Error(420, "Unknown Attribute")
    assert error.get(attributes.UNKNOWN_ATTRIBUTES) == (0x7FFF,)


@pytest.mark.parametrize(
    "data", [b"", b"\x80" + bytes(19), b"\x40\x01\0\0" + bytes(16), bytes(20), b"GET / HTTP/1.1\r\nHost: a"]
)
def test_7_other_protocols_are_told_apart(data: bytes) -> None:
    assert not is_stun(data)


@given(st.binary(max_size=120))
def test_bytes_are_read_or_refused(data: bytes) -> None:
    for whole in (data, raw(data[: len(data) // 4 * 4].hex())):
        try:
            Message.parse(whole)
        except DecodeError:
            continue
