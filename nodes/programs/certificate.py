"""What a certificate says of itself (RFC 5280 section 4.1), for people: whether it is believed, OpenSSL decides.

It is read also where it was refused, to say why: so it may be anybody's bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError

__all__ = ["CertificateWords", "read_certificate"]

# X.690 section 8.1.2: identifier octets.
_OID, _UTC_TIME, _GENERALIZED_TIME, _SEQUENCE, _SET = 0x06, 0x17, 0x18, 0x30, 0x31
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87  # of a GeneralName (RFC 5280 section 4.2.1.6)
_COMMON_NAME = bytes.fromhex("550403")  # 2.5.4.3
_ALTERNATIVE_NAME = bytes.fromhex("551d11")  # 2.5.29.17

_Item = tuple[int, bytes]


class CertificateWords(NamedTuple):
    """`issuer`: the common name of who made it, or empty; `names`: the hosts and addresses that it is for."""

    issuer: str
    begin: datetime
    end: datetime
    names: tuple[str, ...]


def read_certificate(der: bytes) -> CertificateWords:
    """A certificate in DER.

    Raises:
        DecodeError: it is none, or says none of this.

    """
    (_, whole), *_ = _items(der, 1)
    (_, body), *_ = _items(whole, 1)
    items = _items(body, 6)
    _, _, issuer, validity, *rest = items[1:] if items[0][0] == _VERSION else items
    begin, end = (_time(item) for item in _items(validity[1], 2)[:2])
    extensions = next((content for tag, content in rest if tag == _EXTENSIONS), b"")
    return CertificateWords(_common_name(issuer[1]), begin, end, tuple(_names(extensions)))


def _items(data: bytes, least: int = 0) -> list[_Item]:
    """What stands in a value behind each other: identifier and content of each."""
    found: list[_Item] = []
    at = 0
    while at < len(data):
        tag, length, at = data[at], int.from_bytes(data[at + 1 : at + 2]), at + 2
        if length & 0x80:
            # X.690 section 8.1.3.5; more than three octets no certificate needs.
            octets = length & 0x7F
            if not 1 <= octets <= 3:
                raise DecodeError("length", length, "no length of DER")
            length, at = int.from_bytes(data[at : at + octets]), at + octets
        if at + length > len(data):
            raise DecodeError("length", length, f"{max(0, len(data) - at)} bytes are left")
        found.append((tag, data[at : at + length]))
        at += length
    if len(found) < least:
        raise DecodeError("value", len(found), f"{least} parts are needed")
    return found


def _time(item: _Item) -> datetime:
    """RFC 5280 section 4.1.2.5.1: a UTCTime with a year over 49 is of the last century."""
    tag, content = item
    text = content.decode("ascii", "replace")
    if tag == _UTC_TIME:
        text = ("20" if text < "50" else "19") + text
    elif tag != _GENERALIZED_TIME:
        raise DecodeError("time", tag, "neither UTCTime nor GeneralizedTime")
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise DecodeError("time", text, "no time") from None


def _common_name(name: bytes) -> str:
    for _, some in _items(name):
        for _, attribute in _items(some):
            (_, kind), (_, value), *_ = _items(attribute, 2)
            if kind == _COMMON_NAME:
                return value.decode(errors="replace")
    return ""


def _names(extensions: bytes) -> list[str]:
    for _, every in _items(extensions):
        for _, extension in _items(every):
            (_, kind), *_, (_, value) = _items(extension, 2)
            if kind == _ALTERNATIVE_NAME:
                return [_name(item) for _, names in _items(value) for item in _items(names)]
    return []


def _name(item: _Item) -> str:
    tag, content = item
    if tag == _IP_ADDRESS and len(content) == 4:
        return str(Address.unpack(content))
    return content.decode(errors="replace") if tag == _DNS_NAME else "something else"
