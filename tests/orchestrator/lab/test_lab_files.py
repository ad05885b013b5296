"""Right lab files: what is left open is filled in as the rules say."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from time import process_time

import pytest

import catenet
from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.config import StaticRoute
from catenet.orchestrator.checks.fetch import FetchCheck
from catenet.orchestrator.checks.path import PathCheck
from catenet.orchestrator.checks.ping import PingCheck
from catenet.orchestrator.checks.resolve import ResolveCheck
from catenet.orchestrator.checks.routes import RoutesCheck
from catenet.orchestrator.faults.cut import CutOptions
from catenet.orchestrator.lab.load import load, parse
from catenet.orchestrator.lab.model import Check, Lab, LabFileError, Moment

LABS = Path(catenet.__file__).parent / "labs"
SHIPPED = sorted(file.parent.name for file in LABS.glob("*/lab.yaml"))


def lab(text: str) -> Lab:
    return parse(text.encode(), "lab.yaml")


def addresses(of: Lab) -> dict[str, list[str]]:
    return {node.name: [str(place.address) for place in node.attachments] for node in of.nodes.values()}


def test_the_smallest_lab() -> None:
    small = lab("lans: {l: }\nnodes: {a: {lans: l}}\n")
    assert small.name == "lab"
    assert small.lans["l"].prefix == Prefix.parse("10.0.1.0/24")
    assert addresses(small) == {"a": ["10.0.1.1"]}
    node = small.nodes["a"]
    assert (node.forward, node.gateway, node.resolver, node.services, node.routes) == (False, None, None, {}, ())


def test_what_is_written_stands_and_the_rest_is_given_out_in_order() -> None:
    given = lab(
        "lans: {x: {}, y: {prefix: 10.0.1.0/24}, z: {}}\n"
        "nodes:\n  a: {lans: [x, y]}\n  b: {lans: {y: 10.0.1.1, z: }}\n  c: {lans: [y, z]}\n"
    )
    assert [str(lan.prefix) for lan in given.lans.values()] == ["10.0.2.0/24", "10.0.1.0/24", "10.0.3.0/24"]
    assert addresses(given) == {
        "a": ["10.0.2.1", "10.0.1.2"],
        "b": ["10.0.1.1", "10.0.3.1"],
        "c": ["10.0.1.3", "10.0.3.2"],
    }


def test_a_lan_or_node_added_below_changes_nothing_above() -> None:
    before = "lans:\n  x: {}\n  y: {}\n%snodes:\n  a: {lans: [x, y]}\n  b: {lans: [x]}\n"
    first = lab(before % "")
    second = lab(before % "  w: {}\n" + "  aa: {lans: [x, w], forward: no, gateway: a}\n")
    assert {name: first.lans[name] for name in first.lans} == {name: second.lans[name] for name in first.lans}
    assert addresses(first) == {name: addresses(second)[name] for name in first.nodes}


def test_the_smallest_prefix_holds_five_nodes() -> None:
    """A /29 has six host addresses, and the engine keeps the last."""
    full = lab("lans: {l: {prefix: 10.0.0.8/29}}\nnodes:\n" + "".join(f"  n{i}: {{lans: [l]}}\n" for i in range(5)))
    assert [str(node.attachments[0].address) for node in full.nodes.values()] == [f"10.0.0.{i}" for i in range(9, 14)]
    assert str(full.lans["l"].gateway) == "10.0.0.14"


def test_who_forwards() -> None:
    nodes = lab(
        "lans: {l: {}, m: {}}\n"
        "nodes:\n  r: {lans: [l, m]}\n  h: {lans: [l, m], forward: false, gateway: 10.0.1.1}\n"
        "  one: {lans: [m], forward: on, gateway: r}\n"
    ).nodes
    assert [node.forward for node in nodes.values()] == [True, False, True]
    assert [node.gateway and str(node.gateway) for node in nodes.values()] == [None, "10.0.1.1", "10.0.2.1"]


def test_the_default_gateway_is_the_one_router() -> None:
    nodes = lab(
        "lans: {l: {}, m: {}, alone: {}}\nnodes:\n  h: {lans: [l]}\n  r: {lans: [l, m]}\n  s: {lans: [m, l]}\n".replace(
            "s: {lans: [m, l]}", "s: {lans: [m]}"
        )
        + "  i: {lans: [alone]}\n"
    ).nodes
    assert str(nodes["h"].gateway) == "10.0.1.2"
    assert str(nodes["s"].gateway) == "10.0.2.1"
    assert nodes["i"].gateway is None


def test_a_host_that_runs_a_routing_protocol_needs_no_gateway() -> None:
    nodes = lab(
        "lans: {l: {}, m: {}}\nnodes: {a: {lans: [l, m]}, b: {lans: [l, m]}, h: {lans: [l], services: [rip]}}"
    ).nodes
    assert nodes["h"].gateway is None


def test_static_routes() -> None:
    nodes = lab(
        "lans: {l: {}, m: {}, n: {}}\n"
        "nodes:\n  r: {lans: [l, m]}\n  s: {lans: [m, n]}\n"
        "  h: {lans: [l], routes: [{to: n, via: r}, {to: 0.0.0.0/0, via: 10.0.1.1}]}\n"
    ).nodes
    via = Address.parse("10.0.1.1")
    assert nodes["h"].routes == (
        StaticRoute(Prefix.parse("10.0.3.0/24"), via),
        StaticRoute(Prefix.parse("0.0.0.0/0"), via),
    )


RESOLVERS = (
    "lans: {l: {}, m: {}}\n"
    "nodes:\n  r: {lans: [l, m]}\n  h: {lans: [l]}\n  i: {lans: [m]}\n"
    "  one: {lans: [l], services: [resolver]}\n"
)


def test_a_resolver_is_the_lans_else_the_only_one() -> None:
    nodes = lab(RESOLVERS).nodes
    assert {str(node.resolver) for node in nodes.values()} == {"10.0.1.3"}


def test_with_two_resolvers_the_lans_goes_first() -> None:
    nodes = lab(RESOLVERS + "  two: {lans: [m], services: [resolver]}\n").nodes
    assert [str(nodes[name].resolver) for name in ("h", "i", "one", "two")] == [
        "10.0.1.3",
        "10.0.2.3",
        "10.0.1.3",
        "10.0.2.3",
    ]
    assert nodes["r"].resolver is None  # it is on both LANs


def test_what_resolver_says_goes_first() -> None:
    far = "  j: {lans: [m], resolver: one}\n  k: {lans: [m], resolver: 10.0.1.3}\n"
    nodes = lab(RESOLVERS + "  two: {lans: [m], services: [resolver]}\n" + far).nodes
    assert str(nodes["j"].resolver) == str(nodes["k"].resolver) == "10.0.1.3"


def test_options_are_the_nodes_over_the_labs_over_the_services() -> None:
    nodes = lab(
        "defaults: {rip: {update: 2s, timeout: 1m}}\nlans: {l: {}, m: {}}\n"
        "nodes:\n  a: {lans: [l, m], services: [rip]}\n"
        "  b: {lans: [l, m], services: {rip: {update: 500ms, split_horizon: off}}}\n"
    ).nodes
    a, b = (asdict(nodes[name].services["rip"]) for name in "ab")
    assert (a["update"], a["timeout"]) == (2.0, 60.0)
    assert (b["update"], b["timeout"], b["split_horizon"]) == (0.5, 60.0, "off")
    assert (a["garbage"], a["split_horizon"]) == (120.0, "poisoned")  # RFC 2453 sections 3.8 and 3.4.3


def test_a_default_may_leave_out_what_has_no_default() -> None:
    nodes = lab(
        "defaults: {web: {port: 8080}}\nlans: {l: {}}\nnodes: {a: {lans: [l], services: {web: {root: x}}}}"
    ).nodes
    assert nodes["a"].services["web"].port == 8080


def test_every_kind_of_check() -> None:
    checks = lab(
        "lans: {l: {}, m: {}}\nnodes: {a: {lans: [l]}, r: {lans: [l, m]}}\n"
        "checks:\n"
        "  - {claim: D2, routes: {at: a, to: m, via: l, cost: 1}, within: 20s}\n"
        "  - routes: {at: r, to: m, cost: 0}\n"
        "  - routes: {at: a, to: m, cost: 1}\n"
        "  - routes: {at: a, to: m, via: [l]}\n"
        "  - resolve: {at: a, name: www.x, cold: true, messages: 8, asks: [r, root], gives: 10.0.0.1}\n"
        "  - fetch: {at: a, url: 'http://r/x', status: 404}\n"
        "  - path: {from: a, to: r, routers: []}\n"
        "  - ping: {from: a, to: r, answered: no}\n"
    ).checks
    assert checks == (
        Check(RoutesCheck("a", "m", ("l",), 1), "D2", 20.0, 4),
        Check(RoutesCheck("r", "m", (), 0), line=5),
        Check(RoutesCheck("a", "m", (), 1), line=6),
        Check(RoutesCheck("a", "m", ("l",), None), line=7),
        Check(ResolveCheck("a", "www.x", True, 8, ("r", "root"), Address.parse("10.0.0.1")), line=8),
        Check(FetchCheck("a", "http://r/x", 404), line=9),
        Check(PathCheck("a", "r", ()), line=10),
        Check(PingCheck("a", "r", False), line=11),
    )


def test_a_timeline_is_in_the_order_of_its_times() -> None:
    timeline = lab(
        "lans: {l: {}}\nnodes: {a: {lans: [l]}}\n"
        "timeline:\n  - {at: 2m, heal: l}\n  - {at: 500ms, cut: l}\n  - {at: 1s, cut: l, silent: yes}\n"
        "  - {at: 500ms, expect: {ping: {from: a, to: a}}, within: 15s}\n  - {at: 3m, kill: a}\n"
    ).timeline
    ping = Check(PingCheck("a", "a"), within=15.0, line=7)
    assert timeline == (
        Moment(0.5, "cut", "l"),
        Moment(0.5, expect=ping),
        Moment(1.0, "cut", "l", options=CutOptions(silent=True)),
        Moment(120.0, "heal", "l"),
        Moment(180.0, "kill", "a"),
    )


def test_words_that_yaml_1_1_took_for_booleans_are_names() -> None:
    nodes = lab("lans: {no: {}, on: {}}\nnodes: {off: {lans: [no, on]}, yes: {lans: [no]}}").nodes
    assert list(nodes) == ["off", "yes"]


def test_data_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    text = "lans: {l: {}}\nnodes:\n  w: {lans: [l], services: {web: {root: x/y}, nameserver: {zones: [x, w]}}}\n"
    with pytest.raises(LabFileError, match="zone x has no file"):
        parse(text.encode(), "lab.yaml", tmp_path)
    (tmp_path / "pages" / "x" / "y").mkdir(parents=True)
    (tmp_path / "zones").mkdir()
    (tmp_path / "zones" / "x.zone").write_text("$TTL 5\n@ SOA w w 1 2 3 4 5\n@ NS w.\n")
    (tmp_path / "lab.yaml").write_text(f"name: x\n{text}")
    found = load(tmp_path / "lab.yaml")
    assert (list(found.data["w"]), found.files) == (["x"], ("zones/x.zone",))
    assert found.file == tmp_path / "lab.yaml"


@pytest.mark.parametrize("file", sorted(LABS.glob("*/*.yaml")), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_lab_of_ours_is_right(file: Path) -> None:
    found = load(file)
    assert found.name == (file.parent.name if file.name == "lab.yaml" else f"{file.parent.name}-{file.stem}")
    assert found.disagreements == ()
    assert found.checks
    expected = [moment.expect for moment in found.timeline if moment.expect is not None]
    assert {check.claim for check in (*found.checks, *expected) if check.claim} == set(found.claims)


def test_the_default_lab_is_the_size_that_its_story_tells() -> None:
    internet = load(LABS / "internet" / "lab.yaml")
    assert len(internet.lans) == 13
    assert len(internet.nodes) == 20
    assert (
        sum(len(node.attachments) for node in internet.nodes.values()) == 7 * 3 + 13
    )  # seven routers with three legs each, on average; thirteen hosts
    assert str(internet.nodes["surf.eurecom.fr"].gateway) == "192.31.33.1"
    assert {str(node.resolver) for node in internet.nodes.values()} == {"192.31.33.53"}


def test_loading_is_quick() -> None:
    began = process_time()
    load(LABS / "internet" / "lab.yaml")
    assert process_time() - began < 0.2


@pytest.mark.parametrize("name", SHIPPED)
def test_a_lab_that_comes_along_checks_all_that_it_claims(name: str) -> None:
    shipped = load(LABS / name / "lab.yaml")
    expected = [*shipped.checks, *(moment.expect for moment in shipped.timeline if moment.expect is not None)]
    assert {check.claim for check in expected} == set(shipped.claims)


def test_the_table_of_claims_names_the_labs_that_claim_them() -> None:
    rows = [line.strip("| ").split(" | ") for line in (LABS / "README.md").read_text().splitlines()]
    told = {
        claim: set(SHIPPED) if row[2] == "all" else set(row[2].split(", "))
        for row in rows
        if len(row) == 3 and row[0][1:2].isdigit()
        for claim in row[0].split(", ")
    }
    claims = {name: load(LABS / name / "lab.yaml").claims for name in SHIPPED}
    assert told == {
        claim: {name for name in SHIPPED if claim in claims[name]} for row in claims.values() for claim in row
    }
