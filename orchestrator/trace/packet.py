"""One packet that a node sends, watched on every LAN that it and its answer cross: each header inside the one below.

All ends of these LANs are captured, so that of each frame it is known who sent it, and who heard it. An echo request is
sent by an unmodified ping where the node's kernel has a network; a datagram of UDP by the node itself, asked to do so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catenet.nodes.address import Address
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.capture.capture_points import find_ends, hardware_of
from catenet.orchestrator.capture.capturing import capturing_frames
from catenet.orchestrator.lab.realms import View, views
from catenet.orchestrator.observe.running import RunningLab, UserError, must_run, unknown
from catenet.orchestrator.trace.packet_rule import Fault, faults
from catenet.orchestrator.trace.packet_steps import PacketStep, Part, Sent, came_to, find_steps
from catenet.orchestrator.trace.sending import Sending
from catenet.orchestrator.trace.ways import lans_between
from catenet.orchestrator.wire.frames import Hardware, on_lans
from catenet.orchestrator.wire.layers import UDP

__all__ = ["Ends", "PacketTrace", "trace_packet", "watched"]

FILTER = "arp or icmp or (ip[6:2] & 0x3fff != 0)"
"""What is captured in any case: what answers, and fragments, which have no ports."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Who has which address: `hardware` by LAN and hardware address; `view`: IP addresses as the sender sees them."""

    hardware: Hardware
    view: View

    def name(self, lan: str, value: str) -> str:
        """The node whose address it is, of either kind; empty: nobody's, or no address."""
        if ":" in value:
            return self.hardware.get((lan, value), "")
        try:
            return self.view.owners.get(Address.parse(value), "")
        except ValueError:
            return ""


@dataclass(frozen=True, slots=True)
class PacketTrace:
    """What became of it. `says`: the sender's last word where nothing came back; `faults`: what no router may do, but
    those that are `translators`.
    """

    node: str
    target: str
    sent: Sent
    data: bytes
    steps: tuple[PacketStep, ...]
    ends: Ends
    says: str = ""
    faults: tuple[Fault, ...] = ()
    lans: tuple[str, ...] = ()
    translators: frozenset[str] = frozenset()

    @property
    def arrived(self) -> bool:
        """Whether a frame with it came in at the node that has the address."""
        return came_to(self.target, self.steps)

    @property
    def answered(self) -> bool:
        """Whether an answer (or an error) came in at the sender."""
        return any(step.part in (Part.BACK, Part.ERROR) and self.node in step.heard for step in self.steps)

    def to_json(self) -> dict[str, Json]:
        return {
            "from": self.node,
            "to": self.target,
            "address": self.sent.address,
            "by": self.sent.protocol,
            "port": self.sent.port or None,
            "data": self.data.hex(),
            "lans": list(self.lans),
            "arrived": self.arrived,
            "answered": self.answered,
            "says": self.says or None,
            "steps": [step.to_json() for step in self.steps],
            "faults": [each._asdict() for each in self.faults],
        }


def trace_packet(engine: Engine, running: RunningLab, node: str, target: str, sending: Sending) -> PacketTrace:
    """The node sends one packet to the target: a node's name, or an address.

    Raises:
        UserError: as of `watched`.
        EngineError: a capture could not be made, or the node cannot send.

    """
    seen = watched(engine, running, node, target, sending)
    translators = frozenset(name for name, each in running.lab.nodes.items() if each.outside)
    wrong, data = tuple(faults(seen.steps)), sending.data(node)
    return PacketTrace(
        node, seen.target, seen.sent, data, seen.steps, seen.ends, seen.says, wrong, seen.lans, translators
    )


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen while something was sent. `target`: the node that has the address, else that itself; `lans`: where
    it was captured; `says`: the sender's last word, empty: an answer has come.
    """

    target: str
    sent: Sent
    lans: tuple[str, ...]
    steps: tuple[PacketStep, ...]
    ends: Ends
    says: str


def watched(
    engine: Engine,
    running: RunningLab,
    node: str,
    target: str,
    sending: Sending,
    *,
    prepare: Callable[[Sequence[str]], None] = lambda _: None,
) -> Watched:
    """The node sends it while every end of all LANs on its way is captured. `prepare`: what is to be done just before,
    for these LANs.

    Raises:
        UserError: no such node, or it does not run; no such target, or no way there; more data than a packet holds.
        EngineError: a capture could not be made, or a node gave no answer.

    """
    must_run(running.node(node))
    sending.check()
    view = views(running.lab).at(node)
    address = _find_target(running, view, node, target)
    lans = lans_between(engine, running, view, node, address)
    if not lans:
        raise UserError(f"{node} has no route to {target} ({address}): catenet trace route {node} {target}")
    sent = Sent(node, sending.protocol, str(address), sending.port)
    points = find_ends(engine, running, lans)
    hardware = hardware_of(points)
    expression = f"{FILTER} or udp port {sent.port}" if sent.protocol == UDP else FILTER
    with capturing_frames(engine, points, expression) as captures:
        prepare(lans)
        before = {each.node: each.at for each in captures.so_far()}  # by the clock of its engine, as what follows
        says = sending.send(engine, running, sent)
        after = (each for each in captures.stop() if each.at > before.get(each.node, 0.0))
        frames = on_lans(after, hardware, one_clock=not running.hosts.urls)
    name = view.owners.get(address, str(address))
    return Watched(name, sent, tuple(lans), find_steps(frames, sent), Ends(hardware, view), says)


def _find_target(running: RunningLab, view: View, node: str, target: str) -> Address:
    """The address that is meant at the node.

    Raises:
        UserError: it is neither a node nor an address; or that node is unknown there.

    """
    if target in running.lab.nodes:
        if target == node:
            raise UserError(f"{node} to {node}: what a node sends itself crosses no LAN")
        if target not in view.addresses:
            lan = running.lab.nodes[target].attachments[0].lan
            raise UserError(f"{node} cannot send to {target}: {views(running.lab).unknown(lan, node)}")
        return view.addresses[target]
    try:
        return Address.parse(target)
    except ValueError:
        hint = "an IPv4 address will do, too"
        raise unknown("node", target, running.lab.nodes, hint, owner=f"lab {running.name}") from None
