"""Which clients become supernodes: where the load asks for it, who is seen from outside, and not to and fro."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest

from catenet.nodes.address import Address
from catenet.nodes.application.directory.election import (
    LONGEST_REST,
    PAUSE,
    PROBES,
    REST,
    Ask,
    Decision,
    Election,
    Part,
    Relay,
)
from catenet.nodes.machine import Endpoint

PROMOTE, DEMOTE, STEADY, SLACK, TENURE = 0.7, 0.3, 6.0, 30.0, 60.0
QUOTA = 100


def at(number: int, lan: int = 1) -> Endpoint:
    return Endpoint(Address.parse(f"10.0.{lan}.{number}"), 3478)


class Stand:
    """An election, and those who answer its probes, or not, as `reachable` says."""

    def __init__(self) -> None:
        self.election = Election(PROMOTE, DEMOTE, steady=STEADY, slack=SLACK, tenure=TENURE)
        self.now = 0.0
        self.decided: list[tuple[float, Decision]] = []
        self.asked: list[Ask] = []
        self.reachable: Callable[[Endpoint], bool | None] = lambda _: True

    def add(self, number: int, lan: int = 1, *, fixed: bool = False, quota: int = QUOTA) -> Endpoint:
        place = at(number, lan)
        relay = Relay(place, f"user{number}", f"lan{lan}", quota, fixed, self.now)
        self.election.register(relay, self.now)
        self.settle()
        return place

    def load(self, **allocations: int) -> None:
        """By user."""
        for relay in self.election.relays.values():
            if relay.user in allocations:
                self.election.report(relay.at, allocations[relay.user], self.now)

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 1.0)
            self.election.wake(self.now)
            self.settle()

    def settle(self) -> None:
        while taken := self.election.take():
            for each in taken:
                if isinstance(each, Decision):
                    self.decided.append((self.now, each))
                    continue
                self.asked.append(each)
                answered = self.reachable(each.at)
                if answered is not None:
                    self.election.probed(each.by, each.at, self.now, answered=answered)

    def part(self, place: Endpoint) -> Part:
        return self.election.relays[place].part

    def of(self, place: Endpoint) -> list[tuple[float, Part, str]]:
        return [(when, each.part, each.why) for when, each in self.decided if each.at == place]


def loaded() -> tuple[Stand, Endpoint]:
    """A fixed supernode with too much to do."""
    stand = Stand()
    fixed = stand.add(1, fixed=True)
    stand.load(user1=80)
    return stand, fixed


def test_who_is_there_for_that_is_a_supernode_at_once() -> None:
    stand = Stand()
    place = stand.add(1, fixed=True)
    assert stand.of(place) == [(0.0, Part.SUPERNODE, "it is there for that")]


def test_a_candidate_is_promoted_once_the_load_was_high_for_steady_and_it_answers_from_another_lan() -> None:
    stand, fixed = loaded()
    place = stand.add(2, lan=2)
    stand.pass_time(STEADY)
    assert stand.part(place) is Part.CANDIDATE
    stand.pass_time(1)
    assert stand.of(place) == [(7.0, Part.SUPERNODE, "the load asks for it, and it answers from outside")]
    assert Ask(fixed, place) in stand.asked
    assert stand.decided[-1][1].load == 40  # of both: 80 of 100, and nothing of 100


def test_a_load_that_is_high_for_less_than_steady_promotes_nobody() -> None:
    stand, _ = loaded()
    place = stand.add(2, lan=2)
    for _ in range(20):
        stand.load(user1=80)
        stand.pass_time(STEADY - 1)
        stand.load(user1=60)
        stand.pass_time(1)
    assert stand.of(place) == []


def test_nobody_is_verified_from_his_own_lan() -> None:
    stand, _ = loaded()
    place = stand.add(2, lan=1)
    stand.pass_time(60)
    assert stand.of(place) == []
    assert [ask for ask in stand.asked if ask.at == place] == []


def test_who_does_not_answer_from_outside_rests_and_the_next_one_is_asked() -> None:
    stand, _ = loaded()
    behind, other = stand.add(2, lan=2), stand.add(3, lan=2)
    stand.reachable = lambda place: place != behind
    stand.pass_time(STEADY + 2)
    assert stand.of(behind) == [(7.0, Part.DEAD, "it does not answer from outside")]
    assert [part for _, part, _ in stand.of(other)] == [Part.SUPERNODE]


def test_a_candidate_behind_a_translator_is_never_promoted() -> None:
    stand, _ = loaded()
    behind = stand.add(2, lan=2)
    stand.reachable = lambda place: place != behind
    stand.pass_time(4000)
    assert Part.SUPERNODE not in {part for _, part, _ in stand.of(behind)}
    assert 5 < sum(ask.at == behind for ask in stand.asked) < 20  # the rests between are longer and longer


def test_so_long_is_between_two_promotions() -> None:
    stand, _ = loaded()
    others = [stand.add(number, lan=2, quota=1) for number in range(2, 6)]
    stand.load(user1=100)
    for _ in range(60):
        stand.load(**{f"user{number}": 1 for number in range(2, 6)})
        stand.pass_time(1)
    times = [when for when, decision in stand.decided if decision.at in others]
    assert len(times) == 4
    assert min(later - earlier for earlier, later in pairwise(times)) >= PAUSE


def promoted() -> tuple[Stand, Endpoint]:
    stand, _ = loaded()
    place = stand.add(2, lan=2)
    stand.pass_time(STEADY + 1)
    return stand, place


def test_a_client_is_demoted_when_the_load_was_low_and_its_tenure_is_over() -> None:
    stand, place = promoted()
    stand.load(user1=10)
    stand.pass_time(TENURE - 1)
    assert stand.part(place) is Part.SUPERNODE
    stand.pass_time(2)
    assert stand.of(place)[-1][1:] == (Part.CANDIDATE, "the others bear the load")


def test_a_short_lull_demotes_nobody() -> None:
    stand, place = promoted()
    stand.pass_time(TENURE)
    stand.load(user1=10)
    stand.pass_time(SLACK - 1)
    stand.load(user1=90)
    stand.pass_time(SLACK)
    assert stand.part(place) is Part.SUPERNODE


def test_nobody_is_demoted_whose_load_the_others_could_not_bear() -> None:
    stand = Stand()
    small = stand.add(1, fixed=True, quota=10)
    stand.load(user1=8)
    large = stand.add(2, lan=2, quota=1000)
    stand.pass_time(STEADY + 1)
    assert stand.part(large) is Part.SUPERNODE
    stand.load(user1=5, user2=50)  # 27 % in the mean, and 55 of the 10 that would be left
    stand.pass_time(TENURE + SLACK + 5)
    assert (stand.part(large), stand.part(small)) == (Part.SUPERNODE, Part.SUPERNODE)


def test_who_is_there_for_that_is_never_demoted() -> None:
    stand = Stand()
    places = [stand.add(number, lan=number, fixed=True) for number in (1, 2, 3)]
    stand.pass_time(1000)
    assert {stand.part(place) for place in places} == {Part.SUPERNODE}


def test_three_probes_without_an_answer_a_second_apart_find_one_dead() -> None:
    stand = Stand()
    one, other = stand.add(1, fixed=True), stand.add(2, lan=2, fixed=True)
    stand.pass_time(20)
    begun = stand.now
    stand.reachable = lambda place: place != other
    stand.pass_time(10)
    (when, part, why) = stand.of(other)[-1]
    assert (part, why) == (Part.DEAD, f"{PROBES} probes had no answer")
    assert when - begun <= 5 + PROBES
    assert stand.part(one) is Part.SUPERNODE


def test_one_answer_between_saves_it() -> None:
    stand = Stand()
    stand.add(1, fixed=True)
    other = stand.add(2, lan=2, fixed=True)
    count = [0]

    def every_third(place: Endpoint) -> bool:
        count[0] += place == other
        return place != other or count[0] % 3 == 0

    stand.reachable = every_third
    stand.pass_time(200)
    assert stand.part(other) is Part.SUPERNODE
    assert count[0] > 30


def test_no_clients_word_brings_down_who_is_there_for_that() -> None:
    stand, place = promoted()
    fixed = at(1)
    stand.reachable = lambda asked: asked != fixed
    stand.pass_time(100)
    assert stand.part(fixed) is Part.SUPERNODE
    assert Ask(place, fixed) not in stand.asked
    assert stand.asked.count(Ask(fixed, place)) > 10


def test_two_that_have_both_failed_once_still_look_after_each_other() -> None:
    stand = Stand()
    places = [stand.add(1, fixed=True), stand.add(2, lan=2, fixed=True)]
    stand.reachable = lambda _: False
    stand.pass_time(1)
    stand.reachable = lambda _: True
    stand.pass_time(10)
    assert [stand.election.relays[place].failed for place in places] == [0, 0]


def test_a_prober_that_says_nothing_is_no_witness() -> None:
    stand = Stand()
    places = [stand.add(1, fixed=True), stand.add(2, lan=2, fixed=True)]
    stand.reachable = lambda _: None
    stand.pass_time(100)
    assert {stand.part(place) for place in places} == {Part.SUPERNODE}


def test_what_nobody_was_asked_counts_for_nothing() -> None:
    stand = Stand()
    stand.add(1, fixed=True)
    other = stand.add(2, lan=2, fixed=True)
    stand.pass_time(3)
    for by in (other, at(1), at(9)):
        for _ in range(PROBES):
            stand.election.probed(by, other, stand.now, answered=False)
    assert stand.part(other) is Part.SUPERNODE


def test_the_rest_after_a_death_doubles_up_to_ten_minutes() -> None:
    stand = Stand()
    stand.add(1, fixed=True)
    other = stand.add(2, lan=2, fixed=True)
    stand.reachable = lambda place: place != other
    stand.pass_time(3000)
    deaths = [when for when, part, _ in stand.of(other) if part is Part.DEAD]
    back = [when for when, part, _ in stand.of(other) if part is Part.SUPERNODE][1:]
    rests = [later - earlier for earlier, later in zip(deaths, back, strict=False)]
    assert rests[:5] == pytest.approx([REST * 2**n for n in range(5)], abs=1)
    assert set(rests[5:]) == {LONGEST_REST}


def test_who_leaves_and_comes_again_has_not_rested() -> None:
    stand = Stand()
    stand.add(1, fixed=True)
    other = stand.add(2, lan=2, fixed=True)
    stand.reachable = lambda place: place != other
    stand.pass_time(10)
    assert stand.part(other) is Part.DEAD
    stand.election.left(other, stand.now)
    stand.add(2, lan=2, fixed=True)
    assert stand.part(other) is Part.DEAD
    stand.reachable = lambda _: True
    stand.pass_time(REST + 1)
    assert stand.part(other) is Part.SUPERNODE


def test_where_nobody_is_nothing_is_to_be_woken_for() -> None:
    stand = Stand()
    assert stand.election.next_wake() is None
    place = stand.add(1, fixed=True)
    assert stand.election.next_wake() == 1.0
    stand.election.left(place, stand.now)
    stand.pass_time(2)
    assert stand.election.next_wake() is None


def noisy(seed: int) -> Stand:
    """Three minutes of a load that jumps about both thresholds, of probes that are lost, of clients that come and go,
    and of one behind a translator."""
    stand, random = Stand(), Random(f"election {seed}")
    for number in (1, 2):
        stand.add(number, lan=number, fixed=True)
    for number in (3, 4):
        stand.add(number, lan=number)
    behind = stand.add(5, lan=5)
    stand.reachable = lambda place: place != behind and random.random() > 0.02
    base = random.uniform(0.1, 0.9)
    for _ in range(90):
        if random.random() < 0.03:
            base = random.uniform(0.0, 1.0)
        for number in range(1, 5):
            wanted = max(0, round(QUOTA * random.gauss(base, 0.2)))
            stand.load(**{f"user{number}": wanted})
        stand.pass_time(2.0)
    return stand


@pytest.mark.parametrize("hundred", range(10))
def test_whatever_the_noise_nobody_changes_twice_within_his_tenure_but_by_death(hundred: int) -> None:
    promotions = 0
    for seed in range(100 * hundred, 100 * hundred + 100):
        stand = noisy(seed)
        for number in (3, 4):
            changes = [(when, part) for when, part, why in stand.of(at(number, number)) if why != "its rest is over"]
            promotions += sum(part is Part.SUPERNODE for _, part in changes)
            for (earlier, before), (later, part) in pairwise(changes):
                assert part is Part.DEAD or later - earlier >= (REST if before is Part.DEAD else TENURE), seed
        assert Part.SUPERNODE not in {part for _, part, _ in stand.of(at(5, 5))}, seed
    assert promotions > 20
