"""The routing table (RFC 2328 section 11): a route to each network, and the ways to border and boundary routers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, TypeVar

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.lsa import BORDER, BOUNDARY
from catenet.nodes.internet.ospf.spf import Hops, Tree, merge

__all__ = ["BACKBONE", "Kind", "Route", "RouterRoute", "Table", "cheaper", "within_area"]

BACKBONE = Address(0)


class Kind(IntEnum):
    """The path-types, "in decreasing order of preference"."""

    INTRA = 1
    INTER = 2
    TYPE_1 = 3
    TYPE_2 = 4


class Route(NamedTuple):
    """The paths to a network, all of one kind and cost.

    `cost`: the link state cost; of a type 2 external's paths that of the part within the AS, and `cost_2` that beyond.
    `hops`: by which routers; (): none, it is directly attached. `area`: whose LSAs have led to it; of externals, that
    of the way to the router that has announced it. `tag`: an external's.
    """

    prefix: Prefix
    kind: Kind
    cost: int
    cost_2: int
    hops: Hops
    area: Address
    tag: int = 0


class RouterRoute(NamedTuple):
    """The paths to an area border router or AS boundary router. `flags`: those of its router-LSA (BORDER, BOUNDARY,
    VIRTUAL_END); of one in another area BOUNDARY."""

    router: Address
    area: Address
    kind: Kind
    cost: int
    hops: Hops
    flags: int


Entry = TypeVar("Entry", Route, RouterRoute)


@dataclass(slots=True, eq=False)
class Table:
    """What a calculation has found. `border`: this router is an area border router.

    `routers` by router and area: "there may be separate sets of paths (and therefore separate routing table entries)
    associated with each of several areas".
    """

    border: bool
    routes: dict[Prefix, Route] = field(default_factory=dict)
    routers: dict[tuple[Address, Address], RouterRoute] = field(default_factory=dict)
    trees: dict[Address, Tree] = field(default_factory=dict)

    def border_router(self, router: Address, area: Address) -> RouterRoute | None:
        """The way within an area to one of its border routers."""
        entry = self.routers.get((router, area))
        return entry if entry is not None and entry.flags & BORDER else None

    def boundary_router(self, router: Address) -> RouterRoute | None:
        """The preferred way to an AS boundary router (section 16.4, step 3)."""
        ways = [
            entry
            for area in self.trees
            if (entry := self.routers.get((router, area))) is not None and entry.flags & BOUNDARY
        ]
        return min(ways, key=lambda way: (not within_area(way), way.cost, -way.area), default=None)


def within_area(way: Route | RouterRoute) -> bool:
    """ "Intra-area paths using non-backbone areas are always the most preferred" (section 16.4.1)."""
    return way.kind == Kind.INTRA and way.area != BACKBONE


def cheaper(known: Entry | None, new: Entry) -> Entry:
    """Of two entries of one kind the cheaper one; where they cost the same, with the next hops of both."""
    if known is None or new.cost < known.cost:
        return new
    return known if new.cost > known.cost else known._replace(hops=merge(known.hops, new.hops))
