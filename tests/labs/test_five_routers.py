"""The lab `five-routers`: the slides' tables, and those of every network that is left when something breaks.

The oracle is the graph of the lab file, which knows nothing of RIP.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import pytest
from lab_bench import LABS, Bench, failures, until, up

from catenet.orchestrator.lab.graph import ways

pytestmark = pytest.mark.engine

UPDATE, TIMEOUT = 2.0, 6.0
THREE_UPDATES = 3 * UPDATE
SILENCE = TIMEOUT + THREE_UPDATES
"""A dead neighbour is known by its silence; then the others are told."""


@pytest.fixture(scope="module")
def five() -> Iterator[Bench]:
    with up(LABS / "five-routers", "check-five") as bench:
        yield bench


def wrong(five: Bench, cut: Collection[str] = (), dead: Collection[str] = ()) -> list[str]:
    """Where the tables are not those of the network that is left: RIP's at every live router, and the kernel's."""
    lab, faults = five.lab, []
    for router, row in ways(lab, cut, dead).items():
        rip = {line["prefix"]: line for line in five.show(router, "rip")["table"] if line["state"] != "garbage"}
        kernel = {line["prefix"]: line["lan"] for line in five.show(router, "routes")}
        wanted = {str(lab.lans[lan].prefix): way for lan, way in row.items()}
        if rip.keys() != wanted.keys() or kernel.keys() != wanted.keys():
            faults.append(f"{router} knows {sorted(rip)}, its kernel {sorted(kernel)}, expected {sorted(wanted)}")
            continue
        for prefix, way in wanted.items():
            line = rip[prefix]
            ours = line["via"] is None
            right = ours if not way.via else not ours and line["lan"] in way.via and kernel[prefix] == line["lan"]
            if not right or line["cost"] != way.cost:
                faults.append(f"{router} to {prefix}: {line['lan']} at {line['cost']}, expected {way}")
    return faults


def test_the_tables_of_the_slides(five: Bench) -> None:
    until(lambda: failures(five.check()), THREE_UPDATES)
    assert wrong(five) == []


def test_a_cut_and_its_healing_within_three_updates(five: Bench) -> None:
    five.do("cut", "link1")
    until(lambda: wrong(five, cut={"link1"}), THREE_UPDATES)
    assert "D2" in failures(five.check("D2"))
    five.do("heal", "link1")
    until(lambda: wrong(five), THREE_UPDATES)
    assert failures(five.check()) == {}


def test_a_dead_router_and_a_paused_one_look_alike(five: Bench) -> None:
    """A14: to its neighbours it is the same silence, and it ends in the same tables after the same time."""
    five.do("kill", "b")
    dead = until(lambda: wrong(five, dead={"b"}), SILENCE)
    lost = {"dead": told(five)}
    five.do("start", "b")
    until(lambda: wrong(five), THREE_UPDATES)

    five.do("pause", "b")
    paused = until(lambda: wrong(five, dead={"b"}), SILENCE)
    lost["paused"] = told(five)
    five.do("resume", "b")
    until(lambda: wrong(five), THREE_UPDATES)

    assert lost["paused"] == lost["dead"]
    assert abs(paused - dead) < THREE_UPDATES


def told(five: Bench) -> dict[str, list[str]]:
    """Router → the neighbours that it hears of, once b is silent."""
    return {
        router: sorted(line["prefix"] for line in five.show(router, "rip")["table"] if line["state"] != "garbage")
        for router in "acde"
    }


def test_tcpdump_names_every_rip_packet_without_complaint(five: Bench) -> None:
    with five.tcpdump("b", "-v", "-c", "12", "udp", "port", "520") as said:
        text = said()
    assert text.count("RIPv2") == 12
    assert not re.search(r"\bbad\b|malformed|\[\||invalid|unknown|trunc", text), text
