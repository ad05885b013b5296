"""A lab is ready when each node has said so and each router knows each LAN at the lecture's cost; not before."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import COSTS, FIVE, cost, costs_at, event, five, route

from catenet.nodes.control.events import Event
from catenet.orchestrator.deploy.ready import NotReadyError, Readiness
from catenet.orchestrator.lab.load import parse

LAB = five()
OWN = parse(
    FIVE.replace("lan-a], services: [rip]", "lan-a], services: {rip: {implementation: bird}}").encode(), "five.yaml"
)


def started(router: str) -> Iterator[Event]:
    for place in LAB.nodes[router].attachments:
        yield event(router, "link.up", {"lan": place.lan})
    yield event(router, "service.ready", {}, "rip")
    yield event(router, "node.ready", {"services": ["rip"]})


def routes(router: str) -> Iterator[Event]:
    return (route(LAB, router, lan, links) for lan, links in costs_at(router).items())


def lacks(readiness: Readiness) -> list[str]:
    return [each.words for each in readiness.lacking()]


def fed(*skipped: Event) -> Readiness:
    """After every node has said everything, but for some."""
    readiness = Readiness(LAB, "abcde")
    for router in "abcde":
        for said in (*started(router), *routes(router)):
            if (said.node, said.kind, said.data) not in [(s.node, s.kind, s.data) for s in skipped]:
                readiness.note(router, said)
    return readiness


def test_the_oracle_is_the_lectures() -> None:
    assert {pair: cost(*pair) for pair in COSTS} == COSTS
    assert costs_at("a")["lan-c"] == 2  # at A, to C: cost 2
    assert costs_at("b")["lan-e"] == 1  # at B, to E: cost 1


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_ready_exactly_with_the_last_word_in_whatever_order_the_nodes_speak(seed: int) -> None:
    readiness, random = Readiness(LAB, "abcde"), Random(seed)
    queues = {router: [*started(router), *routes(router)] for router in "abcde"}
    while queues:
        assert not readiness.is_ready()
        router = random.choice(sorted(queues))
        readiness.note(router, queues[router].pop(0))
        if not queues[router]:
            del queues[router]
    assert readiness.is_ready()
    assert lacks(readiness) == []
    assert readiness.counts() == {"addressing": (17, 17), "services": (5, 5), "converged": (5, 5)}


def test_a_missing_route_is_named_with_its_cost() -> None:
    readiness = fed(route(LAB, "a", "lan-c", 2))
    assert not readiness.is_ready()
    assert lacks(readiness) == ["a has no route to lan-c at cost 2"]


def test_a_detour_is_not_convergence() -> None:
    readiness = fed()
    readiness.note("a", route(LAB, "a", "lan-c", 3))
    assert lacks(readiness) == ["a has no route to lan-c at cost 2, only at cost 3"]
    readiness.note("a", route(LAB, "a", "lan-c", 2))
    assert readiness.is_ready()


def test_a_lost_route_is_lacking_again() -> None:
    readiness = fed()
    readiness.note("a", event("a", "route.lost", {"prefix": str(LAB.lans["lan-c"].prefix)}, "rip"))
    assert lacks(readiness) == ["a has no route to lan-c at cost 2"]


def test_a_router_that_started_again_has_an_empty_table() -> None:
    readiness = fed()
    readiness.note("a", event("a", "service.ready", {}, "rip"))
    assert len(lacks(readiness)) == len(costs_at("a"))


def test_a_cut_link_changes_what_is_expected() -> None:
    readiness = fed()
    readiness.note("a", event("a", "link.down", {"lan": "link1"}))
    readiness.note("b", event("b", "link.down", {"lan": "link1"}))
    assert "a has no route to lan-b at cost 3, only at cost 1" in lacks(readiness)  # a-d-e-b
    readiness.note("a", event("a", "link.up", {"lan": "link1"}))
    readiness.note("b", event("b", "link.up", {"lan": "link1"}))
    assert readiness.is_ready()


def test_a_silent_link_teaches_nothing_but_stays_its_ends_own() -> None:
    readiness = fed()
    readiness.note("a", event("a", "link.silent", {"lan": "link1"}))
    readiness.note("b", event("b", "link.silent", {"lan": "link1"}))
    lacking = lacks(readiness)
    assert "a has no route to lan-b at cost 3, only at cost 1" in lacking  # a-d-e-b
    assert not any("link1" in words for words in lacking)
    readiness.note("a", event("a", "link.up", {"lan": "link1"}))
    readiness.note("b", event("b", "link.up", {"lan": "link1"}))
    assert readiness.is_ready()


def test_a_router_that_does_not_run_is_not_waited_for_and_no_way_leads_over_it() -> None:
    readiness = Readiness(LAB, "abcd", absent=["e"])
    for router in "abcd":
        for said in (*started(router), *routes(router)):
            readiness.note(router, said)
    lacking = lacks(readiness)
    assert any(words.startswith("d has no route to lan-c at cost 3") for words in lacking)  # d-a-b-c
    assert not any(words.startswith("e ") or "lan-e" in words for words in lacking)


def test_what_a_node_lacks_is_said_in_its_own_words() -> None:
    readiness = Readiness(LAB, "abcde")
    readiness.note("a", event("a", "link.up", {"lan": "link1"}))
    assert "a is not ready: no address on link3, lan-a; no rip" in lacks(readiness)
    failed = Event(0.0, "a", "rip", "service.failed", "port 520 is taken", {"error": "…", "retry": 0.2})
    readiness.note("a", failed)
    assert "a is not ready: rip: port 520 is taken" in lacks(readiness)


@pytest.mark.parametrize(
    "said",
    [
        Event(0.0, "a", "node", "node.failed", "no such LAN", {"error": "no such LAN"}),
        Event(0.0, "a", "rip", "service.failed", "no such option", {"error": "no such option", "retry": None}),
    ],
)
def test_a_failure_for_good_ends_the_waiting(said: Event) -> None:
    readiness = Readiness(LAB, "abcde")
    with pytest.raises(NotReadyError, match=f"node a.*{said.text}") as caught:
        readiness.note("a", said)
    assert caught.value.node == "a"


def test_events_that_say_nothing_of_readiness_are_passed_over() -> None:
    readiness = fed()
    readiness.note("a", event("a", "route.changed", {"prefix": "10.99.0.0/24", "cost": 1}, "rip"))
    readiness.note("a", event("a", "dns.query", {"name": "x"}, "resolver"))
    assert readiness.is_ready()


def fallen(text: str) -> Event:
    return Event(0.0, "a", "rip", "service.failed", text, {"error": text, "retry": 0.2})


def test_a_program_that_never_said_ready_and_set_no_route_is_named_first() -> None:
    readiness = Readiness(OWN, "abcde")
    for router in "edcba":
        for said in started(router):
            readiness.note(router, said)
    readiness.note("a", event("a", "service.ready", {"silent": 2.0}, "rip"))
    first, second, *_ = lacks(readiness)
    assert first == "a: bird did not say `ready` for 2 s, and has set no route"
    assert second.startswith("b has no route to")
    readiness.note("a", route(OWN, "a", "lan-b", 1))
    assert lacks(readiness)[0].startswith("a has no route to")


def test_one_that_fails_again_and_again_after_it_was_ready_is_named_first_and_then_ends_the_waiting() -> None:
    readiness = Readiness(LAB, "abcde")
    for router in "edcba":
        for said in started(router):
            readiness.note(router, said)
    for times in ("once", "2 times", "3 times", "4 times"):
        readiness.note("a", fallen("KeyError 'boom'"))
        readiness.note("a", event("a", "service.ready", {}, "rip"))
        assert lacks(readiness)[0] == f"a: rip failed {times}: KeyError 'boom'"
    with pytest.raises(NotReadyError, match=r"node a: its service rip failed 5 times: KeyError 'boom'") as caught:
        readiness.note("a", fallen("KeyError 'boom'"))
    assert caught.value.node == "a"


def test_each_service_has_its_own_reason_and_one_that_serves_has_none() -> None:
    other = Event(0.0, "a", "nameserver", "service.failed", "port 53 is taken", {"retry": 0.2})
    readiness = Readiness(LAB, "abcde")
    readiness.note("a", fallen("port 520 is taken"))
    readiness.note("a", other)
    assert "a is not ready: nameserver: port 53 is taken" in lacks(readiness)
    readiness.note("a", event("a", "service.ready", {}, "nameserver"))
    assert "a is not ready: rip: port 520 is taken" in lacks(readiness)
    readiness.note("a", other)
    readiness.note("a", event("a", "node.ready", {}))
    assert lacks(readiness)[0] == "a: rip failed once: port 520 is taken"


def test_what_a_node_that_runs_already_has_got_over_is_past() -> None:
    readiness = Readiness(LAB, "bcde")
    for _ in range(7):
        readiness.note("a", fallen("KeyError 'boom'"))
    readiness.note("a", event("a", "service.ready", {}, "rip"))
    assert not any("boom" in words for words in lacks(readiness))
