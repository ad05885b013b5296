"""From which UDP port each session speaks (RFC 5881 section 4).

"The source port MUST be in the range 49152 through 65535. The same UDP source port number MUST be used for all BFD
Control packets associated with a particular session. The source port number SHOULD be unique among all BFD sessions on
the system."
"""

from __future__ import annotations

from catenet.nodes.internet.bfd.packet import PORT, TTL
from catenet.nodes.machine import OpenPort, Randomness, Udp

__all__ = ["FIRST_SOURCE", "SourcePorts", "listening", "speaking"]

FIRST_SOURCE, _LAST_SOURCE = 49_152, 65_535
_TRIES = 64
"""Ports that are asked for, where the node has others' sockets on them, before a session stays mute."""
_TOS = 0xC0
"""Precedence Internetwork Control, as routing protocols have it (RFC 791 section 3.1)."""
_NOTHING = 4096
"""Octets that the kernel keeps of what comes to a port from which one only speaks."""


class SourcePorts:
    """Numbers that no other session has."""

    def __init__(self, random: Randomness) -> None:
        self._random = random
        self._taken: dict[int, int] = {}  # number → how many were asked for before it

    def take(self, tries: int = 0) -> int | None:
        """A number that is free, as far as is known here; None: enough were tried.

        `tries`: how many the kernel has refused.
        """
        if tries >= _TRIES:
            return None
        number = min(int(self._random.uniform(FIRST_SOURCE, _LAST_SOURCE + 1)), _LAST_SOURCE)
        for _ in range(FIRST_SOURCE, _LAST_SOURCE + 1):
            if number not in self._taken:
                self._taken[number] = tries
                return number
            number = number + 1 if number < _LAST_SOURCE else FIRST_SOURCE
        return None

    def again(self, refused: int) -> int | None:
        """Another one, as the kernel has refused that. It stays taken: somebody has it."""
        return self.take(self._taken.get(refused, 0) + 1)

    def give_back(self, number: int) -> None:
        self._taken.pop(number, None)


def listening(lan: str) -> OpenPort:
    """The port to which all sessions of a LAN are spoken to."""
    return OpenPort(Udp(PORT, lan), ttl=TTL, tos=_TOS, hears_ttl=True)


def speaking(lan: str, number: int) -> OpenPort:
    """The port of one session."""
    return OpenPort(Udp(number, lan), ttl=TTL, tos=_TOS, keeps=_NOTHING)
