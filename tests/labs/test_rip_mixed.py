"""Our router among FRR's and BIRD's, with keyed MD5: through a cut, and nobody refuses a message."""

from __future__ import annotations

import re
from typing import Any

import networkx as nx
import pytest

pytestmark = [pytest.mark.engine, pytest.mark.lab("rip-mixed")]

PATIENCE = "200s"
OURS, FRR, BIRD = ("r1", "r4"), ("r2", "r5"), ("r3", "r6")
COMPLAINTS = re.compile(r"bad|invalid|mismatch|authenti|refus|wrong|malformed", re.IGNORECASE)
"""What FRR's and BIRD's logs say of a message that they do not take."""
UNSIGNED = re.compile(r"Authentication failed for (\S+) on \S+ - authentication method mismatch \(0\)$")
"""What BIRD says of one that is not signed at all."""


def oracle(lab: Any, *cut: str) -> dict[tuple[str, str], tuple[int, set[str]]]:
    """(router, LAN) → cost in links, and the LANs by which a shortest way begins."""
    graph = nx.Graph()
    for node in lab.model.nodes.values():
        graph.add_edges_from((node.name, f"lan {a.lan}") for a in node.attachments if a.lan not in cut)
    found = {}
    for router in lab.model.nodes:
        for lan in lab.model.lans:
            if lan not in cut and not graph.has_edge(router, f"lan {lan}"):
                ways = list(nx.all_shortest_paths(graph, router, f"lan {lan}"))
                found[router, lan] = (len(ways[0]) // 2 - 1, {way[1].removeprefix("lan ") for way in ways})
    return found


def wrong(lab: Any, *cut: str) -> list[str]:
    """Where a kernel's next hop is on no shortest path, or the cost is not the shortest."""
    said, right = [], oracle(lab, *cut)
    prefixes = {str(lan.prefix): name for name, lan in lab.model.lans.items()}
    for router in lab.model.nodes:
        kernel = {prefixes.get(row["prefix"]): row["lan"] for row in lab[router].show("routes")}
        costs = {prefixes.get(row["prefix"]): row["cost"] for row in lab[router].show("rip")["table"]}
        for (at, lan), (cost, begins) in right.items():
            if at == router and (kernel.get(lan) not in begins or costs.get(lan) != cost):
                said.append(f"{router} to {lan}: by {kernel.get(lan)} at {costs.get(lan)}, not {begins} at {cost}")
    return said


def refused(lab: Any) -> list[str]:
    """The words of those who did not take a message.

    FRR does not sign the question that it asks at its start: that one is refused by everybody, FRR too, and no harm.
    """
    unsigned = {str(a.address) for node in FRR for a in lab.model.nodes[node].attachments}
    said = []
    for router in OURS:
        counters = lab[router].show("rip")["counters"]
        said += [
            f"{router}: {word} {count}"
            for word, count in counters.items()
            if word.startswith(("refused.", "skipped.")) and count and word != "refused.auth-missing"
        ]
    for router in (*FRR, *BIRD):
        lines = [line for line in lab[router].logs() if COMPLAINTS.search(line)]
        for line in lines:
            question = UNSIGNED.search(line)
            if question is None or question[1] not in unsigned:
                said.append(f"{router}: {line}")
    return said


def test_everybody_has_the_shortest_ways(lab: Any) -> None:
    lab.check(within=PATIENCE)
    assert wrong(lab) == []
    assert refused(lab) == []


def test_a_cut_is_followed_by_all_three(lab: Any) -> None:
    with lab.cut("cross1"):
        lab.wait_for(routes={"at": "r1", "to": "lan4", "via": ["ring1", "ring6"], "cost": 3}, within=PATIENCE)
        lab.wait_for(routes={"at": "r6", "to": "lan4", "via": "ring5", "cost": 2}, within=PATIENCE)
        lab.wait_for(routes={"at": "r3", "to": "lan1", "via": "ring2", "cost": 2}, within=PATIENCE)
        lab.wait_until_converged(PATIENCE)
        assert wrong(lab, "cross1") == []
    assert wrong(lab) == []
    assert refused(lab) == []
