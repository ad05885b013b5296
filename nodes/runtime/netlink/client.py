"""The netlink sockets: `Netlink` and `Filter` ask and wait for the answer, `Monitor` hears of every change.

The kernel does what a request says before `send` returns, so waiting for its answer costs microseconds; it never blocks
the event loop in a way that a user could notice.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import DecodeError
from catenet.nodes.runtime.netlink import filtering, neighbours, routing
from catenet.nodes.runtime.netlink.codec import NetlinkMessage, messages

if TYPE_CHECKING:
    from catenet.nodes.runtime.netlink.segments import SegmentDevice

__all__ = ["NETFILTER", "Filter", "Monitor", "Netlink", "RequestSocket"]

Value = TypeVar("Value")

_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_REQUEST, _ACK, _DUMP, _DUMP_INTERRUPTED = 0x1, 0x4, 0x300, 0x10
_REPLACE, _EXCL, _CREATE, _APPEND = 0x100, 0x200, 0x400, 0x800
_GROUPS = 0x1 | 0x10 | 0x40  # RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE
NETFILTER = 12  # NETLINK_NETFILTER; Python's socket module has no name for it
_DATAGRAM = 64 * 1024
_ANSWER_TIME = 5.0  # seconds; the kernel answers at once, so this is only there to end a hang
_DUMP_TRIES = 5
_MAX_ERRNO = 4095  # linux/err.h


class RequestSocket:
    """One socket: a request is sent, and its answer read. OSError with the kernel's errno where it refuses."""

    def __init__(self, protocol: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._socket.bind((0, 0))
        self._socket.settimeout(_ANSWER_TIME)
        self._sequence = 0

    def close(self) -> None:
        self._socket.close()

    def _order(self, kind: int, flags: int, payload: bytes) -> None:
        self._acknowledged(self._send((kind, _ACK | flags, payload)))

    def _acknowledged(self, sequence: int) -> None:
        while True:
            for message in self._receive(sequence):
                if message.type == _NLMSG_ERROR:
                    _check(message)
                    return

    def _dump(self, kind: int, payload: bytes, parse: Callable[[bytes], Value | None]) -> list[Value]:
        for _ in range(_DUMP_TRIES):
            found = self._try_dump(kind, payload, parse)
            if found is not None:
                return found
        raise OSError(f"the kernel's tables changed during each of {_DUMP_TRIES} dumps")

    def _try_dump(self, kind: int, payload: bytes, parse: Callable[[bytes], Value | None]) -> list[Value] | None:
        """One whole dump; None where the kernel says that something changed meanwhile (NLM_F_DUMP_INTR)."""
        sequence = self._send((kind, _DUMP, payload))
        found: list[Value] = []
        whole = True
        while True:
            for message in self._receive(sequence):
                whole = whole and not message.flags & _DUMP_INTERRUPTED
                if message.type == _NLMSG_ERROR:
                    _check(message)
                if message.type in (_NLMSG_ERROR, _NLMSG_DONE):
                    return found if whole else None
                value = parse(message.payload)
                if value is not None:
                    found.append(value)

    def _send(self, *requests: tuple[int, int, bytes]) -> int:
        """Each is (type, flags, payload). Returns the sequence number that they share."""
        self._sequence = self._sequence + 1 & 0xFFFFFFFF
        framed = [NetlinkMessage(kind, _REQUEST | flags, self._sequence, payload) for kind, flags, payload in requests]
        self._socket.send(b"".join(map(bytes, framed)))
        return self._sequence

    def _receive(self, sequence: int) -> list[NetlinkMessage]:
        """The next messages that answer this request; answers to an earlier one that failed are passed over."""
        data = self._socket.recv(_DATAGRAM)
        return [message for message in messages(data) if message.sequence == sequence]


class Netlink(RequestSocket):
    """Links, addresses, routes. Each method raises OSError with the kernel's errno where it refuses."""

    whose = "the kernel"

    def __init__(self) -> None:
        super().__init__(socket.NETLINK_ROUTE)

    def links(self) -> list[routing.Link]:
        return self._dump(routing.RTM_GETLINK, routing.link_request(), routing.parse_link)

    def addresses(self) -> list[routing.AddressEntry]:
        return self._dump(routing.RTM_GETADDR, routing.address_request(), routing.parse_address)

    def routes(self, table: int = routing.TABLE_MAIN) -> list[routing.Route]:
        """Every unicast route of one table."""
        found = self._dump(routing.RTM_GETROUTE, routing.route_request(), routing.parse_route)
        return [route for route in found if route.table == table]

    def set_up(self, ifindex: int, up: bool) -> None:
        self._order(routing.RTM_NEWLINK, 0, routing.link_state(ifindex, up))

    def set_settings(self, ifindex: int, settings: Mapping[int, int]) -> None:
        """Set IPv4 settings of one interface, by their numbers in linux/ip.h."""
        self._order(routing.RTM_SETLINK, 0, routing.link_settings(ifindex, settings))

    def set_hardware(self, ifindex: int, hardware: bytes) -> None:
        """Give an interface another hardware address; one that is up stays up, where its device can (veth)."""
        self._order(routing.RTM_NEWLINK, 0, routing.link_hardware(ifindex, hardware))

    def add_altname(self, ifindex: int, name: str) -> None:
        """Give an interface one more name; that it has it already is no error."""
        with suppress(FileExistsError):
            self._order(routing.RTM_NEWLINKPROP, _CREATE | _EXCL, routing.link_altname(ifindex, name))

    def add_address(self, entry: routing.AddressEntry, scope: int = routing.SCOPE_UNIVERSE) -> None:
        """Add an address; that it is there already is no error."""
        self._order(routing.RTM_NEWADDR, _CREATE | _REPLACE, routing.address_change(entry, scope))

    def delete_address(self, entry: routing.AddressEntry) -> None:
        self._order(routing.RTM_DELADDR, 0, routing.address_change(entry))

    def replace_route(self, route: routing.Route) -> None:
        """Set a route; it replaces one of the same prefix and metric, whatever its protocol (hence our own metrics).

        Of several next hops, none may lead over an interface that is down: the kernel would refuse them all.
        """
        self._order(routing.RTM_NEWROUTE, _CREATE | _REPLACE, routing.route_new(route))

    def delete_route(self, route: routing.Route) -> None:
        """Take a route of that prefix, metric and protocol away; that there is none is no error."""
        with suppress(ProcessLookupError):  # ESRCH
            self._order(routing.RTM_DELROUTE, 0, routing.route_gone(route))

    def known_neighbours(self) -> list[neighbours.Neighbour]:
        """Whom ARP knows or asks for, on all interfaces, and whom somebody has set by hand."""
        return self._dump(neighbours.RTM_GETNEIGH, neighbours.neighbour_request(), neighbours.parse_neighbour)

    def forget_neighbours(self, ifindex: int) -> None:
        """What ARP has learned on an interface is forgotten, and asked for anew when it is needed."""
        for each in self.known_neighbours():
            if each.ifindex == ifindex and each.learned:
                with suppress(FileNotFoundError):  # it has been forgotten meanwhile
                    self._order(neighbours.RTM_DELNEIGH, 0, neighbours.neighbour_gone(each))

    def add_segment(self, device: SegmentDevice) -> None:
        """Make a VXLAN device, which is down, and knows no peer."""
        from catenet.nodes.runtime.netlink import segments  # most nodes have none

        self._order(routing.RTM_NEWLINK, _CREATE | _EXCL, segments.segment_new(device))

    def add_peer(self, ifindex: int, peer: Address) -> None:
        """What is for all of a segment, or for whom it does not know, goes to this peer, too."""
        from catenet.nodes.runtime.netlink import segments

        self._order(segments.RTM_NEWNEIGH, _CREATE | _APPEND, segments.forwarding_new(ifindex, peer))

    def add_rule(self, source: Prefix, table: int, priority: int) -> None:
        """What comes from there goes by the routes of that table; that it does so already is no error."""
        from catenet.nodes.runtime.netlink import segments

        with suppress(FileExistsError):
            self._order(segments.RTM_NEWRULE, _CREATE | _EXCL, segments.rule_new(source, table, priority))

    def make_unreachable(self, address: Address) -> None:
        """From now on nobody here can reach this address of the node's own, such as one in 127.0.0.0/8."""
        self._order(routing.RTM_NEWROUTE, _CREATE | _REPLACE, routing.local_unreachable(address))


class Filter(RequestSocket):
    """Tables of nf_tables that drop what comes in by a device. OSError where the kernel refuses, or has none."""

    def __init__(self) -> None:
        super().__init__(NETFILTER)

    def dropped(self) -> list[filtering.Dropped]:
        """Every such table that there is now, by whomever it was made."""
        return self._dump(filtering.GETCHAIN, filtering.chain_request(), filtering.parse_chain)

    def drop(self, dropped: filtering.Dropped) -> None:
        """Make the table anew: from now on each frame that comes in by the device is dropped."""
        self.make(dropped.table, filtering.dropping_chain(dropped))

    def make(self, table: str, chain: bytes, chain_rules: Sequence[bytes] = (), family: int = filtering.NETDEV) -> None:
        """Make a table anew, with one chain (the payload of NEWCHAIN) and its rules (those of NEWRULE)."""
        self.allow(table, family)
        *first, last = [(filtering.NEWCHAIN, chain), *((filtering.NEWRULE, rule) for rule in chain_rules)]
        self._change(
            (filtering.NEWTABLE, _CREATE, filtering.table(table, family)),
            *((kind, _CREATE | _APPEND, payload) for kind, payload in first),
            (last[0], _CREATE | _APPEND | _ACK, last[1]),
        )

    def allow(self, table: str, family: int = filtering.NETDEV) -> None:
        """Take the table away; that there is none is no error."""
        named = filtering.table(table, family)
        with suppress(FileNotFoundError):
            self._order(filtering.GETTABLE, 0, named)  # changes in vain would take the kernel tens of milliseconds
            self._change((filtering.DELTABLE, _ACK, named))

    def _change(self, *changes: tuple[int, int, bytes]) -> None:
        """All or nothing. The last one is acknowledged; of another one, only a refusal is heard."""
        edge = filtering.batch_edge()
        self._acknowledged(self._send((filtering.BATCH_BEGIN, 0, edge), *changes, (filtering.BATCH_END, 0, edge)))


def _check(message: NetlinkMessage) -> None:
    if len(message.payload) < 4:
        raise DecodeError("nlmsgerr", message.payload, "cut short")
    code = -int(struct.unpack_from("=i", message.payload)[0])
    if not 0 <= code <= _MAX_ERRNO:
        raise DecodeError("nlmsgerr", code, "no error's number")
    if code:
        raise OSError(code, os.strerror(code))


class Monitor:
    """Hears of every change to links, IPv4 addresses and IPv4 routes. `changed` gets (type RTM_…, payload)."""

    def __init__(self, changed: Callable[[int, bytes], None], lost: Callable[[], None]) -> None:
        """`lost` is called where changes came faster than they were read: look at everything anew."""
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
        )
        self._socket.bind((0, _GROUPS))
        self._changed = changed
        self._lost = lost

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def drain(self) -> None:
        """Hand on everything that has come in.

        Where some was lost, the rest is older than what was lost: one looks anew after it, else it would be believed.
        """
        lost = False
        while True:
            try:
                data = self._socket.recv(_DATAGRAM)
            except BlockingIOError:
                if not lost:
                    return
                lost = False
                self._lost()
                continue
            except OSError:  # ENOBUFS: the kernel dropped some, as after a long pause of this process
                lost = True
                continue
            for message in messages(data):
                self._changed(message.type, message.payload)
