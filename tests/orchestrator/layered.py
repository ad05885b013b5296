"""Two hosts, two routers between them, and the frames that tcpdump saw at each end of each LAN (trace/layers)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from catenet.orchestrator.trace.packet_steps import PacketStep, Sent, find_steps
from catenet.orchestrator.wire.frames import CapturedFrame, LanFrame, decode_frame, on_lans
from catenet.orchestrator.wire.packets import PcapStream

DATA = Path(__file__).parent / "trace" / "layers"
HARDWARE = {
    ("left", "02:42:0a:06:01:01"): "h1",
    ("left", "02:42:0a:06:01:0b"): "a",
    ("middle", "02:42:0a:06:02:0b"): "a",
    ("middle", "02:42:0a:06:02:0c"): "b",
    ("right", "02:42:0a:06:03:0c"): "b",
    ("right", "02:42:0a:06:03:01"): "h2",
}
"""(LAN, hardware address) → the node that has it there."""
ADDRESSES = {
    "10.6.1.1": "h1",
    "10.6.1.11": "a",
    "10.6.2.11": "a",
    "10.6.2.12": "b",
    "10.6.3.12": "b",
    "10.6.3.1": "h2",
}
PING = Sent("h1", "ICMP", "10.6.3.1")
"""2,000 octets, in two fragments."""
DATAGRAM = Sent("h1", "UDP", "10.6.3.1", 7)
"""Of 13 octets; nobody listens at its port. Another one, of 9 octets, is sent 0.3 s later with a TTL of 2."""


def owner(_lan: str, address: str) -> str:
    return ADDRESSES.get(address, "")


def captured() -> list[CapturedFrame]:
    """Each frame as often as it was seen."""
    seen: list[CapturedFrame] = []
    for (lan, hardware), node in HARDWARE.items():
        octets = bytes.fromhex(hardware.replace(":", ""))
        frames = PcapStream().feed((DATA / f"{node}-{lan}.pcap").read_bytes())
        seen += [found for each in frames if (found := decode_frame(each, node, lan, octets)) is not None]
    return seen


Change = Callable[[CapturedFrame], CapturedFrame | None]


def frames(change: Change = lambda each: each) -> list[LanFrame]:
    """`change`: what is to be otherwise at a place, as if it had been captured so."""
    return on_lans([found for each in captured() if (found := change(each)) is not None], HARDWARE)


def steps(sent: Sent, change: Change = lambda each: each) -> list[PacketStep]:
    return list(find_steps(frames(change), sent))
