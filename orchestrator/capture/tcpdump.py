"""One unmodified tcpdump in a node, on one interface or on all of them, read as it writes.

No packet is missed at either end: it has begun once tcpdump says that it listens, and it is over once a mark (a packet
that the node sends itself, see tcpdump_inside.py) has come out of it: all before it has come out too. Nor is one missed
between, unseen: tcpdump counts what the kernel had to drop. Where the orchestrator dies, the program inside sees its
input end, and ends tcpdump.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from catenet.nodes.control.answers import LinkState
from catenet.nodes.machine import DecodeError
from catenet.orchestrator.backend.protocols import EngineError, Streams
from catenet.orchestrator.observe.ask import AT_ONCE
from catenet.orchestrator.observe.running import UserError
from catenet.orchestrator.wire.packets import Frame, PcapStream

__all__ = ["EVERY", "PATIENCE", "CaptureError", "CapturePoint", "Tcpdump", "listening"]

PATIENCE = 20.0
"""Seconds that tcpdump may take to begin, and to end."""
EVERY = "any"
"""The interface that stands for all; its frames are Linux-cooked."""

# The kernel keeps packets for tcpdump in slots of the snapshot length: the default of 256 kB leaves eight of them, too
# few for a burst on a busy machine. These are 2,000, and hold any packet of a LAN. -p: not promiscuous. A veth filters
# nothing, so every frame of the link is there all the same; and a change of the interface makes FRR ask anew.
_OPTIONS = ("-p", "-Z", "root", "-s", "2048", "-B", "4096", "-n", "-U", "--immediate-mode", "-w", "-")
_LINE = 8192  # bytes of a line; the rest of a longer one is left out
_MARK = re.compile(rb"mark (\d{1,12}\.\d{1,9})")
_DROPPED = re.compile(r"\b(\d{1,12}) packets? dropped by kernel")
_MARKS = {
    True: "(dst host 127.0.0.1 and udp dst port 9)",
    False: "(ether dst 01:80:c2:00:00:01 and ether proto 0x88b5)",
}


class CaptureError(EngineError):
    """A capture could not be made or broke off; the text names the node and says why."""


@dataclass(frozen=True, slots=True)
class CapturePoint:
    """Where packets are captured, and which of them: `scope`, in pcap's words. `hardware`: the interface's address.

    `label` is what the user calls the place: the LAN, the node, or both.
    """

    node: str
    container: str
    interface: str = EVERY
    lan: str = ""
    hardware: bytes = b""
    scope: str = ""
    label: str = ""

    @classmethod
    def of(cls, node: str, container: str, link: LinkState, label: str, scope: str = "") -> CapturePoint:
        """A node's interface on a LAN."""
        hardware = bytes.fromhex((link.hardware or "").replace(":", ""))
        return cls(node, container, link.interface or EVERY, link.lan, hardware, scope, label)


class Tcpdump:
    """It runs from the first moment. A thread of its own reads it, so that tcpdump never waits for us.

    `take` gets every frame, and `passed` (seconds since 1970) what time a mark had that came out; both in that thread.
    Their times are this process's: a node lives by its engine's clock, and captures of several engines are merged.
    """

    def __init__(
        self,
        streams: Streams,
        point: CapturePoint,
        expression: str,
        take: Callable[[Frame], None],
        passed: Callable[[float], None] = lambda _at: None,
    ) -> None:
        self.point = point
        self.error = ""
        self.dropped = 0
        self.listening, self.ended = threading.Event(), threading.Event()
        self._take, self._passed = take, passed
        self._expression, self._wrong_filter = expression, False
        self._token = secrets.token_hex(8).encode()
        self._wanted, self._finishing, self._complete = 0, False, False
        self._lock = threading.Lock()
        self._words: deque[str] = deque(maxlen=10)
        self._rest = b""
        self._ahead = streams.ahead(point.container)
        command = ["python3", "-ISc", _program(), self._token.decode(), point.interface]
        self._exec = streams.execute(point.container, [*command, *_OPTIONS, *_filter(point, expression)], stdin=True)
        threading.Thread(target=self._read, name=f"capture {point.node}", daemon=True).start()

    def wait_listening(self, deadline: float) -> None:
        """Until it listens (`deadline` by the monotonic clock).

        Raises:
            UserError: tcpdump does not understand the expression; the text says why in its words.
            CaptureError: it does not; so does this text.

        """
        if not self.listening.wait(max(0.0, deadline - time.monotonic())):
            raise CaptureError(f"{self.point.node}: tcpdump did not begin in time")
        if self._wrong_filter:
            raise UserError(f"the filter {self._expression!r} is wrong: {self.error.removeprefix('tcpdump: ')}")
        if self.error:
            raise CaptureError(f"{self.point.node}: {self.error}")

    def mark(self) -> None:
        """Ask for a mark, unless one is under way."""
        with self._lock:
            if self._wanted:
                return
            self._wanted += 1
        self._exec.write(b"\n")

    def finish(self) -> None:
        """Ask for the end: all that passes before now still comes."""
        with self._lock:
            self._finishing = True
            self._wanted += 1
        self._exec.write(b"\n")

    def wait_ended(self, deadline: float) -> None:
        """Until it has ended after `finish`.

        Raises:
            CaptureError: it did not in time, or had broken off before.

        """
        in_time = self.ended.wait(max(0.0, deadline - time.monotonic()))
        if self.error or not in_time:
            raise CaptureError(f"{self.point.node}: the capture broke off: {self.error or 'no end within its time'}")

    def close(self) -> None:
        """Hang up: tcpdump ends, if it has not."""
        self._exec.close()

    def _read(self) -> None:
        stream, data = PcapStream(), b""
        try:
            while (chunk := self._exec.read()) is not None:
                channel, data = chunk
                if channel == 1:
                    for frame in stream.feed(data):
                        self._sort(frame._replace(at=frame.at - self._ahead) if self._ahead else frame)
                else:
                    self._hear(data)
        except (EngineError, OSError) as error:
            self.error = str(error)
        except DecodeError:  # the engine's own words, where a program should have begun
            self.error = data.decode(errors="replace").strip()
        self._words.extend(self._rest.decode(errors="replace").splitlines())
        if not self._complete and not self.error:
            said = [words for words in self._words if words.strip() and "listening on" not in words]
            self.error = said[-1] if said else "tcpdump ended (catenet status)"
        found = _DROPPED.search("\n".join(self._words))
        self.dropped = int(found[1]) if found else 0
        self.listening.set()
        self.ended.set()

    def _sort(self, frame: Frame) -> None:
        """A mark, of this capture or of another one on the same interface, is no packet of the lab's."""
        if frame.data.endswith(self._token):
            self._marked(frame.at)
        elif not _is_mark(frame):
            self._take(frame)

    def _hear(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:_LINE]
        for line in lines:
            if (mark := _MARK.fullmatch(line)) is not None:
                self._marked(float(mark[1]) - self._ahead)
                continue
            if line == b"wrong filter":
                self._wrong_filter = True
                continue
            self._words.append(line.decode(errors="replace"))
            if b"listening on" in line:
                self.listening.set()

    def _marked(self, at: float) -> None:
        with self._lock:
            self._wanted -= 1
            # On `any` without a filter the mark is heard again, in what ICMP says of its port.
            self._complete = self._complete or (self._finishing and not self._wanted)
        self._passed(at)
        if self._complete:
            self._exec.end_input()


@contextmanager
def listening(begin: Sequence[Callable[[], Tcpdump]]) -> Iterator[list[Tcpdump]]:
    """Starts all of them at once; inside, every one listens.

    Raises:
        UserError: tcpdump does not understand the expression.
        CaptureError: one did not begin; the text names the node and says why.
        EngineError: a container takes no program.

    """
    with ExitStack() as stack:
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            started = [pool.submit(each) for each in begin]
        captures = [future.result() for future in started if future.exception() is None]
        for capture in captures:
            stack.callback(capture.close)
        for future in started:
            future.result()
        deadline = time.monotonic() + PATIENCE
        for capture in captures:
            capture.wait_listening(deadline)
        yield captures


@cache
def _program() -> str:
    return (Path(__file__).parent / "tcpdump_inside.py").read_text()


def _filter(point: CapturePoint, expression: str) -> list[str]:
    wanted = " and ".join(f"({part})" for part in (expression, point.scope) if part)
    return [f"({wanted}) or {_MARKS[point.interface == EVERY]}"] if wanted else []


def _is_mark(frame: Frame) -> bool:
    """A frame to 01-80-C2-00-00-01 of the type for experiments; or a datagram to the own discard port."""
    data = frame.data
    if data[:6] == b"\x01\x80\xc2\x00\x00\x01" and data[12:14] == b"\x88\xb5":
        return True
    cooked = data[20:]  # Linux cooked v2, then IPv4 without options, then UDP
    return len(data) > 48 and cooked[9] == 17 and cooked[16:20] == b"\x7f\x00\x00\x01" and cooked[22:24] == b"\x00\x09"
