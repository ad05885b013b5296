"""What the services of `toyware` share: the central program. All write into one log when they start: name, process.

The central one makes its socket once the lab's folder has a file `go`; the others say so if they find none.
"""

from __future__ import annotations

from collections.abc import Sequence

from catenet.nodes.implementations.daemon import Command, Daemon, Group, Run, Task

__all__ = ["DAEMON"]

_NAME = "toyware"
_CENTRAL = """\
cat $3 >/dev/null || echo "without configurations: central $$" >>log
echo "central for $1 $$" >>log
until [ -e go ]; do sleep 0.02; done
: >"$2"
exec sleep 600
"""
_OWN = """\
[ -e "$2" ] || echo "before the socket: $1 $$" >>log
echo "$1 $$" >>log
echo ready
exec sleep 600
"""


def _socket(task: Task) -> str:
    return f"{task.group_folder(_NAME)}/socket"


def _file(task: Task) -> str:
    return f"{task.folder}/conf"


def _words(script: str, what: str, task: Task, files: Sequence[str]) -> tuple[str, ...]:
    return ("/bin/sh", "-c", script, "sh", what, _socket(task), " ".join(files))


def _central(tasks: Sequence[Task]) -> Run:
    services = " ".join(task.service for task in tasks)
    command = Command(_words(_CENTRAL, services, tasks[0], [_file(task) for task in tasks]), makes=_socket(tasks[0]))
    return Run((command,), working_folder=tasks[0].data)


def _run(task: Task) -> Run:
    command = Command(_words(_OWN, task.service, task, [_file(task)]))
    return Run((command,), {_file(task): str(task.options)}, working_folder=task.data)


DAEMON = Daemon(run=_run, group=Group(name=_NAME, run=_central))
