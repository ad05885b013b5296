"""How good a call sounds, worked out of its loss and delay: the E-model (ITU-T G.107), as far as G.711 over packets
needs it. All that it is told beside that has its default (G.107 table 2), by which the rating is 93.2 at best.

    R = 93.2 − Id − Ie,eff            the rating: 100 is best
    MOS = 1 + 0.035 R + 7·10⁻⁶ R (R − 60)(100 − R)

Id, what the delay costs, is the straight-line form of Cole and Rosenbluth (2001), within one point of G.107's own up
to 300 ms: 0.024 d, and 0.11 more for each millisecond over 177.3.
"""

from __future__ import annotations

__all__ = ["BEST", "CONCEALED", "SILENT", "burst_ratio", "mos", "rating"]

BEST = 93.2
"""The rating of a call with neither loss nor delay."""
CONCEALED, SILENT = 25.1, 4.3
"""Bpl, how robust G.711 is against loss (G.113 appendix I): what is lost is concealed as G.711 appendix I does, or is
silent."""

_WORST_LOSS = 95.0
"""What remains of the rating where all is lost (G.107: 95 − Ie; Ie is 0 for G.711)."""


def rating(loss: float, bursts: float, delay: float, robustness: float = CONCEALED) -> float:
    """The rating R.

    Args:
        loss: the share of frames that were not there when they were to be played, lost or late: 0 to 1.
        bursts: the burst ratio, as `burst_ratio` gives it: 1 where losses know nothing of each other.
        delay: from mouth to ear, in seconds.
        robustness: Bpl.

    """
    percent = 100 * loss
    milliseconds = 1000 * delay
    delayed = 0.024 * milliseconds + 0.11 * max(0.0, milliseconds - 177.3)
    damaged = _WORST_LOSS * percent / (percent / bursts + robustness)
    return BEST - delayed - damaged


def burst_ratio(lost: int, played: int, bursts: int) -> float:
    """BurstR of G.107: how long losses in a row are, to how long they would be by chance.

    `lost` frames in so many `bursts`, beside `played` ones. By chance a row has 1 / (1 − loss) of them. At least 1, for
    G.107 has no rating for losses that keep away from each other.
    """
    if not bursts or not played:
        return 1.0
    return max(1.0, lost / bursts * played / (lost + played))


def mos(rating: float) -> float:
    """The mean opinion score of a rating (G.107 annex B): 1 (bad) to 4.5 (excellent).

    Below a rating of 6.5 the polynomial of annex B falls under 1; the scale does not.
    """
    if rating >= 100:
        return 4.5
    score = 1 + 0.035 * rating + 7e-6 * rating * (rating - 60) * (100 - rating)
    return max(1.0, score) if rating > 0 else 1.0
