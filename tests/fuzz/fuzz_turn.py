"""The supernode: whatever its clients, their peers and strangers send, it relays to whom it may, and holds no more."""

from __future__ import annotations

from contextlib import suppress
from itertools import count

from fuzz_target import Target, pieces

from catenet.nodes.address import Address, Prefix
from catenet.nodes.application.stun.attributes import NONCE, REALM, REQUESTED_TRANSPORT, USERNAME
from catenet.nodes.application.stun.integrity import long_term_key
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.stun.nonce import Nonces
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.credentials import password_of
from catenet.nodes.application.turn.icmp import IcmpError
from catenet.nodes.application.turn.machine import Supernode
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.machine import (
    ClosePort,
    Datagram,
    DecodeError,
    Endpoint,
    Interface,
    IpPacket,
    OpenPort,
    Port,
    Send,
    Udp,
)

SECRET, REALM_NAME, USER = "a secret of the fuzzing", "lab", "1893459600:alice"
KEY = long_term_key(USER, REALM_NAME, password_of(USER, SECRET.encode()))
OWN, LAN = Address.parse("10.0.0.1"), Prefix.parse("10.0.0.0/24")
SERVER = Endpoint(OWN, 3478)
CLIENT, PEER, STRANGER = (Endpoint(Address.parse(f"10.0.0.{last}"), 5000) for last in (2, 3, 4))
NONCE_OF_CLIENT = Nonces(bytes(32)).make(CLIENT, 0.0)
ALLOCATE = Message(Method.ALLOCATE, Kind.REQUEST, bytes(12), (REQUESTED_TRANSPORT.of(17),))


class Place:
    """A supernode, and its ports."""

    def __init__(self) -> None:
        options = SupernodeOptions(secret=SECRET, allocations=4, per_user=3, permissions=3, channels_each=3)
        policy = Policy([Interface("lan", OWN, LAN)], [LAN], [])
        calls = count()  # the first is the secret of the nonces
        self.machine = Supernode(
            options,
            policy,
            realm=REALM_NAME,
            entropy=lambda size: next(calls).to_bytes(32, "big")[-size:],
            wall_clock=lambda: 0.0,
            count=lambda word, by=1: None,
        )
        self.open: set[Port] = set()
        self.settle()

    def settle(self) -> None:
        for action in iter(self.machine.take_actions, []):
            for each in action:
                if isinstance(each, OpenPort):
                    self.open.add(each.port)
                    self.machine.port_opened(each, each.port, 0.0)
                elif isinstance(each, ClosePort):
                    self.open.discard(each.port)
                elif isinstance(each, Send):
                    self._check(each.packet)

    def _check(self, sent: object) -> None:
        assert isinstance(sent, Datagram)
        assert Udp(sent.source.port) in self.open
        there = sent.destination
        if sent.source.port != SERVER.port:
            assert LAN.holds_host(there.address)
            assert there.address != OWN or (there.port != SERVER.port and Udp(there.port) in self.open)
        assert len(self.relays) <= 4

    @property
    def relays(self) -> list[int]:
        return sorted(port.number for port in self.open if isinstance(port, Udp) and port.number != SERVER.port)

    def hear(self, data: bytes, source: Endpoint, port: int = SERVER.port) -> None:
        self.machine.receive(Datagram(data, source, Endpoint(OWN, port)), 0.0)
        self.settle()


def signed(message: Message) -> bytes:
    """As the client signs it."""
    more = USERNAME.of(USER), REALM.of(REALM_NAME), NONCE.of(NONCE_OF_CLIENT)
    kept = tuple(each for each in message.attributes if each.type not in (0x6, 0x8, 0x14, 0x15, 0x1C, 0x1D, 0x8002))
    return Message(message.method, message.kind, message.transaction, (*kept[:40], *more)).encode(KEY)


def _supernode(data: bytes) -> None:
    """The first octet of each piece says who sends it, and where."""
    place = Place()
    place.hear(signed(ALLOCATE), CLIENT)
    assert len(place.relays) == 1
    for piece in pieces(data):
        who, rest = piece[0] % 6 if piece else 0, piece[1:]
        if who == 0:
            place.hear(rest, CLIENT)
        elif who == 1:
            with suppress(DecodeError, ValueError):
                place.hear(signed(Message.parse(rest)), CLIENT)
        elif who == 2 and place.relays:
            place.hear(rest, PEER, place.relays[0])
        elif who == 3:
            place.machine.receive(IpPacket(rest, PEER.address, OWN, 1), 0.0)
            place.settle()
        elif who == 4:
            place.hear(rest, STRANGER)
        else:
            place.machine.wake(0.0)


WORDS = (
    b"\x40\x00\x00\x04",
    b"\0\x12\0\x08\0\x01",
    b"\0\x0c\0\x04\x40\0\0\0",
    b"\0\x0d\0\x04\0\0\0\0",
    b"\x21\x12\xa4\x42",
)
supernode = Target(_supernode, words=WORDS, longest=2048)


def _check_icmp(error: IcmpError) -> None:
    assert error.type in (3, 11)
    assert not error.mtu or (error.type, error.code) == (3, 4)


icmp = Target(IcmpError.parse, (DecodeError,), _check_icmp, longest=128)
