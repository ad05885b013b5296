"""UDP ports of a machine that passes datagrams on (`Forwarding`): what comes to one of them leaves by another, and is
no packet in between.

All of them read into one inbox, since there may be hundreds, and each is drained at one go. For the event loop they are
one: to have each of them called by it would cost a sixth of what a datagram does.
"""

from __future__ import annotations

import select
import socket
from asyncio import AbstractEventLoop
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol

from catenet.nodes.address import ANY
from catenet.nodes.machine import Datagram, Interface, OpenPort, Udp, Way
from catenet.nodes.runtime.port import BATCH, IP_PKTINFO, NO_ADDRESS, PKTINFO, SLICE, Forward, Owner
from catenet.nodes.runtime.udp import SPACE, UdpPort

if TYPE_CHECKING:
    from catenet.nodes.runtime.mmsg import Inbox

__all__ = ["ForwardingPort", "Passage", "PassesOn"]

_WAYS = 16_384  # that are not worked out anew for each datagram
_make = tuple.__new__
"""Makes a named tuple in a third of the time."""

_Target = tuple[str, int]
_Control = list[tuple[int, int, bytes]]


class PassesOn(Protocol):
    """A port by which a datagram may be passed on."""

    def pass_on(self, data: bytes, way: Way, /) -> None: ...


class Passage:
    """What these ports of one machine have in common."""

    def __init__(self, forward: Forward) -> None:
        self.forward = forward
        self.ports: dict[Udp, PassesOn] = {}
        self._drains: dict[int, Callable[[], None]] = {}  # by the number of the open file
        self._poll: select.epoll | None = None

    @cached_property
    def inbox(self) -> Inbox:
        """Where datagrams come in. It is made when it is needed: it is a tenth of what a router loads."""
        from catenet.nodes.runtime.mmsg import Inbox

        return Inbox(SPACE)

    def watch(self, number: int, drain: Callable[[], None], loop: AbstractEventLoop) -> None:
        """Have an open file drained whenever something has come."""
        if self._poll is None:
            self._poll = select.epoll()
            loop.add_reader(self._poll, self._drain, loop.time)
        self._drains[number] = drain
        self._poll.register(number, select.EPOLLIN)

    def unwatch(self, number: int, loop: AbstractEventLoop) -> None:
        assert self._poll is not None
        del self._drains[number]
        self._poll.unregister(number)
        if not self._drains:
            loop.remove_reader(self._poll)
            self._poll.close()
            self._poll = None

    def _drain(self, time: Callable[[], float]) -> None:
        """Those that wait longest first, for as long as others can wait."""
        assert self._poll is not None
        ends = time() + SLICE
        for number, _ in self._poll.poll(0, BATCH):
            drain = self._drains.get(number)
            if drain is not None:  # else it was closed meanwhile
                drain()
            if time() > ends:
                return


class ForwardingPort(UdpPort):
    """One of them."""

    def __init__(self, asked: OpenPort, port: Udp, owner: Owner, passage: Passage) -> None:
        self._passage = passage
        self._received = False  # whether anything of what came together has been
        self._targets_of: dict[Way, tuple[_Target, _Control]] = {}
        super().__init__(asked, port, owner)

    def pass_on(self, data: bytes, way: Way) -> None:
        """Send it on its way, which is by this port."""
        target, control = self._targets_of.get(way) or self._work_out(way)
        try:
            if self._socket is None:
                raise OSError  # its interface is away
            if control:
                self._socket.sendmsg((data,), control, 0, target)
            else:
                self._socket.sendto(data, target)
        except (OSError, OverflowError):
            self._owner.count("send_failures")

    def reopen(self) -> None:
        super().reopen()
        self._passage.ports[Udp(self.number, self._interface)] = self

    def close(self) -> None:
        self._passage.ports.pop(Udp(self.number, self._interface), None)
        super().close()

    def _watch(self, opened: socket.socket) -> None:
        self._passage.watch(opened.fileno(), partial(self._drain, opened), self._owner.loop)

    def _unwatch(self, opened: socket.socket) -> None:
        self._passage.unwatch(opened.fileno(), self._owner.loop)

    def interface_changed(self, interface: Interface) -> None:
        self._targets_of.clear()
        super().interface_changed(interface)

    def _work_out(self, way: Way) -> tuple[_Target, _Control]:
        if len(self._targets_of) >= _WAYS:
            self._targets_of.clear()
        peer, source = way.peer, way.source
        info = PKTINFO.pack(0, source.pack(), NO_ADDRESS)
        control = [] if source == ANY else [(socket.IPPROTO_IP, IP_PKTINFO, info)]
        worked = self._targets_of[way] = (str(peer.address), peer.port), control
        return worked

    def _drain(self, opened: socket.socket) -> None:
        """What is passed on changes nothing in the machine: where nothing else came, it is not asked what it wants."""
        self._received = False
        try:
            self._receive_by(self._passage.inbox, opened)
            if self._received:
                self._owner.settle()
        except Exception as error:
            self._owner.fail(error)

    def _receive_these(self, datagrams: list[tuple[bytes, bytes]], opened: socket.socket, now: float) -> None:
        forward, ports, number, known = self._passage.forward, self._passage.ports, self.number, self._known
        for data, envelope in datagrams:
            went = forward(number, envelope[4:8] + envelope[2:4], data, now)
            if went:
                by = ports.get(went[1].port)
                if by is None:
                    self._owner.count("send_failures")
                else:
                    by.pass_on(*went)
            elif went is None:
                self._received = True
                ends = known.get(envelope) or self._ends(envelope)
                self._owner.receive(_make(Datagram, (data, *ends, 0, 0)), now)
                if self._socket is not opened:  # closed meanwhile
                    return
