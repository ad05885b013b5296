"""How often ICMP speaks, with every default and its unit."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["IcmpOptions"]


@dataclass(frozen=True, slots=True)
class IcmpOptions:
    """`errors_per_second`, `burst`: of ICMP errors, all destinations together: so many on average, so many at once
    (RFC 1812 section 4.3.2.8: "the rate limit parameters SHOULD be settable"). Echoes are answered without a limit.
    """

    errors_per_second: float = 1000.0
    burst: int = 256
