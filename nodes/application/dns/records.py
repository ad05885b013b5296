"""Resource records (RFC 1035 section 3): the data of each type as a value; types.py has their numbers and words.

To add a type: its number in types.py, its data here, their class in `DATA`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, get_type_hints

from catenet.nodes.application.dns.fields import (
    U8,
    U16,
    U32,
    Address4,
    Address6,
    Field,
    FullName,
    Generic,
    Hex,
    ShortName,
    String,
    Strings,
    Tag,
    Time,
    Value,
    Words,
)
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.types import (
    TTL_LIMIT,
    Class,
    Opcode,
    Rcode,
    Type,
    class_text,
    is_data_type,
    opcode_text,
    rcode_text,
    type_number,
    type_text,
)

if TYPE_CHECKING:
    from typing import Self

    from catenet.nodes.application.dns.codec import MessageBuffer

__all__ = [
    "CHAIN_LIMIT",
    "DATA",
    "INTERNET_TYPES",
    "TTL_LIMIT",
    "A",
    "Aaaa",
    "Caa",
    "Class",
    "Cname",
    "Data",
    "Dname",
    "Ds",
    "Hinfo",
    "Mx",
    "Naptr",
    "Ns",
    "Opaque",
    "Opcode",
    "Ptr",
    "Rcode",
    "Record",
    "Soa",
    "Srv",
    "Sshfp",
    "Tlsa",
    "Txt",
    "Type",
    "class_text",
    "is_data_type",
    "opcode_text",
    "rcode_text",
    "substitute",
    "type_number",
    "type_text",
]


CHAIN_LIMIT = 16
"""Aliases that are followed for one question, by name server and resolver alike, however they were learnt."""


@dataclass(frozen=True, slots=True)
class Data:
    """What all data have in common: they are their fields, in order, by the kind of each (fields.py)."""

    form: ClassVar[tuple[tuple[str, Field[Any]], ...]]

    def __str__(self) -> str:
        return " ".join(kind.text(value) for _, kind, value in self._values())

    @property
    def size(self) -> int:
        """Octets, where no name is compressed."""
        return sum(kind.size(value) for _, kind, value in self._values())

    @classmethod
    def read_text(cls, words: Words) -> Self:
        """Words of a master file → data.

        Raises:
            ValueError: there are too few or too many, or one is wrong.

        """
        values = [kind.read_text(words, name) for name, kind in cls.form]
        words.end()
        return cls(*values)

    @classmethod
    def read(cls, buffer: MessageBuffer) -> Self:
        """Octets up to the buffer's `end` → data; one of codec.ERRORS where they are wrong."""
        return cls(*[kind.read(buffer) for _, kind in cls.form])

    def write(self, buffer: MessageBuffer) -> None:
        """Appends the octets."""
        for _, kind, value in self._values():
            kind.write(buffer, value)

    def _values(self) -> Iterator[tuple[str, Field[Any], Any]]:
        return ((name, kind, getattr(self, name)) for name, kind in self.form)


@dataclass(frozen=True, slots=True)
class A(Data):
    """A host's address (RFC 1035 section 3.4.1)."""

    address: Address4


@dataclass(frozen=True, slots=True)
class Aaaa(Data):
    """A host's IPv6 address, 16 octets (RFC 3596 section 2.2)."""

    address: Address6


@dataclass(frozen=True, slots=True)
class Ns(Data):
    """A name server of the zone that begins at the owner (RFC 1035 section 3.3.11)."""

    host: ShortName


@dataclass(frozen=True, slots=True)
class Cname(Data):
    """The canonical name of the owner, which is an alias (RFC 1035 section 3.3.1)."""

    target: ShortName


@dataclass(frozen=True, slots=True)
class Dname(Data):
    """The name under which everything stands that is asked for under the owner (RFC 6672 section 2.1)."""

    target: FullName


@dataclass(frozen=True, slots=True)
class Ptr(Data):
    """A pointer to another name (RFC 1035 section 3.3.12)."""

    target: ShortName


@dataclass(frozen=True, slots=True)
class Mx(Data):
    """A mail exchange; the lowest preference is tried first (RFC 1035 section 3.3.9)."""

    preference: U16
    exchange: ShortName


@dataclass(frozen=True, slots=True)
class Txt(Data):
    """Text: one or more strings of up to 255 octets (RFC 1035 section 3.3.14)."""

    strings: Strings


@dataclass(frozen=True, slots=True)
class Hinfo(Data):
    """A host's processor and operating system (RFC 1035 section 3.3.2)."""

    cpu: String
    os: String


@dataclass(frozen=True, slots=True)
class Soa(Data):
    """The start of a zone of authority (RFC 1035 section 3.3.13); the times are in seconds."""

    primary: ShortName
    mailbox: ShortName
    serial: U32
    refresh: Time
    retry: Time
    expire: Time
    minimum: Time  # how long a negative answer may be kept (RFC 2308 section 4)


@dataclass(frozen=True, slots=True)
class Srv(Data):
    """Where a service is; the lowest priority is tried first (RFC 2782)."""

    priority: U16
    weight: U16
    port: U16
    target: FullName


@dataclass(frozen=True, slots=True)
class Naptr(Data):
    """A rule by which a name is rewritten (RFC 3403 section 4.1)."""

    order: U16
    preference: U16
    flags: String
    services: String
    regexp: String
    replacement: FullName


@dataclass(frozen=True, slots=True)
class Ds(Data):
    """The digest of a key of the zone below, kept above the cut (RFC 4034 section 5.1). Nothing here checks it."""

    key_tag: U16
    algorithm: U8
    digest_type: U8
    digest: Hex


@dataclass(frozen=True, slots=True)
class Sshfp(Data):
    """The fingerprint of a host's SSH key (RFC 4255 section 3.1)."""

    algorithm: U8
    fingerprint_type: U8
    fingerprint: Hex


@dataclass(frozen=True, slots=True)
class Tlsa(Data):
    """The certificate of a service (RFC 6698 section 2.1)."""

    usage: U8
    selector: U8
    matching_type: U8
    association: Hex


@dataclass(frozen=True, slots=True)
class Caa(Data):
    """Who may issue certificates for the owner (RFC 8659 section 4.1)."""

    flags: U8
    tag: Tag
    value: Value


@dataclass(frozen=True, slots=True)
class Opaque(Data):
    """The data of a type that is not known here: passed on untouched (RFC 3597 section 3)."""

    data: Generic


DATA: dict[int, type[Data]] = {
    Type.A: A,
    Type.NS: Ns,
    Type.CNAME: Cname,
    Type.SOA: Soa,
    Type.PTR: Ptr,
    Type.HINFO: Hinfo,
    Type.MX: Mx,
    Type.TXT: Txt,
    Type.AAAA: Aaaa,
    Type.SRV: Srv,
    Type.NAPTR: Naptr,
    Type.DNAME: Dname,
    Type.DS: Ds,
    Type.SSHFP: Sshfp,
    Type.TLSA: Tlsa,
    Type.SPF: Txt,
    Type.CAA: Caa,
}
"""The types whose data are taken apart; those of every other type are `Opaque`."""

INTERNET_TYPES = frozenset({Type.A, Type.AAAA, Type.SRV, Type.NAPTR})
"""Of these the ones that have this form in the class IN alone (RFC 1035 section 3.4.1, RFC 3596 section 2.1, RFC 2782,
RFC 3403 section 4); "the format of the RDATA" may differ from class to class (RFC 1035 section 3.2.1)."""

_class: type[Data]
for _class in {*DATA.values(), Opaque}:
    _hints = get_type_hints(_class, include_extras=True)
    _class.form = tuple((field.name, _hints[field.name].__metadata__[0]) for field in fields(_class))


class Record(NamedTuple):
    """One resource record; `ttl` is in seconds."""

    name: Name
    type: int
    ttl: int
    data: Data
    klass: int = Class.IN

    @property
    def size(self) -> int:
        """Octets in a message whose question has the same name (RFC 1035 sections 4.1.3 and 4.1.4)."""
        return 12 + self.data.size

    def __str__(self) -> str:
        klass = "" if self.klass == Class.IN else f"{class_text(self.klass)} "
        return f"{self.name} {self.ttl} {klass}{type_text(self.type)} {self.data}"


def substitute(name: Name, dname: Record) -> tuple[Record, ...]:
    """The DNAME, and the CNAME that it makes of the name; without that where the name becomes too long.

    "A CNAME RR with Time to Live (TTL) equal to the corresponding DNAME RR is synthesized and included in the answer
    section" (RFC 6672 section 3.1).
    """
    assert isinstance(dname.data, Dname)
    try:
        target = name.moved(dname.name, dname.data.target)
    except ValueError:
        return (dname,)
    return dname, Record(name, Type.CNAME, dname.ttl, Cname(target))
