"""Two engines as one: what goes where, and what becomes of it when one of them is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fake_swarm import FakeSwarm
from catenet.orchestrator.backend.fleet import Fleet, Patience
from catenet.orchestrator.backend.protocols import (
    LABEL_LAB,
    LABEL_NODE,
    ContainerSpec,
    EngineError,
    EngineGoneError,
    HostLostError,
    NetworkSpec,
)
from catenet.orchestrator.backend.signs import sign_of_life
from catenet.orchestrator.backend.widened import hurry

IMAGE = "catenet/test:1"
QUICK = Patience(connect=0.2, look=0.05)
URLS = {"a": "local", "b": "ssh://root@b.example"}


def network(name: str, prefix: str, host: str) -> NetworkSpec:
    whole = Prefix.parse(prefix)
    return NetworkSpec(name, whole, Address(whole.broadcast - 1), {LABEL_LAB: "x"}, host=host)


def node(name: str, lan: NetworkSpec, number: int = 2) -> ContainerSpec:
    labels = {LABEL_LAB: "x", LABEL_NODE: name}
    places = {lan.name: Address(lan.prefix.network + number)}
    return ContainerSpec(f"x-{name}", name, IMAGE, {}, places, labels, host=lan.host)


class Pair:
    """Two hosts; `m` runs on a, `n` on b."""

    def __init__(self) -> None:
        self.a, self.b = FakeEngine(), FakeEngine()
        self.fleet = Fleet({"a": self.a, "b": lambda: self.b}, URLS, QUICK)
        for engine in (self.a, self.b):
            engine.build(IMAGE, b"context", {})
        for name, lan in (("m", network("x_l", "10.0.1.0/24", "a")), ("n", network("x_k", "10.0.2.0/24", "b"))):
            self.fleet.create_network(lan)
            self.fleet.create(node(name, lan))
            self.fleet.start(f"x-{name}")


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.a.hangs = made.b.hangs = False  # nobody waits for it any more


def names(fleet: Fleet) -> dict[str, str]:
    return {each.name: each.host for each in fleet.listed({LABEL_LAB: None})}


def test_each_thing_is_on_its_host_and_is_found_there(pair: Pair) -> None:
    assert names(pair.fleet) == {"x-m": "a", "x-n": "b"}
    assert {each.name: each.host for each in pair.fleet.networks()} == {"x_l": "a", "x_k": "b"}
    assert [each.name for each in pair.b.listed({})] == ["x-n"]
    pair.fleet.kill("x-n")
    found = pair.fleet.inspected(pair.fleet.listed({}))
    assert {each.name: (each.host, each.state) for each in found} == {"x-m": ("a", "running"), "x-n": ("b", "exited")}
    assert pair.fleet.memories() == {"a": pair.a.octets, "b": pair.b.octets}
    pair.b.seconds_ahead = 2.5
    assert (pair.fleet.ahead("x-m"), pair.fleet.ahead("x-n")) == (0.0, 2.5)


def test_who_was_moved_to_another_host_is_found_there(pair: Pair) -> None:
    assert names(pair.fleet)["x-n"] == "b"
    pair.b.remove("x-n")  # another process does it
    pair.a.create(replace(node("n", network("x_l", "10.0.1.0/24", "a"), 3)))
    assert names(pair.fleet)["x-n"] == "a"
    pair.fleet.start("x-n")
    assert ("start", "x-n") in pair.a.calls


def test_two_of_one_name_are_told_apart_by_their_host(pair: Pair) -> None:
    pair.b.create(node("m", network("x_k", "10.0.2.0/24", "b"), 3))
    pair.fleet.remove("x-m", "b")
    assert [each.name for each in pair.a.listed({})] == ["x-m"]
    assert [each.name for each in pair.b.listed({})] == ["x-n"]


def test_somebody_elses_of_that_name_is_left_alone(pair: Pair) -> None:
    pair.b.create(replace(node("m", network("x_k", "10.0.2.0/24", "b"), 3), labels={"theirs": "yes"}))
    pair.fleet.listed({})
    pair.fleet.kill("x-m")
    pair.fleet.remove("x-m")
    assert ("kill", "x-m") in pair.a.calls
    assert sorted(each.name for each in pair.b.listed({})) == ["x-m", "x-n"]


def lose(pair: Pair, how: str) -> None:
    setattr(pair.b, how, True)


@pytest.mark.parametrize("how", ["gone", "hangs"])
def test_one_that_is_lost_is_left_out_of_lists_and_said(pair: Pair, how: str) -> None:
    lose(pair, how)
    assert names(pair.fleet) == {"x-m": "a"}
    assert [each.name for each in pair.fleet.networks()] == ["x_l"]
    (why,) = pair.fleet.lost().values()
    assert {"gone": "the engine has gone", "hangs": "no answer within 0.1 s"}[how] in why
    for ask in (pair.fleet.kill, pair.fleet.inspect, pair.fleet.ahead):
        with pytest.raises(HostLostError, match=r"host b \(ssh://root@b.example\) does not answer") as lost:
            ask("x-n")
        assert lost.value.host == "b"
    with pytest.raises(HostLostError):
        pair.fleet.has_image(IMAGE)
    with pytest.raises(HostLostError):
        pair.fleet.memories()
    pair.fleet.kill("x-m")  # the other goes on
    assert pair.fleet.answers(1.0)


def test_who_may_be_on_the_lost_host_is_not_said_to_be_nowhere(pair: Pair) -> None:
    with pytest.raises(EngineError, match="kill x-nobody: no host has such a container") as found:
        pair.fleet.kill("x-nobody")
    assert not isinstance(found.value, HostLostError)
    lose(pair, "gone")
    for verb in (pair.fleet.kill, pair.fleet.remove):
        with pytest.raises(HostLostError, match="host b"):
            verb("x-nobody")


def test_where_none_answers_the_engine_is_gone(pair: Pair) -> None:
    pair.a.gone = pair.b.gone = True
    with pytest.raises(EngineGoneError, match=r"no host answers: a: .*; b: "):
        pair.fleet.listed({})
    assert not pair.fleet.answers(1.0)


def test_one_that_comes_back_is_asked_again() -> None:
    pair = Pair()
    asked = threading.Event()

    def connect() -> FakeEngine:
        asked.set()
        return pair.b

    fleet = Fleet({"a": pair.a, "b": connect}, patience=QUICK)
    assert names(fleet) == {"x-m": "a", "x-n": "b"}
    pair.b.gone = True
    assert names(fleet) == {"x-m": "a"}
    pair.b.gone = False
    asked.clear()
    while fleet.lost():  # it is tried again a second later, whoever asks meanwhile, and nobody waits for it
        names(fleet)
    assert names(fleet) == {"x-m": "a", "x-n": "b"}


def test_one_that_cannot_be_connected_to_is_waited_for_so_long_and_no_longer(pair: Pair) -> None:
    never = threading.Event()

    def connect() -> FakeEngine:
        never.wait()
        raise EngineError("too late")

    fleet = Fleet({"a": pair.a, "b": connect}, patience=Patience(connect=0.3, look=0.01))
    assert names(fleet) == {"x-m": "a"}
    assert fleet.lost() == {"b": "no answer within 0.3 s"}
    never.set()


def test_who_is_in_a_hurry_waits_less_where_another_has_answered(pair: Pair) -> None:
    never = threading.Event()

    def connect() -> FakeEngine:
        never.wait()
        raise EngineError("too late")

    fleet = Fleet({"a": pair.a, "b": connect}, patience=Patience(connect=1000, look=0.01))
    hurry(fleet, 0.2)
    assert names(fleet) == {"x-m": "a"}
    assert [*fleet.lost()] == ["b"]
    never.set()


def test_who_is_in_a_hurry_gives_a_busy_machine_its_time(pair: Pair) -> None:
    """Nobody is lost because all are slow: what the others may take begins with the first answer."""
    less_busy = threading.Event()

    def slow(engine: FakeEngine) -> FakeEngine:
        less_busy.wait()
        return engine

    threading.Timer(0.3, less_busy.set).start()
    fleet = Fleet({"a": lambda: slow(pair.a), "b": lambda: slow(pair.b)}, patience=Patience(connect=60, look=0.01))
    hurry(fleet, 0.01)
    assert names(fleet) == {"x-m": "a", "x-n": "b"}
    assert fleet.lost() == {}


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_who_is_in_a_hurry_waits_for_one_that_gives_signs_of_life(pair: Pair, steps: int) -> None:
    """Each step begins its patience anew; what was the last is said."""
    goes_on = threading.Event()
    done = threading.Event()

    def connect() -> FakeEngine:
        sign = sign_of_life()
        for step in range(steps):
            goes_on.wait(0.3)
            sign(f"step {step}")
        done.wait()
        return pair.b

    fleet = Fleet({"a": pair.a, "b": connect}, patience=Patience(connect=60, look=0.01))
    hurry(fleet, 0.4)
    began = time.monotonic()
    assert names(fleet) == {"x-m": "a"}
    assert fleet.lost() == {"b": f"{f'step {steps - 1}: ' if steps else ''}no answer within 0.4 s"}
    assert time.monotonic() - began > 0.4 + 0.3 * steps
    done.set()


def test_who_has_taken_long_himself_gives_the_others_as_long(pair: Pair) -> None:
    connected = threading.Event()
    threading.Timer(0.3, connected.set).start()

    def connect() -> FakeEngine:
        connected.wait()
        return pair.b

    fleet = Fleet({"a": pair.a, "b": connect}, patience=Patience(connect=60, look=0.01, took=30))
    hurry(fleet, 0.01)
    assert names(fleet) == {"x-m": "a", "x-n": "b"}


def test_why_one_cannot_be_connected_to_is_said(pair: Pair) -> None:
    def connect() -> FakeEngine:
        raise EngineError("ssh: the host's key is unknown", "ssh-keyscan b")

    fleet = Fleet({"a": pair.a, "b": connect}, patience=QUICK)
    assert names(fleet) == {"x-m": "a"}
    assert fleet.lost() == {"b": "ssh: the host's key is unknown (ssh-keyscan b)"}


def test_a_slow_answer_of_one_that_answers_pings_is_waited_for() -> None:
    pair, goes_on = Pair(), threading.Event()
    pings = []

    class Busy(FakeEngine):
        def networks(self) -> list[object]:  # type: ignore[override]
            goes_on.wait()
            return []

        def answers(self, seconds: float) -> bool:
            pings.append(seconds)
            if len(pings) == 3:
                goes_on.set()
            return True

    fleet = Fleet({"a": pair.a, "b": Busy()}, patience=QUICK)
    assert [each.name for each in fleet.networks()] == ["x_l"]
    assert (fleet.lost(), len(pings)) == ({}, 3)


def test_what_a_host_refuses_says_which_host_it_was(pair: Pair) -> None:
    with pytest.raises(EngineError, match="host b: create x-n: the name x-n is already in use") as error:
        pair.fleet.create(node("n", network("x_k", "10.0.2.0/24", "b"), 3))
    assert not isinstance(error.value, HostLostError)
    with pytest.raises(EngineError, match=r"no host is called 'c' \(there are a, b\)"):
        pair.fleet.create(node("o", network("x_k", "10.0.2.0/24", "c")))


def test_a_log_ends_with_the_host(pair: Pair) -> None:
    following = pair.fleet.logs("x-n", follow=True)
    assert "node.ready" in next(following).text
    threading.Timer(0.05, lambda: lose(pair, "gone")).start()
    with pytest.raises(HostLostError, match=r"host b .* does not answer: read the logs of x-n"):
        next(following)


def test_an_image_comes_to_all_from_one_that_has_it(pair: Pair) -> None:
    pair.b.build("catenet/node:1", b"all of it", {})
    assert not pair.fleet.has_image("catenet/node:1")
    assert pair.fleet.carry("catenet/node:1") == ["a"]
    assert pair.a.build_contexts["catenet/node:1"] == b"all of it"
    assert pair.fleet.has_image("catenet/node:1")
    assert list(pair.fleet.carry("catenet/node:1")) == []
    assert list(pair.fleet.carry("catenet/no:1")) == []
    pair.fleet.remove_image("catenet/node:1")
    assert "catenet/node:1" not in [*pair.a.image_tags(), *pair.b.image_tags()]


def test_images_are_made_on_this_machine_if_it_is_one_of_them(pair: Pair) -> None:
    assert pair.fleet.workshop() is pair.a
    pair.b.addresses = (Address.parse("192.0.2.1"),)
    assert pair.fleet.workshop() is pair.b
    pair.fleet.build("catenet/node:2", b"context", {})
    assert ("build", "catenet/node:2") in pair.b.calls
    assert ("load", "catenet/node:2") in pair.a.calls


def overlay() -> NetworkSpec:
    return replace(network("x__underlay", "198.18.0.0/20", ""), driver="overlay")


def test_an_overlay_is_made_by_who_manages_the_swarm_and_is_listed_once(pair: Pair) -> None:
    with pytest.raises(EngineError, match=r"no host manages a swarm.*catenet hosts join --host a=local --host b=ssh:"):
        pair.fleet.create_network(overlay())
    swarm = FakeSwarm()
    pair.a.join(swarm, manager=False)
    pair.b.join(swarm, manager=True)
    pair.fleet.create_network(overlay())
    assert ("create network", "x__underlay") in pair.b.calls
    pair.fleet.create(replace(node("o", overlay()), host="a"))
    pair.fleet.start("x-o")
    (found,) = [each for each in pair.fleet.networks() if each.driver == "overlay"]
    assert (found.name, found.host, found.copy) == ("x__underlay", "", "x")
    with pytest.raises(EngineError, match="is in use by task"):
        pair.fleet.remove_network("x__underlay")
    pair.fleet.remove("x-o")
    pair.fleet.remove_network("x__underlay")
    assert swarm.overlays == {}


def test_an_overlay_waits_for_its_manager(pair: Pair) -> None:
    swarm = FakeSwarm()
    pair.a.join(swarm, manager=False)
    pair.b.join(swarm, manager=True)
    lose(pair, "gone")
    with pytest.raises(HostLostError, match="host b"):
        pair.fleet.create_network(overlay())
