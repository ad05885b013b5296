"""What comes to a port of ICMP's: Echo and its reply."""

from __future__ import annotations

from fuzz_target import Target

from catenet.nodes.internet.icmp.packet import Echo
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.machine import DecodeError

_WITH_CHECKSUM = 0x80
"""In the octet of the type, which is not looked at here: the message gets the checksum that it needs."""


def _echo(data: bytes) -> Echo:
    if data[:1] >= bytes([_WITH_CHECKSUM]):
        bare = bytes([data[0] & ~_WITH_CHECKSUM]) + data[1:2] + b"\0\0" + data[4:]
        data = bare[:2] + checksum(bare).to_bytes(2, "big") + bare[4:]
    return Echo.parse(data)


def _check_echo(echo: Echo) -> None:
    assert Echo.parse(bytes(echo)) == echo
    assert not checksum(bytes(echo))
    answer = echo.answer()
    assert answer.reply
    assert Echo.parse(bytes(answer)) == answer


echo = Target(_echo, (DecodeError,), _check_echo, words=(b"\x08\0", b"\x88\0\0\0", b"\x80\0\0\0"), longest=1500)
