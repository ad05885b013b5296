"""`impairments:` → what the packets of each LAN suffer."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from catenet.nodes.control.impairment import Impairment
from catenet.orchestrator.faults.impairment import ImpairmentWords, impairment
from catenet.orchestrator.faults.option import words_of
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.problems import nearest, quote
from catenet.orchestrator.lab.reader import Reader
from catenet.orchestrator.lab.verb_options import read_options

__all__ = ["read_impairments"]

_LIKE = "{link1: {delay: 20ms}}"


def read_impairments(
    item: Item | None, lans: Mapping[str, Collection[str]], reader: Reader
) -> dict[str, tuple[Impairment, ...]]:
    """LAN → what is suffered there. `lans`: each with the nodes on it."""
    found: dict[str, tuple[Impairment, ...]] = {}
    for lan, child in reader.mapping(item, "impairments", _LIKE).items():
        if lan not in lans:
            reader.problem(child.line, f"impairments: there is no LAN {quote(lan)}", nearest(lan, lans))
            continue
        what = f"impairments: {lan}"
        several = child.value if isinstance(child.value, tuple) else (child,)
        read = [(each, made) for each in several if (made := _one(each, what, lans[lan], reader)) is not None]
        _once_each(read, what, reader)
        found[lan] = tuple(sorted(made for _, made in read))
    return found


def _one(item: Item, what: str, nodes: Collection[str], reader: Reader) -> Impairment | None:
    section = reader.section(item, what, words_of(ImpairmentWords))
    if section is None:
        return None
    words = read_options(ImpairmentWords, section, what, reader, nodes)
    try:
        made = impairment(words)
    except ValueError as error:
        reader.problem(item.line, f"{what}: {error}")
        return None
    if made.nothing:
        reader.problem(item.line, f"{what}: nothing is suffered", f"say how, like {_LIKE}")
    return made


def _once_each(read: Collection[tuple[Item, Impairment]], what: str, reader: Reader) -> None:
    senders = [made.sender for _, made in read]
    for place, (item, made) in enumerate(read):
        if made.sender in senders[:place]:
            who = f"from {made.sender}" if made.sender else "without `from:`"
            reader.problem(item.line, f"{what}: a second one {who}", "each sender once")
        elif not made.sender and len(senders) > 1:
            reader.problem(item.line, f"{what}: one of all senders beside one of one", "give each its `from:`")
