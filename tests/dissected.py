"""Packets as Wireshark's dissectors see them: tshark from Debian, in an image that is built when it is first needed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from checksums import word_by_word
from on_engine import claimed, own

from catenet.nodes.machine import Datagram, IpPacket
from catenet.orchestrator.backend.protocols import LABEL_LAB, ContainerSpec, Engine
from catenet.orchestrator.deploy.images import PROGRAM_REPOSITORY, ensure_debian, tag_of
from catenet.orchestrator.deploy.locks import waiting_lock
from catenet.orchestrator.deploy.own_images import build_folder
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.wire.packets import Frame, pcap_header, pcap_record

TSHARK = Path(__file__).parent / "interop" / "tshark"
COMPLAINTS = ("_ws.malformed", "_ws.expert.message", "_ws.unreassembled", "_ws.short")
"""The fields in which tshark says what it does not like."""
SEQUENCE = str(2 << 24)
"""The group (_ws.expert.group) of what it says of the order of a connection's segments: begun, sent again, acknowledged
twice. Who sends and acknowledges them is a kernel, sooner or later as the machine is busy."""
GUESSED = "Possible traceroute: "
"""So begins what its dissector of UDP says of any datagram to or from a port between 33435 and 33464, by the number
alone: a kernel may take such a port for a client (ip_local_port_range), so it is no fault of the datagram."""
SENT_AGAIN = ("tcp.analysis.retransmission", "tcp.analysis.out_of_order")
"""The fields of a segment that came before: tshark does not look into it once more."""
CHECKSUMS = ("-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE")
PATIENCE = 200.0

Dissected = dict[str, list[str]]
"""Field → its values, in the order of the packet; a field that is not in the packet is missing."""


class Tshark:
    """A container in which tshark runs."""

    def __init__(self, engine: Engine, container: str) -> None:
        self._engine, self._container = engine, container

    def read(
        self, capture: bytes, *fields: str, checksums: bool = True, options: Sequence[str] = ()
    ) -> list[Dissected]:
        """Of each packet in a pcap file the values of these fields, and of those in which tshark complains.

        `checksums`: are looked at too. In a capture from a veth pair nobody has computed them yet. `options`: of
        tshark's, where it cannot know by itself what is on a port.
        """
        asked = dict.fromkeys((*fields, *COMPLAINTS, *SENT_AGAIN, "_ws.expert.group", "tcp.stream"))
        wanted = [word for field in asked for word in ("-e", field)]
        command = ["tshark", "-n", "-r", "-", "-T", "json", *(CHECKSUMS if checksums else ()), *options, *wanted]
        process = self._engine.execute(self._container, command, stdin=True)
        said = {1: b"", 2: b""}
        try:
            process.write(capture)
            process.end_input()
            while (chunk := process.read(PATIENCE)) is not None:
                said[chunk[0]] += chunk[1]
            assert process.exit_code() == 0, said[2].decode(errors="replace")
        finally:
            process.close()
        return [packet["_source"].get("layers", {}) for packet in json.loads(said[1] or b"[]")]


@contextmanager
def tshark() -> Iterator[Tshark]:
    """Inside, a tshark waits."""
    name = own("tshark")
    with claimed(name) as engine:
        engine.create(ContainerSpec(name, "tshark", _image(engine), {}, {}, {LABEL_LAB: name}, capabilities=()))
        engine.start(name)
        yield Tshark(engine, name)


def complaints(packets: Sequence[Dissected], known: Sequence[str] = ()) -> list[str]:
    """What tshark does not like, with the packet's number; `known`: what it says though it is no fault. What it says of
    the order of TCP's segments is none of what is in them, and what it guesses from a port's number neither.
    """
    return [
        f"packet {number}: {field} {said}"
        for number, packet in enumerate(packets)
        for field in COMPLAINTS
        for said in _said(packet, field)
        if said not in known
    ]


def is_sent_again(packet: Dissected) -> bool:
    """Whether TCP sent it once more, or it came out of its order."""
    return not packet.keys().isdisjoint(SENT_AGAIN)


def _said(packet: Dissected, field: str) -> Sequence[str]:
    said = packet.get(field, [])
    if field != "_ws.expert.message":
        return said
    groups = packet.get("_ws.expert.group", [])
    passed = SEQUENCE if "tcp.stream" in packet else None
    told = zip(said, groups, strict=True)
    return [each for each, group in told if group != passed and not each.startswith(GUESSED)]


def capture_of(packets: Iterable[tuple[float, Datagram | IpPacket]]) -> bytes:
    """Packets as a pcap file; each with its time, in seconds since 1970."""
    return pcap_header() + b"".join(pcap_record(_framed(packet, at)) for at, packet in packets)


def _framed(packet: Datagram | IpPacket, at: float) -> Frame:
    """As Ethernet carries it (RFC 791, RFC 894, RFC 1112 section 6.4)."""
    if isinstance(packet, Datagram):
        packet = _udp(packet)
    ends = packet.source.pack() + packet.destination.pack()
    ttl = packet.ttl or (1 if packet.destination.is_multicast else 64)
    length = (20 + len(packet.data)).to_bytes(2, "big")
    begin = bytes([0x45, packet.tos]) + length + b"\0\0\x40\0" + bytes([ttl, packet.protocol])
    ip = begin + word_by_word(begin + b"\0\0" + ends).to_bytes(2, "big") + ends + packet.data
    data = _mac(packet.destination) + _mac(packet.source) + b"\x08\0" + ip
    return Frame(at, 1, data, len(data))


def _udp(packet: Datagram) -> IpPacket:
    """As IP carries it (RFC 768)."""
    source, destination = packet.source, packet.destination
    length = (len(packet.data) + 8).to_bytes(2, "big")
    head = source.port.to_bytes(2, "big") + destination.port.to_bytes(2, "big") + length
    pseudo = source.address.pack() + destination.address.pack() + b"\0\x11" + length
    data = head + (word_by_word(pseudo + head + b"\0\0" + packet.data) or 0xFFFF).to_bytes(2, "big") + packet.data
    return IpPacket(data, source.address, destination.address, 17, ttl=packet.ttl, tos=packet.tos)


def _mac(address: int) -> bytes:
    if address >> 28 == 0xE:
        return b"\x01\0\x5e" + (address & 0x7FFFFF).to_bytes(3, "big")
    return b"\x02\0" + address.to_bytes(4, "big")


def _image(engine: Engine) -> str:
    with waiting_lock("images"):
        base = ensure_debian(engine, NoProgress())
        content = [(file.name, file.read_bytes()) for file in sorted(TSHARK.iterdir())]
        tag = tag_of(PROGRAM_REPOSITORY, content, stands_on=base)
        if not engine.has_image(tag):
            build_folder(engine, TSHARK, tag, {"BASE_IMAGE": base})
    return tag
