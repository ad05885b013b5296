"""By which address the other hosts reach one, as far as that can be told from here."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextlib import suppress

from catenet.nodes.address import Address
from catenet.orchestrator.lab.hosts import server_of

__all__ = ["host_address"]

_ANY_PORT = 9  # discard: nothing is sent to it


def host_address(url: str, others: Iterable[str]) -> str:
    """In dotted form; empty where its engine must look for itself. `others`: the URLs of the other hosts.

    A server is reached by the address that its name has here. This machine is reached by the address from which it
    reaches the others.
    """
    if server := server_of(url):
        return _without_loopback(_resolved(server))
    for other in others:
        if server := server_of(other):
            return _without_loopback(_own_towards(_resolved(server)))
    return ""


def _resolved(server: str) -> str:
    """Empty too where the name is one of ssh's configuration alone."""
    with suppress(OSError, UnicodeError):
        return socket.gethostbyname(server)
    return ""


def _own_towards(address: str) -> str:
    """The address from which this machine would send there (a datagram socket connects without a packet)."""
    if address:
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((address, _ANY_PORT))
            return str(probe.getsockname()[0])
    return ""


def _without_loopback(address: str) -> str:
    """The loopback is nobody else's way to it."""
    return "" if not address or Address.parse(address).is_loopback else address
