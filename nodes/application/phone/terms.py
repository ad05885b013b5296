"""What a conversation is told and what it tells: the terms of a call, the ports, the events, the statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.application.ice.candidate import Candidate
from catenet.nodes.application.ice.check import Credentials
from catenet.nodes.application.ice.relay import Server
from catenet.nodes.application.ice.timing import Timing
from catenet.nodes.application.rtp.session import Side
from catenet.nodes.machine import Endpoint

__all__ = [
    "Checked",
    "Connected",
    "Event",
    "Failed",
    "HungUp",
    "Moved",
    "Options",
    "Outward",
    "Path",
    "Ports",
    "Silent",
    "Sound",
    "Spared",
    "Statistics",
    "Stream",
    "Terms",
    "Wanted",
    "Way",
]

Way = Literal["direct", "punched", "relayed"]
"""`direct`: from host to host; `relayed`: by a relay of either side's; else `punched`, through a translator."""


class Stream(NamedTuple):
    """What one side says of a data stream: its ICE credentials and candidates."""

    credentials: Credentials
    candidates: tuple[Candidate, ...]


class Terms(NamedTuple):
    """What offer and answer have agreed on. `own` and `peer`: SSRC, first sequence number, master key of each side
    (None in both: not encrypted). `credentials` and `candidates`: the peer's, of the data stream `media`; `spare`: the
    same of the other one, where the peer has said so."""

    own: Side
    peer: Side
    credentials: Credentials
    candidates: tuple[Candidate, ...]
    spare: Stream | None = None


class Ports(NamedTuple):
    """Two UDP ports of the node, open, and the address from which their datagrams leave. Not equal."""

    address: Address
    media: int
    spare: int


class Sound(NamedTuple):
    """Each is called 50 times a second with 20 ms of speech: 160 samples of 16 bits, in the machine's byte order.
    `read`: what the user says; `write`: what the user is to hear."""

    read: Callable[[], bytes]
    write: Callable[[bytes], None]


class Options(NamedTuple):
    """`cname`: the name in RTCP's reports (255 octets); `relayed_only`: the peer learns no address but relays'."""

    cname: str
    relayed_only: bool = False
    timing: Timing = Timing()


class Outward(NamedTuple):
    """A message that is to leave from the own UDP port `port`; with `tcp` on the connection which that port has to the
    server `destination`, framed as `stun.framing` does."""

    port: int
    data: bytes
    destination: Endpoint
    tcp: bool


class Wanted(NamedTuple):
    """A TCP connection that is wanted for the own UDP port `port`. One that there is already takes its end, of which
    the conversation is not told."""

    port: int
    server: Server


class Path(NamedTuple):
    """By what packets go. `by`: the supernodes that carry them (none, one, or each side's)."""

    way: Way
    by: tuple[Address, ...] = ()

    def __str__(self) -> str:
        return f"{self.way} by {' and '.join(map(str, self.by))}" if self.by else self.way


# Events.


class Checked(NamedTuple):
    """A connectivity check of a data stream (`media` or `spare`) has ended: it passed, or why not."""

    stream: str
    local: Candidate
    remote: Candidate
    why: str = ""


class Connected(NamedTuple):
    """There is a path: what is sent goes by it."""

    path: Path


class Spared(NamedTuple):
    """There is a second path now, to move to when the first dies."""

    path: Path


class Silent(NamedTuple):
    """Nothing has been heard of the peer for so many seconds."""

    seconds: float


class Moved(NamedTuple):
    """What is sent goes by another path now. `silent`: seconds since the peer was heard last; `why`: `silence`, `peer`
    (it has moved), `connection` (the one to the supernode has ended), `consent`, `address` (one of the two has another,
    and what was begun anew for it is there)."""

    path: Path
    silent: float
    why: str


class HungUp(NamedTuple):
    """The peer has hung up."""


class Failed(NamedTuple):
    """There is no conversation, or none any more: no path was found, or both have been silent for 30 s."""

    why: str


Event = Checked | Connected | Spared | Silent | Moved | HungUp | Failed


class Statistics(NamedTuple):
    """So far. Packets: `sent`, `received`, `lost` (of the peer's numbering). Seconds: `jitter`, `delay` (from mouth to
    ear, as far as it is known), `longest_silence` (between two frames of the peer's that were played). Frames of 20 ms:
    `played`, `concealed`. `mos`: 1 to 4.5 (G.107); None before anything was played. `path` is None before there is
    one."""

    path: Path | None
    sent: int
    received: int
    lost: int
    jitter: float
    delay: float
    played: int
    concealed: int
    mos: float | None
    longest_silence: float
