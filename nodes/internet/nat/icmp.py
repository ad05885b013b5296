"""ICMP errors: those that others send about translated packets are translated (RFC 5508 section 4).

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |     Type      |     Code      |          Checksum             |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                             unused                            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |      Internet Header + 64 bits of Original Data Datagram      |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

RFC 792. An error goes to who sent the packet in it, the embedded packet. Four checksums change with it: the embedded
packet's two, that of the message, that of its IP header.
"""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.nat.header import Header, rewrite, with_checksum
from catenet.nodes.internet.nat.mapping import Mappings
from catenet.nodes.internet.nat.refusals import Refused
from catenet.nodes.machine import DecodeError, Endpoint

__all__ = ["translate"]

_HEAD = 8  # octets before the embedded packet


class _Restored(NamedTuple):
    """The packet in an ICMP error, as the error's addressee knows it. `sender`: where inside it came from, None where
    that is outside; `hides`: whether it went inside, so that who sent the error may be inside too."""

    embedded: bytes
    sender: Endpoint | None
    hides: bool


def _restore(message: bytes, mappings: Mappings, now: float, *, from_outside: bool) -> _Restored | None:
    """The packet embedded in an ICMP error's message, by the sessions to which it belongs; None: to none.

    `from_outside`: it was seen there, so that its destination is one of outside.

    Raises:
        Refused: a checksum is wrong (RFC 5508 section 4.1), or it is no packet.

    """
    if checksum(message):
        raise Refused("icmp_dropped", "an ICMP error with a wrong checksum")
    embedded = message[_HEAD:]
    try:
        inner = Header.parse(embedded, embedded=True)
    except DecodeError:
        raise Refused("icmp_dropped", "an ICMP error with no packet in it") from None
    if checksum(embedded[: inner.start]):
        raise Refused("icmp_dropped", "an ICMP error about a header with a wrong checksum")
    _, source, destination, _, _ = inner
    hides = False
    if not from_outside:
        towards = mappings.of_inside(inner.protocol, destination, source, now)
        if towards is not None and towards.session(source, now) is not None:
            destination, hides = towards.outside, True
    behind = mappings.of_outside(inner.protocol, source, now)
    sender = behind.inside if behind is not None and behind.session(destination, now) is not None else None
    if sender is None and not hides:
        return None
    return _Restored(rewrite(embedded, inner, sender or source, destination), sender, hides)


def translate(
    packet: bytes, header: Header, mappings: Mappings, public: Address | None, now: float, *, from_outside: bool
) -> bytes | None:
    """An ICMP error as its addressee is to get it; None: it is about no session. It refreshes none, and ends none
    (RFC 4787 REQ-12, RFC 5508 REQ-6). `public`: the outside address; None: addresses stay as they are.

    Raises:
        Refused: it is damaged, or its addressee is not who sent the packet in it.

    """
    message = packet[header.start : int.from_bytes(packet[2:4], "big")]
    if message[_HEAD + 12 : _HEAD + 16] != packet[16:20]:
        raise Refused("icmp_dropped", "an ICMP error to who has not sent what it is about")
    restored = _restore(message, mappings, now, from_outside=from_outside)
    if restored is None:
        return None
    if public is None:
        return packet
    source, destination = header.source, header.destination
    if restored.sender is None and destination.address == public:
        raise Refused("icmp_dropped", "an ICMP error about no session")
    if restored.sender is not None:
        destination = Endpoint(restored.sender.address, 0)
    if restored.hides:
        # "In all other cases, translate the source IP address of the ICMP Error packet with its own public IP address."
        # (RFC 5508 REQ-5c)
        source = Endpoint(public, 0)
    whole = packet[: header.start] + with_checksum(message[:_HEAD] + restored.embedded)
    return rewrite(whole, header, source, destination)
