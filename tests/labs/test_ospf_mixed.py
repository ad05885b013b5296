"""Our router among FRR's and BIRD's, with HMAC-SHA-256, which all three know.

After each thing that happens every kernel has the next hops of all shortest ways and no other, the databases agree LSA
by LSA, as each make says itself, and nobody has refused a packet.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from lab_bench import until
from ospf_mixed import Key, database, designated, make_of, refused, until_right

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]  # seconds: four waits

AT_ONCE = ["r1", "r3", "r5"]
"""A router of each make. The others still make one backbone, and have what these three have said."""
ROUTER, INITIAL_SEQUENCE = 1, 0x80000001
"""An LS type, and the first sequence number (RFC 2328 sections A.4.1 and 12.1.6)."""


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


def said_by(lab: Any, routers: Collection[str]) -> dict[Key, int]:
    """The sequence numbers of their router-LSAs, as a neighbour has them in either area."""
    own = {str(place.address) for name in routers for place in lab.model.nodes[name].attachments}
    found = {**database(lab, "r4"), **database(lab, "r7")}
    return {key: sequence for key, (sequence, _) in found.items() if key.type == ROUTER and key.router in own}


def _odd_elections(lab: Any) -> list[str]:
    """Each make is the designated router of one of the three networks that one of each shares, by its priority."""
    elected = designated(lab, "r2")
    nodes = {str(place.address): node.name for node in lab.model.nodes.values() for place in node.attachments}
    found = [nodes.get(elected[lan], "nobody") for lan in ("exchange1", "exchange2", "exchange3")]
    wanted = ["r4", "r2", "r6"]
    assert len({make_of(lab, router) for router in wanted}) == 3
    return [] if found == wanted else [f"{found} are elected, not {wanted}"]


@pytest.mark.lab("ospf-mixed")
def test_each_make_is_paused_and_goes_on(lab: Any) -> None:
    """One router of each make at once: their kernels forward, nobody speaks, and all their adjacencies end."""
    until_right(lab)
    for router in AT_ONCE:
        lab.do("pause", router)
    until_right(lab, absent=AT_ONCE)
    for router in AT_ONCE:
        lab.do("resume", router)
    until_right(lab)
    assert refused(lab) == []


@pytest.mark.lab("ospf-mixed")
def test_13_4_each_make_is_killed_and_takes_back_what_it_has_said(lab: Any) -> None:
    """It begins again at the first sequence number; what the others still have of its earlier life is newer."""
    until_right(lab)
    before = said_by(lab, AT_ONCE)
    assert min(before.values()) > INITIAL_SEQUENCE, before
    for router in AT_ONCE:
        lab.do("kill", router)
    for router in AT_ONCE:
        lab.do("start", router)
    until_right(lab)
    after = said_by(lab, AT_ONCE)
    assert before.keys() == after.keys()
    assert [key for key in before if after[key] <= before[key]] == []
    assert {make_of(lab, router) for router in AT_ONCE} == {"catenet", "frr", "bird"}
    assert refused(lab) == []
