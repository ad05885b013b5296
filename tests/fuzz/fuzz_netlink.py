"""What the kernel says, in any bytes: links, addresses, routes, chains of nf_tables, packets that wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fuzz_target import Target

from catenet.nodes.machine import DecodeError
from catenet.nodes.runtime.netlink import filtering, queue, routing
from catenet.nodes.runtime.netlink.client import _check
from catenet.nodes.runtime.netlink.codec import attribute, attributes, messages, u32

PARSERS: list[Callable[[bytes], Any]] = [
    routing.parse_link,
    routing.parse_address,
    routing.parse_route,
    filtering.parse_chain,
]


def _read(data: bytes) -> list[Any]:
    """Its first byte says which parser gets the messages of the rest."""
    parse = PARSERS[data[0] % len(PARSERS)] if data else routing.parse_link
    found = []
    for message in messages(data[1:]):
        if message.type == 2:
            _refused(message)
        attributes(message.payload)
        found += [parse(message.payload), queue.parse(bytes(message))]
    return found


def _refused(message: Any) -> None:
    """A refusal of the kernel's, with its number."""
    try:
        _check(message)
    except OSError as error:
        assert error.errno is not None


def _check_values(values: list[Any]) -> None:
    for value in values:
        match value:
            case routing.Route(hops=hops) if len(hops) > 1 or any(hop != (None, 0) for hop in hops):
                assert routing.parse_route(routing.route_new(value)) == value._replace(nexthop_id=0)
            case routing.AddressEntry():
                assert routing.parse_address(routing.address_change(value)) == value
            case filtering.Dropped(table, device) if table.isprintable() and device.isprintable():
                assert filtering.parse_chain(filtering.dropping_chain(value)) == value
            case queue.Queued(ident, payload=payload):
                assert len(ident) == 4 and len(payload) <= queue.LONGEST
            case routing.Link():
                assert value.mtu >= 0


answers = Target(
    _read,
    (DecodeError,),
    _check_values,
    words=(
        *(attribute(kind, u32(0x0100000A)) for kind in (1, 2, 4, 5, 6, 15, 30)),
        *(
            attribute(3, b"eth0\0"),
            attribute(9, b"\x10\0\0\0\2\0\0\0" + attribute(5, u32(0x0100000A))),
            b"\x08\0",
            b"\4\0",
        ),
    ),
    longest=2048,
)
