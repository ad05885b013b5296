"""ICMP errors: how they are written, about what none is sent, how many are, and what is answered."""

from __future__ import annotations

import pytest

from catenet.nodes.address import Address
from catenet.nodes.internet.icmp.error import QUOTED, IcmpError, error_about
from catenet.nodes.internet.icmp.limits import refusal
from catenet.nodes.internet.icmp.packet import Echo
from catenet.nodes.internet.icmp.responder import echo_reply
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.ipv4.header import Header
from catenet.nodes.machine import DecodeError
from catenet.nodes.token_bucket import TokenBucket

A, B = Address.parse("10.0.1.1"), Address.parse("10.0.2.2")
BROADCAST = Address.parse("10.0.1.255")


def several(address: Address) -> bool:
    return address.is_multicast or address in (BROADCAST, Address(0xFFFFFFFF))


def packet(
    source: str = "10.0.2.2", destination: str = "10.0.1.1", protocol: int = 17, data: bytes = bytes(8)
) -> bytes:
    return Header(Address.parse(source), Address.parse(destination), protocol).packet(data)


def test_the_octets_are_where_the_diagram_has_them() -> None:
    about = packet()
    message = error_about(3, 4, (0x05DC).to_bytes(4, "big"), about)
    assert message[:2] == b"\x03\x04"
    assert message[4:8] == b"\0\0\x05\xdc"
    assert message[8:] == about
    assert checksum(message) == 0
    error = IcmpError.parse(message)
    assert (error.mtu, error.about.source, error.about.destination) == (1500, B, A)


def test_1812_4_3_2_3_as_much_is_quoted_as_fits_into_576_octets() -> None:
    message = error_about(11, 0, bytes(4), packet(data=bytes(1000)))
    assert len(message) + 20 == 576
    assert len(message) == 8 + QUOTED


@pytest.mark.parametrize("kind", [3, 4, 5, 11, 12])
def test_1122_3_2_2_never_about_an_error(kind: int) -> None:
    assert refusal(packet(protocol=1, data=bytes((kind, 0)) + bytes(6)), several) == "about an error"


@pytest.mark.parametrize("kind", [0, 8, 13, 17, 30, 255])
def test_about_any_other_message_of_icmps_one_may_be_sent(kind: int) -> None:
    assert refusal(packet(protocol=1, data=bytes((kind, 0)) + bytes(6)), several) == ""


def test_of_an_icmp_packet_without_a_type_nobody_knows_that_it_is_no_error() -> None:
    assert refusal(packet(protocol=1, data=b""), several) == "about an error"


@pytest.mark.parametrize(
    "source", ["0.0.0.0", "0.1.2.3", "127.0.0.1", "10.0.1.255", "224.0.0.1", "240.0.0.1", "255.255.255.255"]
)
def test_1122_3_2_2_never_to_who_is_no_single_host(source: str) -> None:
    assert refusal(packet(source=source), several) == "source"


@pytest.mark.parametrize("destination", ["10.0.1.255", "255.255.255.255", "224.0.0.9"])
def test_1122_3_2_2_never_about_what_went_to_many(destination: str) -> None:
    assert refusal(packet(destination=destination), several) == "to many"


def test_1122_3_2_2_of_fragments_only_about_the_first() -> None:
    bare = Header(B, A, 17, mf=True)
    assert refusal(bare.packet(bytes(8)), several) == ""
    assert refusal(bare._replace(offset=8).packet(bytes(8)), several) == "fragment"


def test_what_is_no_packet_is_not_quoted() -> None:
    assert refusal(packet()[:19], several) == "short"


def test_1812_4_3_2_8_so_many_at_once_and_so_many_a_second() -> None:
    bucket = TokenBucket(10.0, 3, 100.0)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(100.05), bucket.take(100.15), bucket.take(100.16)] == [False, True, False]
    assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(999.0), "a clock that goes back gives nothing"


def test_an_echo_is_answered_octet_by_octet_but_its_type() -> None:
    for data in (b"", b"abc", bytes(range(256)) * 100):
        asked = Echo(0x1234, 7, data)
        assert echo_reply(bytes(asked)) == bytes(asked.answer())


def test_an_echo_whose_checksum_was_all_ones() -> None:
    """The update of a checksum (RFC 1624) meets both zeros of one's complement."""
    for identifier in range(0xF7F0, 0xF800):
        asked = Echo(identifier, 0, b"\0\0")
        assert checksum(echo_reply(bytes(asked))) == 0


@pytest.mark.parametrize("message", [b"", b"\x08\0\0\0\0\0\0", b"\0" * 8, b"\x08\x01" + bytes(6)])
def test_what_is_no_echo_is_not_answered(message: bytes) -> None:
    with pytest.raises(DecodeError):
        echo_reply(message)
