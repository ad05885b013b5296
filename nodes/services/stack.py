"""The service `stack`: the node's own Ethernet, ARP, IPv4, ICMP and UDP, where `stack: userspace` says so."""

from __future__ import annotations

from dataclasses import replace

from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.stack_run import run_stack
from catenet.nodes.transport.stack.config import StackOptions
from catenet.nodes.transport.stack.machine import Stack

__all__ = ["serve"]


async def serve(context: ServiceContext, options: StackOptions) -> None:
    """Carry the node's packets until cancelled: the other services stand on it.

    Raises:
        ConfigError: the node's stack is the kernel's.
        OSError: the kernel gives no packet sockets.

    """
    config = context.config
    ipv4 = replace(options.ipv4, forward=config.forward, source_routes=config.source_routes == "follow")
    options = replace(options, ipv4=ipv4, proxy_arp=config.proxy_arp)
    stack = Stack(options, context.interfaces(), context.random, context.count, context.now())
    await run_stack(context, stack)
