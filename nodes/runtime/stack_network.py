"""The network of a node whose stack is our own: its ports are the stack's, and what comes is handed up from there.

`PacketStack` is what a stack has to be. `StackDriver` runs it: frames come in, and behind all that came together the
stack's ports are emptied, those whose they are get it, and what all that has made the stack want to send is sent, in
one go. `StackNetwork` gives ports to the services above.

What waits at a port for its owner is bounded by octets (`OpenPort.keeps`), as it is in the kernel; an owner who takes
long is left alone after a while (SLICE), since others wait too, and frames keep coming meanwhile.

Frames of other types are the kernel's business still (runtime/frames). Connections there are none: a port that accepts
some opens, is mute, and says so once; packets that cross the node are not to be had by a service.
"""

from __future__ import annotations

import errno
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from catenet.nodes.address import Address
from catenet.nodes.machine import (
    Action,
    Crossing,
    Datagram,
    Endpoint,
    Ethernet,
    Frame,
    Interface,
    IpPacket,
    Machine,
    OpenPort,
    Report,
    Send,
    Stream,
    Udp,
    Way,
)
from catenet.nodes.runtime.driver import Driver
from catenet.nodes.runtime.network import KernelNetwork, OpenedPort, StreamEnd, StreamOwner
from catenet.nodes.runtime.port import BATCH, GLANCE, KEPT, SLICE, Owner, Reply

__all__ = ["PacketStack", "StackDriver", "StackNetwork", "StackPort"]

_OWN = 512
"""Octets that a datagram counts for beside its data: the kernel's own count too, and empty ones are not free."""
_NO_TCP = "this node's own stack has no TCP"
_NO_CROSSING = "packets that cross the node cannot be had of its own stack"

Heard = Datagram | IpPacket


class PacketStack(Machine[Frame], Protocol):
    """A stack, to those who stand on it. Keys name its open ports."""

    def open(self, asked: OpenPort, now: float, /) -> tuple[int, int]:
        """Its key, and the number that it got. Raises OSError: it is taken, or not to be had here."""

    def close(self, key: int, /) -> None: ...

    def join(self, key: int, group: Address, interface: str, /) -> bool:
        """Whether it hears the group there."""

    def leave(self, key: int, group: Address, interface: str, /) -> bool: ...

    def send(self, key: int, unit: Heard, now: float, /) -> bool:
        """Whether it left, or waits for its neighbour's hardware address."""

    def reply_by(self, key: int, reply: Reply, /) -> None:
        """A port's owner may know answers before there is a datagram; not more than a hint."""

    def take_delivered(self) -> list[tuple[int, Heard]]:
        """What ports have heard since the last call, in order."""


class StackDriver(Driver):
    """Runs a stack, and hands on what its ports have heard."""

    def __init__(
        self,
        stack: PacketStack,
        send: Callable[[Sequence[Frame]], None],
        perform: Callable[[Action], None],
        fail: Callable[[Exception], None],
        loop: AbstractEventLoop,
    ) -> None:
        """`send` gets all frames that are to be sent at one go."""
        super().__init__(stack, lambda frame: send((frame,)), perform, fail, loop)
        self._stack = stack
        self._send_all = send
        self.waiting: dict[StackPort, None] = {}  # ports with something for their owners, who waits longest first
        self.ports: dict[int, StackPort] = {}
        self._handing = self._touched = self._is_due = False

    def touch(self) -> None:
        """Somebody has made the stack want something: it is asked soon, once for all that comes together."""
        self._touched = True
        if not self._handing:
            self._soon()

    def _soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._due)

    def _due(self) -> None:
        self._is_due = False
        self.settle()

    def _settle(self) -> None:
        if self._handing:  # whoever is about it goes on with it
            self._touched = True
            return
        self._handing, ends = True, self._loop.time() + SLICE
        try:
            while True:
                self._touched = False
                super()._settle()
                self._hand_on(ends)
                if not self._touched:
                    break
        finally:
            self._handing = False
        if self._touched or self.waiting:
            self._soon()

    def _hand_on(self, ends: float) -> None:
        """Give what ports have heard to those whose they are, until that time."""
        ports, waiting = self.ports, self.waiting
        for key, unit in self._stack.take_delivered():
            port = ports.get(key)
            if port is not None:
                port.put(unit)
                waiting[port] = None
        for port in tuple(waiting):
            if self._loop.time() > ends:
                return
            waiting.pop(port, None)
            if port.drain():
                waiting[port] = None

    def _do(self, actions: Sequence[Action]) -> bool:
        """As every driver, but that frames which follow each other are sent in one go."""
        frames: list[Frame] = []
        calls = False
        for action in actions:
            if type(action) is Send:
                frames.append(action[0])  # type: ignore[arg-type]
                continue
            if frames:
                self._send_all(frames)
                frames = []
            self._perform(action)
            calls = True
        if frames:
            self._send_all(frames)
        return calls


class StackNetwork:
    """What has the stack's ports (runtime/network)."""

    def __init__(self, stack: PacketStack, driver: StackDriver, loop: AbstractEventLoop) -> None:
        self._stack = stack
        self._driver = driver
        self._loop = loop

    def open(self, asked: OpenPort, owner: Owner) -> tuple[OpenedPort, int]:
        port = asked.port
        if isinstance(port, Ethernet):
            return KernelNetwork(self._loop).open(asked, owner)
        if isinstance(port, Crossing):
            raise OSError(errno.EOPNOTSUPP, _NO_CROSSING)
        key, number = self._stack.open(asked, self._loop.time())
        made = StackPort((key, number), asked, owner, self._stack, self._driver)
        self._driver.ports[key] = made
        self._driver.touch()
        return made, number

    def streams(self, owner: StreamOwner) -> MuteStreams:
        return MuteStreams(owner)


class StackPort:
    """An open port of the stack's. What cannot be sent is counted (`send_failures`), never raised."""

    def __init__(
        self, opened: tuple[int, int], asked: OpenPort, owner: Owner, stack: PacketStack, driver: StackDriver
    ) -> None:
        self._key, self.number = opened
        self._interface = getattr(asked.port, "interface", "")
        self._owner = owner
        self._stack = stack
        self._driver = driver
        self._time = owner.loop.time
        self._waiting: deque[Heard] = deque()
        self._octets = 0  # that wait
        self._keeps = asked.keeps or KEPT
        self._is_open = True
        early = isinstance(asked.port, Udp) and not asked.hears_ttl
        self._reply = owner.reply if asked.answers and early else None
        self._passage = owner.passage if asked.forwards and early else None
        if self._reply is not None:
            stack.reply_by(self._key, self._answer)
        if self._passage is not None:
            self._passage.ports[Udp(self.number, self._interface)] = self

    def send(self, unit: Heard) -> None:
        if not self._is_open or not self._stack.send(self._key, unit, self._time()):
            self._owner.count("send_failures")
        self._driver.touch()

    def pass_on(self, data: bytes, way: Way) -> None:
        """Send it on its way, which is by this port."""
        self.send(Datagram(data, Endpoint(way.source, self.number), way.peer))

    def join(self, group: Address | bytes, interface: str) -> None:
        self._change_group(self._stack.join, group, interface)

    def leave(self, group: Address | bytes, interface: str) -> None:
        self._change_group(self._stack.leave, group, interface)

    def _change_group(
        self, change: Callable[[int, Address, str], bool], group: Address | bytes, interface: str
    ) -> None:
        if not isinstance(group, Address):
            raise TypeError(f"group {group!r} of an IP port is no Address")
        one = interface or self._interface
        for lan in [one] if one else [each.name for each in self._owner.lans.interfaces()]:
            if not change(self._key, group, lan):
                self._owner.count("group_failures")
        self._driver.touch()

    def interface_changed(self, interface: Interface) -> None:
        """The stack knows already."""

    def close(self) -> None:
        self._is_open = False
        self._waiting.clear()
        self._driver.ports.pop(self._key, None)
        self._driver.waiting.pop(self, None)
        if self._passage is not None:
            self._passage.ports.pop(Udp(self.number, self._interface), None)
        self._stack.close(self._key)
        self._driver.touch()

    # What comes.

    def put(self, unit: Heard) -> None:
        """It waits for the owner; where too much does already, it is dropped."""
        size = len(unit[0]) + _OWN
        if self._octets + size > self._keeps and self._waiting:
            self._owner.count("receive_overruns")
        else:
            self._octets += size
            self._waiting.append(unit)

    def drain(self) -> bool:
        """Give the owner what waits, or as much as others can wait for → whether more does."""
        try:
            self._receive_all()
            self._owner.settle()
        except Exception as error:
            self._owner.fail(error)
        return self._is_open and bool(self._waiting)

    def _receive_all(self) -> None:
        waiting, receive, time = self._waiting, self._owner.receive, self._time
        early = self._reply is not None or self._passage is not None
        now = time()
        end = now + SLICE
        for number in range(1, BATCH + 1):
            if not waiting:  # or it was closed meanwhile
                return
            unit = waiting.popleft()
            self._octets -= len(unit[0]) + _OWN
            if not (early and isinstance(unit, Datagram) and self._is_done(unit, now)):
                receive(unit, now)
            if not number % GLANCE:
                now = time()
                if now > end:  # it is others' turn
                    return

    def _answer(self, data: bytes, now: float) -> bytes | None:
        """Asked by the stack, on its hot path. The owner settles when all that came together has been answered."""
        assert self._reply is not None
        self._driver.waiting[self] = None
        try:
            return self._reply(data, now)
        except Exception as error:
            self._owner.fail(error)
            return None

    def _is_done(self, unit: Datagram, now: float) -> bool:
        """Whether its answer is known, or it is passed on, before the machine receives it."""
        if self._reply is not None:
            answer = self._reply(unit.data, now)
            if answer is not None:
                self.send(unit.reply(answer))
                return True
        if self._passage is None:
            return False
        peer = unit.source.address.pack() + unit.source.port.to_bytes(2, "big")
        went = self._passage.forward(self.number, peer, unit.data, now)
        if went:
            by = self._passage.ports.get(went[1].port)
            if by is None:
                self._owner.count("send_failures")
            else:
                by.pass_on(*went)
        return went is not None


class MuteStreams:
    """Connections, of which there are none: a port that accepts them opens, so that what its service does otherwise
    goes on; but it is mute, and that is said once."""

    def __init__(self, owner: StreamOwner) -> None:
        self._owner = owner
        self._said = False

    def listen(self, port: int, accept: Callable[[StreamEnd], Stream]) -> None:
        if not self._said:
            self._said = True
            self._owner.perform(Report("service.mute", f"TCP port {port} is mute: {_NO_TCP}", {"port": port}))

    async def connect(self, peer: Endpoint, opened: Callable[[StreamEnd], Stream], timeout: float) -> None:
        raise OSError(errno.EOPNOTSUPP, _NO_TCP)

    def close_port(self, port: int) -> None:
        """It was mute."""

    def flush(self, stream: Any) -> None:
        """There is none."""

    def close(self) -> None:
        """There is nothing to close."""
