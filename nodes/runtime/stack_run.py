"""Runs a node's own stack as a service of the node: frames by packet sockets, routes by the node's own table, and the
services above on its network.

The sockets are the pump's (runtime/frame_pump): it has those of each LAN, whatever ports of Ethernet the stack opens.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Protocol

from catenet.nodes.address import Prefix
from catenet.nodes.machine import Action, ClosePort, Ethernet, Interface, JoinGroup, Json, LeaveGroup, NextHop, OpenPort
from catenet.nodes.runtime.frame_pump import FramePump, Relaying
from catenet.nodes.runtime.stack_network import PacketStack, StackDriver, StackNetwork

if TYPE_CHECKING:
    from catenet.nodes.runtime.context import ServiceContext

__all__ = ["NodeStack", "run_stack"]


class NodeStack(PacketStack, Relaying, Protocol):
    """A stack, to the node whose it is."""

    def set_interface(self, interface: Interface, now: float, /) -> None: ...

    def set_route(self, prefix: Prefix, next_hops: tuple[NextHop, ...], /) -> None:
        """(): it takes it away. By `ANY` a LAN's own prefix is reached."""

    def forget(self, interface: str, now: float, /) -> None:
        """That LAN's neighbours may be others by now, and they are to hear of us again."""

    def flush(self) -> None: ...
    def show(self, table: str, now: float, /) -> Json: ...


class StackRun:
    """A stack and its packet sockets."""

    def __init__(self, context: ServiceContext, stack: NodeStack) -> None:
        self._stack = stack
        self._perform_other = context.perform
        self._fail = context.fail
        loop = asyncio.get_running_loop()
        self._pump = FramePump(stack, context.lans, loop, context.count, context.fail, self._settle)
        self.driver = StackDriver(stack, self._pump.send, self._perform, context.fail, loop)
        self.network = StackNetwork(stack, self.driver, loop)

    def interface_changed(self, interface: Interface) -> None:
        """Its sockets first: what the stack then says leaves by them."""
        try:
            self._pump.interface_changed(interface)
        except OSError as error:
            self._fail(error)
            return
        self.driver.call(partial(self._stack.set_interface, interface))

    def route_changed(self, prefix: Prefix, next_hops: tuple[NextHop, ...]) -> None:
        self.driver.call(lambda _: self._stack.set_route(prefix, next_hops))

    def heard_again(self, interface: Interface) -> None:
        """A LAN that was silent is heard."""
        self.driver.call(partial(self._stack.forget, interface.name))

    def close(self) -> None:
        self.driver.close()
        self._pump.close()

    def _settle(self) -> None:
        self.driver.settle()

    def _perform(self, action: Action) -> None:
        if isinstance(action, JoinGroup | LeaveGroup):
            port, group, _ = action
            assert isinstance(port, Ethernet)
            assert isinstance(group, bytes)
            (self._pump.join if isinstance(action, JoinGroup) else self._pump.leave)(port.interface, group)
        elif not isinstance(action, OpenPort | ClosePort):
            self._perform_other(action)


async def run_stack(context: ServiceContext, stack: NodeStack) -> None:
    """Run it until cancelled; it is ready once its sockets are open.

    Raises:
        OSError: the kernel refuses a socket.

    """
    run, own = StackRun(context, stack), context.own
    context.on_interface(run.interface_changed)
    for table in context.declaration.tables:
        context.show(table.name, lambda name=table.name: stack.show(name, context.now()))  # type: ignore[misc]
    context.on_flush(stack.flush)
    own.on_forget.append(run.heard_again)
    try:
        run.driver.begin()
        with own.table.telling(run.route_changed):
            context.offer(run.network)
            context.ready()
            await asyncio.get_running_loop().create_future()
    finally:
        own.on_forget.remove(run.heard_again)
        run.close()
