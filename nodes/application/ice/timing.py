"""How long an agent takes its time (RFC 8445 sections 8.1.1 and 14)."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Timing"]


class Timing(NamedTuple):
    """Seconds. `pace` is Ta: so far apart checks are sent. With a pair of two host candidates nothing is waited for;
    one that no relay carries is nominated `unrelayed` after the first such was proved, a relayed one `relayed` after
    the first. `patience`: without a pair by then, there is none."""

    pace: float = 0.05
    unrelayed: float = 0.3
    relayed: float = 1.5
    patience: float = 15.0
