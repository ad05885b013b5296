"""What a lab file may say of the service `echo`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.control.units import About, Duration, LanName, OptionError, Secret

__all__ = ["EchoOptions"]


@dataclass(frozen=True, slots=True)
class EchoOptions:
    """`echo:` of a lab file."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    greetings: Annotated[str, About("The file in the lab's folder with the greetings, one a line.")]
    port: Annotated[int, About("The UDP port.")] = 7
    key: Annotated[Secret, About("A word that no message repeats.")] = "open"
    on: Annotated[tuple[LanName, ...], About("LANs from which it is asked.")] = ()
    forget: Annotated[Duration, About("Seconds for which it remembers what it heard.")] = 60.0

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise OptionError(f"port {self.port} is not between 0 and 65535", "port")
