"""The service `nameserver` by toybind: one file, one program, and one that asks it whether it serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catenet.nodes.implementations.daemon import Command, Daemon, Run, Task

__all__ = ["DAEMON"]


def _run(task: Task) -> Run:
    path = f"{task.folder}/named.conf"
    zones = (f'zone "{name}" {{ type primary; file "{task.data}/zones/{name}.zone"; }};' for name in task.options.zones)
    return Run(
        (Command(("/bin/sh", "-c", f"cat {path}; exec sleep 600")),),
        {path: "\n".join([*zones, ""])},
        ready=("/usr/bin/test", "-e", f"{task.data}/serving"),
    )


def _faults(options: Any) -> Iterator[str]:
    if len(options.zones) > 1:
        yield f"serves one zone, and not {', '.join(options.zones)}"


DAEMON = Daemon(run=_run, faults=_faults, capabilities=("SYS_CHROOT",))
