"""Runs any machine: feed it, perform its actions, re-arm one timer."""

from __future__ import annotations

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable, Sequence
from typing import Any

from catenet.nodes.machine import Action, Machine, Send, Unit

__all__ = ["Driver"]

_DEAR = 0.001
"""Seconds: where doing what the machine wants takes longer, it is done behind each packet, not behind all that came
together, since others wait meanwhile."""
_ROUNDS = 1000  # in which a machine may want something because of what it wanted


class Driver:
    """Runs one machine on the event loop. Whatever the machine raises goes to `fail`: it is our own mistake."""

    def __init__(
        self,
        machine: Machine[Any],
        send: Callable[[Any], None],
        perform: Callable[[Action], None],
        fail: Callable[[Exception], None],
        loop: AbstractEventLoop,
    ) -> None:
        """`send` puts packets on the wire, `perform` does every other action; it may call the machine."""
        self._machine = machine
        self._receive, self._time = machine.receive, loop.time  # looked up once: they are called for each packet
        self._send = send
        self._perform = perform
        self._fail = fail
        self._loop = loop
        self._timer: TimerHandle | None = None
        self._closed = self._failed = self._settling = self._dear = False

    def begin(self) -> None:
        """Do what the machine wanted when it was made. Raises what comes of it."""
        self._settle()

    def feed(self, packet: Unit, now: float) -> None:
        """Give the machine a packet. What it wants then is done by `settle`, once for all that have come together;
        `now` is their time."""
        if not self._closed:
            try:
                self._receive(packet, self._time() if self._dear else now)
            except Exception as error:
                self._failed = True  # what it wanted half of is not done
                self._fail(error)
            if self._dear:
                self.settle()

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
        if self._settling:  # what it wants now is done by who is about it already
            return
        self._settling, begun = True, self._loop.time()
        try:
            self._do_all()
        finally:
            self._settling = False
        self._dear = self._loop.time() - begun > _DEAR
        self._arm(self._machine.next_wake())

    def _do_all(self) -> None:
        for _ in range(_ROUNDS):
            actions = self._machine.take_actions()
            if not actions or not self._do(actions):  # sending calls no machine
                return
        raise AssertionError(f"{self._machine!r} wants something for ever: {actions[0]!r}")

    def _do(self, actions: Sequence[Action]) -> bool:
        """In order → whether something else than sending was among them."""
        called = False
        for action in actions:
            if type(action) is Send:
                self._send(action[0])
            else:
                self._perform(action)
                called = True
        return called

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
