"""Frames → tcpdump's own words for them: an unmodified tcpdump in a node reads what was captured, wherever that was."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import NamedTuple

from catenet.orchestrator.backend.protocols import EngineError, Exec, Streams
from catenet.orchestrator.capture.tcpdump import PATIENCE, CapturePoint
from catenet.orchestrator.wire.packets import Frame, pcap_header, pcap_record

__all__ = ["Dissector", "TcpdumpLine"]

STALLED = 2.0
"""Seconds that tcpdump may say nothing of a packet before another node is asked."""
ROOM = 100_000
"""Lines that may wait for `take`: those of more packets than are ever given between two of them."""
_LINE = 8192  # bytes of a line; the rest of a longer one is left out
_NUMBERED = re.compile(r" *(\d{1,12})  (?=\d\d:\d\d:\d\d\.)(.*)")


class TcpdumpLine(NamedTuple):
    """One line of tcpdump's about a packet. With -v a packet has several: `first` is the one with the time."""

    point: CapturePoint
    frame: Frame
    text: str
    first: bool


class Dissector:
    """`put` frames in; `take` the lines that have come since. `arrived` is called in another thread as they come.

    `containers` are the nodes where tcpdump may run: where one dies or is paused, the next goes on.
    """

    def __init__(
        self, streams: Streams, containers: Sequence[str], options: Sequence[str], arrived: Callable[[], None]
    ) -> None:
        self._streams, self._options, self._arrived = streams, options, arrived
        self._containers = list(dict.fromkeys(containers))
        self._waiting: OrderedDict[int, tuple[CapturePoint, Frame]] = OrderedDict()
        self._number = self._before = self._tries = 0
        self._since = time.monotonic()
        self._begin()

    def put(self, point: CapturePoint, frame: Frame) -> None:
        if not self._waiting:
            self._since = time.monotonic()
        self._number += 1
        self._waiting[self._number] = (point, frame)
        self._give(frame)

    def take(self) -> Iterator[TcpdumpLine]:
        """The lines so far.

        Raises:
            EngineError: tcpdump runs, and says nothing of what it is given.

        """
        with suppress(Empty):
            for _ in range(ROOM):  # and then it is the turn of others
                text = self._lines.get_nowait()
                if text is not None:  # else it has ended, and is missed soon
                    yield from self._line(text)
        if self._waiting and time.monotonic() - self._since > STALLED:
            self._move()

    def finish(self) -> Iterator[TcpdumpLine]:
        """No more packets: the lines that are left."""
        self._exec.end_input()
        self._reader.join(PATIENCE)
        while not self._lines.empty() and (text := self._lines.get()) is not None:
            yield from self._line(text)

    def close(self) -> None:
        self._exec.close()

    def _begin(self) -> None:
        command = ["tcpdump", "-Z", "root", "-n", "-l", "-#", *self._options, "-r", "-"]
        self._exec = self._streams.execute(self._containers[0], command, stdin=True)
        self._lines: Queue[str | None] = Queue(ROOM)
        self._shown: tuple[CapturePoint, Frame] | None = None
        self._reader = threading.Thread(target=self._read, args=(self._exec, self._lines), daemon=True)
        self._reader.start()
        self._exec.write(pcap_header())

    def _move(self) -> None:
        """To the next node: the packets that have had no line are given to it again."""
        self._since = time.monotonic()
        self._exec.close()
        if self._tries > 2 * len(self._containers):
            raise EngineError("tcpdump does not read what was captured")
        self._containers.append(self._containers.pop(0))
        self._before = next(iter(self._waiting), self._number + 1) - 1
        with suppress(EngineError):  # that node does not run: after STALLED, the next
            self._begin()
            self._tries += 1
            for _, frame in self._waiting.values():
                self._give(frame)

    def _give(self, frame: Frame) -> None:
        with suppress(EngineError, OSError):  # it reads no more: `take` sees to that
            self._exec.write(pcap_record(frame))

    def _read(self, program: Exec, lines: Queue[str | None]) -> None:
        """Never waits for `take`: who gives packets to tcpdump would wait for it in turn, and both for ever.

        A line that has no room is lost; its packet goes on waiting, and is soon given to another tcpdump.
        """
        rest = b""
        with suppress(EngineError, OSError):  # it has ended
            while (chunk := program.read()) is not None:
                if chunk[0] == 1:
                    *whole, rest = (rest + chunk[1]).split(b"\n")
                    rest = rest[:_LINE]
                    for line in whole:
                        with suppress(Full):
                            lines.put_nowait(line.decode(errors="replace"))
                    self._arrived()
        with suppress(Full):
            lines.put_nowait(None)
        self._arrived()

    def _line(self, text: str) -> Iterator[TcpdumpLine]:
        numbered = _NUMBERED.fullmatch(text)
        if numbered is not None:
            self._since, self._tries = time.monotonic(), 0
            self._shown = self._waiting.pop(self._before + int(numbered[1]), self._shown)
        if self._shown is not None:
            yield TcpdumpLine(*self._shown, text if numbered is None else numbered[2], numbered is not None)
