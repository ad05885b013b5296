"""The picture of a network as one of its routers knows it: by the database of a protocol that has the whole of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from catenet.nodes.control.answers import KnownLink
from catenet.nodes.control.fields import address_in, prefix_in
from catenet.orchestrator.backend.protocols import Streams
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.realms import View, views
from catenet.orchestrator.observe.known_network import known_network
from catenet.orchestrator.observe.running import RunningLab
from catenet.orchestrator.pictures.picture import Picture, ShownEnd, ShownLan, ShownNode, ShownPath, short_address

__all__ = ["known_picture"]


def known_picture(engine: Streams, running: RunningLab, node: str, *, blank: bool = False) -> Picture:
    """The network as that node knows it, with the shortest paths from there.

    Raises:
        UserError: it is no node of the lab, does not run, or has no service that tells; the text says which have.
        EngineError: it gives no answer that can be read; the text says why.

    """
    service, links = known_network(engine, running, node)
    lab = running.lab
    known = _Known(links, lab, views(lab).at(node))
    return Picture(running.name, known.subtitle(node, service), known.nodes, known.lans, blank, tree=known.tree)


class _Known:
    """The same in the lab's words, as far as it has some: who a router is, which LAN a network is."""

    def __init__(self, links: Sequence[KnownLink], lab: Lab, seen: View) -> None:
        self._seen = seen
        self._names = self._routers(links)
        order = {name: number for number, name in enumerate(lab.nodes)}
        lans = {name: number for number, name in enumerate(lab.lans)}
        self._order = sorted({*self._names.values()}, key=lambda name: (order.get(name, len(order)), name))
        self._on: dict[str, list[KnownLink]] = {}
        for link in links:
            self._on.setdefault(self._lan(link), []).append(link)
        self._on = dict(sorted(self._on.items(), key=lambda item: lans.get(item[0], len(lans))))
        self._distances = {link.router: link.distance for link in links}
        self.areas = list(dict.fromkeys(link.area for link in links if link.area))

    def subtitle(self, node: str, service: str) -> str:
        """As a's ospf knows it, and the shortest paths from there; areas 0.0.0.0, 0.0.0.1."""
        areas = f"; areas {', '.join(self.areas)}" if len(self.areas) > 1 else ""
        return f"as {node}'s {service} knows it, with the shortest paths from there{areas}"

    @property
    def nodes(self) -> tuple[ShownNode, ...]:
        """A router that has left its old number behind is there by both."""
        reached = {self._names[router] for router, distance in self._distances.items() if distance is not None}
        return tuple(
            ShownNode(name, router=True)
            if name in reached
            else ShownNode(name, router=True, state="dead", words="not reached")
            for name in self._order
        )

    @property
    def lans(self) -> tuple[ShownLan, ...]:
        return tuple(
            ShownLan(name, _prefix_of(name, links), tuple(self._ends(links))) for name, links in self._on.items()
        )

    @property
    def tree(self) -> tuple[ShownPath, ...]:
        """The nearest first. Where several paths are equally short, all of them."""
        found: list[tuple[int, ShownPath]] = []
        for lan, links in self._on.items():
            to = tuple(self._names[link.router] for link in links if link.tree == "out of")
            for link in links:
                if link.tree == "into":
                    far = (link.distance or 0) + link.cost
                    found.append((far, ShownPath(self._names[link.router], lan, to)))
        return tuple(path for _, path in sorted(found, key=lambda each: each[0]))

    def _ends(self, links: Iterable[KnownLink]) -> Iterator[ShownEnd]:
        """Each router once: first comes what has an address."""
        ends: dict[str, ShownEnd] = {}
        for link in sorted(links, key=lambda link: link.address is None):
            short = short_address(address_in(link.address), prefix_in(link.prefix))
            words = f"{short} cost {link.cost}".strip()
            name = self._names[link.router]
            ends.setdefault(name, ShownEnd(name, words))
        yield from sorted(ends.values(), key=lambda end: self._order.index(end.node))

    def _routers(self, links: Sequence[KnownLink]) -> Mapping[str, str]:
        """Router → its name in the lab: by an address that it has, else by its number, else what the node says."""
        owners, names = self._seen.owners, dict[str, str]()
        for link in links:
            address = address_in(link.address)
            if address is not None and address in owners:
                names[link.router] = owners[address]
        for link in links:
            number = address_in(link.router)
            said = link.node or link.router
            names.setdefault(link.router, said if number is None else owners.get(number, said))
        return names

    def _lan(self, link: KnownLink) -> str:
        if link.prefix is not None:
            return self._seen.names.get(link.prefix, link.prefix)
        if link.to is not None and link.to in self._names:
            return " – ".join(sorted((self._names[link.router], self._names[link.to])))
        return f"network {link.to}"


def _prefix_of(lan: str, links: Sequence[KnownLink]) -> str:
    """Nothing where the LAN has no other name."""
    prefix = links[0].prefix or ""
    return "" if prefix == lan else prefix
