"""What a lab file may say of the service `parrot`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.control.units import About, Duration, LanName, OptionError, Secret

__all__ = ["ParrotOptions"]


@dataclass(frozen=True, slots=True)
class ParrotOptions:
    """`parrot:` of a lab file. A field without a default must be written there."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    greetings: Annotated[str, About("The file in the lab's folder with the greetings, one a line.")]
    port: Annotated[int, About("The UDP port.")] = 7
    key: Annotated[Secret, About("What a message must begin with. It is not sent back.")] = ""
    lans: Annotated[tuple[LanName, ...], About("The LANs on which it answers. Without it: all.")] = ()
    remember: Annotated[Duration, About("How long a host that was greeted is not greeted again.")] = 60.0

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise OptionError(f"port {self.port} is not between 0 and 65535", "port")
