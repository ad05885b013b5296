"""The service `rip` by BIRD 2 (birdc, bird.conf): one process, one file, a socket for questions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from catenet.nodes.address import Address, Prefix
from catenet.nodes.implementations.bird.program import (
    ask,
    import_filter,
    kernel_protocol,
    mark,
    password,
    passwords,
    routes_of,
    secret_faults,
    start,
    static_protocol,
)
from catenet.nodes.implementations.daemon import (
    LearnedRoute,
    NodeInterface,
    PrintedTable,
    RouteExchange,
    RoutingDaemon,
    Run,
    Task,
)
from catenet.nodes.implementations.redistribution import redistributed_services, redistribution_faults
from catenet.nodes.internet.rip.config import MAX_TAG

__all__ = ["DAEMON", "read_table"]

_NEARER = 200
"""The preference of routes of sources that are nearer than RIP, whose own is 120."""
_SPLIT_HORIZON = {
    "off": "split horizon no; poison reverse no;",
    "on": "split horizon yes; poison reverse no;",
    "poisoned": "split horizon yes; poison reverse yes;",
}
_ROUTE = re.compile(
    r"^(?P<prefix>[\d.]+/\d+)?\s[^(]*\[rip1 [^(]*\(\d+/(?P<metric>\d{1,9})\)(?: \[(?P<tag>[0-9a-f]{4})\])?"
)
_VIA = re.compile(r"^\s+via (?P<via>[\d.]+) on ")


def _run(task: Task) -> Run:
    return start(task, _configuration(task))


def _routes(task: Task) -> RouteExchange:
    """All routes that RIP has brought."""
    command = ask(task, *routes_of("rip1", task.options))
    return RouteExchange(
        PrintedTable(command, read_table),
        own_metrics=task.options.cost,
        last_resort=task.options.last_resort,
        hears=redistributed_services(task.options),
    )


def read_table(text: str) -> list[LearnedRoute]:
    """The lines that birdc prints.

    10.1.2.0/24          unicast [rip1 01:12:13.123] * (120/3) [0009]
            via 10.0.1.2 on eth1

    The tag is hexadecimal, and 0 is not printed.
    """
    found: list[LearnedRoute] = []
    prefix, metric, tag = "", 0, 0
    for line in text.splitlines():
        route, via = _ROUTE.match(line), _VIA.match(line)
        if route is not None:
            prefix, metric, tag = route["prefix"] or prefix, int(route["metric"]), int(route["tag"] or "0", 16)
        elif via is not None and prefix and metric:
            found.append(LearnedRoute(Prefix.parse(prefix), Address.parse(via["via"]), metric, tag))
            metric = 0
    return found


def _faults(options: Any) -> Iterator[str]:
    """It counts whole seconds. It signs with one key at a time, whatever its neighbours use."""
    given = {timer: getattr(options, timer) for timer in ("update", "timeout", "garbage")}
    odd = [f"{timer} is {value:g}s" for timer, value in given.items() if value % 1]
    if odd:
        yield f"counts whole seconds, and {', '.join(odd)}"
    if options.triggered == "off":
        yield "always sends triggered updates: `triggered: off` is for routers of ours"
    proof = options.keys()
    yield from secret_faults(() if isinstance(proof, bytes) else proof)
    yield from redistribution_faults(options, ("ospf",))


def _configuration(task: Task) -> str:
    options = task.options
    interfaces = "\n".join(_interface(interface, task) for interface in task.interfaces)
    first = min(interface.address for interface in task.interfaces)
    names = ", ".join(f'"{interface.device}"' for interface in task.interfaces)
    return f"""\
log stderr all;
router id {first};
protocol device {{ scan time 5; }}
protocol direct {{ ipv4; interface {names}; }}
{kernel_protocol(task, "source = RTS_RIP", _NEARER)}
{static_protocol(task)}
protocol rip rip1 {{
  ipv4 {{ {import_filter(options, "rip_tag")} export filter {{
    if source = RTS_DEVICE then {{ {_own(task)} accept; }}
    if source = RTS_STATIC then {{ rip_metric = 1; rip_tag = {options.tag}; accept; }}
    if source = RTS_INHERIT then {{ rip_metric = 1; {mark(options, "rip_tag", MAX_TAG)} accept; }}
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
    lines = [f"if net = {interface.prefix} then reject;" for interface in task.interfaces if interface.lan in hidden]
    costs = ((interface, options.cost.get(interface.lan, 1)) for interface in task.interfaces)
    lines += [f"if net = {interface.prefix} then rip_metric = {cost};" for interface, cost in costs if cost > 1]
    return " ".join(lines)


def _interface(interface: NodeInterface, task: Task) -> str:
    options = task.options
    passive = "passive yes;" if interface.lan in options.passive else ""
    return f"""\
  interface "{interface.device}" {{
    version 2; mode multicast; metric {options.cost.get(interface.lan, 1)}; {passive}
    update time {options.update:.0f}; timeout time {options.timeout:.0f}; garbage time {options.garbage:.0f};
    {_SPLIT_HORIZON[options.split_horizon]}
    {_authentication(task)}
  }};"""


def _authentication(task: Task) -> str:
    """Of the keys that may sign BIRD takes the one that began last; where none may, it sends what nobody takes."""
    proof = task.options.keys(task.node.began)
    if isinstance(proof, bytes):
        return f"authentication plaintext; {password(proof)};"
    if not proof:
        return "authentication none;"
    return "authentication cryptographic;\n" + passwords(proof, fail_secure=task.options.fail_secure == "on")


DAEMON = RoutingDaemon(run=_run, faults=_faults, routes=_routes)
