"""Events: one line each on PID 1's standard output, readable by people, with the same as JSON behind it.

    21:52:01.123456 rip route.changed 192.31.65.0/24 via d on link3, cost 4 <TAB> {"at": …, "node": "a", …}

The line goes through the engine's logs, so a dead node's last words can be read too. A node writes the JSON part only
where its configuration says `events: json` (the orchestrator does; a plain Compose file does not).

Kinds, and the data that each carries:

    node.ready        services: list of names        every interface is addressed and every service is serving
    node.failed       error                          the node cannot go on; its process ends
    node.stopping                                    a SIGTERM came
    service.ready     (none)                         one service serves
    service.failed    error, retry (seconds)         one service fell over and will be started again
    link.up           lan, address                   an interface came up and has its lab address
    link.down         lan
    route.changed     prefix, via, node, lan, cost, metric, was (cost or null), cause
    route.lost        prefix, cause                  the prefix has no route any more
    dns.query         id, name, type, source, destination, [recursion]      a question was received or sent
    dns.answer        id, name, type, source, destination, rcode, answers, [refers], ttl      likewise, an answer
    http.request      method, path, host, source, destination
    http.response     status, bytes, type, source, destination
    input.refused     source, why                    what a peer sent was dropped; said once for each kind of reason
    events.dropped    count                          so many lines of one kind were left out: too many in a second
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from catenet.nodes.machine import Json

__all__ = ["Event"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a node. `at` is in seconds since 1970 (one machine, one clock)."""

    at: float
    node: str
    service: str
    kind: str
    text: str
    data: Mapping[str, Json] = field(default_factory=dict)

    def line(self, *, with_json: bool) -> str:
        """The line for standard output, without its line end; control characters are replaced."""
        clock = datetime.fromtimestamp(self.at, UTC).strftime("%H:%M:%S.%f")
        text = "".join(character if character.isprintable() else "?" for character in self.text)
        readable = f"{clock} {self.service} {self.kind} {text}"
        if not with_json:
            return readable
        whole = {"at": round(self.at, 6), "node": self.node, "service": self.service, "kind": self.kind, "text": text}
        return f"{readable}\t{json.dumps({**whole, 'data': self.data}, separators=(',', ':'))}"

    @classmethod
    def parse(cls, line: str) -> Event | None:
        """The event in a line that carries JSON; None for any other line (a traceback, a program's own output)."""
        _, tab, text = line.rpartition("\t")
        if not tab:
            return None
        try:
            whole = json.loads(text)
            at, data = float(whole["at"]), whole["data"]
            node, service, kind, said = (str(whole[key]) for key in ("node", "service", "kind", "text"))
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return cls(at, node, service, kind, said, data) if isinstance(data, dict) else None
