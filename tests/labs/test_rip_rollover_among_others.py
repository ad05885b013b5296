"""A key changes among our router, FRR's and BIRD's (RFC 4822 section 3.2): nothing is refused, no route is lost."""

from __future__ import annotations

from typing import Any

import pytest
from lab_bench import until
from rip_mixed import refused, vtysh, wrong

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.lab("rip-rollover/lab.yaml")]

STATIC = {f"10.8.{n}.0/24" for n in range(30)}
AFTER = 8
"""Messages of each neighbour after the old key's end, two each 5 s: a route that nobody renews lasts 15 s."""


def test_a_key_changes_and_no_route_is_lost(lab: Any) -> None:
    until(lambda: wrong_or_unheard(lab))
    until(lambda: [] if key_of(lab, 1)["state"] == "expired" else ["key 1 is still taken"])
    until(lambda: {row["node"]: row["key"] for row in lab["r1"].show("rip")["neighbours"] if row["key"] != 2})
    before = heard(lab)
    until(lambda: [node for node, messages in heard(lab).items() if messages < before[node] + AFTER])
    assert wrong_or_unheard(lab) == []
    assert refused(lab) == []
    assert [line for node in ("r1", "r2", "r3") for line in lab[node].logs() if " route.lost " in line] == []
    said = [line.partition(" key.")[2].partition("\t")[0] for line in lab["r1"].logs() if " key." in line]
    assert [line.partition(" until")[0] for line in said] == [
        "changed key 1 (md5) signs",
        "changed key 2 (md5) signs, was key 1",
        "expired RIP's key 1 (md5) has expired on lan1, link12, link13",
    ]


def test_who_starts_again_later_uses_the_new_key(lab: Any) -> None:
    """Times count from the lab's start, not from the node's."""
    until(lambda: [] if key_of(lab, 1)["state"] == "expired" else ["key 1 is still taken"])
    for verb in ("kill", "start"):
        lab.do(verb, "r1")
    until(lambda: [] if key_of(lab, 2)["state"] == "signs" else ["key 2 does not sign"])
    until(lambda: wrong_or_unheard(lab))
    assert key_of(lab, 1)["state"] == "expired"


def heard(lab: Any) -> dict[str, int]:
    return {row["node"]: row["messages"] for row in lab["r1"].show("rip")["neighbours"]}


def key_of(lab: Any, number: int) -> Any:
    return next(row for row in lab["r1"].show("rip")["keys"] if row["key"] == number)


def wrong_or_unheard(lab: Any) -> list[str]:
    """With a digest beside them 24 routes would be a message that FRR does not take."""
    heard = vtysh(lab, "r2", "show ip rip")
    return [*wrong(lab), *(f"r2 has not heard of {prefix}" for prefix in sorted(STATIC) if f" {prefix} " not in heard)]
