"""What FRR's daemons share: where they are, what they may do, how they are told of keys and networks, and zebra and
mgmtd, of which a node has one each.

mgmtd reads the configuration of them all, and zebra tells the kernel. A daemon that speaks a protocol is its service's
own, has its socket for vtysh in the service's folder, and is started behind them.

All that zebra installs goes into one table of the kernel's, each route with the mark of its protocol. Of several
protocols' routes to one prefix zebra installs its best alone; the others are not carried over beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import inf
from typing import Any

from catenet.nodes.address import Prefix
from catenet.nodes.implementations.daemon import Command, Group, Run, Task
from catenet.nodes.implementations.redistribution import redistributed_services
from catenet.nodes.keys.key import ALWAYS, Key, Lifetime
from catenet.nodes.keys.keyring import Keyring

__all__ = [
    "CAPABILITIES",
    "CHAIN",
    "GROUP",
    "OWNER",
    "SETTINGS",
    "access_list",
    "beside",
    "command",
    "key_chain",
    "redistribution",
    "secret_faults",
    "time_faults",
    "vtysh",
]

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
_MANAGED = {"rip": "ripd"}
"""Service → its daemon, whose configuration the manager looks for, too, whether it is used or not."""


CHAIN = "lab"
"""The name of the key chain that `key_chain` makes."""

_PLAIN = re.compile(rb"[!-~]+")
_FIRST, _END = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (1993, 2036))  # of the times that it knows


def command(daemon: str, task: Task, *more: str) -> Command:
    """A daemon that is the service's own."""
    return Command((*_words(daemon, task.folder, task), *more))


def vtysh(daemon: str, question: str, task: Task) -> tuple[str, ...]:
    """Asks that daemon, and no other."""
    return ("/usr/bin/vtysh", "--vty_socket", task.folder, "-d", daemon, "-c", question)


def access_list(name: str, prefixes: Sequence[Prefix]) -> list[str]:
    """These networks, and no other."""
    return [f"access-list {name} seq {number} permit {prefix} exact-match" for number, prefix in enumerate(prefixes, 1)]


def secret_faults(secrets: Sequence[bytes], longest: int) -> Iterator[str]:
    """Its texts have no spaces, and know no escapes."""
    if any(len(secret) > longest or not _PLAIN.fullmatch(secret) for secret in secrets):
        yield f"takes secrets of up to {longest} printable characters without spaces"


def time_faults(keys: Sequence[Key]) -> Iterator[str]:
    """What it cannot do of their times."""
    for time in (time for key in keys for use in (key.send, key.accept) for time in (use.start, use.stop)):
        if abs(time) < inf and time % 1:
            yield "counts a key's time in whole seconds"
        if time < inf and time >= _END:
            yield "knows no time of a key after the year 2035"


def key_chain(keys: Sequence[Key], *, fail_secure: bool, algorithms: bool) -> list[str]:
    """FRR signs with the key of the lowest number that may sign, takes one without lifetime for one that is always
    valid, and sends nothing where none is: so each is told when it is to be used, to the second.

    `algorithms`: whether each key's is said; ripd has only one.
    """
    lines = [f"key chain {CHAIN}"]
    for number, (key, send, accept) in sorted(Keyring(keys, fail_secure=fail_secure).uses().items()):
        lines += [f" key {number}", f"  key-string {key.secret.decode()}"]
        if algorithms:
            lines.append(f"  cryptographic-algorithm {key.method}")
        if (send, accept) != (ALWAYS, ALWAYS):
            lines += [f"  send-lifetime {_lifetime(send)}", f"  accept-lifetime {_lifetime(accept)}"]
        lines.append(" exit")
    return [*lines, "exit"]


def _lifetime(use: Lifetime | None) -> str:
    """FRR counts the last second in."""
    start, stop = (_FIRST, _FIRST + 1) if use is None else (max(use.start, _FIRST), use.stop - 1)
    return f"{_time(start)} {_time(stop) if stop < _END else 'infinite'}"


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S %-d %B %Y}"


def _shared(tasks: Sequence[Task]) -> Run:
    """The manager first: zebra complains without end while it finds none."""
    first = tasks[0]
    folder = first.group_folder(_NAME)
    commands = (
        Command(_words("mgmtd", folder, first), makes=_MANAGER),
        Command((*_words("zebra", folder, first), "-R", str(_TABLE)), makes=_zebra(first)),
    )
    used = {task.service for task in tasks}
    silent = [*_SILENT, *(daemon for service, daemon in _MANAGED.items() if service not in used)]
    files = {f"{SETTINGS}/{name}.conf": "" for name in silent}
    return Run(commands, files | {f"{SETTINGS}/zebra.conf": _refused(tasks)}, owner=OWNER)


def _refused(tasks: Sequence[Task]) -> str:
    """What is the last resort zebra does not take at all, so that it is never the best of its own, nor goes to another
    daemon; the node takes it as the daemon prints it.
    """
    lines: list[str] = []
    for task in tasks:
        tags = getattr(task.options, "last_resort", ())
        for number, tag in enumerate(tags, 1):
            lines += [f"route-map last-{task.service} deny {number}", f" match tag {tag}", "exit"]
        if tags:
            lines += [f"route-map last-{task.service} permit {len(tags) + 1}", "exit"]
            lines.append(f"ip protocol {task.service} route-map last-{task.service}")
    return "\n".join([*lines, ""])


def beside(options: Any, others: Mapping[str, str]) -> Iterator[str]:
    """Of the routes of another service it hears by zebra, which both must share."""
    for service in redistributed_services(options):
        if others.get(service) != _NAME:
            yield f"redistributes {service} where that is FRR's, too: write `implementation: {_NAME}` there"


def redistribution(service: str, tag: int) -> list[str]:
    """How the routes of another of its daemons are marked."""
    return [f"route-map from-{service} permit 1", *([f" set tag {tag}"] if tag else []), "exit"]


def _words(daemon: str, folder: str, task: Task) -> tuple[str, ...]:
    return (
        f"{_DAEMONS}/{daemon}",
        *("-u", OWNER, "-g", OWNER, "-z", _zebra(task), "--vty_socket", folder),
        *("--log", "stdout", "--log-level", "warnings", "-P", "0", "-i", f"{folder}/{daemon}.pid"),
    )


def _zebra(task: Task) -> str:
    return f"{task.group_folder(_NAME)}/zserv.api"


GROUP = Group(name=_NAME, run=_shared, table=_TABLE)
