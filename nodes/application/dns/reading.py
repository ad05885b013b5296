"""What an answer means to the resolver that asked for it (RFC 1034 section 5.3.3 step 4, RFC 2308 section 2).

Only what the asked server may speak for is read: names in the zone for which it was asked ("bailiwick", RFC 5452
section 6). So a server of example.com cannot slip in an address for www.nytimes.com.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from catenet.nodes.application.dns.message import Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import (
    CHAIN_LIMIT,
    A,
    Class,
    Cname,
    Dname,
    Ns,
    Rcode,
    Record,
    Type,
    rcode_text,
    substitute,
)
from catenet.nodes.machine import DecodeError

__all__ = [
    "SERVER_LIMIT",
    "Aliased",
    "Answered",
    "Denied",
    "Reading",
    "Referred",
    "Useless",
    "parse_answer",
    "read_answer",
]

SERVER_LIMIT = 20
"""Servers of one zone that are looked at: a referral may name thousands, and it is a peer that writes it."""

RecordSet = tuple[Record, ...]
"""Records of one name and type; or a DNAME, and the CNAME that it makes."""


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


def parse_answer(data: bytes, *, stream: bool) -> Message:
    """The message, with its records of class IN; of one that was cut off in the middle of a record only what is needed:
    "when a DNS client receives a reply with TC set, it should ignore that response, and query again" (RFC 2181 section
    9).

    What it says of another class says nothing of IN: these are "parallel namespace trees" (RFC 1034 section 4.2).

    Raises:
        DecodeError: it cannot be read.

    """
    try:
        message = Message.parse(data)
    except DecodeError:
        skimmed = Message.skim(data)
        if stream or not skimmed.truncated:
            raise
        return skimmed
    return replace(
        message,
        answers=_of_internet(message.answers),
        authority=_of_internet(message.authority),
        additional=_of_internet(message.additional),
    )


def read_answer(message: Message, question: Question, zone: Name) -> Reading:
    """Reads an answer to `question` by a server that was asked for `zone`."""
    if message.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN, Rcode.YXDOMAIN):
        return Useless(rcode_text(message.rcode))
    sets, name, rcode = _follow(message, question, zone)
    if rcode is not None:
        return Answered(sets) if rcode == Rcode.NOERROR else Denied(sets, name, rcode, None)
    if message.rcode == Rcode.YXDOMAIN:
        return Useless(rcode_text(message.rcode))  # without a DNAME that says why
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


def _follow(message: Message, question: Question, zone: Name) -> tuple[tuple[RecordSet, ...], Name, Rcode | None]:
    """The aliases from the question's name on, and the records at their end; the name at which it ends; and how:
    with an answer, with a name that becomes too long, or (None) neither."""
    named: dict[Name, list[Record]] = {}
    for record in message.answers:
        named.setdefault(record.name, []).append(record)
    sets: list[RecordSet] = []
    name = question.name
    seen: set[Name] = set()
    while name.is_under(zone) and name not in seen and len(sets) <= CHAIN_LIMIT:
        seen.add(name)
        found, asked_for = _at(named, name, question.type, zone)
        if not found:
            break
        sets.append(found)
        if asked_for:
            return tuple(sets), name, Rcode.NOERROR
        alias = found[-1].data
        if not isinstance(alias, Cname):
            return tuple(sets), name, Rcode.YXDOMAIN
        name = alias.target
    return tuple(sets), name, None


def _at(named: Mapping[Name, Sequence[Record]], name: Name, kind: int, zone: Name) -> tuple[RecordSet, bool]:
    """What the answer has of a name: the records asked for, or an alias; and which of the two."""
    redirected = _redirected(named, name, zone)
    if redirected:
        return redirected, kind in (Type.CNAME, Type.ANY) and redirected[-1].type == Type.CNAME
    wanted = tuple(dict.fromkeys(record for record in named.get(name, ()) if kind in (record.type, Type.ANY)))
    if wanted:
        return wanted, True
    return tuple(record for record in named.get(name, ()) if isinstance(record.data, Cname))[:1], False


def _redirected(named: Mapping[Name, Sequence[Record]], name: Name, zone: Name) -> RecordSet:
    """The DNAME above a name, and the CNAME that it makes; empty where there is none.

    That CNAME is made here, whatever the server has made, which may have left it out or given it a TTL of 0 (RFC 6672
    sections 3.1 and 3.4.1).
    """
    for above in name.ancestors():
        if not above.is_under(zone):
            break
        if above != name:
            for record in named.get(above, ()):
                if isinstance(record.data, Dname):
                    return substitute(name, record)
    return ()


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
    return tuple(dict.fromkeys(record for record in near if record.name == near[0].name))[:SERVER_LIMIT]


def _glue(message: Message, servers: RecordSet, zone: Name) -> tuple[RecordSet, ...]:
    hosts = {record.data.host for record in servers if isinstance(record.data, Ns)}
    addresses: dict[Name, list[Record]] = {}
    for record in _only_a(message.additional):
        if record.name in hosts and record.name.is_under(zone):
            addresses.setdefault(record.name, []).append(record)
    return tuple(tuple(records) for records in addresses.values())


def _of_internet(records: RecordSet) -> RecordSet:
    return tuple(record for record in records if record.klass == Class.IN)


def _only_a(records: Iterable[Record]) -> Iterable[Record]:
    """The lab speaks IPv4."""
    return (record for record in records if isinstance(record.data, A))
