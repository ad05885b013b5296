"""What passed at a node: its first packets on all interfaces, as a pcap file."""

from __future__ import annotations

import time
from pathlib import Path

from catenet.orchestrator.backend.protocols import Container, Engine, EngineError
from catenet.orchestrator.capture.tcpdump import CapturePoint, Tcpdump
from catenet.orchestrator.evidence.folder import write
from catenet.orchestrator.wire.packets import Frame, pcap_header, pcap_record

__all__ = ["NodePackets"]

_BEGIN = 10.0
"""Seconds for one capture to begin: less than for all, so that it says itself why it did not."""
_PACKETS = 20_000
"""Packets of one node that are kept: the first ones."""
_BYTES = 8_000_000
"""Bytes of those packets."""
_COOKED = 276
"""The link type of what tcpdump hears on all interfaces: Linux cooked v2."""
_FILTER = "not net 127.0.0.0/8"  # what a node says to itself is no traffic of the lab


class NodePackets:
    """What passes at one node, from `begin` to `end`."""

    def __init__(self, engine: Engine, container: Container) -> None:
        self.node = container.node
        self._engine, self._container = engine, container
        self._frames: list[Frame] = []
        self._room = _BYTES
        self._tcpdump: Tcpdump | None = None

    def begin(self) -> None:
        """Until it listens.

        Raises:
            EngineError: it does not, and is closed.

        """
        tcpdump = Tcpdump(self._engine, CapturePoint(self.node, self._container.name), _FILTER, self._take)
        self._tcpdump = tcpdump
        try:
            tcpdump.wait_listening(time.monotonic() + _BEGIN)
        except EngineError:
            tcpdump.close()
            raise

    def end(self, target: Path, seconds: float) -> None:
        """End it within `seconds`, and write what it has heard, whole or not, into the folder `target`.

        Raises:
            CaptureError: it broke off before.
            OSError: it cannot be written.

        """
        assert self._tcpdump is not None  # it has begun
        try:
            self._tcpdump.finish()
            self._tcpdump.wait_ended(time.monotonic() + seconds)
        finally:
            self._tcpdump.close()
            kind = self._frames[0].link_type if self._frames else _COOKED
            data = pcap_header(kind) + b"".join(map(pcap_record, self._frames))
            write(target, f"captures/{self.node}.pcap", data)

    def _take(self, frame: Frame) -> None:
        self._room -= len(frame.data)
        if self._room >= 0 and len(self._frames) < _PACKETS:
            self._frames.append(frame)
