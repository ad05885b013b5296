"""A router between two neighbours, and what came of an LSA of a third one's, far away."""

from __future__ import annotations

from ospf_router import LOW, Peer, Router, elected, on_point_to_point

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.lsa import LsaKey, LsaType
from catenet.nodes.internet.ospf.packet import Acknowledgement

OTHER, FAR = "10.0.2.9", "1.1.1.1"
KEY = LsaKey(LsaType.ROUTER, Address.parse(FAR), Address.parse(FAR))


def full_with_two() -> tuple[Router, Peer, Peer]:
    """Just Full with a neighbour on each of two point-to-point networks."""
    router = on_point_to_point()
    one, other = Peer(router, LOW), Peer(router, OTHER)
    for peer in (one, other):
        peer.become_full()
    return router, one, other


def between() -> tuple[Router, Peer, Peer]:
    """The same, and quiet for 10 s."""
    router, one, other = full_with_two()
    quiet(router, one, other)
    return router, one, other


def quiet(router: Router, *peers: Peer) -> None:
    """All is said and acknowledged."""
    for _ in range(10):
        router.wait(1)
        for peer in peers:
            peer.acknowledge_all()
            peer.greet()
        router.clear()


def received(router: Router) -> str | None:
    return router.database().get(("router", FAR))


def acknowledged(router: Router, link: str = "link1") -> list[tuple[str, int]]:
    """Whom an acknowledgement went to, and the sequence number in it."""
    return [(to, header.sequence) for to, said in router.sent_to(Acknowledgement, link) for header in said.headers]


def on_lan(role: str) -> tuple[Router, Peer, Peer, Peer]:
    """A LAN on which the router has that role, with three others. The first of these is Designated Router, or Backup
    where that is the router itself; where it is neither, the second is Backup."""
    router = Router(priority={"link1": 0 if role == "DR Other" else 1})
    hosts, designated, backup = {
        "DR": ((4, 3, 2), "0.0.0.0", "0.0.0.0"),
        "Backup": ((9, 4, 3), "10.0.1.9", "0.0.0.0"),
        "DR Other": ((9, 8, 7), "10.0.1.9", "10.0.1.8"),
    }[role]
    peers = [Peer(router, f"10.0.1.{host}") for host in hosts]
    for peer in peers:
        peer.greet(designated=Address.parse(designated), backup=Address.parse(backup))
    if role == "DR":
        elected(router, *peers)
    assert router.interface()["state"] == role
    for peer in peers:
        if peer.state == "ExStart":
            peer.exchange()
    quiet(router, *peers)
    return router, *peers
