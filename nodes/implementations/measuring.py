"""`measured` in the option `cost` of routing services, which programs of others do not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["measuring_faults"]


def measuring_faults(options: Any) -> Iterator[str]:
    """The LANs whose cost the program would have to measure."""
    measured = sorted(set(options.cost) - set(options.fixed_costs()))
    if measured:
        yield f"measures no cost, and cost of {' and '.join(measured)} is measured: that is for routers of ours"
