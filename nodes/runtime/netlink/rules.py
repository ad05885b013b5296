"""What the messages of nf_tables say of a chain's rules, pure: each is a list of comparisons, and what becomes of a
packet that passes them all.

    meta            what is known of a packet beside its octets → a register
    payload         some octets of one of its headers → a register
    cmp             the register has, or has not, this value; else the rule ends here
    immediate       the verdict
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from catenet.nodes.address import Address
from catenet.nodes.runtime.netlink.codec import attribute, u32
from catenet.nodes.runtime.netlink.filtering import ACCEPT, DROP, HEADER, NESTED, NETDEV, number, text

__all__ = ["for_address", "for_udp_port", "is_arp", "not_by", "rule"]

_TABLE, _CHAIN, _EXPRESSIONS = 1, 2, 4  # NFTA_RULE_…
_ELEMENT, _NAME, _DATA = 1, 1, 2  # NFTA_LIST_ELEM, NFTA_EXPR_…
_VALUE, _VERDICT, _CODE = 1, 2, 1  # NFTA_DATA_…, NFTA_VERDICT_CODE
_PROTOCOL, _IIF, _L4PROTO = 1, 4, 16  # NFT_META_…
_NETWORK, _TRANSPORT = 1, 2  # NFT_PAYLOAD_…_HEADER
_EQUAL, _OTHER = 0, 1  # NFT_CMP_EQ, NFT_CMP_NEQ
_REGISTER, _OF_VERDICT = 1, 0  # NFT_REG_1, NFT_REG_VERDICT
_ARP, _IPV4, _UDP = 0x0806, 0x0800, 17
_DESTINATION, _DESTINATION_PORT = 16, 2  # where they stand in the headers of IPv4 and UDP


def rule(table: str, chain: str, tests: Sequence[bytes], *, accept: bool, family: int = NETDEV) -> bytes:
    """The payload of NEWRULE: a packet that passes all these tests is accepted, or else dropped."""
    verdict = attribute(_VERDICT | NESTED, attribute(_CODE, number(ACCEPT if accept else DROP)))
    becomes = _expression("immediate", attribute(1, number(_OF_VERDICT)) + attribute(2 | NESTED, verdict))
    return (
        HEADER.pack(family, 0, 0)
        + attribute(_TABLE, text(table))
        + attribute(_CHAIN, text(chain))
        + attribute(_EXPRESSIONS | NESTED, b"".join(tests) + becomes)
    )


def is_arp() -> bytes:
    """It is of ARP."""
    return _meta(_PROTOCOL) + _compare(_EQUAL, struct.pack(">H", _ARP))


def for_udp_port(port: int) -> bytes:
    """It is of IPv4 and UDP, whole or the first fragment, and to that port."""
    return (
        _meta(_PROTOCOL)
        + _compare(_EQUAL, struct.pack(">H", _IPV4))
        + _meta(_L4PROTO)
        + _compare(_EQUAL, bytes((_UDP,)))
        + _payload(_TRANSPORT, _DESTINATION_PORT, 2)
        + _compare(_EQUAL, struct.pack(">H", port))
    )


def for_address(address: Address) -> bytes:
    """It is an IPv4 packet to that address."""
    return _payload(_NETWORK, _DESTINATION, 4) + _compare(_EQUAL, address.pack())


def not_by(ifindex: int) -> bytes:
    """It came in by another interface than that."""
    return _meta(_IIF) + _compare(_OTHER, u32(ifindex))


def _meta(key: int) -> bytes:
    return _expression("meta", attribute(1, number(_REGISTER)) + attribute(2, number(key)))


def _payload(header: int, offset: int, length: int) -> bytes:
    where = (attribute(key, number(value)) for key, value in ((1, _REGISTER), (2, header), (3, offset), (4, length)))
    return _expression("payload", b"".join(where))


def _compare(how: int, value: bytes) -> bytes:
    data = attribute(1, number(_REGISTER)) + attribute(2, number(how))
    return _expression("cmp", data + attribute(3 | NESTED, attribute(_VALUE, value)))


def _expression(name: str, data: bytes) -> bytes:
    inside = attribute(_NAME, text(name)) + attribute(_DATA | NESTED, data)
    return attribute(_ELEMENT | NESTED, inside)
