"""What a lab file may say of the service `gate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["GateOptions"]


@dataclass(frozen=True, slots=True)
class GateOptions:
    """It has no options."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
