"""What every picture in SVG is made of: the document, and words in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from catenet.nodes.control.printable import printable

__all__ = ["document", "escaped", "text"]


def document(width: float, height: float, style: str, parts: Iterable[str]) -> str:
    """The whole, on white; `style` is CSS."""
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            f"<style>{style}</style>",
            '<rect width="100%" height="100%" fill="#fff"/>',
            *parts,
            "</svg>\n",
        ]
    )


def text(x: float, y: float, words: str, kind: str) -> str:
    """Words at a place; `kind`: their classes in the style, or empty."""
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}">{escaped(words)}</text>'


def escaped(words: str) -> str:
    """As XML has it: without control characters, which no XML file may have (XML 1.0 section 2.2)."""
    return escape(printable(words))
