"""The node's segments (control/segment): a VXLAN device for each, over the one interface that the engine gives it.

That interface, the underlay's, is for them alone, and nothing of the lab is to meet it. Its address is known on its own
link only, its network is in a table of routes that nothing but the segments' own packets go by, and it lets in nothing
but ARP and those packets. By no other interface can anybody send into a segment, or to that address.

With that interface the kernel takes all of these devices away: when it comes again, they are made anew.
"""

from __future__ import annotations

import errno
import socket
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from catenet.nodes.address import Prefix
from catenet.nodes.control.config import InterfaceConfig
from catenet.nodes.control.segment import (
    OVERHEAD,
    SEGMENT_DEVICES,
    SEGMENT_PORT,
    UNDERLAY_FILTER,
    UNDERLAY_TABLE,
    Segment,
    Underlay,
)
from catenet.nodes.runtime.netlink import filtering, routing, rules
from catenet.nodes.runtime.netlink.client import Filter, Netlink
from catenet.nodes.runtime.netlink.segments import SegmentDevice

__all__ = ["Segments", "stable_hardware"]

_OWN_AND_LOCAL = b"\x02\x5e"
"""The first octets of a hardware address that nobody has bought (IEEE 802-2014 section 8.4: locally administered)."""
_SETTINGS = {
    routing.RP_FILTER: 0,
    routing.SEND_REDIRECTS: 0,
    routing.ACCEPT_REDIRECTS: 0,
    routing.FORWARDING: 0,
    routing.ACCEPT_SOURCE_ROUTE: 0,
    routing.PROXY_ARP: 0,
    routing.ARP_IGNORE: 0,  # on the other interfaces of a node on our own stack the kernel answers nobody
}


class Segments:
    """Those of one node. Each method raises OSError where the kernel refuses; its text is for people."""

    def __init__(self, underlay: Underlay, netlink: Netlink) -> None:
        self._underlay = underlay
        self._netlink = netlink
        self.ifindex = 0
        """The number of the interface that carries them; 0: there is none now."""

    def finds(self, entry: routing.AddressEntry) -> bool:
        """Whether an interface with this address is the one, where there is none yet: by the engine's network, since
        who connects it by hand seldom says which address."""
        return not self.ifindex and Prefix.of(entry.address, entry.length).holds(self._underlay.address)

    def prepare(self, link: routing.Link) -> None:
        """That interface is from now on the segments' alone."""
        wanted = routing.AddressEntry(link.ifindex, self._underlay.address, 32)
        self._shut(link)
        self._netlink.set_settings(link.ifindex, _SETTINGS)
        self._netlink.add_address(wanted, routing.SCOPE_LINK)
        for entry in self._netlink.addresses():
            if entry.ifindex == link.ifindex and entry != wanted:
                self._netlink.delete_address(entry)
        self._netlink.add_rule(Prefix.of(self._underlay.address, 32), UNDERLAY_TABLE, UNDERLAY_TABLE)
        self.restore(link.ifindex)

    def restore(self, ifindex: int) -> None:
        """The interface is up (again): the kernel forgets the routes over one that goes down."""
        hop = routing.KernelNextHop(None, ifindex)
        route = routing.Route(self._underlay.prefix, (hop,), routing.STATIC, table=UNDERLAY_TABLE)
        self._netlink.replace_route(route)

    def make(self, lab: str, place: int, item: InterfaceConfig, segment: Segment, link: routing.Link) -> int:
        """A device for a segment; its number. `place`: of the interface in the node's configuration; `link`: the
        underlay's."""
        if link.mtu < segment.mtu + OVERHEAD:
            needed = f"its MTU of {segment.mtu} octets needs {segment.mtu + OVERHEAD} of the underlay"
            hint = "give that network of the engine's a larger one, or the LAN a smaller one"
            raise OSError(errno.EMSGSIZE, f"{needed}, whose MTU is {link.mtu}: {hint}")
        name = f"{SEGMENT_DEVICES}{place}"
        hardware = item.mac or stable_hardware(lab, item)
        with _said_clearly():
            self._netlink.add_segment(SegmentDevice(name, segment, link.ifindex, self._underlay.address, hardware))
        ifindex = socket.if_nametoindex(name)
        for peer in segment.peers:
            self._netlink.add_peer(ifindex, peer)
        self._netlink.set_up(ifindex, True)
        return ifindex

    def gone(self) -> None:
        """The interface has gone, and all devices with it."""
        self.ifindex = 0
        with suppress(OSError), closing(Filter()) as nftables:  # newer kernels keep it for the next of that name
            nftables.allow(UNDERLAY_FILTER)

    def _shut(self, link: routing.Link) -> None:
        """By the underlay nothing comes in but ARP and segments; by nothing else segments, or what is for its address.

        A later fragment of a segment's packet has no port, and is dropped: "The destination VTEP MAY silently discard
        such VXLAN fragments" (RFC 7348 section 4.3). The underlay's MTU leaves none.
        """
        name = UNDERLAY_FILTER
        only = [
            rules.rule(name, name, [rules.is_arp()], accept=True),
            rules.rule(name, name, [rules.for_udp_port(SEGMENT_PORT)], accept=True),
        ]
        elsewhere = rules.not_by(link.ifindex)
        nothing = [
            rules.rule(name, name, [elsewhere, each], accept=False, family=filtering.IPV4)
            for each in (rules.for_udp_port(SEGMENT_PORT), rules.for_address(self._underlay.address))
        ]
        try:
            with closing(Filter()) as nftables:
                dropped = filtering.Dropped(name, link.name)
                nftables.make(name, filtering.dropping_chain(dropped, name), only)
                nftables.make(name, filtering.input_chain(name, name), nothing, filtering.IPV4)
        except OSError as error:
            why = f"the underlay cannot be shut: {error.strerror} (the kernel needs CONFIG_NF_TABLES_NETDEV)"
            raise OSError(error.errno, why) from error


def stable_hardware(lab: str, item: InterfaceConfig) -> bytes:
    """The hardware address of a segment's device, at each start the same: six octets. No two on one LAN are equal,
    since a CRC of 32 bits tells any two texts apart that differ in nothing but four octets that follow each other.
    """
    text = f"{lab}\0{item.lan}\0".encode(errors="surrogateescape") + item.address.pack()
    return _OWN_AND_LOCAL + zlib.crc32(text).to_bytes(4, "big")


@contextmanager
def _said_clearly() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        why = "the kernel has no VXLAN: load its module on the machine (modprobe vxlan), or one with CONFIG_VXLAN"
        raise OSError(error.errno, why) from error
