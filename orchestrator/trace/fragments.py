"""The fragments of one datagram on one LAN, as they passed."""

from __future__ import annotations

from collections.abc import Callable, Collection

from catenet.nodes.address import Address
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.capture.capture_points import find_ends, hardware_of
from catenet.orchestrator.capture.capturing import capturing_frames
from catenet.orchestrator.observe.running import RunningLab
from catenet.orchestrator.wire.fragments import Fragment, fragment_in
from catenet.orchestrator.wire.frames import on_lans
from catenet.orchestrator.wire.layers import IPV4

__all__ = ["trace_fragments"]

_UDP = "17"


def trace_fragments(
    engine: Engine,
    running: RunningLab,
    lan: str,
    ends: tuple[Collection[Address], Address],
    send: Callable[[], None],
) -> list[Fragment]:
    """Those of what one end sends by UDP to the other (its addresses, and the other's) while `send` runs.

    Raises:
        UserError: no such LAN, or none of its ends runs.
        EngineError: it could not be captured.

    """
    sources, target = {str(each) for each in ends[0]}, str(ends[1])
    points = find_ends(engine, running, [lan])
    with capturing_frames(engine, points, "udp") as captures:
        send()
        frames = on_lans(captures.stop(), hardware_of(points), one_clock=not running.hosts.urls)
    of_udp = [each.layers for each in frames if each.layers.value(IPV4, "protocol") == _UDP]
    return [
        fragment_in(each)
        for each in of_udp
        if each.value(IPV4, "source") in sources and each.value(IPV4, "destination") == target
    ]
