"""What the messages of rtnetlink(7) say, pure: links, addresses, routes, and the requests that change them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.machine import DecodeError
from catenet.nodes.runtime.netlink.codec import attribute, attributes, u32

__all__ = [
    "SCOPE_LINK",
    "TABLE_MAIN",
    "AddressEntry",
    "KernelNextHop",
    "Link",
    "Route",
    "parse_address",
    "parse_link",
    "parse_route",
]

AF_INET = 2

# Message types (linux/rtnetlink.h).
RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK = 16, 17, 18, 19
RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE = 24, 25, 26
RTM_NEWLINKPROP = 108

# Links (linux/if_link.h, linux/if.h).
IFF_UP, IFF_LOWER_UP = 0x1, 0x10000
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU = 1, 3, 4
IFLA_AF_SPEC, IFLA_INET_CONF = 26, 1
IFLA_PROP_LIST, IFLA_ALT_IFNAME = 52, 53
NLA_F_NESTED = 0x8000

# Settings of one interface, by the number that IFLA_INET_CONF gives them (linux/ip.h, IPV4_DEVCONF_…).
FORWARDING, PROXY_ARP, ACCEPT_REDIRECTS, SEND_REDIRECTS, RP_FILTER, ACCEPT_SOURCE_ROUTE = 1, 3, 4, 6, 8, 9
ARP_IGNORE, ACCEPT_LOCAL = 19, 23

# Addresses (linux/if_addr.h).
IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST = 1, 2, 4

# Routes (linux/rtnetlink.h).
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_MULTIPATH, RTA_TABLE, RTA_NH_ID = 1, 4, 5, 6, 9, 15, 30
TABLE_MAIN, TABLE_LOCAL, SCOPE_UNIVERSE, SCOPE_LINK, SCOPE_NOWHERE = 254, 255, 0, 253, 255
RTNH_F_DEAD = 0x1
RTN_UNSPEC, RTN_UNICAST, RTN_UNREACHABLE = 0, 1, 7
PROTOCOLS = {2: "kernel", 3: "boot", 4: "static", 11: "zebra", 12: "bird", 42: "babel", 188: "ospf", 189: "rip"}
KERNEL, BOOT, STATIC = 2, 3, 4

_LINK = struct.Struct("=BxHiII")  # struct ifinfomsg: family, type, index, flags, change
_ADDRESS = struct.Struct("=BBBBI")  # struct ifaddrmsg: family, prefix length, flags, scope, index
_ROUTE = struct.Struct("=BBBBBBBBI")  # struct rtmsg: family, dst, src, tos, table, protocol, scope, type, flags
_HOP = struct.Struct("=HBBI")  # struct rtnexthop: length, flags, hops, index


class Link(NamedTuple):
    """An interface. `up`: it is set up, and it has a carrier."""

    ifindex: int
    name: str
    up: bool
    mtu: int
    hardware: str


class AddressEntry(NamedTuple):
    """An address of an interface."""

    ifindex: int
    address: Address
    length: int


class KernelNextHop(NamedTuple):
    """Where a route goes: a gateway (None: the LAN itself) and an interface (0: none)."""

    via: Address | None
    ifindex: int


class Route(NamedTuple):
    """A unicast route of one of the kernel's tables.

    Several `hops` share the load; those whose interface is down, of which the kernel keeps the memory, are left out.
    `nexthop_id` is a nexthop object's number, which FRR uses; 0: none.
    """

    prefix: Prefix
    hops: tuple[KernelNextHop, ...]
    protocol: int
    metric: int = 0
    nexthop_id: int = 0
    table: int = TABLE_MAIN


def parse_link(payload: bytes) -> Link:
    """RTM_NEWLINK or RTM_DELLINK.

    Raises:
        DecodeError: a length that does not fit.

    """
    _, _, ifindex, flags, _ = _fixed(_LINK, payload, "ifinfomsg")
    found = attributes(payload[_LINK.size :])
    up = flags & IFF_UP != 0 and flags & IFF_LOWER_UP != 0
    name = found.get(IFLA_IFNAME, b"").rstrip(b"\0").decode(errors="replace")
    return Link(ifindex, name, up, _number(found, IFLA_MTU), found.get(IFLA_ADDRESS, b"").hex(":"))


def parse_address(payload: bytes) -> AddressEntry | None:
    """RTM_NEWADDR or RTM_DELADDR; None where it is not IPv4.

    Raises:
        DecodeError: a length that does not fit.

    """
    family, length, _, _, ifindex = _fixed(_ADDRESS, payload, "ifaddrmsg")
    if family != AF_INET:
        return None
    found = attributes(payload[_ADDRESS.size :])
    address = found.get(IFA_LOCAL) or found.get(IFA_ADDRESS)
    return None if address is None else AddressEntry(ifindex, _ip(address), length)


def parse_route(payload: bytes) -> Route | None:
    """RTM_NEWROUTE or RTM_DELROUTE; None where it is no unicast route of IPv4.

    Raises:
        DecodeError: a length that does not fit.

    """
    family, length, _, _, table, protocol, _, kind, _ = _fixed(_ROUTE, payload, "rtmsg")
    if family != AF_INET or kind != RTN_UNICAST or length > 32:
        return None
    found = attributes(payload[_ROUTE.size :])
    network = _ip(found[RTA_DST]) if RTA_DST in found else ANY
    hops = _hops(found[RTA_MULTIPATH]) if RTA_MULTIPATH in found else _hop(found)
    metric, nexthop_id = _number(found, RTA_PRIORITY), _number(found, RTA_NH_ID)
    return Route(Prefix.of(network, length), hops, protocol, metric, nexthop_id, _number(found, RTA_TABLE) or table)


def _hop(found: Mapping[int, bytes]) -> tuple[KernelNextHop, ...]:
    if RTA_OIF not in found and RTA_GATEWAY not in found:
        return ()
    via = _ip(found[RTA_GATEWAY]) if RTA_GATEWAY in found else None
    return (KernelNextHop(via, _number(found, RTA_OIF)),)


def _hops(data: bytes) -> tuple[KernelNextHop, ...]:
    hops: list[KernelNextHop] = []
    while data:
        length, flags, _, ifindex = _fixed(_HOP, data, "rtnexthop")
        if not _HOP.size <= length <= len(data):
            raise DecodeError("rtnexthop length", length)
        gateway = attributes(data[_HOP.size : length]).get(RTA_GATEWAY)
        if not flags & RTNH_F_DEAD:
            hops.append(KernelNextHop(None if gateway is None else _ip(gateway), ifindex))
        data = data[length + 3 & ~3 :]
    return tuple(hops)


def _fixed(layout: struct.Struct, payload: bytes, name: str) -> tuple[int, ...]:
    if len(payload) < layout.size:
        raise DecodeError(name, payload, "cut short")
    return layout.unpack_from(payload)


def _number(found: Mapping[int, bytes], kind: int) -> int:
    value = found.get(kind, bytes(4))
    if len(value) != 4:
        raise DecodeError("netlink attribute", value, "no 32-bit number")
    return int(struct.unpack("=I", value)[0])


def _ip(value: bytes) -> Address:
    if len(value) != 4:
        raise DecodeError("netlink attribute", value, "no IPv4 address")
    return Address.unpack(value)


def link_state(ifindex: int, up: bool) -> bytes:
    """The payload of RTM_NEWLINK that sets an interface up or down."""
    return _LINK.pack(0, 0, ifindex, IFF_UP if up else 0, IFF_UP)


def link_settings(ifindex: int, settings: Mapping[int, int]) -> bytes:
    """The payload of RTM_SETLINK that sets IPv4 settings of one interface (numbers IPV4_DEVCONF_…)."""
    values = b"".join(attribute(key, u32(value)) for key, value in settings.items())
    family = attribute(AF_INET | NLA_F_NESTED, attribute(IFLA_INET_CONF | NLA_F_NESTED, values))
    return _LINK.pack(0, 0, ifindex, 0, 0) + attribute(IFLA_AF_SPEC | NLA_F_NESTED, family)


def link_hardware(ifindex: int, hardware: bytes) -> bytes:
    """The payload of RTM_NEWLINK that gives an interface another hardware address."""
    return _LINK.pack(0, 0, ifindex, 0, 0) + attribute(IFLA_ADDRESS, hardware)


def link_altname(ifindex: int, name: str) -> bytes:
    """The payload of RTM_NEWLINKPROP that gives an interface one more name."""
    names = attribute(IFLA_ALT_IFNAME, name.encode() + b"\0")
    return _LINK.pack(0, 0, ifindex, 0, 0) + attribute(IFLA_PROP_LIST | NLA_F_NESTED, names)


def link_request() -> bytes:
    """The payload of RTM_GETLINK that asks for every interface."""
    return _LINK.pack(0, 0, 0, 0, 0)


def address_change(entry: AddressEntry, scope: int = SCOPE_UNIVERSE) -> bytes:
    """The payload of RTM_NEWADDR or RTM_DELADDR. `scope`: how far the address is known; the kernel takes it for the
    source of no packet that goes further."""
    local = entry.address.pack()
    everybodys = Prefix.of(entry.address, entry.length).everybodys
    found = attribute(IFA_LOCAL, local) + attribute(IFA_ADDRESS, local)
    found += b"" if everybodys is None else attribute(IFA_BROADCAST, everybodys.pack())
    return _ADDRESS.pack(AF_INET, entry.length, 0, scope, entry.ifindex) + found


def address_request() -> bytes:
    """The payload of RTM_GETADDR that asks for every IPv4 address."""
    return _ADDRESS.pack(AF_INET, 0, 0, 0, 0)


def route_new(route: Route) -> bytes:
    """The payload of RTM_NEWROUTE for a route with one next hop, or with several that share the load equally."""
    scope = SCOPE_LINK if any(hop.via is None for hop in route.hops) else SCOPE_UNIVERSE
    payload = _route(route, scope, RTN_UNICAST)
    if len(route.hops) > 1:
        return payload + attribute(RTA_MULTIPATH, b"".join(map(_nexthop, route.hops)))
    (hop,) = route.hops
    return payload + _gateway(hop) + (attribute(RTA_OIF, u32(hop.ifindex)) if hop.ifindex else b"")


def _nexthop(hop: KernelNextHop) -> bytes:
    gateway = _gateway(hop)
    return _HOP.pack(_HOP.size + len(gateway), 0, 0, hop.ifindex) + gateway


def _gateway(hop: KernelNextHop) -> bytes:
    return b"" if hop.via is None else attribute(RTA_GATEWAY, hop.via.pack())


def route_gone(route: Route) -> bytes:
    """The payload of RTM_DELROUTE: the kernel looks for table, prefix, metric and protocol, whatever the next hops."""
    return _route(route, SCOPE_NOWHERE, RTN_UNSPEC)


def local_unreachable(address: Address) -> bytes:
    """The payload of RTM_NEWROUTE that makes an address of the node's own unreachable (its own come by TABLE_LOCAL)."""
    head = _ROUTE.pack(AF_INET, 32, 0, 0, TABLE_LOCAL, BOOT, SCOPE_UNIVERSE, RTN_UNREACHABLE, 0)
    return head + attribute(RTA_DST, address.pack())


def route_request() -> bytes:
    """The payload of RTM_GETROUTE that asks for every IPv4 route."""
    return _ROUTE.pack(AF_INET, 0, 0, 0, 0, 0, 0, 0, 0)


def _route(route: Route, scope: int, kind: int) -> bytes:
    head = _ROUTE.pack(AF_INET, route.prefix.length, 0, 0, route.table & 0xFF, route.protocol, scope, kind, 0)
    where = attribute(RTA_DST, route.prefix.network.pack()) + attribute(RTA_TABLE, u32(route.table))
    return head + where + attribute(RTA_PRIORITY, u32(route.metric))
