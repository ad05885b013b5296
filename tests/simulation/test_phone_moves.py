"""A phone has another address, or none for a while: its call is begun anew for it (RFC 8445 section 9), and goes on."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from calls_world import DOWN, UP, CallsWorld

from catenet.nodes.application.ice.agent import Agent
from catenet.nodes.internet.nat.config import NatOptions

BOTH = ("alice", "bob")
RELAYED = {user: {"paths": "relayed"} for user in BOTH}
STRICT = NatOptions(filtering="address-and-port-dependent")
SYMMETRIC = NatOptions(mapping="address-and-port-dependent", filtering="address-and-port-dependent", ports="random")
HOMES = dict.fromkeys(BOTH, STRICT)
SECOND = {"alice": ("west", "10.0.2.77")}
BLINK, SILENCE = 0.5, 1.5
"""Seconds of silence: where two meet by themselves, and where relays are among what is waited for."""


def talking(seed: int, **more: Any) -> CallsWorld:
    world = CallsWorld(seed=seed, **more)
    world.talk()
    world.network.run(2.0)
    return world


def readdress(world: CallsWorld, user: str, last: int) -> None:
    node = world.network.nodes[user]
    (lan, interface), *_ = node.by_lan.items()
    world.network.readdress(user, lan, f"{str(interface.address).rsplit('.', 1)[0]}.{last}")


def leave_home(world: CallsWorld) -> None:
    """Alice takes her other interface."""
    first, second = world.network.nodes["alice"].by_lan
    world.network.set_condition("alice", first, DOWN)
    world.network.set_condition("alice", second, UP)


def settle_at(world: CallsWorld, seconds: float = 2.0) -> None:
    """They move to the line that was begun anew, and hear each other by it."""
    before = {user: len(world.told(user, "call.moved")) for user in BOTH}
    moved = {user: lambda user=user: world.told(user, "call.moved")[before[user] :] for user in BOTH}
    world.until(lambda: all(any(each.data["why"] == "address" for each in moved[user]()) for user in BOTH), seconds)
    heard = {user: world.shown(user)["received"] for user in BOTH}
    world.network.run(1.0)
    for user in BOTH:
        assert world.shown(user)["received"] - heard[user] >= 48
        assert world.state(user) == "up"


def agents(world: CallsWorld, user: str) -> list[Agent]:
    """Of both lines of his call: the one with media first."""
    conversation = world.phone(user)._handset.conversation
    assert conversation is not None
    lines = (conversation._paths.active, conversation._paths.other)
    return [each.stream.agent for each in lines if each.stream is not None]


# Where it moves to.


@pytest.mark.parametrize("mover", BOTH)
def test_another_address_is_a_blink(mover: str) -> None:
    world = talking(seed=61)
    readdress(world, mover, 77)
    settle_at(world)
    for user in BOTH:
        assert world.shown(user)["longest_silence"] <= BLINK
        assert world.shown(user)["path"] == "direct"
    world.do("alice", lambda phone, now: phone.hang_up(now))
    world.until_state("ended", *BOTH, within=1.0)
    assert [world.why(user) for user in BOTH] == ["hung-up", "hung-up"]
    world.talk("bob", "alice")


@pytest.mark.parametrize("mover", BOTH)
def test_another_address_behind_the_same_translator(mover: str) -> None:
    world = talking(seed=62, translators=HOMES)
    assert world.shown("alice")["path"] == "punched"
    readdress(world, mover, 77)
    settle_at(world)
    for user in BOTH:
        assert world.shown(user)["longest_silence"] <= BLINK
        assert world.shown(user)["path"] == "punched"


def test_out_of_a_home_and_back_into_it() -> None:
    world = talking(seed=63, translators=HOMES, second=SECOND)
    leave_home(world)
    settle_at(world)
    assert world.shown("alice")["address"] == "10.0.2.77"
    world.network.set_condition("alice", "home of alice", UP)
    settle_at(world)
    assert world.shown("alice")["address"] == "192.168.1.10"
    for user in BOTH:
        assert world.shown(user)["longest_silence"] <= BLINK


@pytest.mark.parametrize("mover", BOTH)
def test_a_relayed_call_has_two_ways_again_afterwards(mover: str) -> None:
    world = talking(seed=64, options=RELAYED)
    readdress(world, mover, 77)
    settle_at(world)
    for user in BOTH:
        assert world.shown(user)["longest_silence"] <= SILENCE
    spares = len(world.told("bob", "call.spare"))
    world.until(lambda: len(world.told("bob", "call.spare")) > spares, within=8.0)
    (dead, *_) = world.shown("alice")["by"]
    world.network.kill(next(name for name, node in world.network.nodes.items() if dead in map(str, node.addresses)))
    world.network.run(4.0)
    for user in BOTH:
        assert world.state(user) == "up"
        assert world.shown(user)["longest_silence"] <= 2.0
        assert dead not in world.shown(user)["by"]


def test_from_where_only_relays_help_to_where_holes_can_be_punched_and_back() -> None:
    world = talking(seed=65, translators=dict.fromkeys(BOTH, SYMMETRIC), second=SECOND)
    assert world.shown("bob")["path"] == "relayed"
    leave_home(world)
    settle_at(world)
    assert world.shown("bob")["path"] == "punched"
    world.network.set_condition("alice", "home of alice", UP)
    settle_at(world)
    assert world.shown("bob")["path"] == "relayed"
    for user in BOTH:
        assert world.shown(user)["longest_silence"] <= SILENCE


@pytest.mark.parametrize("seed", range(2))
def test_both_move_at_about_the_same_time(seed: int) -> None:
    world = talking(seed=seed, translators=HOMES)
    late = Random(f"both move {seed}").uniform(0.0, 0.1)
    readdress(world, "alice", 77)
    world.network.run(late)
    readdress(world, "bob", 78)
    settle_at(world, 4.0)
    for user in BOTH:
        assert world.shown(user)["longest_silence"] <= 2.5


def wander(seed: int) -> None:
    """Whoever moves whenever, wherever they are, by LANs that lose and reorder: some seconds later they talk."""
    random = Random(f"moves {seed}")
    homes = random.choice([None, HOMES, dict.fromkeys(BOTH, SYMMETRIC), {"bob": SYMMETRIC}])
    world = talking(seed=seed, translators=homes, options=random.choice([None, RELAYED]))
    for lan in world.network.lans:
        world.network.impair(lan, delay=0.01, jitter=0.005, loss=random.choice([0.0, 0.01]))
    for last in range(80, 84):
        user = random.choice(BOTH)
        lan = next(iter(world.network.nodes[user].by_lan))
        if random.random() < 0.25:
            world.network.cut(lan)
            world.network.run(random.uniform(0.0, 3.0))
            world.network.heal(lan)
        else:
            readdress(world, user, last)
        world.network.run(random.expovariate(2.0))
    world.network.run(6.0)
    heard = {user: world.shown(user)["received"] for user in BOTH}
    world.network.run(1.0)
    for user in BOTH:
        assert world.state(user) == "up"
        assert world.shown(user)["received"] - heard[user] > 40


@pytest.mark.parametrize("seed", range(3))
def test_whoever_moves_whenever_the_call_goes_on(seed: int) -> None:
    wander(seed)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 300, 100))
def test_three_hundred_calls_go_on(first: int) -> None:
    for seed in range(first, first + 100):
        wander(seed)


# RFC 8445 section 9, sentence by sentence.


def test_section_9_password_and_fragment_are_others() -> None:
    """ "To restart ICE, an agent MUST change both the password and the username fragment." """
    world = talking(seed=71)
    before = {user: {each.credentials for each in agents(world, user)} for user in BOTH}
    readdress(world, "alice", 77)
    settle_at(world)
    for user in BOTH:
        now = agents(world, user)[0].credentials
        assert all(now.fragment != each.fragment and now.password != each.password for each in before[user])


@pytest.mark.parametrize("mover", BOTH)
def test_section_9_roles_stay(mover: str) -> None:
    """ "agents MUST NOT redetermine the roles as part as an ICE restart" """
    world = talking(seed=72)
    readdress(world, mover, 77)
    settle_at(world)
    assert [agents(world, user)[0].controlling for user in BOTH] == [True, False]


def test_section_9_during_the_restart_data_goes_by_the_session_that_there_is() -> None:
    """She takes her first interface again, while the second one still carries: nobody hears of it."""
    world = talking(seed=73, second=SECOND)
    leave_home(world)
    settle_at(world)
    world.network.run(1.0)
    heard = {user: world.shown(user)["received"] for user in BOTH}
    concealed = {user: world.shown(user)["loss"] for user in BOTH}
    world.network.set_condition("alice", "east", UP)
    settle_at(world)
    for user in BOTH:
        assert world.shown(user)["received"] - heard[user] >= 50
        assert world.shown(user)["loss"] <= concealed[user]


def test_section_8_3_1_what_was_not_selected_is_kept_for_three_seconds() -> None:
    world = talking(seed=74, options=RELAYED)
    world.network.kill("s2")
    world.network.kill("s1")  # with one supernode there is nothing to begin anew
    world.network.run(3.0)
    readdress(world, "alice", 77)
    settle_at(world, 12.0)
    assert len(agents(world, "bob")) == 2
    world.network.run(3.0)
    assert len(agents(world, "bob")) == 1


# Without an address.


@pytest.mark.parametrize("seconds", [0.1, 12.0])
def test_a_phone_without_an_address_waits_and_is_there_at_once_when_it_has_one(seconds: float) -> None:
    world = talking(seed=81)
    world.network.cut("east")
    world.network.run(seconds)
    shown = world.shown("alice")
    assert (shown["address"], shown["directory"]) == (None, "waiting")
    assert not world.told("alice", "phone.left")
    assert [each.data["address"] for each in world.told("alice", "phone.address")] == [None]
    tried = world.network.connections.count(("alice", world.network.connections[-1][1]))
    world.network.heal("east")
    settle_at(world)
    assert [each.data["address"] for each in world.told("alice", "phone.address")] == [None, "10.0.1.7"]
    assert [each.data["back"] for each in world.told("alice", "phone.joined")] == [False, True]
    assert world.network.connections.count(("alice", world.network.connections[-1][1])) == tried + 1
    for user in BOTH:
        assert world.shown(user)["longest_silence"] <= seconds + BLINK


def test_it_calls_nobody_meanwhile_and_is_called_as_soon_as_it_is_there() -> None:
    world = CallsWorld(seed=82)
    world.network.cut("east")
    world.network.run(1.0)
    with pytest.raises(ValueError, match="no address"):
        world.call("alice", "bob")
    world.network.heal("east")
    assert world.until(lambda: world.shown("alice")["directory"] == "here") < 0.2, "not after a pause"
    world.talk("bob", "alice")


def test_who_is_started_without_an_address_says_so_and_waits() -> None:
    world = CallsWorld(seed=85)
    world.network.kill("alice")
    world.network.cut("east")
    world.network.start("alice")
    world.network.run(3.0)
    assert world.shown("alice")["directory"] == "waiting"
    assert [each.data["address"] for each in world.told("alice", "phone.address")] == [None]
    world.network.heal("east")
    assert world.until(lambda: world.shown("alice")["directory"] == "here") < 0.5
    world.until(lambda: world.knows("alice", ["bob"]))
    world.talk()


def test_what_is_said_again_while_the_directory_is_away_is_said_once_when_it_is_back() -> None:
    world = talking(seed=86)
    world.network.kill("directory")
    for last in (77, 78, 79):
        readdress(world, "alice", last)
        world.network.run(2.5)
    before = world.counter("bob", "refused.restart")
    world.network.start("directory")
    settle_at(world, 15.0)
    assert world.counter("bob", "refused.restart") == before


def test_with_the_directory_dead_the_old_path_will_do_where_the_address_is_the_same() -> None:
    world = talking(seed=83, options=RELAYED)
    world.network.kill("directory")
    world.network.cut("east")
    world.network.run(5.0)
    world.network.heal("east")
    world.network.run(2.0)
    for user in BOTH:
        assert world.state(user) == "up"
        assert world.shown(user)["longest_silence"] <= 5.0 + SILENCE


def test_gone_for_half_a_minute_is_the_end() -> None:
    world = talking(seed=84)
    world.network.cut("east")
    world.until_state("ended", *BOTH, within=40.0)
    assert [world.why(user) for user in BOTH] == ["lost", "lost"]
    world.network.heal("east")
    world.until(lambda: world.shown("alice")["directory"] == "here")
    world.talk()


# Before there is a call.


@pytest.mark.parametrize("mover", BOTH)
@pytest.mark.parametrize("after", [0.0, 0.02, 1.0])
def test_who_moves_while_it_rings_is_heard_when_it_is_answered(mover: str, after: float) -> None:
    world = CallsWorld(seed=91, translators={"bob": STRICT})
    world.call("alice", "bob")
    world.until_state("ringing", *BOTH)
    world.network.run(after)
    readdress(world, mover, 77)
    world.do("bob", lambda phone, now: phone.answer(now))
    world.until_state("up", *BOTH, within=3.0)
    world.network.run(2.0)
    for user in BOTH:
        assert world.shown(user)["received"] > 40
        assert world.shown(user)["longest_silence"] <= BLINK


@pytest.mark.parametrize("after", [0.0, 0.002])
def test_a_caller_who_moves_before_it_rings_has_called_all_the_same(after: float) -> None:
    world = CallsWorld(seed=93, options={"bob": {"answers": "on"}})
    world.call("alice", "bob")
    world.network.run(after)
    readdress(world, "alice", 77)
    world.until_state("up", *BOTH, within=3.0)
    settle_at(world) if world.told("bob", "call.moved") else world.network.run(1.0)
    assert world.shown("bob")["received"] > 40


def test_who_moves_just_when_it_is_answered_hears_of_that_by_the_speech() -> None:
    """Since the directory takes her for where she was, and what it passes on is lost."""
    world = CallsWorld(seed=94)
    world.call("alice", "bob")
    world.until_state("ringing", *BOTH)
    world.network.run(1.0)
    world.do("bob", lambda phone, now: phone.answer(now))
    readdress(world, "alice", 77)
    world.until_state("up", *BOTH, within=3.0)


def test_its_lan_is_cut_while_it_rings() -> None:
    world = CallsWorld(seed=92)
    world.call("alice", "bob")
    world.until_state("ringing", *BOTH)
    world.network.cut("west")
    world.network.run(3.0)
    world.network.heal("west")
    world.do("bob", lambda phone, now: phone.answer(now))
    world.until_state("up", *BOTH, within=3.0)
