"""The service `supernode` by coturn (turnserver(1)): one process, one file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catenet.nodes.address import Address, Prefix
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.needs import lans_of
from catenet.nodes.implementations.daemon import Command, Daemon, Run, Task

__all__ = ["DAEMON"]

_PLAIN = re.compile(r"[!-~]+")  # a value ends at its line's end, and blanks around it are cut off
_LIFETIME = 600.0  # seconds, which it gives to who asks for less
_LAST = 0xFFFFFFFF
_OCTETS = 125  # of a kilobit
_LINK_LOCAL = Prefix.parse("169.254.0.0/16")

_Range = tuple[int, int]
"""The first address and the last."""


def _run(task: Task) -> Run:
    """It stays in the foreground unless it is told otherwise (`-o`)."""
    path = f"{task.folder}/turnserver.conf"
    ready = ("/usr/bin/turnutils_stunclient", "-p", str(task.options.port), str(task.interfaces[0].address))
    return Run((Command(("/usr/bin/turnserver", "-c", path)),), {path: _configuration(task)}, ready=ready)


def _faults(options: SupernodeOptions) -> Iterator[str]:
    if not options.secret:
        yield "joins no directory: write its secret in the place of user and password"
        return
    if not _PLAIN.fullmatch(options.secret):
        yield "reads a secret of letters, digits and signs alone"
    if options.realm and not _PLAIN.fullmatch(options.realm):
        yield "reads a realm of letters, digits and signs alone"
    if options.lifetime != _LIFETIME:
        yield f"always gives at least {_LIFETIME:g}s: `lifetime` is for supernodes of ours"
    usual = SupernodeOptions(options.secret)
    for name in ("permissions", "channels_each"):
        if getattr(options, name) != getattr(usual, name):
            yield f"has no bound like `{name}`"


def _configuration(task: Task) -> str:
    options: SupernodeOptions = task.options
    first, last = options.ports
    addresses = [interface.address for interface in task.interfaces]
    words = {
        "listening-port": options.port,
        "realm": options.realm or task.node.lab,
        "static-auth-secret": options.secret,
        "min-port": first,
        "max-port": last,
        "max-allocate-lifetime": f"{options.longest:.0f}",
        "stale-nonce": f"{options.nonce:.0f}",
        "total-quota": options.allocations,
        "user-quota": options.per_user,
        "max-bps": options.bandwidth * _OCTETS,  # of each direction
        "userdb": f"{task.folder}/turndb",
        "pidfile": f"{task.folder}/turnserver.pid",
        "log-file": "stdout",
    }
    flags = ["use-auth-secret", "no-tls", "no-dtls", "no-cli", "no-multicast-peers", "simple-log"]
    lines = [
        *(f"{word}={value}" for word, value in words.items()),
        *flags,
        *(["no-tcp"] if options.tcp == "off" else []),
        *(f"{word}={address}" for address in addresses for word in ("listening-ip", "relay-ip")),
        *(f"denied-peer-ip={Address(low)}-{Address(high)}" for low, high in _denied(task)),
    ]
    return "\n".join(lines) + "\n"


def _denied(task: Task) -> list[_Range]:
    """All but the hosts of the lab's LANs, in order. What it is told that it may reach would go before what it may
    not, so that it is told the latter alone. Its own addresses it must reach: two of its clients are peers by it."""
    lans = lans_of(task.node.told.get(task.service, {}))
    edges = [(lan, 0 if lan.everybodys is None else 1) for lan in lans]  # addresses that are no host's, at either end
    allowed = [(lan.network + edge, lan.broadcast - edge) for lan, edge in edges]
    denied = [(prefix.network, prefix.broadcast) for prefix in (_LINK_LOCAL, *task.options.denied)]
    return _joined([*_others(_joined(allowed)), *denied])


def _joined(ranges: list[tuple[int, int]]) -> list[_Range]:
    """Those that touch are one."""
    found: list[_Range] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(high, found[-1][1])
        else:
            found.append((low, high))
    return found


def _others(ranges: list[_Range]) -> Iterator[_Range]:
    """What lies between them, before and behind."""
    begin = 0
    for low, high in ranges:
        if begin < low:
            yield begin, low - 1
        begin = high + 1
    if begin <= _LAST:
        yield begin, _LAST


DAEMON = Daemon(run=_run, faults=_faults)
