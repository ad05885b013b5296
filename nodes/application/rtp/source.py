"""A source that is heard: which of its packets are valid, how many are lost, how evenly they come.

RFC 3550 appendices A.1, A.3 and A.8; what is kept becomes a report block (section 6.4.1).
"""

from __future__ import annotations

from catenet.nodes.application.rtp.rtcp import ReportBlock

__all__ = ["MAX_DROPOUT", "MAX_MISORDER", "MIN_SEQUENTIAL", "Source"]

MAX_DROPOUT = 3000
"""A sequence number may be so far ahead: a minute at 50 packets a second (A.1)."""
MAX_MISORDER = 100
"""And so far behind: two seconds (A.1)."""
MIN_SEQUENTIAL = 2
"""So many packets in sequence make an unknown source valid (A.1)."""
_SEQUENCES, _WORD = 1 << 16, 1 << 32
_MOST_LOST, _LEAST_LOST = 0x7FFFFF, -0x800000


class Source:
    """One source. `known`: its packets are authenticated, so the first is valid, and none says that it has begun anew;
    else it is on probation.

    `received` counts packets with late ones and duplicates; `jitter` is in units of the clock, `clock_rate` a second.
    """

    def __init__(self, ssrc: int, clock_rate: int, *, known: bool) -> None:
        self.ssrc = ssrc
        self.received = 0
        self.jitter = 0.0
        self._clock_rate = clock_rate
        self._known = known
        self._probation = 0 if known else MIN_SEQUENTIAL
        self._base = self._highest = -1  # extended sequence numbers; −1: none has been heard
        self._bad = -1
        self._transit: int | None = None
        self._expected_prior = self._received_prior = 0
        self._last_report, self._reported = 0, 0.0

    def receive(self, sequence: int, timestamp: int, now: float) -> bool:
        """A packet came in; whether it is valid (A.1)."""
        unproven = self._probation or self._highest < 0
        valid = self._prove(sequence) if unproven else self._follow(sequence)
        if valid:
            self._measure(timestamp, now)
        return valid

    @property
    def expected(self) -> int:
        """How many packets have been sent since the first, as their numbers say (A.3)."""
        return self._highest - self._base + 1 if self.received else 0

    @property
    def lost(self) -> int:
        """How many of them have not come; negative where more came twice (A.3)."""
        return self.expected - self.received

    @property
    def has_news(self) -> bool:
        """Whether a packet has come since the last report block."""
        return self.received != self._received_prior

    def reported(self, ntp: int, now: float) -> None:
        """Its SR came in, with this NTP timestamp."""
        self._last_report, self._reported = ntp >> 16 & _WORD - 1, now

    def block(self, now: float) -> ReportBlock:
        """The report block of now; the next one's fraction counts from here (A.3)."""
        expected = self.expected - self._expected_prior
        lost = expected - (self.received - self._received_prior)
        self._expected_prior, self._received_prior = self.expected, self.received
        delay = min(int((now - self._reported) * 65536), _WORD - 1) if self._last_report else 0
        return ReportBlock(
            self.ssrc,
            # All of an interval lost would be 256.
            min((lost << 8) // expected, 255) if expected > 0 and lost > 0 else 0,
            max(_LEAST_LOST, min(self.lost, _MOST_LOST)),
            self._highest % _WORD,
            int(self.jitter),
            self._last_report,
            delay,
        )

    def _prove(self, sequence: int) -> bool:
        """The first packets: "a source is declared valid only after MIN_SEQUENTIAL packets have been received in
        sequence" (A.1)."""
        if self._probation:
            in_sequence = self._highest >= 0 and sequence == (self._highest + 1) % _SEQUENCES
            self._probation = self._probation - 1 if in_sequence else MIN_SEQUENTIAL - 1
            self._highest = sequence
            if self._probation:
                return False
        self._begin(sequence)
        return True

    def _follow(self, sequence: int) -> bool:
        ahead = (sequence - self._highest) % _SEQUENCES
        if ahead < (_SEQUENCES // 2 if self._known else MAX_DROPOUT):
            self._highest += ahead
        elif not self._known and ahead <= _SEQUENCES - MAX_MISORDER:
            if sequence != self._bad:
                self._bad = (sequence + 1) % _SEQUENCES
                return False
            # "Two sequential packets -- assume that the other side restarted without telling us"
            self._begin(sequence)
            return True
        self.received += 1
        return True

    def _begin(self, sequence: int) -> None:
        self._base = self._highest = sequence
        self._bad = -1
        self.received = 1
        self._expected_prior = self._received_prior = 0
        self._transit = None

    def _measure(self, timestamp: int, now: float) -> None:
        """A.8; the times wrap."""
        transit = int(now * self._clock_rate) - timestamp
        if self._transit is not None:
            difference = (transit - self._transit + _WORD // 2) % _WORD - _WORD // 2
            self.jitter += (abs(difference) - self.jitter) / 16
        self._transit = transit
