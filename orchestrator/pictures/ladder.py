"""Messages as SVG: a line down for each node, an arrow for each message, with several ends for a broadcast. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from catenet.orchestrator.pictures.elements import document, text

__all__ = ["Rung", "ladder"]

_LETTER = 5.8
_EDGE, _TOP, _STEP, _LEAST = 80.0, 96.0, 40.0, 150.0
_STYLE = """
text{font-family:Helvetica,Arial,'Liberation Sans',sans-serif;font-size:11px;fill:#1c2733}
.title{font-size:18px;font-weight:bold}.node{font-size:13px;font-weight:bold;text-anchor:middle}
.middle{text-anchor:middle}.time{fill:#5b6b7b;text-anchor:end}.words{fill:#46586a;font-size:12px}
.line{stroke:#9aa8b5;stroke-width:1.4}.arrow{stroke:#2f6db0;stroke-width:2}.point{fill:#2f6db0}
.asks.arrow{stroke:#c77a00}.asks.point{fill:#c77a00}.cache{fill:#fdf6e7;stroke:#c77a00}.halo{stroke:#fff;stroke-width:4}
"""


class Rung(NamedTuple):
    """One message. `targets`: where it came in; `asks`: it is one that asks for an address, or answers."""

    source: str
    targets: tuple[str, ...]
    words: str
    asks: bool
    time: str


def ladder(
    title: str, nodes: Sequence[str], rungs: Sequence[Rung], caches: Mapping[str, Sequence[str]], words: Sequence[str]
) -> str:
    """The document. `caches`: node → lines that stand in a box below it; `words`: lines at the end."""
    cells = [max((len(line) for line in caches.get(node, ())), default=0) * _LETTER + 24 for node in nodes]
    said = max((len(rung.words) for rung in rungs), default=0) * _LETTER + 24
    gap = max(_LEAST, said, *cells)
    places = {node: _EDGE + gap * (number + 0.5) for number, node in enumerate(nodes)}
    foot = _TOP + _STEP * (len(rungs) + 0.6)
    parts = [text(24, 34, title, "title")]
    for node, x in places.items():
        parts.append(text(x, _TOP - 26, node, "node"))
        parts.append(f'<line class="line" x1="{x:.1f}" y1="{_TOP - 18:.1f}" x2="{x:.1f}" y2="{foot:.1f}"/>')
    for number, rung in enumerate(rungs):
        parts += _rung(rung, places, _TOP + _STEP * (number + 0.5))
    deepest = max((len(lines) for lines in caches.values()), default=0)
    for node, lines in caches.items():
        if node in places:
            parts += _cache(lines, places[node], foot + 8, gap - 12)
    y = foot + (40 + 16 * deepest if deepest else 30)
    for line in words:
        parts.append(text(24, y, line, "words"))
        y += 18
    right = max([_EDGE + gap * len(nodes) + 24, *(48 + 7 * len(line) for line in (*words, title + "    "))])
    return document(right, y + 10, _STYLE, parts)


def _rung(rung: Rung, places: Mapping[str, float], y: float) -> Iterator[str]:
    if rung.source not in places:
        return
    begin = places[rung.source]
    ends = [places[node] for node in rung.targets if node in places and node != rung.source]
    kind = "asks " if rung.asks else ""
    yield text(66, y + 4, rung.time, "time")
    for side in ([x for x in ends if x < begin], [x for x in ends if x > begin]):
        if side:
            far = min(side) if side[0] < begin else max(side)
            yield f'<line class="{kind}arrow" x1="{begin:.1f}" y1="{y:.1f}" x2="{far:.1f}" y2="{y:.1f}"/>'
            yield from (_point(x, y, 8 if x < begin else -8, kind) for x in side)
    yield f'<circle class="{kind}point" cx="{begin:.1f}" cy="{y:.1f}" r="3.5"/>'
    middle = (min([begin, *ends]) + max([begin, *ends])) / 2
    for look in ("middle halo", "middle"):
        yield text(middle, y - 7, rung.words, look)


def _point(x: float, y: float, back: float, kind: str) -> str:
    return f'<path class="{kind}point" d="M{x:.1f} {y:.1f} l{back:.1f} -5 l0 10 z"/>'


def _cache(lines: Sequence[str], x: float, y: float, wide: float) -> Iterator[str]:
    high = 16 * len(lines) + 8
    yield (
        f'<rect class="cache" x="{x - wide / 2:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="4">'
        f"<title>what it then has in its cache</title></rect>"
    )
    for number, line in enumerate(lines):
        yield text(x, y + 16 * (number + 1) - 2, line, "middle")
