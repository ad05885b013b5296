"""Names and record data in bytes: where dnslib's buffer meets our values, and nothing that a peer sends gets past.

dnslib trusts a peer in ways that RFC 1035 does not ask for: its pointers are followed by recursion and may add up to
names of 64 kB, a label's two reserved bits pass as a length, and data may end before or after RDLENGTH says. So names
are read and written here, within the RFC's limits, data field by field (fields.py), and every record's end is checked.
"""

from __future__ import annotations

import struct

from dnslib.buffer import Buffer
from dnslib.buffer import BufferError as TooShort

from catenet.nodes.application.dns.name import NAME_LIMIT, Name
from catenet.nodes.application.dns.records import DATA, INTERNET_TYPES, Data, Opaque
from catenet.nodes.application.dns.types import TTL_LIMIT, Class
from catenet.nodes.machine import DecodeError

__all__ = ["ERRORS", "HEADER_SIZE", "MessageBuffer", "data_of", "parse_data"]

ERRORS = (TooShort, ValueError, struct.error)
"""What is raised on wrong bytes."""

HEADER_SIZE = 12
"""Octets of a message's header (RFC 1035 section 4.1.1)."""
_POINTER_LIMIT = 0x3FFF
_POINTERS = 127
"""A name has at most 127 labels, so it needs no more pointers than that."""


class MessageBuffer(Buffer):  # type: ignore[misc]
    """dnslib's buffer, with names read and written within the limits of RFC 1035."""

    data: bytearray
    offset: int

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(data)
        self.end = len(data)  # of what is being read: the message, or one record's data
        self._names: dict[tuple[bytes, ...], int] = {}  # the names written so far, in lower case → where

    def read_spelled(self) -> list[bytes]:
        """The labels of the name at the offset, compressed or not (RFC 1035 section 4.1.4), as they are spelled.

        Raises:
            DecodeError: it is longer than 255 octets, a label's reserved bits are set, or a pointer leads into the
                header, or not to a *prior* octet of the message, as the RFC defines it.

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
                if not HEADER_SIZE <= target < lowest or pointers > _POINTERS:
                    raise DecodeError("name pointer", target, "it does not point back to a name")
                after = offset + 2 if after < 0 else after
                offset = lowest = target
            else:
                raise DecodeError("label length", length, "its two top bits are neither 00 nor 11")
        self.offset = offset + 1 if after < 0 else after
        return labels

    def get(self, length: int) -> bytes:
        """The next octets, so many."""
        octets: bytes = super().get(length)
        return octets

    def read_name(self) -> Name:
        """The name at the offset, as a value."""
        return Name.of(self.read_spelled())

    def write_name(self, name: Name, spelling: tuple[bytes, ...] = (), *, compress: bool = True) -> None:
        """Appends a name, in its `spelling` where there is one; names that follow will point at it.

        A pointer has 14 bits (RFC 1035 section 4.1.4), so what lies beyond them is never pointed at.
        """
        for at, label in enumerate(spelling or name):
            rest = name[at:]
            known = self._names.get(rest)
            if known is not None and compress:
                self.append((0xC000 | known).to_bytes(2, "big"))
                return
            if known is None and self.offset <= _POINTER_LIMIT:
                self._names[rest] = self.offset
            self.append(bytes([len(label)]) + label)
        self.append(b"\0")

    def read_ttl(self) -> int:
        """A TTL in seconds (RFC 2181 section 8)."""
        (ttl,) = self.unpack("!I")
        return ttl if ttl <= TTL_LIMIT else 0


def parse_data(buffer: MessageBuffer, kind: int, length: int, klass: int = Class.IN) -> Data:
    """The data of one record.

    Raises:
        DecodeError: it does not fill exactly `length` octets.
        (any of ERRORS): the bytes are not of the type's form.

    """
    end = buffer.offset + length
    if end > len(buffer.data):
        raise DecodeError("RDLENGTH", length, "it runs past the end of the message")
    buffer.end = end
    data = _form(kind, klass, length).read(buffer)
    if buffer.offset != end:
        raise DecodeError("RDLENGTH", length, f"the data of type {kind} ends {buffer.offset - end:+} octets off")
    return data


def _form(kind: int, klass: int, length: int) -> type[Data]:
    """How the data are to be read, in a class with forms of its own.

    In an update NONE stands for the zone's class, which is IN here; and beside NONE or ANY a type may have no data at
    all, whatever its form: the record then speaks of a whole set, or of a whole name (RFC 2136 sections 2.4 and 2.5).
    """
    if klass != Class.IN:
        if not length and klass in (Class.NONE, Class.ANY):
            return Opaque
        if klass != Class.NONE and kind in INTERNET_TYPES:
            return Opaque
    return DATA.get(kind, Opaque)


def data_of(kind: int, octets: bytes) -> Data:
    """The data of a record that stands alone, so that nothing in it can be compressed.

    Raises:
        ValueError: the octets are not of the type's form.

    """
    try:
        data = parse_data(MessageBuffer(octets), kind, len(octets))
    except TooShort as error:
        raise ValueError(str(error)) from None
    if data.size != len(octets):
        raise ValueError("a name in it is compressed")
    return data
