"""What a node writes into the options of a packet that passes it: where it has been, and when.

    +--------+--------+--------+---------//--------+
    |00000111| length | pointer|     route data    |    record route, type 7
    +--------+--------+--------+---------//--------+

    +--------+--------+--------+--------+
    |01000100| length | pointer|oflw|flg|    internet timestamp, type 68. flg 0: timestamps alone; 1: each behind the
    +--------+--------+--------+--------+    address of who wrote it; 3: the addresses stand there already, and who has
    |         internet address          |    one writes behind it
    +--------+--------+--------+--------+
    |             timestamp             |
    +--------+--------+--------+--------+

RFC 791 section 3.1; RFC 1812 sections 5.3.13.5 and 5.3.13.6 want both of a router. What is wrong with an option, and
where, is judged as the Linux kernel judges it (its ip_options_compile), so that a parameter problem points to the same
octet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.options import (
    BEFORE,
    LOOSE,
    RECORD_ROUTE,
    STRICT,
    TIMESTAMP,
    OptionError,
    SourceRouteOption,
    each_option,
)
from catenet.nodes.machine import DecodeError

__all__ = ["NOWHERE", "Places", "examine", "record", "records"]

_ONLY, _ADDRESSES, _GIVEN = 0, 1, 3  # flags of a timestamp
_DAY = 86_400_000  # milliseconds
_NOT_STANDARD = 0x8000_0000


class Places(NamedTuple):
    """Where in a header's options those begin with which a router has work; -1: it has no such one."""

    source_route: int = -1
    record_route: int = -1
    timestamp: int = -1


NOWHERE = Places()


def examine(options: bytes) -> Places:
    """All the options of a header → where those are that matter.

    Raises:
        OptionError: one is wrong, or there twice.

    """
    places = [-1, -1, -1]
    for kind, at, length in each_option(options):
        which = _WHICH.get(kind)
        if which is None:
            continue
        name = Places._fields[which].replace("_", " ")
        if places[which] >= 0:
            # "It is an error for more than one source route option to appear in a datagram […] a Parameter Problem
            # message whose pointer points at the beginning of the second" (RFC 1812 section 5.2.4.1).
            raise OptionError(f"{name} twice", kind, "one is allowed", BEFORE + at)
        places[which] = at
        _CHECKS[which](options, at, length, name)
    return Places(*places)


def _check_route(options: bytes, at: int, length: int, name: str) -> None:
    if length < 3:
        raise OptionError(f"length of a {name}", length, "3 at least", BEFORE + at + 1)
    pointer = options[at + 2]
    # "If there is some room but not enough room for a full address to be inserted, the original datagram is considered
    # to be in error and is discarded."
    if pointer < 4 or length - 3 < pointer <= length:
        raise OptionError(f"pointer of a {name}", pointer, f"no address of {length} octets", BEFORE + at + 2)


def _check_source_route(options: bytes, at: int, length: int, name: str) -> None:
    _check_route(options, at, length, name)
    try:
        SourceRouteOption.parse(options[at : at + length])
    except DecodeError as error:
        where = 1 if error.field.startswith("length") else 2
        raise OptionError(error.field, error.value, "no address begins there", BEFORE + at + where) from None


def _check_timestamp(options: bytes, at: int, length: int, name: str) -> None:
    if length < 4:
        raise OptionError(f"length of a {name}", length, "4 at least", BEFORE + at + 1)
    pointer, last = options[at + 2], options[at + 3]
    needed = 8 if last & 15 in (_ADDRESSES, _GIVEN) else 4
    if pointer < 5 or length - needed + 1 < pointer <= length:
        raise OptionError(f"pointer of a {name}", pointer, f"no room of {length} octets", BEFORE + at + 2)
    # "If […] the overflow count itself overflows, the original datagram is considered to be in error".
    if pointer > length and last & 15 != _GIVEN and last >> 4 == 15:
        raise OptionError(f"overflow of a {name}", 15, "no more can be counted", BEFORE + at + 3)


_WHICH = {LOOSE: 0, STRICT: 0, RECORD_ROUTE: 1, TIMESTAMP: 2}
_CHECKS = (_check_source_route, _check_route, _check_timestamp)


def record(options: bytes, places: Places, own: Address, now: float, is_own: Callable[[Address], bool]) -> bytes:
    """The options of a packet after a node has written what they ask for. `own`: its address on the side where the
    packet goes out. What has no room left stays, but that a timestamp counts whom it had none for.
    """
    made = bytearray(options)
    if places.record_route >= 0:
        _record_route(made, places.record_route, own)
    if places.timestamp >= 0:
        _record_time(made, places.timestamp, own, now, is_own)
    return bytes(made)


def records(options: bytes) -> bytes:
    """Of a packet's options those in which something is recorded, one behind the other.

    Raises:
        OptionError: a length does not fit.

    """
    wanted = (RECORD_ROUTE, TIMESTAMP)
    return b"".join(options[at : at + length] for kind, at, length in each_option(options) if kind in wanted)


def _record_route(made: bytearray, at: int, own: Address) -> None:
    pointer = made[at + 2]
    if pointer > made[at + 1]:
        return
    made[at + pointer - 1 : at + pointer + 3] = own.pack()
    made[at + 2] = pointer + 4


def _record_time(made: bytearray, at: int, own: Address, now: float, is_own: Callable[[Address], bool]) -> None:
    length, pointer, last = made[at + 1 : at + 4]
    flag = last & 15
    if pointer > length:
        if flag != _GIVEN:
            made[at + 3] = min(15, (last >> 4) + 1) << 4 | flag
        return
    begin = at + pointer - 1
    if flag == _GIVEN and not is_own(Address.unpack(bytes(made[begin : begin + 4]))):
        return
    if flag == _ADDRESSES:
        made[begin : begin + 4] = own.pack()
    if flag in (_ADDRESSES, _GIVEN):
        begin += 4
    elif flag != _ONLY:
        return
    made[begin : begin + 4] = _time(now).to_bytes(4, "big")
    made[at + 2] = begin + 5 - at


def _time(now: float) -> int:
    """A machine's clock begins anywhere: "If the time is not available in milliseconds or cannot be provided with
    respect to midnight UT then any time may be inserted as a timestamp provided the high order bit of the timestamp
    field is set to one"."""
    return int(now * 1000) % _DAY | _NOT_STANDARD
