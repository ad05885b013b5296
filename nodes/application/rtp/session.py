"""One call's RTP session: a source here, a source there, and what each tells the other of it.

It knows nothing of paths: the same session goes on when its packets take another one (RFC 8445 section 12.2), with the
same keys, SSRCs and numbers. It sends nothing itself: what is to be sent it gives back.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from catenet.nodes.application.rtp.clear import ClearReceiver, ClearSender
from catenet.nodes.application.rtp.intervals import Intervals
from catenet.nodes.application.rtp.keys import MasterKey
from catenet.nodes.application.rtp.packet import RESERVED, Packet
from catenet.nodes.application.rtp.rtcp import (
    CNAME,
    Chunk,
    Control,
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    parse,
)
from catenet.nodes.application.rtp.source import Source
from catenet.nodes.application.rtp.srtp import SrtpReceiver, SrtpSender
from catenet.nodes.machine import Count, DecodeError, Randomness

__all__ = ["FIRST_SEQUENCES", "Agreed", "Session", "Side"]

FIRST_SEQUENCES = 1 << 15
"""A first sequence number is below: else the first packets, lost or late around 65,535, would leave the receiver in
doubt whether the rollover counter has risen (RFC 3711 section 3.3.1)."""
_REPORT_SIZE = 120
"""Octets of a first compound packet, with what SRTCP adds (RFC 3711 section 3.4)."""
_WORD = 1 << 32
_MARKER = 0x80


class Side(NamedTuple):
    """What one end sends: its SSRC, its first sequence number, its master key (None on both sides: in the clear)."""

    ssrc: int
    sequence: int
    master: MasterKey | None = None


class Agreed(NamedTuple):
    """What is the same on both sides: the payload types, their clock (units a second), the session bandwidth (octets
    a second, with IP and UDP: RFC 3550 section 6.2)."""

    payload_types: Collection[int]
    clock_rate: int
    bandwidth: float


class Session:
    """Both directions of one call. Times are seconds. `cname`: this end's canonical name, 255 octets of UTF-8 at most.

    What is refused is counted: refused.length, .version, .ssrc, .index (received already, or too old), .tag (forged),
    .padding, .payload_type, .sequence (RFC 3550 appendix A.1), and what else `DecodeError.field` says.

    Raises:
        ValueError: the sides have one SSRC, or one key; one alone has a key; the own sequence number is 2^15 or more;
            a payload type that RFC 5761 forbids; too long a name.

    """

    def __init__(
        self,
        own: Side,
        peer: Side,
        agreed: Agreed,
        *,
        cname: str,
        randomness: Randomness,
        count: Count,
        now: float,
    ) -> None:
        _check(own, peer, agreed, cname)
        self.ssrc = own.ssrc
        self.source = Source(peer.ssrc, agreed.clock_rate, known=peer.master is not None)
        """What is heard of the peer: how many packets, how many lost, the jitter."""
        self.heard = now
        """When the peer's last packet came, data or control; at first, when the session began."""
        self.told: ReportBlock | None = None
        """What the peer last said of what it hears."""
        self.round_trip: float | None = None
        """Seconds, as the peer's last report gives it."""
        self.left = False
        """The peer has said goodbye."""
        self._out = _sender(own)
        self._in = _receiver(peer)
        self._agreed = agreed
        self._count = count
        self._description = bytes(SourceDescription((Chunk(own.ssrc, ((CNAME, cname.encode()),)),)))
        self._intervals = Intervals(agreed.bandwidth, _REPORT_SIZE, randomness, now)
        self._packets = self._octets = 0
        self._controls = 0
        self._packets_at_reports = (0, 0)  # the last but one, the last
        self._sampled = (0, 0.0)  # a timestamp, and when it was the time

    # What goes out.

    def protect(self, payload: bytes, payload_type: int, timestamp: int, now: float, *, marker: bool = False) -> bytes:
        """The next data packet. `timestamp` is of its first sample, in units of the clock, 32 bits; `now`: of that
        sample too.

        Raises:
            ValueError: see `SrtpSender`.

        """
        data = self._out.protect(payload_type | _MARKER if marker else payload_type, timestamp, payload)
        self._packets += 1
        self._octets += len(payload)
        self._sampled = timestamp, now
        return data

    def protect_control(self, now: float, *packets: Control) -> bytes:
        """A compound packet: a report, the own name, and these. A goodbye that comes before anything else was sent is
        left out (RFC 3550 section 6.3.7).

        Raises:
            ValueError: see `SrtpSender`; a packet that cannot be encoded.

        """
        if not (self._packets or self._controls):
            packets = tuple(packet for packet in packets if not isinstance(packet, Goodbye))
        compound = bytes(self._report(now)) + self._description + b"".join(map(bytes, packets))
        data = self._out.protect_control(compound)
        self._controls += 1
        self._intervals.carried(len(data))
        return data

    def next_wake(self) -> float:
        """When `wake` should next be called."""
        return self._intervals.due

    def wake(self, now: float) -> bytes | None:
        """The report, where one is due (RFC 3550 section 6.3.6)."""
        if now < self._intervals.due:
            return None
        members, senders = self._present(now)
        due = self._intervals.expired(now, members, senders, we_sent=self._we_sent)
        return self.protect_control(now) if due else None

    # What comes in.

    def unprotect(self, data: bytes, now: float) -> Packet | None:
        """A datagram with RTP → what it carries; None: it was refused."""
        try:
            packet = Packet.parse(self._in.unprotect(data))
        except DecodeError as error:
            self._refuse(error)
            return None
        self.heard = now
        # "A receiver MUST ignore packets with payload types that it does not understand." (RFC 3550 section 5.1)
        if packet.payload_type not in self._agreed.payload_types:
            self._count("refused.payload_type")
            return None
        if not self.source.receive(packet.sequence, packet.timestamp, now):
            self._count("refused.sequence")
            return None
        return packet

    def unprotect_control(self, data: bytes, now: float) -> tuple[Control, ...]:
        """A datagram with RTCP → its packets, of which the reports have been read; (): it was refused."""
        try:
            packets = parse(self._in.unprotect_control(data))
        except DecodeError as error:
            self._refuse(error)
            return ()
        self.heard = now
        self._intervals.carried(len(data))
        for packet in packets:
            self._read(packet, now)
        return packets

    def _refuse(self, error: DecodeError) -> None:
        self._count(f"refused.{error.field.replace(' ', '_')}")

    def _read(self, packet: Control, now: float) -> None:
        match packet:
            case SenderReport(ssrc, ntp):
                if ssrc == self.source.ssrc:
                    self.source.reported(ntp, now)
                self._hear_of_self(packet.blocks, now)
            case ReceiverReport():
                self._hear_of_self(packet.blocks, now)
            case Goodbye(ssrcs):
                self.left = self.left or self.source.ssrc in ssrcs

    def _hear_of_self(self, blocks: tuple[ReportBlock, ...], now: float) -> None:
        for block in blocks:
            if block.ssrc == self.ssrc:
                self.told = block
                # "subtracting this field to leave the round-trip propagation delay as (A - LSR - DLSR)" (6.4.1)
                units = ((_ntp(now) >> 16) - block.last_report - block.delay) % _WORD
                if block.last_report and units < _WORD // 2:
                    self.round_trip = units / 65536

    # Reports.

    @property
    def _we_sent(self) -> bool:
        """ "any data packets during the interval since issuing the last report or the previous one" (6.4)"""
        return self._packets > self._packets_at_reports[0]

    def _present(self, now: float) -> tuple[int, int]:
        """How many members and senders there are, this end among them (6.3.5)."""
        silent = self.left or now - self.heard > self._intervals.patience(2, 2)
        peer = 0 if silent else 1
        return 1 + peer, self._we_sent + (peer if self.source.has_news else 0)

    def _report(self, now: float) -> SenderReport | ReceiverReport:
        blocks = (self.source.block(now),) if self.source.has_news else ()
        sent = self._we_sent
        self._packets_at_reports = self._packets_at_reports[1], self._packets
        if not sent:
            return ReceiverReport(self.ssrc, blocks)
        timestamp, at = self._sampled
        timestamp += int((now - at) * self._agreed.clock_rate)
        counts = self._packets % _WORD, self._octets % _WORD
        return SenderReport(self.ssrc, _ntp(now), timestamp % _WORD, *counts, blocks)


def _sender(own: Side) -> SrtpSender | ClearSender:
    if own.master is None:
        return ClearSender(own.ssrc, own.sequence)
    return SrtpSender(own.master.session_keys(), own.ssrc, own.sequence)


def _receiver(peer: Side) -> SrtpReceiver | ClearReceiver:
    if peer.master is None:
        return ClearReceiver(peer.ssrc)
    return SrtpReceiver(peer.master.session_keys(), peer.ssrc, peer.sequence)


def _ntp(now: float) -> int:
    """The clock as an NTP timestamp. "A sender MAY use that clock as a reference to calculate relative NTP
    timestamps." (6.4.1)"""
    return int(now * _WORD) % (_WORD * _WORD)


def _check(own: Side, peer: Side, agreed: Agreed, cname: str) -> None:
    if own.ssrc == peer.ssrc:
        raise ValueError(f"Session: both sides have the SSRC {own.ssrc:#010x}")
    if (own.master is None) != (peer.master is None):
        raise ValueError("Session: one side alone has a key")
    if own.master is not None and own.master == peer.master:
        raise ValueError("Session: one key for both directions")
    if not 0 <= own.sequence < FIRST_SEQUENCES:
        raise ValueError(f"Session: the first sequence number is {own.sequence}, not below {FIRST_SEQUENCES}")
    if forbidden := [each for each in agreed.payload_types if not 0 <= each < 128 or each in RESERVED]:
        raise ValueError(f"Session: payload types {forbidden} (RFC 5761 section 4)")
    if len(cname.encode()) > 255:
        raise ValueError("Session: a CNAME of more than 255 octets")
