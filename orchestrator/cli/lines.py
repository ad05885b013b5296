"""How the lines of logs and events look, for the verbs of those names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text

from catenet.orchestrator.observe.events import LogEntry
from catenet.orchestrator.observe.running import UserError

__all__ = ["FollowOption", "LastOption", "as_json", "as_text", "how_many"]

FollowOption = Annotated[bool, typer.Option("--follow", "-f", help="Go on as more comes, until Ctrl-C.")]
LastOption = Annotated[
    str, typer.Option("-n", metavar="N|all", help="Only the last N lines. Default: all; with -f the last 10.")
]
FOLLOWED = 10
_STYLES = {
    "node.failed": "bold red",
    "service.failed": "bold red",
    "input.refused": "red",
    "link": "yellow",
    "route": "cyan",
}


def how_many(text: str, *, follow: bool) -> int | None:
    """What -n says; None is all.

    Raises:
        UserError: neither a number nor `all`.

    """
    if text == "all" or (not text and not follow):
        return None
    if not text:
        return FOLLOWED
    if not (text.isascii() and text.isdigit()):
        raise UserError(f"-n {text!r} is neither a number nor the word all")
    return int(text)


def as_text(line: LogEntry, width: int) -> Text:
    """Time (UTC, as the nodes write it), node, kind, words. `width`: the longest node's name."""
    clock = datetime.fromtimestamp(line.at, UTC).strftime("%H:%M:%S.%f")[:-3]
    text = Text.assemble((clock, "dim"), f" {line.node:<{width}}  ")
    if line.event is None:
        return text.append(line.text)
    kind = line.event.kind
    style = _STYLES.get(kind) or _STYLES.get(kind.partition(".")[0]) or "bold"
    return text.append(f"{kind:<14} ", style).append(line.event.text)


def as_json(line: LogEntry) -> str:
    """One JSON document on one line."""
    whole: dict[str, object] = {"at": round(line.at, 6), "node": line.node}
    if line.event is None:
        whole["text"] = line.text
    else:
        event = line.event
        whole |= {"service": event.service, "kind": event.kind, "text": event.text, "data": event.data}
    return json.dumps(whole)
