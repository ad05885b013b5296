"""What carries a node's segments, seen from within: its address, rule, route, interface and packet filter.

They are no part of the lab, and are told apart from what is; what of them is not as the node has made it is told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from catenet.nodes.control.segment import OVERHEAD, SEGMENT_PORT, UNDERLAY_FILTER, UNDERLAY_TABLE

__all__ = ["Parted", "apart"]

_ADDRESS = re.compile(r"\d+: (eth\d+) inet (?P<address>[\d.]+)/32 scope link ")
_RULE = re.compile(rf"{UNDERLAY_TABLE}: from (?P<address>[\d.]+) lookup {UNDERLAY_TABLE}")
_ROUTE = re.compile(rf"[\d.]+/\d+ dev (?P<device>eth\d+) table {UNDERLAY_TABLE} proto static scope link")
_LINK = re.compile(r"\d+: (?P<device>eth\d+)@\S+: <\S*\bUP\b\S*> mtu (?P<mtu>\d+) qdisc noqueue ")
_TABLE = re.compile(rf"table (netdev|ip) {UNDERLAY_FILTER} {{")


_WORDS = {
    "addr": "no address in the underlay",
    "rule": "no rule for the underlay",
    "route": "no route to the underlay",
    "link": "the underlay's interface is down or carries too little",
}


class Parted(NamedTuple):
    """What is said of a node but of its underlay; and what is wrong with that, in words."""

    rest: Mapping[str, Sequence[str]]
    differences: tuple[str, ...]


def apart(said: Mapping[str, Sequence[str]], mtu: int) -> Parted:
    """The lines of a look into a node (as of `find_drift`) without those of the underlay. `mtu`: octets that the
    largest of its segments carries.
    """
    rule = next(filter(None, map(_RULE.fullmatch, said.get("rule", ()))), None)
    route = next(filter(None, map(_ROUTE.fullmatch, said.get("route", ()))), None)
    address, device = rule["address"] if rule else "", route["device"] if route else ""
    own = {
        "addr": _found(_ADDRESS, said, "addr", "address", address),
        "rule": [rule[0]] if rule else [],
        "route": [route[0]] if route else [],
        "link": [line for line in _found(_LINK, said, "link", "device", device) if _carries(line, mtu)],
    }
    filters, rest_of_filters = _filters(said.get("filter", ()))
    missing = [_WORDS[what] for what, lines in own.items() if not lines]
    missing += [] if sorted(filters) == sorted(_own_filter(device, address)) else ["the underlay's filter was changed"]
    rest = {what: [line for line in lines if line not in own.get(what, ())] for what, lines in said.items()}
    return Parted({**rest, "filter": rest_of_filters}, tuple(missing))


def _found(pattern: re.Pattern[str], said: Mapping[str, Sequence[str]], what: str, group: str, value: str) -> list[str]:
    found = ((line, pattern.match(line)) for line in said.get(what, ()))
    return [line for line, match in found if match is not None and match[group] == value]


def _carries(link: str, mtu: int) -> bool:
    found = _LINK.match(link)
    return found is not None and int(found["mtu"]) >= mtu + OVERHEAD


def _own_filter(device: str, address: str) -> list[str]:
    """All lines of its two tables, but their heads and ends."""
    return [
        f"chain {UNDERLAY_FILTER} {{",
        f'type filter hook ingress device "{device}" priority filter; policy drop;',
        "meta protocol arp accept",
        f"meta protocol ip udp dport {SEGMENT_PORT} accept",
        f"chain {UNDERLAY_FILTER} {{",
        "type filter hook input priority filter; policy accept;",
        f'iif != "{device}" udp dport {SEGMENT_PORT} drop',
        f'iif != "{device}" ip daddr {address} drop',
    ]


def _filters(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """The lines of the underlay's tables, without their heads and ends; all others."""
    own: list[str] = []
    others: list[str] = []
    inside = False
    for line in lines:
        inside = bool(_TABLE.fullmatch(line)) if line.startswith("table ") else inside
        if not inside:
            others.append(line)
        elif line not in ("", "}") and not _TABLE.fullmatch(line):
            own.append(line)
    return own, others
