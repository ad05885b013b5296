"""What a lab file may say of the services `web` and `browse`; defaults and units are here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, cast, get_args

from catenet.nodes.control.certificate import Tls
from catenet.nodes.control.units import About, Duration, OptionError

__all__ = ["BrowseOptions", "WebOptions"]


@dataclass(frozen=True, slots=True)
class WebOptions:
    """The service `web`: static pages over HTTP/1.1."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    root: Annotated[str, About("The folder with the site, inside the lab's folder pages/.")]
    port: Annotated[int, About("The TCP port. Without it: 80, or 443 by TLS.")] = cast(int, None)  # till __post_init__
    idle: Annotated[
        Duration, About("Seconds that a connection may wait for a whole request, or for its answer to be taken.")
    ] = 15.0
    tls: Annotated[
        Tls,
        About(
            "Whether the pages are served by TLS 1.3 (https). With `on` the certificate is a good one, of the lab's "
            "authority. What others refuse is for lessons: `expired`, its time is over; `wrong-name`, it is for "
            "another host; `stranger`, it is by an authority that nobody trusts."
        ),
    ] = "off"

    def __post_init__(self) -> None:
        if self.tls not in get_args(Tls):
            raise OptionError(f"tls {self.tls!r} is none of {', '.join(get_args(Tls))}", "tls")
        if self.port is None:
            object.__setattr__(self, "port", 80 if self.tls == "off" else 443)
        parts = self.root.split("/")
        if any(part in ("", ".", "..") for part in parts) or not self.root.isprintable():
            text = f"root {self.root!r} is no folder inside pages/; write its name, like: root: dragon"
            raise OptionError(text, "root")
        if not 1 <= self.port <= 65_535:
            raise OptionError(f"port {self.port} is not between 1 and 65535", "port")
        if not 0.1 <= self.idle <= 3600:
            raise OptionError(f"idle {self.idle:g} s is not between 100ms and 1h", "idle")


@dataclass(frozen=True, slots=True)
class BrowseOptions:
    """The service `browse`: fetches a page for the user of this node and shows it as text."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    timeout: Annotated[Duration, About("Seconds for the whole of one fetch, from the name to the last byte.")] = 5.0
    width: Annotated[int, About("Columns of the text.")] = 72

    def __post_init__(self) -> None:
        if not 0.1 <= self.timeout <= 600:
            raise OptionError(f"timeout {self.timeout:g} s is not between 100ms and 10m", "timeout")
        if not 20 <= self.width <= 400:
            raise OptionError(f"width {self.width} is not between 20 and 400 columns", "width")
