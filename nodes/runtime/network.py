"""What a machine's ports and connections are of: a `Network`. Here is the kernel's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from catenet.nodes.address import Address
from catenet.nodes.machine import Crossing, Endpoint, Ethernet, Interface, Ip, OpenPort, Report, Stream, Udp
from catenet.nodes.runtime.port import Owner
from catenet.nodes.runtime.udp import UdpPort

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

__all__ = ["KernelNetwork", "Network", "OpenedPort", "StreamEnd", "StreamOwner", "Streams"]


class OpenedPort(Protocol):
    """A port of datagrams, packets or frames, until it is closed. What cannot be sent is counted, never raised."""

    def send(self, unit: Any, /) -> None: ...

    def join(self, group: Address | bytes, interface: str, /) -> None:
        """Hear a group there ("": the port's own interface); while that is away, once it is back."""

    def leave(self, group: Address | bytes, interface: str, /) -> None: ...

    def interface_changed(self, interface: Interface, /) -> None:
        """Raises OSError where it cannot be opened on the interface's new device."""

    def close(self) -> None: ...


class StreamEnd(Protocol):
    """A connection, as who gives it a stream sees it."""

    @property
    def local(self) -> Endpoint: ...
    @property
    def peer(self) -> Endpoint: ...


class StreamOwner(Protocol):
    """Whose the connections are."""

    def count(self, counter: str) -> None: ...
    def perform(self, action: Report) -> None: ...
    def fail(self, error: Exception) -> None: ...
    def settle(self) -> None:
        """A stream was told something: do what whoever is behind it wants now."""


class Streams(Protocol):
    """All connections of one owner, and the ports on which it accepts them."""

    def listen(self, port: int, accept: Callable[[StreamEnd], Stream], /) -> None:
        """Raises OSError: the port is taken, or the network refuses."""

    async def connect(self, peer: Endpoint, opened: Callable[[StreamEnd], Stream], timeout: float, /) -> None:
        """Returns once it stands. Raises OSError: refused, unroutable, or not within `timeout` seconds."""

    def close_port(self, port: int, /) -> None: ...
    def flush(self, stream: Stream, /) -> None: ...
    def close(self) -> None: ...


class Network(Protocol):
    """What has ports and connections."""

    def open(self, asked: OpenPort, owner: Owner, /) -> tuple[OpenedPort, int]:
        """The port, and its number. Raises OSError: it is taken, or the network refuses."""

    def streams(self, owner: StreamOwner, /) -> Streams: ...


class KernelNetwork:
    """The kernel's. What few machines have is imported when the first one asks for it."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop

    def open(self, asked: OpenPort, owner: Owner) -> tuple[OpenedPort, int]:
        port = asked.port
        if isinstance(port, Udp):
            udp = _udp(asked, port, owner)
            return udp, udp.number
        if isinstance(port, Ip):
            from catenet.nodes.runtime.raw import RawPort

            return RawPort(asked, port, owner), port.protocol
        if isinstance(port, Crossing):
            return _crossing_port(port, owner), 0
        assert isinstance(port, Ethernet), f"{port} takes connections"
        from catenet.nodes.runtime.frames import FramePort

        return FramePort(asked, port, owner), port.ethertype

    def streams(self, owner: StreamOwner) -> Streams:
        from catenet.nodes.runtime.tcp import Connections

        return Connections(owner, self._loop)


def _crossing_port(port: Crossing, owner: Owner) -> OpenedPort:
    """Raises TypeError: its owner does not translate."""
    if owner.cross is None:
        raise TypeError(f"a machine that is not Translating opens {port!r}")
    from catenet.nodes.runtime.crossing import CrossingPort

    return CrossingPort(port, owner, owner.cross)


def _udp(asked: OpenPort, port: Udp, owner: Owner) -> UdpPort:
    if not asked.forwards or asked.hears_ttl or owner.passage is None:
        return UdpPort(asked, port, owner)
    from catenet.nodes.runtime.forwarding import ForwardingPort

    return ForwardingPort(asked, port, owner, owner.passage)
