"""The names of a trace: as short as can be, and each still one node's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catenet.orchestrator.cli.short_names import short_names

NODES = ["a", "surf.eurecom.fr", "dns.eurecom.fr", "dns.uiuc.edu", "dns.cs.uiuc.edu", "dns.com", "a.root-servers.net"]
LABEL = st.sampled_from(["a", "b", "c"])


def test_the_shortest_that_are_one_nodes_own() -> None:
    short = ["a", "surf", "dns.eurecom", "dns.uiuc", "dns.cs", "dns.com", "a.root-servers"]
    assert short_names(NODES) == dict(zip(NODES, short, strict=True))


@given(st.sets(st.lists(LABEL, min_size=1, max_size=4).map(".".join), max_size=12))
def test_no_two_nodes_have_one_name(nodes: set[str]) -> None:
    found = short_names(nodes)
    assert len(set(found.values())) == len(nodes)
    assert all(node.split(".")[: short.count(".") + 1] == short.split(".") for node, short in found.items())
