"""The lab `five-routers`: the slides' tables, and those of every network that is left when something breaks.

What they are to be, rip_tables.py says.
"""

from __future__ import annotations

import re

import pytest
from lab_bench import PATIENCE, until
from rip_tables import wrong

from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = [pytest.mark.engine, pytest.mark.lab("five-routers")]

WITHIN = f"{PATIENCE:g}s"


@pytest.fixture(
    scope="module",
    autouse=True,
    params=[
        pytest.param(stack, marks=pytest.mark.lab("five-routers", stack=stack)) for stack in ("kernel", "userspace")
    ],
)
def stack(request: pytest.FixtureRequest) -> str:
    """Whose stack the routers have: what they find, and what becomes of them, is the same."""
    return str(request.param)


def test_the_tables_of_the_slides(lab: LabUnderTest) -> None:
    lab.check(within=WITHIN)
    until(lambda: wrong(lab))


def test_a_cut_and_its_healing(lab: LabUnderTest) -> None:
    with lab.cut("link1"):
        until(lambda: wrong(lab, cut={"link1"}))
        lab.check("D5", "D3", within=WITHIN)
        with pytest.raises(
            AssertionError,
            match=r"(?s)a to lan-b: via link1, cost 1\n  expected .*?  seen +(via link3, cost 3|no route)",
        ):
            lab.check("D2", within="0s")
    assert wrong(lab) == []  # it has converged when the block ends
    lab.check()


def test_healed_by_a_word_of_its_own(lab: LabUnderTest) -> None:
    lab.cut("link1")
    until(lambda: wrong(lab, cut={"link1"}))
    lab.heal("link1")
    until(lambda: wrong(lab))


def test_a_network_of_its_own_is_reached_by_the_others_while_its_own_end_is_down(lab: LabUnderTest) -> None:
    """RFC 2453 section 3.9.2: b is still on link1, and announces it; what a had itself does not stand in the way."""

    def elsewhere(lan: str, protocol: str) -> str | None:
        row = next((row for row in lab["a"].show("routes") if row["prefix"] == "10.0.1.0/24"), {})
        return None if (row.get("lan"), row.get("protocol")) == (lan, protocol) else f"a's kernel has {row}"

    assert elsewhere("link1", "kernel") is None
    try:
        assert lab["a"].run("ip", "link", "set", "link1", "down").returncode == 0
        until(lambda: elsewhere("link3", "rip"))
    finally:
        lab["a"].run("ip", "link", "set", "link1", "up")
    until(lambda: elsewhere("link1", "kernel"))
    until(lambda: wrong(lab))


def test_a_silent_link_is_found_out_by_its_timeout_alone(lab: LabUnderTest) -> None:
    downs = causes(lab, "a").count("link1 went down")
    with lab.cut("link1", silent=True):
        lab.wait_for(ping={"from": "a", "to": "b", "answered": False}, within="0s")
        until(lambda: wrong(lab, silent={("a", "link1"), ("b", "link1")}))
        assert "LOWER_UP" in lab["a"].run("ip", "link", "show", "link1").stdout
        assert causes(lab, "a").count("link1 went down") == downs
        assert "timed out" in causes(lab, "a")
        lab.check("D5", "D3", within=WITHIN)
    assert wrong(lab) == []
    lab.wait_for(ping={"from": "a", "to": "b"}, within="0s")


def causes(five: LabUnderTest, router: str) -> list[str]:
    """Why its routes have changed so far: what stands in brackets at the end of its words."""
    lines = [line for line in five[router].logs() if " rip route." in line]
    return [line.rpartition("(")[2].removesuffix(")") for line in lines]


def test_a_dead_router_and_a_paused_one_look_alike(lab: LabUnderTest) -> None:
    """A14: to its neighbours it is the same silence, and it ends in the same tables."""
    with lab["b"].kill():
        until(lambda: wrong(lab, dead={"b"}))
        lost = {"dead": told(lab)}
    assert wrong(lab) == []
    with lab["b"].pause():
        until(lambda: wrong(lab, dead={"b"}))
        lost["paused"] = told(lab)
    assert wrong(lab) == []
    assert lost["paused"] == lost["dead"]


def told(five: LabUnderTest) -> dict[str, list[str]]:
    """Router → the neighbours that it hears of, once b is silent."""
    return {
        router: sorted(line["prefix"] for line in five[router].show("rip")["table"] if line["state"] != "garbage")
        for router in "acde"
    }


def test_tcpdump_names_every_rip_packet_without_complaint(lab: LabUnderTest) -> None:
    command = ("tcpdump", "-Z", "root", "-n", "-i", "any", "-s", "2048", "-v", "-c", "12", "udp", "port", "520")
    text = lab["b"].run(*command, within=WITHIN).stdout
    assert text.count("RIPv2") == 12
    assert not re.search(r"\bbad\b|malformed|\[\||invalid|unknown|trunc", text), text


def test_what_a_lan_carries_is_captured_from_both_ends(lab: LabUnderTest) -> None:
    ends = {"10.0.1.1", "10.0.1.2"}
    with lab.capture("link1", "udp port 520") as packets:
        assert packets == []
        for address in ends:  # until each has been heard of by an unmodified tcpdump
            command = ("tcpdump", "-Z", "root", "-ni", "link1", "-c", "1", "udp port 520 and src", address)
            heard = lab["a"].run(*command, within=WITHIN)
            assert heard.returncode == 0, heard.last_words
    assert {str(packet.source.address) for packet in packets} == ends


def test_left_broken(lab: LabUnderTest) -> None:
    lab["b"].kill()
    lab.cut("link5")
    LEFT.append(lab.name)


def test_it_is_whole_for_the_next_test_and_still_the_same_copy(lab: LabUnderTest) -> None:
    assert lab.name == LEFT[-1]
    assert wrong(lab) == []


LEFT: list[str] = []
