"""What a node is told of the others: its default gateway, its resolver, its static routes.

A host's gateway is the one router of its LANs; where there are several it must be written, unless the host runs a
routing protocol itself. Its resolver is the one that is written, else the one on its LANs, else the lab's only one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import declared
from catenet.nodes.control.config import StaticRoute
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.model import Attachment, Lan, Node
from catenet.orchestrator.lab.nodes import Draft
from catenet.orchestrator.lab.problems import nearest, quote
from catenet.orchestrator.lab.reader import Reader
from catenet.orchestrator.lab.vocabulary import ROUTE

__all__ = ["complete"]


def complete(
    drafts: Mapping[str, Draft],
    attached: Mapping[str, tuple[Attachment, ...]],
    lans: Mapping[str, Lan],
    reader: Reader,
) -> dict[str, Node]:
    """The nodes, with nothing left open."""
    others = _Others(drafts, attached, lans)
    return {name: _Completion(draft, others, reader).node(attached[name]) for name, draft in drafts.items()}


def _resolves(draft: Draft) -> bool:
    return any(each.resolves for each in declared(draft.services))


class _Others:
    """Who there is, looked up once for all nodes."""

    def __init__(
        self,
        drafts: Mapping[str, Draft],
        attached: Mapping[str, tuple[Attachment, ...]],
        lans: Mapping[str, Lan],
    ) -> None:
        self.drafts = drafts
        self.lans = lans
        self.first = {name: attachments[0].address for name, attachments in attached.items() if attachments}
        self.on_lan: dict[str, list[tuple[str, Address]]] = {lan: [] for lan in lans}
        for name, attachments in attached.items():
            for attachment in attachments:
                self.on_lan[attachment.lan].append((name, attachment.address))
        self.resolvers = [name for name, draft in drafts.items() if _resolves(draft)]
        self.servers = [name for name, draft in drafts.items() if any(each.naming for each in declared(draft.services))]
        self.server_addresses = {
            str(attachment.address): attachment.address for name in self.servers for attachment in attached[name]
        }


class _Completion:
    """One node among the others."""

    def __init__(self, draft: Draft, others: _Others, reader: Reader) -> None:
        self.draft = draft
        self.what = f"node {draft.name}"
        self.others = others
        self.reader = reader

    def node(self, attachments: tuple[Attachment, ...]) -> Node:
        draft = self.draft
        return Node(
            name=draft.name,
            attachments=attachments,
            services=draft.services,
            implementations={service: each.implementation for service, each in draft.chosen.items()},
            forward=draft.forward,
            gateway=self.gateway(),
            routes=self.routes(),
            resolver=self.resolver(),
        )

    def neighbours(self) -> Iterator[tuple[str, str, Address]]:
        """(node, LAN, address) of the others on this node's LANs."""
        for lan in self.draft.attachments:
            for name, address in self.others.on_lan[lan]:
                if name != self.draft.name:
                    yield name, lan, address

    def neighbour(self, item: Item, what: str) -> Address | None:
        """The address of a neighbour, written as its name or as its address."""
        word = self.reader.text(item, what)
        if word is None:
            return None
        if word not in self.others.drafts and word.replace(".", "").isdecimal():
            return self.neighbour_address(item, what)
        if self.reader.one_of(item, what, "node", self.others.drafts) is None:
            return None
        attachments = {lan: address for name, lan, address in self.neighbours() if name == word}
        if len(attachments) == 1:
            return next(iter(attachments.values()))
        if attachments:
            choices = ", ".join(f"{address} on {lan}" for lan, address in attachments.items())
            self.reader.problem(item.line, f"{what}: {word} is on several LANs of this node", f"write one: {choices}")
        else:
            hint = nearest(word, sorted({name for name, _, _ in self.neighbours()}))
            self.reader.problem(item.line, f"{what}: {word} is on no LAN of this node", hint)
        return None

    def neighbour_address(self, item: Item, what: str) -> Address | None:
        address = self.reader.address(item, what)
        owners = {address: name for name, _, address in self.neighbours()}
        if address is None or address in owners:
            return address
        hint = nearest(str(address), [str(other) for other in owners])
        self.reader.problem(item.line, f"{what}: no node on this node's LANs has {address}", hint)
        return None

    def gateway(self) -> Address | None:
        written = self.draft.section.get("gateway")
        if written is not None:
            return self.neighbour(written, f"{self.what}: gateway")
        if self.draft.forward or any(each.routing for each in declared(self.draft.services)):
            return None
        routers = {name: address for name, _, address in self.neighbours() if self.others.drafts[name].forward}
        if len(routers) > 1:
            message = f"{self.what}: `gateway:` is missing, and {len(routers)} routers are on its LANs"
            self.reader.problem(self.draft.line, message, f"write one of: {', '.join(list(routers)[:12])}")
        return next(iter(routers.values()), None)

    def resolver(self) -> Address | None:
        written = self.draft.section.get("resolver")
        if written is not None:
            return self.written_resolver(written)
        if _resolves(self.draft):
            return self.others.first.get(self.draft.name)
        near = {name: address for name, _, address in self.neighbours() if _resolves(self.others.drafts[name])}
        if near:
            return next(iter(near.values())) if len(near) == 1 else None
        anywhere = self.others.resolvers
        return self.others.first.get(anywhere[0]) if len(anywhere) == 1 else None

    def written_resolver(self, item: Item) -> Address | None:
        what = f"{self.what}: resolver"
        servers, addresses = self.others.servers, self.others.server_addresses
        word = self.reader.text(item, what)
        if word is None or word in addresses:
            return addresses.get(word or "")
        if word in servers:
            near = {name: address for name, _, address in self.neighbours()}
            return near.get(word) or self.others.first.get(word)
        why = "runs no resolver" if word in self.others.drafts else "is no node of this lab"
        self.reader.problem(item.line, f"{what}: {quote(word)} {why}", nearest(word, servers))
        return None

    def routes(self) -> tuple[StaticRoute, ...]:
        routes: dict[Prefix, StaticRoute] = {}
        for item in self.reader.items(self.draft.section.get("routes"), f"{self.what}: routes"):
            route = self.route(item)
            if route is not None and route.to in routes:
                self.reader.problem(item.line, f"{self.what}: the route to {route.to} is here twice")
            elif route is not None:
                routes[route.to] = route
        return tuple(routes.values())

    def route(self, item: Item) -> StaticRoute | None:
        what = f"{self.what}: route"
        section = self.reader.section(item, what, ROUTE)
        if section is None:
            return None
        to = self.reader.needed(section, "to", what, item.line, "to: 10.0.9.0/24")
        via = self.reader.needed(section, "via", what, item.line, "via: b")
        if to is None or via is None:
            return None
        prefix, address = self.destination(to, f"{what}: to"), self.neighbour(via, f"{what}: via")
        return StaticRoute(prefix, address) if prefix is not None and address is not None else None

    def destination(self, item: Item, what: str) -> Prefix | None:
        """A LAN's name, or a prefix."""
        word = self.reader.text(item, what)
        if word is None:
            return None
        if word in self.others.lans:
            prefix: Prefix | None = self.others.lans[word].prefix
        elif "/" in word:
            prefix = self.reader.prefix(item, what)
        else:
            self.reader.problem(item.line, f"{what}: there is no LAN {quote(word)}", nearest(word, self.others.lans))
            return None
        own: Sequence[str] = [lan for lan in self.draft.attachments if self.others.lans[lan].prefix == prefix]
        if own:
            self.reader.problem(item.line, f"{what}: LAN {own[0]} is this node's own", "it needs no route")
        return prefix
