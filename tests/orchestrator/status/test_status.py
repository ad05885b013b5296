from __future__ import annotations

from catenet.nodes.control.link import HEALTHY, LinkCondition
from catenet.nodes.control.questions import Answer
from catenet.orchestrator.status.state import LanState, lab_state


def states(small):
    state = lab_state(small.engine, small.running)
    return {node.name: node for node in state.nodes}, {lan.name: lan.condition for lan in state.lans}


def test_a_lab_that_is_well(small):
    nodes, lans = states(small)
    assert all(node.ready for node in nodes.values())
    assert nodes["b"].lans == {"link1": "10.0.1.2", "link2": "10.0.2.2"}
    assert (nodes["a"].services, nodes["a"].restarts, nodes["a"].memory) == ({"rip": "ready"}, 1, 20_000_000)
    assert lans == {"link1": "up", "link2": "up"}


def test_a_cut_is_seen_from_any_end_that_answers(small):
    small.down = {("a", "link1"), ("b", "link1"), ("c", "link2")}
    assert states(small)[1] == {"link1": "cut", "link2": "cut at c"}
    small.engine.pause("small-b")
    assert states(small)[1] == {"link1": "cut", "link2": "cut"}
    small.engine.kill("small-a")
    nodes, lans = states(small)
    assert lans == {"link1": "down at a; b: paused", "link2": "cut"}
    assert [nodes[name].condition for name in "abc"] == ["exited (137)", "paused", "ready"]
    assert nodes["a"].lans == {"link1": ""}


def test_a_lan_of_which_no_end_tells_is_known_by_its_ends(small):
    for node in "ab":
        small.engine.pause(f"small-{node}")
    assert states(small)[1]["link1"] == "a: paused; b: paused"
    for node in "abc":
        small.kill(node)
    assert states(small)[1] == {"link1": "down at a, b", "link2": "down at b, c"}
    assert {lan.word for lan in lab_state(small.engine, small.running).lans} == {"unknown"}
    small.engine.remove("small-a")
    small.engine.remove("small-b")
    assert states(small)[1]["link1"] == "no node is on it"


def test_a_node_may_be_called_as_a_lan_can_be() -> None:
    for name in ("cutter", "silent1"):
        lan = LanState("link1", (name,), unknown=f"{name}: paused")
        assert (lan.word, lan.is_broken) == ("unknown", False)


def test_a_silence_is_told_by_the_ends_that_drop(small):
    small.silent = {("a", "link1"), ("b", "link1"), ("c", "link2")}
    nodes, lans = states(small)
    assert lans == {"link1": "silent", "link2": "silent at c"}
    conditions = {lan: link.condition for lan, link in nodes["b"].links.items()}
    assert conditions == {"link1": LinkCondition(drop=True), "link2": HEALTHY}
    small.down = {("b", "link1"), ("b", "link2")}
    assert states(small)[1] == {"link1": "cut at b; silent at a", "link2": "cut at b; silent at c"}


def test_an_answer_of_another_form_is_no_crash(small):
    for answer in (
        [],
        {"interfaces": 3, "services": [], "memory": "much"},
        {"interfaces": [4], "services": {"rip": 1}},
    ):
        small.engine.answer = lambda *_, answer=answer: (0, bytes(Answer(answer)), b"")
        assert not any(node.ready for node in states(small)[0].values())
