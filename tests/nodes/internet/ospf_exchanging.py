"""A router in the midst of the Database Exchange."""

from __future__ import annotations

from ospf_router import HIGH, LOW, Peer, Router, on_point_to_point

from catenet.nodes.internet.ospf.packet import (
    INIT,
    MASTER,
    MORE,
)

FIRST = INIT | MORE | MASTER
OTHER = "10.0.2.9"


def begun(address: str = LOW, **options: object) -> tuple[Router, Peer]:
    """In ExStart with a neighbour on a point-to-point network."""
    router = on_point_to_point(**options)
    peer = Peer(router, address)
    peer.greet()
    assert peer.state == "ExStart"
    return router, peer


def exchanging(address: str) -> tuple[Router, Peer, int]:
    """In Exchange; the DD sequence number that comes next."""
    router, peer = begun(address)
    if address == HIGH:
        peer.describe(FIRST, 50)
        return router, peer, 51
    first = peer.last_description().sequence
    peer.describe(MORE, first)
    assert peer.state == "Exchange"
    return router, peer, first + 1
