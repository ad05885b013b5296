"""BFD among our routers, FRR's and BIRD's: what is lost in silence is seen in a fraction of the dead interval of 40 s.

A link between each two makes, and one between two of ours, is silent once: nobody's interface goes down, and no Hello
is due for seconds.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from lab_bench import until
from ospf_mixed import FOLDER, birdc, make_of, routers_of, until_right, wrong

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600), pytest.mark.lab("ospf-bfd/lab.yaml")]

SILENT = ("link12", "link13", "link23", "link14")
SECONDS = 20.0
"""In which the kernels are right: the machine may be busy. A Hello is due every 10 s, so that without BFD nobody would
notice before 30 s had passed."""


def test_silent_loss_is_seen_by_all_makes_long_before_the_dead_interval(lab: Any) -> None:
    for link in SILENT:
        until_right(lab)
        until(lambda: down(lab))
        began = time.monotonic()
        lab.do("cut", link, silent=True)
        while (faults := wrong(lab, silent=[link])) and time.monotonic() - began < SECONDS:
            pass
        assert faults == []
        lab.do("heal", link)
    said = [line for router in ("r1", "r4") for line in lab[router].logs() if " neighbor.changed " in line]
    for other, link in (("r2", "link12"), ("r3", "link13"), ("r4", "link14")):
        assert any(f"{other} on {link} is Down, was Full: BFD: " in line for line in said), link


@pytest.mark.slow
def test_a_make_that_is_killed_is_seen_and_comes_back(lab: Any) -> None:
    until_right(lab)
    until(lambda: down(lab))
    for router in ("r2", "r3", "r4"):
        others = [each for each in ("r1", "r4") if each != router]
        began = time.monotonic()
        lab.do("kill", router)
        while (there := router in full(lab, others)) and time.monotonic() - began < SECONDS:
            pass
        assert not there
        lab.do("start", router)
        until_right(lab)
        until(lambda: down(lab))


OF_ITSELF = ("/var/tmp/frr/", "per-thread log buffering unavailable")
"""What bfdd says at a start where one before it, of the same process number, was killed: it keeps a folder by that."""


def test_nobody_refuses_a_packet_of_bfd(lab: Any) -> None:
    """But those that are of an earlier life of its sessions."""
    until(lambda: down(lab))
    for router in ("r1", "r4"):
        counters = lab[router].show("ospf")["counters"]
        found = {word for word, count in counters.items() if count and word.startswith("refused.bfd")}
        assert found <= {"refused.bfd-discriminator"}
    said = [line for router in ("r2", "r3") for line in lab[router].logs() if " service.said " in line]
    of_packets = [line for line in said if not any(words in line for words in OF_ITSELF)]
    assert [line for line in of_packets if "BFD" in line.upper() and "unknown session id" not in line] == []


def full(lab: Any, routers: list[str]) -> list[str]:
    """Who is Full, as these routers of ours say."""
    rows = [row for router in routers for row in lab[router].show("ospf neighbors")]
    return [row["node"] for row in rows if row["state"] == "Full"]


def down(lab: Any) -> list[str]:
    """The sessions that are not Up, as each make says itself; each router has three."""
    return [line for router in routers_of(lab) for line in _down(lab, router)]


def _down(lab: Any, router: str) -> list[str]:
    states = {"catenet": _of_catenet, "frr": _of_frr, "bird": _of_bird}[make_of(lab, router)](lab, router)
    return [] if states == ["up"] * 3 else [f"{router}'s sessions are {states}"]


def _of_catenet(lab: Any, router: str) -> list[str]:
    return [row["bfd"].lower() for row in lab[router].show("ospf neighbors") if row["bfd"]]


def _of_frr(lab: Any, router: str) -> list[str]:
    question = ("vtysh", "--vty_socket", FOLDER, "-d", "bfdd", "-c", "show bfd peers json")
    return [peer["status"] for peer in json.loads(lab[router].run(*question).stdout)]


def _of_bird(lab: Any, router: str) -> list[str]:
    rows = [line.split() for line in birdc(lab, router, "show", "bfd", "sessions").splitlines()]
    return [row[2].lower() for row in rows if row and row[0].startswith("10.6.")]
