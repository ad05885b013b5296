"""What all services by BIRD 2 share: one process, one file, a socket for questions; and how it is told of keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import inf
from typing import Any

from catenet.nodes.address import DEFAULT
from catenet.nodes.implementations.daemon import Command, Run, Task
from catenet.nodes.implementations.redistribution import redistributed_services, static_routes
from catenet.nodes.keys.key import Key, Lifetime
from catenet.nodes.keys.keyring import Keyring

__all__ = [
    "ask",
    "import_filter",
    "kernel_protocol",
    "mark",
    "password",
    "passwords",
    "routes_of",
    "secret_faults",
    "start",
    "static_protocol",
]

_LAST_RESORT = 1
"""A preference, of which BIRD takes the greatest: below that of any route that it finds in the kernel's table."""

_METHODS = {"md5": "keyed md5", **{f"hmac-sha-{size}": f"hmac sha{size}" for size in (1, 256, 384, 512)}}
_PLAIN = re.compile(rb"[ !#-~]+")  # its texts know no escapes


def start(task: Task, configuration: str) -> Run:
    """`bird -f` stays in the foreground."""
    path = f"{task.folder}/bird.conf"
    command = ("/usr/sbin/bird", "-f", "-c", path, "-s", _socket(task), "-P", f"{task.folder}/bird.pid")
    return Run((Command(command),), {path: configuration})


def ask(task: Task, *question: str) -> tuple[str, ...]:
    """The command that puts a question to it."""
    return ("/usr/sbin/birdc", "-r", "-s", _socket(task), *question)


def static_protocol(task: Task) -> str:
    """Routes that it announces, and does not put into the kernel's table: the node itself has done so."""
    lines = [f"  route {route.to} via {route.via};" for route in static_routes(task)]
    if "default" in task.options.redistribute:
        lines.append(f"  route {DEFAULT} unreachable;")
    return "\n".join(["protocol static { ipv4;", *lines, "}"])


def kernel_protocol(task: Task, export: str, preference: int) -> str:
    """How its routes get into its table of the kernel's; and those of other services, which it finds there, out of it.

    `preference`: of these. BIRD has one best route to a prefix: its own before a source's of a greater distance, and
    behind one of a less; then it comes into the kernel's table when that goes.
    """
    imported = "import none;"
    if redistributed_services(task.options):
        imported = f"import filter {{ preference = {preference}; accept; }};"
    learn = "learn; " if redistributed_services(task.options) else ""
    return f"""\
protocol kernel {{
  {learn}scan time 1; kernel table {task.table};
  ipv4 {{ {imported} export where {export}; }};
}}"""


def import_filter(options: Any, attribute: str) -> str:
    """What is the last resort stands behind all that other services have."""
    if not options.last_resort:
        return "import all;"
    tags = ", ".join(map(str, options.last_resort))
    condition = f"if defined({attribute}) then if {attribute} ~ [ {tags} ]"
    return f"import filter {{ {condition} then preference = {_LAST_RESORT}; accept; }};"


def routes_of(protocol: str, options: Any) -> tuple[str, ...]:
    """The question for a protocol's routes: those that are the best; where others may hide them, all."""
    all_of_them = options.last_resort or redistributed_services(options)
    return ("show", "route", *(() if all_of_them else ("primary",)), "protocol", protocol)


def mark(options: Any, attribute: str, most: int) -> str:
    """How another service's route is marked: as the option says, else as it is, which its metric in the kernel says."""
    if options.tag:
        return f"{attribute} = {options.tag};"
    return f"if krt_metric > {most} then {attribute} = 0; else {attribute} = krt_metric;"


def secret_faults(keys: Sequence[Key]) -> Iterator[str]:
    """What it cannot do of these keys."""
    for key in keys:
        if key.method == "md5" and 0 in key.secret:
            yield "cuts a secret of md5 at its first octet 0"


def password(secret: bytes) -> str:
    """A simple one."""
    return f"password {_secret(secret)}"


def passwords(keys: Sequence[Key], *, fail_secure: bool) -> str:
    """Each key with its id, its method and its times."""
    uses = Keyring(keys, fail_secure=fail_secure).uses().values()
    return "\n".join(_password(*each) for each in uses)


def _socket(task: Task) -> str:
    return f"{task.folder}/bird.ctl"


def _password(key: Key, send: Lifetime | None, accept: Lifetime | None) -> str:
    """A key that is longer than the digest is told as RFC 4822 section 2.5 prepares it: BIRD would do so otherwise."""
    secret = key.prepared if len(key.secret) > key.algorithm.length else key.secret
    times = "".join(f" {line};" for line in (*_lifetime("generate", send), *_lifetime("accept", accept)))
    return f"      password {_secret(secret)} {{ id {key.number}; algorithm {_METHODS[key.method]};{times} }};"


def _lifetime(word: str, use: Lifetime | None) -> list[str]:
    ends = {"from": -inf, "to": 1.0} if use is None else {"from": use.start, "to": use.stop}
    return [
        f'{word} {end} "{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S.%f}"'
        for end, at in ends.items()
        if abs(at) < inf
    ]


def _secret(secret: bytes) -> str:
    return f'"{secret.decode()}"' if _PLAIN.fullmatch(secret) else f"hex:{secret.hex(':')}"
