"""The options of an IPv4 header: against RFC 791, against packets of the Linux kernel, and against anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.control.probes import MOST_VIAS, TIME_EXCEEDED
from catenet.nodes.internet.icmp import error as icmp_error
from catenet.nodes.internet.icmp.error import IcmpError
from catenet.nodes.internet.ipv4.header import ICMP, UDP, Header
from catenet.nodes.internet.ipv4.options import (
    LOOSE,
    MOST,
    SPACE,
    STRICT,
    Option,
    SourceRouteOption,
    parse_options,
    source_route,
    to_bytes,
)
from catenet.nodes.machine import DecodeError
from catenet.nodes.programs.source_route import socket_option

# What Linux 6.18 sent from 10.12.1.1 to 10.12.2.1 over the routers a, d, f, c, on each link that tcpdump could see: the
# datagram after a, after d and after f; the destination's answer before f, before d and after d.
SAID = "736f757263652d726f757465"
SENT = (
    f"4a00003cb39b40003f119a910a0c01010a0c0d048313080a0c0d010a0c0e060a0c0f030a0c020100e8d1829a00140000{SAID}",
    f"4a00003cb39b40003e11988f0a0c01010a0c0e0683130c0a0c0d010a0c0e040a0c0f030a0c020100e8d1829a00140000{SAID}",
    f"4a00003cb39b40003d1191920a0c01010a0c0f038313100a0c0d010a0c0e040a0c0f060a0c020100e8d1829a00140000{SAID}",
)
QUOTED = (
    "030333e8000000004a00003cb39b40003c118f940a0c01010a0c02018313140a0c0d010a0c0e040a0c0f060a0c020d00"
    f"e8d1829a00140000{SAID}"
)
ANSWERED = (
    f"4ac0006c0a8100003f0181cb0a0c02010a0c0f068313080a0c0f030a0c0e040a0c0d010a0c010100{QUOTED}",
    f"4ac0006c0a8100003e017dcd0a0c02010a0c0e0483130c0a0c0f030a0c0e060a0c0d010a0c010100{QUOTED}",
    f"4ac0006c0a8100003d0178d00a0c02010a0c0d018313100a0c0f030a0c0e060a0c0d040a0c010100{QUOTED}",
)
STRICTLY = f"4a00003cb39c40003f1194900a0c01010a0c0d048913080a0c0d010a0c0e060a0c0f030a0c020100c819829a00140000{SAID}"


def addresses(*words: str) -> tuple[Address, ...]:
    return tuple(map(Address.parse, words))


H1, H2 = addresses("10.12.1.1", "10.12.2.1")
A, D, F, C = addresses("10.12.1.11", "10.12.13.4", "10.12.14.6", "10.12.15.3")
A_OUT, D_OUT, F_OUT, C_OUT = addresses("10.12.13.1", "10.12.14.4", "10.12.15.6", "10.12.2.13")
WAY = (A, D, F, C)


def header(text: str) -> Header:
    return Header.parse(bytes.fromhex(text))


def test_791_3_1_what_a_router_does_is_what_the_kernel_does() -> None:
    """ "The next address in the source route replaces the address in the destination address field, and the recorded
    route address replaces the source address just used, and pointer is increased by four"."""
    goes, option = source_route(WAY, H2)
    assert option is not None
    assert (goes, option.addresses, option.pointer) == (A, (D, F, C, H2), 4)
    for own, text in zip((A_OUT, D_OUT, F_OUT), SENT, strict=True):
        goes, option = option.advance(own)
        seen = header(text)
        assert (seen.source, seen.destination, seen.protocol, seen.source_route) == (H1, goes, UDP, option)
        assert to_bytes([option]) == bytes.fromhex(text)[20 : seen.length]
    goes, option = option.advance(C_OUT)
    assert (goes, option.left, option.recorded) == (H2, (), (A_OUT, D_OUT, F_OUT, C_OUT))


def test_1812_4_3_2_6_the_answer_goes_back_the_recorded_way_as_the_kernel_sends_it() -> None:
    """ "Created by reversing the portion before the pointer of the route recorded"."""
    about = IcmpError.parse(bytes.fromhex(QUOTED)).about
    assert about.source_route is not None
    assert about.source_route.recorded == (A_OUT, D_OUT, F_OUT, C_OUT)
    goes, option = about.source_route.back(about.source)
    assert option is not None
    assert (goes, option.addresses) == (C_OUT, (F_OUT, D_OUT, A_OUT, H1))
    for own, text in zip((C, F, D), ANSWERED, strict=True):
        goes, option = option.advance(own)
        seen = header(text)
        assert (seen.source, seen.destination, seen.protocol, seen.source_route) == (H2, goes, ICMP, option)


def test_1122_3_2_1_8_c_what_is_sent_and_what_arrives() -> None:
    """From S to D via G1, G2, … Gn: "(A): {>>G2, G3, ... Gn, D} <--- CORRECT"; "the datagram received at D will contain
    the option: {G1, G2, ... Gn >>}"."""
    for count in range(1, MOST + 1):
        via = [Address(A + number) for number in range(count)]
        goes, option = source_route(via, H2)
        assert option is not None
        assert (goes, option.pointer, option.left) == (via[0], 4, (*via[1:], H2))
        for router in via:
            goes, option = option.advance(router)
        assert (goes, option.recorded, option.left) == (H2, tuple(via), ())
        assert option.pointer == len(bytes(option)) + 1


def test_who_was_visited_by_nobody_answers_without_a_source_route() -> None:
    assert SourceRouteOption((D, H2)).back(H1) == (H1, None)


def test_a_strict_source_route_differs_by_its_type_alone() -> None:
    seen = header(STRICTLY).source_route
    _, option = source_route(WAY, H2, strict=True)
    assert option is not None
    assert seen == option.advance(A_OUT)[1]
    assert (seen.strict, bytes(seen)[0], bytes(option)[0]) == (True, STRICT, 137)
    assert bytes(SourceRouteOption(seen.addresses, False, 8)) == bytes.fromhex(SENT[0])[20:39]
    assert bytes.fromhex(SENT[0])[20] == LOOSE == 131


def test_an_icmp_error_quotes_ports_and_the_whole_header() -> None:
    error = IcmpError.parse(bytes.fromhex(QUOTED))
    assert (error.type, error.code, error.ports, error.name) == (3, 3, (59601, 33434), "port unreachable")
    assert (error.about.source, error.about.destination, error.about.length) == (H1, H2, 40)


def test_nine_routers_and_no_more() -> None:
    """3 + 4 × 9 octets of the forty that a header has for options (RFC 791: IHL is four bits, in words)."""
    many = [Address(A + number) for number in range(10)]
    goes, option = source_route(many[:9], H2)
    assert option is not None
    assert (goes, len(bytes(option)), len(to_bytes([option]))) == (A, 39, 40)
    assert MOST == MOST_VIAS == 9
    with pytest.raises(ValueError, match="10 routers, and a source route has room for 9"):
        source_route(many, H2)
    assert source_route((), H2) == (H2, None)


def test_what_the_kernel_is_given_is_the_routers_alone() -> None:
    """ip(7), IP_OPTIONS: of a source route "the first address is the first hop"; the destination is the datagram's."""
    assert socket_option(WAY, H2).hex() == "831304" + "0a0c010b0a0c0d040a0c0e060a0c0f03"
    assert socket_option((A,), H2, strict=True).hex() == "890704" + "0a0c010b"
    assert socket_option((), H2) == b""
    for bad in addresses("0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"):
        for vias, target in (((A, bad), H2), ((A,), bad)):
            with pytest.raises(ValueError, match="the address of no node"):
                socket_option(vias, target)


def test_the_words_of_errors_are_those_that_answers_have() -> None:
    assert icmp_error.NAMES[icmp_error.TIME_EXCEEDED] == TIME_EXCEEDED


ROUTE = SourceRouteOption(WAY, False, 8)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", ()),
        (bytes(40), ()),
        (b"\1\1\1\1", ()),
        (b"\1" + bytes(ROUTE), (ROUTE,)),
        (bytes(ROUTE) + b"\0", (ROUTE,)),
        (b"\x44\x04\x05\x00" + bytes(ROUTE) + b"\0", (Option(0x44, b"\5\0"), ROUTE)),
        (b"\x88\x02\0\xff", (Option(0x88),)),  # what follows the end is none
        (b"\x83\x03\x04\0", (SourceRouteOption(()),)),
        (b"\x83\x07\xff" + A.pack() + b"\0", (SourceRouteOption((A,), False, 255),)),
    ],
)
def test_options_one_behind_the_other(data: bytes, found: tuple[Option, ...]) -> None:
    assert parse_options(data) == found


@pytest.mark.parametrize(
    ("data", "field", "value"),
    [
        (b"\1\1\1", "length of the options", 3),
        (bytes(44), "length of the options", 44),
        (b"\1\1\1\x83", "length of an option", 0),
        (b"\x83\x00\x04\0", "length of an option", 0),
        (b"\x83\x01\x04\0", "length of an option", 1),
        (b"\x83\x08\x04\1", "length of an option", 8),
        (b"\x83\x02\0\0", "length of a source route", 2),
        (b"\x83\x04\x04\0", "length of a source route", 4),
        (b"\x83\x06\x04\0\0\0\0\0", "length of a source route", 6),
        *((b"\x83\x07" + bytes((p,)) + A.pack() + b"\0", "pointer of a source route", p) for p in (0, 1, 3, 5, 6, 7)),
        (b"\x83\x07\x04" + A.pack() + b"\x89\x07\x04" + A.pack() + b"\0\0", "source routes", 2),
        (b"\x83\x03\x04\x83\x03\x04\0\0", "source routes", 2),
    ],
)
def test_wrong_ones_are_refused_with_field_and_value(data: bytes, field: str, value: int) -> None:
    with pytest.raises(DecodeError) as caught:
        parse_options(data)
    assert (caught.value.field, caught.value.value) == (field, value)


@pytest.mark.parametrize("length", range(SPACE + 1))
def test_every_length_with_every_pointer(length: int) -> None:
    """Of a source route of so many octets: whole addresses, and a pointer to one of them or behind them all."""
    for pointer in range(256):
        data = (bytes((LOOSE, length, pointer)) + bytes(range(1, 38)))[:length]
        fits = length >= 3 and (length - 3) % 4 == 0
        points = pointer > length or (pointer >= 4 and pointer % 4 == 0)
        if fits and points and pointer >= 4:
            option = SourceRouteOption.parse(data)
            assert bytes(option) == data
            assert option.recorded + option.left == option.addresses
            assert len(option.left) == max(0, (length + 1 - pointer) // 4)
        else:
            with pytest.raises(DecodeError):
                SourceRouteOption.parse(data)


@given(st.binary(max_size=SPACE))
def test_whatever_comes_is_refused_or_read_as_it_was(data: bytes) -> None:
    try:
        found = parse_options(data)
    except DecodeError:
        return
    assert parse_options(to_bytes(found)) == found
    assert sum(len(bytes(each)) for each in found) <= len(data)


options = st.builds(
    SourceRouteOption,
    st.lists(st.integers(0, 2**32 - 1).map(Address), max_size=MOST).map(tuple),
    st.booleans(),
    st.integers(1, 10).map(lambda number: number * 4),
)


@given(options, st.lists(st.integers(0, 2**32 - 1).map(Address), min_size=MOST, max_size=MOST))
def test_a_source_route_ends_whoever_follows_it(option: SourceRouteOption, own: list[Address]) -> None:
    before, recorded, left = option, option.recorded, option.left
    assert SourceRouteOption.parse(bytes(option)) == option
    gone = [option := option.advance(address)[1] for address in own[: len(left)]]
    assert option.left == ()
    assert option.recorded == (*recorded, *own[: len(left)])
    assert all(len(bytes(each)) == len(bytes(before)) for each in gone)
    goes, back = option.back(Address(1))
    assert ([goes] if back is None else [goes, *back.addresses]) == [*reversed(option.recorded), Address(1)]


@given(st.binary(max_size=80))
def test_whatever_is_quoted(data: bytes) -> None:
    for message in (data, b"\x0b\0\0\0\0\0\0\0" + data, bytes.fromhex(QUOTED[:16]) + b"\x4f" + data):
        try:
            error = IcmpError.parse(message)
        except DecodeError:
            continue
        assert error.about.length <= len(message) - 8


@pytest.mark.parametrize(
    "text",
    ["", "0303", "0800000000000000" + SENT[0], "0b00000000000000", "0b00000000000000" + "65" + SENT[0][2:]],
)
def test_what_is_no_error_about_a_packet(text: str) -> None:
    with pytest.raises(DecodeError):
        IcmpError.parse(bytes.fromhex(text))


def test_of_a_fragment_and_of_no_datagram_there_are_no_ports() -> None:
    packet = bytearray.fromhex(SENT[0])
    for at, value in ((7, 1), (9, 6)):
        other = packet[:at] + bytes((value,)) + packet[at + 1 :]
        assert IcmpError.parse(b"\x0b\0\0\0\0\0\0\0" + other).ports == (0, 0)
    assert IcmpError.parse(b"\x0b\0\0\0\0\0\0\0" + packet[:42]).ports == (0, 0)
    assert IcmpError.parse(b"\x03\x0f\0\0\0\0\0\0" + packet).name == "type 3 code 15"
