"""What a lab file may say of the service `echo`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.control.units import About, OptionError

__all__ = ["EchoOptions"]

_LARGEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class EchoOptions:
    """`echo:` of a lab file."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    port: Annotated[int, About("The UDP port.")] = 7

    def __post_init__(self) -> None:
        if isinstance(self.port, bool) or not 1 <= self.port <= _LARGEST_PORT:
            raise OptionError(f"port {self.port} is not between 1 and {_LARGEST_PORT}", "port")
