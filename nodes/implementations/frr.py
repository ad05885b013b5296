"""FRRouting 10: mgmtd reads the configuration, ripd speaks, zebra tells the kernel; vtysh prints the table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from catenet.nodes.address import DEFAULT, Address, Prefix
from catenet.nodes.control.units import format_duration
from catenet.nodes.implementations.adapter import Command, Learned, Place, Run, Task, refuse

__all__ = ["Frr"]

_DAEMONS = "/usr/lib/frr"
_SETTINGS = "/etc/frr"
_MANAGER = "/run/frr/mgmtd_be.sock"
_SHORTEST = 5.0  # seconds, of each timer
_PASSWORD = 16  # characters
_SPLIT_HORIZON = {
    "off": "no ip rip split-horizon",
    "on": "ip rip split-horizon",
    "poisoned": "ip rip split-horizon poisoned-reverse",
}
# R(n) 10.1.2.0/24        10.0.1.2              2 10.0.1.2          0 00:14
_ROUTE = re.compile(r"^R\(n\) (?P<prefix>[\d.]+/\d+)\s+(?P<via>[\d.]+)\s+(?P<metric>\d+) [\d.]+\s+(?P<tag>\d+) ")


class Frr:
    """The service `rip` by FRR."""

    services = ("rip",)
    # zebra refuses to start without the first five; KILL: its daemons are the user frr's, and the node ends them.
    capabilities = ("SYS_ADMIN", "SETUID", "SETGID", "CHOWN", "DAC_OVERRIDE", "KILL")
    protocols = (11, 189)

    def check(self, options: Any, /) -> None:
        """Its timers begin at 5 s, and are whole seconds; of keyed authentication it knows MD5 alone.

        Raises:
            ValueError: all that it cannot do.

        """
        refuse(_faults(options))

    def run(self, task: Task) -> Run:
        """The manager first: zebra complains without end while it finds none."""
        common = (
            *("-u", "frr", "-g", "frr", "-z", f"{task.folder}/zserv.api", "--vty_socket", task.folder),
            *("--log", "stdout", "--log-level", "warnings", "-P", "0"),
        )
        needs = {"mgmtd": "", "zebra": _MANAGER, "ripd": f"{task.folder}/zserv.api"}
        commands = tuple(
            Command((f"{_DAEMONS}/{daemon}", *common, "-i", f"{task.folder}/{daemon}.pid"), socket)
            for daemon, socket in needs.items()
        )
        others = ("zebra", "ripngd", "staticd", "mgmtd")  # each must be there, and has nothing to say
        files = {f"{_SETTINGS}/{name}.conf": "" for name in others} | {f"{_SETTINGS}/vtysh.conf": ""}
        return Run(commands, {**files, f"{_SETTINGS}/ripd.conf": _configuration(task)}, owner="frr")

    def table_command(self, task: Task, /) -> Sequence[str]:
        """Of ripd alone: zebra has other things to say."""
        return ("/usr/bin/vtysh", "--vty_socket", task.folder, "-d", "ripd", "-c", "show ip rip")

    def table(self, text: str, /) -> list[Learned]:
        """The lines of `show ip rip` that begin with R(n); ripd keeps those at 16 there until they are garbage."""
        routes = (match for line in text.splitlines() if (match := _ROUTE.match(line)))
        return [
            Learned(Prefix.parse(route["prefix"]), Address.parse(route["via"]), metric, metric - 1, int(route["tag"]))
            for route in routes
            if (metric := int(route["metric"])) < 16
        ]


def _faults(options: Any) -> Iterator[str]:
    given = {timer: getattr(options, timer) for timer in ("update", "timeout", "garbage")}
    odd = [f"{timer} is {format_duration(value)}" for timer, value in given.items() if value < _SHORTEST or value % 1]
    if odd:
        yield f"takes no timer under {format_duration(_SHORTEST)}, and whole seconds: {', '.join(odd)}"
    for method, secret in options.auth.items():
        if method not in ("password", "md5"):
            yield f"has no {method}: its authentication is password or md5"
            continue
        for word in (secret,) if method == "password" else secret.values():
            if len(word) > _PASSWORD or not re.fullmatch(r"[!-~]+", word):
                yield f"takes secrets of up to {_PASSWORD} printable characters without spaces"
    if options.triggered == "off":
        yield "always sends triggered updates: `triggered: off` is for routers of ours"


def _configuration(task: Task) -> str:
    options = task.options
    lines = [*_keys(options.auth)]
    for place in task.places:
        lines += [f"interface {place.device}", f" {_SPLIT_HORIZON[options.split_horizon]}"]
        lines += [f" ip rip authentication {words}" for words in _authentication(options.auth)]
        lines += ["exit"]
    lines += [*_own(task), *_static(task), "access-list all seq 5 permit any", "router rip", " version 2"]
    lines += [f" timers basic {options.update:.0f} {options.timeout:.0f} {options.garbage:.0f}"]
    for place in task.places:
        lines += [f" {words}" for words in _network(place, options)]
    if task.static:
        lines.append(" redistribute kernel route-map static")
    if "default" in options.redistribute:
        lines.append(" default-information originate")
    return "\n".join([*lines, "exit", ""])


def _network(place: Place, options: Any) -> list[str]:
    words = [f"network {place.device}", f"route-map own out {place.device}"]
    if place.lan in options.passive:
        words.append(f"passive-interface {place.device}")
    more = options.cost.get(place.lan, 1) - 1  # it adds 1 by itself
    return [*words, f"offset-list all in {more} {place.device}"] if more else words


def _own(task: Task) -> list[str]:
    """What it announces of its own: the node's networks at their cost, or not at all, and the default route's tag.

    It says 1 of a network, or 16 where that is down, and that stays.
    """
    options = task.options
    hidden = () if "connected" in options.redistribute else options.passive
    lines: list[str] = []
    for number, place in enumerate(task.places, 1):
        lines += [
            _list(place.device, [place.prefix]),
            f"route-map own {'deny' if place.lan in hidden else 'permit'} {number}",
        ]
        lines += [f" match ip address {place.device}", " match metric 1"]
        lines += [f" set metric {options.cost.get(place.lan, 1)}", "exit"]
    number = len(task.places) + 1
    if "default" in options.redistribute:
        lines += [_list("default", [DEFAULT]), f"route-map own permit {number}", " match ip address default"]
        lines += [f" set tag {options.tag}", "exit"]
    return [*lines, f"route-map own permit {number + 1}", "exit"]


def _static(task: Task) -> list[str]:
    """The node has put its static routes into the kernel's table, and FRR calls them the kernel's.

    No metric is set: 1 is the default, and what is set here would be announced of a route that has gone, too.
    """
    if not task.static:
        return []
    lines = [_list("static", [route.to for route in task.static]), "route-map static permit 1"]
    return [*lines, " match ip address static", f" set tag {task.options.tag}", "exit"]


def _list(name: str, prefixes: Iterable[Prefix]) -> str:
    entries = enumerate(prefixes, 1)
    return "\n".join(f"access-list {name} seq {number} permit {prefix} exact-match" for number, prefix in entries)


def _keys(auth: Mapping[str, Any]) -> list[str]:
    lines = ["key chain lab"]
    for number, word in auth.get("md5", {}).items():
        lines += [f" key {number}", f"  key-string {word}", " exit"]
    return [*lines, "exit"] if "md5" in auth else []


def _authentication(auth: Mapping[str, Any]) -> list[str]:
    if "password" in auth:
        return ["mode text", f"string {auth['password']}"]
    return ["mode md5 auth-length rfc", "key-chain lab"] if "md5" in auth else []
