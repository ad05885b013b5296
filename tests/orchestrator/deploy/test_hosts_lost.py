"""A lab on two hosts in memory, one of which is lost at any moment: what is said, what stays, and how that goes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import IMAGE, five, lines

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fake_swarm import FakeSwarm
from catenet.orchestrator.backend.fleet import Fleet, Patience
from catenet.orchestrator.backend.protocols import LABEL_HOST, LABEL_HOSTS, LABEL_LEFT, LABEL_NODE, HostLostError
from catenet.orchestrator.deploy.down import LeftError, down
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.up import UpReport, up
from catenet.orchestrator.observe.running import running_lab
from catenet.orchestrator.operations.reset import reset
from catenet.orchestrator.plan.placing import place
from catenet.orchestrator.status.state import UNREACHABLE, lab_state

LAB = five()
URLS = {"big": "local", "small": "ssh://root@small.example"}
NETWORKS = len(LAB.lans) - len(place(LAB, dict.fromkeys(URLS, FakeEngine().octets)).spanning) + 1
CALLS = NETWORKS + 5 + 5  # (of the LANs between hosts there is one network for all); containers; starts


class Notes(NoProgress):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


class Hosts:
    """Two engines of one swarm; `calls` counts what changes something on either. At the call `at`, `small` is lost."""

    def __init__(self, manager: str = "big") -> None:
        self.swarm = FakeSwarm()
        self.engines = {name: FakeEngine(script=lambda spec: lines(LAB, spec)) for name in URLS}
        self.calls, self.at = 0, 0
        for name, engine in self.engines.items():
            engine.build(IMAGE, b"context", {})
            engine.join(self.swarm, manager=name == manager)
            engine.before = self._count

    @property
    def big(self) -> FakeEngine:
        return self.engines["big"]

    @property
    def small(self) -> FakeEngine:
        return self.engines["small"]

    def fleet(self) -> Fleet:
        """As a process of its own has it."""
        return Fleet(self.engines, URLS, Patience(connect=0.5, look=0.1))

    def _count(self, _call: str, _name: str) -> None:
        self.calls += 1
        if self.calls == self.at:
            self.small.gone = True

    def left(self) -> list[str]:
        """What is there of any lab, on whichever."""
        found = [each.name for engine in self.engines.values() for each in (*engine.listed({}), *engine.networks())]
        return sorted(set(found))


def bring_up(hosts: Hosts, folder: Path, notes: NoProgress | None = None) -> UpReport:
    return up(hosts.fleet(), LAB, "five", IMAGE, notes or NoProgress(), timeout=200, evidence=folder)


MANAGERS = pytest.mark.parametrize("manager", ["big", "small"])


def test_both_hosts_get_their_nodes_and_one_network_goes_between(tmp_path: Path) -> None:
    hosts = Hosts()
    report = bring_up(hosts, tmp_path)
    assert (report.nodes, report.routers, hosts.calls) == (5, 5, CALLS)
    on = {name: {each.labels[LABEL_NODE] for each in engine.listed({})} for name, engine in hosts.engines.items()}
    assert sorted(on["big"] | on["small"]) == [*"abcde"]
    assert on["big"] and on["small"] and not on["big"] & on["small"]
    for name, engine in hosts.engines.items():
        for container in engine.listed({}):
            assert container.labels[LABEL_HOST] == name
            assert json.loads(container.labels[LABEL_HOSTS]) == URLS
    assert len(hosts.swarm.overlays) == 1
    assert bring_up(hosts, tmp_path).steps == 0
    down(hosts.fleet(), "five", NoProgress())
    assert hosts.left() == []


def test_an_up_without_all_its_hosts_makes_nothing(tmp_path: Path) -> None:
    hosts = Hosts()
    hosts.small.gone = True
    with pytest.raises(HostLostError, match=r"host small \(ssh://root@small.example\) does not answer"):
        bring_up(hosts, tmp_path)
    hosts.small.gone = False
    assert hosts.left() == []


@MANAGERS
@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_a_host_lost_amid_up(tmp_path: Path, number: int, manager: str) -> None:
    hosts, notes = Hosts(manager), Notes()
    hosts.at = number
    with pytest.raises(HostLostError, match="host small"):
        bring_up(hosts, tmp_path, notes)
    assert remembered(hosts) == ["small"]
    assert [each for each in hosts.big.networks() if each.driver == "bridge"] == []
    assert [note for note in notes.notes if "host small" in note and "--host small=ssh://root@small.example" in note]
    assert len(list(tmp_path.iterdir())) == 1, "evidence of what can be asked is kept"
    hosts.small.gone = False
    down(hosts.fleet(), "five", NoProgress())
    assert hosts.left() == []


def take_down(hosts: Hosts) -> str:
    """What is said of the rest, where there is some."""
    try:
        down(hosts.fleet(), "five", NoProgress())
    except LeftError as error:
        assert error.host == "small"
        return str(error)
    return ""


def remembered(hosts: Hosts) -> list[str]:
    """The hosts that `big` knows something to be left on; nothing else of the lab is there, and nothing runs."""
    kept = hosts.big.inspected(hosts.big.listed({}))
    assert {each.state for each in kept} <= {"created"}
    assert len(kept) <= 1
    return [each.labels[LABEL_LEFT] for each in kept]


def test_an_up_again_makes_the_lab_anew_where_something_was_left(tmp_path: Path) -> None:
    hosts = Hosts()
    bring_up(hosts, tmp_path)
    hosts.small.gone = True
    take_down(hosts)
    hosts.small.gone = False
    bring_up(hosts, tmp_path)
    assert sorted(each.labels[LABEL_NODE] for engine in hosts.engines.values() for each in engine.listed({})) == [
        *"abcde"
    ]


@MANAGERS
def test_a_down_without_a_host_clears_the_other_and_says_what_is_left(tmp_path: Path, manager: str) -> None:
    hosts = Hosts(manager)
    bring_up(hosts, tmp_path)
    nodes = sorted(each.labels[LABEL_NODE] for each in hosts.small.listed({}))
    hosts.small.gone = True
    said = take_down(hosts)
    assert f"what is there stays: {', '.join(nodes)}" in said
    assert "once that answers, `catenet down --name five --host big=local --host small=ssh://root@small" in said
    assert remembered(hosts) == ["small"]
    assert {each.driver for each in hosts.big.networks()} <= {"overlay"}, "the lost host still holds that"
    said = take_down(hosts)
    assert f"what is there stays: {', '.join(nodes)}" in said, "once more: it is still lost"
    assert remembered(hosts) == ["small"]
    hosts.small.gone = False
    assert take_down(hosts) == ""
    assert hosts.left() == []


@MANAGERS
@pytest.mark.parametrize("number", range(1, 5 + NETWORKS + 1))
def test_a_host_lost_amid_down(tmp_path: Path, number: int, manager: str) -> None:
    hosts = Hosts(manager)
    bring_up(hosts, tmp_path)
    hosts.calls, hosts.at = 0, number
    said = take_down(hosts)  # it may have been empty by then
    assert remembered(hosts) == (["small"] if said else [])
    assert {each.driver for each in hosts.big.networks()} <= {"overlay"}
    hosts.at = 0
    hosts.small.gone = False
    assert take_down(hosts) == ""
    assert hosts.left() == []


def test_an_up_again_waits_for_all(tmp_path: Path) -> None:
    hosts = Hosts()
    bring_up(hosts, tmp_path)
    hosts.small.gone = True
    before = hosts.calls
    with pytest.raises(HostLostError):
        bring_up(hosts, tmp_path)
    assert hosts.calls == before, "what runs is not touched"


def conditions(hosts: Hosts, fleet: Fleet) -> dict[str, str]:
    return {node.name: node.condition for node in lab_state(fleet, running_lab(fleet, "five")).nodes}


def test_the_nodes_of_a_lost_host_are_unreachable(tmp_path: Path) -> None:
    hosts = Hosts()
    bring_up(hosts, tmp_path)
    there = {each.labels[LABEL_NODE] for each in hosts.small.listed({})}
    hosts.small.gone = True
    fleet = hosts.fleet()
    assert {name for name, word in conditions(hosts, fleet).items() if word == UNREACHABLE} == there
    running = running_lab(fleet, "five")
    with pytest.raises(HostLostError, match=r"is unreachable: host small \(ssh://root@small.example\) does not answer"):
        running.node(min(there))
    with pytest.raises(HostLostError, match="is unreachable: host small"):
        reset(fleet, replace(running, model=LAB))
    assert running.node(min({*"abcde"} - there)).state == "running"


def test_a_host_lost_while_the_nodes_are_asked(tmp_path: Path) -> None:
    hosts = Hosts()
    bring_up(hosts, tmp_path)
    there = {each.labels[LABEL_NODE] for each in hosts.small.listed({})}
    fleet = hosts.fleet()
    running = running_lab(fleet, "five")
    hosts.small.gone = True
    state = lab_state(fleet, running)
    assert {node.name for node in state.nodes if node.condition == UNREACHABLE} == there
    assert {node.host for node in state.nodes if node.condition == UNREACHABLE} == {"small"}
    assert [*state.hosts.lost] == ["small"]
