"""DNS messages, and the questions of a name server's clients. The oracle is dnspython: no code of it is in ours."""

from __future__ import annotations

import dns.message
import dns.name
import dns.rdata
from fuzz_target import REPOSITORY, Target

from catenet.nodes.address import Address
from catenet.nodes.application.dns.codec import MessageBuffer
from catenet.nodes.application.dns.message import EDNS_SIZE, STREAM_SIZE, UDP_SIZE, Header, Message
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.nameserver import Nameserver
from catenet.nodes.application.dns.records import (
    Caa,
    Class,
    Data,
    Ds,
    Opaque,
    Opcode,
    Rcode,
    Record,
    Sshfp,
    Tlsa,
    is_data_type,
    type_text,
)
from catenet.nodes.application.dns.streams import TcpMessage
from catenet.nodes.application.dns.zone import Zone, Zones
from catenet.nodes.application.dns.zonecheck import check_digest
from catenet.nodes.application.dns.zonefile import parse_zone_file
from catenet.nodes.machine import Datagram, DecodeError, Endpoint, Send

CLIENT = Endpoint(Address.parse("192.31.33.7"), 40_000)
SERVER = Endpoint(Address.parse("192.31.65.53"), 53)


def read_by_oracle(data: bytes) -> dns.message.Message:
    """What dnspython reads; it raises where it cannot."""
    return dns.message.from_wire(data, one_rr_per_rrset=True)


def check_text(record: Record) -> None:
    """A record as text reads as the same record, here, and its data for dnspython too."""
    assert Name.parse(str(record.name)) == record.name
    text = str(record)
    assert text.isprintable()
    if record.klass != Class.IN or not is_data_type(record.type) or not _has_text(record.data):
        return
    ((_, _, again),) = parse_zone_file(text, Name.root, "text")
    assert again == record
    if not is_beyond_oracle(record.data):
        buffer = MessageBuffer()
        record.data.write(buffer)
        theirs = dns.rdata.from_text("IN", type_text(record.type), str(record.data), dns.name.root, False)
        assert theirs == dns.rdata.from_wire("IN", type_text(record.type), bytes(buffer.data), 0, len(buffer.data))


def _has_text(data: Data) -> bool:
    """A message may say what a master file cannot: no octets, or a tag of other characters."""
    match data:
        case Ds(digest=octets) | Sshfp(fingerprint=octets) | Tlsa(association=octets):
            return bool(octets)
        case Caa(tag=tag):
            return tag.isalnum()
    return True


def is_beyond_oracle(data: Data) -> bool:
    """dnspython looks into types that pass through ours untouched, and at the lengths of digests."""
    return isinstance(data, Opaque) or check_digest(data) is not None


def _check_message(message: Message) -> None:
    data = message.pack()
    assert len(data) <= STREAM_SIZE
    again = Message.parse(data)
    assert again == message or again.truncated
    assert len(message.pack(UDP_SIZE)) <= UDP_SIZE
    records = (*message.answers, *message.authority, *message.additional)
    for record in records:
        check_text(record)
    # An update is read by rules of its own (RFC 2136 section 2).
    if (
        not again.truncated
        and message.opcode != Opcode.UPDATE
        and not any(is_beyond_oracle(record.data) for record in records)
    ):
        oracle = read_by_oracle(data)
        assert oracle.id == message.id
        assert oracle.rcode() == message.rcode
        sections = (oracle.answer, oracle.authority, oracle.additional)
        theirs = [
            (_labels(each.name), int(each.rdtype), int(each.rdclass), each.ttl)
            for section in sections
            for each in section
        ]
        assert theirs == [(record.name, record.type, record.klass, record.ttl) for record in records]


def _labels(name: dns.name.Name) -> Name:
    return Name.of(name.labels[:-1])


message = Target(Message.parse, (DecodeError,), _check_message, longest=2048)


def _zones() -> Zones:
    folder = REPOSITORY / "labs" / "internet" / "zones"
    names = {file.stem: Name.root if file.stem == "root" else Name.parse(file.stem) for file in folder.iterdir()}
    return Zones(
        Zone.from_file(origin, (folder / f"{name}.zone").read_text(), f"{name}.zone") for name, origin in names.items()
    )


ZONES = _zones()


def _ask(data: bytes) -> tuple[bytes, bytes]:
    """A question over UDP and again over TCP; each is answered at most once."""
    found = []
    for stream in (False, True):
        server = Nameserver(ZONES, lambda counter: None)
        for _ in range(2):  # the second time the answer is prepared
            server.receive((TcpMessage if stream else Datagram)(data, CLIENT, SERVER, "link"), 0.0)
        sends = [action.packet for action in server.take_actions() if isinstance(action, Send)]
        assert all(packet.destination == CLIENT and isinstance(packet, TcpMessage) == stream for packet in sends)
        found.append(_same([packet.data for packet in sends]))
    _check_answer(data, found[0], _room(data))
    if found[1] != found[0]:
        _check_answer(data, found[1], STREAM_SIZE)
    return found[0], found[1]


def _same(answers: list[bytes]) -> bytes:
    assert len(answers) in (0, 2)
    assert len(set(answers)) <= 1
    return answers[0] if answers else b""


def _room(data: bytes) -> int:
    """Octets that an answer over UDP may have (RFC 6891 section 6.2.5)."""
    try:
        edns = Message.parse(data).edns
    except DecodeError:
        return UDP_SIZE
    return UDP_SIZE if edns is None else min(max(edns.size, UDP_SIZE), EDNS_SIZE)


def _check_answer(question: bytes, answer: bytes, room: int) -> None:
    if len(question) < 12 or question[2] & 0x80:
        assert not answer
        return
    assert 12 <= len(answer) <= room
    header = Header.parse(answer)
    asked = Header.parse(question)
    assert header.is_response
    assert (header.id, header.opcode) == (asked.id, asked.opcode)
    assert header.recursion_desired == asked.recursion_desired
    if header.opcode:
        edns = Message.skim(question).edns
        is_beyond_us = edns is not None and edns.version > 0  # RFC 6891 section 6.1.3: whatever the opcode
        assert Message.parse(answer).rcode == (Rcode.BADVERS if is_beyond_us else Rcode.NOTIMP)
        return
    oracle = read_by_oracle(answer)
    if not oracle.question:  # that of a message which is not read to its end is not repeated
        assert oracle.rcode() in (Rcode.FORMERR, Rcode.NOTIMP, Rcode.BADVERS)
        return
    size = len(oracle.question[0].name.to_wire() or b"") + 4
    assert answer[12 : 12 + size] == question[12 : 12 + size]


question = Target(_ask, longest=1232)
