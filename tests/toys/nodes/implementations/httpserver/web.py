"""The service `web` by Python's own http.server."""

from __future__ import annotations

from collections.abc import Iterator

from catenet.nodes.application.http.config import WebOptions
from catenet.nodes.implementations.daemon import Command, Daemon, Run, Task

__all__ = ["DAEMON"]


def _run(task: Task) -> Run:
    """What is to be started, and what asks it whether it serves."""
    options: WebOptions = task.options
    folder = f"{task.data}/pages/{options.root}"
    serve = ("/usr/bin/python3", "-m", "http.server", str(options.port), "--directory", folder)
    return Run((Command(serve),), ready=("/usr/bin/curl", "-s", "-o", "/dev/null", f"http://127.0.0.1:{options.port}/"))


def _faults(options: WebOptions) -> Iterator[str]:
    """What it cannot do: each is an error of the lab file, with its line, behind the program's name."""
    if options.idle != WebOptions(options.root).idle:
        yield "closes no idle connection"


DAEMON = Daemon(run=_run, faults=_faults)
