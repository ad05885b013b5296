"""Zones and what is found in them: RFC 1034 section 4.3.2 as RFC 6672 section 3.2 has it, with RFC 2181, 2308, 4592."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.application.dns.changes import Draft, Nodes
from catenet.nodes.application.dns.name import NAME_LIMIT, Name
from catenet.nodes.application.dns.records import (
    CHAIN_LIMIT,
    A,
    Cname,
    Data,
    Mx,
    Ns,
    Rcode,
    Record,
    Soa,
    Srv,
    Type,
    substitute,
)
from catenet.nodes.application.dns.zonecheck import ZoneError, check_records, check_servers
from catenet.nodes.application.dns.zonefile import LocatedRecord, ReadFile, ZoneFileError, parse_zone_file

__all__ = ["HOSTS_TTL", "Zone", "ZoneAnswer", "Zones"]

HOSTS_TTL = 300
"""Seconds: the TTL of a zone that is made from the lab's hosts."""

_WILDCARD = b"*"

Sets = Mapping[int, tuple[Record, ...]]


@dataclass(frozen=True, slots=True)
class ZoneAnswer:
    """What a name server answers: the sections, the response code, and whether it is authoritative for them.

    `tailored`: it is for the client that asked, and another one may get another ("tailored response", RFC 7871).
    """

    rcode: int = Rcode.NOERROR
    authoritative: bool = True
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    tailored: bool = False


class _Match(NamedTuple):
    """Where the walk down a zone ended: at a cut, below a DNAME, at a node, or (all are empty) at nothing."""

    cut: tuple[Record, ...] = ()
    dname: tuple[Record, ...] = ()
    sets: Sets | None = None


class Zone:
    """One zone: the records below its origin, down to its cuts, and the glue of those cuts.

    It is a value: a change makes the next version of it, and this one stays as it is.
    """

    def __init__(self, origin: Name, nodes: Nodes) -> None:
        self.origin = origin
        self._nodes = nodes
        self.soa = nodes[origin][Type.SOA][0]

    @classmethod
    def of(cls, origin: Name, records: Iterable[Record]) -> Zone:
        """Records that make a zone → Zone."""
        nodes: dict[Name, dict[int, tuple[Record, ...]]] = {origin: {}}
        for record in records:
            # A name makes its ancestors exist, if without records ("empty non-terminals", RFC 4592 section 2.2.2).
            for name in record.name.ancestors():
                if name in nodes:
                    break
                nodes[name] = {}
            sets = nodes[record.name]
            sets[record.type] = (*sets.get(record.type, ()), record)
        return cls(origin, nodes)

    @classmethod
    def from_file(cls, origin: Name, text: str, file: str, read_file: ReadFile | None = None) -> Zone:
        """A master file → Zone. `file` and `read_file` are as `parse_zone_file` has them.

        Raises:
            ZoneFileError: it cannot be read, or its records do not make a zone.

        """
        first: dict[Record, LocatedRecord] = {}  # the records of a set differ (RFC 2181 section 5)
        for line in parse_zone_file(text, origin, file, read_file):
            first.setdefault(line.record, line)
        try:
            check_records(first, origin)
            zone = cls.of(origin, first)
            check_servers(first, origin, zone.addresses)
        except ZoneError as error:
            at = (file, 1) if error.record is None else first[error.record][:2]
            raise ZoneFileError(*at, error.message) from None
        return zone

    @classmethod
    def from_hosts(cls, origin: Name, server: Name, hosts: Mapping[Name, Address]) -> Zone:
        """The zone of those hosts whose names lie under the origin, served by `server`."""
        mailbox = Name((b"hostmaster", *origin))
        soa = Soa(server, mailbox if mailbox.size <= NAME_LIMIT else origin, 1, 3600, 900, 604_800, 60)
        records = [Record(origin, Type.SOA, HOSTS_TTL, soa), Record(origin, Type.NS, HOSTS_TTL, Ns(server))]
        for name, address in hosts.items():
            if name.is_under(origin):
                records.append(Record(name, Type.A, HOSTS_TTL, A(address)))
        return cls.of(origin, records)

    def apply(self, changes: Iterable[Record]) -> Zone:
        """The next version of the zone, with a newer serial number; the same one where the changes change nothing.

        Each is a record as an update has it, and they count in their order (`Draft.change`). Where one brings a newer
        SOA record, that one's serial number counts.

        Raises:
            ZoneError: the records would not make a zone, as in a zone file. This is stricter than RFC 2136 section
                3.4.2.2, where a CNAME beside other records is ignored without a word.

        """
        draft = Draft(self.origin, self._nodes)
        for change in changes:
            draft.change(change)
        nodes = draft.finish()
        if nodes is None:
            return self
        zone = Zone(self.origin, nodes)
        servers = [each for sets in nodes.values() for kind in (Type.NS, Type.CNAME) for each in sets.get(kind, ())]
        check_servers(servers, self.origin, zone.addresses)
        return zone

    @property
    def serial(self) -> int:
        """The version of the zone (RFC 1035 section 3.3.13)."""
        assert isinstance(self.soa.data, Soa)
        return self.soa.data.serial

    @property
    def records(self) -> tuple[Record, ...]:
        """Every record, by name."""
        return tuple(record for sets in self._nodes.values() for found in sets.values() for record in found)

    def addresses(self, name: Name) -> tuple[Record, ...]:
        """The A and AAAA records of a name: glue, or what a question for it would be answered with."""
        sets = self._nodes.get(name)
        if sets is None:
            sets = dict(self.match(name).sets or {}) if name.is_under(self.origin) else {}
        return (*sets.get(Type.A, ()), *sets.get(Type.AAAA, ()))

    def match(self, name: Name, kind: int = Type.A) -> _Match:
        """Step 3: "start matching down, label by label, in the zone"; `name` lies under the origin.

        A delegation's DS records stand above its cut (RFC 4035 section 3.1.4.1).
        """
        node: Sets = self._nodes[self.origin]
        for length in range(len(self.origin) + 1, len(name) + 1):
            if Type.DNAME in node:
                return _Match(dname=node[Type.DNAME])
            child = name.tail(length)
            below = self._nodes.get(child)
            if below is None:
                return _Match(sets=self._wildcard(child.parent, name))
            if Type.NS in below and not (kind == Type.DS and length == len(name)):
                return _Match(cut=below[Type.NS])
            node = below
        return _Match(sets=node)

    def _wildcard(self, encloser: Name, name: Name) -> Sets | None:
        """Step 3c: the records of `*` below the closest encloser, as if they were the name's (RFC 4592 section 3.3)."""
        sets = self._nodes.get(Name((_WILDCARD, *encloser)))
        if sets is None:
            return None
        return {kind: tuple(record._replace(name=name) for record in records) for kind, records in sets.items()}

    @property
    def negative(self) -> Record:
        """The SOA record of a negative answer.

        "The TTL of this record is set from the minimum of the MINIMUM field of the SOA record and the TTL of the SOA
        itself" (RFC 2308 section 3).
        """
        assert isinstance(self.soa.data, Soa)
        return self.soa._replace(ttl=min(self.soa.ttl, self.soa.data.minimum))


class Zones:
    """The zones of one server: a value, too."""

    def __init__(self, zones: Iterable[Zone]) -> None:
        self.by_origin: Mapping[Name, Zone] = {zone.origin: zone for zone in zones}

    def replace(self, zone: Zone) -> Zones:
        """With this version of the zone."""
        return Zones({**self.by_origin, zone.origin: zone}.values())

    def closest(self, name: Name, kind: int = Type.A) -> Zone | None:
        """Step 2: "search the available zones for the zone which is the nearest ancestor to QNAME".

        For DS records, which stand above a cut, that is the zone above, where it is here too.
        """
        above = self.closest(name.parent) if kind == Type.DS and name else None
        return above or next((self.by_origin[a] for a in name.ancestors() if a in self.by_origin), None)

    def find(self, name: Name, kind: int) -> ZoneAnswer:
        """The answer to a question of class IN; REFUSED where no zone holds the name."""
        answers: list[Record] = []
        met: set[Name] = set()
        while True:
            zone = self.closest(name, kind)
            if zone is None:
                return ZoneAnswer(answers=tuple(answers)) if answers else ZoneAnswer(Rcode.REFUSED, authoritative=False)
            match = zone.match(name, kind)
            if match.cut:
                # Step 3b: a referral. AA "corresponds to the name which matches the query name, or the first owner name
                # in the answer section" (RFC 1035 section 4.1.1).
                glue = self._addresses_of(match.cut)
                return ZoneAnswer(Rcode.NOERROR, bool(answers), tuple(answers), match.cut, glue)
            if match.dname:
                aliases = substitute(name, *match.dname)
            elif match.sets is None:
                return ZoneAnswer(Rcode.NXDOMAIN, answers=tuple(answers), authority=(zone.negative,))
            else:
                aliases = match.sets.get(Type.CNAME, ())
                if not aliases or kind in (Type.CNAME, Type.ANY):
                    return self._at_node(zone, match.sets, kind, answers)
            if len(met) >= CHAIN_LIMIT:
                return ZoneAnswer(answers=tuple(answers))
            answers += (record for record in aliases if record not in answers)  # one DNAME may serve twice
            alias = aliases[-1].data
            if not isinstance(alias, Cname):
                return ZoneAnswer(Rcode.YXDOMAIN, answers=tuple(answers))
            # Step 3a: "change QNAME to the canonical name in the CNAME RR, and go back to step 1".
            met.add(name)
            name = alias.target
            if name in met or kind in (Type.CNAME, Type.ANY):
                return ZoneAnswer(answers=tuple(answers))

    def _at_node(self, zone: Zone, sets: Sets, kind: int, answers: list[Record]) -> ZoneAnswer:
        if kind == Type.ANY:
            found = tuple(record for records in sets.values() for record in records)
        else:
            found = sets.get(kind, ())
        if not found:
            return ZoneAnswer(answers=tuple(answers), authority=(zone.negative,))
        return ZoneAnswer(answers=(*answers, *found), additional=self._addresses_of(found))

    def _addresses_of(self, records: tuple[Record, ...]) -> tuple[Record, ...]:
        """Addresses of the hosts that NS, MX and SRV records name, from any zone (RFC 1035 section 3.3, RFC 2782)."""
        hosts = dict.fromkeys(host for record in records if (host := _host(record.data)) is not None)
        return tuple(address for host in hosts for address in self._addresses(host))

    def _addresses(self, host: Name) -> tuple[Record, ...]:
        for ancestor in host.ancestors():
            zone = self.by_origin.get(ancestor)
            if zone is not None and (found := zone.addresses(host)):
                return found
        return ()


def _host(data: Data) -> Name | None:
    match data:
        case Ns(host) | Mx(_, host) | Srv(_, _, _, host):
            return host
        case _:
            return None
