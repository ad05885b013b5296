"""What a program prints, line by line → what it means. Whoever wrote the program, its lines are hostile input.

    ready                                        it serves now
    {"kind": "…", "text": "…", "data": {…}}      an event of its own; `data` may be left out
    anything else                                an event `service.said`

A kind is two or more words of a-z, digits and `-` with dots between. What only the node itself can know is not taken
from a program: its kinds are not those of node, link, route, service and events.
"""

from __future__ import annotations

import re

from catenet.nodes.control.strict_json import read_json
from catenet.nodes.machine import Report

__all__ = ["READY", "ProgramOutput"]

READY = "ready"

_TEXT = 1000  # characters
_KINDS = 40  # different ones of one program
_KIND = re.compile(r"[a-z][a-z0-9-]{0,19}(?:\.[a-z0-9-]{1,20}){1,3}")
_OWN = ("node.", "link.", "route.", "service.", "events.")


class ProgramOutput:
    """Reads lines. It remembers how many kinds of events there were, since the log keeps an account for each."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def read(self, line: str, stream: str) -> Report | None:
        """The event in a line that came by `stdout` or `stderr`; None for an empty one."""
        if not line.strip():
            return None
        event = self._event(line) if stream == "stdout" and line.startswith("{") else None
        return event or Report("service.said", line[:_TEXT], {"stream": stream})

    def _event(self, line: str) -> Report | None:
        try:
            whole = read_json(line)
        except ValueError:
            return None
        if not isinstance(whole, dict) or not whole.keys() <= {"kind", "text", "data"}:
            return None
        kind, text, data = whole.get("kind"), whole.get("text"), whole.get("data", {})
        if not isinstance(kind, str) or not isinstance(text, str) or not isinstance(data, dict):
            return None
        if _KIND.fullmatch(kind) is None or kind.startswith(_OWN):
            return None
        if len(self._seen) < _KINDS:
            self._seen.add(kind)
        return Report(kind, text[:_TEXT], data) if kind in self._seen else None
