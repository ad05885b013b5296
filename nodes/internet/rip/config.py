"""What a lab file may say about `rip`, with every default and its unit."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

from catenet.nodes.control.units import Duration, format_duration

__all__ = ["RipOptions", "SplitHorizon"]

SplitHorizon = Literal["off", "on", "poisoned"]

_SHORTEST, _LONGEST = 0.1, 86_400.0


@dataclass(frozen=True, slots=True)
class RipOptions:
    """Options of the service `rip`. The timers' defaults are those of RFC 2453 section 3.8.

    `split_horizon`: what is said of a route on the network that it leaves by. `poisoned` says "unreachable", `on` says
    nothing, `off` says it as if it were news (and shows why the other two exist).
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- the name and the form are pydantic's

    update: Duration = 30.0
    timeout: Duration = 180.0
    garbage: Duration = 120.0
    split_horizon: SplitHorizon = "poisoned"

    def __post_init__(self) -> None:
        for field in ("update", "timeout", "garbage"):
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
                raise ValueError(f"{field} {value!r} is no duration; write one like 30s")
            if not _SHORTEST <= value <= _LONGEST:
                raise ValueError(
                    f"{field} {value:g}s is out of range; it may be "
                    f"{format_duration(_SHORTEST)} to {format_duration(_LONGEST)}"
                )
        if self.timeout < 2 * self.update:
            raise ValueError(
                f"timeout {format_duration(self.timeout)} is under twice update ({format_duration(self.update)}): "
                f"one lost message would take the routes away; write {format_duration(2 * self.update)} or more"
            )
        if self.split_horizon not in get_args(SplitHorizon):
            raise ValueError(f"split_horizon {self.split_horizon!r} is none of off, on, poisoned")
