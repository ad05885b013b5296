"""The service `ospf` by FRR: ospfd speaks, vtysh prints its table; where the lab file says `bfd`, bfdd is beside it."""

from __future__ import annotations

from collections.abc import Iterator
from json import loads
from typing import Any

from catenet.nodes.address import DEFAULT, Address, Prefix
from catenet.nodes.control.units import format_duration
from catenet.nodes.implementations.daemon import (
    Command,
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
    access_list,
    beside,
    command,
    key_chain,
    redistribution,
    secret_faults,
    time_faults,
    vtysh,
)
from catenet.nodes.implementations.measuring import measuring_faults
from catenet.nodes.implementations.redistribution import redistributed_services, redistribution_faults, static_routes
from catenet.nodes.internet.ospf.config import OspfOptions

__all__ = ["DAEMON", "read_table"]

_PASSWORD, _SECRET, _MD5 = 8, 255, 16
"""Characters of a simple password, of a key, and of one for MD5."""
_STUB_COST = 1
"""The cost of the default route into a stub area; FRR's own is 1, too."""


def _run(task: Task) -> Run:
    """They are told their files: they would not read their own where the package's frr.conf is."""
    path = f"{task.folder}/ospfd.conf"
    commands, files = [command("ospfd", task, "-f", path)], {path: _configuration(task)}
    if profiles := _profiles(task):
        path = f"{task.folder}/bfdd.conf"
        words = command("bfdd", task, "-f", path).words
        commands.insert(0, Command(words, makes=f"{task.folder}/bfdd.vty"))
        files[path] = "\n".join(["bfd", *profiles, "exit", ""])
    return Run(tuple(commands), files, owner=OWNER)


def _routes(task: Task) -> RouteExchange:
    printed = PrintedTable(vtysh("ospfd", "show ip ospf route json", task), read_table)
    return RouteExchange(printed, static_routes(task), task.options.fixed_costs(), task.options.last_resort)


def read_table(text: str) -> list[LearnedRoute]:
    """The networks of `show ip ospf route json`; the routes to routers among them have no length."""
    try:
        rows = loads(text)
        return [_learned(prefix, row) for prefix, row in rows.items() if "/" in prefix and _vias(row)]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not as FRR prints it: {error!r}") from None


def _learned(prefix: str, row: Any) -> LearnedRoute:
    """Of a type 2 external route the metric is the one that it was announced at."""
    via, *also = _vias(row)
    metric = row.get("type2cost", row["cost"])
    return LearnedRoute(Prefix.parse(prefix), via, int(metric), row.get("tag"), tuple(also))


def _vias(row: Any) -> list[Address]:
    return [Address.parse(hop["ip"]) for hop in row["nexthops"] if "via" in hop]


def _faults(options: OspfOptions) -> Iterator[str]:
    """It counts whole seconds. It signs with one key at a time, whatever its neighbours use."""
    if options.retransmit % 1:
        yield f"counts whole seconds, and retransmit is {format_duration(options.retransmit)}"
    keys = options.keys()
    if isinstance(keys, bytes):
        yield from secret_faults([keys], _PASSWORD)
    else:
        yield from secret_faults([key.secret for key in keys if key.method == "md5"], _MD5)
        yield from secret_faults([key.secret for key in keys if key.method != "md5"], _SECRET)
        yield from time_faults(keys)
        for key in keys:
            if key.method != "md5" and len(key.secret) > key.algorithm.length:
                yield (
                    f"does not make a secret of {key.method} shorter (RFC 5709 section 3.3): it takes those of up to "
                    f"{key.algorithm.length} characters"
                )
    yield from measuring_faults(options)
    yield from redistribution_faults(options, ("rip",))


def _configuration(task: Task) -> str:
    options: OspfOptions = task.options
    lines = _keys(task)
    for interface in task.interfaces:
        lines += _interface(interface, options)
    lines += [*_maps(task), "router ospf", f" ospf router-id {options.identity(task.interfaces[0].address)}"]
    lines += [" ospf abr-type standard", f" maximum-paths {options.ecmp}", " timers throttle spf 0 50 5000"]
    for area in dict.fromkeys(on.area for each in task.interfaces if (on := options.at(each.lan)) is not None):
        if (kind := options.kind_of(area)) != "normal":
            lines.append(f" area {area} stub{' no-summary' if kind == 'totally-stub' else ''}")
            lines.append(f" area {area} default-cost {_STUB_COST}")
    lines += [f" {words}" for words in _redistribution(task)]
    return "\n".join([*lines, "exit", ""])


def _keys(task: Task) -> list[str]:
    keys = task.options.keys(task.node.began)
    if isinstance(keys, bytes) or not keys:
        return []
    return key_chain(keys, fail_secure=task.options.fail_secure == "on", algorithms=True)


def _interface(interface: NodeInterface, options: OspfOptions) -> list[str]:
    on = options.at(interface.lan)
    if on is None:
        return []
    words = [
        f"area {on.area}",
        f"network {on.network}",
        f"cost {on.cost}",
        f"priority {on.priority}",
        f"hello-interval {options.hello:.0f}",
        f"dead-interval {options.dead:.0f}",
        f"retransmit-interval {options.retransmit:.0f}",
        *(["passive"] if on.passive else []),
        *(["bfd", f"bfd profile {_profile(interface)}"] if on.bfd else []),
        *_authentication(options),
    ]
    return [f"interface {interface.device}", *(f" ip ospf {each}" for each in words), "exit"]


def _profiles(task: Task) -> list[str]:
    """How fast bfdd is on each LAN. It counts in milliseconds."""
    lines: list[str] = []
    for interface in task.interfaces:
        on = task.options.at(interface.lan)
        if on is not None and on.bfd is not None:
            lines += [f" profile {_profile(interface)}"]
            lines += [f"  transmit-interval {on.bfd.transmit * 1000:.0f}"]
            lines += [f"  receive-interval {on.bfd.receive * 1000:.0f}"]
            lines += [f"  detect-multiplier {on.bfd.multiplier}", " exit"]
    return lines


def _profile(interface: NodeInterface) -> str:
    return f"lab-{interface.device}"


def _authentication(options: OspfOptions) -> list[str]:
    keys = options.keys()
    if isinstance(keys, bytes):
        return ["authentication", f"authentication-key {keys.decode()}"]
    return [f"authentication key-chain {CHAIN}"] if keys else []


def _maps(task: Task) -> list[str]:
    """Which routes it announces for others, by prefix, and with which mark."""
    lines: list[str] = []
    for name, prefixes in _announced(task).items():
        lines += [*access_list(name, prefixes), f"route-map {name} permit 1", f" match ip address {name}"]
        lines += [f" set tag {task.options.tag}", "exit"] if task.options.tag else ["exit"]
    for service in redistributed_services(task.options):
        lines += redistribution(service, task.options.tag)
    return lines


def _announced(task: Task) -> dict[str, list[Prefix]]:
    """The LANs on which it does not speak, its static routes, and a default route: those of them that are wanted."""
    options: OspfOptions = task.options
    off = [each.prefix for each in task.interfaces if options.at(each.lan) is None]
    found = {
        "connected": off if "connected" in options.redistribute else [],
        "static": [route.to for route in static_routes(task)],
        "default": [DEFAULT] if "default" in options.redistribute else [],
    }
    return {name: prefixes for name, prefixes in found.items() if prefixes}


def _redistribution(task: Task) -> list[str]:
    """The node puts its static routes into zebra's table of the kernel, and FRR calls them the kernel's."""
    words = {"connected": "redistribute connected", "static": "redistribute kernel"}
    words["default"] = "default-information originate always"
    metric = f"metric {task.options.metric} metric-type {task.options.metric_type}"
    others = [f"redistribute {name} {metric} route-map from-{name}" for name in redistributed_services(task.options)]
    return [f"{words[name]} {metric} route-map {name}" for name in _announced(task)] + others


DAEMON = RoutingDaemon(run=_run, faults=_faults, capabilities=CAPABILITIES, group=GROUP, beside=beside, routes=_routes)
