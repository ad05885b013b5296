"""What a packet says: DNS messages (RFC 1035 section 4) and the start lines of HTTP (RFC 9112 sections 3 and 4).

Only for telling what was seen; bytes that are neither give None, whatever they are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from catenet.nodes.catalogue import services
from catenet.nodes.control.printable import printable
from catenet.orchestrator.wire.packets import TCP, CapturedPacket

__all__ = ["DNS_FILTER", "DnsSeen", "HttpRequestSeen", "HttpResponseSeen", "read_dns", "read_http"]

_DNS_PORTS = {each.port for service in services().values() if service.naming for each in service.listens}
DNS_FILTER = " or ".join(f"port {port}" for port in sorted(map(int, _DNS_PORTS)))
"""Of tcpdump: what name servers and resolvers send and get."""
_DNS_BYTES, _DNS_RECORDS = 4096, 256
_HEAD_BYTES = 16_384


class DnsSeen(NamedTuple):
    """A DNS message. `answers` are texts ("192.31.65.5"); `refers` are the name servers of a referral.

    `ttl` is the least of the answers' times to live, in seconds.
    """

    id: int
    is_answer: bool
    name: str
    type: str
    recursion: bool
    rcode: str
    answers: tuple[str, ...]
    refers: tuple[str, ...]
    ttl: int | None


class HttpRequestSeen(NamedTuple):
    """The start line of a request, and its Host."""

    method: str
    target: str
    host: str


class HttpResponseSeen(NamedTuple):
    """The start line of a response, and what its header says of the content."""

    status: int
    reason: str
    type: str
    length: int | None


def read_dns(seen: CapturedPacket) -> DnsSeen | None:
    """The DNS message in a packet to or from a port of those that answer for names.

    Over TCP (RFC 1035 section 4.2.2: two bytes of length before each message) it must lie whole in this one segment.
    """
    if _DNS_PORTS.isdisjoint((seen.source.port, seen.destination.port)):
        return None
    data = seen.payload
    if seen.protocol == TCP:
        if len(data) < 2 or int.from_bytes(data[:2], "big") != len(data) - 2:
            return None
        data = data[2:]
    return _parse_dns(data)


_IN_NAMES, _IN_QUOTES = b'.\\"();@$', b'"\\'
"""Characters that mean something else in a master file unless they are escaped."""


def _parse_dns(data: bytes) -> DnsSeen | None:
    counts = sum(int.from_bytes(data[i : i + 2], "big") for i in (4, 6, 8, 10))
    if not 12 <= len(data) <= _DNS_BYTES or counts > _DNS_RECORDS:
        return None
    from dnslib import QTYPE, RCODE, DNSRecord

    try:
        record = DNSRecord.parse(data)
        question = record.q
        name, kind = _name(question.qname.label), str(QTYPE.forward.get(question.qtype, f"TYPE{question.qtype}"))
        answers = tuple(_rdata(rr.rdata) for rr in record.rr if rr.rtype in (question.qtype, QTYPE.CNAME))
        rcode = str(RCODE.forward.get(record.header.rcode, f"RCODE{record.header.rcode}"))
        servers = tuple(_rdata(rr.rdata) for rr in record.auth if rr.rtype == QTYPE.NS)
    except Exception:  # the library raises a dozen kinds on hostile bytes; none of them matters here
        return None
    is_answer = bool(record.header.qr)
    return DnsSeen(
        id=record.header.id,
        is_answer=is_answer,
        name=name,
        type=kind,
        recursion=bool(record.header.rd),
        rcode=rcode,
        answers=answers,
        refers=servers if is_answer and not record.rr and not record.header.aa else (),
        ttl=min((rr.ttl for rr in record.rr), default=None),
    )


def _rdata(rdata: Any) -> str:
    """A record's data, escaped as in a master file (RFC 1035 section 5.1), names without their last dot."""
    from dnslib import CNAME, TXT

    if isinstance(rdata, CNAME):  # and NS, PTR
        return _name(rdata.label.label)
    if isinstance(rdata, TXT):
        return " ".join(f'"{_escaped(bytes(string), _IN_QUOTES)}"' for string in rdata.data)
    return printable(str(rdata).rstrip("."))


def _name(labels: tuple[bytes, ...]) -> str:
    return ".".join(_escaped(label, _IN_NAMES).replace(" ", "\\032") for label in labels) or "."


def _escaped(octets: bytes, special: bytes) -> str:
    return "".join(
        f"\\{octet:03d}" if not 0x20 <= octet < 0x7F else f"\\{chr(octet)}" if octet in special else chr(octet)
        for octet in octets
    )


def read_http(seen: CapturedPacket) -> HttpRequestSeen | HttpResponseSeen | None:
    """The HTTP message whose head begins this TCP segment."""
    if seen.protocol != TCP or b"HTTP/1." not in seen.payload[:_HEAD_BYTES]:
        return None
    head = seen.payload[:_HEAD_BYTES].partition(b"\r\n\r\n")[0].decode("latin-1")
    start, *lines = head.split("\r\n")
    if not start.isprintable():
        return None
    fields = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    first, _, rest = start.partition(" ")
    if first.startswith("HTTP/1."):
        return _response(rest, fields)
    target, _, version = rest.partition(" ")
    if not first.isalpha() or not version.startswith("HTTP/1."):
        return None
    return HttpRequestSeen(first, target, printable(fields.get("host", "")))


def _response(rest: str, fields: dict[str, str]) -> HttpResponseSeen | None:
    status, _, reason = rest.partition(" ")
    if not (len(status) == 3 and status.isascii() and status.isdigit()):
        return None
    length = fields.get("content-length", "")
    number = int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None
    return HttpResponseSeen(int(status), reason, printable(fields.get("content-type", "").partition(";")[0]), number)
