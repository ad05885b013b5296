"""The table of verbs, and `catenet --help`, which is made of it alone. To add a verb: one file, and one line here.

What everybody types first answers at once: nothing is imported for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["VERBS", "Verb", "overview"]


class Verb(NamedTuple):
    """Where its function is, as module of this package : function, and what `catenet --help` says of it."""

    target: str
    summary: str


VERBS: dict[str, dict[str, Verb]] = {
    "Labs": {
        "labs": Verb("labs:labs", "The labs that come with catenet, and those that are running"),
        "new": Verb("new:new", "Make an own small lab, to start from"),
        "validate": Verb("validate:validate", "Check lab files; needs no engine"),
        "schema": Verb("schema:schema", "The JSON Schema of lab files, for editors"),
        "export": Verb("export:export", "Write a lab as a file for docker compose"),
        "doctor": Verb("doctor:doctor", "Whether this machine can run labs, and how large"),
        "tour": Verb("tour:tour", "Start the default lab and watch it work, break and heal"),
        "up": Verb("up:up", "Start a lab; returns when it is ready"),
        "down": Verb("down:down", "Remove a running lab"),
        "check": Verb("check:check", "Ask a running lab whether what its file claims is true"),
        "play": Verb("play:play", "Play a running lab's timeline"),
        "test": Verb("test:test", "Start a lab, check it, keep evidence of what failed, remove it"),
    },
    "Look into a running lab": {
        "status": Verb("status:status", "How each node and each LAN is"),
        "show": Verb("show:show", "A table of a node: its routes, its RIP table, its cache …"),
        "logs": Verb("logs:logs", "What a node wrote"),
        "events": Verb("events:events", "What happened on all nodes, in order of time"),
        "trace": Verb("trace:trace", "Each message of a page, or what made a route what it is"),
        "capture": Verb("capture:capture", "The packets of a node or a LAN, as they pass"),
        "graph": Verb("graph:graph", "A picture of a lab: who is on which LAN, and how it is"),
        "exec": Verb("execute:execute", "Run a program inside a node"),
        "shell": Verb("shell:shell", "Open a shell inside a node"),
    },
    "Break and mend": {
        "cut": Verb("lans:cut", "Cut a LAN"),
        "heal": Verb("lans:heal", "Heal a LAN that was cut"),
        "kill": Verb("nodes:kill", "Kill a node"),
        "pause": Verb("nodes:pause", "Pause a node: nobody can tell it from a dead one"),
        "resume": Verb("nodes:resume", "Resume a paused node"),
        "start": Verb("nodes:start", "Start a node that was killed"),
        "reset": Verb("reset:reset", "Mend everything and empty the caches: the lab as after `up`"),
    },
    "Yourself": {
        "completion": Verb("completion:completion", "What your shell needs to complete verbs, labs, nodes and LANs"),
    },
}
"""Panel of `catenet --help` → verb. Its module is imported when the verb is typed, and only then."""


def overview() -> str:
    """The text of `catenet --help`; its headings stand out on a terminal."""
    bold = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return "\n".join(_lines("\x1b[1m" if bold else "", "\x1b[0m" if bold else ""))


def _lines(begin: str, end: str) -> Iterator[str]:
    yield "Usage: catenet VERB [WORDS] [OPTIONS]"
    yield ""
    yield "Starts an Internet of containers, looks into every hop, and breaks it."
    width = max(len(name) for panel in VERBS.values() for name in panel)
    for panel, verbs in VERBS.items():
        yield ""
        yield f"{begin}{panel}{end}"
        yield from (f"  {name:{width}}  {verb.summary}" for name, verb in verbs.items())
    yield ""
    yield "catenet VERB --help shows examples; catenet --version says which one this is."
