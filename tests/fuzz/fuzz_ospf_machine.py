"""What comes to an OSPF router that has a Full neighbour: packets with the right password and checksum, whatever is in
them. After that it is left alone, and must have come to rest: nobody is there any more, and of its own LSAs the
database has those alone that it wants to be there, however they were forged.
"""

from __future__ import annotations

import json
import struct
from random import Random
from typing import Any

from fuzz_ospf import EPOCH, repaired
from fuzz_target import Target, pieces

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.authentication import Authentication
from catenet.nodes.internet.ospf.config import OspfOptions
from catenet.nodes.internet.ospf.interface import MAX_NEIGHBOURS
from catenet.nodes.internet.ospf.lsa import Lsa, LsaHeader, LsaKey, LsaType, NetworkLsa
from catenet.nodes.internet.ospf.machine import OspfMachine
from catenet.nodes.internet.ospf.packet import (
    ALL_DESIGNATED,
    ALL_ROUTERS,
    EXTERNAL,
    HEADER,
    INIT,
    MASTER,
    MORE,
    NONE,
    OPAQUE,
    PROTOCOL,
    VERSION,
    Description,
    Hello,
    Packet,
    PacketBody,
)
from catenet.nodes.machine import DeleteRoute, Interface, IpPacket, Report, Send, SetRoute

ME = Address.parse("10.0.1.5")
LINKS = [Interface(f"link{n}", Address.parse(f"10.0.{n}.5"), Prefix.parse(f"10.0.{n}.0/24")) for n in (1, 2)]
"""link1 is point-to-point, link2 a broadcast network."""
PEER = Address.parse("10.0.1.9")
SOURCES = [(Address.parse(each), f"link{each[5]}") for each in ("10.0.1.9", "10.0.1.9", "10.0.2.2", "10.0.2.9")]
PASSWORD = b"secret"
OPTIONS = OspfOptions(
    auth={"password": PASSWORD.decode()}, hello=2.0, dead=4.0, network={"link1": "point-to-point"}, router_id=str(ME)
)
SEAL = Authentication(PASSWORD, EPOCH, 4.0)
MOST = 24
"""Packets of one input that are sent."""
QUIET = 20.0
"""Seconds after which everything has come to rest."""
ACTIONS = 64
"""That one packet may cause, beside one for each key of 12 octets in it."""
WAKES = 5
_to_json = json.JSONEncoder(allow_nan=False).encode


class _Router:
    """The machine and its clock."""

    def __init__(self) -> None:
        self.now = 1.0
        self.machine = OspfMachine(OPTIONS, LINKS, Random(1), router_id=ME, epoch=EPOCH)
        self.wake()
        self.say(Hello(0xFFFFFF00, 2, EXTERNAL, 1, 4, NONE, NONE, (ME,)))
        for flags, sequence in ((INIT | MORE | MASTER, 1000), (MASTER, 1001)):
            self.say(Description(1500, EXTERNAL | OPAQUE, flags, sequence, ()))
        assert [row["state"] for row in self.show("ospf neighbors")] == ["Full"]

    def say(self, body: PacketBody) -> None:
        self.hear(bytes(Packet(PEER, Address(0), body)), PEER, "link1", ALL_ROUTERS)

    def hear(self, bare: bytes, source: Address, link: str, to: Address) -> None:
        packet = IpPacket(SEAL.seal(bare, link, self.now), source, to, PROTOCOL, link, 1)
        self.machine.receive(packet, self.now)
        _check_actions(self.machine, ACTIONS + len(bare) // 12)
        self.wake()

    def wake(self) -> None:
        """Until nothing is due: a Hello out of turn may be due at once, and what follows of it."""
        for _ in range(WAKES):
            if (due := self.machine.next_wake()) is None or due > self.now:
                return
            self.machine.wake(self.now)
            _check_actions(self.machine, ACTIONS * MOST)
        raise AssertionError(f"it wakes again and again at {self.now}")

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.machine.next_wake()) is not None and due <= end:
            assert due > self.now
            self.now = due
            self.wake()
        self.now = end

    def show(self, table: str) -> Any:
        shown = self.machine.show(table, self.now)
        _to_json(shown)
        return shown


def _run(data: bytes) -> None:
    """Each packet has two octets before it: who sends it, and how; its type. How: bits 1 and 2 the source, 4: LSAs get
    their checksums, 8: to AllDRouters, 16: its header is in the input, the others how much later."""
    router = _Router()
    packets = [piece for piece in pieces(data) if len(piece) > 1][:MOST]
    for packet in packets:
        how, kind, body = packet[0], packet[1], packet[2:]
        source, link = SOURCES[how & 3]
        bare = HEADER.pack(VERSION, kind, HEADER.size + len(body), source, 0, 0, 0, b"") + body
        if how & 16:
            bare = struct.pack(">BBH", VERSION, kind, len(body) + 4) + body
            bare = bare.ljust(HEADER.size, b"\0")
        if how & 4:
            bare = repaired(bare)
        router.hear(bare, source, link, ALL_DESIGNATED if how & 8 else ALL_ROUTERS)
        router.wait((0.0, 0.0, 0.0, 0.02, 0.5, 1.1, 3.9, 5.0)[how >> 5])
    _check_bounds(router, len(packets))
    router.wait(QUIET)
    _check_rest(router)


def _check_actions(machine: OspfMachine, most: int) -> None:
    actions = machine.take_actions()
    assert len(actions) <= most, len(actions)
    for action in actions:
        match action:
            case Send(IpPacket() as packet):
                assert packet.interface in ("link1", "link2")
                Packet.parse(SEAL.open(packet.data, packet.interface, packet.source, 0.0))
            case SetRoute(prefix, hops, metric, _, _):
                assert all(prefix != link.prefix for link in LINKS)
                assert metric >= 0
                held = [link.name for hop in hops for link in LINKS if link.prefix.holds_host(hop.via)]
                assert held == [hop.interface for hop in hops]
            case DeleteRoute(prefix):
                assert all(prefix != link.prefix for link in LINKS)
            case Report():
                _to_json(action.data)


def _check_bounds(router: _Router, packets: int) -> None:
    neighbours = router.show("ospf neighbors")
    assert len(neighbours) <= min(packets + 1, 4 * MAX_NEIGHBOURS)
    counters = router.show("ospf")["counters"]
    counted = sum(
        number
        for word, number in counters.items()
        if word.startswith(("refused.", "received.")) and word != "received.lsas"
    )
    assert counted + counters.get("ignored.stranger", 0) >= packets
    for table in ("ospf interfaces", "ospf spf-tree", "ospf routes", "ospf lsdb"):
        router.show(table)


def _check_rest(router: _Router) -> None:
    """The rows of neighbours that are left are of packets that were refused."""
    assert all(row["state"] == "Down" for row in router.show("ospf neighbors"))
    own = [(row["type"], row["id"]) for row in router.show("ospf lsdb") if row["router"] == str(ME)]
    assert own == [("router", str(ME))], own
    for row in router.show("ospf routes"):
        router.machine.explain(Prefix.parse(row["prefix"]), router.now)


def _packet(how: int, kind: int, body: bytes) -> bytes:
    return struct.pack(">HBB", len(body) + 2, how, kind) + body


def _hello(*listed: Address, priority: int = 1) -> bytes:
    return bytes(Hello(0xFFFFFF00, 2, EXTERNAL, priority, 4, NONE, NONE, listed))


_OF_ME = LsaHeader(0, EXTERNAL, LsaType.ROUTER, ME, ME, 0x7FFFFFFF, 1, 36)
_FORGED = struct.pack(">BxHIIBBH", 0, 1, 0x0A090900, 0xFFFFFF00, 3, 0, 1)
_NETWORK = Lsa.make(LsaKey(LsaType.NETWORK, ME, PEER), EXTERNAL, 5, NetworkLsa(0xFFFFFF00, (ME, PEER))).data
_KEY = LsaKey(LsaType.ROUTER, ME, ME)
_KEYS = struct.pack(">III", *_KEY)
_UPDATE = struct.pack(">I", 1)
_DD = struct.Struct(">HBBI")
WORDS = (
    *(b"\xe0", b"\0\1", b"\x0e\x10", b"\x7f\xff\xff\xff", b"\x7f\xff\xff\xfe", b"\x80\0\0\1", b"\x80\0\0\0", ME.pack()),
    *(_packet(0, 1, _hello(ME)), _packet(0, 1, _hello()), _packet(2, 1, _hello(ME)), _packet(3, 1, _hello(ME))),
    _packet(0xE0, 1, _hello(ME)),
    *(_packet(source, 2, _DD.pack(1500, 0x42, 7, number)) for source in (0, 2, 3) for number in (1002, 2000)),
    *(_packet(0, 2, _DD.pack(1500, 0x42, flags, 2001) + bytes(_OF_ME)) for flags in (1, 3)),
    *(_packet(0, 3, _KEYS), _packet(0, 3, _KEYS * 4), _packet(0, 5, bytes(_OF_ME))),
    *(_packet(4 | how, 4, _UPDATE + bytes(_OF_ME) + _FORGED) for how in (0, 0x80, 0xA0)),
    *(_packet(4, 4, _UPDATE + bytes(_OF_ME._replace(age=3600)) + _FORGED), _packet(4, 4, _UPDATE + _NETWORK)),
    *(bytes(_OF_ME) + _FORGED, _FORGED[4:], _NETWORK),
)
machine = Target(_run, words=WORDS, longest=2048, milliseconds=300.0)
