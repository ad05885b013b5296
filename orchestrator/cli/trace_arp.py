"""How `catenet trace arp` looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from catenet.orchestrator.cli.screen import Cell, say, table, write_out
from catenet.orchestrator.cli.short_names import short_names
from catenet.orchestrator.cli.trace_packet import answer, summary
from catenet.orchestrator.trace.arp import ArpTrace
from catenet.orchestrator.trace.arp_steps import Exchange, How
from catenet.orchestrator.trace.packet_steps import PacketStep, Part
from catenet.orchestrator.wire.layers import ETHERNET

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["draw_arp", "print_arp"]


def print_arp(done: ArpTrace, nodes: Iterable[str]) -> None:
    """Each frame as a row, then what was asked in words, then what each knows. `nodes`: all of the lab's, so that a
    short name is one node's.
    """
    short = short_names(nodes)
    say(_title(done))
    if done.steps:
        rows: list[list[Cell]] = [
            [
                str(s.number),
                f"{s.at * 1000:.2f}",
                s.lan,
                _name(s.source, short),
                _to(s, short),
                summary(s),
                _heard(s, short),
            ]
            for s in done.steps
        ]
        table(["#", "ms", "LAN", "from", "to", "frame", "came in at"], rows)
        say("")
    for line in _words(done, short):
        say(line)
    if done.entries:
        say("")
        table(
            ["node", "LAN", "address", "of", "hardware", "state", "how it knows"],
            [
                [
                    _name(each.neighbour.node, short),
                    each.neighbour.lan,
                    each.neighbour.address,
                    _name(each.owner, short),
                    each.neighbour.hardware,
                    each.neighbour.state,
                    each.how.value,
                ]
                for each in done.entries
            ],
        )


def draw_arp(done: ArpTrace, nodes: Iterable[str], file: Path) -> None:
    """A line down for each node, an arrow for each frame; a broadcast's has several ends.

    Raises:
        UserError: FILE cannot be written.

    """
    from catenet.orchestrator.pictures.ladder import Rung, ladder

    short = short_names(nodes)
    order: dict[str, None] = {}
    for step in done.steps:
        order |= dict.fromkeys((step.source, *step.heard, step.target))
    rungs = [
        Rung(
            _name(step.source, short),
            tuple(_name(node, short) for node in step.heard or (step.target,) if node),
            f"{step.lan}: {summary(step)}",
            step.part == Part.ARP,
            f"{step.at * 1000:.2f} ms",
        )
        for step in done.steps
    ]
    caches: dict[str, list[str]] = {}
    for each in done.entries:
        line = f"{each.neighbour.address} {_name(each.owner, short)} is at {each.neighbour.hardware}"
        caches.setdefault(_name(each.neighbour.node, short), []).append(line)
    lines = [_name(node, short) for node in order if node]
    write_out(ladder(_title(done), lines, rungs, caches, list(_words(done, short))), file)


def _words(done: ArpTrace, short: Mapping[str, str]) -> Iterator[str]:
    """What was asked, and why; who answered, and for whom."""
    for each in done.known:
        who = _name(done.ends.name(each.lan, each.hardware), short) or "nobody of the lab"
        since = f", heard {each.seconds:.0f} s ago" if each.state == "reachable" else ""
        knows = f"{_name(each.node, short)} knows {each.address} on {each.lan} already"
        yield f"{knows}: at {each.hardware} ({who}), {each.state}{since}"
    if done.known and not done.fresh:
        yield "who knows it asks nobody; with --fresh all on the way forget first what they have cached"
    for exchange in done.exchanges:
        yield _question(exchange, done, short)
        yield _answer(exchange, short)
    learned = {each.neighbour.node for each in done.entries if each.how in (How.ASKED, How.WAS_ASKED)}
    learned |= {each.answerer for each in done.exchanges}
    heard = {node for each in done.exchanges if each.broadcast for node in each.heard}
    if bystanders := sorted(heard - learned):
        names = " ".join(_name(node, short) for node in bystanders)
        yield f"{names}: heard it too, and keeps no new entry: only who is asked for makes one (RFC 826)"
    if not done.reached:
        why = answer(done.steps, done.node, short) or done.says
        yield f"it did not come to {done.target}{f': {why}' if why else ''}"


def _question(exchange: Exchange, done: ArpTrace, short: Mapping[str, str]) -> str:
    asker, owner = _name(exchange.asker, short), _name(exchange.owner, short)
    whose = f" ({owner})" if owner else ""
    if not exchange.broadcast:
        return f"{asker} asks {owner or 'it'} alone, on {exchange.lan}, whether it still has {exchange.address}"
    why = "the packet's own destination"
    if exchange.address != done.address:
        why = "the next router on the way: the destination is on another network"
        if any(step.number > exchange.step and _leads_back(step, exchange) for step in done.steps):
            why = "the way of the answer"
    times = f", {exchange.tries} times" if exchange.tries > 1 else ""
    return f"{asker} asks all of {exchange.lan} who has {exchange.address}{whose}{times}: {why}"


def _leads_back(step: PacketStep, exchange: Exchange) -> bool:
    """Whether that step is of the answer, and goes by what was asked."""
    by = step.layers.value(ETHERNET, "destination") == exchange.hardware
    return step.part in (Part.BACK, Part.ERROR) and step.source == exchange.asker and by


def _answer(exchange: Exchange, short: Mapping[str, str]) -> str:
    if exchange.answered is None:
        return "  nobody answers"
    who, ms = _name(exchange.answerer, short), (exchange.answered - exchange.at) * 1000
    said = f"  {who} answers after {ms:.2f} ms: at {exchange.hardware}"
    if not exchange.is_proxied:
        return said
    owner = _name(exchange.owner, short) or "nobody of the lab"
    return f"{said}, its own, for {owner}: proxy ARP (RFC 1027)"


def _title(done: ArpTrace) -> str:
    to = done.target if done.target == done.address else f"{done.target} ({done.address})"
    emptied = ", all caches on the way emptied before" if done.fresh else ""
    return f"{done.node} sends a packet to {to}{emptied}"


def _name(node: str, short: Mapping[str, str]) -> str:
    return short.get(node, node)


def _to(step: PacketStep, short: Mapping[str, str]) -> str:
    return _name(step.target, short) if step.target else "all"


def _heard(step: PacketStep, short: Mapping[str, str]) -> str:
    return " ".join(_name(node, short) for node in step.heard)
