"""What cannot be planned, in words."""

from __future__ import annotations

__all__ = ["PlanError"]


class PlanError(ValueError):
    """The lab cannot be put on this engine, or on these hosts: the user's mistake, exit 2. The text says what to do."""
