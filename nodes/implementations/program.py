"""The user's own program, in any language: `implementation: ./path`. labs/OWN-PROGRAMS.md is its author's contract."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any

from catenet.nodes.implementations.adapter import Command, Learned, Place, Run, Task
from catenet.nodes.machine import Json

__all__ = ["BUILT", "VARIABLE", "Program", "interface_line"]

VARIABLE = "CATENET_SERVICE"
"""The environment variable that holds what the program is told, as JSON; the file FOLDER/service.json has the same."""

BUILT = "/program/run"
"""Where a folder's Dockerfile puts its program."""


class Program:
    """A path below the lab's folder: an executable, a folder with an executable `run`, or one with a Dockerfile."""

    services = ("rip",)
    capabilities = ()

    def __init__(self, path: str) -> None:
        self._path = PurePosixPath(path)

    def check(self, _: Any, /) -> None:
        """Every option is the program's own business."""

    def run(self, task: Task) -> Run:
        """It is told everything by an environment variable, and by a file for those who would rather read one."""
        told = json.dumps(_told(task), separators=(",", ":"))
        # Python would keep back what it prints into a pipe.
        environment = {VARIABLE: told, "PYTHONUNBUFFERED": "1"}
        return Run(
            commands=(Command((f"{task.data}/{self._path}",)),),
            files={f"{task.folder}/service.json": told},
            environment=environment,
            working_folder=task.data,
        )

    def table_command(self, _: Task, /) -> Sequence[str]:
        """None: its routes are those in the kernel's table of its own, and their metrics there are its own."""
        return ()

    def table(self, _: str, /) -> list[Learned]:
        """Nothing is printed."""
        return []


def interface_line(place: Place) -> str:
    """What it is told on its standard input when an interface has changed."""
    return json.dumps({"interface": _interface(place)}, separators=(",", ":"))


def _told(task: Task) -> dict[str, Json]:
    node = task.node
    return {
        "hints": {},
        **node.told.get(task.service, {}),
        "lab": node.lab,
        "node": node.node,
        "began": node.began,
        "service": task.service,
        "table": task.table,
        "options": asdict(task.options),
        "interfaces": [_interface(place) for place in task.places],
        "names": {str(address): name for address, name in node.names.items()},
        "hosts": {name: str(address) for name, address in node.hosts.items()},
        "routes": [{"to": str(route.to), "via": str(route.via)} for route in node.routes],
        "gateway": None if node.gateway is None else str(node.gateway),
        "nameserver": None if node.nameserver is None else str(node.nameserver),
    }


def _interface(place: Place) -> Json:
    return {
        "lan": place.lan,
        "device": place.device,
        "address": str(place.address),
        "prefix": str(place.prefix),
        "up": place.up,
    }
