"""The shortest path of a router's database, against networkx on random networks of links, LANs and stub networks."""

from __future__ import annotations

import networkx
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.control.answers import KnownLink
from catenet.orchestrator.trace.known_path import known_path


def number(router: int) -> str:
    return f"9.9.9.{router}"


def entry(network: int, router: int) -> str:
    return f"10.0.{network}.{router}"


Member = tuple[int, int]  # router, its cost
networks = st.lists(
    st.dictionaries(st.integers(1, 7), st.integers(1, 9), min_size=1, max_size=4).map(dict.items).map(tuple),
    min_size=1,
    max_size=9,
)


def links_of(lans: list[tuple[Member, ...]]) -> list[KnownLink]:
    """A network of one router is a stub, one of two a link from point to point, one of more has a network vertex."""
    made = []
    for network, members in enumerate(lans, 1):
        for router, cost in members:
            prefix, address = f"10.0.{network}.0/24", entry(network, router)
            others = [number(other) for other, _ in members if other != router]
            if not others:
                kind, to = "stub", None
            elif len(others) == 1:
                kind, to = "point-to-point", others[0]
            else:
                kind, to = "transit", entry(network, members[0][0])
            own = KnownLink(number(router), kind=kind, to=to, prefix=prefix, cost=cost)
            made.append(own._replace(address=None if to is None else address, distance=0 if router == 1 else None))
    return made


def graph_of(lans: list[tuple[Member, ...]]) -> networkx.DiGraph:
    graph = networkx.DiGraph()
    for network, members in enumerate(lans, 1):
        for router, cost in members:
            graph.add_edge(router, ("net", network), weight=cost)
            graph.add_edge(("net", network), router, weight=0)
    return graph


def cost_of(path: tuple[Address, ...], lans: list[tuple[Member, ...]]) -> int:
    """What is paid from router 1 up to the last router of the path: each is entered by a network that both are on."""
    here, paid = 1, 0
    for address in path:
        network, router = address >> 8 & 255, address & 255
        members = dict(lans[network - 1])
        assert router in members
        paid += members[here]
        here = router
    return paid


@given(networks)
def test_to_any_router_and_any_network_it_is_the_shortest(lans: list[tuple[Member, ...]]) -> None:
    links, graph = links_of(lans), graph_of(lans)
    reached = networkx.single_source_dijkstra_path_length(graph, 1) if 1 in graph else {}
    for network, members in enumerate(lans, 1):
        host = Address.parse(entry(network, 200))
        path = known_path(links, host)
        if ("net", network) not in reached:
            assert path is None
            continue
        assert path is not None
        last = path[-1] & 255 if path else 1
        assert cost_of(path, lans) + dict(members)[last] == reached["net", network]
        for router, _ in members if len(members) > 1 else ():
            path = known_path(links, Address.parse(entry(network, router)))
            assert path is not None
            assert (path[-1] & 255 if path else 1) == router
            assert cost_of(path, lans) == reached[router]


def test_a_link_counts_where_both_say_that_it_is_there() -> None:
    """RFC 2328 section 16.1 (2) (b): "examine the next link in W's LSA to verify that there is a link back"."""
    one, other = links_of([((1, 1), (2, 1)), ((2, 1),)])[:2]
    target = Address.parse(entry(1, 2))
    assert known_path([one, other], target) == (target,)
    assert known_path([one, other._replace(to=number(3))], target) is None


def test_of_two_links_between_two_routers_it_is_entered_by_the_one_that_is_taken() -> None:
    links = links_of([((1, 5), (2, 5)), ((1, 1), (2, 1)), ((2, 1),)])
    assert known_path(links, Address.parse(entry(3, 7))) == (Address.parse(entry(2, 2)),)


def test_what_is_said_that_is_no_address_leads_nowhere() -> None:
    links = [
        KnownLink(number(1), to=number(2), kind="point-to-point", prefix="x", address="y", cost=1, distance=0),
        KnownLink(number(2), to=number(1), kind="point-to-point", prefix="10.0.1.0/24", address="10.0.1.999", cost=1),
    ]
    assert known_path(links, Address.parse("10.0.1.2")) is None
    assert known_path([], Address.parse("10.0.1.2")) is None
