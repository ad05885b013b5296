"""What a contact may do whose phone is not ours, what the directory may, and whatever people may do at once."""

from __future__ import annotations

from base64 import b64decode
from random import Random
from typing import Any

import pytest
from calls_world import CallsWorld

from catenet.nodes.application.directory.message import PublishKey, Signal, Signalled
from catenet.nodes.application.ice.check import Credentials
from catenet.nodes.application.phone.handset import MOST_LEAVING
from catenet.nodes.application.phone.keys import Ephemeral, Identity
from catenet.nodes.application.phone.offer import Party, Said, write
from catenet.nodes.application.phone.seen import EACH
from catenet.nodes.application.phone.terms import Stream


class Tap:
    """What the directory passes on of calls; it may say it again, or something else. `drops`: to whom nothing goes."""

    def __init__(self, world: CallsWorld) -> None:
        machine: Any = world.network.nodes["directory"].machine
        self._desk = machine._people._desk
        self.drops: set[str] = set()
        self._world = world
        self._signal = machine._people.signal
        self.bodies: list[tuple[str, str, str]] = []  # to whom, of which call, what
        machine._requests.update({Signal: self.signal})

    def signal(self, stream: Any, request: Any, now: float) -> None:
        self.bodies.append((request.to, request.call, request.body))
        if request.to in self.drops:
            self._desk.answer(stream, request, places=1)
        else:
            self._signal(stream, request, now)

    def say(self, sender: str, to: str, call: str, body: str) -> None:
        """As if `sender` had."""
        for place in tuple(self._desk.here[to]):
            place.say(Signalled(sender, call, body))
        self._world.network.settle(self._world.network.nodes["directory"].processes[0])
        self._world.network.run(0.05)


class Mallory:
    """She is carol to the others: has her key, and says what she likes."""

    def __init__(self, world: CallsWorld) -> None:
        self.random = Random("mallory")
        self.tap = Tap(world)
        self._world = world
        self._identity = Identity(world.disk["carol"].seed)

    def party(self, **more: Any) -> Party:
        stream = Stream(Credentials.new(self.random.randbytes), ())
        party = Party(Ephemeral(self.random.randbytes(32)).public, stream, stream, 7, 7, True)
        return party._replace(**more)

    def says(self, word: str, call: str = "", party: Party | None = None, why: str = "", to: str = "bob") -> str:
        call = call or self.random.randbytes(16).hex()
        now = 1_000_000 + int(self._world.network.now)
        said = Said(word, call, "carol", to, now, party, why)
        key = Identity(self._world.disk[to].seed).public
        self.tap.say("carol", to, call, write(said, self._identity, key, self.random.randbytes)[0])
        return call


def hang_up(world: CallsWorld, user: str) -> None:
    world.do(user, lambda phone, now: phone.hang_up(now))


def tapped(seed: int) -> tuple[CallsWorld, Tap]:
    """After a call of alice's to bob."""
    world = CallsWorld(("alice", "bob", "carol"), seed=seed)
    tap = Tap(world)
    world.talk()
    hang_up(world, "alice")
    world.until_state("ended", "alice", "bob", within=1.0)
    return world, tap


# The directory.


def test_what_the_directory_passes_on_says_nothing_to_it() -> None:
    _, tap = tapped(54)
    assert len(tap.bodies) == 3  # offer, ringing, accept
    for _, _, body in tap.bodies:
        text = b64decode(body)
        assert b"candidate" not in text
        assert b"alice" not in text


def test_a_replayed_offer_does_not_ring() -> None:
    world, tap = tapped(55)
    tap.say("alice", *tap.bodies[0])
    assert world.state("bob") == "ended"
    assert world.counter("bob", "refused.replayed") == 1


def test_an_old_offer_does_not_ring_even_where_it_was_forgotten() -> None:
    world, tap = tapped(56)
    world.network.run(301.0)
    world.network.kill("bob")
    world.network.start("bob")
    world.until(lambda: world.knows("bob", ["alice"]))
    tap.say("alice", *tap.bodies[0])
    assert world.state("bob") == "idle"
    assert world.counter("bob", "refused.stale") == 1


def test_an_offer_rings_only_where_and_as_it_was_meant() -> None:
    world, tap = tapped(57)
    _, call, body = tap.bodies[0]
    tap.say("alice", "carol", call, body)  # sealed for bob
    assert world.counter("carol", "refused.sealed") == 1
    tap.say("carol", "bob", call, body)  # signed by alice
    assert world.counter("bob", "refused.signature") == 1
    tap.say("alice", "bob", "0" * 32, body)  # of another call
    assert world.counter("bob", "refused.misdirected") == 1
    tap.say("alice", "bob", call, body[:-8] + "AAAAAAA=")
    assert world.counter("bob", "refused.sealed") == 1
    assert world.state("bob") == "ended"
    assert world.state("carol") == "idle"


def test_what_was_said_in_one_call_ends_no_other() -> None:
    world = CallsWorld(seed=58)
    tap = Tap(world)
    world.call("alice", "bob")
    world.until_state("ringing", "alice", "bob")
    hang_up(world, "alice")
    world.until_state("ended", "alice", "bob")
    cancel = tap.bodies[-1]
    world.talk()
    tap.say("alice", *cancel)
    assert world.state("alice") == world.state("bob") == "up"


# A contact.


def test_a_contact_who_offers_no_key_does_not_talk() -> None:
    """RFC 7748 section 6.1: zero is of small order."""
    world = CallsWorld(("alice", "bob", "carol"), seed=61)
    mallory = Mallory(world)
    mallory.says("offer", party=mallory.party(ephemeral=bytes(32)))
    world.until_state("ended", "bob", within=4.0)
    assert world.why("bob") == "failed"
    assert world.counter("bob", "refused.party") == 1


def test_a_contact_who_answers_with_the_callers_ssrc_does_not_talk() -> None:
    """RFC 3550 section 8: two sources of a session have different ones."""
    world = CallsWorld(("alice", "bob", "carol"), seed=62)
    mallory = Mallory(world)
    mallory.tap.drops.add("carol")
    call = world.call("bob", "carol")
    world.until(lambda: any(to == "carol" for to, *_ in mallory.tap.bodies), within=4.0)
    ssrc = world.phone("bob")._handset.current.own.ssrc  # type: ignore[union-attr]  # nobody else can know it
    mallory.says("ringing", call, mallory.party(ssrc=ssrc))
    assert world.why("bob") == "failed"
    assert world.counter("bob", "refused.party") == 1


def test_a_key_of_small_order_is_nobodys() -> None:
    """With it anybody could read what is sealed for its owner: RFC 7748 section 6.1."""
    world = CallsWorld(("alice", "bob", "carol"), seed=66)
    world.network.call("carol", lambda phone, now: phone._post.client.ask(PublishKey, bytes(32)))  # type: ignore[attr-defined]
    world.until(lambda: world.counter("bob", "refused.key") == 1, within=2.0)
    assert not world.told("bob", "key.changed")
    world.talk("bob", "carol")


@pytest.mark.parametrize("word", ["ringing", "accept", "refuse", "cancel"])
def test_what_is_said_of_no_call_changes_nothing(word: str) -> None:
    world = CallsWorld(("alice", "bob", "carol"), seed=63)
    mallory = Mallory(world)
    party = mallory.party() if word == "ringing" else None
    mallory.says(word, party=party, why="busy" if word == "refuse" else "")
    assert world.state("bob") == "idle"
    world.talk()
    name = world.shown("bob")["call"]
    mallory.says(word, name, party=party, why="busy" if word == "refuse" else "")
    assert world.state("bob") == world.state("alice") == "up"
    assert world.counter("bob", "late") == 2


@pytest.mark.parametrize("word", ["ringing", "accept", "refuse"])
def test_a_caller_cannot_say_what_is_the_callees_to_say(word: str) -> None:
    world = CallsWorld(("alice", "bob", "carol"), seed=64)
    mallory = Mallory(world)
    call = mallory.says("offer", party=mallory.party())
    mallory.says(word, call, mallory.party() if word == "ringing" else None, "busy" if word == "refuse" else "")
    assert world.state("bob") == "ringing"
    assert world.counter("bob", "refused.word") == 1
    assert not world.phone("bob").heard


def test_offers_without_end_ring_for_some_and_bob_can_still_be_called_by_others() -> None:
    world = CallsWorld(("alice", "bob", "carol"), seed=65)
    mallory = Mallory(world)
    most = 0
    for _ in range(EACH + 20):
        mallory.says("cancel", mallory.says("offer", party=mallory.party()))
        most = max(most, len(world.network.nodes["bob"].processes[0].ports))
    assert world.counter("bob", "refused.replayed") == 20
    assert len(world.told("bob", "call.ringing")) + world.counter("bob", "busy") == EACH
    assert 0 < most <= 2 * MOST_LEAVING
    world.network.run(3.0)
    assert not world.network.nodes["bob"].processes[0].ports, "all are given back"
    world.talk()


# Everybody at once.


@pytest.mark.parametrize("seed", range(5))
def test_whatever_three_people_do_at_once_every_call_ends_and_nothing_is_left(seed: int) -> None:
    users = ("alice", "bob", "carol")
    world = CallsWorld(users, seed=seed)
    random = Random(f"three people {seed}")
    for _ in range(30):
        user = random.choice(users)
        try:
            match random.randrange(6):
                case 0 | 1 | 2:
                    world.call(user, random.choice([each for each in users if each != user]))
                case 3:
                    world.do(user, lambda phone, now: phone.answer(now))
                case 4:
                    world.do(user, lambda phone, now: phone.refuse(now))
                case 5:
                    hang_up(world, user)
        except ValueError:
            pass  # there was nothing to be answered, or somebody is called already
        world.network.run(random.choice((0.0, 0.003, 0.02, 0.3)))
        up = [world.shown(each) for each in users if world.state(each) in ("up", "moving")]
        assert len({each["call"] for each in up}) <= 1, "three people have one call at most"
    for user in users:
        if world.state(user) not in ("idle", "ended"):
            hang_up(world, user)
    world.network.run(6.0)
    assert {world.state(user) for user in users} <= {"idle", "ended"}
    assert not any(world.network.nodes[user].processes[0].ports for user in users)
    world.talk("bob", "carol")
