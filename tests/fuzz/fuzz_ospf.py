"""What comes to a router in IP packets of protocol 89: the packets, LSAs with a right checksum, and who may speak."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from contextlib import suppress

from fuzz_target import Target, pieces

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.authentication import Authentication
from catenet.nodes.internet.ospf.lsa import MAX_AGE, Lsa, newer
from catenet.nodes.internet.ospf.packet import PASSWORD_LENGTH, Packet, Update
from catenet.nodes.keys.key import read_auth
from catenet.nodes.machine import DecodeError

EPOCH, DEAD = 1_000_000, 40.0
SOURCES = (Address.parse("10.0.1.2"), Address.parse("10.0.1.3"))
_AUTHS: tuple[Mapping[str, object], ...] = ({}, {"password": "secret"}, {"md5": {"1": "secret"}})
_LSA_HEADER = 20
_WITH_CHECKSUMS = 0x80
"""In the octet of the version, which is not looked at here: the LSAs of an update get the checksums that they need."""


def _checksummed(lsa: bytes) -> bytes:
    """RFC 905 annex B: the two octets that make both sums 0."""
    first = second = 0
    for octet in lsa[2:16] + b"\0\0" + lsa[18:]:
        first = (first + octet) % 255
        second = (second + first) % 255
    high = ((len(lsa) - 17) * first - second) % 255 or 255
    return lsa[:16] + bytes([high, -(first + high) % 255 or 255]) + lsa[18:]


def repaired(packet: bytes) -> bytes:
    """A Link State Update the LSAs of which have the checksums that they need."""
    done, at = packet[:28], 28
    while at + _LSA_HEADER <= len(packet):
        length = max(int.from_bytes(packet[at + 18 : at + 20], "big"), _LSA_HEADER)
        done += _checksummed(packet[at : at + length])
        at += length
    return done + packet[at:]


def _packet(data: bytes) -> Packet:
    broken = data[:1] >= bytes([_WITH_CHECKSUMS]) and data[1:2] == b"\4"
    return Packet.parse(repaired(data) if broken else data)


def _check_packet(packet: Packet) -> None:
    body = packet.body._replace(broken=0) if isinstance(packet.body, Update) else packet.body
    assert Packet.parse(bytes(packet)) == packet._replace(body=body)


def _lsa(data: bytes) -> Lsa:
    """An LSA without its length and checksum."""
    head = data[:_LSA_HEADER].ljust(_LSA_HEADER, b"\1")
    return Lsa.parse(_checksummed(head[:18] + struct.pack(">H", max(len(data), _LSA_HEADER)) + data[_LSA_HEADER:]))


def _check_lsa(lsa: Lsa) -> None:
    assert Lsa.parse(lsa.data) == lsa
    assert lsa.same_contents(lsa)
    assert newer(lsa.header, lsa.aged(MAX_AGE).header) <= 0
    if lsa.body is not None:
        again = Lsa.make(lsa.key, lsa.header.options, lsa.header.sequence, lsa.body, lsa.header.age)
        assert Lsa.parse(again.data) == again
        assert again.body == lsa.body


def _sealed(data: bytes) -> None:
    """Each packet has an octet before it: which authentication, who sends it, whether it is signed, how much later."""
    routers = [Authentication(read_auth(auth, PASSWORD_LENGTH), EPOCH, DEAD) for auth in _AUTHS]
    now = 0.0
    for piece in pieces(data):
        how, octets = piece[0] if piece else 0, piece[1:]
        router = routers[how % 3]
        if how & 4:
            octets = octets[:24].ljust(24, b"\0")[:18] + b"\1\x10" + octets[20:].ljust(4, b"\0")
            octets += hashlib.md5(octets[: int.from_bytes(octets[2:4], "big")] + b"secret".ljust(16, b"\0")).digest()
        with suppress(DecodeError):
            opened = router.open(octets, "lan", SOURCES[how >> 3 & 1], now)
            sealed = router.seal(opened, "lan", now)
            assert len(sealed) == len(opened) + router.overhead
            assert opened == octets[: int.from_bytes(octets[2:4], "big")]
            assert Authentication(read_auth(_AUTHS[how % 3], PASSWORD_LENGTH), EPOCH, DEAD).open(
                sealed, "lan", SOURCES[0], now
            )
        now += how >> 4


_ROUTER = bytes.fromhex("00000201 01010101 01010101 80000001 00000024 00000001 0a000100 ffffff00 03000001")
WORDS = (
    *(b"\0\1\2\1", b"\x80\0\0\1", b"\x7f\xff\xff\xff", b"\x0e\x10", b"\xff\xff\xff", b"\0\0\0\1", b"\0\x14", b"\0\x18"),
    *(b"\2\1\0\x2c", b"\2\4", b"\x80\4", b"\2\0\0\x20", b"\0\2\0\0\1\x10", b"\0\1secret\0\0", _ROUTER, _ROUTER[20:]),
)
packet = Target(_packet, (DecodeError,), _check_packet, words=WORDS, longest=1500)
lsa = Target(_lsa, (DecodeError,), _check_lsa, words=WORDS, longest=1500)
sealed = Target(_sealed, words=WORDS, longest=2048)
