"""Our router among FRR's and BIRD's, with HMAC-SHA-256, which all three know.

After each thing that happens every kernel has the next hops of all shortest ways and no other, the databases agree LSA
by LSA, as each make says itself, and nobody has refused a packet.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import pytest
from lab_bench import until
from ospf_mixed import Key, database, designated, make_of, refused, until_right

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]  # seconds: four waits

AT_ONCE = ["r1", "r3", "r5"]
"""A router of each make. The others still make one backbone, and have what these three have said."""
OURS = "catenet"
ROUTER = 1
"""An LS type (RFC 2328 section A.4.1)."""


@pytest.mark.lab("ospf-mixed")
def test_among_frr_and_bird(lab: Any) -> None:
    until_right(lab)
    until(lambda: _odd_elections(lab))
    lab.check(within="200s")
    lab.do("cut", "ring2")
    lab.do("kill", "r6")  # the designated router of exchange3; its silence alone tells
    until_right(lab, cut=["ring2"], absent=["r6"])
    lab.do("heal", "ring2")
    lab.do("start", "r6")
    until_right(lab)
    assert refused(lab) == []


@pytest.mark.lab("ospf-mixed")
def test_13_4_a_router_of_each_make_is_paused_and_then_killed(lab: Any) -> None:
    """All at once. While they are paused their kernels forward, nobody speaks, and all their adjacencies end. When they
    are killed they begin again at the first sequence number, and the others have newer instances of their earlier life:
    these they outdo (an equal number is the same instance, with the same contents).
    """
    assert {make_of(lab, router) for router in AT_ONCE} == {OURS, "frr", "bird"}
    until_right(lab)
    for router in AT_ONCE:
        lab.do("pause", router)
    until_right(lab, absent=AT_ONCE)
    for router in AT_ONCE:
        lab.do("resume", router)
    until_right(lab)
    before = _said_by(lab, AT_ONCE)
    for router in AT_ONCE:
        lab.do("kill", router)
    for router in AT_ONCE:
        lab.do("start", router)
    until_right(lab)
    after = _said_by(lab, AT_ONCE)
    assert len(before) == 2 * len(AT_ONCE)
    assert [key for key in before if after[key] < before[key]] == []
    assert [line for line in refused(lab) if _of_ours(lab, line)] == []


def _said_by(lab: Any, routers: Collection[str]) -> dict[Key, int]:
    """The sequence numbers of their router-LSAs, as a neighbour has them in either area."""
    own = {str(place.address) for name in routers for place in lab.model.nodes[name].attachments}
    found = {**database(lab, "r4"), **database(lab, "r7")}
    return {key: sequence for key, (sequence, _) in found.items() if key.type == ROUTER and key.router in own}


def _of_ours(lab: Any, line: str) -> bool:
    """Whether a packet was refused that a router of ours had sent; or one by ours, but for a number of FRR's: that runs
    ahead of the clock (FRR #10758), so that who has been restarted is not heard until it is given up (section D.3). Who
    begins anew knows nobody yet, and says so where a neighbour that has not noticed goes on (section 13 (1)).
    """
    ours = [node for name, node in lab.model.nodes.items() if "ospf" in node.services and make_of(lab, name) == OURS]
    addresses = {str(place.address) for node in ours for place in node.attachments}
    if "Unknown Neighbor" in line:
        return False
    by = line.partition(":")[0]
    if make_of(lab, by) == OURS:
        return "refused.auth-sequence" not in line
    return not addresses.isdisjoint(re.findall(r"[\d.]+\d", line))


def _odd_elections(lab: Any) -> list[str]:
    """Each make is the designated router of one of the three networks that one of each shares, by its priority."""
    elected = designated(lab, "r2")
    nodes = {str(place.address): node.name for node in lab.model.nodes.values() for place in node.attachments}
    found = [nodes.get(elected[lan], "nobody") for lan in ("exchange1", "exchange2", "exchange3")]
    wanted = ["r4", "r2", "r6"]
    assert len({make_of(lab, router) for router in wanted}) == 3
    return [] if found == wanted else [f"{found} are elected, not {wanted}"]
