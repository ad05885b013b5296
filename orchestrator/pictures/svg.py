"""A picture of a lab as SVG: routers are round, hosts are boxes in the LAN to which they belong. Pure.

A node on one LAN only, that does not forward, stands inside its LAN; every other node stands free, with a line to
each of its LANs and its address at the line's beginning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from catenet.nodes.control.link import BROKEN, CUT, StateWords
from catenet.orchestrator.pictures.elements import document, escaped, text
from catenet.orchestrator.pictures.host_marks import LEGEND_HEIGHT, STYLE, legend, legend_width, mark
from catenet.orchestrator.pictures.layout import Box, Spot, place
from catenet.orchestrator.pictures.picture import Picture, ShownEnd, ShownLan, ShownNode

__all__ = ["svg"]

_LETTER, _SMALL = 7.6, 6.7  # widths in pixels, generously, of the two sizes of letters
_ROW, _ROWS = 24.0, 10
_HEAD = 36.0
_EDGE = 28.0
_TOP = 54.0
_LINE = 46.0  # to write on

_RED, _ORANGE = ("#fbe4e4", "#b3261e", "#c93a32", "#b3261e"), ("#fdeccb", "#c77a00", "#c77a00", "#8a5500")


def _broken(state: StateWords) -> str:
    fill, edge, line, words = _RED if state == CUT else _ORANGE
    word = state.word
    return (
        f".{word}.lan{{fill:{fill};stroke:{edge};stroke-dasharray:5 3}}"
        f".{word}.line{{stroke:{line};stroke-dasharray:7 5}}.{word}.words{{fill:{words}}}\n"
    )


_STYLE = """
text{font-family:Helvetica,Arial,'Liberation Sans',sans-serif;font-size:13px;fill:#1c2733}
.title{font-size:20px;font-weight:bold}.subtitle{font-size:13px;fill:#5b6b7b}
.small{font-size:11px;fill:#46586a}.name{font-weight:bold}.middle{text-anchor:middle}.end{text-anchor:end}
.node{fill:#dbe9f9;stroke:#2f6db0;stroke-width:1.6}.host{fill:#fff}
.lan{fill:#f3f5f7;stroke:#9aa8b5;stroke-width:1.2}.line{stroke:#7b8a99;stroke-width:2.2;fill:none}
.good.node{fill:#dcf3e1;stroke:#2a8a45}.good.host{fill:#f1fbf3}
.waiting.node{fill:#fdeccb;stroke:#c77a00}
.paused.node{fill:#fff3b8;stroke:#b59000;stroke-dasharray:5 3}
.dead.node{fill:#f6d5d5;stroke:#b3261e;stroke-dasharray:3 3}.dead.words{fill:#b3261e}
{BROKEN}.way.line{stroke:#7a3fb5;stroke-width:6;stroke-linecap:round}.way.node{stroke:#7a3fb5;stroke-width:3}
.tree.line{stroke:#1c4f8c;stroke-width:6;stroke-linecap:round}
.unknown.line{stroke-dasharray:2 4}.halo{stroke:#fff;stroke-width:4}
.write{stroke:#46586a;stroke-width:1;fill:#fff}
{HOSTS}
""".replace("{BROKEN}", "".join(map(_broken, BROKEN))).replace("{HOSTS}", STYLE)


class _Thing(NamedTuple):
    """What gets a place: a free node, or a LAN with the nodes inside."""

    node: ShownNode | None
    lan: ShownLan | None
    inside: tuple[tuple[ShownNode, ShownEnd], ...]
    box: Box
    wide: float = 0.0  # a column of nodes


def svg(picture: Picture) -> str:
    """The document."""
    things = _things(picture)
    nodes = {thing.node.name: number for number, thing in enumerate(things) if thing.node is not None}
    lans = {thing.lan.name: number for number, thing in enumerate(things) if thing.lan is not None}
    joins = [
        (nodes[end.node], lans[lan.name], lan, end) for lan in picture.lans for end in lan.ends if end.node in nodes
    ]
    spots = place([thing.box for thing in things], [(one, other) for one, other, _, _ in joins])
    left = min((s.x - t.box.width / 2 for s, t in zip(spots, things, strict=True)), default=0.0) - _EDGE
    top = min((s.y - t.box.height / 2 for s, t in zip(spots, things, strict=True)), default=0.0) - _EDGE - _TOP
    top -= LEGEND_HEIGHT if picture.hosts else 0.0
    spots = [Spot(spot.x - left, spot.y - top) for spot in spots]
    right = max((s.x + t.box.width / 2 for s, t in zip(spots, things, strict=True)), default=0.0) + _EDGE
    bottom = max((s.y + t.box.height / 2 for s, t in zip(spots, things, strict=True)), default=0.0) + _EDGE
    words = max(12 * len(picture.title), _LETTER * len(picture.subtitle), legend_width(picture))
    right = max(right, 2 * _EDGE + words)
    parts = [
        text(_EDGE, 34, picture.title, "title"),
        text(_EDGE, 54, picture.subtitle, "subtitle"),
        *legend(_EDGE, 72, picture),
        *(
            _line(spots[one], spots[other], lan, _marks(picture, (end.node, lan.name)))
            for one, other, lan, end in joins
        ),
        *(part for thing, spot in zip(things, spots, strict=True) for part in _drawn(thing, spot, picture)),
        *(
            part
            for one, other, _, end in joins
            for part in _end(spots[one], spots[other], things[one].box, end.address, picture.blank)
        ),
    ]
    return document(right, bottom, _STYLE, parts)


def _things(picture: Picture) -> list[_Thing]:
    lans = {node.name: picture.lans_of(node.name) for node in picture.nodes}
    inner = {node.name: node for node in picture.nodes if not node.router and len(lans[node.name]) == 1}
    things = [_Thing(node, None, (), _node_box(node)) for node in picture.nodes if node.name not in inner]
    for lan in picture.lans:
        inside = tuple((inner[end.node], end) for end in lan.ends if end.node in inner)
        things.append(_lan_thing(lan, inside, blank=picture.blank))
    return things


def _node_box(node: ShownNode) -> Box:
    words = _SMALL * len(node.words) if node.state not in ("", "good") else 0.0
    wide = max(_LETTER * len(node.name), words) + 24
    return Box(max(wide, 52.0), 52.0 if node.router else 40.0)


def _lan_thing(lan: ShownLan, inside: tuple[tuple[ShownNode, ShownEnd], ...], *, blank: bool) -> _Thing:
    columns = math.ceil(len(inside) / _ROWS) or 1
    rows = math.ceil(len(inside) / columns)
    wide = max(
        (_LETTER * len(_said(node)) + (_LINE if blank else _SMALL * len(end.address)) + 34 for node, end in inside),
        default=0.0,
    )
    head = max(_LETTER * len(lan.name), _SMALL * max(len(lan.prefix), len(lan.words))) + 20
    wide = max(wide, (head - 12) / columns) if inside else head - 12
    words = 14.0 if lan.worded else 0.0
    high = _HEAD + words + (rows * _ROW + 6 if inside else 0.0)
    return _Thing(None, lan, inside, Box(columns * wide + 12, high), wide)


def _said(node: ShownNode) -> str:
    name = _title(node)
    return f"{name}: {node.words}" if node.state not in ("", "good") else name


def _title(node: ShownNode) -> str:
    return f"{node.name} (userspace stack)" if node.userspace else node.name


def _drawn(thing: _Thing, spot: Spot, picture: Picture) -> Iterator[str]:
    if thing.node is not None:
        yield from _drawn_node(thing.node, spot, thing.box, picture)
    elif thing.lan is not None:
        yield from _drawn_lan(thing, thing.lan, spot, picture)


def _kind(node: ShownNode, picture: Picture) -> str:
    return " ".join(["node", *filter(None, [node.state]), *(["way"] if node.name in picture.call[::2] else [])])


def _drawn_node(node: ShownNode, spot: Spot, box: Box, picture: Picture) -> Iterator[str]:
    kind = _kind(node, picture)
    if node.router:
        yield (
            f'<ellipse class="{kind}" cx="{spot.x:.1f}" cy="{spot.y:.1f}" rx="{box.width / 2:.1f}" '
            f'ry="{box.height / 2:.1f}"><title>{escaped(_title(node))}</title></ellipse>'
        )
    else:
        yield _rect(Spot(spot.x - box.width / 2, spot.y - box.height / 2), box, f"{kind} host", _title(node))
    worded = node.state not in ("", "good")
    yield text(spot.x, spot.y + (0 if worded else 5), node.name, "name middle")
    if worded:
        yield text(spot.x, spot.y + 14, node.words, f"small words middle {node.state}")
    yield from mark(spot.x, spot.y - box.height / 2, node.host, picture)


def _drawn_lan(thing: _Thing, lan: ShownLan, spot: Spot, picture: Picture) -> Iterator[str]:
    blank = picture.blank
    left, top = spot.x - thing.box.width / 2, spot.y - thing.box.height / 2
    spans = "spans" if lan.name in picture.spanning else ""
    yield _rect(Spot(left, top), thing.box, " ".join(filter(None, ["lan", lan.state, spans])), lan.name)
    yield text(spot.x, top + 15, lan.name, "name middle")
    yield _rule(spot.x - 35, top + 30, 70) if blank else text(spot.x, top + 29, lan.prefix, "small middle")
    y = top + _HEAD
    if lan.worded:
        yield text(spot.x, y + 7, lan.words, f"small words middle {lan.state}")
        y += 14
    rows = math.ceil(len(thing.inside) / (math.ceil(len(thing.inside) / _ROWS) or 1)) or 1
    for number, (node, end) in enumerate(thing.inside):
        x, row = left + 6 + number // rows * thing.wide, y + number % rows * _ROW
        yield _rect(Spot(x + 3, row), Box(thing.wide - 6, _ROW - 4), f"{_kind(node, picture)} host", _title(node))
        yield text(x + 9, row + 14.5, _said(node), "")
        far = x + thing.wide - 9
        yield _rule(far - _LINE, row + 16, _LINE) if blank else text(far, row + 14.5, end.address, "small end")
        yield from mark(x + 3, row + 2, node.host, picture)


def _marks(picture: Picture, line: tuple[str, str]) -> list[str]:
    marks = {"way": picture.call_lines, "tree": picture.tree_lines}
    return [word for word, lines in marks.items() if line in lines]


def _line(one: Spot, other: Spot, lan: ShownLan, marks: list[str]) -> str:
    kind = " ".join(filter(None, ["line", lan.state, *marks]))
    return f'<line class="{kind}" x1="{one.x:.1f}" y1="{one.y:.1f}" x2="{other.x:.1f}" y2="{other.y:.1f}"/>'


def _end(one: Spot, other: Spot, box: Box, address: str, blank: bool) -> Iterator[str]:
    """The node's address, where its line leaves it."""
    x, y = other.x - one.x, other.y - one.y
    length = math.hypot(x, y) or 1.0
    x, y = x / length, y / length
    edge = 1 / math.hypot(x / (box.width / 2), y / (box.height / 2))
    if blank:
        corner = Spot(one.x + x * (edge + 22) - 16, one.y + y * (edge + 15) - 9)
        yield _rect(corner, Box(32, 18), "write")
    elif address:
        for kind in ("small middle halo", "small middle"):
            yield text(one.x + x * (edge + 13), one.y + y * (edge + 11) + 4, address, kind)


def _rect(corner: Spot, box: Box, kind: str, name: str = "") -> str:
    title = f"<title>{escaped(name)}</title>" if name else ""
    return (
        f'<rect class="{kind}" x="{corner.x:.1f}" y="{corner.y:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="5">{title}</rect>'
    )


def _rule(x: float, y: float, width: float) -> str:
    return f'<line class="write" x1="{x:.1f}" y1="{y:.1f}" x2="{x + width:.1f}" y2="{y:.1f}"/>'
