"""Runs any machine: feed it, perform its actions, re-arm one timer."""

from __future__ import annotations

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable

from catenet.nodes.machine import Action, Machine, Packet, Send

__all__ = ["Driver"]


class Driver:
    """Runs one machine on the event loop. Whatever the machine raises goes to `fail`: it is our own mistake."""

    def __init__(
        self,
        machine: Machine,
        send: Callable[[Packet], None],
        perform: Callable[[Action], None],
        fail: Callable[[Exception], None],
        loop: AbstractEventLoop,
    ) -> None:
        """`send` puts packets on the wire, `perform` does every other action."""
        self._machine = machine
        self._send = send
        self._perform = perform
        self._fail = fail
        self._loop = loop
        self._timer: TimerHandle | None = None
        self._closed = False
        loop.call_soon(self.call, lambda _: None)  # by then its owner has opened what `send` needs

    def receive(self, packet: Packet) -> None:
        """Give the machine a packet, and do what it wants."""
        self.call(lambda now: self._machine.receive(packet, now))

    def call(self, function: Callable[[float], None]) -> None:
        """Call a function that changes the machine, with the time; then do what the machine wants."""
        if self._closed:
            return
        try:
            function(self._loop.time())
            self._settle()
        except Exception as error:
            self._fail(error)

    def close(self) -> None:
        """The machine gets no more calls."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _settle(self) -> None:
        for action in self._machine.take_actions():
            if isinstance(action, Send):
                self._send(action.packet)
            else:
                self._perform(action)
        when = self._machine.next_wake()
        if self._timer is not None and self._timer.when() != when:
            self._timer.cancel()
            self._timer = None
        if when is not None and self._timer is None:
            self._timer = self._loop.call_at(when, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self.call(self._machine.wake)
