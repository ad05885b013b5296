"""Any service by another program: its adapter (nodes/implementations) says what is run, and this file runs it.

All programs of the service start once every interface has its address; those that it shares with other services of the
node, before them. It is ready when its adapter's command succeeds, or its routes can be printed; else when a program
says `ready`, or has lived for 2 s. If one of its programs ends, all are ended, and the runtime starts the service anew;
so it does where an interface comes back as another device, since configurations name devices. At the end its routes
leave the kernel's tables.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from catenet.nodes import catalogue
from catenet.nodes.control.config import ConfigError
from catenet.nodes.control.implementation import OURS
from catenet.nodes.implementations.daemon import Daemon, Group, NodeInterface, RoutingDaemon, Run, Task
from catenet.nodes.machine import Interface
from catenet.nodes.processes.group import ProgramGroup
from catenet.nodes.processes.programs import Programs, unless_ended, write_files
from catenet.nodes.processes.route_carrier import RouteCarrier
from catenet.nodes.processes.route_follower import RouteFollower
from catenet.nodes.processes.route_teller import RouteTeller
from catenet.nodes.runtime.children import ProgramError
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.service_config import ServiceConfig, read_service

__all__ = ["DaemonRun", "serve"]

_FOLDER = "/run/catenet"
_PRESUMED_AFTER = 2.0  # seconds
_OFTEN = 0.1  # seconds between two tries of a command that tells whether it serves
_ANSWER = 5.0  # seconds for that command


async def serve(context: ServiceContext, options: Any) -> None:
    """Run the service until cancelled, or until one of its programs ends.

    Raises:
        ConfigError: the program cannot be started at all.
        ProgramError: one has ended.

    """
    await _addressed(context)
    daemon = catalogue.daemon(context.implementation, context.service)
    config = ServiceConfig(context.implementation, options)
    await DaemonRun(context, daemon, _task(context, context.service, config, daemon.group)).run()


class DaemonRun:
    """One run of a service."""

    def __init__(
        self, context: ServiceContext, daemon: Daemon, task: Task, presumed_after: float = _PRESUMED_AFTER
    ) -> None:
        """`presumed_after`: seconds after which a program that lives and does not say `ready` counts as ready."""
        self._context = context
        self._daemon = daemon
        self._task = task
        self._presumed_after = presumed_after
        self._programs = Programs(context)
        self._group: ProgramGroup | None = None
        self._routes: tuple[RouteFollower, RouteCarrier] | None = None
        self._teller: RouteTeller | None = None
        routing = catalogue.services()[task.service].routing
        if routing is not None and isinstance(daemon, RoutingDaemon):
            exchange, table = daemon.routes(task), context.program_table(task.table)
            follower = RouteFollower(context, routing, exchange, table)
            carrier = RouteCarrier(context, table, follower.marks, follower.last_resort)
            carrier.put(exchange.to_find)
            self._routes = follower, carrier
            self._teller = RouteTeller(context, table, exchange.hears)

    async def run(self) -> None:
        """From the first program's start to the last one's end."""
        self._context.on_interface(self._changed)
        if self._daemon.flush_line:
            self._context.on_flush(lambda: self._programs.tell(self._daemon.flush_line))
        if self._daemon.group is None:
            await self._run()
        else:
            await self._run_in(self._daemon.group)

    async def _run_in(self, group: Group) -> None:
        def make() -> ProgramGroup:
            return ProgramGroup(self._context, group, _members(self._context, group))

        async with self._context.shared_runs.use(group.name, make) as self._group:
            await unless_ended(self._run(), self._group.programs.ended)

    async def _run(self) -> None:
        try:
            run = self._daemon.run(self._task)
            write_files(run, self._task.folder)
            await self._programs.start(run)
            await unless_ended(self._serve(run), self._programs.ended)
            raise ProgramError(await self._programs.ended)
        finally:
            await self._programs.end()

    async def _serve(self, run: Run) -> None:
        """Once it is ready its routes are followed, for ever, where it has some."""
        if run.ready:
            await self._serves(run.ready)
            self._context.ready()
        elif self._routes is not None and self._routes[0].is_printed:
            await self._routes[0].first()
            self._context.ready()
        else:
            await self._ready_by_its_word()
        if self._routes is not None:
            follower, carrier = self._routes
            await follower.follow(carrier.carry_soon)

    async def _serves(self, command: Sequence[str]) -> None:
        while True:
            try:
                await self._context.children.output(command, _ANSWER)
            except ProgramError:
                await asyncio.sleep(_OFTEN)
            else:
                return

    async def _ready_by_its_word(self) -> None:
        try:
            await asyncio.wait_for(self._programs.said_ready.wait(), self._presumed_after)
        except TimeoutError:
            self._context.presume_ready(self._presumed_after)
        else:
            self._context.ready()

    def _changed(self, interface: Interface) -> None:
        now = _interface(self._context, interface)
        before = next(each for each in self._task.interfaces if each.lan == interface.name)
        if self._daemon.interface_line is not None:
            self._programs.tell(self._daemon.interface_line(now))
        elif now.device and now.device != before.device:
            why = f"{now.lan} has become {now.device}, was {before.device}"
            if self._group is not None:
                self._group.programs.give_up(why)
            raise ProgramError(why)
        if self._routes is not None:
            follower, carrier = self._routes
            carrier.interface_changed()
            follower.interface_changed()
        if self._teller is not None:
            self._teller.interface_changed()


async def _addressed(context: ServiceContext) -> None:
    """Until every LAN has an interface: programs are told of all of them at once."""
    changed = asyncio.Event()
    context.on_interface(lambda _: changed.set())
    while not all(context.device(interface.name) for interface in context.interfaces()):
        changed.clear()
        await changed.wait()


def _task(context: ServiceContext, service: str, config: ServiceConfig, group: Group | None) -> Task:
    source = catalogue.services()[service].source
    own_table = 0 if source is None else source.number
    table = own_table if group is None else group.table or own_table
    return Task(
        service,
        config.implementation,
        config.options,
        context.config,
        tuple(_interface(context, interface) for interface in context.interfaces()),
        f"{_FOLDER}/{service}",
        str(context.data),
        table,
    )


def _interface(context: ServiceContext, interface: Interface) -> NodeInterface:
    return NodeInterface(
        interface.name,
        context.device(interface.name),
        interface.address,
        interface.prefix,
        interface.up,
        interface.mtu,
        interface.hardware,
    )


def _members(context: ServiceContext, group: Group) -> list[tuple[Task, Daemon]]:
    """All of the node's services that need the group, in its order; one that cannot run is none of them."""
    found: list[tuple[Task, Daemon]] = []
    for service, given in context.config.services.items():
        with suppress(ConfigError):
            config = read_service(service, given)
            daemon = catalogue.daemon(config.implementation, service) if config.implementation != OURS else None
            if daemon is not None and daemon.group == group:
                found.append((_task(context, service, config, daemon.group), daemon))
    return found
