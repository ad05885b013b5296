"""Frames as SVG: a column each, every header a box inside the one below; what has changed is red. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from catenet.orchestrator.pictures.elements import document, text
from catenet.orchestrator.wire.layers import (
    APPLICATION,
    DATA_LINK,
    INTERNET,
    TRANSPORT,
    UNDERLYING,
    Header,
    Layers,
    plain_text,
)

__all__ = ["Column", "boxes"]

_LETTER = 6.3  # the width of a letter in pixels, generously
_ROW, _HEAD, _PAD, _EDGE, _GAP = 16.0, 20.0, 6.0, 24.0, 22.0
_SHOWN = 32
_FILLS = {
    UNDERLYING: ("#eef1f4", "#7b8a99"),
    DATA_LINK: ("#fdeccb", "#c77a00"),
    INTERNET: ("#dbe9f9", "#2f6db0"),
    TRANSPORT: ("#dcf3e1", "#2a8a45"),
    APPLICATION: ("#fff", "#1c2733"),
}
_STYLE = """
text{font-family:Helvetica,Arial,'Liberation Sans',sans-serif;font-size:11px;fill:#1c2733}
.title{font-size:18px;font-weight:bold}.head{font-weight:bold;font-size:12px}.words{fill:#46586a;font-size:12px}
.layer{font-weight:bold}.new{fill:#b3261e;font-weight:bold}.part{fill:#5b6b7b;font-size:13px;font-weight:bold}
"""


class Column(NamedTuple):
    """One frame. `part`: columns of one part stand in one row. `new`: (protocol, field) of what has changed; `name`:
    whose an address is, from the field's name and its value.
    """

    part: str
    heading: str
    lan: str
    layers: Layers
    new: frozenset[tuple[str, str]]
    name: Callable[[str, str], str]


class _Box(NamedTuple):
    """A header and what is in it, to be drawn: its lines, whether each is new, and the box inside."""

    layer: str
    head: str
    lines: tuple[tuple[str, bool], ...]
    inner: _Box | None

    @property
    def height(self) -> float:
        inside = 0.0 if self.inner is None else self.inner.height + _PAD
        return _HEAD + _ROW * len(self.lines) + inside + _PAD

    @property
    def width(self) -> float:
        own = max([len(self.head) + 2, *(len(line) for line, _ in self.lines)]) * _LETTER + 2 * _PAD
        return max(own, 0.0 if self.inner is None else self.inner.width + 2 * _PAD)


def boxes(title: str, words: Sequence[str], columns: Sequence[Column]) -> str:
    """The document. `words`: lines at its end."""
    rows: dict[str, list[tuple[Column, _Box]]] = {}
    for column in columns:
        rows.setdefault(column.part, []).append((column, _boxed(column)))
    parts = [text(_EDGE, 34, title, "title")]
    y, right = _EDGE + 34, 2 * _EDGE + 11 * len(title)
    for part, row in rows.items():
        parts.append(text(_EDGE, y, part, "part"))
        x, high = _EDGE, 0.0
        for column, box in row:
            wide = max(box.width, len(column.heading) * _LETTER * 1.1)
            parts.append(text(x, y + 20, column.heading, "head"))
            parts += _drawn(box, x, y + 28, wide)
            x, high = x + wide + _GAP, max(high, box.height)
        y, right = y + high + 64, max(right, x)
    for line in words:
        parts.append(text(_EDGE, y, line, "words"))
        y, right = y + 18, max(right, 2 * _EDGE + _LETTER * 1.1 * len(line))
    return document(right, y + _EDGE, _STYLE, parts)


def _boxed(column: Column) -> _Box:
    layers = column.layers
    inner: _Box | None = None
    if layers.payload:
        words = plain_text(layers.payload[:_SHOWN])
        more = " …" if len(layers.payload) > _SHOWN else ""
        layer = "data" if layers.piece else APPLICATION
        inner = _Box(APPLICATION, f"{layer}: {len(layers.payload)} octets", ((f'"{words}"{more}', False),), None)
    for header in reversed(layers.headers):
        inner = _Box(header.layer, _head(header), tuple(_lines(header, column)), inner)
    return _Box(UNDERLYING, f"{UNDERLYING}: LAN {column.lan}, {len(layers.data)} octets", (), inner)


def _head(header: Header) -> str:
    about = " that it is about" if header.quoted else ""
    return f"{header.layer}: {header.protocol}{about}, octets {header.begin} to {header.end - 1}"


def _lines(header: Header, column: Column) -> Iterator[tuple[str, bool]]:
    for each in header.fields:
        notes = ", ".join(word for word in (each.note, column.name(each.name, each.value)) if word)
        new = not header.quoted and (header.protocol, each.name) in column.new
        yield f"{each.name} {each.value}{f' ({notes})' if notes else ''}", new


def _drawn(box: _Box, x: float, y: float, wide: float) -> Iterator[str]:
    fill, edge = _FILLS.get(box.layer, _FILLS[UNDERLYING])
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{box.height:.1f}" rx="4" '
        f'fill="{fill}" stroke="{edge}" stroke-width="1.3"/>'
    )
    yield text(x + _PAD, y + 14, box.head, "layer")
    row = y + _HEAD
    for line, new in box.lines:
        yield text(x + _PAD, row + 11, line, "new" if new else "")
        row += _ROW
    if box.inner is not None:
        yield from _drawn(box.inner, x + _PAD, row + 2, wide - 2 * _PAD)
