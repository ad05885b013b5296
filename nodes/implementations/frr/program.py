"""What FRR's daemons share: where they are, what they may do, and zebra and mgmtd, of which a node has one each.

mgmtd reads the configuration of them all, and zebra tells the kernel. A daemon that speaks a protocol is its service's
own, has its socket for vtysh in the service's folder, and is started behind them.

All that zebra installs goes into one table of the kernel's, each route with the mark of its protocol. Of several
protocols' routes to one prefix zebra installs its best alone; the others are not carried over beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from catenet.nodes.implementations.daemon import Command, Group, Run, Task

__all__ = ["CAPABILITIES", "GROUP", "OWNER", "SETTINGS", "command", "vtysh"]

OWNER = "frr"
SETTINGS = "/etc/frr"
"""The folder in which each daemon's configuration is, as NAME.conf."""

# zebra refuses to start without the first five; KILL: its daemons are the user frr's, and the node ends them.
CAPABILITIES = ("SYS_ADMIN", "SETUID", "SETGID", "CHOWN", "DAC_OVERRIDE", "KILL")

_DAEMONS = "/usr/lib/frr"
_NAME = "frr"
_TABLE = 1000  # no protocol's number, and none that the kernel or a distribution gives a name
_MANAGER = "/run/frr/mgmtd_be.sock"
_SILENT = ("mgmtd", "zebra", "staticd", "ripngd", "vtysh")
"""A configuration of each must be there; it has nothing to say."""


def command(daemon: str, task: Task) -> Command:
    """A daemon that is the service's own."""
    return Command(_words(daemon, task.folder, task))


def vtysh(daemon: str, question: str, task: Task) -> tuple[str, ...]:
    """Asks that daemon, and no other."""
    return ("/usr/bin/vtysh", "--vty_socket", task.folder, "-d", daemon, "-c", question)


def _shared(tasks: Sequence[Task]) -> Run:
    """The manager first: zebra complains without end while it finds none."""
    first = tasks[0]
    folder = first.group_folder(_NAME)
    commands = (
        Command(_words("mgmtd", folder, first), makes=_MANAGER),
        Command((*_words("zebra", folder, first), "-R", str(_TABLE)), makes=_zebra(first)),
    )
    return Run(commands, {f"{SETTINGS}/{name}.conf": "" for name in _SILENT}, owner=OWNER)


def _words(daemon: str, folder: str, task: Task) -> tuple[str, ...]:
    return (
        f"{_DAEMONS}/{daemon}",
        *("-u", OWNER, "-g", OWNER, "-z", _zebra(task), "--vty_socket", folder),
        *("--log", "stdout", "--log-level", "warnings", "-P", "0", "-i", f"{folder}/{daemon}.pid"),
    )


def _zebra(task: Task) -> str:
    return f"{task.group_folder(_NAME)}/zserv.api"


GROUP = Group(name=_NAME, run=_shared, table=_TABLE)
