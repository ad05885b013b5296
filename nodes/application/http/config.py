"""What a lab file may say of the services `web` and `browse`; defaults and units are here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from catenet.nodes.control.units import Duration

__all__ = ["BrowseOptions", "WebOptions"]


@dataclass(frozen=True, slots=True)
class WebOptions:
    """The service `web`: static pages over HTTP/1.1."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    root: str  # the folder with the site, inside the lab's folder pages/
    port: int = 80
    idle: Duration = 15.0  # seconds that a connection may wait for a whole request, or for its answer to be taken

    def __post_init__(self) -> None:
        parts = self.root.split("/")
        if any(part in ("", ".", "..") for part in parts) or not self.root.isprintable():
            raise ValueError(f"root {self.root!r} is no folder inside pages/; write its name, like: root: dragon")
        if not 1 <= self.port <= 65_535:
            raise ValueError(f"port {self.port} is not between 1 and 65535")
        if not 0.1 <= self.idle <= 3600:
            raise ValueError(f"idle {self.idle:g} s is not between 100ms and 1h")


@dataclass(frozen=True, slots=True)
class BrowseOptions:
    """The service `browse`: fetches a page for the user of this node and shows it as text."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    timeout: Duration = 5.0  # seconds for the whole of one fetch, from the name to the last byte
    width: int = 72  # columns of the text

    def __post_init__(self) -> None:
        if not 0.1 <= self.timeout <= 600:
            raise ValueError(f"timeout {self.timeout:g} s is not between 100ms and 10m")
        if not 20 <= self.width <= 400:
            raise ValueError(f"width {self.width} is not between 20 and 400 columns")
