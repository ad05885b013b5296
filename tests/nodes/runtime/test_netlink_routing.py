"""rtnetlink by hand, against pyroute2: it reads what we write, and we read what it writes."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.machine import DecodeError
from catenet.nodes.runtime.netlink import routing
from catenet.nodes.runtime.netlink.client import _check
from catenet.nodes.runtime.netlink.codec import NetlinkMessage, attribute, attributes, messages
from catenet.nodes.runtime.netlink.routing import AddressEntry, KernelNextHop, Route

HEADER = 16  # struct nlmsghdr
addresses = st.integers(0, 2**32 - 1).map(Address)
prefixes = st.builds(Prefix.of, addresses, st.integers(0, 32))


def written_by_oracle(message: Any) -> bytes:
    message.encode()
    return bytes(message.data)[HEADER:]


def read_by_oracle(kind: type[Any], payload: bytes) -> Any:
    message = kind(bytes(NetlinkMessage(0, 0, 0, payload)))
    message.decode()
    return message


def oracle_link(**values: Any) -> bytes:
    message = ifinfmsg()
    message["index"], message["flags"] = values["index"], values["flags"]
    message["attrs"] = [["IFLA_IFNAME", "eth0"], ["IFLA_MTU", 1500], ["IFLA_ADDRESS", "02:42:0a:00:01:01"]]
    return written_by_oracle(message)


@pytest.mark.parametrize(
    ("flags", "up"), [(0x10001, True), (0x11043, True), (0x1, False), (0x10000, False), (0x1002, False)]
)
def test_a_link_is_up_when_it_is_set_up_and_has_a_carrier(flags: int, up: bool) -> None:
    link = routing.parse_link(oracle_link(index=7, flags=flags))
    assert link == routing.Link(7, "eth0", up, 1500, "02:42:0a:00:01:01")


def test_set_a_link_up_and_down() -> None:
    for up in (True, False):
        message = read_by_oracle(ifinfmsg, routing.link_state(9, up))
        assert (message["index"], message["flags"], message["change"]) == (9, int(up), 1)


def test_an_altname_is_a_string_in_a_property_list() -> None:
    message = read_by_oracle(ifinfmsg, routing.link_altname(4, "lan-a"))
    assert message.get_nested("IFLA_PROP_LIST", "IFLA_ALT_IFNAME") == "lan-a"


def test_settings_of_an_interface_are_nested_by_family() -> None:
    payload = routing.link_settings(3, {routing.RP_FILTER: 0, routing.FORWARDING: 1})
    by_family = attributes(attributes(payload[16:])[routing.IFLA_AF_SPEC])
    values = attributes(attributes(by_family[routing.AF_INET])[routing.IFLA_INET_CONF])
    assert {key: int.from_bytes(value, "little") for key, value in values.items()} == {8: 0, 1: 1}
    assert read_by_oracle(ifinfmsg, payload).get_attr("IFLA_AF_SPEC") is not None


@given(addresses, st.sampled_from((31, 32)))
def test_3021_2_2_an_address_without_a_broadcast_address(address: Address, length: int) -> None:
    """The kernel would take that of a /31 for nobody's, which is the other host's."""
    message = read_by_oracle(ifaddrmsg, routing.address_change(AddressEntry(3, address, length), routing.SCOPE_LINK))
    assert message.get_attr("IFA_BROADCAST") is None
    assert (message.get_attr("IFA_LOCAL"), message["prefixlen"], message["scope"]) == (str(address), length, 253)


@given(addresses, st.integers(1, 30), st.integers(1, 2**31 - 1))
def test_an_address_as_the_oracle_reads_and_writes_it(address: Address, length: int, ifindex: int) -> None:
    entry = AddressEntry(ifindex, address, length)
    message = read_by_oracle(ifaddrmsg, routing.address_change(entry))
    assert (message["index"], message["prefixlen"], message["family"]) == (ifindex, length, 2)
    assert message.get_attr("IFA_LOCAL") == message.get_attr("IFA_ADDRESS") == str(address)
    assert message.get_attr("IFA_BROADCAST") == str(Prefix.of(address, length).broadcast)
    written = ifaddrmsg()
    written["index"], written["prefixlen"], written["family"] = ifindex, length, 2
    written["attrs"] = [["IFA_LOCAL", str(address)], ["IFA_ADDRESS", "192.0.2.9"]]
    assert routing.parse_address(written_by_oracle(written)) == entry


def test_an_ipv6_address_is_passed_over() -> None:
    message = ifaddrmsg()
    message["family"], message["prefixlen"], message["index"] = 10, 64, 2
    message["attrs"] = [["IFA_ADDRESS", "fe80::1"]]
    assert routing.parse_address(written_by_oracle(message)) is None


@given(prefixes, addresses, st.integers(1, 2**31 - 1), st.sampled_from([3, 4, 189]), st.integers(0, 2**32 - 1))
def test_a_route_as_the_oracle_reads_it_and_as_it_comes_back(
    prefix: Prefix, via: Address, ifindex: int, protocol: int, metric: int
) -> None:
    route = Route(prefix, (KernelNextHop(via, ifindex),), protocol, metric)
    payload = routing.route_new(route)
    message = read_by_oracle(rtmsg, payload)
    assert (message["dst_len"], message["proto"], message["type"]) == (prefix.length, protocol, 1)
    assert (message["table"], message.get_attr("RTA_TABLE")) == (254, 254)
    assert (message.get_attr("RTA_DST"), message.get_attr("RTA_GATEWAY")) == (str(prefix.network), str(via))
    assert (message.get_attr("RTA_OIF"), message.get_attr("RTA_PRIORITY")) == (ifindex, metric)
    assert routing.parse_route(payload) == route


hops = st.builds(KernelNextHop, addresses, st.integers(1, 2**31 - 1))


@given(prefixes, st.lists(hops, min_size=2, max_size=5), st.integers(1, 2**32 - 1))
def test_several_next_hops_as_the_oracle_reads_them_and_as_they_come_back(
    prefix: Prefix, several: list[KernelNextHop], table: int
) -> None:
    route = Route(prefix, tuple(several), 189, 120, table=table)
    payload = routing.route_new(route)
    message = read_by_oracle(rtmsg, payload)
    read = [(hop.get_attr("RTA_GATEWAY"), hop["oif"], hop["hops"]) for hop in message.get_attr("RTA_MULTIPATH")]
    assert read == [(str(hop.via), hop.ifindex, 0) for hop in several]  # rtnetlink(7): `hops` is the weight less one
    assert (message.get_attr("RTA_TABLE"), message["scope"]) == (table, 0)
    assert message.get_attr("RTA_OIF") is message.get_attr("RTA_GATEWAY") is None
    assert routing.parse_route(payload) == route
    gone = read_by_oracle(rtmsg, routing.route_gone(route))
    assert (gone.get_attr("RTA_TABLE"), gone.get_attr("RTA_PRIORITY"), gone["proto"]) == (table, 120, 189)


def test_an_own_address_out_of_reach_as_the_oracle_reads_it() -> None:
    payload = routing.local_unreachable(Address.parse("127.0.0.11"))
    message = read_by_oracle(rtmsg, payload)
    assert (message["dst_len"], message["table"], message["type"]) == (32, 255, 7)  # local, RTN_UNREACHABLE
    assert message.get_attr("RTA_DST") == "127.0.0.11"
    assert routing.parse_route(payload) is None  # no unicast route


def oracle_route(attrs: list[list[Any]], **values: int) -> bytes:
    message = rtmsg()
    for key, value in {"family": 2, "dst_len": 24, "table": 254, "type": 1, "proto": 11, **values}.items():
        message[key] = value
    message["attrs"] = [["RTA_DST", "10.0.1.0"], *attrs]
    return written_by_oracle(message)


def test_a_route_over_a_nexthop_object() -> None:
    nexthop_id = struct.pack("=HHI", 8, 30, 14)  # linux/rtnetlink.h: RTA_NH_ID is 30; the oracle does not know it
    route = routing.parse_route(oracle_route([["RTA_PRIORITY", 20]]) + nexthop_id)
    assert route == Route(Prefix.parse("10.0.1.0/24"), (), 11, 20, 14)


def test_a_route_with_several_next_hops() -> None:
    hops = [
        {"hops": 0, "oif": 5, "attrs": [["RTA_GATEWAY", "10.0.9.1"]]},
        {"hops": 1, "oif": 6, "attrs": [["RTA_GATEWAY", "10.0.8.1"]]},
        {"flags": 0x11, "hops": 0, "oif": 7, "attrs": [["RTA_GATEWAY", "10.0.7.1"]]},  # dead, linkdown
        {"flags": 0x10, "hops": 0, "oif": 8, "attrs": []},  # linkdown alone: the kernel goes on using it
    ]
    route = routing.parse_route(oracle_route([["RTA_MULTIPATH", hops]]))
    assert route is not None
    alive = (
        KernelNextHop(Address.parse("10.0.9.1"), 5),
        KernelNextHop(Address.parse("10.0.8.1"), 6),
        KernelNextHop(None, 8),
    )
    assert route.hops == alive


@pytest.mark.parametrize("values", [{"type": 2}, {"type": 3}])
def test_local_and_broadcast_routes_are_passed_over(values: dict[str, int]) -> None:
    assert routing.parse_route(oracle_route([], **values)) is None


def test_a_route_says_of_which_table_it_is() -> None:
    by_header, by_attribute = oracle_route([], table=189), oracle_route([["RTA_TABLE", 1000]], table=252)
    assert [getattr(routing.parse_route(payload), "table", 0) for payload in (by_header, by_attribute)] == [189, 1000]


def test_a_default_route_has_no_destination() -> None:
    message = rtmsg()
    for key, value in {"family": 2, "dst_len": 0, "table": 254, "type": 1, "proto": 3}.items():
        message[key] = value
    message["attrs"] = [["RTA_GATEWAY", "172.17.0.1"], ["RTA_OIF", 2]]
    route = routing.parse_route(written_by_oracle(message))
    assert route == Route(Prefix(ANY, 0), (KernelNextHop(Address.parse("172.17.0.1"), 2),), 3)


@given(st.lists(st.tuples(st.integers(0, 2**14 - 1), st.binary(max_size=40)), max_size=5))
def test_attributes_come_back_from_any_slicing_into_fours(given_ones: list[tuple[int, bytes]]) -> None:
    data = b"".join(attribute(kind, payload) for kind, payload in given_ones)
    assert len(data) % 4 == 0
    assert attributes(data) == dict(given_ones)


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    for parse in (routing.parse_link, routing.parse_address, routing.parse_route, lambda d: list(messages(d))):
        try:
            parse(data)
        except DecodeError as error:
            assert error.field


@pytest.mark.parametrize("code", [1, -4096, -(2**31)])
def test_a_refusal_has_the_number_of_an_error(code: int) -> None:
    """linux/err.h: MAX_ERRNO is 4095."""
    with pytest.raises(DecodeError, match="nlmsgerr"):
        _check(NetlinkMessage(2, 0, 1, struct.pack("=i", code)))
    with pytest.raises(FileExistsError):
        _check(NetlinkMessage(2, 0, 1, struct.pack("=i", -17)))
