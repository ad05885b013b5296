"""The service `ospf` by BIRD 2."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.units import format_duration
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
from catenet.nodes.implementations.measuring import measuring_faults
from catenet.nodes.implementations.redistribution import redistributed_services, redistribution_faults
from catenet.nodes.internet.ospf.config import OnLan, OspfOptions

__all__ = ["DAEMON", "read_table"]

_NETWORKS = {"broadcast": "broadcast", "point-to-point": "ptp"}
_FARTHER = 100
"""The preference of routes of sources that are farther than OSPF, whose own is 150."""
_MAX_TAG = 0xFFFFFFFF
_STUB_COST = 1
"""The cost of the default route into a stub area; its own would be 1000."""
_SHORTEST_RETRANSMIT = 2.0  # seconds
_ROUTE = re.compile(
    r"^(?P<prefix>[\d.]+/\d+)\s[^(]*\](?: \*)? (?:I|IA|E1|E2) "
    r"\(\d+/(?P<metric>\d{1,9})(?:/(?P<metric_2>\d{1,9}))?\)(?: \[(?P<tag>[0-9a-f]{1,8})\])?"
)
_VIA = re.compile(r"^\s+via (?P<via>[\d.]+) on ")


def _run(task: Task) -> Run:
    return start(task, _configuration(task))


def _routes(task: Task) -> RouteExchange:
    command = ask(task, *routes_of("ospf1", task.options))
    return RouteExchange(
        PrintedTable(command, read_table),
        own_metrics=task.options.fixed_costs(),
        last_resort=task.options.last_resort,
        hears=redistributed_services(task.options),
    )


def read_table(text: str) -> list[LearnedRoute]:
    """The lines that birdc prints; of a type 2 external route the second metric is the one that it was announced at.

    10.8.0.0/16          unicast [ospf1 01:12:13.123] * E2 (150/1/20) [ff] [10.0.1.1]
            via 10.0.2.2 on eth1 weight 1
            via 10.0.3.1 on eth2 weight 1

    The tag is hexadecimal, and 0 is not printed.
    """
    found: list[LearnedRoute] = []
    route: re.Match[str] | None = None
    vias: list[Address] = []
    for line in (*text.splitlines(), "0.0.0.0/0"):
        if (via := _VIA.match(line)) is not None:
            vias.append(Address.parse(via["via"]))
        elif not line.startswith(("\t", " ")):
            if route is not None and vias:
                found.append(_learned(route, vias))
            route, vias = _ROUTE.match(line), []
    return found


def _learned(route: re.Match[str], vias: list[Address]) -> LearnedRoute:
    via, *also = vias
    metric = int(route["metric_2"] or route["metric"])
    return LearnedRoute(Prefix.parse(route["prefix"]), via, metric, int(route["tag"] or "0", 16), tuple(also))


def _faults(options: OspfOptions) -> Iterator[str]:
    """It signs with one key at a time, whatever its neighbours use."""
    if options.retransmit % 1 or options.retransmit < _SHORTEST_RETRANSMIT:
        yield (
            f"takes no retransmit under {format_duration(_SHORTEST_RETRANSMIT)}, and whole seconds: it is "
            f"{format_duration(options.retransmit)}"
        )
    if options.dead < 2:
        yield f"takes no dead under 2s: it is {format_duration(options.dead)}"
    keys = options.keys()
    if not isinstance(keys, bytes):
        yield from secret_faults(keys)
        if any(key.number == 0 for key in keys):
            yield "has no key with the id 0"
    yield from measuring_faults(options)
    yield from redistribution_faults(options, ("rip",))


def _configuration(task: Task) -> str:
    options: OspfOptions = task.options
    return f"""\
log stderr all;
router id {options.identity(task.interfaces[0].address)};
protocol device {{ scan time 5; }}
{_direct(task)}
{kernel_protocol(task, "source ~ [RTS_OSPF, RTS_OSPF_IA, RTS_OSPF_EXT1, RTS_OSPF_EXT2]", _FARTHER)}
{static_protocol(task)}
{_bfd(task)}
protocol ospf v2 ospf1 {{
  rfc1583compat no;
  ecmp yes limit {options.ecmp};
  merge external yes;
  ipv4 {{ {import_filter(options, "ospf_tag")} export filter {{
    if source = RTS_STATIC || source = RTS_DEVICE then {{ {_external(options)} ospf_tag = {options.tag}; accept; }}
    if source = RTS_INHERIT then {{ {_external(options)} {mark(options, "ospf_tag", _MAX_TAG)} accept; }}
    reject;
  }}; }};
{_areas(task)}
}}
"""


def _direct(task: Task) -> str:
    """The LANs on which it does not speak, where it announces them."""
    options: OspfOptions = task.options
    announced = "connected" in options.redistribute
    names = [f'"{each.device}"' for each in task.interfaces if announced and options.at(each.lan) is None]
    return f"protocol direct {{ ipv4; interface {', '.join(names)}; }}" if names else ""


def _external(options: OspfOptions) -> str:
    """ "ospf_metric1" makes it type 1, "ospf_metric2" type 2."""
    return f"ospf_metric{options.metric_type} = {options.metric};"


def _areas(task: Task) -> str:
    options: OspfOptions = task.options
    areas: dict[Address, list[str]] = {}
    for interface in task.interfaces:
        if (on := options.at(interface.lan)) is not None:
            areas.setdefault(on.area, []).append(_interface(interface, on, task))
    return "\n".join(
        "\n".join([f"  area {area} {{ {_kind(options, area)}", *interfaces, "  };"])
        for area, interfaces in areas.items()
    )


def _kind(options: OspfOptions, area: Address) -> str:
    kind = options.kind_of(area)
    if kind == "normal":
        return ""
    return f"stub yes; summary {'no' if kind == 'totally-stub' else 'yes'}; default cost {_STUB_COST};"


def _interface(interface: NodeInterface, on: OnLan, task: Task) -> str:
    """It would wait for 4 × hello, not for the dead interval, before it elects a designated router (RFC 2328 9)."""
    options: OspfOptions = task.options
    dead = f"{options.dead:.0f}"
    return f"""\
    interface "{interface.device}" {{
      type {_NETWORKS[on.network]}; cost {on.cost}; priority {on.priority};{" stub yes;" if on.passive else ""}
      hello {options.hello:.0f}; dead {dead}; wait {dead}; retransmit {options.retransmit:.0f};
      {"bfd yes;" if on.bfd else ""}
      {_authentication(task)}
    }};"""


def _bfd(task: Task) -> str:
    """Until a session is up it sends once a second, as RFC 5880 section 6.8.3 wants."""
    options: OspfOptions = task.options
    found = [(each.device, on.bfd) for each in task.interfaces if (on := options.at(each.lan)) is not None and on.bfd]
    lines = [
        f"""\
  interface "{device}" {{
    min tx interval {bfd.transmit * 1000:.0f} ms; min rx interval {bfd.receive * 1000:.0f} ms;
    idle tx interval {max(bfd.transmit, 1) * 1000:.0f} ms; multiplier {bfd.multiplier};
  }};"""
        for device, bfd in found
    ]
    return "\n".join(["protocol bfd { accept ipv4 direct;", *lines, "}"]) if found else ""


def _authentication(task: Task) -> str:
    """Of the keys that may sign BIRD takes the one that began last; where none may, it sends what nobody takes."""
    options: OspfOptions = task.options
    keys = options.keys(task.node.began)
    if isinstance(keys, bytes):
        return f"authentication simple; {password(keys)};"
    if not keys:
        return "authentication none;"
    return "authentication cryptographic;\n" + passwords(keys, fail_secure=options.fail_secure == "on")


DAEMON = RoutingDaemon(run=_run, faults=_faults, routes=_routes)
