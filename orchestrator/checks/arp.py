"""The check `arp`: whom a node knows on a LAN, by its table of hardware addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.address import Address
from catenet.nodes.control.answers import ArpEntry, arp_entries
from catenet.nodes.control.fields import AnswerError
from catenet.nodes.control.hardware import parse_hardware
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Name, NoAnswerError, Node, Scene

__all__ = ["NOBODY", "ArpCheck"]

NOBODY = "none"
"""In the place of a hardware address: it is not known."""
_UNKNOWN = ("incomplete", "failed")


@dataclass(frozen=True, slots=True)
class ArpCheck(Expectation):
    """`at` believes that the IP address, on that LAN, is at this hardware address, or knows none.

    `sends`: it sends a packet to that node first, every cache being empty, so that it has to ask.
    """

    kind: ClassVar = "arp"
    about: ClassVar = "Which hardware address a node believes an IP address to have, on one of its LANs."
    alone: ClassVar = True
    order: ClassVar = 6

    at: Annotated[Node, Key("The node whose table is meant.")]
    lan: Annotated[str, Name("LAN", of="at"), Key("The LAN of it that is meant.")]
    address: Annotated[Address, Key("The IP address.", example="10.0.1.1")]
    hardware: Annotated[
        str,
        Key("The hardware address; `none`: it knows none.", example="02:00:00:00:00:e1"),
    ]
    sends: Annotated[Node, Key("A node to which it sends a packet before. Without it: it sends none.")] = ""

    def __post_init__(self) -> None:
        if self.hardware != NOBODY:
            parse_hardware(self.hardware)

    def run(self, scene: Scene) -> Finding:
        """Whoever was asked and has not answered is not known."""
        if self.sends:
            scene.empty_caches()
            scene.ping(self.at, scene.address(self.sends, self.at), number=1)
        try:
            table = arp_entries(scene.show(self.at, "arp"))
        except AnswerError as error:
            raise NoAnswerError(f"{self.at} does not say whom it knows: {error}") from None
        entry = next((each for each in table if (each.lan, each.address) == (self.lan, str(self.address))), None)
        seen = NOBODY if entry is None or entry.state in _UNKNOWN else entry.hardware
        return Finding(
            holds=seen == self.hardware.lower(),
            expected=self._expected(),
            seen=_in_words(entry, scene, self.at),
            next=f"catenet show {self.at} arp",
        )

    def describe(self) -> str:
        """`h1 on lan-a knows 10.0.1.2 at 02:00:00:00:00:e1, when it has sent to h2`."""
        when = f", when it has sent to {self.sends}" if self.sends else ""
        if self.hardware == NOBODY:
            return f"{self.at} on {self.lan} knows no hardware address of {self.address}{when}"
        return f"{self.at} on {self.lan} knows {self.address} at {self.hardware}{when}"

    def _expected(self) -> str:
        return "it knows none" if self.hardware == NOBODY else self.hardware


def _in_words(entry: ArpEntry | None, scene: Scene, at: str) -> str:
    if entry is None:
        return "it knows none"
    owner = scene.name(entry.address, at)
    whose = f" (of {owner})" if owner != entry.address else ""
    return f"{entry.hardware or 'none'}{whose}, {entry.state}"
