"""How `catenet trace packet` looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from catenet.orchestrator.cli.screen import Cell, say, table, write_out
from catenet.orchestrator.cli.short_names import short_names
from catenet.orchestrator.trace.packet import Ends, PacketTrace
from catenet.orchestrator.trace.packet_steps import Change, PacketStep, Part
from catenet.orchestrator.wire.layers import (
    APPLICATION,
    ARP,
    ICMP,
    IPV4,
    TRANSPORT,
    UDP,
    UNDERLYING,
    Layers,
    plain_text,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["answer", "draw_packet", "print_packet", "summary"]

WIDTH = 100
_GAP = "   "
_SHOWN = 48
"""Octets of data that are shown."""


def print_packet(done: PacketTrace, nodes: Iterable[str], *, whole: bool = False) -> None:
    """Each frame as a row; then what is in the first of each packet, layer by layer, and what each hop has changed.
    `nodes`: all of the lab's, so that a short name is one node's. `whole`: every frame layer by layer.
    """
    short = short_names(nodes)
    say(_title(done))
    if not done.steps:
        say(f"nothing was seen to be sent{f': {done.says}' if done.says else ''}")
        return
    rows: list[list[Cell]] = [
        [str(s.number), f"{s.at * 1000:.2f}", s.lan, short.get(s.source, s.source), _to(s, short), summary(s)]
        for s in done.steps
    ]
    table(["#", "ms", "LAN", "from", "to", "frame"], rows)
    for step in done.steps:
        if step.part == Part.ARP:
            continue
        say("")
        say(_heading(step, short))
        for line in _nested(step, done.ends) if whole or step.before is None else _changed(step, done.ends):
            say(line)
    say("")
    for line in _verdict(done, short):
        say(line)


def draw_packet(done: PacketTrace, nodes: Iterable[str], file: Path) -> None:
    """The frames beside each other, a column a LAN, each header inside the one below.

    Raises:
        UserError: FILE cannot be written.

    """
    from catenet.orchestrator.pictures.boxes import Column, boxes

    short = short_names(nodes)
    steps = [step for step in done.steps if step.part != Part.ARP]
    columns = [
        Column(step.part.value, _heading(step, short), step.lan, step.layers, _new(step), _namer(done.ends, step.lan))
        for step in steps
    ]
    write_out(boxes(_title(done), list(_verdict(done, short)), columns), file)


def _title(done: PacketTrace) -> str:
    """h1 sends h2 (10.1.3.2) 56 octets in an ICMP echo request."""
    sent = done.sent
    how = "in an ICMP echo request" if sent.protocol == ICMP else f"by {sent.protocol}, to port {sent.port}"
    to = done.target if done.target == sent.address else f"{done.target} ({sent.address})"
    return f"{done.node} sends {to} {len(done.data)} octets {how}"


def summary(step: PacketStep) -> str:
    """The frame in a line: `echo request, TTL 64`."""
    layers = step.layers
    if ARP in layers.protocols:
        return _arp_words(layers)
    words = [_what(step), f"TTL {layers.value(IPV4, 'TTL')}", step.fragment, *layers.wrong]
    if step.target not in step.heard:
        words.append("did not come in")
    return ", ".join(word for word in words if word)


def _arp_words(layers: Layers) -> str:
    """who has 10.1.1.1? tell 10.1.1.2."""
    sender = layers.value(ARP, "sender")
    if layers.value(ARP, "opcode") == "1":
        return f"ARP: who has {layers.value(ARP, 'target')}? tell {sender}"
    return f"ARP: {sender} is at {layers.value(ARP, 'sender hardware')}"


def _what(step: PacketStep) -> str:
    layers = step.layers
    icmp, udp = layers.header(ICMP), layers.header(UDP)
    if icmp is not None:
        kind, code = icmp.fields[0].note or f"ICMP type {icmp.fields[0].value}", icmp.fields[1].note
        return f"{kind}: {code}" if code else kind
    if udp is not None:
        return f"UDP {udp.value('source port')} to {udp.value('destination port')}"
    return "data" if layers.piece else f"protocol {layers.value(IPV4, 'protocol')}"


def _to(step: PacketStep, short: Mapping[str, str]) -> str:
    if step.target:
        return short.get(step.target, step.target)
    return "all" if ARP in step.layers.protocols else "nobody"


def _heading(step: PacketStep, short: Mapping[str, str]) -> str:
    way = f"{short.get(step.source, step.source or '?')} to {_to(step, short)} on {step.lan}"
    return f"{step.number}  {way}: {summary(step)}"


# A frame, each header inside the one below.


def _nested(step: PacketStep, ends: Ends) -> Iterator[str]:
    """The layers from the LAN inwards, each indented by the bars of those that it is in."""
    layers = step.layers
    seen = [f"left {step.source}"] * step.left + [f"came in at {' '.join(step.heard)}"] * bool(step.heard)
    yield f"┌─ {UNDERLYING:<12} LAN {step.lan}: {len(layers.data)} octets; {', '.join(seen) or 'not seen'}"
    depth = 1
    for header in layers.headers:
        bars = "│ " * depth
        about = " of the packet that it is about" if header.quoted else ""
        yield f"{bars}┌─ {header.layer:<12} {header.protocol}, octets {header.begin} to {header.end - 1}{about}"
        octets = layers.data[header.begin : header.end].hex(" ", 2).split()
        yield from (f"{bars}│    {line}" for line in _wrapped(octets, WIDTH - len(bars) - 5, " "))
        words = [_field(each.name, each.value, each.note, step.lan, ends) for each in header.fields]
        yield from (f"{bars}│    {line}" for line in _wrapped(words, WIDTH - len(bars) - 5))
        depth += 1
    if layers.payload:
        bars = "│ " * depth
        layer = APPLICATION if not layers.piece else "data"
        yield f"{bars}┌─ {layer:<12} octets {layers.begin} to {layers.end - 1}"
        yield from (f"{bars}│    {line}" for line in _data_lines(layers.payload, WIDTH - len(bars) - 5))
        depth += 1
    yield f"└─{'┴─' * (depth - 1)}"


def _data_lines(data: bytes, width: int) -> Iterator[str]:
    """Its first octets, as text."""
    more = f" … ({len(data)} octets)" if len(data) > _SHOWN else ""
    yield from _wrapped([f'"{plain_text(data[:_SHOWN])}"{more}'], width)


def _field(name: str, value: str, note: str, lan: str, ends: Ends) -> str:
    words = ", ".join(word for word in (note, ends.name(lan, value) if _is_address(name) else "") if word)
    return f"{name} {value} ({words})" if words else f"{name} {value}"


def _is_address(name: str) -> bool:
    return name.split(maxsplit=1)[0] in ("source", "destination", "sender", "target") and not name.endswith("port")


def _wrapped(words: Sequence[str], width: int, gap: str = _GAP) -> Iterator[str]:
    line = ""
    for word in words:
        longer = f"{line}{gap}{word}" if line else word
        if line and len(longer) > width:
            yield line
            longer = word
        line = longer
    if line:
        yield line


# What a hop has changed.


def _changed(step: PacketStep, ends: Ends) -> Iterator[str]:
    for layer, of in groupby(step.changes, key=lambda each: each.layer):
        words = [_change(each, step.lan, ends) for each in of]
        lines = list(_wrapped(words, WIDTH - 18))
        yield from (f"   {layer if not n else '':<12}   {line}" for n, line in enumerate(lines))
    yield from (f"   {'as it was' if not n else '':<12}   {line}" for n, line in enumerate(_kept(step)))


def _change(change: Change, lan: str, ends: Ends) -> str:
    who = ends.name(lan, change.after) if _is_address(change.field) else ""
    after = f"{change.after or 'none'} ({who})" if who else change.after or "none"
    return f"{change.field} {change.before or 'none'} → {after}"


def _kept(step: PacketStep) -> list[str]:
    """What stays from end to end, as far as it has."""
    changed = {(each.protocol, each.field) for each in step.changes}
    layers = step.layers
    names = ("source", "destination", "identification", "protocol")
    words = [f"{name} {layers.value(IPV4, name)}" for name in names if (IPV4, name) not in changed]
    words += [
        f"all of {each.protocol}"
        for each in layers.headers
        if not each.quoted and (each.layer == TRANSPORT or each.protocol == ICMP)
        if not any(protocol == each.protocol for protocol, _ in changed)
    ]
    if layers.payload and not any(each.layer == APPLICATION for each in step.changes):
        words.append(f"the {len(layers.payload)} octets of data")
    return list(_wrapped(words, WIDTH - 18))


def _new(step: PacketStep) -> frozenset[tuple[str, str]]:
    """(protocol, field) of what is another than before."""
    return frozenset((each.protocol, each.field) for each in step.changes)


def _namer(ends: Ends, lan: str) -> Callable[[str, str], str]:
    return lambda name, value: ends.name(lan, value) if _is_address(name) else ""


def answer(steps: Sequence[PacketStep], node: str, short: Mapping[str, str]) -> str:
    """What came back to the node, and from whom; empty: nothing."""
    back = next((each for each in steps if each.part in (Part.BACK, Part.ERROR) and node in each.heard), None)
    if back is None:
        return ""
    of, first = {each.number: each for each in steps}, back
    while first.before is not None:
        first = of[first.before]
    who = short.get(first.source, first.source)
    return f"{who} answered: {_what(back)}" if back.part == Part.BACK else f"{who} says: {_what(back)}"


def _verdict(done: PacketTrace, short: Mapping[str, str]) -> Iterator[str]:
    """What became of it, and whether each hop did what it may."""
    hops = [step for step in done.steps if step.before is not None]
    if done.faults:
        for fault in done.faults:
            yield f"{'as a translator' if fault.node in done.translators else 'but'} {fault.text} (step {fault.step})"
    elif hops:
        yield (
            f"at each hop: other hardware addresses, a TTL that is one less, its checksum; "
            f"all else as it was{' but for what fragments need' if any(s.fragment for s in hops) else ''}"
        )
    there = [step for step in done.steps if step.part == Part.THERE]
    said = answer(done.steps, done.node, short)
    if said:
        yield said
    elif there:
        last = next((step for step in reversed(there) if step.target in step.heard), None)
        where = "nobody heard it" if last is None else f"the last to hear it: {short[last.target]}, on {last.lan}"
        yield f"no answer{f' ({done.says})' if done.says else ''}; {where}"
