"""Changes of a zone: records that are added to it and deleted from it (RFC 2136 section 3.4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import Class, Data, Record, Soa, Type, class_text, is_data_type, type_text
from catenet.nodes.application.dns.zonecheck import ZoneError, check_above, check_records

__all__ = ["Draft", "Nodes", "is_newer", "next_serial"]

Nodes = Mapping[Name, Mapping[int, tuple[Record, ...]]]
"""The names of a zone and of what lies between them, each with its records by type."""

_ONE = frozenset({Type.SOA, Type.CNAME, Type.DNAME})
"""Types of which a name has one record: another one takes its place (section 3.4.2.2; DNAME: RFC 6672 section 5.2)."""
_KEPT = frozenset({Type.SOA, Type.NS})
"""Types whose sets cannot be deleted at the origin, where they make the zone (section 3.4.2.3)."""


def is_newer(serial: int, other: int) -> bool:
    """Whether a serial number is greater than another one (RFC 1982 section 3.2)."""
    return 0 < (serial - other) % 2**32 < 2**31


def next_serial(serial: int) -> int:
    """The serial number after this one (RFC 1982 section 3.1); it is never 0 (RFC 2136 section 7.11)."""
    return (serial + 1) % 2**32 or 1


class Draft:
    """The next version of a zone while it is made. Names that do not change share their records with the one before."""

    def __init__(self, origin: Name, nodes: Nodes) -> None:
        self._origin = origin
        self._before = nodes
        self._sets: dict[Name, dict[int, dict[Data, Record]]] = {}  # of the names that are changed

    def change(self, change: Record) -> None:
        """Makes a change, as an update has it (section 3.4.2.6): a record of class IN is added; one of class NONE says
        which record is deleted, one of class ANY which set, and one of class and type ANY which name's sets.

        Raises:
            ZoneError: it is no change.

        """
        sets = self._sets_of(change.name)
        at_origin = change.name == self._origin
        match change.klass:
            case Class.IN:
                self._add(change, sets)
            case Class.NONE:
                same = sets.get(change.type, {})
                # "unless … the TYPE is SOA or the TYPE is NS and the matching Zone RR is the only NS remaining".
                if not (at_origin and change.type in _KEPT and (change.type == Type.SOA or len(same) == 1)):
                    same.pop(change.data, None)
            case Class.ANY:
                for kind in list(sets) if change.type == Type.ANY else [change.type]:
                    if not (at_origin and kind in _KEPT):
                        sets.pop(kind, None)
            case _:
                raise ZoneError(change, f"class {class_text(change.klass)} is neither IN, NONE nor ANY")

    def finish(self) -> dict[Name, Mapping[int, tuple[Record, ...]]] | None:
        """The nodes of the next version, whose serial number is a newer one; None: nothing has changed.

        Raises:
            ZoneError: its records would not make a zone.

        """
        changed = self._changed()
        if not changed:
            return None
        if self._origin not in changed or self._serial(changed) == self._serial(self._before):
            self._count_up()
            changed = self._changed()
        nodes = {**self._before, **changed}
        for name in changed:
            for above in name.parent.ancestors():
                if above in nodes:
                    break
                nodes[above] = {}
        self._check(nodes, changed)
        return nodes if all(changed.values()) else _inhabited(nodes, self._origin)

    def _sets_of(self, name: Name) -> dict[int, dict[Data, Record]]:
        sets = self._sets.get(name)
        if sets is None:
            before = self._before.get(name, {})
            sets = {kind: {record.data: record for record in same} for kind, same in before.items()}
            self._sets[name] = sets
        return sets

    def _add(self, record: Record, sets: dict[int, dict[Data, Record]]) -> None:
        if not is_data_type(record.type):
            raise ZoneError(record, f"type {type_text(record.type)} is for messages alone (RFC 6895 section 3.1)")
        same = sets.setdefault(record.type, {})
        if record.type == Type.SOA and not all(is_newer(_serial(record), _serial(known)) for known in same.values()):
            return  # "the new SOA.SERIAL is lower … than or equal to the current Zone SOA RR's": it is ignored
        if record.type in _ONE:
            same.clear()
        same[record.data] = record

    def _changed(self) -> dict[Name, Mapping[int, tuple[Record, ...]]]:
        """What is other than before, with all that its name has now."""
        after = {
            name: {kind: tuple(same.values()) for kind, same in sets.items() if same}
            for name, sets in self._sets.items()
        }
        return {name: sets for name, sets in after.items() if sets != self._before.get(name, {})}

    def _serial(self, nodes: Nodes) -> int:
        return _serial(nodes[self._origin][Type.SOA][0])

    def _count_up(self) -> None:
        """ "If the zone's SOA's SERIAL is not changed …, then the server shall increment it" (section 3.6)."""
        (soa,) = self._before[self._origin][Type.SOA]
        assert isinstance(soa.data, Soa)
        data = replace(soa.data, serial=next_serial(soa.data.serial))
        self._sets_of(self._origin)[Type.SOA] = {data: soa._replace(data=data)}

    def _check(self, nodes: Nodes, changed: Nodes) -> None:
        check_records((each for sets in changed.values() for same in sets.values() for each in same), self._origin)
        redirected = {name for name, sets in nodes.items() if Type.DNAME in sets}
        if redirected:
            for sets in (nodes if redirected & changed.keys() else changed).values():
                if sets:
                    check_above(next(iter(sets.values()))[0], redirected)


def _serial(soa: Record) -> int:
    assert isinstance(soa.data, Soa)
    return soa.data.serial


def _inhabited(nodes: Nodes, origin: Name) -> dict[Name, Mapping[int, tuple[Record, ...]]]:
    """Those that have records, and those above them: there are no "empty terminal nodes" (section 7.16)."""
    inhabited = {origin}
    for name, sets in nodes.items():
        if sets:
            above = name
            while above not in inhabited:
                inhabited.add(above)
                above = above.parent
    return {name: sets for name, sets in nodes.items() if name in inhabited}
