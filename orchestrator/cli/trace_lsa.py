"""How `catenet trace lsa` looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from catenet.orchestrator.cli.graph import drawing, form_of
from catenet.orchestrator.cli.screen import say, table, write_out
from catenet.orchestrator.cli.short_names import short_names
from catenet.orchestrator.trace.flood import Flood, FloodStep, Outcome, Reached
from catenet.orchestrator.trace.lsa import LsaTrace
from catenet.orchestrator.trace.lsa_rule import LinkUse

if TYPE_CHECKING:
    from pathlib import Path

    from catenet.orchestrator.lab.model import Lab

__all__ = ["draw_lsa", "print_lsa"]


def print_lsa(done: LsaTrace, nodes: Iterable[str]) -> None:
    """Each packet as a table, who has it from whom as a tree, how often each link carried it; then what is not right.
    `nodes`: all of the lab's, so that a short name is one node's.
    """
    flood = done.flood
    if flood is None:
        say(f"{done.node} has said no {done.about} of itself")
        say(f"next: catenet events -f --kind lsa (and break or mend something at {done.node})")
        return
    short = short_names(nodes)
    say(_title(done, flood))
    say("")
    rows = [
        [f"{s.at * 1000:.1f}", s.lan, short.get(s.source, s.source), short.get(s.to, s.to), *_what(s, short)]
        for s in flood.steps
    ]
    table(["ms", "LAN", "from", "to", "sequence", "age", "what"], rows)
    say("")
    say(f"{short.get(flood.origin, flood.origin)}")
    for line in _tree(flood, flood.origin, short):
        say(line)
    say("")
    table(["LAN", "from", "to", "times", ""], [_use(use, short) for use in done.uses])
    say("")
    for line in _sum(done, flood):
        say(line)


def draw_lsa(done: LsaTrace, flood: Flood, lab: Lab, file: Path) -> None:
    """The lab as its file plans it, and in bold who has it from whom, over which LAN.

    Raises:
        UserError: FILE has an unknown suffix, or cannot be written.

    """
    from catenet.orchestrator.pictures.picture import ShownPath, plan_picture

    paths: dict[tuple[str, str], list[str]] = {}
    for each in flood.reached:
        paths.setdefault((each.source, each.lan), []).append(each.node)
    tree = tuple(ShownPath(source, lan, tuple(to)) for (source, lan), to in paths.items())
    picture = replace(plan_picture(lab), subtitle=f"{_title(done, flood)}: who had it from whom", tree=tree)
    write_out(drawing(form_of(file))(picture), file)


def _title(done: LsaTrace, flood: Flood) -> str:
    where = f"area {flood.area}" if flood.area else "all areas"
    clock = datetime.fromtimestamp(flood.at, UTC).strftime("%H:%M:%S.%f")[:-3]
    return f"{done.node}'s {done.about} {flood.key.id}, {flood.sequence}, in {where}: originated at {clock} (UTC)"


def _what(step: FloodStep, short: Mapping[str, str]) -> tuple[str, str, str]:
    came: dict[Outcome, list[str]] = {}
    for each in step.receipts:
        came.setdefault(each.outcome, []).append(short.get(each.node, each.node))
    if step.carries:
        words = [f"{' '.join(names)}: {outcome.value}" for outcome, names in came.items()]
    else:
        words = [f"to {' '.join(came[Outcome.ACKNOWLEDGED])}"] if Outcome.ACKNOWLEDGED in came else []
        words += [f"not heard by {' '.join(came[Outcome.UNHEARD])}"] if Outcome.UNHEARD in came else []
    return step.sequence, str(step.age), "; ".join([step.how.value, *words])


def _tree(flood: Flood, source: str, short: Mapping[str, str], indent: str = "") -> Iterator[str]:
    """Who has it from that router, and so on; each is there once, as each has it from one."""
    found = [each for each in flood.reached if each.source == source]
    for number, each in enumerate(found, 1):
        last = number == len(found)
        yield f"{indent}{'└─' if last else '├─'} {each.lan} ─ {short.get(each.node, each.node)}  {_ms(each)}"
        yield from _tree(flood, each.node, short, f"{indent}{'   ' if last else '│  '}")


def _ms(reached: Reached) -> str:
    return f"{reached.at * 1000:.1f} ms{'' if reached.told else ' (by what it sent)'}"


def _use(use: LinkUse, short: Mapping[str, str]) -> list[str]:
    times = "once" if use.copies == 1 else f"{use.copies} times"
    return [use.lan, short.get(use.source, use.source), short.get(use.to, use.to), times, use.why]


def _sum(done: LsaTrace, flood: Flood) -> Iterator[str]:
    copies = sum(use.copies for use in done.uses)
    links = len({use.lan for use in done.uses})
    last = flood.reached[-1] if flood.reached else None
    after = "" if last is None else f", the last after {last.at * 1000:.1f} ms ({last.node})"
    have = len(flood.routers) - len(flood.missing)
    yield f"{have} of {len(flood.routers)} routers have it{after}; {copies} copies on {links} links"
    for fault in done.faults:
        yield f"but {fault.text}"
    if not done.faults:
        yield "each router sent it once at most on each link, and none back to where it had it from (RFC 2328, 13.3)"
