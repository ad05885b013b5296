"""The lab of a file with another routing service in every router."""

from __future__ import annotations

from pathlib import Path

import pytest

import catenet
from catenet.nodes.control.implementation import Implementation
from catenet.orchestrator.lab.load import load, parse
from catenet.orchestrator.lab.model import Lab, LabFileError
from catenet.orchestrator.lab.overrides import Override

LABS = Path(catenet.__file__).parent / "labs"
FILE = """\
lans: {left: {}, right: {}}
defaults: {rip: {update: 5s, timeout: 15s}, ospf: {hello: 2s, dead: 8s}}
nodes:
  a: {lans: [left, right], services: [rip, browse]}
  b:
    lans: [left, right]
    services: {browse: {}, rip: {cost: {left: 3}, passive: [right], implementation: bird}}
  h: {lans: [left], services: {browse: {}}, gateway: a}
checks:
  - {routes: {at: a, to: left, cost: 0}}
"""
PLAIN = "lans: {left: {}}\nnodes:\n  a: {lans: [left], services: [rip]}\n"


def lab(text: str, routing: str = "") -> Lab:
    return parse(text.encode(), "lab.yaml", routing=routing)


def refusals(text: str, routing: str) -> list[str]:
    with pytest.raises(LabFileError) as caught:
        lab(text, routing)
    return str(caught.value).splitlines()


def test_every_router_has_the_other_service_in_the_same_place_with_the_labs_defaults_for_it() -> None:
    plain, other = lab(FILE), lab(FILE, "ospf")
    assert {name: list(node.services) for name, node in plain.nodes.items()} == {
        "a": ["rip", "browse"],
        "b": ["browse", "rip"],
        "h": ["browse"],
    }
    assert {name: list(node.services) for name, node in other.nodes.items()} == {
        "a": ["ospf", "browse"],
        "b": ["browse", "ospf"],
        "h": ["browse"],
    }
    timers = [(node.services["ospf"].hello, node.services["ospf"].dead) for node in list(other.nodes.values())[:2]]
    assert timers == [(2.0, 8.0), (2.0, 8.0)]
    assert (plain.routing, other.routing) == ("", "ospf")


def test_what_both_know_goes_over() -> None:
    b = lab(FILE, "ospf").nodes["b"]
    options = b.services["ospf"]
    assert (options.cost, options.passive) == ({"left": 3}, ("right",))
    assert b.implementations == {"ospf": Implementation("bird")}


def test_nothing_else_changes() -> None:
    plain, other = lab(FILE), lab(FILE, "ospf")
    assert (other.lans, other.checks, other.nodes["h"]) == (plain.lans, plain.checks, plain.nodes["h"])
    assert [node.attachments for node in other.nodes.values()] == [node.attachments for node in plain.nodes.values()]


def test_what_the_file_has_already_is_the_lab_as_it_is_written() -> None:
    assert lab(FILE, "rip") == lab(FILE)
    assert lab("lans: {left: {}}\nnodes: {a: {lans: [left]}}\n", "ospf").routing == ""


def test_defaults_go_over_too_where_the_file_has_none_for_it() -> None:
    text = f"defaults: {{rip: {{cost: {{left: 2}}, auth: {{password: hush}}}}}}\n{PLAIN}"
    options = lab(text, "ospf").nodes["a"].services["ospf"]
    assert (options.cost, options.keys()) == ({"left": 2}, b"hush")


def test_an_implementation_is_put_into_the_lab_as_it_is_then() -> None:
    found = parse(FILE.encode(), "lab.yaml", None, Override("a", "ospf", "frr"), routing="ospf")
    assert found.nodes["a"].implementations == {"ospf": Implementation("frr")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"defaults: {{rip: {{update: 5s, timeout: 15s, tag: 3}}}}\n{PLAIN}",
            [
                "lab.yaml:1: defaults: rip: 'update', 'timeout' mean nothing to ospf (what ospf is to have in their "
                "place the lab's file may say: `defaults: {ospf: {…}}`)"
            ],
        ),
        (
            FILE.replace("services: [rip, browse]", "services: {rip: {split_horizon: off}}"),
            ["lab.yaml:4: node a: rip: 'split_horizon' means nothing to ospf (so this is a lab for rip alone)"],
        ),
        (
            FILE.replace("implementation: bird", "implementation: ./mine"),
            [
                "lab.yaml:7: node b: rip: './mine' is a program for that, and not for ospf (leave it out, in a copy of "
                "the lab's folder)"
            ],
        ),
        (
            FILE.replace("services: [rip, browse]", "services: [rip, ospf]"),
            [
                "lab.yaml:4: node a has rip and ospf: ospf cannot stand for both (such a lab has its own file for each "
                "way of routing)"
            ],
        ),
        (
            FILE.replace("cost: {left: 3}", "cost: {left: high}"),
            ["lab.yaml:7: node b: ospf: cost: left is 'high', and should be a whole number, or measured"],
        ),
    ],
)
def test_what_cannot_go_over_is_refused_with_its_line(text: str, said: list[str]) -> None:
    assert refusals(text, "ospf") == said


def test_a_word_that_is_no_routing_service() -> None:
    (said,) = refusals(FILE, "web")
    assert said.startswith("lab.yaml:1: no service 'web' finds routes")


@pytest.mark.parametrize(
    "text", ["nodes: 3", "nodes: [a]", "nodes: {a: 3}", "nodes: {a: {services: {rip: 3}}}", "x: 1"]
)
def test_what_is_no_lab_is_refused_as_without_it(text: str) -> None:
    assert refusals(text, "ospf")[0].partition(":")[0] == "lab.yaml"


def test_the_default_lab_can_be_run_by_link_state_and_its_routers_alone_differ() -> None:
    plain, other = (load(LABS / "internet" / "lab.yaml", routing=routing) for routing in ("", "ospf"))
    differ = {name for name in plain.nodes if plain.nodes[name] != other.nodes[name]}
    assert differ == {"a", "b", "c", "d", "e", "f1", "f3"}
    assert (plain.checks, plain.timeline, other.disagreements) == (other.checks, other.timeline, ())
