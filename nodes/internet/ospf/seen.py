"""What a capture shows of flooding: packets read by this room's codec, in the words that whoever looks on has for them.

Nobody who looks on has a key: what a packet says is read, whoever may have sent it, and what stands behind it (a
digest, a block for link-local signalling) is not.
"""

from __future__ import annotations

from catenet.nodes.address import Address
from catenet.nodes.control.flooding import Flooding, Instance, Key, Said, Says
from catenet.nodes.internet.ospf.lsa import MAX_AGE, LsaHeader, LsaKey, LsaType
from catenet.nodes.internet.ospf.packet import (
    ALL_DESIGNATED,
    ALL_ROUTERS,
    EXTERNAL,
    HEADER,
    NONE,
    PROTOCOL,
    VERSION,
    Acknowledgement,
    Description,
    Hello,
    Packet,
    Request,
    Update,
)
from catenet.nodes.internet.ospf.reports import lsa_name, lsa_type
from catenet.nodes.machine import DecodeError

__all__ = ["FLOODING", "read"]

_FOLLOWED = (LsaType.ROUTER, LsaType.NETWORK, LsaType.SUMMARY, LsaType.SUMMARY_ASBR, LsaType.EXTERNAL)
_KNOWN = frozenset(LsaType)


def read(data: bytes) -> Said | None:
    """The payload of an IP packet → what it says; None where it is not whole, or of another version."""
    if len(data) < HEADER.size or data[0] != VERSION:
        return None
    length = int.from_bytes(data[2:4], "big")
    if not HEADER.size <= length <= len(data):
        return None
    try:
        packet = Packet.parse(data[:length])
    except DecodeError:
        return None
    router, area, body = str(packet.router), str(packet.area), packet.body
    if isinstance(body, Hello):
        elected = _elected(body.designated), _elected(body.backup)
        return Said(Says.HELLO, router, area, elected=elected, takes_all=bool(body.options & EXTERNAL))
    if isinstance(body, Request):
        return Said(Says.REQUEST, router, area, keys=tuple(_key(key) for key in body.keys if key.type in _KNOWN))
    says = {Description: Says.DESCRIPTION, Update: Says.UPDATE, Acknowledgement: Says.ACKNOWLEDGEMENT}[type(body)]
    headers = [lsa.header for lsa in body.lsas] if isinstance(body, Update) else body.headers
    return Said(says, router, area, tuple(_instance(header) for header in headers if header.type in _KNOWN))


def _elected(address: Address) -> Address | None:
    return None if address == NONE else address


def _key(key: LsaKey) -> Key:
    return Key(lsa_type(key.type), str(key.id), str(key.router))


def _instance(header: LsaHeader) -> Instance:
    return Instance(_key(header.key), header.sequence, header.checksum, header.age, header.age == MAX_AGE)


FLOODING = Flooding(
    filter=f"ip proto {PROTOCOL}",
    read=read,
    types={lsa_type(kind): lsa_name(kind) for kind in _FOLLOWED},
    everywhere=frozenset({lsa_type(LsaType.EXTERNAL)}),
    groups={ALL_ROUTERS: "AllSPFRouters", ALL_DESIGNATED: "AllDRouters"},
    elected=ALL_DESIGNATED,
    originated="lsa.originated",
    installed="lsa.installed",
)
