"""Which frames of IPv4 the kernel hands to which socket of a LAN's (socket(7)'s SO_ATTACH_FILTER, classic BPF).

What is for the node itself has a socket of its own, so that what only passes through it, however much that is, takes
no room from it; and another one has what routers say to each other: to groups and to all, and to one alone with the
precedence that is theirs (RFC 791 section 3.1: Internetwork Control; RFC 1812 section 5.3.3). A router that is flooded,
or a server's node, goes on hearing its neighbours. Frames for other hosts' hardware, and those with a VLAN's tag, are
nobody's.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Sequence

from catenet.nodes.address import Address

__all__ = ["ANYTHING", "attach", "programs"]

_SO_ATTACH_FILTER = 26
_CODE = struct.Struct("=HBBI")  # struct sock_filter: code, jump where true, where false, constant
_PROGRAM = struct.Struct("@HP")  # struct sock_fprog
_OCTET, _WORD, _LENGTH, _EQUAL, _AT_LEAST, _SET, _RETURN = 0x30, 0x20, 0x80, 0x15, 0x35, 0x45, 0x06
_KIND = 0xFFFFF000 + 4  # SKF_AD_OFF + SKF_AD_PKTTYPE: whose the frame is
_ELSEWHERE = 3  # PACKET_OTHERHOST
_GROUP = 0x01  # of the first octet of a hardware address
_CONTROL = 0xC0
"""Of the TOS octet: "110 - Internetwork Control", and above it "111 - Network Control"."""
_TOS, _DESTINATION, _WHOLE = 15, 30, 34  # where TOS and the packet's destination stand in a frame; its header's end
_ALL = 0x40000  # octets
_MOST = 200  # addresses: a jump goes over 255 at the most


def programs(addresses: Sequence[Address]) -> tuple[bytes, bytes, bytes]:
    """Those of three sockets: what is for several, or of routers for us, or cut short; what is for these addresses; the
    rest."""
    return (
        _program(addresses, several=_ALL, ours=0, others=0),
        _program(addresses, several=0, ours=_ALL, others=0),
        _program(addresses, several=0, ours=0, others=_ALL),
    )


def attach(port: socket.socket, program: bytes) -> None:
    """From now on the socket has only that. Raises OSError."""
    octets = ctypes.create_string_buffer(program, len(program))
    count = len(program) // _CODE.size
    port.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, _PROGRAM.pack(count, ctypes.addressof(octets)))


def _program(addresses: Sequence[Address], *, several: int, ours: int, others: int) -> bytes:
    known = addresses[:_MOST]
    many = len(known)
    tests = [
        (_WORD, 0, 0, _KIND),
        (_EQUAL, many + 10, 0, _ELSEWHERE),
        (_LENGTH, 0, 0, 0),
        (_AT_LEAST, 0, many + 7, _WHOLE),
        (_OCTET, 0, 0, 0),
        (_SET, many + 5, 0, _GROUP),
        (_WORD, 0, 0, _DESTINATION),
        *((_EQUAL, many - number, 0, address) for number, address in enumerate(known)),
        (_RETURN, 0, 0, others),
        (_OCTET, 0, 0, _TOS),
        (_AT_LEAST, 1, 0, _CONTROL),
        (_RETURN, 0, 0, ours),
        (_RETURN, 0, 0, several),
        (_RETURN, 0, 0, 0),
    ]
    return b"".join(_CODE.pack(*test) for test in tests)


ANYTHING = _program((), several=_ALL, ours=_ALL, others=_ALL)
"""What this host's interface lets through, of any type."""
