"""RFC 2453 section 3.8: "It is undesirable for the update messages to become synchronized"."""

from __future__ import annotations

from itertools import pairwise

import pytest
from network import Hop, Network
from rip_world import add_router

from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.packet import GROUP, RESPONSE

ROUTERS = 12
HOUR = 3600.0


def updates(seed: int) -> dict[str, list[float]]:
    """When each of a LAN's routers sent its table to the group, in the hour after all had been started at once."""
    network = Network(seed, record=True)
    network.add_lan("lan", "10.0.0.0/24")
    for number in range(1, ROUTERS + 1):
        add_router(network, f"r{number}", {"lan": f"10.0.0.{number}"}, RipOptions())
    network.run(HOUR)
    hops: list[Hop] = network.record or []
    times: dict[str, list[float]] = {name: [] for name in network.nodes}
    for at, node, packet in hops:
        if packet.destination == GROUP and packet.data[0] == RESPONSE:
            times[node].append(at)
    return times


def most_at_once(times: dict[str, list[float]], since: float, until: float) -> int:
    """How many updates fell into the fullest second."""
    sent = sorted(at for each in times.values() for at in each if since <= at < until)
    return max(sum(first <= at < first + 1 for at in sent) for first in sent)


@pytest.mark.parametrize("seed", range(1, 6))
def test_3_8_routers_that_were_started_together_do_not_stay_together(seed: int) -> None:
    times = updates(seed)
    assert most_at_once(times, 0, 1) == ROUTERS
    assert most_at_once(times, HOUR / 2, HOUR) <= ROUTERS / 2
    for each in times.values():
        regular = [at for at in each if at > 5]  # before that: the table once more, for those who came later
        assert all(25 <= later - earlier <= 35 for earlier, later in pairwise(regular))
        assert len(regular) >= HOUR / 35 - 1
