"""Speech in both directions of a call: every 20 ms a frame goes out, and one is heard (RFC 3551, PCMU)."""

from __future__ import annotations

from catenet.nodes.application.phone.terms import Path, Sound, Statistics
from catenet.nodes.application.rtp.conceal import DELAY, Concealer
from catenet.nodes.application.rtp.g711 import FRAME, PCMU, RATE
from catenet.nodes.application.rtp.jitter import JitterBuffer
from catenet.nodes.application.rtp.jitter import Statistics as Played
from catenet.nodes.application.rtp.packet import Packet
from catenet.nodes.application.rtp.quality import burst_ratio, mos, rating
from catenet.nodes.application.rtp.session import Session

__all__ = ["PERIOD", "Media"]

PERIOD = FRAME / RATE
"""Seconds from frame to frame."""
_MOST_LATE = 5
"""Frames that are sent at once after a pause of the process; of a longer pause they are left out."""
_WORD = 1 << 32


class Media:
    """From its making on it speaks and hears. There is no voice activity detection: 50 packets go out each second,
    since their absence is what tells the peer that the path is dead."""

    def __init__(self, session: Session, sound: Sound, timestamp: int, now: float) -> None:
        """`timestamp`: of the first frame, at random (RFC 3550 section 5.1)."""
        self.sent = 0
        self.longest_silence = 0.0
        """Seconds, between two frames of the peer's that were played."""
        self.heard_at: float | None = None
        """When the last such frame was played."""
        self._session = session
        self._sound = sound
        self._timestamp = timestamp
        self._next = now
        self._skipped = False
        self._jitter = JitterBuffer(PCMU.is_quiet)
        self._concealer = Concealer()

    @property
    def played(self) -> Played:
        """What became of the frames so far."""
        return self._jitter.statistics

    def next_wake(self) -> float:
        """When `wake` should next be called."""
        return self._next

    def wake(self, now: float) -> list[bytes]:
        """What is due: frames of the peer's are played → the datagrams that are to be sent."""
        late = int((now - self._next) / PERIOD)
        if late > _MOST_LATE:
            self._next += late * PERIOD
            self._timestamp = (self._timestamp + late * FRAME) % _WORD
            self._skipped = True
        datagrams = []
        while self._next <= now:
            datagrams.append(self._speak(self._next))
            self._hear(self._next)
            self._next += PERIOD
        return datagrams

    def receive(self, packet: Packet, now: float) -> None:
        """A packet of the peer's."""
        self._jitter.put(packet.sequence, packet.timestamp, packet.payload, now)

    def _speak(self, at: float) -> bytes:
        payload = PCMU.encode(self._sound.read())
        # "The first packet of a talkspurt, that is, the first packet after a silence period" (RFC 3551 section 4.1)
        marker, self._skipped = self._skipped, False
        datagram = self._session.protect(payload, PCMU.payload_type, self._timestamp, at, marker=marker)
        self._timestamp = (self._timestamp + FRAME) % _WORD
        self.sent += 1
        return datagram

    def _hear(self, at: float) -> None:
        payload = self._jitter.take(at)
        if payload is None:
            self._sound.write(self._concealer.lost())
            return
        if self.heard_at is not None:
            self.longest_silence = max(self.longest_silence, at - self.heard_at - PERIOD)
        self.heard_at = at
        self._sound.write(self._concealer.heard(PCMU.decode(payload)))

    # How it sounds.

    def statistics(self, path: Path | None, now: float, *, is_over: bool) -> Statistics:
        """So far; a silence counts that has not ended yet, unless it `is_over`."""
        played, source = self.played, self._session.source
        silence = self.longest_silence
        if self.heard_at is not None and not is_over:
            silence = max(silence, now - self.heard_at)
        return Statistics(
            path=path,
            sent=self.sent,
            received=source.received,
            lost=max(0, source.lost),
            jitter=source.jitter / RATE,
            delay=self.delay,
            played=played.played,
            concealed=played.lost,
            mos=self.mos,
            longest_silence=silence,
        )

    @property
    def delay(self) -> float:
        """Seconds from mouth to ear, as far as is known: half the round trip, what a frame waits here, its length."""
        on_the_way = (self._session.round_trip or 0.0) / 2
        return on_the_way + PERIOD + self._jitter.statistics.delay + DELAY / RATE

    @property
    def mos(self) -> float | None:
        """The mean opinion score so far; None: nothing has been played."""
        played = self._jitter.statistics
        if not played.played:
            return None
        loss = played.lost / (played.lost + played.played)
        return mos(rating(loss, burst_ratio(played.lost, played.played, played.bursts), self.delay))
