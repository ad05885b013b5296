"""HTML put so that Python's html.parser reads it as HTML's standard does, where the two differ on what is lost.

Comments end at `-->`, at `--!>`, and at once where they begin `<!-->` or `<!--->`; the end tag of a script or a style
may have attributes and a slash (HTML Standard, section 13.2.5). To html.parser each of these hides all behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["markup"]

_OPEN, _END, _OTHER_END = "<!--", "-->", "--!>"
_RAW_END = re.compile(r"</(script|style)[\s/][^<>]*>", re.IGNORECASE)


def markup(page: str) -> str:
    """The same page, in time that grows with its length."""
    return _RAW_END.sub(r"</\1>", "".join(_comments(page)) if _OPEN in page else page)


def _comments(page: str) -> Iterator[str]:
    at, end, other = 0, 0, 0
    while (begin := page.find(_OPEN, at)) >= 0:
        yield page[at:begin]
        at = begin + len(_OPEN)
        if (empty := next((text for text in (">", "->") if page.startswith(text, at)), "")) != "":
            yield f"{_OPEN}{_END}"
            at += len(empty)
            continue
        # Each end is looked for once, however many comments begin before it.
        end = page.find(_END, at) if 0 <= end < at else end
        other = page.find(_OTHER_END, at) if 0 <= other < at else other
        nearest = min((each for each in (end, other) if each >= 0), default=-1)
        if nearest < 0:
            yield page[begin:]
            return
        yield f"{page[begin:nearest]}{_END}"
        at = nearest + len(_END if nearest == end else _OTHER_END)
    yield page[at:]
