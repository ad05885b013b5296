"""Keys that change while routers speak, as hypothesis draws them: RFC 4822 sections 3.2 and 5.1.

Each key overlaps the next one. Where all routers have the same lab file nothing is refused; where some have a key
earlier or later than others, or their keys in another order, no route is lost. What somebody has kept and sends again
is refused.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from network import Hop, Network
from rip_world import build_lans, converged, rip

from catenet.nodes.internet.rip.config import RipOptions

UPDATE, TIMEOUT = 5.0, 15.0
OVERLAP = 8 * UPDATE
"""Seconds for which a key and the next one are both valid; a router may have either three updates late or early."""
LANS = {"link1": ["a", "b"], "link2": ["b", "c"], "link3": ["c", "d", "a"]}
LANS |= {f"lan-{router}": [router] for router in "abcd"}
METHODS = ("md5", "hmac-sha-1", "hmac-sha-256", "hmac-sha-384", "hmac-sha-512")


@dataclass(frozen=True)
class Turn:
    """A key: its id, its method, and how many seconds it is valid alone."""

    number: int
    method: str
    alone: float


schedules = st.lists(
    st.builds(Turn, st.integers(0, 255), st.sampled_from(METHODS), st.floats(0.0, 20.0)),
    min_size=2,
    max_size=4,
    unique_by=lambda turn: turn.number,
)
shifts = st.lists(st.sampled_from((-3 * UPDATE, 0.0, 3 * UPDATE)), min_size=40, max_size=40)


def lab_file(
    schedule: list[Turn], shift: list[float], *, reverse: bool = False
) -> dict[str, dict[str, dict[str, str]]]:
    """The option `auth`: the first key is valid from the start, the last one for ever."""
    rows, begins = [], 0.0
    for place, turn in enumerate(schedule):
        words = {"secret": f"secret-{turn.number}"}
        if place:
            words["from"] = f"{begins + shift[2 * place]:.3f}s"
        begins += OVERLAP + turn.alone
        if place < len(schedule) - 1:
            words["until"] = f"{begins + OVERLAP + shift[2 * place + 1]:.3f}s"
        rows.append((turn, words))
    auth: dict[str, dict[str, dict[str, str]]] = {}
    for turn, words in reversed(rows) if reverse else rows:
        auth.setdefault(turn.method, {})[str(turn.number)] = words
    return auth


def end_of(schedule: list[Turn]) -> float:
    return sum(OVERLAP + turn.alone for turn in schedule) + OVERLAP


def network_of(auths: dict[str, dict], seed: int) -> Network:
    options = {
        router: RipOptions(update=UPDATE, timeout=TIMEOUT, garbage=10.0, auth=auth) for router, auth in auths.items()
    }
    return build_lans(LANS, options.__getitem__, seed, record=True)


def refused(network: Network, routers: str = "abcd") -> Counter[str]:
    counted: Counter[str] = Counter()
    for name in routers:
        counters = rip(network, name).status(network.now)["counters"]
        counted += Counter({word: n for word, n in counters.items() if word.startswith(("refused.", "withheld."))})
    return counted


def lost(network: Network) -> list[str]:
    return [
        said.report.text for node in network.nodes.values() for said in node.said if said.report.kind == "route.lost"
    ]


@settings(max_examples=12)
@given(schedules, st.integers(0, 2**16))
def test_4822_3_2_with_one_lab_file_nothing_is_refused_and_no_route_lost(schedule: list[Turn], seed: int) -> None:
    auth = lab_file(schedule, [0.0] * 40)
    network = network_of(dict.fromkeys("abcd", auth), seed)
    network.run(end_of(schedule))
    assert refused(network) == Counter()
    assert lost(network) == []
    assert converged(network)
    used = {hop.packet.data[10] for hop in network.record or ()}
    assert used == {turn.number for turn in schedule}


@settings(max_examples=12)
@given(schedules, st.integers(0, 2**16), st.data())
def test_4822_5_1_with_keys_early_late_and_in_another_order_no_route_is_lost(
    schedule: list[Turn], seed: int, data: st.DataObject
) -> None:
    auths = {
        router: lab_file(schedule, data.draw(shifts, label=router), reverse=data.draw(st.booleans()))
        for router in "abcd"
    }
    network = network_of(auths, seed)
    network.run(end_of(schedule))
    assert lost(network) == []
    assert converged(network)
    assert set(refused(network)) <= {"refused.auth-expired"}


@settings(max_examples=12)
@given(schedules, st.integers(0, 2**16), st.data())
def test_4822_2_3_2_what_is_sent_again_is_refused_across_a_change_of_keys_too(
    schedule: list[Turn], seed: int, data: st.DataObject
) -> None:
    auth = lab_file(schedule, [0.0] * 40)
    network = network_of(dict.fromkeys("abcd", auth), seed)
    lifetimes = {int(number): words for keys in auth.values() for number, words in keys.items()}
    while network.now < end_of(schedule):
        network.run(data.draw(st.floats(0.5, 10.0), label="wait"))
        heard = [hop for hop in network.record or () if hop.node == "b" and hop.packet.interface == "link1"]
        hop = heard[data.draw(st.integers(0, 2**16), label="which") % len(heard)]
        before = refused(network, "a")
        network.call("a", lambda machine, now, hop=hop: machine.receive(hop.packet, now))
        found = refused(network, "a") - before
        if ends(lifetimes[hop.packet.data[10]]) <= network.now:
            assert found == Counter({"refused.auth-expired": 1})
        elif number_in(hop) < max(map(number_in, heard)):
            assert found == Counter({"refused.auth-sequence": 1})
    assert lost(network) == []


def number_in(hop: Hop) -> int:
    (number,) = struct.unpack_from(">I", hop.packet.data, 12)
    return int(number)


def ends(words: dict[str, str]) -> float:
    return float(words["until"].removesuffix("s")) if "until" in words else float("inf")


@settings(max_examples=10)
@given(schedules, st.integers(0, 2**16), st.lists(st.floats(5.0, 60.0), min_size=1, max_size=4))
def test_a_router_that_dies_and_starts_again_goes_by_the_labs_time(
    schedule: list[Turn], seed: int, waits: list[float]
) -> None:
    auth = lab_file(schedule, [0.0] * 40)
    network = network_of(dict.fromkeys("abcd", auth), seed)
    for wait in waits:
        network.run(wait)
        network.kill("b")
        network.run(1.0)
        network.start("b")
    network.run(max(end_of(schedule) - network.now, 2 * UPDATE))
    assert refused(network) == Counter()
    assert converged(network)
