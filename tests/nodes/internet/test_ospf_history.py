"""What became of a route: in the events, and in what the router remembers for `trace route`."""

from __future__ import annotations

from ospf_router import INITIAL, LOW, MASK, ME, Peer, Router, on_point_to_point

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.origin import FORGOTTEN, VALID, Explanation
from catenet.nodes.internet.ospf.history import MAX_STATES
from catenet.nodes.internet.ospf.lsa import LinkType, Lsa, LsaKey, LsaType, RouterLink, RouterLsa

OTHER = "10.0.2.9"
FAR = Prefix.parse("10.7.0.0/24")


def said_by(router: str, *, stub: int, sequence: int = INITIAL) -> Lsa:
    """It is a neighbour, and has 10.7.0.0/24 at that cost."""
    identity = Address.parse(router)
    links = (
        RouterLink(LinkType.POINT_TO_POINT, ME, identity, 1),
        RouterLink(LinkType.STUB, FAR.network, MASK, stub),
    )
    return Lsa.make(LsaKey(LsaType.ROUTER, identity, identity), 2, sequence, RouterLsa(0, links))


def two_ways() -> tuple[Router, Peer, Peer]:
    """By two neighbours, equally far."""
    router = on_point_to_point()
    peers = Peer(router, LOW), Peer(router, OTHER)
    for peer in peers:
        peer.become_full(said_by(peer.address, stub=4))
    router.wait(1)
    return router, *peers


def told(router: Router) -> list[str]:
    return [each.text.partition(" (")[0] for each in router.reports("route.changed")]


def explained(router: Router) -> Explanation:
    known = router.machine.explain(FAR, router.now)
    assert known is not None
    return known


def test_an_event_names_every_next_hop_and_says_what_has_changed() -> None:
    both = f"{LOW} on link1 and {OTHER} on link2"
    router, one, _ = two_ways()
    assert told(router) == [f"{FAR} via {both}, cost 4"]
    router.clear()
    one.update(said_by(LOW, stub=9, sequence=INITIAL + 1))
    router.wait(3)
    (event,) = router.reports("route.changed")
    assert told(router) == [f"{FAR} via {OTHER} on link2, cost 4 as before, was via {both}"]
    assert "next_hops" not in event.data
    assert event.data["before"] == [
        {"via": LOW, "node": LOW, "lan": "link1"},
        {"via": OTHER, "node": OTHER, "lan": "link2"},
    ]
    router.clear()
    one.update(said_by(LOW, stub=4, sequence=INITIAL + 2))
    router.wait(3)
    (event,) = router.reports("route.changed")
    assert told(router) == [f"{FAR} via {both}, cost 4 as before, was via {OTHER} on link2"]
    assert event.data["next_hops"] == [
        {"via": LOW, "node": LOW, "lan": "link1"},
        {"via": OTHER, "node": OTHER, "lan": "link2"},
    ]


def test_where_the_cost_changes_that_is_what_is_said() -> None:
    router, one, _ = two_ways()
    router.clear()
    one.update(said_by(LOW, stub=2, sequence=INITIAL + 1))
    router.wait(3)
    assert told(router) == [f"{FAR} via {LOW} on link1, cost 2, was 4"]


def test_what_became_of_a_route_is_remembered_turn_by_turn() -> None:
    router, one, _ = two_ways()
    one.update(said_by(LOW, stub=9, sequence=INITIAL + 1))
    router.wait(3)
    known = explained(router)
    assert known.state == VALID
    assert [(turn.node, turn.lan, turn.metric, len(turn.also)) for turn in known.history] == [
        (LOW, "link1", 5, 1),
        (OTHER, "link2", 5, 0),
    ]
    assert (known.since, known.cause) == (known.history[-1].at, known.history[-1].cause)
    assert known.cause == f"router-LSA of {LOW}, 80000002"
    assert Explanation.parse(known.to_json()) == known


def test_of_a_route_that_is_lost_the_story_stays() -> None:
    router, *_ = two_ways()
    for link in ("link1", "link2"):
        router.set_link(link, up=False)
    router.wait(1)
    known = explained(router)
    assert (known.state, known.metric) == (FORGOTTEN, None)
    assert known.history[-1].metric is None
    assert known.cause == "link2 went down"
    assert router.machine.explain(Prefix.parse("10.8.0.0/24"), router.now) is None


def test_so_many_turns_are_remembered() -> None:
    router, one, _ = two_ways()
    for number in range(MAX_STATES + 3):
        one.update(said_by(LOW, stub=4 if number % 2 else 9, sequence=INITIAL + 1 + number))
        router.wait(6)
        one.greet()
    known = explained(router)
    assert len(known.history) == MAX_STATES
    assert [turn.at for turn in known.history] == sorted(turn.at or 0.0 for turn in known.history)
