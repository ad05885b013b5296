"""BIRD 2 (birdc, bird.conf): one process, one file, a socket for questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from catenet.nodes.address import DEFAULT, Address, Prefix
from catenet.nodes.implementations.adapter import Command, Learned, Place, Run, Task, refuse

__all__ = ["Bird"]

_SPLIT_HORIZON = {
    "off": "split horizon no; poison reverse no;",
    "on": "split horizon yes; poison reverse no;",
    "poisoned": "split horizon yes; poison reverse yes;",
}
_METHODS = {"md5": "keyed md5", **{f"hmac-sha-{size}": f"hmac sha{size}" for size in (1, 256, 384, 512)}}
_ROUTE = re.compile(r"^(?P<prefix>[\d.]+/\d+)?\s.*\* .*\(\d+/(?P<metric>\d+)\)(?: \[(?P<tag>[0-9a-f]{4})\])?")
_VIA = re.compile(r"^\s+via (?P<via>[\d.]+) on ")


class Bird:
    """The service `rip` by BIRD."""

    services = ("rip",)
    capabilities = ()
    protocols = (12,)

    def check(self, options: Any, /) -> None:
        """BIRD counts whole seconds, and its texts know no escapes.

        Raises:
            ValueError: all that it cannot do.

        """
        refuse(_faults(options))

    def run(self, task: Task) -> Run:
        """`bird -f` stays in the foreground."""
        path = f"{task.folder}/bird.conf"
        command = ("/usr/sbin/bird", "-f", "-c", path, "-s", _socket(task), "-P", f"{task.folder}/bird.pid")
        return Run(commands=(Command(command),), files={path: _configuration(task)})

    def table_command(self, task: Task, /) -> Sequence[str]:
        """All routes that RIP has brought."""
        return ("/usr/sbin/birdc", "-r", "-s", _socket(task), "show", "route", "primary", "protocol", "rip1")

    def table(self, text: str, /) -> list[Learned]:
        """The lines that birdc prints.

        10.1.2.0/24          unicast [rip1 01:12:13.123] * (120/3) [0009]
                via 10.0.1.2 on eth1

        The tag is hexadecimal, and 0 is not printed.
        """
        found: list[Learned] = []
        prefix, metric, tag = "", 0, 0
        for line in text.splitlines():
            route, via = _ROUTE.match(line), _VIA.match(line)
            if route is not None:
                prefix, metric, tag = route["prefix"] or prefix, int(route["metric"]), int(route["tag"] or "0", 16)
            elif via is not None and prefix and metric:
                found.append(Learned(Prefix.parse(prefix), Address.parse(via["via"]), metric, metric - 1, tag))
                metric = 0
        return found


def _faults(options: Any) -> Iterator[str]:
    given = {timer: getattr(options, timer) for timer in ("update", "timeout", "garbage")}
    odd = [f"{timer} is {value:g}s" for timer, value in given.items() if value % 1]
    if odd:
        yield f"counts whole seconds, and {', '.join(odd)}"
    if options.triggered == "off":
        yield "always sends triggered updates: `triggered: off` is for routers of ours"
    for secret in options.auth.values():
        for word in (secret,) if isinstance(secret, str) else secret.values():
            if '"' in word or not word.isprintable():
                yield 'takes secrets of printable characters, and no " among them'


def _socket(task: Task) -> str:
    return f"{task.folder}/bird.ctl"


def _configuration(task: Task) -> str:
    options = task.options
    interfaces = "\n".join(_interface(place, options) for place in task.places)
    first = min(place.address for place in task.places)
    names = ", ".join(f'"{place.device}"' for place in task.places)
    return f"""\
log stderr all;
router id {first};
protocol device {{ scan time 5; }}
protocol direct {{ ipv4; interface {names}; }}
protocol kernel {{ scan time 1; ipv4 {{ import none; export where source = RTS_RIP; }}; }}
{_static(task)}
protocol rip rip1 {{
  ipv4 {{ import all; export filter {{
    if source = RTS_DEVICE then {{ {_own(task)} accept; }}
    if source = RTS_STATIC then {{ rip_metric = 1; rip_tag = {options.tag}; accept; }}
    if source = RTS_RIP then accept;
    reject;
  }}; }};
  ecmp no;
{interfaces}
}}
"""


def _own(task: Task) -> str:
    """What the node's own networks are announced at, 1 where nothing is said; or that they are not."""
    options = task.options
    hidden = () if "connected" in options.redistribute else options.passive
    lines = [f"if net = {place.prefix} then reject;" for place in task.places if place.lan in hidden]
    costs = ((place, options.cost.get(place.lan, 1)) for place in task.places)
    lines += [f"if net = {place.prefix} then rip_metric = {cost};" for place, cost in costs if cost > 1]
    return " ".join(lines)


def _static(task: Task) -> str:
    """Routes that it announces, and does not put into the kernel's table: the node itself has done so."""
    lines = [f"  route {route.to} via {route.via};" for route in task.static]
    if "default" in task.options.redistribute:
        lines.append(f"  route {DEFAULT} unreachable;")
    return "\n".join(["protocol static { ipv4;", *lines, "}"])


def _interface(place: Place, options: Any) -> str:
    passive = "passive yes;" if place.lan in options.passive else ""
    return f"""\
  interface "{place.device}" {{
    version 2; mode multicast; metric {options.cost.get(place.lan, 1)}; {passive}
    update time {options.update:.0f}; timeout time {options.timeout:.0f}; garbage time {options.garbage:.0f};
    {_SPLIT_HORIZON[options.split_horizon]}
    {_authentication(options.auth)}
  }};"""


def _authentication(auth: Mapping[str, Any]) -> str:
    for method, secret in auth.items():
        if method == "password":
            return f'authentication plaintext; password "{secret}";'
        keys = "\n".join(
            f'      password "{word}" {{ id {number}; algorithm {_METHODS[method]}; }};'
            for number, word in secret.items()
        )
        return f"authentication cryptographic;\n{keys}"
    return "authentication none;"
