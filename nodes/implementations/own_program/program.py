"""How a program of the user's own is started, and what it is told: whatever the service."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import PurePosixPath

from catenet.nodes.implementations.daemon import Command, NodeInterface, Run, Task
from catenet.nodes.machine import Json

__all__ = ["BUILT", "FLUSH_LINE", "VARIABLE", "interface_line", "run"]

VARIABLE = "CATENET_SERVICE"
"""The environment variable that holds what the program is told, as JSON; the file FOLDER/service.json has the same."""

BUILT = "/program/run"
"""Where a folder's Dockerfile puts its program."""

FLUSH_LINE = '{"flush": true}'
"""What it is told on its standard input when it is to forget what it has learned."""


def run(task: Task) -> Run:
    """The program at a path below the lab's folder: an executable, a folder with an executable `run`, or one with a
    Dockerfile. It is told everything by an environment variable, and by a file for those who would rather read one.
    """
    told = json.dumps(_told(task), separators=(",", ":"))
    return Run(
        commands=(Command((f"{task.data}/{PurePosixPath(task.implementation.path)}",)),),
        files={f"{task.folder}/service.json": told},
        # Python would keep back what it prints into a pipe.
        environment={VARIABLE: told, "PYTHONUNBUFFERED": "1"},
        working_folder=task.data,
    )


def interface_line(interface: NodeInterface) -> str:
    """What it is told on its standard input when an interface has changed."""
    return json.dumps({"interface": _interface(interface)}, separators=(",", ":"))


def _told(task: Task) -> dict[str, Json]:
    node = task.node
    return {
        "hints": {},  # a resolver is told its own below; all others have it for programs that were written to expect it
        **node.told.get(task.service, {}),
        "lab": node.lab,
        "node": node.node,
        "began": node.began,
        "service": task.service,
        "table": task.table,
        "options": asdict(task.options),
        "interfaces": [_interface(interface) for interface in task.interfaces],
        "names": {str(address): name for address, name in node.names.items()},
        "hosts": {name: str(address) for name, address in node.hosts.items()},
        "routes": [{"to": str(route.to), "via": str(route.via)} for route in node.routes],
        "gateway": None if node.gateway is None else str(node.gateway),
        "nameserver": None if node.nameserver is None else str(node.nameserver),
    }


def _interface(interface: NodeInterface) -> Json:
    return {
        "lan": interface.lan,
        "device": interface.device,
        "address": str(interface.address),
        "prefix": str(interface.prefix),
        "up": interface.up,
        "mtu": interface.mtu,
        "hardware": interface.hardware.hex(":"),
    }
