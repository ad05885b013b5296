"""A page as text for a terminal: headings, paragraphs, lists and tables in plain lines, links as `[1] their text`.

Pages come from anywhere. Whatever they hold, the text has no control character and no more than a bounded number of
lines and links. (html.parser needs quadratic time for some malformed pages: whoever renders sets a deadline.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

__all__ = ["Rendered", "clean", "render_html", "render_text"]

_INPUT_LIMIT = 262_144  # characters of a page that are looked at
_LINES_LIMIT = 5_000
_LINKS_LIMIT = 500
_DEPTH_LIMIT = 8  # lists inside lists that are indented
_INDENT = 2  # columns
_ROOM = 10  # columns that a line has at least, however deep it is indented
_TITLE_LIMIT = 200  # characters

# Elements that begin and end a block; around the spaced ones there is an empty line.
_SPACED = frozenset(("blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"))
_SECTIONS = ("address", "article", "aside", "body", "div", "footer", "form", "header", "html", "main", "nav", "section")
_ITEMS = ("dd", "details", "dt", "fieldset", "figcaption", "figure", "li", "summary", "tbody", "tfoot", "thead", "tr")
_BREAKS = _SPACED.union(_SECTIONS, _ITEMS, ("title",))
_HIDDEN = frozenset(("noscript", "script", "style", "template"))
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page as text. `links` are absolute; the first one is [1] in the text."""

    title: str
    text: str
    links: tuple[str, ...]


def clean(text: str) -> str:
    """White space becomes one space each; what a terminal would obey or turn around is left out."""
    return "".join(
        character if character.isprintable() else " " if character.isspace() else "" for character in text
    ).replace("\u00a0", " ")


def render_html(page: str, base: str, width: int) -> Rendered:
    """An HTML page → text of at most `width` columns; `base` is the page's own URL."""
    renderer = _Renderer(base, width)
    try:
        renderer.feed(page[:_INPUT_LIMIT])
        renderer.close()
    except AssertionError:  # html.parser's word for markup that it cannot make sense of: the page ends there
        renderer.end_block()
        renderer.lines.append("[the rest of this page is not HTML]")
    renderer.end_block()
    return Rendered(clean(" ".join(renderer.title.split())), _join(renderer.lines), tuple(renderer.links))


def render_text(page: str) -> Rendered:
    """A plain text → the same, safe for a terminal."""
    return Rendered("", _join([_clean_line(line) for line in page[:_INPUT_LIMIT].splitlines()]), ())


def _clean_line(line: str) -> str:
    return "\t".join(clean(part) for part in line.split("\t")).expandtabs().rstrip()


def _join(lines: list[str]) -> str:
    kept = lines[:_LINES_LIMIT]
    if len(lines) > _LINES_LIMIT:
        kept.append(f"[{len(lines) - _LINES_LIMIT} more lines]")
    return "\n".join(kept).strip("\n")


class _Renderer(HTMLParser):
    """Gathers the words of a block, and writes them as lines when the block ends."""

    def __init__(self, base: str, width: int) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.links: list[str] = []
        self.title = ""
        self._base = base
        self._width = width
        self._words: list[str] = []
        self._bullet = ""  # stands before the first line of the block
        self._lists: list[int] = []  # for each open list the number of its next item; 0 in a list without numbers
        self._hidden = ""  # the element whose content is not shown, and in which we are
        self._in_title = False
        self._in_pre = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden:
            return
        if tag in _BREAKS:
            self.end_block()
        if tag in _SPACED and not self._lists:
            self._space()
        if tag in _HIDDEN:
            self._hidden = tag
        elif tag == "title":
            self._in_title = True
        elif tag == "pre":
            self._in_pre = True
        elif tag in ("ul", "ol"):
            self._lists.append(1 if tag == "ol" else 0)
        elif tag == "li":
            self._begin_item()
        else:
            self._inline(tag, dict(attrs))

    def _inline(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "a":
            self._link(attributes.get("href"))
        elif tag == "img":
            self._words.append(f" [picture: {attributes.get('alt') or 'no words for it'}] ")
        elif tag == "br":
            self._words.append("\n")
        elif tag in ("td", "th") and self._words:
            self._words.append(" | ")
        elif tag == "hr":
            self.lines.append("-" * self._width)

    def _begin_item(self) -> None:
        number = self._lists[-1] if self._lists else 0
        self._bullet = f"{number}. " if number else "- "
        if number:
            self._lists[-1] += 1

    def _link(self, target: str | None) -> None:
        try:
            link = clean(urljoin(self._base, target or ""))
            followable = target is not None and urlsplit(link).scheme in ("http", "https")
        except ValueError:
            return
        if followable and len(self.links) < _LINKS_LIMIT:
            self.links.append(link)
            self._words.append(f"[{len(self.links)}] ")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            self._hidden = "" if tag == self._hidden else self._hidden
            return
        if tag in _BREAKS:
            self.end_block()
        if tag in ("li", "ol", "ul"):
            self._bullet = ""
        if tag == "title":
            self._in_title = False
        elif tag == "pre":
            self._in_pre = False
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag in _SPACED and not self._lists:
            self._space()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title = (self.title + data)[:_TITLE_LIMIT]
        elif not self._hidden:
            self._words.append(data if self._in_pre else _SPACE.sub(" ", data))

    def end_block(self) -> None:
        """Write what was gathered."""
        text = "".join(self._words)
        self._words.clear()
        indent = " " * (_INDENT * min(len(self._lists), _DEPTH_LIMIT))
        if self._in_pre:
            self.lines += [indent + _clean_line(line) for line in text.strip("\n").split("\n")]
            return
        room = max(self._width - len(indent) - len(self._bullet), _ROOM)
        for line in (line for part in text.strip().split("\n") for line in _wrap(clean(part).split(), room)):
            self.lines.append(indent + self._bullet + line)
            self._bullet = " " * len(self._bullet)

    def _space(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")


def _wrap(words: list[str], room: int) -> list[str]:
    """The words in lines of at most `room` columns; a longer word is cut."""
    lines: list[str] = []
    line = ""
    for word in words:
        if line and len(line) + 1 + len(word) <= room:
            line += f" {word}"
            continue
        if line:
            lines.append(line)
        *whole, line = (word[i : i + room] for i in range(0, len(word), room))
        lines += whole
    return [*lines, line] if line else lines
