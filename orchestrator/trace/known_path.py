"""The shortest path through a network as a router's database has it: what a source route is made of.

The links are those that the router tells (control/answers, `KnownLink`). As in the protocol's own calculation, a link
between two routers counts where both say that it is there, and the network between several costs nothing to leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.control.answers import KnownLink
from catenet.nodes.control.fields import address_in, prefix_in

__all__ = ["known_path"]


class _Arc(NamedTuple):
    """From a router to the next one: what it costs, and the address by which that is entered."""

    cost: int
    to: str
    entry: Address


def known_path(links: Sequence[KnownLink], target: Address) -> tuple[Address, ...] | None:
    """The routers after the one that was asked, each by the address by which it is entered, up to the one that has the
    target or has its network; None: there is no way. Of several equally short paths, that of the lowest addresses.
    """
    start = next((link.router for link in links if link.distance == 0), None)
    ends = _ends(links, target)
    if start is None or not ends:
        return None
    arcs = _arcs(links)
    queue: list[tuple[int, bool, tuple[Address, ...], str]] = [(0, False, (), start)]
    done: set[str] = set()
    while queue:
        cost, arrived, path, here = heappop(queue)
        if arrived:
            return path
        if here in done:
            continue
        done.add(here)
        if here in ends:
            heappush(queue, (cost + ends[here], True, path, here))
        for arc in arcs.get(here, ()):
            if arc.to not in done:
                heappush(queue, (cost + arc.cost, False, (*path, arc.entry), arc.to))
    return None


def _ends(links: Iterable[KnownLink], target: Address) -> dict[str, int]:
    """The routers where the path may end, and what is still to pay there: the target itself, else those on its network,
    the one with the longest prefix."""
    links = tuple(links)
    if own := next((link.router for link in links if address_in(link.address) == target), None):
        return {own: 0}
    held = [(link, prefix) for link in links if (prefix := prefix_in(link.prefix)) is not None and prefix.holds(target)]
    longest = max((prefix.length for _, prefix in held), default=0)
    ends: dict[str, int] = {}
    for link, prefix in held:
        if prefix.length == longest:
            ends[link.router] = min(link.cost, ends.get(link.router, link.cost))
    return ends


def _arcs(links: Sequence[KnownLink]) -> dict[str, list[_Arc]]:
    """Router → the next ones."""
    by_router: dict[str, list[KnownLink]] = {}
    on_network: dict[str, list[KnownLink]] = {}
    for link in links:
        by_router.setdefault(link.router, []).append(link)
        if link.kind == "transit" and link.to is not None:
            on_network.setdefault(link.to, []).append(link)
    return {router: [*_from(own, by_router, on_network)] for router, own in by_router.items()}


def _from(
    own: Iterable[KnownLink], by_router: dict[str, list[KnownLink]], on_network: dict[str, list[KnownLink]]
) -> Iterator[_Arc]:
    for link in own:
        if link.kind == "transit":
            others = [each for each in on_network.get(link.to or "", ()) if each.router != link.router]
        else:  # the other end of the same link; of several between two routers, the one on the same network
            back = [each for each in by_router.get(link.to or "", ()) if each.to == link.router]
            others = [each for each in back if each.prefix == link.prefix] or back
        for other in others:
            if (entry := address_in(other.address)) is not None:
                yield _Arc(link.cost, other.router, entry)
