"""What every kind of check is: a frozen dataclass, its words in the lab file, and one look at the running lab.

A kind knows nothing of engines or lab files: it sees a Scene. Its fields, by their annotations, are its words; what
reads the lab file, the schema for editors, `catenet check` and the plugin's `wait_for` are all made of them. A field is
one of Node, Lan, a tuple of one of these, Domain, Url, Address (nodes/address), Duration (nodes/control/units), str,
bool, or an int with bounds; beside its type, a Key says what it means. One without a default must be written. Where
fields do not fit together, `__post_init__` raises a ValueError whose text says so: it is told with file and line.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.calls import Call
from catenet.nodes.control.datagrams import Datagrams
from catenet.nodes.control.lookups import LookedUp
from catenet.nodes.control.pings import Pinged
from catenet.nodes.control.service import Service
from catenet.nodes.machine import Json
from catenet.orchestrator.wire.fragments import Fragment
from catenet.orchestrator.wire.packets import CapturedPacket

__all__ = [
    "DOMAIN",
    "URL",
    "Asked",
    "AskedAddress",
    "Called",
    "Crossed",
    "CrossedFrame",
    "Domain",
    "Expectation",
    "Finding",
    "Finished",
    "Flooded",
    "Key",
    "Lan",
    "Name",
    "NoAnswerError",
    "Node",
    "Scene",
    "Talk",
    "Url",
]


class Key(NamedTuple):
    """What the lab file says of a field.

    `word`: its key there, where that is not the field's name. `bounds`: a number's least and most. `least`: so many
    names a list has at the least; `distinct`: each once. `example`: a value that a message shows. `runs`: the program
    that the check runs at the node, where only the kernel's stack can carry it.
    """

    about: str
    word: str = ""
    bounds: tuple[int, int] = (0, 0)
    least: int = 0
    distinct: bool = False
    example: str = ""
    runs: str = ""


class Name(NamedTuple):
    """A text that names something of the lab.

    `of`: the field that holds a node, whose LANs are meant. `also`: words that are taken beside the names.
    """

    kind: Literal["node", "LAN"]
    of: str = ""
    also: tuple[str, ...] = ()


DOMAIN, URL = "a domain name", "a URL of HTTP"
Node = Annotated[str, Name("node")]
Lan = Annotated[str, Name("LAN")]
Domain = Annotated[str, DOMAIN]
Url = Annotated[str, URL]


@dataclass(frozen=True, slots=True)
class Finding:
    """One look: does it hold? What was expected, and what was seen instead; `next` is the command to type now. `table`:
    lines that are worth a look in any case.
    """

    holds: bool
    expected: str
    seen: str
    next: str
    table: tuple[str, ...] = ()


class Called(NamedTuple):
    """What became of a call. `path`: direct, punched or relayed, as both ends say; empty where it never was up, and
    `why` says why. `by`: the nodes that relay it.
    """

    path: str
    by: tuple[str, ...]
    why: str


class NoAnswerError(Exception):
    """What a node said is no answer to what the check asks; the text says so. The check fails with it."""


class Finished(Protocol):
    """A program that has ended; of what it wrote, `last_words` is the last line, or says the exit code."""

    @property
    def returncode(self) -> int:
        """0 where all went well."""

    @property
    def stdout(self) -> str:
        """As text."""

    @property
    def stdout_bytes(self) -> bytes:
        """As it was."""

    @property
    def stderr(self) -> str:
        """As text."""

    @property
    def last_words(self) -> str:
        """For a report."""


class Talk(NamedTuple):
    """A call as one end has it; `said` and `heard`: 16-bit samples of 8 kHz, in the machine's byte order. What was said
    was said again and again."""

    call: Call
    said: bytes = b""
    heard: bytes = b""


class Flooded(NamedTuple):
    """What became of what a router has said of itself. `about`: what it was; `reached`: router → the seconds after
    which it had it; `copies`: so often it was on a link. `missing`: what keeps it from being everybody's; `more`: where
    it was sent more often than it must be.
    """

    about: str
    reached: Mapping[str, float]
    copies: int
    missing: tuple[str, ...]
    more: tuple[str, ...]


class CrossedFrame(NamedTuple):
    """A frame that carried a packet over a LAN. `headers`: their protocols, the outermost first; `nested`: each lies in
    what the one below carries; `data`: what the innermost carries.
    """

    lan: str
    source: str
    target: str
    headers: tuple[str, ...]
    nested: bool
    data: bytes


class Crossed(NamedTuple):
    """A packet's way. `faults`: what is not as it must be, in words; `data`: what was sent; `says`: the sender's last
    word where no answer came.
    """

    frames: tuple[CrossedFrame, ...]
    arrived: bool
    faults: tuple[str, ...]
    data: bytes
    says: str


class AskedAddress(NamedTuple):
    """A question of ARP: `asker` asked on the LAN for an address of `owner`'s (empty: nobody's), and `answerer`
    answered (empty: nobody).
    """

    asker: str
    lan: str
    address: str
    owner: str
    answerer: str
    broadcast: bool


class Asked(NamedTuple):
    """All such questions, in order. `known`: (node, LAN, who is known) in the caches afterwards; `reached`: the packet
    came to its target.
    """

    questions: tuple[AskedAddress, ...]
    known: frozenset[tuple[str, str, str]]
    reached: bool


class Scene(Protocol):
    """The running lab at one look.

    Every method that asks a node or the engine raises EngineError where no answer comes; the text says why.
    """

    def prefix(self, lan: str) -> Prefix:
        """The LAN's."""

    def unused_address(self, lan: str, at: str) -> Address:
        """An address of the LAN that no node has: node `at`'s packets for it go to that LAN, whoever is there.

        Raises:
            NoAnswerError: for `at` it is in another LAN, or the nodes there have all.

        """

    def leads_to(self, prefix: str, lan: str, at: str) -> bool:
        """Whether that prefix is the LAN's, for node `at`: there it may be another LAN's too, behind a translator."""

    def address(self, node: str, at: str) -> Address:
        """By which node `at` reaches the node: its nearest one, else its first.

        Raises:
            NoAnswerError: for `at` that address is in another LAN.

        """

    def stops(self, at: str, via: Sequence[str], target: str) -> Sequence[Address]:
        """By which addresses node `at` names these routers and, last, the target, for a packet to go that way.

        Raises:
            NoAnswerError: for `at` one of them has none.

        """

    def name(self, address: str, at: str) -> str:
        """The node that has the address, as node `at` sees it; or the address itself."""

    def resolver(self, node: str) -> str | None:
        """The node that it asks for names, or an address where no node has it; None where it asks nobody."""

    def nodes_with(self, wanted: Callable[[Service, Any], bool]) -> Collection[str]:
        """The nodes with a service for whose declaration and options that is so."""

    def routing(self, node: str) -> Sequence[str]:
        """Its services that find routes: first the one that is believed before the others."""

    def show(self, node: str, what: str) -> Json:
        """The node's answer to `show WHAT`."""

    def call_all(self, pairs: Sequence[tuple[str, str]], seconds: float) -> Sequence[Called]:
        """The first one's user of each pair calls the second one's, all of them at once, and hangs up when the call was
        up for so long; what became of each, in their order.

        Raises:
            NoAnswerError: a node has no telephone.

        """

    def run(self, node: str, command: Sequence[str], deadline: float, codes: Collection[int] = ()) -> Finished:
        """An unmodified program inside the node, run to its end; `deadline` in seconds. On the userspace stack it has
        no network.

        `codes`: the return codes of one that did its work; with another one, no answer has come.
        """

    def ping(self, node: str, to: Address, number: int = 3, every: float = 0.1) -> Pinged:
        """So many echo requests, one each `every` seconds, and what became of them: by an unmodified ping, or on the
        userspace stack by the node itself.
        """

    def trace(self, node: str, to: Address, most: int) -> tuple[Sequence[str], str]:
        """The address of each hop, of `most` at the most, `*` for a silent one, without those at the end, and, where
        there is none, why: by an unmodified traceroute, or on the userspace stack by the node itself.
        """

    def dig(self, node: str, name: str) -> LookedUp:
        """What the node's resolver says of the name: to an unmodified dig, on the userspace stack to the node itself.

        Raises:
            NoAnswerError: it has no resolver.

        """

    def talk(
        self, source: str, target: str, seconds: float, *, sound: bool = False, keep: bool = False
    ) -> tuple[Talk, Talk]:
        """The two nodes' telephones, after they have been up for so long; `sound`: with what was said and heard. Where
        they do not talk yet, one calls the other, who answers; then it is hung up, unless it is to be kept.

        Raises:
            NoAnswerError: one of them has no telephone, or there is no call: it was refused, or ended.

        """

    def call(self, node: str) -> Call:
        """How the call of the node's telephone is, or the last one was.

        Raises:
            NoAnswerError: it has none.

        """

    def datagrams(self, source: str, target: str, *, number: int, every: float, size: int, whole: bool) -> Datagrams:
        """So many numbered datagrams of `size` octets, one each `every` seconds, from one node to another, which sends
        them back; what became of them. `whole`: none may be fragmented on its way.

        Raises:
            NoAnswerError: the other one sends nothing back, or so many cannot be sent.

        """

    def fragments(self, source: str, target: str, lan: str, size: int) -> tuple[Sequence[Fragment], bool]:
        """The pieces in which a datagram of `size` octets crosses the LAN, and whether it came back.

        Raises:
            NoAnswerError: the other one sends nothing back.

        """

    def flood(self, router: str, kind: str) -> Flooded:
        """The router says an advertisement of that type ("": its own) anew, which is followed to all others.

        Raises:
            NoAnswerError: it has none, or it was not heard.

        """

    def packet(self, source: str, target: str, by: str) -> Crossed:
        """One packet, by `udp` (to the port of RFC 862) or `icmp` (an echo request), followed over every LAN.

        Raises:
            NoAnswerError: the source has no route to the target.

        """

    def asks(self, source: str, target: str, *, fresh: bool) -> Asked:
        """What is asked by ARP while a packet goes from the source to the target and is answered. `fresh`: all on the
        way forget first what they have cached.

        Raises:
            NoAnswerError: the source has no route to the target.

        """

    def empty_caches(self) -> None:
        """Whoever keeps names or pages forgets them."""

    def capture(self, node: str, expression: str) -> AbstractContextManager[Sequence[CapturedPacket]]:
        """The UDP and TCP packets at the node during the block, on any of its interfaces; after it, they are in the
        list, in the order of time. `expression`: pcap-filter(7).
        """


class Expectation(ABC):
    """One check's words. A kind is a subclass, alone in a file of this folder.

    `kind`: its word in the lab file. `about`: what it says of the lab. `one_of`: keys of which one at least must be
    written. `alone`: it counts packets, or sends some that another counts: two such run one after the other.
    `order`: its place among the others wherever kinds are listed, lowest first; equal ones stand by their names.
    """

    __slots__ = ()
    kind: ClassVar[str]
    about: ClassVar[str]
    one_of: ClassVar[tuple[str, ...]] = ()
    alone: ClassVar[bool] = False
    order: ClassVar[int] = 100

    @abstractmethod
    def run(self, scene: Scene) -> Finding:
        """One look at the lab.

        Raises:
            EngineError, NoAnswerError: a node or the engine gave no answer; the check fails with its text.

        """

    @abstractmethod
    def describe(self) -> str:
        """The check in words: `a to lan-c: via link1, cost 2`."""
