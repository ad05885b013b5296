"""Two homes with the same prefixes, behind two translators in a row: everything names the node that is meant."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import pytest
from homes import FILE
from ruamel.yaml import YAML

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.config import CONFIG_VARIABLE, NodeConfig
from catenet.nodes.control.events import Event
from catenet.nodes.machine import Json
from catenet.orchestrator.checks.gone import GoneCheck
from catenet.orchestrator.checks.loop import LoopCheck
from catenet.orchestrator.checks.path import PathCheck
from catenet.orchestrator.checks.ping import PingCheck
from catenet.orchestrator.checks.routes import RoutesCheck
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.ready import Readiness
from catenet.orchestrator.lab.graph import expected, leaks
from catenet.orchestrator.lab.load import load, parse
from catenet.orchestrator.lab.model import Check, Measure
from catenet.orchestrator.observe.events import LogEntry
from catenet.orchestrator.operations import run_checks
from catenet.orchestrator.operations.scene import RunningScene
from catenet.orchestrator.pictures.live import live_picture
from catenet.orchestrator.plan.compose import ComposePaths, compose_file
from catenet.orchestrator.plan.desired import desired
from catenet.orchestrator.status.converged import not_converged
from catenet.orchestrator.status.state import lab_state
from catenet.orchestrator.timeline.measure import Account

ATTIC = "192.168.2.0/24"
"""Of both homes."""


def row(prefix: str, lan: str, via: str, node: str, protocol: str = "rip") -> Json:
    return {"prefix": prefix, "lan": lan, "via": via, "node": node, "protocol": protocol, "metric": 120, "cost": 1}


def own(prefix: str, lan: str) -> Json:
    return {"prefix": prefix, "lan": lan, "via": None, "node": None, "protocol": "kernel", "metric": 0, "cost": 0}


def settled(homes: Any) -> None:
    """Every router has the routes that it should have."""
    found = {
        "up1": row("100.64.0.0/24", "home1", "192.168.1.1", "box1"),
        "up2": row("100.64.0.0/24", "home2", "192.168.1.1", "box2"),
        "box1": row(ATTIC, "home1", "192.168.1.3", "up1"),
        "box2": row(ATTIC, "home2", "192.168.1.3", "up2"),
        "r": row("198.51.100.0/24", "core", "10.0.0.2", "s"),
        "s": row("203.0.113.0/24", "core", "10.0.0.1", "r"),
    }
    for node, route in found.items():
        homes.tables[node, "routes"] = [route]
        homes.tables[node, "rip"] = {"table": [route]}


def checked(homes: Any, *expectations: Any) -> list[tuple[bool, str]]:
    """Whether each holds, and what was seen."""
    done = run_checks(homes.engine, homes.running, [Check(each) for each in expectations], lambda _: None)
    return [(result.passed, result.finding.seen) for result in done]


def config(node: str) -> NodeConfig:
    """What the node is told."""
    containers = desired(load(FILE), "copy", "i").containers
    return NodeConfig.from_json(next(each for each in containers if each.hostname == node).environment[CONFIG_VARIABLE])


# what nodes are told


def test_a_node_is_told_of_no_strangers_private_addresses() -> None:
    outside = {"r", "s", "server", "neighbour"}
    assert {name: set(config(name).hosts) for name in ("pc1", "pc2", "cgn", "server")} == {
        "pc1": {"pc1", "up1", "box1", "box2", "cgn"} | outside,
        "pc2": {"pc2", "up2", "box1", "box2", "cgn"} | outside,
        "cgn": {"box1", "box2", "cgn"} | outside,
        "server": {"cgn"} | outside,
    }
    assert len(set(config("pc1").hosts.values())) == len(config("pc1").hosts)


def test_who_is_outside_of_a_homes_resolver_needs_the_names_by_itself() -> None:
    lab = parse(FILE.read_bytes().replace(b"services: {nat: {}, rip", b"services: {nat: {}, resolver: {}, rip"), "f")
    hosts = {
        spec.hostname: NodeConfig.from_json(spec.environment[CONFIG_VARIABLE]).hosts
        for spec in desired(lab, "copy", "i").containers
    }
    assert (hosts["pc1"], [*hosts["pc2"]]) == (
        {},
        ["box1", "up2", "pc2", "box2", "cgn", "r", "s", "server", "neighbour"],
    )


def test_a_translator_is_known_by_the_address_towards_whoever_asks() -> None:
    """By its first one the server would look for 100.64.0.1, and the other home for 192.168.1.1, which is its own."""
    assert str(config("server").hosts["cgn"]) == "203.0.113.1"
    assert [str(config(node).hosts["box1"]) for node in ("pc1", "pc2")] == ["192.168.1.1", "100.64.0.11"]


def test_a_node_is_told_of_the_lans_of_its_realm_and_of_those_outside() -> None:
    outside = ["carrier", "outside", "core", "far"]
    assert [*config("box2").lans] == ["attic2", "home2", *outside]
    assert [*config("server").lans] == outside[1:]


def test_who_is_outside_does_not_take_a_translator_for_a_router() -> None:
    """Two routers on a host's LAN are a question for its file; a translator's outside is none."""
    nodes = load(FILE).nodes
    assert str(nodes["neighbour"].gateway) == "203.0.113.2"
    assert {name: node.outside for name, node in nodes.items() if node.outside} == {
        "box1": "carrier",
        "box2": "carrier",
        "cgn": "outside",
    }


def test_a_second_lan_with_a_prefix_has_another_one_on_the_engine() -> None:
    wanted = desired(load(FILE), "copy", "i")
    prefixes = [network.prefix for network in wanted.networks]
    assert not any(one.overlaps(other) for one, other in combinations(prefixes, 2))
    places = config("box2").interfaces
    assert [(each.lan, str(each.address), each.length) for each in places] == [
        ("home2", "192.168.1.1", 24),
        ("carrier", "100.64.0.12", 24),
    ]
    engine = {network.name: network.prefix for network in wanted.networks}
    assert all(engine[f"copy_{each.lan}"].holds(each.engine) for each in places)


def test_compose_is_given_the_same() -> None:
    wanted = desired(load(FILE), "copy", "i")
    written = YAML(typ="safe").load(compose_file(wanted, ComposePaths("lab.yaml", ".", ""), "catenet export compose"))
    subnets = {lan: Prefix.parse(each["ipam"]["config"][0]["subnet"]) for lan, each in written["networks"].items()}
    assert not any(one.overlaps(other) for one, other in combinations(subnets.values(), 2))
    for node in ("pc1", "pc2"):
        service = written["services"][node]
        told = NodeConfig.from_json(json.dumps(json.loads(service["environment"][CONFIG_VARIABLE])))
        [place] = told.interfaces
        assert str(place.address) == "192.168.1.2"
        address = Address.parse(service["networks"][place.lan]["ipv4_address"])
        assert address == place.engine
        assert subnets[place.lan].holds(address)


# routing


def test_each_home_has_its_own_routes() -> None:
    rows = expected(load(FILE))["rip"]
    assert [set(rows[router]) for router in ("box1", "box2", "r")] == [{"attic1"}, {"attic2"}, {"far"}]
    assert list(leaks(load(FILE))) == []


def test_a_router_is_converged_by_its_own_homes_routes(homes: Any) -> None:
    settled(homes)
    assert not_converged(homes.engine, homes.lab, homes.running.containers) == []
    homes.tables["box2", "routes"] = homes.tables["box2", "rip"] = {"table": []}
    homes.tables["box2", "routes"] = []
    assert not_converged(homes.engine, homes.lab, homes.running.containers) == [
        "box2 has no route to attic2 at cost 1",
        "box2's kernel has no route to attic2, not by home2",
    ]


def test_a_router_is_ready_by_its_own_homes_routes() -> None:
    readiness = Readiness(load(FILE), ())
    for node in ("box1", "box2"):
        readiness.note(node, Event(1.0, node, "rip", "route.changed", "", {"prefix": ATTIC, "cost": 1}))
    words = [each.words for each in readiness.lacking()]
    assert "up1 has no route to carrier at cost 1" in words
    assert not [word for word in words if "attic" in word]


def test_only_the_routers_of_that_home_are_counted() -> None:
    lab = load(FILE)
    account = Account(
        Measure("m", ("box1", "box2"), ("attic1",)), lab, [(box, "rip", ATTIC) for box in ("box1", "box2")], 0.0
    )
    for at, node in enumerate(("box2", "box1"), 1):
        entry = LogEntry(node, at, at, "", Event(at, node, "rip", "route.lost", "", {"prefix": ATTIC}))
        assert account.note(entry) is (node == "box1")
    assert account.seconds == 2.0


# checks


def test_a_ping_goes_to_the_address_that_its_sender_means(homes: Any) -> None:
    homes.programs["ping"] = lambda: (0, b"", b"")
    pings = [("pc1", "server"), ("server", "cgn"), ("pc2", "box1"), ("pc2", "box2")]
    assert all(holds for holds, _ in checked(homes, *(PingCheck(*each) for each in pings)))
    assert {(node, command[-1]) for node, command in homes.ran} == {
        ("pc1", "198.51.100.10"),
        ("server", "203.0.113.1"),
        ("pc2", "100.64.0.11"),
        ("pc2", "192.168.1.1"),
    }


def test_an_address_that_nobody_has_out_there_is_tried(homes: Any) -> None:
    """So that a private address that leaks is found."""
    homes.programs["ping"] = lambda: (1, b"", b"")
    assert checked(homes, PingCheck("server", "pc1", answered=False))[0][0]
    assert homes.ran == [("server", ("ping", "-n", "-c", "3", "-i", "0.1", "-W", "1", "-s", "56", "192.168.1.2"))]


def test_a_ping_to_the_other_home_would_go_to_the_own_one(homes: Any) -> None:
    assert checked(homes, PingCheck("pc2", "pc1", answered=False), LoopCheck("pc2", ("attic1",))) == [
        (False, "192.168.1.2 is in LAN home2 at pc2, not in LAN home1"),
        (False, "192.168.2.253 is in LAN attic2 at pc2, not in LAN attic1"),
    ]
    assert homes.ran == []


def test_a_path_out_of_a_home_has_its_own_nodes_and_those_outside(homes: Any) -> None:
    hops = ["192.168.1.1", "100.64.0.1", "203.0.113.2", "10.0.0.2", "198.51.100.10"]
    text = "".join(f" {number}  {hop}  0.1 ms\n" for number, hop in enumerate(hops, 1))
    homes.programs["traceroute"] = lambda: (0, text.encode(), b"")
    seen = checked(homes, PathCheck("pc2", "server", ("box2", "cgn", "r", "s")), PathCheck("pc1", "server", ("box2",)))
    assert seen == [(True, "box2 cgn r s server"), (False, "box1 cgn r s server")]


def test_a_route_is_to_the_lan_that_the_router_means(homes: Any) -> None:
    settled(homes)
    homes.tables["r", "routes"] = []
    assert checked(
        homes,
        RoutesCheck("box2", "attic2", ("home2",), 1),
        RoutesCheck("box2", "attic1", ("home2",)),
        GoneCheck(("box2",), ("attic1",)),
        GoneCheck(("box1", "box2"), ("attic1", "attic2")),
    ) == [
        (True, "via home2, cost 1"),
        (False, f"no route to attic1 ({ATTIC})"),
        (True, "no route"),
        (False, "box1 to attic1 via home1; box2 to attic2 via home2"),
    ]


def test_a_route_outside_to_a_homes_prefix_is_a_leak_and_no_lan_of_another(homes: Any) -> None:
    homes.tables["r", "routes"] = [row(ATTIC, "outside", "203.0.113.1", "cgn")]
    assert checked(homes, GoneCheck(("r",), ("attic1",))) == [(False, "r to attic1 via outside")]


def test_a_resolver_is_named_as_its_asker_sees_it(homes: Any) -> None:
    with RunningScene(homes.engine, homes.running) as scene:
        assert [scene.name("192.168.1.2", node) for node in ("pc1", "box2", "server")] == ["pc1", "pc2", "192.168.1.2"]
        assert [str(scene.address("box1", node)) for node in ("box1", "r")] == ["192.168.1.1"] * 2


# what is shown


def test_show_names_the_lan_of_that_home(homes: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settled(homes)
    assert run(["show", "box2", "routes"], lambda: homes.engine) == 0
    out = capsys.readouterr().out
    assert "attic2" in out
    assert "attic1" not in out


def test_show_of_all_nodes_names_the_lan_of_each(homes: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settled(homes)
    for word in ("routes", "rip"):
        assert run(["show", "all", word], lambda: homes.engine) == 0
        lines = [line.split() for line in capsys.readouterr().out.splitlines()]
        lans = {line[0]: line[2] for line in lines if ATTIC in line}
        assert lans == {"box1": "attic1", "box2": "attic2"}


DEFAULT = "0.0.0.0/0"


def told(route: Json) -> Json:
    return {"kernel": [route], "services": {}}


def test_why_a_home_reaches_what_is_outside(homes: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """From translator to translator, each of which says so; the route out there is a router's own affair."""
    homes.routes = {
        "pc1": told(row(DEFAULT, "home1", "192.168.1.1", "box1", "static")),
        "box1": told(row(DEFAULT, "carrier", "100.64.0.1", "cgn", "static")),
        "cgn": told(row(DEFAULT, "outside", "203.0.113.2", "r", "static")),
        "r": told(row("198.51.100.0/24", "core", "10.0.0.2", "s")),
        "s": told(own("198.51.100.0/24", "far")),
    }
    assert run(["trace", "route", "pc1", "server"], lambda: homes.engine) == 0
    out = capsys.readouterr().out
    assert out.startswith("pc1 to server (198.51.100.0/24): via box1 on home1")
    chain = [" ".join(line.split()[2:]) for line in out.splitlines() if line[:1].isdigit()]
    static = "a route of the kernel's, static"
    assert chain == [
        "its own network far (in the kernel alone)",
        "via s on core: a route of the kernel's, rip",
        f"via r on outside: {static}; translates what it sends to outside",
        f"via cgn on carrier: {static}; translates what it sends to carrier",
        f"via box1 on home1: {static}",
    ]


def test_a_route_to_the_other_home_is_said_to_be_none(homes: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for target, why in {
        "attic1": f"{ATTIC} is LAN attic2 at pc2, not LAN attic1",
        "pc1": "192.168.1.0/24 is LAN home2 at pc2, not LAN home1",
    }.items():
        assert run(["trace", "route", "pc2", target], lambda: homes.engine) == 2
        assert f"pc2 has no route to {target}: {why}" in capsys.readouterr().err
    assert run(["trace", "route", "server", "pc1"], lambda: homes.engine) == 2
    assert "server has no route to pc1: LAN home1 is behind box1, unknown at server" in capsys.readouterr().err


def test_status_and_the_picture_have_both_homes(homes: Any) -> None:
    state = lab_state(homes.engine, homes.running)
    ends = {lan.name: lan.nodes for lan in state.lans}
    assert [set(ends[lan]) for lan in ("home1", "home2")] == [{"up1", "pc1", "box1"}, {"up2", "pc2", "box2"}]
    shown = {
        lan.name: (lan.prefix, {end.node: end.address for end in lan.ends})
        for lan in live_picture(homes.engine, homes.running).lans
    }
    assert [shown[lan] for lan in ("home1", "home2")] == [
        ("192.168.1.0/24", {f"up{home}": ".3", f"pc{home}": ".2", f"box{home}": ".1"}) for home in (1, 2)
    ]
