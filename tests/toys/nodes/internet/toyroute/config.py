"""What a lab file may say of the service `toyroute`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["ToyrouteOptions"]


@dataclass(frozen=True, slots=True)
class ToyrouteOptions:
    """It has no options yet."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
