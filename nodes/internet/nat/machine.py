"""`NatMachine`: a translator of addresses and ports, or a firewall (RFC 4787, RFC 5382, RFC 5508, RFC 7857)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import islice
from struct import Struct

from catenet.nodes.address import Address
from catenet.nodes.internet.nat.config import NatOptions
from catenet.nodes.internet.nat.header import ICMP, UDP, FragmentError, Header
from catenet.nodes.internet.nat.mapping import Mapping, Mappings
from catenet.nodes.internet.nat.ports import PortPool
from catenet.nodes.internet.nat.refusals import Refusals, Refused
from catenet.nodes.internet.nat.reports import EXPIRED, MAPPED, expired, mapped, row_of
from catenet.nodes.internet.nat.roles import Roles
from catenet.nodes.internet.nat.translator import Translator
from catenet.nodes.machine import (
    Action,
    Count,
    Crossing,
    DecodeError,
    Entropy,
    Hook,
    Ip,
    IpPacket,
    Json,
    OpenPort,
    Wants,
    always,
)

__all__ = ["NatMachine"]

_HEAD = Struct("!6xHxBH12s").unpack_from
"""Flags and fragment offset, protocol, checksum; addresses and ports, where there are no IP options."""
_PLAIN = 0x45  # version 4, no options
_FRAGMENT = 0x3FFF  # more fragments, and the offset
_CHANGES = 0x07  # FIN, SYN, RST
_SHORTEST, _SHORTEST_TCP = 28, 40
"""Octets: both headers of a datagram, of a segment."""
_ROWS = 1000
"""`show nat` has no more."""


class NatMachine:
    """A translator, on the contract of nodes/machine.py.

    `kept`: protocols and ports on which the node's own services listen: no mapping gets them. `name_of` gives the node
    that has an address. `wants` is asked before a report is made.
    """

    def __init__(
        self,
        options: NatOptions,
        roles: Roles,
        entropy: Entropy,
        count: Count,
        *,
        kept: Collection[tuple[int, int]] = (),
        name_of: Callable[[Address], str] = str,
        wants: Wants = always,
    ) -> None:
        self._options = options
        self._outside, self._address, self._inside = roles
        self._count = count
        self._name_of = name_of
        self._wants = wants
        self._now = 0.0
        self._passed = [0, 0]
        """Packets of known flows, in and out, that were not counted yet: they are with the actions."""
        self._translates = options.translate == "on"
        public = roles.address if self._translates else None
        pool = PortPool(options.first_port, options.last_port, kept, entropy, preserve=options.ports == "preserve")
        self._mappings = Mappings(options, public, pool, self._made, self._gone)
        self._flows = self._mappings.flows
        self._actions: list[Action] = [OpenPort(Crossing((roles.address,))), OpenPort(Ip(ICMP))]
        self._refusals = Refusals(self._actions, count, name_of, wants)
        self._translator = Translator(options, public, kept, self._mappings, refusals=self._refusals, count=count)

    # The contract

    def receive(self, packet: IpPacket, now: float) -> None:
        """The port of ICMP is only for sending: what comes in is the kernel's affair."""

    def wake(self, now: float) -> None:
        """Forget what has run out; tell those who have waited that they were refused."""
        self._now = now
        self._mappings.expire(now)
        self._translator.tell_due(now)

    def next_wake(self) -> float | None:
        """When something may have run out."""
        due = self._mappings.next_expiry(), self._translator.next_due()
        return min((when for when in due if when is not None), default=None)

    def take_actions(self) -> list[Action]:
        for counter, by in zip(("in", "out"), self._passed, strict=True):
            if by:
                self._count(counter, by)
        self._passed[:] = 0, 0
        actions = self._actions.copy()
        self._actions.clear()
        return actions

    # Beside the contract

    def cross(self, packet: bytes, hook: Hook, came: str, goes: str, now: float) -> bytes | None:
        """What goes on in the packet's place (see `Translating`): of a known flow by a look-up, else by the rules."""
        if len(packet) >= _SHORTEST and packet[0] == _PLAIN:
            fragment, protocol, ip_sum, ends = _HEAD(packet)
            flows = self._flows.get(protocol)
            flow = None if flows is None else flows.get(ends)
            if (
                flow is not None
                and flow.session.expires > now
                and flow.came == came
                and flow.goes == goes
                and not fragment & _FRAGMENT
            ):
                if protocol == UDP:
                    self._passed[flow.out] += 1
                    return flow.datagram(packet, ip_sum, now)
                if len(packet) >= _SHORTEST_TCP and not packet[33] & _CHANGES and flow.session.steady:
                    self._passed[flow.out] += 1
                    return flow.segment(packet, ip_sum, now)
        return self._judge(packet, hook, came, goes, now)

    def show(self, table: str, now: float) -> Json:
        """The only table, `nat`: a row for each session, and how the translator behaves."""
        sessions = [*islice(self._mappings.sessions(now), _ROWS + 1)]
        options = self._options
        shown = ("mapping", "filtering", "ports", "hairpin", "udp") if self._translates else ("filtering", "udp")
        return {
            "table": [row_of(session, self._name_of, now) for session in sessions[:_ROWS]],
            "behaviour": {
                "translate": options.translate,
                "outside": f"{self._address} on {self._outside}",
                "inside": ", ".join(sorted(self._inside)),
                **{option: getattr(options, option) for option in shown},
                "mappings": len(self._mappings),
                "rows": "the first 1000" if len(sessions) > _ROWS else "all",
            },
        }

    # Packets of no known flow

    def _judge(self, packet: bytes, hook: Hook, came: str, goes: str, now: float) -> bytes | None:
        self._now = now
        header = None
        try:
            header = _parse(packet)
            if hook == Hook.ARRIVING:
                return self._arriving(packet, header, came, now)
            if hook == Hook.FORWARDING:
                return self._forwarding(packet, header, came, goes, now)
            if header.is_error:
                return self._translator.error(packet, header, now, from_outside=False, otherwise=packet)
        except Refused as error:
            self._refusals.drop(error, packet, header, came, now)
            return None
        return packet

    def _arriving(self, packet: bytes, header: Header, came: str, now: float) -> bytes:
        if not self._translates or header.destination.address != self._address:
            return packet
        if came == self._outside:
            return self._translator.inbound(packet, header, came, "", now)
        return self._translator.hairpin(packet, header, came, now) if came in self._inside else packet

    def _forwarding(self, packet: bytes, header: Header, came: str, goes: str, now: float) -> bytes:
        if not came or not goes:  # its interface is just coming or going; what may be private does not get out
            raise Refused("unknown_lan", "on no LAN of this node")
        if came in self._inside and goes == self._outside:
            return self._translator.outbound(packet, header, came, goes, now)
        if came != self._outside or goes not in self._inside:
            return packet
        if self._translates:
            raise Refused("filtered", "for an inside address")
        return self._translator.inbound(packet, header, came, goes, now)

    # What the mappings tell

    def _made(self, mapping: Mapping) -> None:
        if self._wants(MAPPED, self._now):
            self._actions.append(mapped(mapping, self._name_of))

    def _gone(self, mapping: Mapping) -> None:
        if self._wants(EXPIRED, self._now):
            self._actions.append(expired(mapping, self._name_of))


def _parse(packet: bytes) -> Header:
    try:
        return Header.parse(packet)
    except FragmentError:
        raise Refused("fragments", "a fragment") from None
    except DecodeError:
        raise Refused("malformed", "no whole packet") from None
