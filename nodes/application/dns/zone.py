"""Zones and what is found in them: the algorithm of RFC 1034 section 4.3.2, with RFC 2181, 2308 and 4592."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import A, Cname, Mx, Ns, Rcode, Record, Soa, Type, type_text
from catenet.nodes.application.dns.zonefile import Line, ZoneFileError, parse_zone_file

__all__ = ["CHAIN_LIMIT", "HOSTS_TTL", "Found", "Zone", "Zones"]

CHAIN_LIMIT = 16
"""Aliases that are followed for one question."""

HOSTS_TTL = 300
"""Seconds: the TTL of a zone that is made from the lab's hosts."""

_WILDCARD = b"*"

Sets = Mapping[int, tuple[Record, ...]]


@dataclass(frozen=True, slots=True)
class Found:
    """What a name server answers: the sections, the response code, and whether it is authoritative for them."""

    rcode: int = Rcode.NOERROR
    authoritative: bool = True
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()


class _Match(NamedTuple):
    """Where the walk down a zone ended: at a cut, at a node, or (`sets` None) at nothing."""

    cut: tuple[Record, ...] = ()
    sets: Sets | None = None


class Zone:
    """One zone: the records below its origin, down to its cuts, and the glue of those cuts."""

    def __init__(self, origin: Name, records: Iterable[Record]) -> None:
        self.origin = origin
        self.count = 0
        self._nodes: dict[Name, dict[int, tuple[Record, ...]]] = {origin: {}}
        for record in records:
            self._add(record)
            self.count += 1
        self.soa = self._nodes[origin][Type.SOA][0]

    def _add(self, record: Record) -> None:
        # A name makes its ancestors exist, if without records ("empty non-terminals", RFC 4592 section 2.2.2).
        for name in record.name.ancestors():
            if name in self._nodes:
                break
            self._nodes[name] = {}
        sets = self._nodes[record.name]
        sets[record.type] = (*sets.get(record.type, ()), record)

    @classmethod
    def from_file(cls, origin: Name, text: str, file: str) -> Zone:
        """A master file → Zone.

        Raises:
            ZoneFileError: it cannot be read, or its records do not make a zone.

        """
        lines = parse_zone_file(text, origin, file)
        _check(origin, lines, file)
        return cls(origin, dict.fromkeys(line.record for line in lines))

    @classmethod
    def from_hosts(cls, origin: Name, server: Name, hosts: Mapping[Name, Address]) -> Zone:
        """The zone of those hosts whose names lie under the origin, served by `server`."""
        soa = Soa(server, Name((b"hostmaster", *origin)), 1, 3600, 900, 604_800, 60)
        records = [Record(origin, Type.SOA, HOSTS_TTL, soa), Record(origin, Type.NS, HOSTS_TTL, Ns(server))]
        for name, address in hosts.items():
            if name.is_under(origin):
                records.append(Record(name, Type.A, HOSTS_TTL, A(address)))
        return cls(origin, records)

    @property
    def records(self) -> tuple[Record, ...]:
        """Every record, by name."""
        return tuple(record for sets in self._nodes.values() for found in sets.values() for record in found)

    def addresses(self, name: Name) -> tuple[Record, ...]:
        """The A and AAAA records of a name, glue or not."""
        sets = self._nodes.get(name, {})
        return (*sets.get(Type.A, ()), *sets.get(Type.AAAA, ()))

    def match(self, name: Name) -> _Match:
        """Step 3: "start matching down, label by label, in the zone"; `name` lies under the origin."""
        node: Sets = self._nodes[self.origin]
        for length in range(len(self.origin) + 1, len(name) + 1):
            child = name.tail(length)
            below = self._nodes.get(child)
            if below is None:
                return _Match(sets=self._wildcard(child.parent, name))
            if Type.NS in below:
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
    """The zones of one server."""

    def __init__(self, zones: Iterable[Zone]) -> None:
        self.by_origin = {zone.origin: zone for zone in zones}

    def closest(self, name: Name) -> Zone | None:
        """Step 2: "search the available zones for the zone which is the nearest ancestor to QNAME"."""
        return next((self.by_origin[a] for a in name.ancestors() if a in self.by_origin), None)

    def find(self, name: Name, kind: int) -> Found:
        """The answer to a question of class IN; REFUSED where no zone holds the name."""
        answers: list[Record] = []
        seen: set[Name] = set()
        while True:
            zone = self.closest(name)
            if zone is None:
                return Found(answers=tuple(answers)) if answers else Found(Rcode.REFUSED, authoritative=False)
            match = zone.match(name)
            if match.cut:
                # Step 3b: a referral. AA "corresponds to the name which matches the query name, or the first owner name
                # in the answer section" (RFC 1035 section 4.1.1).
                glue = self._addresses_of(match.cut)
                return Found(Rcode.NOERROR, bool(answers), tuple(answers), match.cut, glue)
            if match.sets is None:
                return Found(Rcode.NXDOMAIN, answers=tuple(answers), authority=(zone.negative,))
            alias = match.sets.get(Type.CNAME)
            if alias is None or kind in (Type.CNAME, Type.ANY):
                return self._at_node(zone, match.sets, kind, answers)
            answers += alias
            seen.add(name)
            # Step 3a: "change QNAME to the canonical name in the CNAME RR, and go back to step 1".
            assert isinstance(alias[0].data, Cname)
            name = alias[0].data.target
            if name in seen or len(seen) >= CHAIN_LIMIT:
                return Found(answers=tuple(answers))

    def _at_node(self, zone: Zone, sets: Sets, kind: int, answers: list[Record]) -> Found:
        if kind == Type.ANY:
            found = tuple(record for records in sets.values() for record in records)
        else:
            found = sets.get(kind, ())
        if not found:
            return Found(answers=tuple(answers), authority=(zone.negative,))
        return Found(answers=(*answers, *found), additional=self._addresses_of(found))

    def _addresses_of(self, records: tuple[Record, ...]) -> tuple[Record, ...]:
        """Addresses of the hosts that NS and MX records name, from any zone here (RFC 1035 section 3.3)."""
        hosts = dict.fromkeys(
            record.data.host if isinstance(record.data, Ns) else record.data.exchange
            for record in records
            if isinstance(record.data, Ns | Mx)
        )
        return tuple(address for host in hosts for address in self._addresses(host))

    def _addresses(self, host: Name) -> tuple[Record, ...]:
        for ancestor in host.ancestors():
            zone = self.by_origin.get(ancestor)
            if zone is not None and (found := zone.addresses(host)):
                return found
        return ()


def _check(origin: Name, lines: list[Line], file: str) -> None:
    """Whether the records make a zone.

    Raises:
        ZoneFileError: they do not; it names the line.

    """
    apex = {line.record.type for line in lines if line.record.name == origin}
    for needed in (Type.SOA, Type.NS):
        if needed not in apex:
            raise ZoneFileError(file, 1, f"the zone {origin} has no {needed.name} record at its origin")
    kinds: dict[Name, set[int]] = {}
    ttls: dict[tuple[Name, int], int] = {}
    for number, record in lines:
        name, kind = record.name, record.type
        if not name.is_under(origin):
            raise ZoneFileError(file, number, f"{name} does not lie under the zone {origin} (is a final dot too much?)")
        if kind == Type.SOA and (name != origin or Type.SOA in kinds.get(name, ())):
            raise ZoneFileError(file, number, f"SOA of {name}: a zone has one, at its origin {origin}")
        # "The TTLs of all RRs in an RRSet must be the same" (RFC 2181 section 5.2).
        if ttls.setdefault((name, kind), record.ttl) != record.ttl:
            raise ZoneFileError(
                file, number, f"TTL {record.ttl}: {type_text(kind)} records of {name} above have another"
            )
        # "If a CNAME RR is present at a node, no other data should be present" (RFC 1034 section 3.6.2).
        others = kinds.setdefault(name, set())
        if (kind == Type.CNAME and others) or Type.CNAME in others:
            raise ZoneFileError(file, number, f"{name} has a CNAME, so it can have no other record")
        others.add(kind)
    cuts = {name for name, found in kinds.items() if Type.NS in found and name != origin}
    for number, record in lines:
        if isinstance(record.data, Ns) and _is_found_only_here(record.name, record.data.host, origin, cuts):
            _check_server(number, record.data.host, kinds, file)


def _is_found_only_here(owner: Name, host: Name, origin: Name, cuts: set[Name]) -> bool:
    """Whether a server's address must stand in this zone: it is this zone's own, or glue (RFC 1034 section 4.2.1)."""
    if not host.is_under(origin):
        return False
    return (owner != origin and host.is_under(owner)) or not any(host.is_under(cut) for cut in cuts)


def _check_server(number: int, host: Name, kinds: Mapping[Name, set[int]], file: str) -> None:
    if not {Type.A, Type.AAAA} & kinds.get(host, set()):
        raise ZoneFileError(file, number, f"NS {host} has no address in this zone; add its A record")
