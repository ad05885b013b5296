"""The lab `source-route` with all its nodes but h1 on our own stack: what the kernel's program there sends with options
comes back as from the kernel's routers.
"""

from __future__ import annotations

import re

import pytest
from calling import PATIENCE

from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300), pytest.mark.lab("source-route", stack="userspace")]

# From h1 over a, b, c to h2 and back: each by its address where the packet went out (RFC 1812 section 4.2.2.2).
WAY = ("10.12.1.1", "10.12.11.1", "10.12.12.2", "10.12.2.13", "10.12.2.1", "10.12.12.3", "10.12.11.2", "10.12.1.11")


def test_all_that_the_lab_claims_of_source_routes(lab: LabUnderTest) -> None:
    stacks = {name: node.stack for name, node in lab.model.nodes.items()}
    assert {name for name, stack in stacks.items() if stack == "kernel"} == {"h1"}
    lab.check(within=PATIENCE)


def test_791_an_unmodified_ping_is_told_the_way_there_and_back(lab: LabUnderTest) -> None:
    lab.check(within=PATIENCE)
    said = lab["h1"].run("ping", "-n", "-R", "-c", "1", "10.12.2.1").stdout
    assert tuple(re.findall(r"^(?:RR:)?\s+([\d.]+)$", said, re.MULTILINE)) == (*WAY, "10.12.1.1")


def test_791_and_when_it_was_where_as_far_as_there_is_room(lab: LabUnderTest) -> None:
    """Four routers with their times, and of the others how many there were; who has no time of day says so."""
    lab.check(within=PATIENCE)
    said = lab["h1"].run("ping", "-n", "-T", "tsandaddr", "-c", "1", "10.12.2.1").stdout
    rows = re.findall(r"^(?:TS:)?\s+([\d.]+)\s+-?\d+(?: absolute)?( not-standard)?$", said, re.MULTILINE)
    assert rows == [(WAY[0], ""), *((each, " not-standard") for each in WAY[1:4])]
    assert "Unrecorded hops: 5" in said
