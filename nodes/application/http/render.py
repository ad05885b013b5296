"""A page as text for a terminal: headings, paragraphs, lists and tables in plain lines, links as `[1] their text`.

Pages come from anywhere. Whatever they hold, the text has no control character and no more than a bounded number of
lines and links; what is left out for it is said. No script runs, so what stands there for such readers is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from unicodedata import combining, east_asian_width

from catenet.nodes.application.http.markup import markup
from catenet.nodes.application.http.uri import Authority, Uri, escape
from catenet.nodes.machine import DecodeError

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
_HIDDEN = frozenset(("script", "style", "template"))
_SPACE = re.compile(r"\s+")
_LINE_ENDS = re.compile("[\t\n\r]")
_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,9})")
_REFRESH = re.compile(r"""\s*([0-9]{1,9})[0-9.]*\s*[;,]\s*(?:url\s*=\s*)?["']?([^"']+)""", re.IGNORECASE)
_LONG_REFERENCE = re.compile("&#([0-9]{8,});?")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page as text. `links` are absolute; the first one is [1] in the text."""

    title: str
    text: str
    links: tuple[str, ...]


class _Shown:
    """The table of `str.translate`: character → what is shown for it."""

    def __getitem__(self, code: int) -> str:
        character = chr(code)
        if character.isspace():
            return " "
        if character.isprintable():
            raise LookupError  # it stays as it is
        return ""


_SHOWN = _Shown()


def clean(text: str) -> str:
    """White space becomes one space each; what a terminal would obey or turn around is left out."""
    return text if text.isascii() and text.isprintable() else text.translate(_SHOWN)


def render_html(page: str, base: str, width: int) -> Rendered:
    """An HTML page → text of at most `width` columns; `base` is the page's own URL."""
    renderer = _Renderer(base, width)
    try:
        # `close` is not called: it looks for the end of each tag once more, in quadratic time. What is left is a tag or
        # a comment without an end, which HTML's standard drops; the line end completes a reference before it.
        renderer.feed(_LONG_REFERENCE.sub(_short_reference, markup(page[:_INPUT_LIMIT])) + "\n")
    except AssertionError:  # html.parser's word for markup that it cannot make sense of: the page ends there
        renderer.end_block()
        renderer.lines.append("[the rest of this page is not HTML]")
        renderer.rawdata = ""
    renderer.end_block()
    left_out = renderer.left_out() + (_left_out(page) or renderer.unfinished())
    return Rendered(clean(" ".join(renderer.title.split())), _join(renderer.lines, left_out), renderer.links())


def render_text(page: str) -> Rendered:
    """A plain text → the same, safe for a terminal."""
    lines = [_clean_line(line) for line in page[:_INPUT_LIMIT].splitlines()]
    return Rendered("", _join(lines, _left_out(page)), ())


def _short_reference(match: re.Match[str]) -> str:
    """A character reference of many digits, of which Python would refuse to make a number → the same with few."""
    digits = match[1].lstrip("0") or "0"
    return f"&#{digits};" if len(digits) < 8 else "&#xFFFD;"


def _left_out(page: str) -> list[str]:
    return [f"[only the first {_INPUT_LIMIT} characters are shown]"] if len(page) > _INPUT_LIMIT else []


def _clean_line(line: str) -> str:
    return "\t".join(clean(part) for part in line.split("\t")).expandtabs().rstrip()


def _join(lines: list[str], left_out: list[str]) -> str:
    kept = lines[:_LINES_LIMIT]
    if len(lines) > _LINES_LIMIT:
        kept.append(f"[{len(lines) - _LINES_LIMIT} more lines]")
    return "\n".join(kept + left_out).strip("\n")


class _Renderer(HTMLParser):
    """Gathers the words of a block, and writes them as lines when the block ends."""

    def __init__(self, base: str, width: int) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.title = ""
        self._base = Uri.parse(base)
        self._has_base = False  # whether the page has named another one
        self._references: list[str] = []  # the links, as they stand in the page
        self._unnumbered = 0  # links beyond the limit
        self._width = width
        self._words: list[str] = []
        self._bullet = ""  # stands before the first line of the block
        self._lists: list[int | None] = []  # for each open list the number of its next item; None where it has none
        self._hidden = ""  # the element whose content is not shown, and in which we are …
        self._depth = 0  # … so many times
        self._in_title = False
        self._titled = False  # whether the title has ended: there is one
        self._in_pre = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden:
            self._depth += tag == self._hidden
            return
        if self._in_title:  # what stands there is text (HTML Standard, section 13.2.5.2)
            self.handle_data(self.get_starttag_text() or "")
            return
        if tag in _BREAKS:
            self.end_block()
        if tag in _SPACED and not self._lists:
            self._space()
        attributes = dict(reversed(attrs))  # of two with one name the first counts
        if tag in _HIDDEN:
            self._hidden, self._depth = tag, 1
        elif tag == "title":
            self._in_title = True
        elif tag == "pre":
            self._in_pre = True
        elif tag in ("ul", "ol"):
            self._lists.append(_number(attributes.get("start"), 1) if tag == "ol" else None)
        elif tag == "li":
            self._begin_item(attributes)
        elif tag in ("base", "meta"):
            self._of_the_page(tag, attributes)
        else:
            self._inline(tag, attributes)

    def _of_the_page(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "base":
            # RFC 3986 section 5.1.1: a base URI embedded in the content goes before that of the retrieval.
            target = self._resolved(attributes.get("href"))
            if target is not None and not self._has_base:
                self._base, self._has_base = target, True
        elif (attributes.get("http-equiv") or "").strip().lower() == "refresh":
            match = _REFRESH.match(attributes.get("content") or "")
            if match is not None and self._link(match[2]):
                self._words.append(f"(where this page leads by itself, after {int(match[1])} s)\n")

    def _inline(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "a":
            self._link(attributes.get("href"))
        elif tag == "area" and self._link(attributes.get("href")):
            self._words.append(f"{attributes.get('alt') or 'a part of the picture'} ")
        elif tag in ("frame", "iframe") and self._link(attributes.get("src")):
            self._words.append("(a frame of this page) ")
        elif tag == "img":
            alt = attributes.get("alt", "no words for it")
            if alt:  # an empty one: it stands for nothing
                self._words.append(f" [picture: {alt}] ")
        elif tag == "br":
            self._words.append("\n")
        elif tag in ("td", "th") and self._words:
            self._words.append(" | ")
        elif tag == "hr":
            self.lines.append("-" * self._width)

    def _begin_item(self, attributes: dict[str, str | None]) -> None:
        number = self._lists[-1] if self._lists else None
        if number is None:
            self._bullet = "- "
        else:
            number = _number(attributes.get("value"), number)
            self._bullet = f"{number}. "
            self._lists[-1] = number + 1

    def _resolved(self, reference: str | None) -> Uri | None:
        """What a reference means on this page, where it can be fetched."""
        if reference is None:
            return None
        uri = self._base.resolve(_LINE_ENDS.sub("", reference).strip())
        try:
            Authority.written(uri.authority or "")
        except DecodeError:
            return None
        return uri if (uri.scheme or "").lower() in ("http", "https") else None

    def _link(self, reference: str | None) -> bool:
        """Its number stands before the words that follow. False: it is no link that can be followed."""
        if reference is None or self._resolved(reference) is None:
            return False
        if len(self._references) < _LINKS_LIMIT:
            self._references.append(reference)
            self._words.append(f"[{len(self._references)}] ")
        else:
            self._unnumbered += 1
        return True

    def links(self) -> tuple[str, ...]:
        """What the numbers stand for. A base holds for the links before it too."""
        found = (self._resolved(reference) for reference in self._references)
        return tuple("" if uri is None else clean(str(_escaped(uri))) for uri in found)

    def left_out(self) -> list[str]:
        """What is said of links without a number."""
        return [f"[{self._unnumbered} more links]"] if self._unnumbered else []

    def unfinished(self) -> list[str]:
        """What is said of a tag or a comment without an end."""
        rest = len(self.rawdata.strip())
        return [f"[the page ends within a tag or a comment of {rest} characters]"] if rest and not self._hidden else []

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            self._depth -= tag == self._hidden
            self._hidden = self._hidden if self._depth else ""
            return
        if self._in_title and tag != "title":
            self.handle_data(f"</{tag}>")
            return
        if tag in _BREAKS:
            self.end_block()
        if tag in ("li", "ol", "ul"):
            self._bullet = ""
        if tag == "title":
            self._in_title, self._titled = False, bool(self.title)
        elif tag == "pre":
            self._in_pre = False
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag in _SPACED and not self._lists:
            self._space()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title = self.title if self._titled else (self.title + data)[:_TITLE_LIMIT]
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


def _number(text: str | None, otherwise: int) -> int:
    match = _NUMBER.match(text or "")
    return otherwise if match is None else int(match[1])


def _escaped(uri: Uri) -> Uri:
    """As it may be typed."""
    query, fragment = (part if part is None else escape(part) for part in (uri.query, uri.fragment))
    return Uri((uri.scheme or "").lower(), uri.authority, escape(uri.path), query, fragment)


def _wrap(words: list[str], room: int) -> list[str]:
    """The words in lines of at most `room` columns; a longer word is cut."""
    lines: list[str] = []
    line, used = "", 0
    for word in words:
        width = _columns(word)
        if line and used + 1 + width <= room:
            line, used = f"{line} {word}", used + 1 + width
            continue
        if line:
            lines.append(line)
        *whole, line = _cut(word, room) if width > room else [word]
        used = _columns(line)
        lines += whole
    return [*lines, line] if line else lines


def _columns(text: str) -> int:
    """How many a terminal needs for it."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)


def _cut(word: str, room: int) -> list[str]:
    pieces = [""]
    used = 0
    for character in word:
        width = _columns(character)
        if used + width > room:
            pieces.append("")
            used = 0
        pieces[-1] += character
        used += width
    return pieces
