from __future__ import annotations

from catenet.orchestrator.evidence.packets import NodePackets
from catenet.orchestrator.wire.packets import Frame


def test_a_capture_keeps_so_many_bytes(small, monkeypatch):
    monkeypatch.setattr("catenet.orchestrator.evidence.packets._BYTES", 250)
    packets = NodePackets(small.engine, small.container("a"))
    for size in (100, 100, 100, 1):
        packets._take(Frame(1.0, 1, bytes(size), size))
    assert [frame.length for frame in packets._frames] == [100, 100]
