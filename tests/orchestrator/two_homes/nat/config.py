"""What a lab file may say of the translator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.control.units import About, LanName

__all__ = ["NatOptions"]


@dataclass(frozen=True, slots=True)
class NatOptions:
    """`nat:` of a lab file."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    outside: Annotated[LanName, About("The LAN outside. Without it: that of the gateway.")] = ""
    translate: Annotated[bool, About("Whether addresses are translated.")] = True
