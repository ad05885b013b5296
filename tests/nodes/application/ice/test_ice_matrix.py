"""Every pair of translators: the way that two agents find is the best one that there is."""

from __future__ import annotations

import random
from itertools import combinations_with_replacement

import pytest
from ice_oracle import AD, AP, BEHAVIOURS, EI, behind, predicted
from ice_world import Link, World, between, path_of

PAIRS = list(combinations_with_replacement(BEHAVIOURS, 2))


def assert_they_agree(world: World) -> None:
    """Both have selected the same pair, and just one of them controls."""
    one, two = (peer.agent for peer in world.peers)
    assert one.selected is not None and two.selected is not None
    assert one.selected.local.endpoint == two.selected.remote.endpoint
    assert two.selected.local.endpoint == one.selected.remote.endpoint
    assert one.controlling is not two.controlling


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=str)
def test_the_way_found_is_the_one_predicted(first: tuple[str, str], second: tuple[str, str]) -> None:
    for seed in range(2):
        world = between(first, second, seed)
        world.exchange(late=0.2 * seed)
        world.run(4.0)
        assert_they_agree(world)
        assert {path_of(peer.agent) for peer in world.peers} == {predicted(behind(first), behind(second))}
        assert max(peer.selected_at or 99.0 for peer in world.peers) < 3.0


@pytest.mark.parametrize("blocks", [(True, False), (True, True)])
def test_where_udp_is_blocked_a_relay_carries(blocks: tuple[bool, bool]) -> None:
    """The relay is reached by TCP then, which is not this agent's affair."""
    world = between((EI, EI), (EI, EI), 3, blocks=blocks)
    world.exchange()
    world.run(4.0)
    assert_they_agree(world)
    assert [path_of(peer.agent) for peer in world.peers] == ["relayed", "relayed"]


@pytest.mark.parametrize(("loss", "bound"), [(0.0, 3.0), (0.05, 8.0), (0.1, 14.0)])
def test_whoever_can_reach_each_other_does_in_bounded_time(loss: float, bound: float) -> None:
    """Through loss, delay and reordering, whatever roles they begin with, whoever hears of the other first."""
    for seed in range(100):
        rng = random.Random(seed)
        first, second = rng.choice(BEHAVIOURS), rng.choice(BEHAVIOURS)
        roles = rng.choice([(True, False), (False, True), (True, True), (False, False)])
        world = between(first, second, seed, link=Link(loss, most=0.2), controlling=roles)
        world.exchange(late=rng.uniform(0.0, 0.5))
        world.run(bound)
        assert_they_agree(world)


def test_a_seed_replays() -> None:
    told = []
    for _ in range(2):
        world = between((AD, AD), (EI, AP), 11, link=Link(0.1))
        world.exchange(late=0.1)
        world.run(20.0)
        told.append([(at, str(event)) for peer in world.peers for at, event in peer.events])
    assert told[0] and told[0] == told[1]
