"""RTCP packets: SR, RR, SDES, BYE and APP, and compound packets of them (RFC 3550 section 6).

Each begins alike (section 6.4.1); the length is in 32-bit words, minus one. `count` is of report blocks, chunks or
SSRCs, or an APP's subtype.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |V=2|P|  count  |      PT       |             length            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    SR   (200)  SSRC | NTP timestamp (8) | RTP timestamp | packet count | octet count | report blocks
    RR   (201)  SSRC | report blocks
    SDES (202)  chunks: SSRC | items: type (1), length (1), text | one to four null octets
    BYE  (203)  SSRCs | length (1), reason, null octets; or nothing
    APP  (204)  SSRC | name (4) | data

A report block (section 6.4.1):

    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                 SSRC_1 (SSRC of first source)                 |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    | fraction lost |       cumulative number of packets lost       |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           extended highest sequence number received           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                      interarrival jitter                      |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                         last SR (LSR)                         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                   delay since last SR (DLSR)                  |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from catenet.nodes.application.rtp.packet import VERSION
from catenet.nodes.machine import DecodeError

__all__ = [
    "APP",
    "BYE",
    "CNAME",
    "MAX_PACKETS",
    "RR",
    "SDES",
    "SR",
    "Application",
    "Chunk",
    "Control",
    "Goodbye",
    "ReceiverReport",
    "ReportBlock",
    "SenderReport",
    "SourceDescription",
    "parse",
]

SR, RR, SDES, BYE, APP = 200, 201, 202, 203, 204
CNAME = 1
"""The type of the only SDES item that must be sent (section 6.5.1)."""
MAX_PACKETS = 64
"""In one compound packet; a datagram could hold 16,000."""
_MAX_COUNT = 31
_PADDED = 0x20
_HEADER = struct.Struct(">BBH")
_SENDER = struct.Struct(">IQIII")
_BLOCK = struct.Struct(">IIIIII")
_LOST = 1 << 24


class ReportBlock(NamedTuple):
    """What one end says of what it hears from a source.

    `fraction_lost` is in 1/256 (0–255), of the interval since the report before; `lost` counts packets and may be
    negative (duplicates); `jitter` is in timestamp units; `last_report`: the middle 32 bits of the NTP timestamp of
    the source's last SR, `delay`: since that came, in 1/65,536 s; 0 and 0: none has come.
    """

    ssrc: int
    fraction_lost: int
    lost: int
    highest: int
    jitter: int
    last_report: int = 0
    delay: int = 0

    @classmethod
    def parse(cls, data: bytes, at: int) -> ReportBlock:
        """The 24 octets at `at` → ReportBlock."""
        ssrc, lost, highest, jitter, last_report, delay = _BLOCK.unpack_from(data, at)
        fraction, lost = divmod(lost, _LOST)
        return cls(ssrc, fraction, lost - _LOST if lost >= _LOST // 2 else lost, highest, jitter, last_report, delay)

    def __bytes__(self) -> bytes:
        lost = self.fraction_lost << 24 | self.lost % _LOST
        return _BLOCK.pack(self.ssrc, lost, self.highest, self.jitter, self.last_report, self.delay)


@dataclass(frozen=True, slots=True)
class SenderReport:
    """SR. `ntp`: seconds in 32.32 bits; `timestamp`: the same moment in the units of the payload's clock; `packets`,
    `octets` (of payload): sent since the beginning."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()

    @classmethod
    def parse(cls, count: int, body: bytes) -> SenderReport:
        """What follows the header → SenderReport.

        Raises:
            DecodeError: too short for its blocks.

        """
        _need(body, _SENDER.size + count * _BLOCK.size)
        ssrc, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
        return cls(ssrc, ntp, timestamp, packets, octets, _blocks(count, body, _SENDER.size))

    def __bytes__(self) -> bytes:
        sender = _SENDER.pack(self.ssrc, self.ntp, self.timestamp, self.packets, self.octets)
        return _pack(SR, len(self.blocks), sender + b"".join(map(bytes, self.blocks)))


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """RR: of who has sent no data of late."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()

    @classmethod
    def parse(cls, count: int, body: bytes) -> ReceiverReport:
        """What follows the header → ReceiverReport.

        Raises:
            DecodeError: too short for its blocks.

        """
        _need(body, 4 + count * _BLOCK.size)
        return cls(int.from_bytes(body[:4], "big"), _blocks(count, body, 4))

    def __bytes__(self) -> bytes:
        return _pack(RR, len(self.blocks), self.ssrc.to_bytes(4, "big") + b"".join(map(bytes, self.blocks)))


class Chunk(NamedTuple):
    """What an SDES packet says of one source: items of type and text (UTF-8, at most 255 octets)."""

    ssrc: int
    items: tuple[tuple[int, bytes], ...]

    def __bytes__(self) -> bytes:
        items = b"".join(bytes([kind, len(text)]) + text for kind, text in self.items)
        # "The list of items in each chunk MUST be terminated by one or more null octets" (6.5)
        return self.ssrc.to_bytes(4, "big") + items + bytes(4 - len(items) % 4)


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """SDES."""

    chunks: tuple[Chunk, ...]

    @classmethod
    def parse(cls, count: int, body: bytes) -> SourceDescription:
        """What follows the header → SourceDescription.

        Raises:
            DecodeError: a chunk or an item is cut off.

        """
        chunks, at = [], 0
        for _ in range(count):
            chunk, at = _chunk(body, at)
            chunks.append(chunk)
        return cls(tuple(chunks))

    def __bytes__(self) -> bytes:
        return _pack(SDES, len(self.chunks), b"".join(map(bytes, self.chunks)))


@dataclass(frozen=True, slots=True)
class Goodbye:
    """BYE: these sources leave; the reason is UTF-8, at most 255 octets."""

    ssrcs: tuple[int, ...]
    reason: bytes = b""

    @classmethod
    def parse(cls, count: int, body: bytes) -> Goodbye:
        """What follows the header → Goodbye.

        Raises:
            DecodeError: too short for its SSRCs or its reason.

        """
        at = 4 * count
        _need(body, at)
        reason = b""
        if len(body) > at:
            _need(body, at + 1 + body[at])
            reason = body[at + 1 : at + 1 + body[at]]
        return cls(struct.unpack_from(f">{count}I", body), reason)

    def __bytes__(self) -> bytes:
        reason = bytes([len(self.reason)]) + self.reason if self.reason else b""
        ssrcs = struct.pack(f">{len(self.ssrcs)}I", *self.ssrcs)
        # "the BYE packet MUST be padded with null octets to the next 32-bit boundary" (6.6)
        return _pack(BYE, len(self.ssrcs), ssrcs + reason + bytes(-len(reason) % 4))


@dataclass(frozen=True, slots=True)
class Application:
    """APP: an application's own; `name` is four ASCII characters, `data` whole 32-bit words
    ("It MUST be a multiple of 32 bits long")."""

    ssrc: int
    name: bytes
    data: bytes = b""
    subtype: int = 0

    @classmethod
    def parse(cls, count: int, body: bytes) -> Application:
        """What follows the header → Application.

        Raises:
            DecodeError: no name.

        """
        _need(body, 8)
        return cls(int.from_bytes(body[:4], "big"), body[4:8], body[8:], count)

    def __bytes__(self) -> bytes:
        return _pack(APP, self.subtype, self.ssrc.to_bytes(4, "big") + self.name + self.data)


Control = SenderReport | ReceiverReport | SourceDescription | Goodbye | Application

_PARSERS: Mapping[int, Callable[[int, bytes], Control]] = {
    SR: SenderReport.parse,
    RR: ReceiverReport.parse,
    SDES: SourceDescription.parse,
    BYE: Goodbye.parse,
    APP: Application.parse,
}


def parse(data: bytes) -> tuple[Control, ...]:
    """A compound packet → its packets, in order, the first an SR or RR. Those of unknown types are left out: "An
    implementation SHOULD ignore incoming RTCP packets with types unknown to it" (6.1). Two at least are sent together;
    one alone is taken, as appendix A.2 takes it.

    Raises:
        DecodeError: a check of appendix A.2 fails, a packet is too short for what it counts, or they are too many.

    """
    found = []
    for kind, count, body in _split(data):
        if (parser := _PARSERS.get(kind)) is not None:
            found.append(parser(count, body))
    return tuple(found)


def _split(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The packet type, the count and what follows the header, without padding, of each packet."""
    at, number = 0, 0
    while at < len(data) or not number:
        if len(data) - at < _HEADER.size:
            raise DecodeError("length", len(data), "a header is cut off")
        first, kind, words = _HEADER.unpack_from(data, at)
        end = at + 4 * words + 4
        if first >> 6 != VERSION:
            raise DecodeError("version", first >> 6)
        # "The payload type field of the first RTCP packet in a compound packet must be equal to SR or RR." (A.2)
        if not number and kind not in (SR, RR):
            raise DecodeError("packet type", kind, "a compound packet begins with SR or RR")
        # "The length fields [...] must add up to the overall length of the compound RTCP packet as received." (A.2)
        if end > len(data):
            raise DecodeError("length", words, f"{end} octets of {len(data)}")
        if number == MAX_PACKETS:
            raise DecodeError("packets", number + 1, f"more than {MAX_PACKETS}")
        padding = _padding(data, at, end) if first & _PADDED else 0
        yield kind, first & _MAX_COUNT, data[at + _HEADER.size : end - padding]
        at, number = end, number + 1


def _padding(data: bytes, at: int, end: int) -> int:
    """How many octets of padding stand at the end of the packet from `at` to `end`."""
    # "padding should only be applied, if it is needed, to the last packet" (A.2)
    if end < len(data):
        raise DecodeError("padding", data[end - 1], "not in the last packet")
    padding = data[end - 1]
    # "it will be a multiple of four" (6.4.1)
    if not 0 < padding <= end - at - _HEADER.size or padding % 4:
        raise DecodeError("padding", padding)
    return padding


def _pack(kind: int, count: int, body: bytes) -> bytes:
    """One packet, with its header.

    Raises:
        ValueError: more than a packet holds, or no whole number of words.

    """
    words, rest = divmod(len(body), 4)
    if rest or not 0 <= count <= _MAX_COUNT:
        raise ValueError(f"RTCP packet type {kind} of {len(body)} octets, count {count}")
    return _HEADER.pack(VERSION << 6 | count, kind, words) + body


def _need(body: bytes, octets: int) -> None:
    if len(body) < octets:
        raise DecodeError("length", len(body), f"less than the {octets} octets that the packet counts")


def _blocks(count: int, body: bytes, start: int) -> tuple[ReportBlock, ...]:
    return tuple(ReportBlock.parse(body, start + number * _BLOCK.size) for number in range(count))


def _chunk(body: bytes, at: int) -> tuple[Chunk, int]:
    """The chunk that begins at `at`, and where the next one begins."""
    _need(body, at + 8)
    ssrc, items = int.from_bytes(body[at : at + 4], "big"), []
    at += 4
    while body[at]:
        _need(body, at + 2)
        end = at + 2 + body[at + 1]
        # The null octet behind it is the chunk's, too.
        _need(body, end + 1)
        items.append((body[at], body[at + 2 : end]))
        at = end
    # "additional null octets MUST be included if needed to pad until the next 32-bit boundary" (6.5)
    return Chunk(ssrc, tuple(items)), at // 4 * 4 + 4
