"""The lab five-routers on the virtual clock: the lecture's tables, and every check and moment of its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from network import Network
from rip_world import add_router, assert_packets_arrive, rip, rows

from catenet.nodes.internet.rip.config import RipOptions
from catenet.orchestrator.checks.expectation import Expectation
from catenet.orchestrator.checks.path import PathCheck
from catenet.orchestrator.checks.routes import RoutesCheck
from catenet.orchestrator.lab.load import load

LAB = load(Path(__file__).parents[2] / "labs" / "five-routers" / "lab.yaml")

# The slides: (at, to) → (links, cost).
LECTURE = {
    ("a", "b"): ({"link1"}, 1),
    ("a", "c"): ({"link1"}, 2),
    ("a", "d"): ({"link3"}, 1),
    ("a", "e"): ({"link1", "link3"}, 2),
    ("b", "a"): ({"link1"}, 1),
    ("b", "c"): ({"link2"}, 1),
    ("b", "d"): ({"link1", "link4"}, 2),
    ("b", "e"): ({"link4"}, 1),
    ("c", "a"): ({"link2"}, 2),
    ("c", "b"): ({"link2"}, 1),
    ("c", "d"): ({"link5"}, 2),
    ("c", "e"): ({"link5"}, 1),
}


def start(seed: int, options: RipOptions | None = None) -> Network:
    network = Network(seed)
    for lan in LAB.lans.values():
        network.add_lan(lan.name, str(lan.prefix))
    for node in LAB.nodes.values():
        places = {attachment.lan: str(attachment.address) for attachment in node.attachments}
        add_router(network, node.name, places, options or node.services["rip"])
    return network


def as_in_the_lecture(network: Network) -> bool:
    tables = {at: rows(network, at) for at in "abc"}
    found = {(at, to): tables[at].get(f"lan-{to}", {"lan": None, "cost": None}) for at, to in LECTURE}
    return all(found[way]["lan"] in links and found[way]["cost"] == cost for way, (links, cost) in LECTURE.items())


def holds(network: Network, expectation) -> bool:
    if isinstance(expectation, RoutesCheck):
        row = rows(network, expectation.at).get(expectation.to)
        return row is not None and row["lan"] in expectation.via and row["cost"] == expectation.cost
    assert isinstance(expectation, PathCheck)
    target = LAB.nodes[expectation.target].attachments[0].address
    way = [expectation.source, *expectation.routers, expectation.target]
    return network.path(expectation.source, target) == way


@pytest.mark.parametrize("seed", range(20))
def test_the_three_tables(seed):
    network = start(seed)
    assert network.run_until(lambda: as_in_the_lecture(network), within=6) is not None
    network.run(100)
    assert as_in_the_lecture(network)
    assert_packets_arrive(network)


@pytest.mark.parametrize("seed", range(5))
def test_the_three_tables_at_the_timers_of_the_rfc(seed):
    network = start(seed, RipOptions())
    assert network.run_until(lambda: as_in_the_lecture(network), within=60) is not None
    network.run(1000)
    assert as_in_the_lecture(network)


def test_the_lab_checks_every_entry_of_the_three_tables():
    checked = {
        (check.expectation.at, check.expectation.to.removeprefix("lan-")): (
            set(check.expectation.via),
            check.expectation.cost,
        )
        for check in LAB.checks
        if check.claim == "D2"
    }
    assert checked == LECTURE


def test_every_claim_of_the_lab_has_a_check():
    claimed = {check.claim for check in LAB.checks}
    claimed |= {moment.expect.claim for moment in LAB.timeline if moment.expect is not None}
    assert claimed == set(LAB.claims)


def play(network: Network, judge: Callable[[Network, Expectation], bool]) -> None:
    """The lab's timeline, once the network has settled; `judge` says whether an expectation holds."""
    network.run(20)
    began = network.now
    for moment in LAB.timeline:
        network.run(max(0.0, began + moment.at - network.now))
        if moment.expect is None:
            options = {} if moment.options is None else moment.options._asdict()
            getattr(network, moment.verb)(moment.target, **options)
            continue
        left = began + moment.at + moment.expect.within - network.now
        expectation = moment.expect.expectation
        took = network.run_until(lambda wanted=expectation: judge(network, wanted), within=left)
        assert took is not None, (network.now - began, moment)


@pytest.mark.parametrize("seed", range(5))
def test_the_checks(seed):
    network = start(seed)
    for check in LAB.checks:
        check_holds = network.run_until(lambda check=check: holds(network, check.expectation), within=check.within)
        assert check_holds is not None, check


@pytest.mark.parametrize("seed", range(20))
def test_the_timeline(seed):
    network = start(seed)
    play(network, holds)


@pytest.mark.parametrize("seed", range(20))
def test_three_update_intervals_after_the_cut_the_tables_are_those_of_the_cut_network(seed):
    network = start(seed)
    network.run(20)
    network.cut("link1")
    network.run(3 * LAB.nodes["a"].services["rip"].update)
    expected = {
        "a": {"lan-b": ("link3", 3), "lan-c": ("link3", 3), "lan-d": ("link3", 1), "lan-e": ("link3", 2)},
        "b": {"lan-a": ("link4", 3), "lan-c": ("link2", 1), "lan-d": ("link4", 2), "lan-e": ("link4", 1)},
        "c": {"lan-a": ("link5", 3), "lan-b": ("link2", 1), "lan-d": ("link5", 2), "lan-e": ("link5", 1)},
    }
    for at, table in expected.items():
        found = {lan: (row["lan"], row["cost"]) for lan, row in rows(network, at).items() if lan in table}
        assert found == table
    network.heal("link1")
    network.run(3 * LAB.nodes["a"].services["rip"].update)
    assert as_in_the_lecture(network)


def test_a_dead_routers_networks_disappear_and_come_back():
    network = start(1)
    network.run(20)
    network.kill("b")
    network.run(30)
    for at in "acde":
        # link2 and link4 have another end each; link1 is a's own
        assert "lan-b" not in rows(network, at)
    network.start("b")
    network.run(10)
    assert as_in_the_lecture(network)


def test_what_happens_is_told_with_its_cause():
    network = start(1)
    network.run(20)
    said = network.nodes["a"].said
    said.clear()
    network.cut("link1")
    network.run(6)
    lost = [report for _, report in said if report.kind == "route.lost"]
    assert {"prefix": "10.1.2.0/24", "cause": "link1 went down", "reason": "link down", "of": "link1"} in [
        report.data for report in lost
    ]
    changed = [
        report for _, report in said if report.kind == "route.changed" and report.data["prefix"] == "10.1.2.0/24"
    ]
    assert changed[-1].data == {
        "prefix": "10.1.2.0/24",
        "via": "10.0.3.4",
        "node": "d",
        "lan": "link3",
        "cost": 3,
        "metric": 4,
        "was": None,
        "cause": f"d's {changed[-1].data['reason']}",
        "reason": changed[-1].data["reason"],
        "of": "d",
    }
    assert changed[-1].data["reason"] in ("answer", "update")
    assert changed[-1].text == f"10.1.2.0/24 via d on link3, cost 3 ({changed[-1].data['cause']})"
    network.pause("d")
    network.run(20)
    assert ("route.lost", "timed out") in [(r.kind, r.data["cause"]) for _, r in said]
    assert rip(network, "a").status(network.now)["neighbours"]
