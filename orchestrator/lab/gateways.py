"""What a node is told of the others: its default gateway, its resolver, its static routes.

A host's gateway is the one router of its LANs; where there are several it must be written, unless the host runs a
routing protocol itself. Its resolver is the one that is written, else the one on its LANs, else the only one of its
realm, else that of the realms outside. To those on its LAN outside a translator is neither: it serves who is behind it.
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
from catenet.orchestrator.lab.realms import Views
from catenet.orchestrator.lab.vocabulary import ROUTE

__all__ = ["complete", "outside_lans"]

NO_GATEWAY = "none"
"""In the place of a gateway: what is not on its LANs the node does not reach."""


def outside_lans(drafts: Mapping[str, Draft], lans: Mapping[str, Lan], reader: Reader) -> dict[str, str]:
    """Translator → its LAN outside: the one that is written, else that of its gateway."""
    found: dict[str, str] = {}
    for draft in drafts.values():
        for each in declared(draft.services):
            options = draft.services[each.name]
            if each.separates is None or not each.separates(options):
                continue
            what, written = f"node {draft.name}: {each.name}", draft.section.get("gateway")
            lan = options.outside or (_lan_towards(written.value, draft, drafts, lans) if written is not None else "")
            if lan in draft.attachments:
                found[draft.name] = lan
            elif lan:
                reader.problem(
                    draft.line, f"{what}: outside: the node is not on LAN {lan}", nearest(lan, draft.attachments)
                )
            elif written is None:
                hint = "write its `outside:`, or the `gateway:` of the node"
                reader.problem(draft.line, f"{what}: it is not said which LAN is outside", hint)
    return found


def _lan_towards(word: object, draft: Draft, drafts: Mapping[str, Draft], lans: Mapping[str, Lan]) -> str:
    """The LAN of a node's on which the neighbour is, by its name or its address; empty: on none of them."""
    if isinstance(word, str) and word in drafts:
        return next((lan for lan in draft.attachments if lan in drafts[word].attachments), "")
    try:
        address = Address.parse(str(word))
    except ValueError:  # `complete` says so
        return ""
    return next((lan for lan in draft.attachments if lan in lans and lans[lan].prefix.holds(address)), "")


def complete(
    drafts: Mapping[str, Draft],
    attached: Mapping[str, tuple[Attachment, ...]],
    lans: Mapping[str, Lan],
    outside: Mapping[str, str],
    reader: Reader,
) -> dict[str, Node]:
    """The nodes, with nothing left open. `outside`: translator → its LAN outside."""
    others = _Others(drafts, attached, lans, outside)
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
        outside: Mapping[str, str],
    ) -> None:
        self.drafts = drafts
        self.lans = lans
        self.outside = outside
        places = {
            name: Node(name, attached[name], forward=draft.forward, outside=outside.get(name, ""))
            for name, draft in drafts.items()
        }
        self.views = Views(lans, places)
        self.first = {name: attachments[0].address for name, attachments in attached.items() if attachments}
        self.on_lan: dict[str, list[tuple[str, Address]]] = {lan: [] for lan in lans}
        for name, attachments in attached.items():
            for attachment in attachments:
                self.on_lan[attachment.lan].append((name, attachment.address))
        self.resolvers = [name for name, draft in drafts.items() if _resolves(draft)]
        self.servers = [name for name, draft in drafts.items() if any(each.naming for each in declared(draft.services))]


class _Completion:
    """One node among the others."""

    def __init__(self, draft: Draft, others: _Others, reader: Reader) -> None:
        self.draft = draft
        self.what = f"node {draft.name}"
        self.others = others
        self.reader = reader
        self.view = others.views.at(draft.name)

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
            outside=self.others.outside.get(draft.name, ""),
            source_routes=draft.source_routes,
            proxy_arp=draft.proxy_arp,
            stack=draft.stack or "kernel",
            place=draft.host,
        )

    def neighbours(self) -> Iterator[tuple[str, str, Address]]:
        """(node, LAN, address) of the others on this node's LANs."""
        for lan in self.draft.attachments:
            for name, address in self.others.on_lan[lan]:
                if name != self.draft.name:
                    yield name, lan, address

    def serving(self) -> Iterator[tuple[str, Address]]:
        """(node, address) of those neighbours that serve this node: to who is outside a translator does not."""
        for name, lan, address in self.neighbours():
            if self.others.outside.get(name) != lan:
                yield name, address

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
        if written is not None and written.value == NO_GATEWAY and NO_GATEWAY not in self.others.drafts:
            return None
        if written is not None:
            return self.neighbour(written, f"{self.what}: gateway")
        if self.draft.forward or any(each.routing for each in declared(self.draft.services)):
            return None
        routers = {name: address for name, address in self.serving() if self.others.drafts[name].forward}
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
        near = {name: address for name, address in self.serving() if _resolves(self.others.drafts[name])}
        if near:
            return next(iter(near.values())) if len(near) == 1 else None
        outward = {name: self.view.outward[name] for name in self.others.resolvers if name in self.view.serving}
        nearer = [name for name, realms in outward.items() if realms == min(outward.values())]
        return self.view.addresses[nearer[0]] if len(nearer) == 1 else None

    def written_resolver(self, item: Item) -> Address | None:
        what = f"{self.what}: resolver"
        servers, word = self.others.servers, self.reader.text(item, what)
        addresses = {str(each): each for each, name in self.view.owners.items() if name in servers}
        if word is None or word in addresses:
            return addresses.get(word or "")
        if word in self.view.addresses and word in servers:
            near = {name: address for name, _, address in self.neighbours()}
            return near.get(word) or self.view.addresses[word]
        if word in servers and word in self.others.first:
            lan = next(iter(self.others.drafts[word].attachments))
            unknown = self.others.views.unknown(lan, self.draft.name, self.others.first[word])
            self.reader.problem(item.line, f"{what}: {unknown}")
            return None
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
            if unknown := self.others.views.unknown(word, self.draft.name):
                self.reader.problem(item.line, f"{what}: {unknown}")
                return None
        elif "/" in word:
            prefix = self.reader.prefix(item, what)
        else:
            self.reader.problem(item.line, f"{what}: there is no LAN {quote(word)}", nearest(word, self.others.lans))
            return None
        own: Sequence[str] = [lan for lan in self.draft.attachments if self.others.lans[lan].prefix == prefix]
        if own:
            self.reader.problem(item.line, f"{what}: LAN {own[0]} is this node's own", "it needs no route")
        return prefix
