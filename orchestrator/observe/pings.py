"""A ping that runs beside other things: which replies came, when, and which were lost. The program is Debian's own."""

from __future__ import annotations

import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType

from catenet.orchestrator.backend.protocols import Container, EngineError, Streams

__all__ = ["Pings", "Reply", "read_reply"]

_REPLY = re.compile(rb"\[(\d{1,12}\.\d{1,9})\] \d+ bytes from \S+ icmp_seq=(\d{1,5}) ttl=(\d{1,3})\b")
# The end of standard input ends ping: the engine would let it run on without its streams. The saved descriptor 3 is
# there because a shell gives a background command /dev/null as its input.
_SCRIPT = """
exec 3<&0
{ cat; kill $$; } <&3 >/dev/null 2>&1 &
exec ping "$@" 3<&-
"""
_LINE = 8192  # bytes of a line; the rest of a longer one is left out
_DIED = b"Time to live exceeded"
_NUMBERS = 1 << 16
"""icmp_seq has 16 bits (RFC 792); a ping of ours ends long before it comes round."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One echo reply: when it came (seconds since 1970), the number of its request, and the TTL it had left."""

    at: float
    number: int
    ttl: int


def read_reply(line: bytes) -> Reply | None:
    """The reply in a line of `ping -D -n`; None for any other line."""
    match = _REPLY.match(line.replace(b":", b"", 1))
    return Reply(float(match[1]), int(match[2]), int(match[3])) if match and int(match[2]) < _NUMBERS else None


class Pings:
    """Runs `ping` inside a node for as long as the `with` block lasts. `died`: requests whose TTL ran out."""

    def __init__(self, engine: Streams, container: Container, target: str, interval: float) -> None:
        self._changed = threading.Condition()
        self._replies: list[Reply] = []
        self.died = 0
        command = ["sh", "-c", _SCRIPT, "ping", "-D", "-n", "-i", f"{interval:g}", target]
        self._process = engine.execute(container.name, command, stdin=True)
        self._ahead = engine.ahead(container.name)
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Pings:
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(EngineError, OSError):  # it has ended already
            self._process.end_input()
        self._reader.join(timeout=2.0)
        self._process.close()

    def _read(self) -> None:
        rest = b""
        with suppress(EngineError, OSError):  # close() cuts the stream
            while (chunk := self._process.read()) is not None:
                *lines, rest = (rest + chunk[1]).split(b"\n")
                rest = rest[:_LINE]
                read = [reply for line in lines if (reply := read_reply(line)) is not None]
                found = [replace(reply, at=reply.at - self._ahead) for reply in read]
                with self._changed:
                    self._replies += found
                    self.died += sum(_DIED in line for line in lines)
                    self._changed.notify_all()

    def first_after(self, at: float, deadline: float) -> Reply | None:
        """The first reply later than `at` (seconds since 1970); None where `deadline` seconds pass without."""
        until = time.monotonic() + deadline
        with self._changed:
            while True:
                found = next((reply for reply in self._replies if reply.at > at), None)
                left = until - time.monotonic()
                if found is not None or left <= 0:
                    return found
                self._changed.wait(timeout=left)

    def lost(self, begin: float, end: float) -> int:
        """How many requests got no reply, from the last reply until `begin` to the last one until `end`."""
        with self._changed:
            first = max((reply.number for reply in self._replies if reply.at <= begin), default=0)
            last = max((reply.number for reply in self._replies if reply.at <= end), default=first)
            answered = {reply.number for reply in self._replies if first < reply.number <= last}
        return last - first - len(answered)
