"""VXLAN devices, their forwarding entries and rules for routes by hand, against pyroute2, which reads what we write."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.rtnl.fibmsg import fibmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ndmsg import ndmsg

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.config import InterfaceConfig
from catenet.nodes.control.segment import Segment, Underlay
from catenet.nodes.runtime.netlink.client import Netlink
from catenet.nodes.runtime.netlink.codec import NetlinkMessage
from catenet.nodes.runtime.netlink.routing import Link
from catenet.nodes.runtime.netlink.segments import SegmentDevice, forwarding_new, rule_new, segment_new
from catenet.nodes.runtime.segments import Segments, stable_hardware

addresses = st.integers(0, 2**32 - 1).map(Address)
numbers = st.integers(1, 2**31 - 1)
hardware = st.binary(min_size=6, max_size=6)
devices = st.builds(
    SegmentDevice,
    st.integers(0, 9999).map("vx{}".format),
    st.builds(Segment, st.integers(1, 2**24 - 1), st.integers(68, 9000), st.just(())),
    numbers,
    addresses,
    hardware,
)


def read_by_oracle(kind: type[Any], payload: bytes) -> Any:
    message = kind(bytes(NetlinkMessage(0, 0, 0, payload)))
    message.decode()
    return message


@given(devices)
def test_a_device_as_the_oracle_reads_it(device: SegmentDevice) -> None:
    message = read_by_oracle(ifinfmsg, segment_new(device))
    assert (message["flags"], message["change"]) == (0, 0)  # not up
    assert message.get_attr("IFLA_IFNAME") == device.name
    assert message.get_attr("IFLA_MTU") == device.segment.mtu
    assert message.get_attr("IFLA_ADDRESS") == device.hardware.hex(":")
    assert message.get_nested("IFLA_LINKINFO", "IFLA_INFO_KIND") == "vxlan"
    data = message.get_nested("IFLA_LINKINFO", "IFLA_INFO_DATA")
    assert data.get_attr("IFLA_VXLAN_ID") == device.segment.id
    assert data.get_attr("IFLA_VXLAN_LINK") == device.underlay
    assert data.get_attr("IFLA_VXLAN_LOCAL") == str(device.local)
    assert data.get_attr("IFLA_VXLAN_PORT") == 4790
    assert data.get_attr("IFLA_VXLAN_LEARNING") == 1
    assert data.get_attr("IFLA_VXLAN_LIMIT") == 16_384
    assert data.get_attr("IFLA_VXLAN_UDP_CSUM") == 0


@given(numbers, addresses)
def test_where_frames_for_all_go_as_the_oracle_reads_it(ifindex: int, peer: Address) -> None:
    message = read_by_oracle(ndmsg, forwarding_new(ifindex, peer))
    assert (message["family"], message["ifindex"]) == (7, ifindex)  # AF_BRIDGE
    assert (message["state"], message["flags"]) == (0x80 | 0x40, 0x02)  # NUD_PERMANENT | NUD_NOARP, NTF_SELF
    assert message.get_attr("NDA_LLADDR") == "00:00:00:00:00:00"
    assert message.get_attr("NDA_DST") == str(peer)


@given(st.builds(Prefix.of, addresses, st.integers(0, 32)), st.integers(1, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_rule_by_source_as_the_oracle_reads_it(source: Prefix, table: int, priority: int) -> None:
    message = read_by_oracle(fibmsg, rule_new(source, table, priority))
    assert (message["family"], message["src_len"], message["dst_len"]) == (2, source.length, 0)
    assert message["action"] == 1  # FR_ACT_TO_TBL
    assert message.get_attr("FRA_SRC") == str(source.network)
    assert (message.get_attr("FRA_TABLE"), message.get_attr("FRA_PRIORITY")) == (table, priority)


@given(st.text(max_size=30), st.text(max_size=15), addresses, addresses)
def test_no_two_ends_of_a_segment_have_one_hardware_address(lab: str, lan: str, one: Address, other: Address) -> None:
    found = [stable_hardware(lab, InterfaceConfig(lan, None, each, 24)) for each in (one, other)]
    assert (found[0] == found[1]) == (one == other)
    assert found[0][0] & 0x03 == 0x02  # one interface's, and nobody has bought it
    assert len(found[0]) == 6


class Refusing(Netlink):
    """The kernel's answer to a device that it cannot make."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def add_segment(self, device: SegmentDevice) -> None:
        raise OSError(self._number, os.strerror(self._number))


LINK = Link(7, "eth0", True, 1550, "02:42:c6:12:00:02")
UNDERLAY = Underlay(Address.parse("198.18.0.2"), 20)
LAN = InterfaceConfig("lan1", None, Address.parse("10.0.1.1"), 24)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EOPNOTSUPP, r"the kernel has no VXLAN: load its module on the machine \(modprobe vxlan\), or one with"),
        (errno.EPERM, "Operation not permitted"),
    ],
)
def test_a_kernel_without_vxlan_is_told_apart(number: int, said: str) -> None:
    """rtnetlink(7): a kind of device that the kernel does not know, nor finds a module for, is EOPNOTSUPP."""
    with closing(Refusing(number)) as kernel, pytest.raises(OSError, match=said) as refused:
        Segments(UNDERLAY, kernel).make("lab", 0, LAN, Segment(1, 1500, ()), LINK)
    assert refused.value.errno == number


def test_what_the_underlay_has_no_room_for_is_not_tried() -> None:
    said = "its MTU of 1501 octets needs 1551 of the underlay, whose MTU is 1550"
    with closing(Refusing(errno.EPERM)) as kernel, pytest.raises(OSError, match=said):
        Segments(UNDERLAY, kernel).make("lab", 0, LAN, Segment(1, 1501, ()), LINK)
