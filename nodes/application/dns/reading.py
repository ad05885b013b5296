"""What an answer means to the resolver that asked for it (RFC 1034 section 5.3.3 step 4, RFC 2308 section 2).

Only what the asked server may speak for is read: names in the zone for which it was asked ("bailiwick", RFC 5452
section 6). So a server of example.com cannot slip in an address for www.nytimes.com.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from catenet.nodes.application.dns.message import Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import A, Cname, Ns, Rcode, Record, Type, rcode_text

__all__ = ["Aliased", "Answered", "Denied", "Reading", "Referred", "Useless", "read_answer"]

RecordSet = tuple[Record, ...]


class Answered(NamedTuple):
    """The records asked for, after the aliases that led to them."""

    sets: tuple[RecordSet, ...]


class Aliased(NamedTuple):
    """Only aliases: the search goes on with `target`."""

    sets: tuple[RecordSet, ...]
    target: Name


class Referred(NamedTuple):
    """The zone `cut`, nearer to the name, has these servers; `glue` are addresses of theirs."""

    cut: Name
    servers: RecordSet
    glue: tuple[RecordSet, ...]


class Denied(NamedTuple):
    """After these aliases, `name` does not exist (NXDOMAIN) or has no such record (NOERROR)."""

    sets: tuple[RecordSet, ...]
    name: Name
    rcode: int
    soa: Record | None


class Useless(NamedTuple):
    """The server does not know, or cannot, or speaks of another zone ("lame")."""

    why: str


Reading = Answered | Aliased | Referred | Denied | Useless


def read_answer(message: Message, question: Question, zone: Name) -> Reading:
    """Reads an answer to `question` by a server that was asked for `zone`."""
    if message.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
        return Useless(rcode_text(message.rcode))
    sets, name = _follow(message, question, zone)
    if sets and _answers(sets[-1], question.type):
        return Answered(sets)
    soa = _soa(message, name, zone)
    if name.is_under(zone) and (message.rcode == Rcode.NXDOMAIN or soa is not None):
        return Denied(sets, name, message.rcode, soa)
    if sets:
        return Aliased(sets, name)
    servers = _servers(message, name, zone)
    if servers:
        return Referred(servers[0].name, servers, _glue(message, servers, zone))
    if message.authoritative:
        return Denied((), name, message.rcode, None)
    return Useless("lame: neither an answer nor a server nearer to it")


def _follow(message: Message, question: Question, zone: Name) -> tuple[tuple[RecordSet, ...], Name]:
    """The aliases from the question's name on, and the records at their end; and the name at which it ends."""
    sets: list[RecordSet] = []
    name = question.name
    seen: set[Name] = set()
    while name.is_under(zone) and name not in seen:
        seen.add(name)
        here = [record for record in message.answers if record.name == name]
        wanted = tuple(dict.fromkeys(r for r in here if question.type in (r.type, Type.ANY)))
        if wanted:
            return (*sets, wanted), name
        alias = next((record for record in here if isinstance(record.data, Cname)), None)
        if alias is None:
            break
        assert isinstance(alias.data, Cname)
        sets.append((alias,))
        name = alias.data.target
    return tuple(sets), name


def _answers(records: RecordSet, kind: int) -> bool:
    return kind in (records[0].type, Type.ANY)


def _soa(message: Message, name: Name, zone: Name) -> Record | None:
    """The SOA record by which a server shows that it knows the zone of the name (RFC 2308 section 2.2)."""
    for record in message.authority:
        if record.type == Type.SOA and record.name.is_under(zone) and name.is_under(record.name):
            return record
    return None


def _servers(message: Message, name: Name, zone: Name) -> RecordSet:
    """The NS records of one zone that is nearer to the name than `zone` is ("a better delegation")."""
    near = [
        record
        for record in message.authority
        if isinstance(record.data, Ns)
        and len(record.name) > len(zone)
        and record.name.is_under(zone)
        and name.is_under(record.name)
    ]
    return tuple(dict.fromkeys(record for record in near if record.name == near[0].name))


def _glue(message: Message, servers: RecordSet, zone: Name) -> tuple[RecordSet, ...]:
    hosts = {record.data.host for record in servers if isinstance(record.data, Ns)}
    addresses: dict[Name, list[Record]] = {}
    for record in _only_a(message.additional):
        if record.name in hosts and record.name.is_under(zone):
            addresses.setdefault(record.name, []).append(record)
    return tuple(tuple(records) for records in addresses.values())


def _only_a(records: Iterable[Record]) -> Iterable[Record]:
    """The lab speaks IPv4."""
    return (record for record in records if isinstance(record.data, A))
