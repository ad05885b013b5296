"""The area data structure (RFC 2328 section 6), and `Scope`: how far an LSA is flooded, with the database there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf import routes
from catenet.nodes.internet.ospf.config import AreaKind
from catenet.nodes.internet.ospf.lsa import MIN_LS_ARRIVAL, LsaHeader, LsaKey, newer
from catenet.nodes.internet.ospf.lsdb import Lsdb, Stored
from catenet.nodes.internet.ospf.packet import EXTERNAL
from catenet.nodes.internet.ospf.recent import Recent

if TYPE_CHECKING:
    from catenet.nodes.internet.ospf.interface import Circuit

__all__ = ["Area", "Scope"]


class Scope:
    """The LSAs of an area, of the whole AS, or of one link, and over which interfaces they are flooded (section 13.3).

    `flushing`: the LSAs at MaxAge, which go when everybody has acknowledged them (section 14), and from when on they
    may. `said`: our own of which somebody was told. `arrived`: which have been installed of late by flooding.
    """

    def __init__(self, area: str) -> None:
        """`area`: as it is shown; "" for all of them."""
        self.area = area
        self.lsdb = Lsdb()
        self.circuits: list[Circuit] = []
        self.flushing: dict[LsaKey, float] = {}
        self.said: set[LsaKey] = set()
        self.arrived: Recent[LsaKey, None] = Recent(MIN_LS_ARRIVAL)

    def clear(self) -> None:
        """Forget all LSAs."""
        for key in tuple(self.lsdb.keys()):
            self.lsdb.remove(key)
        self.flushing.clear()

    def header(self, stored: Stored, now: float) -> LsaHeader:
        """An LSA's header with its present age."""
        return stored.lsa.header.aged(stored.age(now))

    def order(self, header: LsaHeader, stored: Stored, now: float) -> int:
        """Whether an instance is more recent than the one that is held (positive), less (negative), or the same."""
        held = stored.lsa.header
        if header.sequence == held.sequence and header.checksum == held.checksum:
            held = self.header(stored, now)  # only then the age counts
        return newer(header, held)


@dataclass(slots=True, eq=False)
class Area:
    """An area that this router has interfaces in. `calculation` keeps its shortest-path tree."""

    id: Address
    kind: AreaKind
    scope: Scope
    calculation: routes.Area = field(init=False)

    def __post_init__(self) -> None:
        self.calculation = routes.Area(self.scope.lsdb, stub=self.stub)

    @property
    def stub(self) -> bool:
        """Whether no AS-external-LSAs are flooded into it (section 3.6)."""
        return self.kind != "normal"

    @property
    def options(self) -> int:
        """The Options of Hellos and LSAs: "The E-bit should be set if and only if the attached area is capable of
        processing AS-external-LSAs" (section 9.5)."""
        return 0 if self.stub else EXTERNAL
