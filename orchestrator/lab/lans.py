"""`lans:` → the LANs, each with its prefix."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.lab.addressing import free_prefixes
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.model import Lan
from catenet.orchestrator.lab.reader import Reader
from catenet.orchestrator.lab.vocabulary import LAN

__all__ = ["read_lans"]

SHORTEST, LONGEST = 8, 29
ALLOTTED = Prefix(Address.parse("10.0.0.0"), 8)
"""Prefixes that the file leaves open are /24s of this one; its first, 10.0.0.0/24, is left free."""

_REFUSED = (
    (Prefix.parse("0.0.0.0/8"), "stands for `this network` (RFC 1122 section 3.2.1.3)"),
    (Prefix.parse("127.0.0.0/8"), "is loopback (RFC 1122 section 3.2.1.3)"),
    (Prefix.parse("224.0.0.0/4"), "is multicast (RFC 1112 section 4)"),
    (Prefix.parse("240.0.0.0/4"), "is reserved (RFC 1112 section 4)"),
)


def read_lans(found: Mapping[str, Item], reader: Reader) -> dict[str, Lan]:
    """The LANs in the file's order; one whose prefix is wrong is reported and left out."""
    written: dict[str, Prefix] = {}
    still_open: list[str] = []
    for name, child in found.items():
        what = f"LAN {name}" if reader.name(name, child.line, "LAN") else "this LAN"
        section = reader.section(child, what, LAN)
        if section is None:
            continue
        if "prefix" not in section:
            still_open.append(name)
        elif (prefix := _prefix(section["prefix"], what, reader)) is not None:
            written[name] = prefix
    _report_overlaps(written, found, reader)
    given = _allot(still_open, written, found, reader)
    return {name: Lan(name, prefix) for name in found if (prefix := written.get(name) or given.get(name)) is not None}


def _prefix(item: Item, what: str, reader: Reader) -> Prefix | None:
    prefix = reader.prefix(item, f"{what}: prefix")
    if prefix is None:
        return None
    if prefix.length > LONGEST:
        hint = f"at most /{LONGEST}: three addresses are the network's, the broadcast's and the engine's"
        reader.problem(item.line, f"{what}: {prefix} is too small", hint)
        return None
    if prefix.length < SHORTEST:
        reader.problem(item.line, f"{what}: {prefix} is too large", f"at least /{SHORTEST}")
        return None
    for refused, why in _REFUSED:
        if refused.holds(prefix.network):
            reader.problem(item.line, f"{what}: {prefix} {why}", "like 10.0.1.0/24")
            return None
    return prefix


def _report_overlaps(prefixes: Mapping[str, Prefix], items: Mapping[str, Item], reader: Reader) -> None:
    """Sorted by network, a prefix that overlaps another overlaps the one before it that reaches farthest."""
    farthest: tuple[str, Prefix] | None = None
    for name, prefix in sorted(prefixes.items(), key=lambda entry: (entry[1], items[entry[0]].line)):
        if farthest is not None and farthest[1].overlaps(prefix):
            first, second = sorted((farthest[0], name), key=lambda lan: items[lan].line)
            message = f"LAN {second}: {prefixes[second]} overlaps {prefixes[first]} of LAN {first}"
            reader.problem(items[second].line, message, f"LAN {first} is on line {items[first].line}")
        if farthest is None or prefix.broadcast > farthest[1].broadcast:
            farthest = (name, prefix)


def _allot(
    names: list[str], written: Mapping[str, Prefix], items: Mapping[str, Item], reader: Reader
) -> dict[str, Prefix]:
    """A prefix for each LAN that has none."""
    free = free_prefixes(ALLOTTED, 24, (Prefix.parse("10.0.0.0/24"), *written.values()))
    given = dict(zip(names, free, strict=False))
    for name in names[len(given) :]:
        reader.problem(items[name].line, f"LAN {name}: no /24 of {ALLOTTED} is left for it", "write its prefix")
    return given
