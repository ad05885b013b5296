"""`mtu:` of a LAN: in the lab, in what the engine is to make, in Compose's file."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from catenet.orchestrator.backend.docker_options import NETWORK_OPTIONS, network_options
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import Lab, LabFileError
from catenet.orchestrator.lab.schema import schema
from catenet.orchestrator.plan.compose import ComposePaths, compose_file
from catenet.orchestrator.plan.desired import desired

OPTION = "com.docker.network.driver.mtu"


def lab(lan: str) -> Lab:
    return parse(
        f"lans: {{l: {{{lan}}}, m: {{}}}}\nnodes: {{a: {{lans: [l, m]}}, b: {{lans: [l]}}}}\n".encode(), "f.yaml"
    )


def test_a_lan_carries_what_ethernet_does_unless_its_file_says_otherwise() -> None:
    assert [each.mtu for each in lab("mtu: 600").lans.values()] == [600, 1500]


def test_the_engine_makes_it_so_and_one_that_says_nothing_is_as_it_was() -> None:
    plain, narrow = (desired(lab(text), "copy", "image").networks for text in ("", "mtu: 600"))
    assert [each.mtu for each in narrow] == [600, 1500]
    assert plain[0].labels["catenet.hash"] != narrow[0].labels["catenet.hash"]
    assert plain[1] == narrow[1]
    assert network_options(1500) == NETWORK_OPTIONS
    assert {key: value for key, value in network_options(600).items() if NETWORK_OPTIONS[key] != value} == {
        OPTION: "600"
    }


def test_to_say_what_it_is_anyway_makes_nothing_anew() -> None:
    assert desired(lab("mtu: 1500"), "copy", "image").networks == desired(lab(""), "copy", "image").networks


def test_compose_makes_it_so_too() -> None:
    text = compose_file(desired(lab("mtu: 600"), "x", "i"), ComposePaths("f.yaml", ".", ""), "catenet export compose")
    networks: Any = YAML(typ="safe").load(StringIO(text))["networks"]
    assert networks["l"]["driver_opts"] == network_options(600)
    assert networks["m"]["driver_opts"] == NETWORK_OPTIONS


@pytest.mark.parametrize("mtu", ["67", "9001", "1500.5", "wide", "-1"])
def test_one_that_no_lan_can_have_is_told_with_its_line(mtu: str) -> None:
    with pytest.raises(LabFileError, match=r"f\.yaml:1: LAN l: mtu"):
        lab(f"mtu: {mtu}")


def test_the_schema_has_it() -> None:
    validator = Draft202012Validator(schema())
    document: dict[str, Any] = {"lans": {"l": {"mtu": 600}}, "nodes": {"a": {"lans": ["l"]}}}
    assert validator.is_valid(document)
    document["lans"]["l"]["mtu"] = 60
    assert not validator.is_valid(document)
