"""Another program for a service is one file: a name server that routes nothing, from the lab file to its container."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from catenet.nodes.control.config import CONFIG_VARIABLE
from catenet.nodes.control.implementation import Implementation
from catenet.orchestrator.lab.load import load, parse
from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.lab.schema import schema
from catenet.orchestrator.plan.desired import CAPABILITIES, desired

pytestmark = pytest.mark.usefixtures("own_service")

LAB = """\
lans: {link1: {prefix: 10.0.1.0/24}}
nodes:
  a: {lans: {link1: 10.0.1.1}}
  b:
    lans: {link1: 10.0.1.2}
    services: {nameserver: {zones: [ZONES], implementation: WORD}}
"""
ZONE = "@ 300 IN SOA b. b. 1 300 300 300 300\n@ 300 IN NS b.example.\nb 300 IN A 10.0.1.2\n"


def file_in(folder: Path, word: str = "toybind", zones: str = "example") -> Path:
    (folder / "zones").mkdir()
    for zone in zones.split(", "):
        (folder / "zones" / f"{zone}.zone").write_text(f"$ORIGIN {zone}.\n{ZONE}")
    (folder / "lab.yaml").write_text(LAB.replace("ZONES", zones).replace("WORD", word))
    return folder / "lab.yaml"


def test_its_node_is_told_who_does_the_work_and_may_what_that_needs(tmp_path: Path) -> None:
    lab = load(file_in(tmp_path))
    assert lab.nodes["b"].implementations == {"nameserver": Implementation("toybind")}
    a, b = desired(lab, "x", "catenet/node:1").containers
    assert json.loads(b.environment[CONFIG_VARIABLE])["services"] == {
        "nameserver": {"zones": ["example"], "implementation": "toybind"}
    }
    assert (a.capabilities, b.capabilities) == (CAPABILITIES, (*CAPABILITIES, "SYS_CHROOT"))


@pytest.mark.parametrize(
    ("word", "zones", "said"),
    [
        ("toybind", "example, test", "lab.yaml:6: node b: nameserver: toybind serves one zone, and not example, test"),
        ("toybnd", "example", "'toybnd' is none that nameserver has (did you mean toybind?)"),
        ("frr", "example", "'frr' is none that nameserver has (there is: catenet, toybind, ./path)"),
        ("./mine", "example", "nameserver: ./mine is not there"),
    ],
)
def test_what_it_cannot_be_is_said_at_its_line(tmp_path: Path, word: str, zones: str, said: str) -> None:
    with pytest.raises(LabFileError) as caught:
        load(file_in(tmp_path, word, zones))
    assert said in str(caught.value)


def test_the_schema_has_it() -> None:
    validator = Draft202012Validator(schema())

    def is_valid(word: str) -> bool:
        services = {"nameserver": {"zones": ["example"], "implementation": word}}
        return bool(validator.is_valid({"lans": {"l": None}, "nodes": {"a": {"lans": ["l"], "services": services}}}))

    assert [is_valid(word) for word in ("catenet", "toybind", "frr", "./mine")] == [True, True, False, True]


REDISTRIBUTION = """\
lans: {l: {}}
nodes:
  a:
    lans: [l]
    services:
      toyroute:
      rip: {update: 5s, redistribute: [static, toyroute], implementation: WORD}
"""


@pytest.mark.parametrize(
    ("word", "known"), [("frr", "default, ospf"), ("bird", "default, ospf"), ("./my-rip", "default")]
)
def test_a_routing_program_refuses_routes_of_services_that_it_does_not_know(word: str, known: str) -> None:
    with pytest.raises(LabFileError) as caught:
        parse(REDISTRIBUTION.replace("WORD", word).encode(), "lab.yaml")
    said = f"lab.yaml:7: node a: rip: {word} redistributes connected, static, {known} alone, and not toyroute"
    assert said in str(caught.value)


def test_frr_hears_of_ospf_where_that_is_frrs_too() -> None:
    """Both by the one zebra of the node; of a service of ours that hears nothing."""
    text = REDISTRIBUTION.replace("toyroute:\n", "ospf: {OTHER}\n").replace("toyroute", "ospf").replace("WORD", "frr")
    parse(text.replace("OTHER", "implementation: frr").encode(), "lab.yaml")
    with pytest.raises(LabFileError) as caught:
        parse(text.replace("{OTHER}", "{}").encode(), "lab.yaml")
    why = "node a: rip: frr redistributes ospf where that is FRR's, too: write `implementation: frr` there"
    assert f"lab.yaml:7: {why}" in str(caught.value)


def test_a_program_of_ones_own_has_no_last_resort() -> None:
    text = REDISTRIBUTION.replace("redistribute: [static, toyroute]", "last_resort: [7]").replace("WORD", "./my-rip")
    with pytest.raises(LabFileError) as caught:
        parse(text.encode(), "lab.yaml")
    assert "./my-rip says no tags, so that none can be its last_resort" in str(caught.value)
