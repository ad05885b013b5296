"""PID 1 of a node: reads its configuration, addresses the interfaces, runs the services, answers, reaps, ends."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from catenet.nodes.address import DEFAULT, Address
from catenet.nodes.catalogue import services
from catenet.nodes.control.config import CONFIG_VARIABLE, ConfigError, NodeConfig
from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import READY
from catenet.nodes.machine import Json, NextHop
from catenet.nodes.runtime import files
from catenet.nodes.runtime.answers import Answers
from catenet.nodes.runtime.children import Children
from catenet.nodes.runtime.context import Shared
from catenet.nodes.runtime.control_socket import ControlSocket
from catenet.nodes.runtime.health import Health
from catenet.nodes.runtime.lab_start import lab_start
from catenet.nodes.runtime.lans import Lans
from catenet.nodes.runtime.log import EventLog
from catenet.nodes.runtime.netlink.client import Netlink
from catenet.nodes.runtime.routes import STATIC
from catenet.nodes.runtime.supervisor import SupervisedService, describe_error, stand, stop

__all__ = ["Node", "main"]

STACK = "stack"
"""The service that carries the packets of a node whose stack is our own; all others stand on it."""

_STOP_TIMEOUT = 0.5  # seconds that the services have at the end
_FAILED, _WRONG_CONFIG = 1, 2  # exit codes
_FILES = 16_384  # open files: each connection is one


class Node:
    """One node, from its configuration to its end."""

    def __init__(self, config: NodeConfig, loop: asyncio.AbstractEventLoop) -> None:
        self._config = config
        self._loop = loop
        self._log = EventLog(config.node, config.events == "json", loop)
        self._lans = Lans(config, Netlink(), loop, self._report)
        below = () if config.stack == "kernel" else (STACK,)
        shared = Shared(config, loop, self._lans, self._log, random.SystemRandom(), Children(loop), below=below)
        given = {**{name: {} for name in below}, **config.services}
        self._services = {name: SupervisedService(shared, name, given[name], self._report_ready) for name in given}
        stand(self._services, below)
        self._health = Health(self._is_ready)
        self._control_socket = ControlSocket(Answers(shared, self._services, self._is_ready, self._health).answer)
        self._was_ready = False
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Live until SIGTERM.

        Raises:
            ConfigError: a route or the gateway leads to no LAN of the node.
            OSError: the kernel refuses what every node needs.

        """
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stop.set)
        self._loop.set_exception_handler(self._unhandled)
        files.write(self._config)
        self._want_routes()
        self._lans.listen(lambda _: self._report_ready())
        await self._control_socket.start()  # before anything happens: who reads of it may ask at once
        self._lans.egress.block()
        self._guard()
        self._lans.start()
        running = {service: asyncio.ensure_future(service.run()) for service in self._services.values()}
        self._report_ready()
        await self._stop.wait()
        await self._end(running)

    def _guard(self) -> None:
        """Where a service is to see each packet that crosses the node, none crosses it before, nor is one for the node
        itself answered: the service's port says for which addresses that goes on. Raises OSError.
        """
        known = services()
        if any(known[name].guards for name in self._config.services if name in known):
            from catenet.nodes.runtime.crossing_rules import guard

            guard([each.address for each in self._config.interfaces])

    def _want_routes(self) -> None:
        """The lab's static routes and its gateway. The engine's default route is not among them."""
        wanted = [(route.to, route.via) for route in self._config.routes]
        if self._config.gateway is not None:
            wanted.append((DEFAULT, self._config.gateway))
        for prefix, via in wanted:
            self._lans.routes.set(STATIC, prefix, (NextHop(via, self._lan_of(via)),))

    def _lan_of(self, via: Address) -> str:
        for item in self._config.interfaces:
            if item.prefix.holds(via):
                return item.lan
        raise ConfigError(f"{CONFIG_VARIABLE}: the gateway {via} is on none of the node's LANs")

    def _is_ready(self) -> bool:
        return self._lans.complete and all(service.state == READY for service in self._services.values())

    def _report_ready(self) -> None:
        """Once in a life, to all: everything is addressed and serves. To the health check: each time."""
        self._health.changed()
        if not self._was_ready and self._is_ready():
            self._was_ready = True
            services: list[Json] = [*self._services]
            self._report("node.ready", f"{self._config.node} is ready", {"services": services})

    async def _end(self, running: Mapping[SupervisedService, asyncio.Future[None]]) -> None:
        self._report("node.stopping", "SIGTERM", {})
        self._control_socket.close()
        await stop(running, _STOP_TIMEOUT)
        self._lans.close()
        self._log.close()

    def _report(self, kind: str, text: str, data: Mapping[str, Json]) -> None:
        self._log.write("node", kind, text, data)

    def _unhandled(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An exception in a callback of the runtime itself: our own mistake, told and outlived."""
        error = context.get("exception")
        text = str(context.get("message")) if error is None else describe_error(error)
        self._report("service.failed", text, {"error": text, "retry": 0})


def main() -> int:
    """Be the node that CATENET_NODE describes; returns the exit code."""
    text = os.environ.get(CONFIG_VARIABLE)
    name = "?"
    try:
        if text is None:
            raise ConfigError(f"{CONFIG_VARIABLE} is not set: it holds the node's whole configuration, as JSON")
        if os.getpid() != 1:  # started by hand on a machine, as root, it would take its names and its routes away
            raise ConfigError("a node is process 1 of a container: it writes /etc/hosts, /etc/resolv.conf and routes")
        config = NodeConfig.from_json(text)
        name = config.node
        _allow_files()
        asyncio.run(_live(config))
    except Exception as error:
        said = str(error) if isinstance(error, ConfigError) else describe_error(error)
        event = Event(time.time(), name, "node", "node.failed", said, {"error": said})
        print(event.line(with_json=True), flush=True)  # noqa: T201
        print(f"catenet: {said}", file=sys.stderr)  # noqa: T201
        return _WRONG_CONFIG if isinstance(error, ConfigError) else _FAILED
    return 0


def _allow_files() -> None:
    """Some engines allow 1,024 open files unless asked for more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


async def _live(config: NodeConfig) -> None:
    await Node(replace(config, began=lab_start(config)), asyncio.get_running_loop()).run()
