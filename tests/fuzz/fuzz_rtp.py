"""What comes to a call's port: RTP and RTCP, in the clear, with forged tags, and behind a tag that is right."""

from __future__ import annotations

from collections import Counter

from fuzz_target import Target, pieces

from catenet.nodes.application.rtp.keys import MasterKey
from catenet.nodes.application.rtp.packet import Packet, is_control
from catenet.nodes.application.rtp.rtcp import Control, parse
from catenet.nodes.application.rtp.session import Agreed, Session, Side
from catenet.nodes.application.rtp.srtp import SrtpSender
from catenet.nodes.machine import DecodeError

SPEECH = Agreed((0, 8), 8000, 10_800.0)
OWN, PEER = Side(1, 0, MasterKey(b"a" * 16, b"A" * 12)), Side(0x01020304, 0, MasterKey(b"b" * 16, b"B" * 12))
MOST = 60
"""Datagrams of one input that are sent."""


class _Middle:
    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def _session(own: Side, peer: Side, counts: Counter[str]) -> Session:
    def count(counter: str, by: int = 1) -> None:
        counts[counter] += by

    return Session(own, peer, SPEECH, cname="own", randomness=_Middle(), count=count, now=0.0)


def _hear(session: Session, counts: Counter[str], datagrams: list[bytes]) -> None:
    """Each is taken or counted, once; what the session then says can be read."""
    now, taken = 0.0, 0
    for data in datagrams:
        now += 1.0
        heard = session.unprotect_control(data, now) if is_control(data) else session.unprotect(data, now)
        taken += bool(heard)
        session.wake(now)
    assert taken + counts.total() == len(datagrams)
    assert session.source.received <= taken
    assert 0 <= session.source.jitter < 2**32
    assert session.round_trip is None or session.round_trip >= 0


def clear_datagrams(data: bytes) -> None:
    """As they are; anybody can send them."""
    counts: Counter[str] = Counter()
    session = _session(OWN._replace(master=None), PEER._replace(master=None), counts)
    _hear(session, counts, pieces(data)[:MOST])
    _check_compound(parse(session.protect_control(1000.0)))


def sealed_datagrams(data: bytes) -> None:
    """By a peer that has the key and says what it likes: the first octet: whether it is sealed."""
    counts: Counter[str] = Counter()
    assert PEER.master is not None
    peer = SrtpSender(PEER.master.session_keys(), PEER.ssrc, 0)
    datagrams = []
    for piece in pieces(data)[:MOST]:
        body = piece[1:]
        match piece[:1]:
            case b"\1":
                datagrams.append(peer.protect_control(body.ljust(8, b"\0")))
            case b"\3":
                datagrams.append(peer.protect(body[0] if body else 0, len(body), body))
            case _:
                datagrams.append(body)
    _hear(_session(OWN, PEER, counts), counts, datagrams)


def _check_packet(packet: Packet) -> None:
    assert Packet.parse(bytes(packet)) == packet


def _check_compound(packets: tuple[Control, ...]) -> None:
    assert parse(b"".join(map(bytes, packets))) == packets


_SSRC = PEER.ssrc.to_bytes(4, "big")
_REPORT = b"\x80\xc9\0\1" + _SSRC
WORDS = (
    *(
        _SSRC,
        b"\x80\0\0\1",
        b"\xa0\0\0\1",
        b"\x9f\0\0\1",
        b"\xbe\xde\0\1",
        b"\x80\xc8\0\6",
        b"\x81\xca\0\3",
        b"\x81\xcb\0\1",
    ),
    *(_REPORT, b"\x81\xcc\0\2" + _SSRC + b"CTNT", b"\0\x10", b"\0\x14\1" + _REPORT, b"\0\x0d\3", b"\0\0\0\1"),
    *(b"\x80\0\0\1\0\0\0\0" + _SSRC, b"\x81\xc9\0\7" + _SSRC + b"\0\0\0\1", b"\0\x0c\x80\0\0\2\0\0\0\0" + _SSRC),
)
packet = Target(Packet.parse, (DecodeError,), _check_packet, words=WORDS, longest=400)
compound = Target(parse, (DecodeError,), _check_compound, words=WORDS, longest=1500)
clear = Target(clear_datagrams, words=WORDS, longest=2048)
sealed = Target(sealed_datagrams, words=WORDS, longest=2048)
