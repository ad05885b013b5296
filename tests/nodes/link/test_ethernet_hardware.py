"""Hardware addresses, as text and of groups."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.link.ethernet.hardware import (
    BROADCAST,
    group_hardware,
    hardware_text,
    is_one_host,
    parse_hardware,
)


def test_an_address_is_read_as_it_is_written() -> None:
    assert parse_hardware("02:00:00:00:00:e1") == b"\x02\x00\x00\x00\x00\xe1"
    assert parse_hardware("02:00:00:00:00:E1") == b"\x02\x00\x00\x00\x00\xe1"
    assert hardware_text(b"\x02\x00\x00\x00\x00\xe1") == "02:00:00:00:00:e1"
    assert not hardware_text(b"")


@given(st.binary(min_size=6, max_size=6))
def test_every_host_s_address_survives_the_way_through_its_text(hardware: bytes) -> None:
    text = hardware_text(hardware)
    if is_one_host(hardware):
        assert parse_hardware(text) == hardware
    else:
        with pytest.raises(ValueError, match=text):
            parse_hardware(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no hardware address"),
        ("02:00:00:00:00", "is no hardware address"),
        ("02:00:00:00:00:e1:00", "is no hardware address"),
        ("02-00-00-00-00-e1", "is no hardware address"),
        ("0200.0000.00e1", "is no hardware address"),
        ("2:0:0:0:0:e1", "is no hardware address"),
        ("02:00:00:00:00:eg", "is no hardware address"),
        ("02:00:00:00:00:e1\n", "is no hardware address"),
        ("٠٢:00:00:00:00:e1", "is no hardware address"),
        ("01:00:5e:00:00:09", "is a group's"),
        ("03:00:00:00:00:01", "is a group's"),
        ("ff:ff:ff:ff:ff:ff", "is a group's"),
        ("00:00:00:00:00:00", "is nobody's"),
    ],
)
def test_what_no_interface_may_have_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_hardware(text)


@pytest.mark.parametrize(
    ("group", "hardware"),
    [
        ("224.0.0.9", "01005e000009"),
        ("239.129.2.3", "01005e010203"),  # the ninth bit is lost: 32 groups share an address
        ("224.1.2.3", "01005e010203"),
        ("239.255.255.255", "01005e7fffff"),
    ],
)
def test_1112_6_4_a_group_s_address(group: str, hardware: str) -> None:
    assert group_hardware(Address.parse(group)) == bytes.fromhex(hardware)


def test_neither_a_group_nor_everybody_nor_nobody_is_one_host() -> None:
    assert is_one_host(b"\x02\x00\x00\x00\x00\x01")
    for hardware in (BROADCAST, bytes(6), group_hardware(Address.parse("224.0.0.1")), b"", b"\x02" * 5, b"\x02" * 7):
        assert not is_one_host(hardware)
