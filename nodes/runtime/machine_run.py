"""A machine on a node: its actions are done, and it is told and asked what it has the methods for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from catenet.nodes.machine import (
    Accepting,
    Action,
    Answering,
    ClosePort,
    Connect,
    Connecting,
    Explaining,
    Flush,
    Flushable,
    Forwarding,
    Inspectable,
    Interface,
    InterfaceAware,
    JoinGroup,
    Json,
    LeaveGroup,
    Machine,
    OpenPort,
    Port,
    PortAware,
    RouteAware,
    Settling,
    Stoppable,
    Tcp,
    Translating,
    Work,
    Working,
)
from catenet.nodes.runtime.driver import Driver
from catenet.nodes.runtime.network import Network
from catenet.nodes.runtime.port import Interfaces, Owner
from catenet.nodes.runtime.ports import Ports

if TYPE_CHECKING:
    from catenet.nodes.address import Prefix
    from catenet.nodes.control.origin import Explanation
    from catenet.nodes.machine import OtherRoute
    from catenet.nodes.runtime.context import ServiceContext
    from catenet.nodes.runtime.forwarding import Passage
    from catenet.nodes.runtime.machine_streams import MachineStreams
    from catenet.nodes.runtime.tls import ServiceTls
    from catenet.nodes.runtime.work import Job, WorkDone

__all__ = ["Asked", "MachineRun", "run_machine"]

_SETTLING, _LOOK = 15.0, 0.1
"""Seconds: after which a machine that has not settled counts as ready; between two looks."""

Asked = Callable[[Mapping[str, Json], float], Json]
"""What a question makes of a machine: its arguments and the time → the answer. ValueError: the asker's mistake."""


class MachineRun:
    """A machine, its driver and its ports."""

    def __init__(
        self,
        machine: Machine[Any],
        *,
        network: Network,
        lans: Interfaces,
        loop: asyncio.AbstractEventLoop,
        perform: Callable[[Action], None],
        count: Callable[[str], None],
        fail: Callable[[Exception], None],
        service: str,
        told: Mapping[str, Json],
        driven: Machine[Any] | None = None,
        jobs: Mapping[str, Job] | None = None,
    ) -> None:
        """`perform` does what is not about ports. `fail` is told what the machine raises, and of a port that cannot be
        opened. `told`: what the service is told of the lab, its certificate for TLS among it. `driven`: what is driven
        in the machine's place: the machine, and what looks at its actions. `jobs`: what it may have done (`Work`).
        """
        self._machine = machine
        self._perform_other = perform
        self._fail = fail
        self._loop = loop
        self._aware = machine if isinstance(machine, PortAware) else None
        self.ports = Ports(network)
        self.driver = Driver(driven or machine, self.ports.send, self._perform, fail, loop)
        reply = machine.reply if isinstance(machine, Answering) else None
        cross = machine.cross if isinstance(machine, Translating) else None
        passage = _passage(machine) if isinstance(machine, Forwarding) else None
        self.ports.owner = Owner(
            self.driver.feed, self.driver.settle, lans, loop, count, fail, reply=reply, cross=cross, passage=passage
        )
        self._streams: MachineStreams | None = None
        if isinstance(machine, Accepting | Connecting):
            from catenet.nodes.runtime.machine_streams import MachineStreams

            self._streams = MachineStreams(
                machine,
                self.driver,
                network=network,
                loop=loop,
                perform=perform,
                count=count,
                fail=fail,
                tls=partial(_tls, service, told, count),
            )
        self._work: WorkDone | None = None
        if jobs and isinstance(machine, Working):
            from catenet.nodes.runtime.work import WorkDone  # few machines have jobs

            self._work = WorkDone(machine, jobs, self.driver, loop, service)

    def begin(self) -> None:
        """Do what it wanted when it was made.

        Raises:
            OSError: a port is taken, or the kernel refuses it.

        """
        self.driver.begin()

    def interface_changed(self, interface: Interface) -> None:
        """Its ports first: what it then says leaves by them."""
        try:
            self.ports.interface_changed(interface)
        except OSError as error:
            self._fail(error)
            return
        if isinstance(self._machine, InterfaceAware):
            self.driver.call(partial(self._machine.set_interface, interface))

    def stop(self) -> None:
        """Its last words."""
        if isinstance(self._machine, Stoppable):
            shutdown = self._machine.shutdown
            self.driver.call(lambda _: shutdown())

    def close(self) -> None:
        self.driver.close()
        self.ports.close()
        if self._work is not None:
            self._work.close()
        if self._streams is not None:
            self._streams.close()

    def _perform(self, action: Action) -> None:
        if isinstance(action, OpenPort):
            self._open(action)
        elif isinstance(action, Flush) and self._streams is not None:
            self._streams.flush(action.stream)
        elif isinstance(action, Connect) and self._streams is not None:
            self._streams.connect(action)
        elif isinstance(action, ClosePort):
            self._close(action.port)
        elif isinstance(action, JoinGroup | LeaveGroup):
            self.ports.change_group(action)
        elif isinstance(action, Connect | Flush):
            raise TypeError(f"{self._machine!r} is neither Accepting nor Connecting, and wants {action!r}")
        elif isinstance(action, Work):
            if self._work is None:
                raise TypeError(f"{self._machine!r} is not Working, or was given no jobs, and wants {action!r}")
            self._work.perform(action)
        else:
            self._perform_other(action)

    def _open(self, asked: OpenPort) -> None:
        try:
            port = self._opened(asked)
        except OSError as error:
            if self._aware is None:
                raise OSError(error.errno, f"{asked.port}: {error.strerror}") from None
            self._aware.port_failed(asked, error.strerror or str(error), self._loop.time())
        else:
            if self._aware is not None:
                self._aware.port_opened(asked, port, self._loop.time())

    def _opened(self, asked: OpenPort) -> Port:
        port = asked.port
        if not isinstance(port, Tcp):
            return self.ports.open(asked)
        if self._streams is None:
            raise TypeError(f"{self._machine!r} is not Accepting, and opens {port!r}")
        self._streams.listen(port)
        return port

    def _close(self, port: Port) -> None:
        if not isinstance(port, Tcp):
            self.ports.close_port(port)
        elif self._streams is not None:
            self._streams.close_port(port)


def _passage(machine: Forwarding) -> Passage:
    from catenet.nodes.runtime.forwarding import Passage

    return Passage(machine.forward)


def _tls(service: str, told: Mapping[str, Json], count: Callable[[str], None]) -> ServiceTls:
    from catenet.nodes.runtime.tls import ServiceTls  # OpenSSL is a sixth of what a node loads

    return ServiceTls(service, told, count)


async def run_machine(
    context: ServiceContext,
    machine: Machine[Any],
    jobs: Mapping[str, Job] | None = None,
    questions: Mapping[str, Asked] | None = None,
) -> None:
    """Run a service's machine until cancelled; it is ready once its ports are open. `jobs`: what it may have done
    beside it (`Work`), by name. `questions`: what the node answers by it, by name; what it then wants is done.

    Raises:
        OSError: a port is taken, or the kernel refuses it.

    """
    run = context.run(machine, jobs)
    context.on_interface(run.interface_changed)
    context.on_stop(run.stop)
    if isinstance(machine, RouteAware):
        context.on_route(partial(_route_changed, run.driver, machine))
    if isinstance(machine, Explaining):
        context.explain(partial(_explain, context, machine))
    if isinstance(machine, Inspectable):
        for table in context.declaration.tables:
            context.show(table.name, partial(_show, context, machine, table.name))
    if isinstance(machine, Flushable):
        context.on_flush(machine.flush)
    for word, asked in (questions or {}).items():
        context.answer(word, partial(_answer, run.driver, asked))
    run.begin()
    if isinstance(machine, Settling):
        await _settle(context, machine)
    else:
        context.ready()
    await asyncio.get_running_loop().create_future()


async def _settle(context: ServiceContext, machine: Settling) -> None:
    """It counts as ready when it has settled, or is not going to."""
    until = context.now() + _SETTLING
    while not machine.settled:
        if context.now() > until:
            context.presume_ready(_SETTLING)
            return
        await asyncio.sleep(_LOOK)
    context.ready()


def _route_changed(driver: Driver, machine: RouteAware, source: str, prefix: Prefix, route: OtherRoute | None) -> None:
    driver.call(partial(machine.route_changed, source, prefix, route))


def _explain(context: ServiceContext, machine: Explaining, prefix: Prefix) -> Explanation | None:
    known: Explanation | None = machine.explain(prefix, context.now())
    why = context.refused_routes().get(prefix)
    return known if known is None or why is None else known._replace(kernel=f"not there: {why}")


async def _answer(driver: Driver, asked: Asked, arguments: Mapping[str, Json]) -> Json:
    outcome: list[Json | ValueError] = []

    def ask(now: float) -> None:
        try:
            outcome.append(asked(arguments, now))
        except ValueError as error:
            outcome.append(error)

    driver.call(ask)
    answer = outcome[0] if outcome else ValueError("the service has ended")
    if isinstance(answer, ValueError):
        raise answer
    return answer


def _show(context: ServiceContext, machine: Inspectable, table: str) -> Any:
    return machine.show(table, context.now())
