"""When RTCP reports are sent (RFC 3550 sections 6.2 and 6.3, appendix A.7)."""

from __future__ import annotations

import math

from catenet.nodes.machine import Randomness

__all__ = ["LOWER_HEADERS", "Intervals"]

LOWER_HEADERS = 28
"""Octets of IP and UDP, which count as bandwidth (section 6.2)."""
_SHARE = 0.05
"""Of the session's bandwidth, for RTCP (6.2)."""
_SENDERS = 0.25
"""Of RTCP's bandwidth, for those who send data, where they are few (6.2)."""
_LEAST, _LEAST_AT_FIRST = 5.0, 2.5
"""Seconds (6.2): "The delay […] MAY be set to half the minimum interval" before the first report."""
_COMPENSATION = math.e - 1.5
"""Reconsideration would make the interval longer than meant (6.3.1)."""
_PATIENCE = 5
"""Intervals after which a silent member is no member (6.3.5)."""


class Intervals:
    """The timer of reports. `bandwidth`: of the session, in octets a second, lower headers included; `size`: the
    probable octets of the first report, without them. `due`: when to ask `expired`.
    """

    def __init__(self, bandwidth: float, size: int, randomness: Randomness, now: float) -> None:
        self._bandwidth = bandwidth * _SHARE
        self._average = float(size + LOWER_HEADERS)
        self._randomness = randomness
        self._first = True
        self._previous = now
        self.due = now + self._draw(1, 0, we_sent=False)

    def expired(self, now: float, members: int, senders: int, *, we_sent: bool) -> bool:
        """Whether a report is to be sent now. "If tp + T is greater than tc, tn is set to tp + T. No RTCP packet is
        transmitted." (6.3.6)
        """
        self.due = self._previous + self._draw(members, senders, we_sent=we_sent)
        if self.due > now:
            return False
        # Drawn anew: that one was short enough to be over (A.7).
        self._first = False
        self._previous = now
        self.due = now + self._draw(members, senders, we_sent=we_sent)
        return True

    def carried(self, size: int) -> None:
        """A compound packet of so many octets was sent or received (6.3.3, 6.3.6)."""
        self._average += (size + LOWER_HEADERS - self._average) / 16

    def patience(self, members: int, senders: int) -> float:
        """Seconds of silence after which a member is timed out (6.3.5)."""
        return _PATIENCE * self._interval(members, senders, we_sent=False)

    def _draw(self, members: int, senders: int, *, we_sent: bool) -> float:
        interval = self._interval(members, senders, we_sent=we_sent)
        return interval * self._randomness.uniform(0.5, 1.5) / _COMPENSATION

    def _interval(self, members: int, senders: int, *, we_sent: bool) -> float:
        """The deterministic calculated interval, in seconds (6.3.1)."""
        share, sharing = 1.0, members
        if senders <= members * _SENDERS:
            share, sharing = (_SENDERS, senders) if we_sent else (1 - _SENDERS, members - senders)
        least = _LEAST_AT_FIRST if self._first else _LEAST
        return max(least, sharing * self._average / (share * self._bandwidth))
