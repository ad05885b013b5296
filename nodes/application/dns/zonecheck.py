"""Whether records make a zone; what the zone would answer is asked of the zone itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from catenet.nodes.application.dns.name import NAME_LIMIT, Name
from catenet.nodes.application.dns.records import Data, Ds, Ns, Record, Sshfp, Tlsa, Type, type_text

__all__ = ["SET_LIMIT", "ZoneError", "check_above", "check_digest", "check_records", "check_servers"]

SET_LIMIT = 0xFFFF - (12 + NAME_LIMIT + 4 + 11)
"""Octets of the records of one name and type: with the header, a question and an OPT record they are to fit into a
message, whose length over TCP has 16 bits (RFC 1035 section 4.2.2)."""

_WILDCARD = b"*"
_BESIDE_ALIAS = frozenset({Type.CNAME, Type.RRSIG, Type.NSEC})
"""Types that may stand at a name that is an alias (RFC 4034 sections 3 and 4)."""

_ALONE: dict[int, str] = {
    Type.SOA: "an SOA record: a zone has one, at its origin",
    Type.CNAME: "a CNAME, so it can have no other record",
    Type.DNAME: "a DNAME: a name has one (RFC 6672 section 2.4)",
}

_DIGESTS: Mapping[str, Mapping[int, int]] = {
    "DS": {
        1: 20,
        2: 32,
        3: 32,
        4: 48,
    },  # RFC 3658 section 2.4, RFC 4509 section 2.1, RFC 5933 section 4, RFC 6605 section 2
    "SSHFP": {1: 20, 2: 32},  # RFC 4255 section 3.1.2, RFC 6594 section 3.1.1
    "TLSA": {1: 32, 2: 64},  # RFC 6698 section 2.1.3
}
"""Octets of a digest, by the number of its algorithm: what has others, clients take for a malformed message."""

_Sets = dict[Name, dict[int, list[Record]]]


class ZoneError(ValueError):
    """Records that make no zone. `record` is the one at fault; None: one is missing."""

    def __init__(self, record: Record | None, message: str) -> None:
        super().__init__(message if record is None else f"{record}: {message}")
        self.record = record
        self.message = message


def check_records(records: Iterable[Record], origin: Name) -> None:
    """Whether the records, none of them twice, make a zone.

    Raises:
        ZoneError: they do not.

    """
    sets: _Sets = {}
    for record in records:
        _check_place(record, origin)
        if (fault := check_digest(record.data)) is not None:
            raise ZoneError(record, fault)
        here = sets.setdefault(record.name, {})
        _check_neighbours(record, here, origin)
        here.setdefault(record.type, []).append(record)
    for needed in (Type.SOA, Type.NS):
        if needed not in sets.get(origin, {}):
            raise ZoneError(None, f"the zone {origin} has no {needed.name} record at its origin")
    redirected = {name for name, here in sets.items() if Type.DNAME in here}
    for here in sets.values():
        for same in here.values():
            _check_size(same)
        if redirected:
            check_above(next(iter(here.values()))[0], redirected)


def check_servers(records: Collection[Record], origin: Name, addresses: Callable[[Name], tuple[Record, ...]]) -> None:
    """Whether every server that can be found only by this zone has an address: this zone's own, and those below a cut,
    whose addresses are its glue (RFC 1034 section 4.2.1).

    `records` are those of the zone, of which only NS and CNAME matter; `addresses` are those that it would answer.

    Raises:
        ZoneError: one has none.

    """
    cuts = {record.name for record in records if record.type == Type.NS and record.name != origin}
    aliases = {record.name for record in records if record.type == Type.CNAME}
    for record in records:
        owner, data = record.name, record.data
        if not isinstance(data, Ns) or not data.host.is_under(origin):
            continue
        is_glue = owner != origin and data.host.is_under(owner)
        if not is_glue and any(ancestor in cuts for ancestor in data.host.ancestors()):
            continue
        if data.host in aliases:
            raise ZoneError(
                record, f"NS {data.host} is an alias; it names a host with an address (RFC 2181 section 10.3)"
            )
        if not addresses(data.host):
            raise ZoneError(record, f"NS {data.host} has no address in this zone; add its A record")


def check_digest(data: Data) -> str | None:
    """What is wrong with a digest, which a message may carry all the same; None: nothing, or the data have none."""
    match data:
        case Ds(digest_type=0):
            return "DS: digest type 0 is reserved (RFC 4034 appendix A.2)"
        case Ds(digest_type=number, digest=octets):
            word = "DS"
        case Sshfp(fingerprint_type=number, fingerprint=octets):
            word = "SSHFP"
        case Tlsa(matching_type=number, association=octets):
            word = "TLSA"
        case _:
            return None
    size = _DIGESTS[word].get(number, len(octets))
    if len(octets) == size:
        return None
    return f"{word}: a digest of type {number} has {size} octets, this one has {len(octets)}; copy it whole"


def _check_place(record: Record, origin: Name) -> None:
    name = record.name
    if not name.is_under(origin):
        raise ZoneError(record, f"{name} does not lie under the zone {origin} (is a final dot too much?)")
    if record.type == Type.SOA and name != origin:
        raise ZoneError(record, f"SOA of {name}: a zone has one, at its origin {origin}")
    if record.type == Type.DNAME and name[:1] == (_WILDCARD,):
        raise ZoneError(
            record, f"DNAME of {name}: what a wildcard would do with it is not defined (RFC 6672 section 3.3)"
        )


def _check_neighbours(record: Record, here: dict[int, list[Record]], origin: Name) -> None:
    """Whether the record may stand beside those above it of the same name."""
    name, kind = record.name, record.type
    same = here.get(kind)
    if same and kind in _ALONE:
        raise ZoneError(record, f"{name} has {_ALONE[kind]}")
    # "The TTLs of all RRs in an RRSet must be the same" (RFC 2181 section 5.2).
    if same and same[0].ttl != record.ttl:
        raise ZoneError(record, f"TTL {record.ttl}: {type_text(kind)} records of {name} above have another")
    kinds = {kind, *here}
    # "If a CNAME RR is present at a node, no other data should be present" (RFC 1034 section 3.6.2).
    if Type.CNAME in kinds and kinds - _BESIDE_ALIAS:
        raise ZoneError(record, f"{name} has a CNAME, so it can have no other record")
    if {Type.DNAME, Type.NS} <= kinds and name != origin:
        raise ZoneError(record, f"{name} has a DNAME and NS records: one or the other (RFC 6672 section 2.3)")


def _check_size(same: list[Record]) -> None:
    size = sum(record.size for record in same)
    if size > SET_LIMIT:
        name, kind = same[-1].name, type_text(same[-1].type)
        raise ZoneError(
            same[-1], f"the {kind} records of {name} have {size} octets, over the {SET_LIMIT} of one message"
        )


def check_above(record: Record, redirected: Collection[Name]) -> None:
    """ "Resource records MUST NOT exist at any subdomain of the owner of a DNAME RR" (RFC 6672 section 2.4).

    Raises:
        ZoneError: this one does.

    """
    for above in record.name.ancestors():
        if above != record.name and above in redirected:
            raise ZoneError(record, f"{record.name} lies below the DNAME of {above}, which stands for all names there")
