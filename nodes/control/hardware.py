"""A hardware address as people write it: "02:00:00:00:00:e1". The lab file, the node's configuration, events and tables
have it so."""

from __future__ import annotations

import re

__all__ = ["hardware_text", "parse_hardware"]

_TEXT = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}", re.IGNORECASE | re.ASCII)
_GROUP = 0x01
"""The individual/group bit, the first of the six octets that is sent (IEEE 802-2014 section 8.2)."""


def parse_hardware(text: str) -> bytes:
    """Six octets in hexadecimal with colons between them → those octets.

    Raises:
        ValueError: it is none; or it is a group's, or all zeros, which no interface may have.

    """
    if _TEXT.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no hardware address (six octets, like 02:00:00:00:00:e1)")
    hardware = bytes.fromhex(text.replace(":", ""))
    if hardware[0] & _GROUP:
        raise ValueError(f"{text!r} is a group's hardware address: its first octet is to be even, like 02")
    if not any(hardware):
        raise ValueError(f"{text!r} is nobody's hardware address")
    return hardware


def hardware_text(hardware: bytes) -> str:
    """The octets of an address, as text; of none ("" where it is not known), nothing."""
    return hardware.hex(":")
