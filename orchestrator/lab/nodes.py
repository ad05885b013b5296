"""`nodes:` → drafts, as they are written; `attach` then gives every node its addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, get_args

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import declared
from catenet.nodes.control.config import SourceRoutes, Stack
from catenet.nodes.control.hardware import hardware_text
from catenet.orchestrator.lab.addressing import free_addresses
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.implementations import Chosen
from catenet.orchestrator.lab.lans import SHORTEST
from catenet.orchestrator.lab.model import Attachment, Lan
from catenet.orchestrator.lab.options import Options, Written, read_services
from catenet.orchestrator.lab.problems import quote
from catenet.orchestrator.lab.reader import Reader
from catenet.orchestrator.lab.vocabulary import NODE, PLACE

__all__ = ["LONGEST_OWN", "Draft", "attach", "read_nodes", "read_stack"]

PORT_LIMIT = 1024
"""Nodes on one LAN: the ports that a bridge of the kernel has."""


LONGEST_OWN = 30
"""The longest prefix in which a node may believe itself to be: two hosts."""


class DraftAttachment(NamedTuple):
    """Where a node stands on a LAN. An address of None is left open, a length of 0 is the LAN's, a `mac` of b"" the
    engine's."""

    address: Address | None
    line: int
    length: int = 0
    mac: bytes = b""
    mac_line: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A node as it is written. `section` holds what can be read only once all addresses are known.

    `stack`: None where it is not written. `chosen`: service → its implementation, where that is not ours; `written`:
    service → its place in the file. `host`: on which it must run; empty: any.
    """

    name: str
    line: int
    attachments: Mapping[str, DraftAttachment]
    services: Mapping[str, Any]
    chosen: Mapping[str, Chosen]
    written: Mapping[str, Written]
    forward: bool
    source_routes: SourceRoutes
    stack: Stack | None
    proxy_arp: bool
    section: Mapping[str, Item]
    host: str = ""


def read_nodes(
    item: Item | None,
    lans: Collection[str],
    defaults: Mapping[str, Options],
    hosts: Collection[str],
    reader: Reader,
) -> dict[str, Draft]:
    """The drafts, in the file's order. `hosts`: those on which a node may have its place; empty: any."""
    drafts: dict[str, Draft] = {}
    for name, child in reader.mapping(item, "nodes", "{a: {lans: [link1]}}").items():
        what = f"node {name}" if reader.name(name, child.line, "node") else "this node"
        section = reader.section(child, what, NODE)
        if section is None:
            continue
        attachments = _attachments(section.get("lans"), child.line, what, lans, reader)
        services, chosen, written = read_services(section.get("services"), what, defaults, attachments, reader)
        written_forward = reader.flag(section.get("forward"), f"{what}: forward")
        forward = len(attachments) > 1 if written_forward is None else written_forward
        drafts[name] = Draft(
            name,
            child.line,
            attachments,
            services,
            chosen,
            written,
            forward,
            _source_routes(section.get("source_routes"), what, services, reader),
            read_stack(section.get("stack"), f"{what}: stack", reader),
            _proxy_arp(section.get("proxy_arp"), what, forward=forward, reader=reader),
            section,
            _host(section.get("place"), f"{what}: place", hosts, reader),
        )
    return drafts


def _host(item: Item | None, what: str, hosts: Collection[str], reader: Reader) -> str:
    """A name; which there are is known where the file has `hosts:`, or the command line says."""
    if hosts:
        return reader.one_of(item, what, "host", hosts) or ""
    name = reader.text(item, what)
    return name if name is not None and item is not None and reader.name(name, item.line, "host") else ""


def read_stack(item: Item | None, what: str, reader: Reader) -> Stack | None:
    """Whose stack; None where it is not written."""
    word = None if item is None else reader.choice(item, what, get_args(Stack))
    return next((stack for stack in get_args(Stack) if stack == word), None)


def _source_routes(item: Item | None, what: str, services: Collection[str], reader: Reader) -> SourceRoutes:
    """Not where a service is to judge what crosses its node: "Bypass firewall rules", "Reach otherwise unreachable
    internet systems" (RFC 7126 section 4.3.3)."""
    word = None if item is None else reader.choice(item, f"{what}: source_routes", get_args(SourceRoutes))
    if item is None or word != "follow":
        return "refuse"
    for guard in (each.name for each in declared(services) if each.guards):
        message = f"{what}: source_routes is 'follow', beside the service {guard}, which judges what crosses the node"
        reader.problem(item.line, message, "packets would choose a way around it: leave it out")
    return "follow"


def _proxy_arp(item: Item | None, what: str, *, forward: bool, reader: Reader) -> bool:
    wanted = reader.flag(item, f"{what}: proxy_arp") is True
    if wanted and not forward:
        assert item is not None
        message = f"{what}: proxy_arp is on, and the node forwards nothing"
        reader.problem(item.line, message, "what it drew to itself would be lost: leave it out")
    return wanted


def _attachments(
    item: Item | None, line: int, what: str, lans: Collection[str], reader: Reader
) -> dict[str, DraftAttachment]:
    """`[link1]`, `link1` or `{link1: 10.0.1.1}`."""
    if item is None or not item.value:
        reader.problem(line, f"{what} is on no LAN", "like `lans: [link1]`")
        return {}
    if isinstance(item.value, Mapping):
        return _written_attachments(item.value, what, lans, reader)
    attachments: dict[str, DraftAttachment] = {}
    for child in (item,) if isinstance(item.value, str) else reader.items(item, f"{what}: lans"):
        lan = reader.one_of(child, f"{what}: lans", "LAN", lans)
        if lan in attachments:
            reader.problem(child.line, f"{what}: LAN {lan} is here twice", "a node has one address on a LAN")
        elif lan is not None:
            attachments[lan] = DraftAttachment(None, child.line)
    return attachments


def _written_attachments(
    items: Mapping[str, Item], what: str, lans: Collection[str], reader: Reader
) -> dict[str, DraftAttachment]:
    attachments: dict[str, DraftAttachment] = {}
    for name, child in items.items():
        lan = reader.one_of(Item(name, child.line), f"{what}: lans", "LAN", lans)
        place = _place(child, name, what, reader)
        if lan is not None and place is not None:
            attachments[lan] = place
    return attachments


def _place(item: Item, lan: str, what: str, reader: Reader) -> DraftAttachment | None:
    """Nothing, an address, or `{address: 10.0.1.1, mac: 02:00:00:00:00:e1}`."""
    if not isinstance(item.value, Mapping):
        return _addressed(item, f"{what}: address on {lan}", reader)
    section = reader.section(item, f"{what}: {lan}", PLACE) or {}
    place = _addressed(section.get("address", Item(None, item.line)), f"{what}: address on {lan}", reader)
    mac = section.get("mac")
    if mac is None or place is None:
        return place
    hardware = reader.hardware(mac, f"{what}: mac on {lan}")
    return place if hardware is None else place._replace(mac=hardware, mac_line=mac.line)


def _addressed(item: Item, what: str, reader: Reader) -> DraftAttachment | None:
    """Nothing, 10.0.1.1, or 10.0.1.1/16 for who believes its network to be so large; None: it is none of these."""
    if item.value is None:
        return DraftAttachment(None, item.line)
    text = item.value if isinstance(item.value, str) else ""
    written, slash, length = text.partition("/")
    address = reader.address(Item(written, item.line) if slash else item, what)
    if address is None or not slash:
        return None if address is None else DraftAttachment(address, item.line)
    plain = length.isascii() and length.isdecimal() and len(length) <= len(str(LONGEST_OWN))
    if not plain or not SHORTEST <= int(length) <= LONGEST_OWN:
        reader.problem(item.line, f"{what}: {quote(text)}: the length is from {SHORTEST} to {LONGEST_OWN}")
        return None
    if not Prefix.of(address, int(length)).holds_host(address):
        reader.problem(item.line, f"{what}: {quote(text)} is no host's address in its own network")
        return None
    return DraftAttachment(address, item.line, int(length))


def attach(drafts: Mapping[str, Draft], lans: Mapping[str, Lan], reader: Reader) -> dict[str, tuple[Attachment, ...]]:
    """The addresses of every node: those that are written, then those left open (the rule is in addressing.py)."""
    _report_crowds(drafts, reader)
    owners: dict[str, dict[Address, Draft]] = {name: {} for name in lans}
    for draft in drafts.values():
        for lan, attachment in draft.attachments.items():
            if attachment.address is not None and _fits(attachment, draft, lans[lan], owners[lan], reader):
                owners[lan][attachment.address] = draft
    _report_hardware(drafts, reader)
    free = {name: free_addresses(lan, owners[name]) for name, lan in lans.items()}
    attached: dict[str, tuple[Attachment, ...]] = {}
    for draft in drafts.values():
        attachments: list[Attachment] = []
        for lan, attachment in draft.attachments.items():
            address = attachment.address or next(free[lan], None)
            if address is None:
                message = f"node {draft.name}: {lans[lan].prefix} of LAN {lan} has no address left"
                reader.problem(attachment.line, message, "give the LAN a larger prefix")
            else:
                length = attachment.length or lans[lan].prefix.length
                attachments.append(Attachment(lan, address, length, attachment.mac))
        _report_own_networks(draft, attachments, reader)
        attached[draft.name] = tuple(attachments)
    return attached


def _report_hardware(drafts: Mapping[str, Draft], reader: Reader) -> None:
    """Two interfaces of one LAN with one hardware address: a bridge sends to the one that spoke last."""
    owners: dict[tuple[str, bytes], tuple[str, int]] = {}
    for draft in drafts.values():
        for lan, place in draft.attachments.items():
            if not place.mac:
                continue
            other, line = owners.setdefault((lan, place.mac), (draft.name, place.mac_line))
            if other != draft.name:
                text = f"node {draft.name}: {hardware_text(place.mac)} is node {other}'s on LAN {lan} already"
                reader.problem(place.mac_line, f"{text} (line {line})", "an interface has one of its own")


def _report_own_networks(draft: Draft, attachments: Collection[Attachment], reader: Reader) -> None:
    """A node that believes two of its LANs to be one network cannot say which of them an address is on. Where one lies
    in the other, it can: the longer prefix is believed."""
    for place in attachments:
        if not draft.attachments[place.lan].length:
            continue
        for other in attachments:
            if other.lan != place.lan and place.prefix == other.prefix:
                message = f"node {draft.name}: its own network on {place.lan}, {place.prefix}, is its network on"
                reader.problem(draft.attachments[place.lan].line, f"{message} {other.lan}, too")
                return


def _report_crowds(drafts: Mapping[str, Draft], reader: Reader) -> None:
    members = Counter(lan for draft in drafts.values() for lan in draft.attachments)
    for lan, count in members.items():
        if count > PORT_LIMIT:
            line = next(draft.attachments[lan].line for draft in drafts.values() if lan in draft.attachments)
            reader.problem(line, f"LAN {lan}: {count} nodes on it, and a bridge has {PORT_LIMIT} ports", "use several")


def _fits(attachment: DraftAttachment, draft: Draft, lan: Lan, owners: Mapping[Address, Draft], reader: Reader) -> bool:
    """Whether a node may have that address on the LAN."""
    assert attachment.address is not None
    address, prefix = attachment.address, lan.prefix
    if not prefix.holds(address):
        why = f"is outside {prefix} of LAN {lan.name}"
    elif address not in lan.usable:
        why = _kept(address, lan)
    elif address in owners:
        other = owners[address]
        why = f"is the address of node {other.name} already (line {other.attachments[lan.name].line})"
    else:
        return True
    first, last = Address(lan.usable[0]), Address(lan.usable[-1])
    reader.problem(
        attachment.line,
        f"node {draft.name}: {quote(str(address))[1:-1]} {why}",
        f"leave it open, or write one from {first} to {last}",
    )
    return False


def _kept(address: Address, lan: Lan) -> str:
    """Why no node may have an address of the LAN's."""
    if address == lan.prefix.network:
        return f"is the network {lan.prefix} itself"
    if address == lan.prefix.broadcast:
        return f"is the broadcast address of {lan.prefix}"
    return f"is the last one of {lan.prefix}, which the engine keeps for itself"
