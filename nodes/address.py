"""IPv4 addresses and prefixes as small values: cheap to compare and to hash, readable when printed.

An `Address` is an int, so a table lookup costs what an int's does; it prints as dotted decimals (RFC 1123 section 2.1).
A `Prefix` is a network and a length; its host bits are zero by construction.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ANY", "DEFAULT", "Address", "HostBitsError", "Prefix", "mask"]

_ALL = 0xFFFFFFFF


def mask(length: int) -> int:
    """The subnet mask of a prefix length: 24 → 0xFFFFFF00."""
    return _ALL << (32 - length) & _ALL


class Address(int):
    """An IPv4 address, in host byte order."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Address:
        """Dotted decimals → Address.

        Raises:
            ValueError: not four decimal numbers from 0 to 255 without leading zeros.

        """
        parts = text.split(".")
        if len(parts) != 4:
            raise ValueError(f"{text!r} is no IPv4 address")
        value = 0
        for part in parts:
            plain = part.isascii() and part.isdigit() and (part == "0" or part[0] != "0")
            if not plain or len(part) > 3 or int(part) > 255:
                raise ValueError(f"{text!r} is no IPv4 address")
            value = value << 8 | int(part)
        return cls(value)

    @classmethod
    def unpack(cls, data: bytes) -> Address:
        """Four bytes in network order → Address."""
        return cls(int.from_bytes(data, "big"))

    def pack(self) -> bytes:
        """Four bytes in network order."""
        return self.to_bytes(4, "big")

    @property
    def is_multicast(self) -> bool:
        """Class D, 224.0.0.0/4 (RFC 1112 section 4)."""
        return self >> 28 == 0xE

    @property
    def is_loopback(self) -> bool:
        """127.0.0.0/8 (RFC 1122 section 3.2.1.3)."""
        return self >> 24 == 127

    @property
    def is_unicast(self) -> bool:
        """An address that one host other than this may have: none of 0.0.0.0/8, of 127.0.0.0/8, or from 224.0.0.0 on
        (RFC 1122 section 3.2.1.3)."""
        return 0 < self >> 24 < 224 and not self.is_loopback

    def __str__(self) -> str:
        return f"{self >> 24}.{self >> 16 & 255}.{self >> 8 & 255}.{self & 255}"

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


ANY = Address(0)


class Prefix(NamedTuple):
    """A network: an address whose host bits are zero, and a length from 0 to 32."""

    network: Address
    length: int

    @classmethod
    def of(cls, address: int, length: int) -> Prefix:
        """The network of that length in which the address lies."""
        return cls(Address(address & mask(length)), length)

    @classmethod
    def parse(cls, text: str) -> Prefix:
        """`10.0.1.0/24` → Prefix.

        Raises:
            HostBitsError: host bits that are not zero.
            ValueError: no address, or no length from 0 to 32 without leading zeros.

        """
        address, slash, length = text.partition("/")
        plain = length.isascii() and length.isdigit() and (length == "0" or length[0] != "0")
        if not slash or not plain or len(length) > 2 or int(length) > 32:
            raise ValueError(f"{text!r} is no prefix (like 10.0.1.0/24)")
        prefix = cls.of(Address.parse(address), int(length))
        if prefix.network != Address.parse(address):
            raise HostBitsError(text, prefix)
        return prefix

    @property
    def broadcast(self) -> Address:
        """The last address: all host bits one."""
        return Address(self.network | (_ALL >> self.length))

    @property
    def everybodys(self) -> Address | None:
        """The address of all in the network, where it has one: a /31 has two hosts and no other address, and "MUST NOT"
        be sent directed broadcasts (RFC 3021 section 2.2); a /32 is one host's.
        """
        return self.broadcast if self.length <= 30 else None

    def holds(self, address: int) -> bool:
        """Whether the address lies in this network."""
        return address & mask(self.length) == self.network

    def holds_host(self, address: int) -> bool:
        """Whether the address may be a host's in this network: neither the network's own nor the broadcast address."""
        return self.holds(address) and (self.length > 30 or address not in (self.network, self.broadcast))

    def covers(self, other: Prefix) -> bool:
        """Whether all of the other network lies in this one."""
        return self.length <= other.length and self.holds(other.network)

    def overlaps(self, other: Prefix) -> bool:
        """Whether some address lies in both."""
        return self.holds(other.network) or other.holds(self.network)

    def __str__(self) -> str:
        return f"{self.network!s}/{self.length}"


class HostBitsError(ValueError):
    """A text that would be a prefix, but for its host bits. `network`: the one in which the address lies."""

    def __init__(self, text: str, network: Prefix) -> None:
        super().__init__(f"{text!r} has host bits set; its network is {network}")
        self.network = network


DEFAULT = Prefix(ANY, 0)
"""The default route's destination: every address."""
