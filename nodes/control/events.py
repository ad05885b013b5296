"""Events: one line each on PID 1's standard output, readable by people, with the same as JSON behind it.

    21:52:01.123456 rip route.changed 192.31.65.0/24 via d on link3, cost 4 <TAB> {"at": …, "node": "a", …}

The line goes through the engine's logs, so a dead node's last words can be read too. A node writes the JSON part only
where its configuration says `events: json` (the orchestrator does; a Compose file does not: its logs are to read well).
A line without it tells when, which service, what kind, and the text; what else there is to know, `data`, the node keeps
for whoever asks (the question `events`): nobody reads it out of the words.

Kinds that every node has, and the data that each carries; a service's own are in its declaration (nodes/catalogue):

    node.ready        services: list of names        every interface is addressed and every service is serving
    node.failed       error                          the node cannot go on; its process ends
    node.stopping                                    a SIGTERM came
    service.ready     [silent]                       it serves; or has not said so for so many seconds
    service.said      stream                         a program that is not ours printed a line; other kinds are its own
    service.failed    error, retry (seconds)         one service fell over and will be started again
    service.mute      port                           nobody can connect to it: the node's own stack has no TCP
    link.up           lan, address                   an interface came up and has its lab address
    link.down         lan
    link.silent       lan                            it drops whatever comes in, and its carrier stays; ended by link.up
    link.impaired     lan, impairments               what its packets suffer from now on, in words; empty: nothing
    route.changed     prefix, via, node, lan, cost, metric, was (cost or null), cause, [reason], [of], [next_hops]:
                      all of them, where there are several; [before]: where it led, if that is known and not the same
    route.lost        prefix, cause, [reason], [of]  the prefix has no route any more
    route.refused     prefix, via, node, lan, cause  the kernel did not take the route: its own words; it is tried again
    route.restored    prefix, via, node, lan, cause  somebody had deleted it from the kernel's table, or replaced it
    input.refused     source, why, [lan], [key]      what a peer sent was dropped; not said again for each message
    events.dropped    count                          so many lines of one kind were left out: too many in a second
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from catenet.nodes.control.printable import printable
from catenet.nodes.control.strict_json import read_json
from catenet.nodes.machine import Json

__all__ = ["KINDS", "PROGRAM_KINDS", "Event"]

KINDS = (
    "node.ready",
    "node.failed",
    "node.stopping",
    "service.ready",
    "service.said",
    "service.failed",
    "service.mute",
    "link.up",
    "link.down",
    "link.silent",
    "link.impaired",
    "route.changed",
    "route.lost",
    "route.refused",
    "route.restored",
    "input.refused",
    "events.dropped",
)
"""What every node says. Its services have kinds of their own (nodes/catalogue), and so may a program of others."""
PROGRAM_KINDS = ("service.said", "input.refused")
"""Those of them that a program inside the node may say, too (the question `report`)."""

_DAY = 86_400.0  # seconds
_END = 1e11  # seconds since 1970, in the year 5138; datetime ends with the year 9999
_LONGEST = 10_000  # characters of a line without JSON: ours are shorter
_READABLE = re.compile(r"(\d\d):(\d\d):(\d\d\.\d{6}) ([\w-]+) ([a-z][\w-]*(?:\.[\w-]+)+) (.*)")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a node. `at` is in seconds since 1970, by the clock of its machine.

    `whole` is false where it was read from a line without JSON: then `data` is empty.
    """

    at: float
    node: str
    service: str
    kind: str
    text: str
    data: Mapping[str, Json] = field(default_factory=dict)
    whole: bool = True

    def line(self, *, with_json: bool) -> str:
        """The line for standard output, without its line end; control characters are replaced."""
        clock = datetime.fromtimestamp(self.at, UTC).strftime("%H:%M:%S.%f")
        text = printable(self.text)
        readable = f"{clock} {self.service} {self.kind} {text}"
        if not with_json:
            return readable
        whole = {"at": round(self.at, 6), "node": self.node, "service": self.service, "kind": self.kind, "text": text}
        return f"{readable}\t{json.dumps({**whole, 'data': self.data}, separators=(',', ':'))}"

    @classmethod
    def parse(cls, line: str, node: str = "", logged: float | None = None) -> Event | None:
        """The event in a line; None for any other line (a traceback, a program's own output).

        `node`: whose line it is; `logged`: when the engine got it, in seconds since 1970. A line without JSON is read
        where both are told: it has only the time of day. A line may be anybody's: control characters are replaced, and
        a time that is not within half a day of `logged` makes way for that.
        """
        _, tab, text = line.rpartition("\t")
        if tab:
            return _from_json(text, node, logged)
        return None if logged is None else _from_text(line, node, logged)


def _from_json(text: str, node: str, logged: float | None) -> Event | None:
    try:
        whole = read_json(text)
        at, data = _time(float(whole["at"]), logged), whole["data"]
        own, service, kind, said = (printable(str(whole[key])) for key in ("node", "service", "kind", "text"))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return Event(at, node or own, service, kind, said, data) if kind and isinstance(data, dict) else None


def _time(at: float, logged: float | None) -> float:
    """When it happened; ValueError where that is no time and the engine's is not known."""
    if logged is not None:
        return at if abs(at - logged) <= _DAY / 2 else logged
    if not 0 <= at < _END:
        raise ValueError("no time")
    return at


def _from_text(line: str, node: str, logged: float) -> Event | None:
    match = _READABLE.fullmatch(line) if len(line) <= _LONGEST else None
    if match is None:
        return None
    hours, minutes, seconds, service, kind, text = match.groups()
    clock = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    days = round((logged - clock) / _DAY)  # an event near midnight may be logged on the next day
    return Event(days * _DAY + clock, node, service, kind, printable(text), whole=False)
