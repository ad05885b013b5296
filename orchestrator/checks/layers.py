"""The check `layers`: a message is seen at each layer on every LAN that it crosses, each header in the one below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Node, Scene
from catenet.orchestrator.wire.layers import ETHERNET, ICMP, IPV4, UDP

__all__ = ["LayersCheck"]

_HEADERS = {"udp": (ETHERNET, IPV4, UDP), "icmp": (ETHERNET, IPV4, ICMP)}


@dataclass(frozen=True, slots=True)
class LayersCheck(Expectation):
    """`source` sends a message to `target`: every frame that carries it has these headers, and the message in them."""

    kind: ClassVar = "layers"
    about: ClassVar = "A message is seen at each layer, on every LAN on its way: each header inside the one below."
    alone: ClassVar = True
    order: ClassVar = 6

    source: Annotated[Node, Key("The node that sends.", "from")]
    target: Annotated[Node, Key("The node to which it sends.", "to")]
    by: Annotated[str, Key("What carries it: udp, or icmp (an echo request). Without it: udp.", example="udp")] = "udp"

    def __post_init__(self) -> None:
        if self.by not in _HEADERS:
            raise ValueError(f"by {self.by!r} is none of {', '.join(_HEADERS)}")

    def run(self, scene: Scene) -> Finding:
        """One message, captured at each end of each LAN."""
        seen = scene.packet(self.source, self.target, self.by)
        wanted = _HEADERS[self.by]
        wrong = list(seen.faults)
        for frame in seen.frames:
            if frame.headers != wanted or not frame.nested:
                wrong.append(f"on {frame.lan}: {' > '.join(frame.headers)}")
            if self.by == "udp" and frame.data != seen.data:
                wrong.append(f"on {frame.lan} {len(frame.data)} octets are carried, {len(seen.data)} were sent")
        lans = " ".join(dict.fromkeys(frame.lan for frame in seen.frames))
        well = f"{' > '.join(wanted)} on {lans}"
        lost = f"it was not heard at {self.target}; seen on {lans or 'no LAN'}"
        return Finding(
            holds=seen.arrived and not wrong,
            expected=f"{' > '.join(wanted)} on each LAN",
            seen="; ".join(wrong) if wrong else well if seen.arrived else lost,
            next=f"catenet trace packet {self.source} {self.target}{' --udp' if self.by == 'udp' else ''} --all",
        )

    def describe(self) -> str:
        """`h1 to h2 by udp, layer by layer`."""
        return f"{self.source} to {self.target} by {self.by}, layer by layer"
