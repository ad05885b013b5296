"""The lab of a file with another implementation at one place; a check in the words of a program."""

from __future__ import annotations

import pytest

from catenet.nodes.address import Address
from catenet.nodes.control.implementation import Implementation
from catenet.orchestrator.checks.ping import PingCheck
from catenet.orchestrator.checks.routes import RoutesCheck
from catenet.orchestrator.lab.expect import ExpectationError, read_duration, read_expectation
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import Lab, LabFileError
from catenet.orchestrator.lab.overrides import Override

FILE = b"""\
lans: {left: {prefix: 10.0.1.0/24}, right: {prefix: 10.0.2.0/24}}
defaults: {rip: {update: 5s, timeout: 15s}}
nodes:
  a: {lans: [left, right], services: [rip]}
  b:
    lans: [left]
    services: {rip: {update: 6s}, web: {root: x}}
"""


def lab(*other: str) -> Lab:
    return parse(FILE, "lab.yaml", None, Override(*other) if other else None)


@pytest.mark.parametrize("node", ["a", "b"])
def test_one_service_of_one_node_is_done_by_another_and_nothing_else_changes(node):
    plain, changed = lab(), lab(node, "rip", "frr")
    assert changed.nodes[node].implementations == {"rip": Implementation("frr")}
    assert {name: each.services for name, each in changed.nodes.items()} == {
        name: each.services for name, each in plain.nodes.items()
    }
    others = {name: each for name, each in changed.nodes.items() if name != node}
    assert others == {name: each for name, each in plain.nodes.items() if name != node}


def test_ours_is_ours():
    assert lab("a", "rip", "catenet") == lab()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (("c", "rip", "frr"), "lab.yaml:3: the lab has no node 'c'"),
        (("b", "rap", "frr"), "lab.yaml:7: node b has no service 'rap' (did you mean rip?)"),
        (("a", "rip", "fr"), "lab.yaml:4: node a: rip: implementation 'fr' is none that rip has"),
    ],
)
def test_what_is_not_there_is_said_with_the_line_where_it_would_be(other, said):
    with pytest.raises(LabFileError) as caught:
        lab(*other)
    assert said in str(caught.value)


def test_a_check_is_what_the_lab_file_would_make_of_the_same_words():
    written = b"checks: [{claim: D2, routes: {at: a, to: left, cost: 0}, within: 2s}, {ping: {from: b, to: a}}]\n"
    routes, ping = parse(FILE + written, "lab.yaml").checks
    said = read_expectation(lab(), {"claim": "D2", "routes": {"at": "a", "to": "left", "cost": 0}, "within": "2s"})
    assert (said.claim, said.within, said.expectation) == (routes.claim, routes.within, routes.expectation)
    assert read_expectation(lab(), {"ping": {"from": "b", "to": "a"}}).expectation == ping.expectation
    assert (type(routes.expectation), type(ping.expectation)) == (RoutesCheck, PingCheck)


def test_every_mistake_of_a_check_is_said_at_once_without_a_file_and_a_line():
    with pytest.raises(ExpectationError) as caught:
        read_expectation(lab(), {"ping": {"from": "c", "two": "a"}, "within": 2})
    assert [line.partition(" (")[0] for line in sorted(str(caught.value).splitlines())] == [
        "check: ping: `to:` is missing",
        "check: ping: from: there is no node 'c'",
        "check: ping: unknown word 'two'",
        "check: within is 2, and should be a duration",
    ]


def test_values_of_a_program_are_those_of_a_file():
    """An address is a text as it stands in a file, though it is a number in Python; a tuple is a list."""
    words = {"resolve": {"at": "a", "name": "b", "gives": Address.parse("10.0.0.1"), "asks": ("b",)}}
    found = read_expectation(lab(), words).expectation
    assert (found.gives, found.asks) == (Address.parse("10.0.0.1"), ("b",))
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(ExpectationError, match="nested deeper than 20 levels"):
        read_expectation(lab(), {"ping": endless})


def test_a_duration():
    assert read_duration("200ms", "within") == 0.2
    with pytest.raises(ExpectationError, match="within: '2x' is no duration"):
        read_duration("2x", "within")
