"""`up` and `down` on the engine in memory: what is made, what a failure leaves behind, and what a second run does."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import FIVE, IMAGE, engine_for, event, five, lines, words

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.backend.fake import FakeEngine, fail_at
from catenet.orchestrator.backend.protocols import ContainerSpec, EngineError, EngineGoneError, NetworkSpec
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.ready import NotReadyError
from catenet.orchestrator.deploy.up import UpReport, up
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.plan.desired import desired
from catenet.orchestrator.plan.steps import ClashError

LAB = five()
CALLS = 11 + 5 + 5  # networks, containers, starts


class Notes(NoProgress):
    def __init__(self) -> None:
        self.counts: dict[str, tuple[int, int]] = {}
        self.notes: list[str] = []

    def count(self, phase: str, done: int, total: int) -> None:
        self.counts[phase] = (done, total)

    def note(self, text: str) -> None:
        self.notes.append(text)


def bring_up(engine: FakeEngine, folder: Path, lab: Lab = LAB, *, keep: bool = False, timeout: float = 200) -> UpReport:
    return up(engine, lab, "five", IMAGE, NoProgress(), keep=keep, timeout=timeout, evidence=folder)


def is_empty(engine: FakeEngine) -> bool:
    return not engine.networks() and not engine.listed({})


def names(engine: FakeEngine, call: str) -> list[str]:
    return sorted(name for what, name in engine.calls if what == call)


@pytest.fixture
def engine() -> FakeEngine:
    return engine_for(LAB)


def test_all_is_made_and_counted(engine: FakeEngine, tmp_path: Path) -> None:
    report = bring_up(engine, tmp_path)
    assert (report.networks, report.nodes, report.addresses, report.services, report.routers) == (11, 5, 17, 5, 5)
    assert report.steps == CALLS
    assert {container.state for container in engine.inspected(engine.listed({}))} == {"running"}
    assert json.loads(json.dumps(report.to_json()))["nodes"] == 5


def test_the_display_ends_with_every_phase_complete(engine: FakeEngine, tmp_path: Path) -> None:
    notes = Notes()
    up(engine, LAB, "five", IMAGE, notes, evidence=tmp_path)
    assert notes.counts == {
        "networks": (11, 11),
        "nodes": (5, 5),
        "addressing": (17, 17),
        "services": (5, 5),
        "converged": (5, 5),
    }


def test_a_second_up_changes_nothing(engine: FakeEngine, tmp_path: Path) -> None:
    bring_up(engine, tmp_path)
    engine.calls.clear()
    assert engine.isolated == set()  # those that the engine makes for us are so from the first
    assert bring_up(engine, tmp_path).steps == 0
    assert engine.calls == []
    assert engine.isolated == {network.name for network in engine.networks()}  # another may have made these


def test_a_killed_node_is_started_again_and_its_earlier_words_do_not_count(engine: FakeEngine, tmp_path: Path) -> None:
    bring_up(engine, tmp_path)
    engine.kill("five-a")
    engine.calls.clear()
    said = engine.script
    engine.script = lambda spec: []  # started again, it says nothing
    with pytest.raises(NotReadyError, match="a is not ready"):
        bring_up(engine, tmp_path, timeout=1)
    assert len(engine.listed({})) == 5, "what was there before stays"
    engine.kill("five-a")
    engine.script = said
    assert bring_up(engine, tmp_path).steps == 1


def test_only_what_the_file_changes_is_made_anew(engine: FakeEngine, tmp_path: Path) -> None:
    bring_up(engine, tmp_path)
    engine.calls.clear()
    changed = parse(
        FIVE.replace("services: [rip]}\n  b:", "services: {rip: {update: 3s}}}\n  b:").encode(), "five.yaml"
    )
    bring_up(engine, tmp_path, changed)
    assert engine.calls == [("remove", "five-a"), ("create", "five-a"), ("start", "five-a")]


def test_a_paused_node_stays_paused_and_is_told(engine: FakeEngine, tmp_path: Path) -> None:
    bring_up(engine, tmp_path)
    engine.pause("five-e")
    assert bring_up(engine, tmp_path).paused == ("e",)


@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_a_refused_step_leaves_nothing_but_evidence(engine: FakeEngine, tmp_path: Path, number: int) -> None:
    engine.before = fail_at(number)
    with pytest.raises(EngineError, match="as the test wants"):
        bring_up(engine, tmp_path)
    assert is_empty(engine)
    (place,) = tmp_path.iterdir()
    assert "as the test wants" in (place / "error.txt").read_text()


@pytest.mark.parametrize("number", [1, 12, CALLS])
def test_ctrl_c_leaves_nothing_but_evidence(engine: FakeEngine, tmp_path: Path, number: int) -> None:
    refuse = fail_at(number)

    def interrupt(call: str, name: str) -> None:
        try:
            refuse(call, name)
        except EngineError:
            raise KeyboardInterrupt from None

    engine.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        bring_up(engine, tmp_path)
    assert is_empty(engine)
    assert len(list(tmp_path.iterdir())) == 1


def test_ctrl_c_while_the_engine_hangs_waits_for_nothing_more(engine: FakeEngine, tmp_path: Path) -> None:
    def interrupt(_call: str, _name: str) -> None:
        engine.gone = True
        raise KeyboardInterrupt

    engine.before, notes = interrupt, Notes()
    with pytest.raises(KeyboardInterrupt):
        up(engine, LAB, "five", IMAGE, notes, timeout=200, evidence=tmp_path)
    assert not list(tmp_path.iterdir())
    assert [note for note in notes.notes if "catenet down --name five" in note]


@pytest.mark.parametrize("number", [1, 12, CALLS])
def test_an_engine_that_goes_away_is_asked_for_nothing_more(engine: FakeEngine, tmp_path: Path, number: int) -> None:
    def leave(_call: str, _name: str) -> None:
        engine.gone = len(engine.calls) >= number

    engine.before, notes = leave, Notes()
    with pytest.raises(EngineGoneError, match="the engine has gone"):
        up(engine, LAB, "five", IMAGE, notes, timeout=200, evidence=tmp_path)
    assert not names(engine, "remove")
    assert [note for note in notes.notes if "catenet down --name five" in note]
    engine.before, engine.gone = None, False
    assert bring_up(engine, tmp_path).nodes == 5
    down(engine, "five", NoProgress())
    assert is_empty(engine)


def test_what_cannot_be_undone_does_not_hide_the_failure(engine: FakeEngine, tmp_path: Path) -> None:
    refuse, notes = fail_at(CALLS), Notes()

    def before(call: str, name: str) -> None:
        refuse(call, name)
        if call == "remove":
            raise EngineError(f"{call} {name}: not now")

    engine.before = before
    with pytest.raises(EngineError, match="as the test wants"):
        up(engine, LAB, "five", IMAGE, notes, timeout=200, evidence=tmp_path)
    assert [note for note in notes.notes if "not now" in note and "catenet down --name five" in note]


@pytest.mark.parametrize("number", range(1, CALLS + 1, 3))
def test_what_a_killed_up_left_is_used_or_cleared(engine: FakeEngine, tmp_path: Path, number: int) -> None:
    """kill -9 is an `up` without its retreat: keep=True."""
    for clear in (False, True):
        engine.before = fail_at(number)
        with pytest.raises(EngineError):
            bring_up(engine, tmp_path, keep=True)
        engine.before = None
        if clear:
            down(engine, "five", NoProgress())
            assert is_empty(engine)
        else:
            bring_up(engine, tmp_path)
            assert len(engine.listed({})) == 5
            down(engine, "five", NoProgress())


def test_keep_leaves_what_was_made(engine: FakeEngine, tmp_path: Path) -> None:
    engine.before = fail_at(CALLS)
    with pytest.raises(EngineError):
        bring_up(engine, tmp_path, keep=True)
    assert len(engine.networks()) == 11


def test_a_node_that_dies_is_named_with_its_last_words(engine: FakeEngine, tmp_path: Path) -> None:
    def script(spec: ContainerSpec) -> list[str]:
        if spec.name != "five-c":
            return lines(LAB, spec)
        engine.stop(spec.name, 9)
        return ["Traceback: out of memory"]

    engine.script = script
    with pytest.raises(NotReadyError, match="node c ended by itself") as caught:
        bring_up(engine, tmp_path)
    assert "out of memory" in str(caught.value)
    (place,) = tmp_path.iterdir()
    assert "out of memory" in (place / "logs" / "c.log").read_text()
    assert json.loads((place / "inspect" / "c.json").read_text())["Name"] == "/five-c"
    assert "out of memory" in (place / "events.txt").read_text()
    assert is_empty(engine)


def test_a_service_that_fails_for_good_ends_the_waiting(engine: FakeEngine, tmp_path: Path) -> None:
    failed = event("b", "service.failed", {"error": "bad zone", "retry": None}, "nameserver")
    engine.script = lambda spec: (
        [replace(failed, text="zone x: line 3").line(with_json=True)] if spec.name == "five-b" else lines(LAB, spec)
    )
    with pytest.raises(NotReadyError, match="node b: its service nameserver failed: zone x: line 3"):
        bring_up(engine, tmp_path)
    assert is_empty(engine)


def test_a_service_that_fails_again_and_again_ends_the_waiting(engine: FakeEngine, tmp_path: Path) -> None:
    failed = replace(event("b", "service.failed", {"error": "bad zone", "retry": 0.2}, "nameserver"), text="line 3")
    engine.script = lambda spec: [failed.line(with_json=True)] * 5 if spec.name == "five-b" else lines(LAB, spec)
    with pytest.raises(NotReadyError, match="node b: its service nameserver failed 5 times: line 3"):
        bring_up(engine, tmp_path)
    assert is_empty(engine)


def test_at_the_deadline_it_is_said_who_lacks_what(engine: FakeEngine, tmp_path: Path) -> None:
    silent = str(LAB.lans["lan-c"].prefix)
    engine.script = lambda spec: [
        said.line(with_json=True)
        for said in words(LAB, spec)
        if spec.name != "five-d" or said.data.get("prefix") != silent
    ]
    with pytest.raises(NotReadyError, match="d has no route to lan-c at cost 2") as caught:
        bring_up(engine, tmp_path, timeout=2)
    assert caught.value.node == "d"
    assert is_empty(engine)


def test_convergence_is_waited_for(engine: FakeEngine, tmp_path: Path) -> None:
    """The last route is told only after everything was made."""
    last: list[str] = []

    def script(spec: ContainerSpec) -> list[str]:
        said = lines(LAB, spec)
        if spec.name == "five-a":
            last.append(said.pop())
        return said

    class Late(NoProgress):
        def count(self, phase: str, done: int, total: int) -> None:
            if phase == "converged" and done == total - 1 and last:
                engine.write("five-a", last.pop())

    engine.script = script
    assert up(engine, LAB, "five", IMAGE, Late(), timeout=200, evidence=tmp_path).routers == 5


def test_an_up_that_was_killed_while_routers_learnt_is_waited_for_by_the_next(
    engine: FakeEngine, tmp_path: Path
) -> None:
    last: list[str] = []

    def script(spec: ContainerSpec) -> list[str]:
        said = lines(LAB, spec)
        if spec.name == "five-a":
            last.append(said.pop())
        return said

    engine.script = script
    with pytest.raises(NotReadyError):
        up(engine, LAB, "five", IMAGE, NoProgress(), keep=True, timeout=1, evidence=tmp_path)
    with pytest.raises(NotReadyError, match="a has no route to"):
        bring_up(engine, tmp_path, timeout=1)
    assert len(engine.listed({})) == 5, "what was there before stays"
    engine.write("five-a", last.pop())
    assert bring_up(engine, tmp_path).steps == 0


def test_another_projects_addresses_do_not_matter(engine: FakeEngine, tmp_path: Path) -> None:
    prefix = LAB.lans["link1"].prefix
    engine.create_network(NetworkSpec("theirs", prefix, Address(prefix.broadcast - 1), {}))
    bring_up(engine, tmp_path)
    made = {network.name: network.prefixes for network in engine.networks()}
    assert made["five_link1"][0] in {p for p in made["five_link1"] if Prefix.parse("198.18.0.0/15").overlaps(p)}
    down(engine, "five", NoProgress())
    assert [network.name for network in engine.networks()] == ["theirs"]


def test_addresses_that_another_up_takes_meanwhile_are_replaced(engine: FakeEngine, tmp_path: Path) -> None:
    """The networks were listed when all was free; then somebody is faster, twice."""
    taken = {"five_link4", "five_lan-b"}

    def faster(call: str, name: str) -> None:
        if call == "create network" and name in taken:
            taken.discard(name)
            prefix = LAB.lans[name.removeprefix("five_")].prefix
            engine.create_network(NetworkSpec(f"theirs {name}", prefix, Address(prefix.broadcast - 1), {}))

    engine.before = faster
    assert bring_up(engine, tmp_path).routers == 5
    assert taken == set()
    assert {container.state for container in engine.inspected(engine.listed({}))} == {"running"}
    assert len(engine.networks()) == 11 + 2
    assert list(tmp_path.iterdir()) == []


def test_a_prefix_of_a_network_that_is_not_listed_yet_is_not_asked_for_again(
    engine: FakeEngine, tmp_path: Path
) -> None:
    """The engine gives the addresses first, and lists the network when it is made: under load that takes a while."""
    prefix = LAB.lans["link4"].prefix
    engine.unlisted.append(prefix)
    assert bring_up(engine, tmp_path).routers == 5
    assert engine.calls.count(("create network", "five_link4")) == 2
    assert not any(prefix in network.prefixes for network in engine.networks())


def test_a_clash_is_found_before_anything_is_made(engine: FakeEngine, tmp_path: Path) -> None:
    engine.create_network(NetworkSpec("five_link4", Prefix.parse("10.99.0.0/24"), Address.parse("10.99.0.254"), {}))
    engine.calls.clear()
    with pytest.raises(ClashError, match="five_link4"):
        bring_up(engine, tmp_path)
    assert engine.calls == []


def test_two_copies_live_side_by_side(engine: FakeEngine, tmp_path: Path) -> None:
    bring_up(engine, tmp_path)
    up(engine, LAB, "second", IMAGE, NoProgress(), evidence=tmp_path)
    assert len(engine.listed({})) == 10
    report = down(engine, "five", NoProgress())
    assert (report.networks, report.nodes) == (11, 5)
    assert {container.name for container in engine.listed({})} == {f"second-{name}" for name in "abcde"}


def test_down_of_nothing_is_no_error(engine: FakeEngine) -> None:
    report = down(engine, "five", NoProgress())
    assert (report.networks, report.nodes) == (0, 0)


def test_down_removes_what_it_can(engine: FakeEngine, tmp_path: Path) -> None:
    """One LAN has a stranger on it: the engine keeps that one, and down says so after removing the rest."""
    bring_up(engine, tmp_path)
    (lan,) = (network for network in engine.networks() if network.name == "five_lan-a")
    stranger = ContainerSpec("stranger", "s", IMAGE, {}, {lan.name: Address(lan.prefixes[0].network + 99)}, {})
    engine.script = lambda spec: []
    engine.create(stranger)
    engine.start("stranger")
    with pytest.raises(EngineError, match="five_lan-a"):
        down(engine, "five", NoProgress())
    assert [network.name for network in engine.networks()] == ["five_lan-a"]
    assert [container.name for container in engine.listed({})] == ["stranger"]


def test_unwritable_evidence_does_not_hide_the_failure(engine: FakeEngine, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    engine.before = fail_at(3)
    with pytest.raises(EngineError, match="as the test wants"):
        bring_up(engine, blocked)
    assert is_empty(engine)


def test_a_node_that_is_made_anew_counts_from_when_the_lab_was_brought_up(engine: FakeEngine, tmp_path: Path) -> None:
    """Else its keys would begin later than its neighbours' (RFC 4822 section 2.2)."""
    link = next(spec for spec in desired(LAB, "five", IMAGE, began=1_000_000).networks if spec.name == "five_link1")
    engine.create_network(link)  # as an `up` made it a while ago
    bring_up(engine, tmp_path)
    assert {container.labels["catenet.began"] for container in engine.listed({})} == {"1000000"}


def test_a_lab_that_is_brought_up_begins_now(engine: FakeEngine, tmp_path: Path) -> None:
    before = int(time.time())
    bring_up(engine, tmp_path)
    (began,) = {container.labels["catenet.began"] for container in engine.listed({})}
    assert before <= int(began) <= time.time()
