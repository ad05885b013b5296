"""Names and record data in bytes: where dnslib's codec meets our values, and nothing that a peer sends gets past.

dnslib trusts a peer in ways that RFC 1035 does not ask for: its pointers are followed by recursion and may add up to
names of 64 kB, a label's two reserved bits pass as a length, and data may end before or after RDLENGTH says. So names
are read here, within the RFC's limits, and every record's end is checked; the formats of the data are dnslib's.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from dnslib import dns
from dnslib.bimap import BimapError
from dnslib.buffer import BufferError as TooShort
from dnslib.label import DNSBuffer, DNSLabel, DNSLabelError

from catenet.nodes.address import Address
from catenet.nodes.application.dns.name import NAME_LIMIT, Name
from catenet.nodes.application.dns.records import (
    TTL_LIMIT,
    A,
    Aaaa,
    Cname,
    Data,
    Mx,
    Ns,
    Opaque,
    Ptr,
    Soa,
    Txt,
    Type,
)
from catenet.nodes.machine import DecodeError

__all__ = ["ERRORS", "MessageBuffer", "pack_data", "parse_data"]

ERRORS = (dns.DNSError, TooShort, DNSLabelError, BimapError, ValueError, struct.error)
"""What dnslib raises on wrong bytes."""

_POINTER_LIMIT = 0x3FFF
_POINTERS = 127
"""A name has at most 127 labels, so it needs no more pointers than that."""


class MessageBuffer(DNSBuffer):  # type: ignore[misc]
    """dnslib's buffer, with names read and written within the limits of RFC 1035."""

    data: bytearray
    offset: int
    names: dict[tuple[bytes, ...], int]

    def decode_name(self, _last: int = -1) -> DNSLabel:
        """The name at the offset, compressed or not (RFC 1035 section 4.1.4).

        Raises:
            DecodeError: it is longer than 255 octets, a label's reserved bits are set, or a pointer does not lead to
                a *prior* octet of the message, as the RFC defines it.

        """
        data, offset, after = self.data, self.offset, -1
        labels: list[bytes] = []
        size, pointers, lowest = 1, 0, self.offset
        while True:
            if offset >= len(data):
                raise DecodeError("name", bytes(data[lowest : lowest + 16]), "it runs past the end of the message")
            length = data[offset]
            if length == 0:
                break
            if length < 0x40:
                size += length + 1
                if size > NAME_LIMIT:
                    raise DecodeError("name", size, f"over {NAME_LIMIT} octets")
                labels.append(bytes(data[offset + 1 : offset + 1 + length]))
                offset += length + 1
            elif length >= 0xC0 and offset + 1 < len(data):
                target = (length & 0x3F) << 8 | data[offset + 1]
                pointers += 1
                if target >= lowest or pointers > _POINTERS:
                    raise DecodeError("name pointer", target, "it does not point back")
                after = offset + 2 if after < 0 else after
                offset = lowest = target
            else:
                raise DecodeError("label length", length, "its two top bits are neither 00 nor 11")
        self.offset = offset + 1 if after < 0 else after
        return DNSLabel(labels)

    def encode_name(self, name: DNSLabel) -> None:
        """Writes the name, compressed; a pointer has 14 bits, so what lies beyond them is never pointed at."""
        super().encode_name(name)
        if self.offset > _POINTER_LIMIT:
            self.names = {known: offset for known, offset in self.names.items() if offset <= _POINTER_LIMIT}

    def read_name(self) -> Name:
        """The name at the offset, as a value."""
        return Name.of(self.decode_name().label)

    def write_name(self, name: Name) -> None:
        """Appends the name."""
        self.encode_name(DNSLabel(tuple(name)))

    def write_spelled(self, spelling: tuple[bytes, ...]) -> None:
        """Appends a question's name as its sender spelled it; equal names that follow will point at it."""
        self.encode_name(DNSLabel(spelling))
        folded = {tuple(Name.of(labels)): offset for labels, offset in self.names.items()}
        self.names.update(folded)

    def read_ttl(self) -> int:
        """A TTL in seconds (RFC 2181 section 8)."""
        (ttl,) = self.unpack("!I")
        return ttl if ttl <= TTL_LIMIT else 0


def parse_data(buffer: MessageBuffer, kind: int, length: int) -> Data:
    """The data of one record.

    Raises:
        DecodeError: it does not fill exactly `length` octets.
        (any of ERRORS): the bytes are not of the type's form.

    """
    parse = _PARSERS.get(kind)
    end = buffer.offset + length
    if end > len(buffer.data):
        raise DecodeError("RDLENGTH", length, "it runs past the end of the message")
    if parse is None:
        return Opaque(buffer.get(length))
    data = parse(buffer, length)
    if buffer.offset != end:
        raise DecodeError("RDLENGTH", length, f"the data of type {kind} ends {buffer.offset - end:+} octets off")
    return data


def pack_data(buffer: MessageBuffer, data: Data) -> None:
    """Appends the data of one record, without its length."""
    _to_dnslib(data).pack(buffer)


def _a(buffer: MessageBuffer, length: int) -> A:
    return A(Address.unpack(bytes(dns.A.parse(buffer, length).data)))


def _aaaa(buffer: MessageBuffer, length: int) -> Aaaa:
    return Aaaa(bytes(dns.AAAA.parse(buffer, length).data))


def _mx(buffer: MessageBuffer, length: int) -> Mx:
    record = dns.MX.parse(buffer, length)
    return Mx(record.preference, Name.of(record.label.label))


def _txt(buffer: MessageBuffer, length: int) -> Txt:
    if not length:
        raise DecodeError("RDLENGTH", 0, "a TXT record has at least one string")
    return Txt(tuple(dns.TXT.parse(buffer, length).data))


def _soa(buffer: MessageBuffer, length: int) -> Soa:
    record = dns.SOA.parse(buffer, length)
    return Soa(Name.of(record.mname.label), Name.of(record.rname.label), *record.times)


_PARSERS: dict[int, Callable[[MessageBuffer, int], Data]] = {
    Type.A: _a,
    Type.NS: lambda buffer, length: Ns(Name.of(dns.NS.parse(buffer, length).label.label)),
    Type.CNAME: lambda buffer, length: Cname(Name.of(dns.CNAME.parse(buffer, length).label.label)),
    Type.PTR: lambda buffer, length: Ptr(Name.of(dns.PTR.parse(buffer, length).label.label)),
    Type.SOA: _soa,
    Type.MX: _mx,
    Type.TXT: _txt,
    Type.AAAA: _aaaa,
}


def _label(name: Name) -> DNSLabel:
    return DNSLabel(tuple(name))


def _to_dnslib(data: Data) -> dns.RD:
    match data:
        case A(address):
            return dns.A(tuple(address.pack()))
        case Aaaa(packed):
            return dns.AAAA(tuple(packed))
        case Ns(host):
            return dns.NS(_label(host))
        case Cname(target) | Ptr(target):
            return dns.CNAME(_label(target))
        case Mx(preference, exchange):
            return dns.MX(_label(exchange), preference)
        case Txt(strings):
            return dns.TXT(list(strings))
        case Soa(primary, mailbox, serial, refresh, retry, expire, minimum):
            return dns.SOA(_label(primary), _label(mailbox), (serial, refresh, retry, expire, minimum))
        case Opaque(octets):
            return dns.RD(octets)
