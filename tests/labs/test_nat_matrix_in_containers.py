"""The lab `nat-matrix`: phones behind translators find each other by the path that the oracle predicts."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations

import pytest
from ice_oracle import Box, Home, predicted

from catenet.orchestrator.checks.matrix import MatrixCheck
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.operations import run_checks

pytestmark = [pytest.mark.engine, pytest.mark.lab("nat-matrix")]

FEW = ("open", "wall", "ei-ap", "ap-ap", "tcp-only", "mate")
"""Fifteen pairs, of which some go each way."""


def home(lab: Lab, phone: str, made: dict[str, Box]) -> Home:
    """The boxes between a phone and the backbone, as the lab file has them."""
    boxes, lan = [], lab.nodes[phone].attachments[0].lan
    while lan != "backbone":
        gate = next(
            name
            for name, node in lab.nodes.items()
            if "nat" in node.services and any(each.lan == lan for each in node.attachments[1:])
        )
        options = lab.nodes[gate].services["nat"]
        box = Box(
            options.mapping,
            options.filtering,
            options.hairpin == "on",
            options.translate == "on",
            options.udp == "on",
        )
        boxes.append(made.setdefault(gate, box))
        lan = lab.nodes[gate].attachments[0].lan
    return tuple(boxes)


def test_every_cell_of_its_table_is_predicted_by_the_oracle(lab: LabUnderTest) -> None:
    (check,) = (each.expectation for each in lab.model.checks)
    assert isinstance(check, MatrixCheck)
    made: dict[str, Box] = {}
    homes = {phone: home(lab.model, phone, made) for phone in check.among}
    cells = {pair: predicted(*(homes[each] for each in pair)) for pair in combinations(check.among, 2)}
    assert dict(check.predicted) == cells


def test_what_is_seen_is_what_is_predicted(lab: LabUnderTest) -> None:
    (whole,) = lab.model.checks
    assert isinstance(whole.expectation, MatrixCheck)
    cells = whole.expectation.predicted
    rows = (" ".join([name, *(cells[other, name] for other in FEW[:number])]) for number, name in enumerate(FEW))
    some = replace(whole, expectation=MatrixCheck(FEW, " ".join(rows), 1.0))
    (result,) = run_checks(lab.engine, lab.running, [some], lambda _: None)
    assert result.passed, result.lines()
    assert {cells[pair] for pair in combinations(FEW, 2)} == {"direct", "punched", "relayed"}


@pytest.mark.slow
def test_all_cells(lab: LabUnderTest) -> None:
    assert len(lab.check()) == 1


def test_the_story_of_a_call_and_its_picture(lab: LabUnderTest, capsys: pytest.CaptureFixture[str]) -> None:
    """Claim I2: two symmetric translators, and a supernode between; each step was on the wire."""
    assert run(["trace", "call", "wall", "ap-ap", "--json", "--lab", lab.name]) == 0
    told = json.loads(capsys.readouterr().out)
    (relay,) = {*told["by"]}
    assert (told["path"], relay in ("s1", "s2")) == ("relayed", True)
    kinds = [step["kind"] for step in told["steps"]]
    assert {*kinds} >= {"joined", "calling", "allocate", "ringing", "answered", "check", "nomination", "media", "ended"}
    media = [step for step in told["steps"] if step["kind"] == "media"]
    assert len(media) == 2
    assert all(relay in step["over"] and "gate-ap-ap" in step["over"] for step in media)
    checks = [step["message"] for step in told["steps"] if step["kind"] == "check"]
    assert any("passed" in each for each in checks)
    assert any("no answer" in each and "last seen at gate-" in each for each in checks)
    assert all(step["seen_by"] for step in told["steps"] if step["kind"] != "joined")
    assert run(["graph", "--call", "wall", "--json", "--lab", lab.name]) == 0
    way = json.loads(capsys.readouterr().out)["call"]
    assert (way[0], way[-1], relay in way, "gate-ap-ap" in way) == ("wall", "ap-ap", True, True)
