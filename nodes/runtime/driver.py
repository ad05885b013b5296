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
        self._closed = self._failed = False
        loop.call_soon(self.call, lambda _: None)  # by then its owner has opened what `send` needs

    def receive(self, packet: Packet) -> None:
        """Give the machine a packet, and do what it wants."""
        self.feed(packet)
        self.settle()

    def feed(self, packet: Packet) -> None:
        """Give the machine a packet. What it wants then is done by `settle`, once for all that have come together: for
        machines whose actions cost little, since others wait for all of them.
        """
        if not self._closed:
            try:
                self._machine.receive(packet, self._loop.time())
            except Exception as error:
                self._failed = True  # what it wanted half of is not done
                self._fail(error)

    def settle(self) -> None:
        """Do what the machine wants."""
        if not self._closed and not self._failed:
            try:
                self._settle()
            except Exception as error:
                self._fail(error)

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
        self._arm(self._machine.next_wake())

    def _arm(self, when: float | None) -> None:
        """A timer that is due too early stays: it looks again then, which is cheaper than a new one for each packet."""
        if when is None or (self._timer is not None and self._timer.when() <= when):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._wake)

    def _wake(self) -> None:
        self._timer = None
        try:
            when = self._machine.next_wake()
            if when is None or when > self._loop.time():
                self._arm(when)
            else:
                self.call(self._machine.wake)
        except Exception as error:
            self._fail(error)
