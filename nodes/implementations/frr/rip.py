"""The service `rip` by FRR: ripd speaks, vtysh prints its table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catenet.nodes.address import DEFAULT, Address, Prefix
from catenet.nodes.control.units import format_duration
from catenet.nodes.implementations.daemon import (
    LearnedRoute,
    NodeInterface,
    PrintedTable,
    RouteExchange,
    RoutingDaemon,
    Run,
    Task,
)
from catenet.nodes.implementations.frr.program import (
    CAPABILITIES,
    CHAIN,
    GROUP,
    OWNER,
    SETTINGS,
    access_list,
    beside,
    command,
    key_chain,
    redistribution,
    secret_faults,
    time_faults,
    vtysh,
)
from catenet.nodes.implementations.redistribution import redistributed_services, redistribution_faults, static_routes

__all__ = ["DAEMON", "read_table"]

_SHORTEST = 5.0  # seconds, of each timer
_PASSWORD = 16  # characters
_SPLIT_HORIZON = {
    "off": "no ip rip split-horizon",
    "on": "ip rip split-horizon",
    "poisoned": "ip rip split-horizon poisoned-reverse",
}
# R(n) 10.1.2.0/24        10.0.1.2              2 10.0.1.2          0 00:14
_ROUTE = re.compile(r"^R\(n\) (?P<prefix>[\d.]+/\d+)\s+(?P<via>[\d.]+)\s+(?P<metric>\d+) [\d.]+\s+(?P<tag>\d+) ")


def _run(task: Task) -> Run:
    return Run((command("ripd", task),), {f"{SETTINGS}/ripd.conf": _configuration(task)}, owner=OWNER)


def _routes(task: Task) -> RouteExchange:
    """Asked is ripd alone: zebra has other things to say."""
    printed = PrintedTable(vtysh("ripd", "show ip rip", task), read_table)
    return RouteExchange(printed, static_routes(task), task.options.cost, task.options.last_resort)


def read_table(text: str) -> list[LearnedRoute]:
    """The lines of `show ip rip` that begin with R(n); ripd keeps those at 16 there until they are garbage."""
    routes = (match for line in text.splitlines() if (match := _ROUTE.match(line)))
    return [
        LearnedRoute(Prefix.parse(route["prefix"]), Address.parse(route["via"]), metric, int(route["tag"]))
        for route in routes
        if (metric := int(route["metric"])) < 16
    ]


def _faults(options: Any) -> Iterator[str]:
    """Its timers begin at 5 s, and are whole seconds; of keyed authentication it knows MD5 alone.

    It signs with one key at a time, whatever its neighbours use.
    """
    given = {timer: getattr(options, timer) for timer in ("update", "timeout", "garbage")}
    odd = [f"{timer} is {format_duration(value)}" for timer, value in given.items() if value < _SHORTEST or value % 1]
    if odd:
        yield f"takes no timer under {format_duration(_SHORTEST)}, and whole seconds: {', '.join(odd)}"
    proof = options.keys()
    keys = () if isinstance(proof, bytes) else proof
    for method in dict.fromkeys(key.method for key in keys):
        if method != "md5":
            yield f"has no {method}: its authentication is password or md5"
    yield from secret_faults((proof,) if isinstance(proof, bytes) else [key.secret for key in keys], _PASSWORD)
    yield from time_faults(keys)
    if options.triggered == "off":
        yield "always sends triggered updates: `triggered: off` is for routers of ours"
    yield from redistribution_faults(options, ("ospf",))


def _configuration(task: Task) -> str:
    options = task.options
    lines = [*_keys(task)]
    for interface in task.interfaces:
        lines += [f"interface {interface.device}", f" {_SPLIT_HORIZON[options.split_horizon]}"]
        lines += [f" ip rip authentication {words}" for words in _authentication(options.auth)]
        lines += ["exit"]
    lines += [*_own(task), *_static(task)]
    for service in redistributed_services(options):
        lines += redistribution(service, options.tag)
    lines += ["access-list all seq 5 permit any", "router rip", " version 2"]
    lines += [f" timers basic {options.update:.0f} {options.timeout:.0f} {options.garbage:.0f}"]
    for interface in task.interfaces:
        lines += [f" {words}" for words in _network(interface, options)]
    if static_routes(task):
        lines.append(" redistribute kernel route-map static")
    lines += [f" redistribute {name} route-map from-{name}" for name in redistributed_services(options)]
    if "default" in options.redistribute:
        lines.append(" default-information originate")
    return "\n".join([*lines, "exit", ""])


def _network(interface: NodeInterface, options: Any) -> list[str]:
    words = [f"network {interface.device}", f"route-map own out {interface.device}"]
    if interface.lan in options.passive:
        words.append(f"passive-interface {interface.device}")
    more = options.cost.get(interface.lan, 1) - 1  # it adds 1 by itself
    return [*words, f"offset-list all in {more} {interface.device}"] if more else words


def _own(task: Task) -> list[str]:
    """What it announces of its own: the node's networks at their cost, or not at all, and the default route's tag.

    It says 1 of a network, or 16 where that is down, and that stays.
    """
    options = task.options
    hidden = () if "connected" in options.redistribute else options.passive
    lines: list[str] = []
    for number, interface in enumerate(task.interfaces, 1):
        lines += [
            *access_list(interface.device, [interface.prefix]),
            f"route-map own {'deny' if interface.lan in hidden else 'permit'} {number}",
        ]
        lines += [f" match ip address {interface.device}", " match metric 1"]
        lines += [f" set metric {options.cost.get(interface.lan, 1)}", "exit"]
    number = len(task.interfaces) + 1
    if "default" in options.redistribute:
        lines += [*access_list("default", [DEFAULT]), f"route-map own permit {number}", " match ip address default"]
        lines += [f" set tag {options.tag}", "exit"]
    return [*lines, f"route-map own permit {number + 1}", "exit"]


def _static(task: Task) -> list[str]:
    """The node puts its static routes into zebra's table of the kernel, and FRR calls them the kernel's.

    No metric is set: 1 is the default, and what is set here would be announced of a route that has gone, too.
    """
    if not static_routes(task):
        return []
    lines = [*access_list("static", [route.to for route in static_routes(task)]), "route-map static permit 1"]
    return [*lines, " match ip address static", f" set tag {task.options.tag}", "exit"]


def _keys(task: Task) -> list[str]:
    proof = task.options.keys(task.node.began)
    if isinstance(proof, bytes) or not proof:
        return []
    return key_chain(proof, fail_secure=task.options.fail_secure == "on", algorithms=False)


def _authentication(auth: Mapping[str, Any]) -> list[str]:
    if "password" in auth:
        return ["mode text", f"string {auth['password']}"]
    return ["mode md5 auth-length rfc", f"key-chain {CHAIN}"] if auth else []


DAEMON = RoutingDaemon(run=_run, faults=_faults, capabilities=CAPABILITIES, group=GROUP, beside=beside, routes=_routes)
