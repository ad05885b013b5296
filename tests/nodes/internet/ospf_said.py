"""What a router says of itself, as its neighbours hear it."""

from __future__ import annotations

from ospf_router import MASK, ME, Peer, Router

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.lsa import (
    LinkType,
    Lsa,
    LsaKey,
    LsaType,
    RouterLink,
    RouterLsa,
)
from catenet.nodes.internet.ospf.packet import Update

OTHER = "10.0.2.9"
OWN = LsaKey(LsaType.ROUTER, ME, ME)


def own_lsas(router: Router, *links: str) -> dict[tuple[int, str], Lsa]:
    """The newest of those that it has flooded: by LS type and Link State ID."""
    found: dict[tuple[int, str], Lsa] = {}
    for link in links or ("link1",):
        for update in router.sent(Update, link):
            found |= {(each.header.type, str(each.header.id)): each for each in update.lsas if each.header.router == ME}
    return found


def links(router: Router) -> set[RouterLink]:
    body = own_lsas(router)[LsaType.ROUTER, str(ME)].body
    assert isinstance(body, RouterLsa)
    return set(body.links)


def stub(prefix: str, cost: int = 1) -> RouterLink:
    return RouterLink(LinkType.STUB, Address.parse(prefix), MASK, cost)


def keep(router: Router, *peers: Peer, seconds: int = 10) -> None:
    """Let time pass; the neighbours live, and acknowledge all."""
    for _ in range(seconds):
        router.wait(1)
        for peer in peers:
            peer.acknowledge_all()
            peer.greet()
