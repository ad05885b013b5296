"""What the directory takes a supernode for, what it does, and which ports it has open for that."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.icmp import PROTOCOL
from catenet.nodes.machine import Ip, OpenPort, Tcp, Udp

__all__ = ["Duty", "Standing", "ports_of"]


class Standing(NamedTuple):
    """A role that the directory has given, or why it has given none; `since`: when that began (the machine's time)."""

    role: str
    why: str
    since: float | None = None


class Duty(Enum):
    """
    off        nothing: no port is open
    answering  Binding requests, by which others see whether it can be reached; nobody gets an allocation
    serving    everything
    draining   what its clients have goes on; nobody gets a new allocation. It is `answering` when the last one has gone
    """

    OFF = "off"
    ANSWERING = "answering"
    SERVING = "serving"
    DRAINING = "draining"


def ports_of(duty: Duty, options: SupernodeOptions) -> tuple[OpenPort, ...]:
    """Beside the relay ports, which are their allocations'. Connections that stand outlive their port."""
    udp, icmp, tcp = OpenPort(Udp(options.port), forwards=True), OpenPort(Ip(PROTOCOL)), OpenPort(Tcp(options.port))
    if duty is Duty.OFF:
        return ()
    if duty is Duty.ANSWERING:
        return (udp,)
    return (udp, icmp, tcp) if duty is Duty.SERVING and options.tcp == "on" else (udp, icmp)
