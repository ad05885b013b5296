"""What comes to a phone in the midst of a call, in the clear: media, control messages, and what is neither."""

from __future__ import annotations

from collections import Counter
from random import Random

from fuzz_target import Target, pieces

from catenet.nodes.address import Address
from catenet.nodes.application.ice.relay import Server
from catenet.nodes.application.phone.control import NAME, Fragment, Kind
from catenet.nodes.application.phone.conversation import Conversation
from catenet.nodes.application.phone.description import Description
from catenet.nodes.application.phone.sound import Player, Recorder
from catenet.nodes.application.phone.terms import Options, Ports, Sound, Terms
from catenet.nodes.application.rtp.rtcp import Application, ReceiverReport
from catenet.nodes.application.rtp.session import Side
from catenet.nodes.machine import DecodeError, Endpoint

MOST = 40
"""Datagrams of one input that are sent."""
_OUT = 8_000
"""Datagrams that may leave for all of them: each offer has a line begun anew, which asks each server."""
SERVERS = (Server(Endpoint(Address.parse("10.0.3.11"), 3478), "1:user", "password"),)
SSRCS = 1, 2


class _Phone:
    def __init__(self, number: int) -> None:
        self.ports = Ports(Address.parse(f"10.0.{number}.7"), 5000, 5001)
        self.counts: Counter[str] = Counter()
        random = Random(number)
        self.talk = Conversation(
            self.ports,
            SERVERS,
            Options("a@b"),
            Sound(Player().read, Recorder().write),
            controlling=number == 0,
            entropy=random.randbytes,
            randomness=random,
            count=lambda counter, by=1: self.counts.update({counter: by}),
        )
        self.talk.gather(0.0)


def _call() -> tuple[_Phone, _Phone]:
    """Two that have found the direct way, and speak."""
    phones = _Phone(0), _Phone(1)
    for number, phone in enumerate(phones):
        peer = phones[1 - number].talk
        sides = Side(SSRCS[number], 7), Side(SSRCS[1 - number], 7)
        phone.talk.begin(Terms(*sides, peer.credentials, tuple(peer.candidates), peer.spare), 0.0)
        phone.talk.start_media(0.0)
    for tick in range(30):
        _pass(phones, tick * 0.02)
    return phones


def _pass(phones: tuple[_Phone, _Phone], now: float) -> int:
    """Each wakes, and hears what the other one has sent → how many datagrams left."""
    left = 0
    for number, phone in enumerate(phones):
        phone.talk.wake(now)
        peer = phones[1 - number]
        for port, data, destination, _ in phone.talk.take_sends():
            left += 1
            if destination.address == peer.ports.address:
                peer.talk.receive(data, Endpoint(phone.ports.address, port), destination.port, now)
    return left


def _datagram(piece: bytes) -> bytes:
    """The first octet says what it is to be: a control message, a fragment of one, or itself."""
    body = piece[1:]
    kind = piece[0] if piece else 0
    if kind in (1, 2, 3):
        body = bytes(Fragment(len(body), Kind(kind), 0, 0, body[:1000]))
    elif kind != 4:
        return body
    return bytes(ReceiverReport(SSRCS[0])) + bytes(Application(SSRCS[0], NAME, body + bytes(-len(body) % 4)))


def conversation(data: bytes) -> None:
    """It counts what it cannot use, goes on, and is woken no oftener than something is due."""
    phones = _call()
    talk, ports, now, left = phones[1].talk, phones[1].ports, 0.6, 0
    source = Endpoint(phones[0].ports.address, 5000)
    for number, piece in enumerate(pieces(data)[:MOST]):
        now += 0.02
        talk.receive(_datagram(piece), source, (ports.media, ports.spare)[number % 2], now)
        left += _pass(phones, now)
    for _ in range(200):
        due = talk.next_wake()
        if due is None:
            break
        now = max(now, due)
        talk.wake(now)
        left += len(talk.take_sends())
    assert left < _OUT
    assert talk.finished or now > 1.0
    talk.statistics(now)


def _check_description(read: Description) -> None:
    assert Description.parse(bytes(read)) == read


def _check_fragment(read: Fragment) -> None:
    assert Fragment.parse(bytes(read)) == read


_OFFER = (
    b'{"stream":1,"round":1,"fragment":"abcd","password":"aaaaaaaaaaaaaaaaaaaaaaaa",'
    b'"candidates":["candidate:1 1 UDP 2130706431 10.0.0.7 5001 typ host"]}'
)
WORDS = (
    _OFFER,
    b"\0\x0a\2" + _OFFER,
    b"\0\1\1",
    b"\0\x09\4\0\1\2\1\0\0\0\0",
    b'"round":65535',
    b'"stream":0',
    b"\x80\0\0\1\0\0\0\0\0\0\0\1",
    b"\x80\xc9\0\1\0\0\0\1",
    b"\x81\xcb\0\1\0\0\0\1",
    b"candidate:1 1 UDP 1 10.0.0.9 9 typ relay",
)
talking = Target(conversation, words=WORDS, longest=2048, milliseconds=600.0, per_kilobyte=200.0)
description = Target(Description.parse, (DecodeError,), _check_description, words=WORDS, longest=3000)
fragment = Target(Fragment.parse, (DecodeError,), _check_fragment, words=WORDS, longest=1200)
