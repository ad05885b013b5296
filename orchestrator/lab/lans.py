"""`lans:` → the LANs, each with its prefix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.lab.addressing import free_prefixes
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.hosts import Wiring
from catenet.orchestrator.lab.model import MTU, Lan
from catenet.orchestrator.lab.reader import Reader
from catenet.orchestrator.lab.realms import Place, Realms
from catenet.orchestrator.lab.vocabulary import LAN, LARGEST_MTU, SMALLEST_MTU

__all__ = ["read_lans", "report_overlaps"]

SHORTEST = 8
LONGEST: Mapping[Wiring, int] = {"bridge": 29, "vxlan": 31}
"""Three addresses of a bridge are the network's, the broadcast's and the engine's; two hosts need none (RFC 3021)."""
ALLOTTED = Prefix(Address.parse("10.0.0.0"), 8)
"""Prefixes that the file leaves open are /24s of this one; its first, 10.0.0.0/24, is left free."""

_REFUSED = (
    (Prefix.parse("0.0.0.0/8"), "stands for `this network` (RFC 1122 section 3.2.1.3)"),
    (Prefix.parse("127.0.0.0/8"), "is loopback (RFC 1122 section 3.2.1.3)"),
    (Prefix.parse("224.0.0.0/4"), "is multicast (RFC 1112 section 4)"),
    (Prefix.parse("240.0.0.0/4"), "is reserved (RFC 1112 section 4)"),
)


def read_lans(found: Mapping[str, Item], wiring: Wiring, reader: Reader) -> dict[str, Lan]:
    """The LANs in the file's order; one whose prefix is wrong is reported and left out."""
    written: dict[str, Prefix] = {}
    mtus: dict[str, int] = {}
    still_open: list[str] = []
    for name, child in found.items():
        what = f"LAN {name}" if reader.name(name, child.line, "LAN") else "this LAN"
        section = reader.section(child, what, LAN)
        if section is None:
            continue
        mtu = reader.number(section.get("mtu"), f"{what}: mtu", SMALLEST_MTU, LARGEST_MTU)
        if mtu is not None:
            mtus[name] = mtu
        if "prefix" not in section:
            still_open.append(name)
        elif (prefix := _prefix(section["prefix"], what, wiring, reader)) is not None:
            written[name] = prefix
    given = _allot(still_open, written, found, reader)
    prefixes = {name: prefix for name in found if (prefix := written.get(name) or given.get(name)) is not None}
    return {name: Lan(name, prefix, mtu=mtus.get(name, MTU), wiring=wiring) for name, prefix in prefixes.items()}


def _prefix(item: Item, what: str, wiring: Wiring, reader: Reader) -> Prefix | None:
    prefix = reader.prefix(item, f"{what}: prefix")
    if prefix is None:
        return None
    if prefix.length > LONGEST[wiring]:
        reader.problem(item.line, f"{what}: {prefix} is too small", _smallest(prefix, wiring))
        return None
    if prefix.length < SHORTEST:
        reader.problem(item.line, f"{what}: {prefix} is too large", f"at least /{SHORTEST}")
        return None
    for refused, why in _REFUSED:
        if refused.holds(prefix.network):
            reader.problem(item.line, f"{what}: {prefix} {why}", "like 10.0.1.0/24")
            return None
    return prefix


def _smallest(prefix: Prefix, wiring: Wiring) -> str:
    """How small a LAN may be, and by which wiring it may be smaller."""
    if wiring != "bridge":
        return f"at most /{LONGEST[wiring]}: two hosts"
    hint = f"at most /{LONGEST[wiring]}: three addresses are the network's, the broadcast's and the engine's"
    return f"{hint}; with `wiring: vxlan` /30 and /31, too" if prefix.length <= LONGEST["vxlan"] else hint


def report_overlaps(lans: Mapping[str, Lan], lines: Mapping[str, int], places: Iterable[Place], reader: Reader) -> None:
    """Two prefixes may overlap where no node can mistake them: in different realms. `lines`: LAN → its line."""
    known = list(places)
    realms = Realms(lans, known)
    members: dict[str, list[Lan]] = {}
    for lan, realm in realms.of.items():
        members.setdefault(realm, []).append(lans[lan])
    pairs = [pair for each in members.values() for pair in _overlaps(each, lines)]
    pairs += [pair for place in known for pair in realms.contradictory(place) if _overlap(lans, pair)]
    for first, second in dict.fromkeys(tuple(sorted(pair, key=lines.__getitem__)) for pair in pairs):
        message = f"LAN {second}: {lans[second].prefix} overlaps {lans[first].prefix} of LAN {first}"
        reader.problem(lines[second], message, f"LAN {first} is on line {lines[first]}")


def _overlap(lans: Mapping[str, Lan], pair: tuple[str, str]) -> bool:
    return lans[pair[0]].prefix.overlaps(lans[pair[1]].prefix)


def _overlaps(lans: Iterable[Lan], lines: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Sorted by network, a prefix that overlaps another overlaps the one before it that reaches farthest."""
    farthest: Lan | None = None
    for lan in sorted(lans, key=lambda each: (each.prefix, lines[each.name])):
        if farthest is not None and farthest.prefix.overlaps(lan.prefix):
            yield farthest.name, lan.name
        if farthest is None or lan.prefix.broadcast > farthest.prefix.broadcast:
            farthest = lan


def _allot(
    names: list[str], written: Mapping[str, Prefix], items: Mapping[str, Item], reader: Reader
) -> dict[str, Prefix]:
    """A prefix for each LAN that has none."""
    free = free_prefixes(ALLOTTED, 24, (Prefix.parse("10.0.0.0/24"), *written.values()))
    given = dict(zip(names, free, strict=False))
    for name in names[len(given) :]:
        reader.problem(items[name].line, f"LAN {name}: no /24 of {ALLOTTED} is left for it", "write its prefix")
    return given
