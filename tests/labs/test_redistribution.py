"""The same options to a router of ours, FRR's and BIRD's: the same words to the neighbour, the same table."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
from lab_bench import until

pytestmark = [pytest.mark.engine, pytest.mark.lab("rip-redistribution/lab.yaml")]

WORLDS = (1, 2, 3)
"""That of our router, of FRR's, of BIRD's."""
FRR_ROUTE = re.compile(r"^R\(n\) (\S+) +(\S+) +(\d+) \S+ +(\d+) ", re.MULTILINE)


class Line(NamedTuple):
    """A route, as a table has it; in prefix and next hop N is the world's number."""

    prefix: str
    via: str
    metric: int
    tag: int


FROM_R = {
    "passive network": Line("10.N.2.0/24", "10.N.1.1", 4, 0),  # its cost, 3, and one more
    "default route": Line("0.0.0.0/0", "10.N.1.1", 2, 77),
    "static route": Line("10.N.8.0/24", "10.N.1.1", 2, 77),
    # RFC 2453 section 4.4: who stands on the same network is named as the next hop.
    "static route of this LAN": Line("10.N.9.0/24", "10.N.1.9", 2, 77),
}
FROM_O = {Line("10.N.3.0/24", "10.N.1.2", 5, 0), Line("10.N.18.0/24", "10.N.1.9", 2, 9)}


def learned(lab: Any, node: str, world: int) -> set[Line]:
    rows = lab[node].show("rip")["table"]
    return {
        Line(*(row[key].replace(f"10.{world}.", "10.N.") for key in ("prefix", "via")), row["metric"], row["tag"])
        for row in rows
        if row["state"] == "valid"
    }


def others(lab: Any, wanted: set[Line]) -> dict[int, set[Line]]:
    """World → what its neighbour has learned, where that is not what is wanted."""
    found = {world: learned(lab, f"o{world}", world) for world in WORLDS}
    return {world: lines for world, lines in found.items() if lines != wanted}


def test_the_neighbours_of_all_three_learn_the_same(lab: Any) -> None:
    until(lambda: others(lab, {*FROM_R.values()}))


def test_all_three_have_the_same_table_and_frr_says_so_itself(lab: Any) -> None:
    until(lambda: [n for n in WORLDS if learned(lab, f"r{n}", n) != FROM_O])
    text = lab["r2"].run("vtysh", "--vty_socket", "/run/catenet/rip", "-d", "ripd", "-c", "show ip rip").stdout
    rows = [[word.replace("10.2.", "10.N.") for word in row] for row in FRR_ROUTE.findall(text)]
    assert {Line(prefix, via, int(metric), int(tag)) for prefix, via, metric, tag in rows} == FROM_O


def test_what_goes_with_a_network_comes_back_with_it(lab: Any) -> None:
    for world in WORLDS:
        lab.do("cut", f"back{world}")
    gone = {FROM_R["passive network"], FROM_R["static route"]}
    until(lambda: others(lab, {*FROM_R.values()} - gone))
    for world in WORLDS:
        lab.do("heal", f"back{world}")
    until(lambda: others(lab, {*FROM_R.values()}))
