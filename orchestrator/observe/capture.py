"""Packets on the wire: an unmodified tcpdump inside each node, several nodes at once.

No packet is missed at either end: a capture has begun once tcpdump says that it listens, and it is over once a marker
(a datagram that the node sends to its own discard port, RFC 863) has come out of it: all before it has come out too.
Nor is one missed between, unseen: tcpdump counts what the kernel had to drop, and one that dropped has failed.
Where the orchestrator dies, the node's shell sees its input end and stops tcpdump.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from operator import attrgetter

from catenet.orchestrator.backend.protocols import EngineError, Streams
from catenet.orchestrator.observe.packets import UDP, PcapStream, Seen, decode

__all__ = ["PATIENCE", "CaptureError", "Captures", "capturing"]

PATIENCE = 5.0
"""Seconds that tcpdump may take to begin, and to end."""
PACKET_LIMIT = 100_000
"""Packets that one capture may hold; with more it breaks off."""

_DISCARD = 9
# The kernel keeps packets for tcpdump in slots of the snapshot length: the default of 256 kB leaves eight of them, too
# few for a burst on a busy machine. These are 2,000, and hold any packet of a LAN.
_SLOTS = ("-s", "2048", "-B", "4096")
_DROPPED = re.compile(rb"(\d+) packets? dropped by kernel")
_MARKER = f"(dst host 127.0.0.1 and udp dst port {_DISCARD})"
# A line on standard input asks for the marker; the end of standard input stops tcpdump. The helper has the saved
# descriptor 3, since a shell gives a background command /dev/null as its input.
_SCRIPT = f"""
token=$1; shift
exec 3<&0
{{ read -r _; printf %s "$token" | nc -u -q 0 127.0.0.1 {_DISCARD}; cat; kill $$; }} <&3 >/dev/null 2>&1 &
exec tcpdump -Z root -i any {" ".join(_SLOTS)} -U --immediate-mode -w - "$@" 3<&-
"""


class CaptureError(EngineError):
    """A capture could not be made or broke off; the text names the node and says why."""


class _Capture:
    """One tcpdump. A thread of its own reads it, so that tcpdump never waits for us."""

    def __init__(self, streams: Streams, node: str, container: str, expression: str) -> None:
        self.node = node
        self.packets: list[Seen] = []
        self._token = secrets.token_hex(8).encode()
        self._complaint = bytearray()
        self._error = ""
        self._marked = False
        self._begun, self._ended = threading.Event(), threading.Event()
        command = ["sh", "-c", _SCRIPT, "capture", self._token.decode(), f"({expression}) or {_MARKER}"]
        self._exec = streams.execute(container, command, stdin=True)
        threading.Thread(target=self._read, name=f"capture {node}", daemon=True).start()

    def wait_begun(self, deadline: float) -> None:
        if not self._begun.wait(max(0.0, deadline - time.monotonic())):
            raise CaptureError(f"{self.node}: tcpdump did not begin within {PATIENCE:g} s")
        if self._error:
            raise CaptureError(f"{self.node}: {self._error}")

    def mark(self) -> None:
        """Ask for the marker."""
        self._exec.write(b"\n")

    def finish(self, deadline: float) -> None:
        """Wait until all that was on the wire before `mark` has been read, and tcpdump has ended."""
        in_time = self._ended.wait(max(0.0, deadline - time.monotonic()))
        if self._error or not in_time:
            raise CaptureError(f"{self.node}: the capture broke off: {self._error or 'no end within its time'}")

    def close(self) -> None:
        self._exec.close()

    def _read(self) -> None:
        stream = PcapStream()
        try:
            while (chunk := self._exec.read()) is not None:
                channel, data = chunk
                if channel == 1:
                    for frame in stream.feed(data):
                        self._take(decode(frame, self.node))
                elif len(self._complaint) < 4096:
                    self._complaint += data
                    if b"listening on" in self._complaint:
                        self._begun.set()
        except (EngineError, OSError, ValueError) as error:
            self._error = str(error)
        self._error = self._error or self._verdict()
        self._begun.set()
        self._ended.set()

    def _take(self, seen: Seen | None) -> None:
        if seen is None:
            return
        if seen.protocol == UDP and seen.destination.port == _DISCARD and seen.source.address.is_loopback:
            if seen.payload == self._token:
                self._marked = True
                self._exec.end_input()
            return
        if len(self.packets) == PACKET_LIMIT:
            raise CaptureError(f"over {PACKET_LIMIT} packets; a narrower filter is needed")
        self.packets.append(seen)

    def _verdict(self) -> str:
        """Once tcpdump has ended: what was wrong, in its own words; else empty."""
        dropped = _DROPPED.search(self._complaint)
        if self._marked and dropped and int(dropped[1]):
            return f"tcpdump came too late for {int(dropped[1])} packets"
        lines = self._complaint.decode(errors="replace").strip().splitlines()
        return "" if self._marked else lines[-1] if lines else "tcpdump ended"


class Captures:
    """Captures that are running. `stop` gives what they saw."""

    def __init__(self, running: list[_Capture]) -> None:
        self._running = running

    def stop(self) -> list[Seen]:
        """All packets of all nodes until now, in the order of time.

        Raises:
            CaptureError: one of them broke off.

        """
        deadline = time.monotonic() + PATIENCE
        for capture in self._running:
            capture.mark()
        for capture in self._running:
            capture.finish(deadline)
        return sorted((seen for capture in self._running for seen in capture.packets), key=attrgetter("at"))


@contextmanager
def capturing(streams: Streams, nodes: Mapping[str, str], expression: str) -> Iterator[Captures]:
    """Captures in all these nodes (name → container); inside, every one of them listens. `expression`: pcap-filter(7).

    Raises:
        CaptureError: one did not begin; the text names the node and says why.
        EngineError: a container takes no program.

    """
    with ExitStack() as stack:
        with ThreadPoolExecutor(max_workers=max(1, len(nodes))) as pool:
            begun = [pool.submit(_Capture, streams, node, name, expression) for node, name in nodes.items()]
        failed = next((error for future in begun if (error := future.exception())), None)
        running = [future.result() for future in begun if future.exception() is None]
        for capture in running:
            stack.callback(capture.close)
        if failed is not None:
            raise failed
        deadline = time.monotonic() + PATIENCE
        for capture in running:
            capture.wait_begun(deadline)
        yield Captures(running)
