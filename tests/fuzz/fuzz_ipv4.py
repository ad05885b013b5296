"""What comes back for a packet with a source route: any packet, and what the program in a node says of its answers."""

from __future__ import annotations

import json

from fuzz_target import Target

from catenet.nodes.control.fields import AnswerError
from catenet.nodes.control.probes import Probes, probes
from catenet.nodes.control.strict_json import read_json
from catenet.nodes.internet.icmp.error import TYPES, IcmpError
from catenet.nodes.internet.ipv4.header import Header
from catenet.nodes.internet.ipv4.options import MOST, parse_options, to_bytes
from catenet.nodes.machine import DecodeError

_ERROR = bytes.fromhex(
    "4ac0006c0a8100003d0178d00a0c02010a0c0d018313100a0c0f030a0c0e060a0c0d040a0c010100030333e800000000"
    "4a00003cb39b40003c118f940a0c01010a0c02018313140a0c0d010a0c0e040a0c0f060a0c020d00e8d1829a00140000"
)


def _packet(data: bytes) -> tuple[Header, IcmpError]:
    header = Header.parse(data)
    error = IcmpError.parse(data[header.length :])
    for each in (header, error.about):
        parse_options(each.options)
    return header, error


def _check(read: tuple[Header, IcmpError]) -> None:
    header, error = read
    assert error.type in TYPES
    assert error.name
    for each in (header, error.about):
        assert parse_options(to_bytes(each.parsed_options)) == each.parsed_options
        route = each.source_route
        if route is None:
            continue
        assert route.recorded + route.left == route.addresses
        steps = 0
        while route.left:
            _, route = route.advance(header.source)
            steps += 1
        assert steps <= MOST
        _, back = route.back(header.source)
        assert back is None or len(back.addresses) == len(route.addresses)


packet = Target(
    _packet,
    (DecodeError,),
    _check,
    words=(_ERROR, _ERROR[:20], b"\x83\x27\x04", b"\x89\x07\x08", b"\x01", b"\x4f\x00", b"\x0b\x00" + bytes(6)),
    longest=256,
)


def _probes(data: bytes) -> Probes:
    return probes(read_json(data.decode()))


def _check_probes(read: Probes) -> None:
    assert probes(json.loads(json.dumps(read.to_json(), allow_nan=False))) == read


said = Target(
    _probes,
    (AnswerError, ValueError),
    _check_probes,
    words=('{"arrived": true, "error": "", "hops": [', '{"ttl": 1, "address": "10.0.0.1", "ms": 0.1}', '"left": ["x"]'),
)
