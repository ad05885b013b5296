"""What the messages of nf_tables say, pure: an interface that drops what comes in, all of it, or all but a few kinds.

A table of the family netdev stands before every protocol, so ARP is dropped with IPv4 (iptables would let it pass). Of
each interface there is one table with one chain, which drops by its policy: what it has no rule for (`rules`).
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from catenet.nodes.runtime.netlink.codec import attribute, attributes

__all__ = ["IPV4", "NETDEV", "Dropped", "parse_chain"]

# Message types (linux/netfilter/nfnetlink.h, nf_tables.h): the subsystem stands in the upper byte.
_NFTABLES = 10
BATCH_BEGIN, BATCH_END = 0x10, 0x11
NEWTABLE, GETTABLE, DELTABLE, NEWCHAIN, GETCHAIN, NEWRULE = (_NFTABLES << 8 | number for number in (0, 1, 2, 3, 4, 6))

IPV4, NETDEV = 2, 5  # NFPROTO_…: families of tables
_INGRESS, _LOCAL_IN = 0, 1  # NF_NETDEV_INGRESS, NF_INET_LOCAL_IN
DROP, ACCEPT = 0, 1  # NF_…
_TABLE_NAME = 1
_CHAIN_TABLE, _CHAIN_NAME, _CHAIN_HOOK, _CHAIN_POLICY, _CHAIN_TYPE = 1, 3, 4, 5, 7
_HOOK_NUMBER, _HOOK_PRIORITY, _HOOK_DEVICE = 1, 2, 3
NESTED = 0x8000
HEADER = struct.Struct(">BBH")  # struct nfgenmsg: family, version, resource
_CHAIN = "ingress"


class Dropped(NamedTuple):
    """A table, and the device whose frames its chain drops."""

    table: str
    device: str


def batch_edge() -> bytes:
    """The payload of BATCH_BEGIN and BATCH_END: nf_tables takes changes only between the two."""
    return HEADER.pack(0, 0, _NFTABLES)


def table(name: str, family: int = NETDEV) -> bytes:
    """The payload of NEWTABLE, GETTABLE or DELTABLE."""
    return HEADER.pack(family, 0, 0) + attribute(_TABLE_NAME, text(name))


def dropping_chain(dropped: Dropped, name: str = _CHAIN) -> bytes:
    """The payload of NEWCHAIN for a chain of that table, which drops what comes in by that device."""
    device = attribute(_HOOK_DEVICE, text(dropped.device))
    return _chain(NETDEV, dropped.table, name, hook=_INGRESS, policy=DROP, device=device)


def input_chain(table: str, name: str) -> bytes:
    """The payload of NEWCHAIN for a chain of an IPv4 table, which sees what is for the node itself, and lets pass."""
    return _chain(IPV4, table, name, hook=_LOCAL_IN, policy=ACCEPT)


def _chain(family: int, table: str, name: str, *, hook: int, policy: int, device: bytes = b"") -> bytes:
    where = attribute(_HOOK_NUMBER, number(hook)) + attribute(_HOOK_PRIORITY, number(0)) + device
    return (
        HEADER.pack(family, 0, 0)
        + attribute(_CHAIN_TABLE, text(table))
        + attribute(_CHAIN_NAME, text(name))
        + attribute(_CHAIN_HOOK | NESTED, where)
        + attribute(_CHAIN_POLICY, number(policy))
        + attribute(_CHAIN_TYPE, b"filter\0")
    )


def chain_request() -> bytes:
    """The payload of GETCHAIN that asks for every chain of the family."""
    return HEADER.pack(NETDEV, 0, 0)


def parse_chain(payload: bytes) -> Dropped | None:
    """NEWCHAIN; None for a chain that lets pass, or has no device (any more).

    Raises:
        DecodeError: a length that does not fit.

    """
    found = attributes(payload[HEADER.size :])
    device = attributes(found.get(_CHAIN_HOOK, b"")).get(_HOOK_DEVICE)
    if device is None or found.get(_CHAIN_POLICY) != number(DROP):
        return None
    return Dropped(_string(found.get(_CHAIN_TABLE, b"")), _string(device))


def text(value: str) -> bytes:
    """A name, as attributes have it."""
    return value.encode() + b"\0"


def _string(value: bytes) -> str:
    return value.rstrip(b"\0").decode(errors="replace")


def number(value: int) -> bytes:
    """32 bits: those of nf_tables' attributes are big-endian."""
    return struct.pack(">I", value)
