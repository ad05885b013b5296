"""The table of verbs, and `catenet --help`, which is made of it alone. To add a verb: one file, and one line here.
One that breaks or mends is one file in orchestrator/faults, and no line here.

What everybody types first answers at once: nothing is imported for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from catenet.orchestrator.faults import verbs

__all__ = ["Command", "commands", "overview"]


class Command(NamedTuple):
    """Where its function is, as module of this package : function, and what `catenet --help` says of it.

    Without a `target` it is a verb of orchestrator/faults, and made of that (faults.py).
    """

    target: str
    summary: str


def commands() -> Mapping[str, Mapping[str, Command]]:
    """Panel of `catenet --help` → verb. Its module is imported when the verb is typed, and only then."""
    return {
        "Labs": {
            "labs": Command("labs:labs", "The labs that come with catenet, and those that are running"),
            "new": Command("new:new", "Make an own small lab, to start from"),
            "validate": Command("validate:validate", "Check lab files; needs no engine"),
            "schema": Command("schema:schema", "The JSON Schema of lab files, for editors"),
            "export": Command("export:export", "Write a lab as a file for docker compose"),
            "doctor": Command("doctor:doctor", "Whether this machine can run labs, and how large"),
            "hosts": Command(
                "hosts:hosts", "Several machines for one lab: join their engines, see how they are, part them"
            ),
            "tour": Command("tour:tour", "Start the default lab and watch it work, break and heal"),
            "up": Command("up:up", "Start a lab; returns when it is ready"),
            "down": Command("down:down", "Remove a running lab"),
            "check": Command("check:check", "Ask a running lab whether what its file claims is true"),
            "play": Command("play:play", "Play a running lab's timeline"),
            "test": Command("test:test", "Start a lab, check it, keep evidence of what failed, remove it"),
        },
        "Look into a running lab": {
            "status": Command("status:status", "How each node and each LAN is"),
            "show": Command("show:show", "A table of a node: its routes, its RIP table, its cache …"),
            "logs": Command("logs:logs", "What a node wrote"),
            "events": Command("events:events", "What happened on all nodes, in order of time"),
            "call": Command("call:call", "A call between two people, as it goes: its path, its quality"),
            "answer": Command("answer:answer", "Answer the call that rings at a node, or refuse it, or hang up"),
            "trust": Command("trust:trust", "Believe a contact's new key, by the fingerprint that was compared"),
            "trace": Command("trace:trace", "Each message of a page or a call, or what made a route what it is"),
            "source-route": Command(
                "source_route:source_route", "Packets that name the routers on their way, hop by hop"
            ),
            "capture": Command("capture:capture", "The packets of a node or a LAN, as they pass"),
            "graph": Command("graph:graph", "A picture of a lab: who is on which LAN, and how it is"),
            "ping": Command("ping:ping", "Whether a node reaches another one, and how soon it is answered"),
            "traceroute": Command("traceroute:traceroute", "By which routers a node reaches another one"),
            "exec": Command("execute:execute", "Run a program inside a node"),
            "shell": Command("shell:shell", "Open a shell inside a node"),
        },
        "Break and mend": {
            **{name: Command("", verb.summary) for name, verb in verbs().items()},
            "reset": Command("reset:reset", "Mend everything and empty the caches: the lab as after `up`"),
        },
        "Yourself": {
            "completion": Command(
                "completion:completion", "What your shell needs to complete verbs, labs, nodes and LANs"
            ),
        },
    }


def overview() -> str:
    """The text of `catenet --help`; its headings stand out on a terminal."""
    bold = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return "\n".join(_lines("\x1b[1m" if bold else "", "\x1b[0m" if bold else ""))


def _lines(begin: str, end: str) -> Iterator[str]:
    yield "Usage: catenet VERB [WORDS] [OPTIONS]"
    yield ""
    yield "Starts an Internet of containers, looks into every hop, and breaks it."
    width = max(len(name) for panel in commands().values() for name in panel)
    for panel, known in commands().items():
        yield ""
        yield f"{begin}{panel}{end}"
        yield from (f"  {name:{width}}  {verb.summary}" for name, verb in known.items())
    yield ""
    yield "catenet VERB --host user@server works on that machine's engine, by SSH; CATENET_HOST does so for all verbs."
    yield "catenet VERB --help shows examples; catenet --version says which one this is."
