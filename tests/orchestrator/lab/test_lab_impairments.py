"""`impairments:` of a lab file, and the verb that asks for the same in a timeline."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from catenet.nodes.control.config import NodeConfig
from catenet.nodes.control.impairment import Impairment
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.schema import schema
from catenet.orchestrator.plan.desired import desired

NODES = "lans: {l: {}, m: {}}\nnodes: {a: {lans: [l]}, b: {lans: [l, m]}, c: {lans: [m]}}\n"


def lab(text: str) -> Lab:
    return parse(f"{NODES}{text}\n".encode(), "f.yaml")


def configs(of: Lab) -> dict[str, NodeConfig]:
    return {
        each.hostname: NodeConfig.from_json(each.environment["CATENET_NODE"])
        for each in desired(of, "copy", "image").containers
    }


def test_each_lan_has_its_own() -> None:
    found = lab("impairments: {l: {delay: 20ms, jitter: 5ms, loss: 1%, rate: 10mbit}}").lans
    assert found["l"].impairments == (Impairment(delay=0.02, jitter=0.005, loss=0.01, rate=1e7),)
    assert found["m"].impairments == ()


def test_of_several_senders_there_is_a_list() -> None:
    found = lab("impairments: {l: [{from: b, loss: 2%}, {from: a, drop_every: 10}]}").lans["l"]
    assert found.impairments == (Impairment(sender="a", drop_every=10), Impairment(sender="b", loss=0.02))


def test_every_node_on_the_lan_is_told_all_of_it_and_no_other() -> None:
    made = configs(lab("impairments: {l: {from: a, delay: 20ms}}"))
    asked = (Impairment(sender="a", delay=0.02),)
    assert [each.impairments for each in made["a"].interfaces] == [asked]
    assert {each.lan: each.impairments for each in made["b"].interfaces} == {"l": asked, "m": ()}
    assert [each.impairments for each in made["c"].interfaces] == [()]


def test_a_lan_that_suffers_nothing_leaves_no_trace_in_what_a_node_is_told() -> None:
    for each in desired(lab(""), "copy", "image").containers:
        assert "impairments" not in each.environment["CATENET_NODE"]


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("impairments: {l: {delay: 20ms, distribution: normal, jitter: 1ms}}", True),
        ("impairments: {l: [{from: a, loss: 1%}, {from: b, rate: 1mbit, queue: 5, seed: 3}]}", True),
        ("impairments: {l: {delay: 20}}", False),
        ("impairments: {l: {off: true}}", False),
        ("impairments: {l: {distribution: flat}}", False),
        ("timeline: [{at: 1s, impair: l, delay: 20ms, from: a}]", True),
        ("timeline: [{at: 1s, impair: l, off: true}]", True),
        ("timeline: [{at: 1s, cut: l, delay: 20ms}]", False),
    ],
)
def test_the_schema_has_the_same_words(text: str, fits: bool) -> None:
    from ruamel.yaml import YAML

    document = json.loads(json.dumps(YAML(typ="safe", pure=True).load(f"{NODES}{text}")))
    assert Draft202012Validator(schema()).is_valid(document) == fits


def test_a_timeline_says_it_as_the_command_line_does() -> None:
    one, other = lab("timeline: [{at: 1s, impair: l, from: a, delay: 20ms}, {at: 2s, impair: m, off: true}]").timeline
    assert (one.words, other.words) == ("impair l --from a --delay 20ms", "impair m --off")
