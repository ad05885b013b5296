"""Runs a machine of nodes/machine.py as a program of the user's own, in a process of its own.

    class MyRouter:                                      # the contract, in full: nodes/machine.py
        def __init__(self, options, interfaces, random): ...
        def receive(self, packet, now): ...
        def wake(self, now): ...
        def next_wake(self): ...
        def take_actions(self): ...
        def set_interface(self, interface, now): ...     # may be left out: an interface went down, or came up
        def flush(self): ...                             # may be left out: forget what was learned
        def shutdown(self): ...                          # may be left out: the last words, at SIGTERM

    if __name__ == "__main__":
        run(MyRouter, port=520, group="224.0.0.9")       # or run(MyRouter), where it opens its ports by actions

The node starts and watches it as it does every program (processes/daemon.py), so one that raises ends with a traceback
and is started anew. What a program gets and owes (labs/OWN-PROGRAMS.md) is seen to here: `options` are the service's
own class, packets come and go by its ports, `SetRoute` (say its `metric`) and `DeleteRoute` become routes in the
kernel's table that is the program's own, a `Report` becomes an event.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import options_class
from catenet.nodes.implementations.own_program.program import VARIABLE
from catenet.nodes.implementations.program_output import READY
from catenet.nodes.machine import (
    Action,
    DeleteRoute,
    Flushable,
    Interface,
    JoinGroup,
    Machine,
    OpenPort,
    Report,
    SetRoute,
    Udp,
)
from catenet.nodes.processes.action_check import CheckedMachine
from catenet.nodes.processes.machine_check import check_machine
from catenet.nodes.runtime.lines import LineSplitter
from catenet.nodes.runtime.machine_run import MachineRun
from catenet.nodes.runtime.netlink import routing
from catenet.nodes.runtime.netlink.client import Netlink
from catenet.nodes.runtime.network import KernelNetwork
from catenet.nodes.runtime.options import build_options

__all__ = ["run"]

Make = Callable[[Any, tuple[Interface, ...], Random], Machine[Any]]

_USER = 2  # exit code: the user's mistake
_INPUT = 0  # the descriptor of standard input
_CHUNK = 65_536  # bytes read from it at a time


def run(make: Make, *, port: int | None = None, group: str | None = None) -> None:
    """Run `make(options, interfaces, random)` until SIGTERM. `port`: a UDP port that is opened for it on each interface
    and joins the multicast `group` there; None: it opens its ports itself.

    Raises:
        Exception: whatever the machine raises.

    """
    if VARIABLE not in os.environ:
        own = Path(sys.argv[0]).name
        print(f"{own} runs inside a node; write in a lab file: implementation: ./{own}", file=sys.stderr)  # noqa: T201
        sys.exit(_USER)
    told = json.loads(os.environ[VARIABLE])
    asyncio.run(_live(make, told, port, None if group is None else Address.parse(group)))


async def _live(make: Make, told: dict[str, Any], port: int | None, group: Address | None) -> None:
    loop = asyncio.get_running_loop()
    known = _Known(told["interfaces"])
    options = build_options(told["service"], options_class(told["service"]), told["options"])
    machine = make(options, known.interfaces(), SystemRandom())
    check_machine(machine)
    program = _Program(machine, known, told, loop)
    if port is not None:
        program.open(port, group)
    known.listen(program.changed)
    loop.add_signal_handler(signal.SIGTERM, program.stop)
    program.begin()
    known.follow(loop, program.flush)
    await program.ended


class _Known:
    """The interfaces, as the node tells of them: at the start, and by a line for each change."""

    def __init__(self, told: list[dict[str, Any]]) -> None:
        self._listeners: list[Callable[[Interface], None]] = []
        self._interfaces: dict[str, Interface] = {}
        self._numbers: dict[str, int] = {}
        self._lines = LineSplitter()
        for each in told:
            self._take(each)

    def interfaces(self) -> tuple[Interface, ...]:
        return tuple(self._interfaces.values())

    def ifindex(self, lan: str) -> int:
        """The number of the LAN's interface, or of one with that very name (lo); 0 where there is none now."""
        if lan in self._numbers:
            return self._numbers[lan]
        return _number(lan)

    def is_up(self, lan: str) -> bool:
        return self._interfaces[lan].up if lan in self._interfaces else _number(lan) > 0

    def name(self, ifindex: int) -> str:
        """The LAN of an interface; for one that belongs to none, its own name."""
        for lan, number in self._numbers.items():
            if number == ifindex:
                return lan
        try:
            return socket.if_indextoname(ifindex)
        except OSError:  # there is none
            return ""

    def listen(self, function: Callable[[Interface], None]) -> None:
        self._listeners.append(function)

    def follow(self, loop: asyncio.AbstractEventLoop, flush: Callable[[], None]) -> None:
        """From now on, hear what the node says. `flush`: it empties every cache."""
        loop.add_reader(_INPUT, self._hear, loop, flush)

    def _hear(self, loop: asyncio.AbstractEventLoop, flush: Callable[[], None]) -> None:
        data = os.read(_INPUT, _CHUNK)
        if not data:
            loop.remove_reader(_INPUT)
        for line in self._lines.feed(data):
            told = json.loads(line)
            if "interface" in told:
                interface = self._take(told["interface"])
                for function in tuple(self._listeners):
                    function(interface)
            elif told.get("flush"):
                flush()

    def _take(self, each: dict[str, Any]) -> Interface:
        lan = each["lan"]
        self._numbers[lan] = _number(each["device"])
        interface = Interface(
            lan,
            Address.parse(each["address"]),
            Prefix.parse(each["prefix"]),
            each["up"],
            each.get("mtu", 0),
            bytes.fromhex(each.get("hardware", "").replace(":", "")),
        )
        self._interfaces[lan] = interface
        return interface


def _number(device: str) -> int:
    try:
        return socket.if_nametoindex(device)
    except OSError:  # there is none now
        return 0


class _Routes:
    """The machine's routes in the kernel's table that is its own, with its own metrics.

    The kernel forgets those over an interface that goes down; what is wanted goes back once it is up again.
    """

    def __init__(self, known: _Known, number: int, count: Callable[[str], None]) -> None:
        """`number`: the service's, by which the kernel marks its routes, and that of its table."""
        self._known = known
        self._number = number
        self._count = count
        self._netlink = Netlink()
        self._wanted: dict[Prefix, SetRoute] = {}

    def set(self, wanted: SetRoute) -> None:
        before = self._wanted.get(wanted.prefix)
        self._wanted[wanted.prefix] = wanted
        self._install(wanted)
        if before is not None and before.metric != wanted.metric:  # to the kernel that is another route
            self._delete(before)

    def delete(self, prefix: Prefix) -> None:
        before = self._wanted.pop(prefix, None)
        if before is not None:
            self._delete(before)

    def restore(self, lan: str) -> None:
        for wanted in self._wanted.values():
            if any(hop.interface == lan for hop in wanted.next_hops):
                self._install(wanted)

    def _install(self, wanted: SetRoute) -> None:
        try:
            self._netlink.replace_route(self._route(wanted))
        except OSError:  # the interface is down, or gone: `restore` comes when it is back
            self._count("route_failures")

    def _delete(self, unwanted: SetRoute) -> None:
        self._netlink.delete_route(self._route(unwanted))

    def _route(self, wanted: SetRoute) -> routing.Route:
        """By the next hops that are up: the kernel refuses all for one that is down."""
        up = [hop for hop in wanted.next_hops if self._known.is_up(hop.interface)]
        hops = [routing.KernelNextHop(via, self._known.ifindex(lan)) for via, lan in up or wanted.next_hops]
        return routing.Route(wanted.prefix, tuple(hops), self._number, wanted.metric, table=self._number)


class _Program:
    """The machine, and what it has of the node. Whatever it raises ends the program."""

    def __init__(
        self, machine: Machine[Any], known: _Known, told: Mapping[str, Any], loop: asyncio.AbstractEventLoop
    ) -> None:
        self.ended: asyncio.Future[None] = loop.create_future()
        self._machine = machine
        self._known = known
        self._routes = _Routes(known, told["table"], self._count)
        self._failures: set[str] = set()
        self._held: list[str] | None = []  # what it says before it is ready
        self.run = MachineRun(
            machine,
            network=KernelNetwork(loop),
            lans=known,
            loop=loop,
            perform=self._perform,
            count=self._count,
            fail=self._fail,
            service=told["service"],
            told=told,
            driven=CheckedMachine(machine),
        )

    def open(self, number: int, group: Address | None) -> None:
        """Open the port on each LAN."""
        for interface in self._known.interfaces():
            port = self.run.ports.open(OpenPort(Udp(number, interface.name)))
            if group is not None:
                self.run.ports.change_group(JoinGroup(port, group))

    def begin(self) -> None:
        """Do what it wanted when it was made. It is ready once its ports are open, and what it says comes behind that.

        Raises:
            OSError: a port is taken, or the kernel refuses it.

        """
        ready: tuple[str, ...] = ()
        try:
            self.run.begin()
            ready = (READY,)
        finally:
            held, self._held = self._held or (), None
            for line in (*ready, *held):
                self._say(line)

    def stop(self) -> None:
        """The end; the node takes the routes out."""
        self.run.stop()
        self.run.close()
        if not self.ended.done():
            self.ended.set_result(None)

    def changed(self, interface: Interface) -> None:
        if interface.up:
            self._routes.restore(interface.name)
        self.run.interface_changed(interface)

    def flush(self) -> None:
        if isinstance(self._machine, Flushable):
            forget = self._machine.flush
            self.run.driver.call(lambda _: forget())

    def _perform(self, action: Action) -> None:
        if isinstance(action, SetRoute):
            self._routes.set(action)
        elif isinstance(action, DeleteRoute):
            self._routes.delete(action.prefix)
        elif isinstance(action, Report):
            self._say(json.dumps(action._asdict()))  # its kind, text and data are an event

    def _say(self, line: str) -> None:
        if self._held is None:
            print(line, flush=True)  # noqa: T201 -- this is how a program says so
        else:
            self._held.append(line)

    def _count(self, counter: str) -> None:
        """A program has no counters; the first of each kind is told."""
        if counter not in self._failures:
            self._failures.add(counter)
            print(f"{counter}: the first one", file=sys.stderr, flush=True)  # noqa: T201

    def _fail(self, error: Exception) -> None:
        self.run.close()
        if not self.ended.done():
            self.ended.set_exception(error)
