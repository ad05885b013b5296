"""The options of an IPv4 header (RFC 791 section 3.1), and of these the two that carry a source route.

    +--------+--------+--------+---------//--------+
    |10000011| length | pointer|     route data    |    loose source and record route, type 131
    +--------+--------+--------+---------//--------+
    |10001001| length | pointer|     route data    |    strict source and record route, type 137
    +--------+--------+--------+---------//--------+

The route data is addresses. Before the pointer they are the record: of each router that was named, its address on the
side where the packet went out. From the pointer on they are still to be visited; the last is the destination's. Where
the packet goes next stands in the header's destination, so a source route of n routers has n addresses here: the first
router's is in the header, and the destination's at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError

__all__ = [
    "BEFORE",
    "LOOSE",
    "MOST",
    "RECORD_ROUTE",
    "SPACE",
    "STRICT",
    "TIMESTAMP",
    "Option",
    "OptionError",
    "SourceRouteOption",
    "copied",
    "each_option",
    "parse_options",
    "source_route",
    "to_bytes",
]

END, NO_OPERATION, RECORD_ROUTE, TIMESTAMP, LOOSE, STRICT = 0, 1, 7, 68, 131, 137
SPACE = 40
"""Octets of all options at the most: a header has 15 words at the most, five of which it has without options."""
_FIXED = 3  # octets of a source route before its addresses: type, length, pointer
MOST = (SPACE - _FIXED) // 4
"""Addresses in a source route at the most: so many routers can be named, beside the destination."""
BEFORE = 20
"""Octets of a header before its options."""
_FIRST = 4  # "the smallest legal value for the pointer is 4"
_COPIED = 0x80
"""The flag of a type that is in every fragment, not in the first one alone."""


class OptionError(DecodeError):
    """An option is wrong. `at`: which octet of the header is, as a parameter problem says it (RFC 792)."""

    def __init__(self, field: str, value: object, why: str, at: int) -> None:
        super().__init__(field, value, why)
        self.at = at


@dataclass(frozen=True, slots=True)
class Option:
    """Another option, as it is: its type, and the octets behind its length."""

    type: int
    data: bytes = b""

    def __bytes__(self) -> bytes:
        return bytes((self.type, len(self.data) + 2)) + self.data


@dataclass(frozen=True, slots=True)
class SourceRouteOption:
    """A source route on its way. `pointer` counts octets from the option's type, which is the first."""

    addresses: tuple[Address, ...]
    strict: bool = False
    pointer: int = _FIRST

    @classmethod
    def parse(cls, data: bytes) -> SourceRouteOption:
        """One whole option → SourceRouteOption.

        Raises:
            DecodeError: it is none, its length is not that of its octets, or no address begins at the pointer.

        """
        if len(data) < _FIXED:
            raise DecodeError("length of a source route", len(data), f"less than {_FIXED}")
        kind, length, pointer = data[:_FIXED]
        if kind not in (LOOSE, STRICT):
            raise DecodeError("option type", kind, f"neither {LOOSE} nor {STRICT}")
        # "Each internet address is 32 bits or 4 octets."
        if length != len(data) or length > SPACE or (length - _FIXED) % 4:
            raise DecodeError("length of a source route", length, f"{len(data)} octets, not 3 and 4 for each address")
        # "If the pointer is greater than the length, the source route is empty."
        if pointer < _FIRST or (pointer <= length and (pointer - _FIRST) % 4):
            raise DecodeError("pointer of a source route", pointer, "no address begins there")
        octets = range(_FIXED, length, 4)
        return cls(tuple(Address.unpack(data[at : at + 4]) for at in octets), kind == STRICT, pointer)

    def __bytes__(self) -> bytes:
        assert len(self.addresses) <= MOST
        kind = STRICT if self.strict else LOOSE
        data = b"".join(address.pack() for address in self.addresses)
        return bytes((kind, _FIXED + len(data), self.pointer)) + data

    @property
    def recorded(self) -> tuple[Address, ...]:
        """Where it came out of the routers that it has visited, the first of them first."""
        return self.addresses[: self._done]

    @property
    def left(self) -> tuple[Address, ...]:
        """What it is to visit when the header's destination is reached."""
        return self.addresses[self._done :]

    @property
    def _done(self) -> int:
        return min((self.pointer - _FIRST) // 4, len(self.addresses))

    def advance(self, own: Address) -> tuple[Address, SourceRouteOption]:
        """What a router does whose address is the header's destination: the destination from here on, and the option.
        `own`: its address on the side where the packet goes out.

        Only while something is left: "the next address in the source route replaces the address in the destination
        address field, and the recorded route address replaces the source address just used, and pointer is increased
        by four".
        """
        done = self._done
        assert done < len(self.addresses)
        addresses = (*self.addresses[:done], own, *self.addresses[done + 1 :])
        return self.addresses[done], SourceRouteOption(addresses, self.strict, self.pointer + 4)

    def back(self, source: Address) -> tuple[Address, SourceRouteOption | None]:
        """The way back to the source: the destination of the answer's header, and its option, of the same type,
        "created by reversing the portion before the pointer" (RFC 1812 section 4.3.2.6); None: it has visited nobody.
        """
        if not self.recorded:
            return source, None
        way = [*reversed(self.recorded)]
        return way[0], SourceRouteOption((*way[1:], source), self.strict)


def source_route(
    routers: Sequence[Address], destination: Address, *, strict: bool = False
) -> tuple[Address, SourceRouteOption | None]:
    """The way over these routers as it goes out: the header's destination, and its option; None where none is needed.
    From S to D via G1, G2, … Gn the option is "{>>G2, G3, ... Gn, D}" (RFC 1122 section 3.2.1.8 (c)).

    Raises:
        ValueError: there are more than MOST.

    """
    if len(routers) > MOST:
        raise ValueError(f"{len(routers)} routers, and a source route has room for {MOST} (RFC 791 section 3.1)")
    if not routers:
        return destination, None
    return routers[0], SourceRouteOption((*routers[1:], destination), strict)


def parse_options(data: bytes) -> tuple[Option | SourceRouteOption, ...]:
    """What stands behind the first twenty octets of a header → its options, but for those that only fill room.

    Raises:
        DecodeError: a length does not fit, or there are two source routes: "It is an error for more than one source
            route option to appear in a datagram" (RFC 1812 section 5.2.4.1).

    """
    if len(data) > SPACE or len(data) % 4:
        raise DecodeError("length of the options", len(data), f"no whole words, or over {SPACE}")
    found = tuple(_options(data))
    routes = sum(isinstance(each, SourceRouteOption) for each in found)
    if routes > 1:
        raise DecodeError("source routes", routes, "one is allowed")
    return found


def _options(data: bytes) -> Iterator[Option | SourceRouteOption]:
    for kind, at, length in each_option(data):
        whole = data[at : at + length]
        yield SourceRouteOption.parse(whole) if kind in (LOOSE, STRICT) else Option(kind, whole[2:])


def each_option(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Of each option but those that only fill room: its type, where it begins, and its octets.

    Raises:
        OptionError: a length does not fit.

    """
    at = 0
    while at < len(data) and data[at] != END:
        if data[at] == NO_OPERATION:
            at += 1
            continue
        length = data[at + 1] if at + 1 < len(data) else 0
        if length < 2 or at + length > len(data):
            raise OptionError("length of an option", length, f"{len(data) - at} octets are there", BEFORE + at)
        yield data[at], at, length
        at += length


def copied(data: bytes) -> bytes:
    """What of a header's options is in every fragment but the first: those whose type says so (RFC 791 section 3.1).

    Raises:
        OptionError: a length does not fit.

    """
    kept = b"".join(data[at : at + length] for kind, at, length in each_option(data) if kind & _COPIED)
    return kept + bytes(-len(kept) % 4)


def to_bytes(options: Iterable[Option | SourceRouteOption]) -> bytes:
    """The options one behind the other, with END up to the next whole word."""
    whole = b"".join(map(bytes, options))
    assert len(whole) <= SPACE
    return whole + bytes(-len(whole) % 4)
