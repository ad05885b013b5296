"""What two phones tell each other on the path of their call: few messages, each until it is acknowledged.

A message is the data of RTCP's APP packets of the name `CTNT` (RFC 3550 section 6.7), so that it is encrypted and
authenticated as the call is, and needs nobody between the two. One that is longer than a packet goes in several.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           sequence            |     kind      | number| last  |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |            length             |  content, and zeros up to the |
    |                               |  next 32-bit boundary …       |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

`number` is the fragment's, from 0, and `last` that of the last one. A message of kind ACK has the sequence of the one
that has come whole, and no content.
"""

from __future__ import annotations

import struct
from collections import OrderedDict, deque
from enum import IntEnum
from typing import NamedTuple

from catenet.nodes.machine import Count, DecodeError

__all__ = ["FRAGMENT", "MOST_FRAGMENTS", "NAME", "TRIES", "TRY", "Controls", "Fragment", "Kind", "Message"]

NAME = b"CTNT"
FRAGMENT = 1_100
"""Octets of content in a packet: with all that goes around it, it fits in 1,280."""
MOST_FRAGMENTS = 8
TRY = 0.25
"""Seconds after which what is not acknowledged is sent again."""
TRIES = 8
"""How often it is sent."""
_MOST_PARTIAL = 4
"""Messages of which some fragments have come; of a fifth the oldest one is forgotten."""
_REMEMBERED = 64
"""Sequences of messages that have come, so that none is taken twice."""
_HEADER = struct.Struct(">HBBH")


class Kind(IntEnum):
    """What a message is."""

    ACK = 0
    HANG_UP = 1
    OFFER = 2
    """One side's credentials and candidates for a data stream; an ANSWER is wanted."""
    ANSWER = 3


class Message(NamedTuple):
    """A whole message of the peer's."""

    kind: Kind
    content: bytes


class Fragment(NamedTuple):
    """One packet's part of a message."""

    sequence: int
    kind: Kind
    number: int
    last: int
    content: bytes

    @classmethod
    def parse(cls, data: bytes) -> Fragment:
        """The data of an APP packet → Fragment.

        Raises:
            DecodeError: too short, an unknown kind, more fragments than there may be, padding that is none.

        """
        if len(data) < _HEADER.size:
            raise DecodeError("control.length", len(data), "less than a header")
        sequence, kind, numbers, length = _HEADER.unpack_from(data)
        number, last = numbers >> 4, numbers & 0x0F
        if kind not in _KINDS:
            raise DecodeError("control.kind", kind)
        if number > last or last >= MOST_FRAGMENTS:
            raise DecodeError("control.number", number, f"of {last + 1} fragments")
        content = data[_HEADER.size :]
        if length > FRAGMENT or len(content) != length + _padding(length):
            raise DecodeError("control.length", length, f"in {len(content)} octets")
        return cls(sequence, Kind(kind), number, last, content[:length])

    def __bytes__(self) -> bytes:
        length = len(self.content)
        head = _HEADER.pack(self.sequence, self.kind, self.number << 4 | self.last, length)
        return head + self.content + bytes(_padding(length))


_KINDS = frozenset(Kind)


def _padding(length: int) -> int:
    return -(_HEADER.size + length) % 4


class _Open:
    """A message that is not acknowledged yet."""

    __slots__ = ("at", "kind", "packets", "tries")

    def __init__(self, kind: Kind, packets: list[bytes], now: float) -> None:
        self.kind = kind
        self.packets = packets
        self.tries = 0
        self.at = now


class Controls:
    """Both directions. What `take_sends` gives is the data of APP packets, each with its kind."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._sequence = 0
        self._open: dict[int, _Open] = {}
        self._partial: OrderedDict[tuple[int, Kind, int], dict[int, bytes]] = OrderedDict()
        self._known: deque[int] = deque(maxlen=_REMEMBERED)
        self._sends: list[tuple[Kind, bytes]] = []

    def send(self, kind: Kind, content: bytes, now: float) -> None:
        """Have the peer know this. One of the same kind that was still on its way is given up: it is out of date.

        Raises:
            ValueError: longer than eight fragments.

        """
        pieces = [content[at : at + FRAGMENT] for at in range(0, len(content), FRAGMENT)] or [b""]
        if len(pieces) > MOST_FRAGMENTS:
            raise ValueError(f"a control message of {len(content)} octets")
        self._open = {sequence: each for sequence, each in self._open.items() if each.kind is not kind}
        sequence, self._sequence = self._sequence, (self._sequence + 1) % (1 << 16)
        last = len(pieces) - 1
        packets = [bytes(Fragment(sequence, kind, number, last, piece)) for number, piece in enumerate(pieces)]
        self._open[sequence] = _Open(kind, packets, now)
        self.wake(now)

    def is_open(self, kind: Kind) -> bool:
        """Whether such a message is still sent."""
        return any(each.kind is kind for each in self._open.values())

    def receive(self, data: bytes) -> Message | None:
        """The data of an APP packet of the peer's → the message that is whole by it, the first time that it is.

        What is no message is counted as refused.control.
        """
        try:
            fragment = Fragment.parse(data)
        except DecodeError:
            self._count("refused.control")
            return None
        if fragment.kind is Kind.ACK:
            self._open.pop(fragment.sequence, None)
            return None
        if fragment.sequence in self._known:
            self._acknowledge(fragment.sequence)
            return None
        return self._whole(fragment)

    def _whole(self, fragment: Fragment) -> Message | None:
        key = fragment.sequence, fragment.kind, fragment.last
        parts = self._partial.setdefault(key, {})
        parts[fragment.number] = fragment.content
        if len(parts) <= fragment.last:
            if len(self._partial) > _MOST_PARTIAL:
                self._partial.popitem(last=False)
            return None
        del self._partial[key]
        self._known.append(fragment.sequence)
        self._acknowledge(fragment.sequence)
        return Message(fragment.kind, b"".join(parts[number] for number in range(fragment.last + 1)))

    def _acknowledge(self, sequence: int) -> None:
        self._sends.append((Kind.ACK, bytes(Fragment(sequence, Kind.ACK, 0, 0, b""))))

    def wake(self, now: float) -> None:
        """Do what has fallen due."""
        for sequence, each in tuple(self._open.items()):
            if now < each.at:
                continue
            if each.tries == TRIES:
                del self._open[sequence]
                self._count("controls_unanswered")
                continue
            each.tries += 1
            each.at = now + TRY
            self._sends += [(each.kind, packet) for packet in each.packets]

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""
        return min((each.at for each in self._open.values()), default=None)

    def take_sends(self) -> list[tuple[Kind, bytes]]:
        """What is to be sent now, in order."""
        sends, self._sends = self._sends, []
        return sends
