"""Our router among FRR's and BIRD's, with HMAC-SHA-256, which all three know.

After each thing that happens every kernel has the next hops of all shortest ways and no other, the databases agree LSA
by LSA, as each make says itself, and nobody has refused a packet.
"""

from __future__ import annotations

from typing import Any

import pytest
from lab_bench import until
from ospf_mixed import designated, make_of, refused, until_right

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]  # seconds: four waits


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


def _odd_elections(lab: Any) -> list[str]:
    """Each make is the designated router of one of the three networks that one of each shares, by its priority."""
    elected = designated(lab, "r2")
    nodes = {str(place.address): node.name for node in lab.model.nodes.values() for place in node.attachments}
    found = [nodes.get(elected[lan], "nobody") for lan in ("exchange1", "exchange2", "exchange3")]
    wanted = ["r4", "r2", "r6"]
    assert len({make_of(lab, router) for router in wanted}) == 3
    return [] if found == wanted else [f"{found} are elected, not {wanted}"]
