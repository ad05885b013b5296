"""What the messages of nfnetlink_queue say, pure: packets that wait for a verdict (linux/netfilter/nfnetlink_queue.h).

A packet that a rule sends to a queue waits in the kernel. Who has bound the queue is sent it, one in a datagram, and
answers by its identifier: it goes on, goes on as another, or is dropped. All numbers but netlink's own are in network
byte order.

     0        1        2        4
    | family | version| queue  |  attributes …                                       (struct nfgenmsg)

     0        4        6      7
    | ident  | type   | hook |                                                       (NFQA_PACKET_HDR)

     0        4        8
    | verdict| ident  |                                                              (NFQA_VERDICT_HDR)
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from catenet.nodes.machine import DecodeError
from catenet.nodes.runtime.netlink.codec import NetlinkMessage, attribute

__all__ = ["CONFIG", "LONGEST", "Queued", "bind", "copy_packets", "limits", "parse", "verdict"]

# Message types: the subsystem stands in the upper byte (linux/netfilter/nfnetlink.h).
PACKET, VERDICT, CONFIG = (3 << 8 | number for number in (0, 1, 2))

_COMMAND, _PARAMETERS, _MOST, _MASK, _FLAGS = 1, 2, 3, 4, 5  # NFQA_CFG_…
_BIND, _COPY_PACKET = 1, 2
_FAIL_OPEN, _GSO = 1, 4
_PACKET_HEADER, _VERDICT_HEADER, _MARK, _CAME, _GOES, _PAYLOAD = 1, 2, 3, 5, 6, 10  # NFQA_…
_DROP, _ACCEPT = 0, 1

_GENERAL = struct.Struct(">BBH")
_ATTRIBUTE = struct.Struct("=HH")
_FIRST = struct.Struct("=IH")  # of struct nlmsghdr: length, type
_NUMBER = struct.Struct(">I")
_TYPE_MASK = 0x3FFF
_BEGIN = 20  # octets before the first attribute
_IDENT_AND_HOOK = 4 + 7
_WITH_NUMBER = 4 + 4
_REQUEST = 1  # NLM_F_REQUEST

LONGEST = 0xFFFF - 4
"""Octets of the longest packet that an attribute carries; the kernel cuts a longer one off."""


class Queued(NamedTuple):
    """A packet that waits. `ident`: its identifier, four octets as they came; `hook`: where it waits, by netfilter's
    number; `came` and `goes`: the numbers of the interfaces, 0 where there is none; `payload`: from its IP header on.
    """

    ident: bytes
    hook: int
    came: int
    goes: int
    payload: bytes


def bind(queue: int) -> bytes:
    """The payload of CONFIG that makes a queue the sender's; the kernel refuses where it is another's."""
    return _GENERAL.pack(0, 0, queue) + attribute(_COMMAND, struct.pack(">BxH", _BIND, 0))


def limits(queue: int, most: int) -> bytes:
    """The payload of CONFIG for the queue's flags, and how many packets may wait in it.

    What comes when the queue is full is dropped (not NFQA_CFG_F_FAIL_OPEN). No packet is one of several that have not
    been taken apart yet, nor lacks its checksum (not NFQA_CFG_F_GSO).
    """
    return (
        _GENERAL.pack(0, 0, queue)
        + attribute(_MOST, _NUMBER.pack(most))
        + attribute(_MASK, _NUMBER.pack(_FAIL_OPEN | _GSO))
        + attribute(_FLAGS, _NUMBER.pack(0))
    )


def copy_packets(queue: int) -> bytes:
    """The payload of CONFIG by which whole packets are sent; before it the kernel sends none, and drops them."""
    return _GENERAL.pack(0, 0, queue) + attribute(_PARAMETERS, struct.pack(">IB", 0xFFFF, _COPY_PACKET))


def parse(data: bytes) -> Queued | None:
    """A datagram of the kernel's; None where it brings no packet, as a verdict's refusal does.

    Raises:
        DecodeError: a length that does not fit, or no identifier.

    """
    if len(data) < _BEGIN:
        raise DecodeError("netlink message", data, "cut short")
    end, kind = _FIRST.unpack_from(data)
    if kind != PACKET:
        return None
    if not _BEGIN <= end <= len(data):
        raise DecodeError("netlink length", end)
    ident, hook, came, goes, payload = b"", 0, 0, 0, b""
    at = _BEGIN
    while end - at >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if not _ATTRIBUTE.size <= length <= end - at:
            raise DecodeError("netlink attribute length", length)
        kind &= _TYPE_MASK
        if kind == _PAYLOAD:
            payload = data[at + 4 : at + length]
        elif kind == _PACKET_HEADER and length >= _IDENT_AND_HOOK:
            ident, hook = data[at + 4 : at + 8], data[at + 10]
        elif kind == _CAME and length >= _WITH_NUMBER:
            (came,) = _NUMBER.unpack_from(data, at + 4)
        elif kind == _GOES and length >= _WITH_NUMBER:
            (goes,) = _NUMBER.unpack_from(data, at + 4)
        at += length + 3 & ~3
    if not ident:
        raise DecodeError("NFQA_PACKET_HDR", ident, "no identifier")
    return Queued(ident, hook, came, goes, payload)


def verdict(queue: int, ident: bytes, *, accept: bool, payload: bytes = b"", mark: int = 0) -> bytes:
    """A whole message, so that several can be sent joined: the packet goes on, or is dropped.

    `payload`: it goes on as this one, of at most LONGEST octets, every checksum whole. `mark`: and with that mark, by
    which rules know it.
    """
    body = _GENERAL.pack(0, 0, queue) + attribute(_VERDICT_HEADER, _NUMBER.pack(_ACCEPT if accept else _DROP) + ident)
    if mark:
        body += attribute(_MARK, _NUMBER.pack(mark))
    if payload:
        body += attribute(_PAYLOAD, payload)
    return bytes(NetlinkMessage(VERDICT, _REQUEST, 0, body))
