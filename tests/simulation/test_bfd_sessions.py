"""OSPF with BFD in networks of routers: how fast they get over silent loss, and that BFD itself breaks nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network import Network
from ospf_world import build_lans, oracle, ospf, rows, states, summary, table

from catenet.nodes.internet.ospf.config import OspfOptions
from catenet.nodes.machine import Datagram

FAST = {"transmit": "100ms", "receive": "100ms"}
LANS = {
    "left": ["a", "b"],
    "right": ["b", "c"],
    "lower": ["a", "c"],
    "shared": ["a", "b", "d"],
    "end-a": ["a"],
    "end-b": ["b"],
    "end-c": ["c"],
    "end-d": ["d"],
}
LINKS = ("left", "right", "lower")


def world(seed: int = 1, *, without: tuple[str, ...] = (), shared: bool = True, **options: object) -> Network:
    """Three routers on point-to-point links, each with each; two of them share a network with a fourth one. Hello and
    dead are those of the RFC: 10 s and 40 s."""
    chosen = {"bfd": "on", "bfd_timers": FAST, "network": dict.fromkeys(LINKS, "point-to-point"), **options}
    lans = {lan: on for lan, on in LANS.items() if shared or "d" not in on}
    return build_lans(
        lans,
        lambda router: OspfOptions(**chosen | ({"bfd": "off"} if router in without else {})),
        seed,
        record=True,
    )


def converged(network: Network) -> bool:
    costs: dict[str, dict[str, int]] = {name: {} for name in network.nodes}
    return all(table(network, name) == right for name, right in oracle(network, costs).items())


def after(network: Network, within: float = 60.0) -> float:
    """In how many seconds the tables are right."""
    took = network.run_until(lambda: converged(network), within=within, step=0.01)
    assert took is not None
    return took


def sessions(network: Network, router: str) -> dict[tuple[str, str], str]:
    return {(row["lan"], row["node"]): row["bfd"] for row in rows(network, router, "ospf neighbors")}


def failures(network: Network) -> list[str]:
    """Adjacencies that BFD has ended."""
    said = [each.report for node in network.nodes.values() for each in node.said]
    return [each.text for each in said if each.kind == "neighbor.changed" and ": BFD: " in each.text]


def datagrams(network: Network, lan: str, since: float) -> list[float]:
    return [hop.at for hop in network.record or () if hop.packet.interface == lan and _is_bfd(hop) and hop.at >= since]


def _is_bfd(hop: object) -> bool:
    return isinstance(getattr(hop, "packet", None), Datagram)


def test_every_neighbour_has_a_session_and_all_come_up() -> None:
    network = world()
    network.run(60)
    for router in network.nodes:
        assert sessions(network, router)
        assert set(sessions(network, router).values()) == {"Up"}
    assert failures(network) == []


def test_silent_loss_is_healed_in_under_half_a_second() -> None:
    """The dead interval is 40 s."""
    network = world(shared=False)
    network.run(60)
    for link in LINKS:
        network.cut(link, silent=True)
        assert after(network) < 0.5
        network.heal(link)
        assert after(network) < 11  # the next Hello
        network.run(30)


def test_without_bfd_it_takes_the_dead_interval() -> None:
    network = world(bfd="off", shared=False)
    network.run(60)
    network.cut("left", silent=True)
    assert 30 < after(network) <= 41


def test_silent_loss_of_a_shared_network_elects_anew_at_once() -> None:
    """Its Designated Router pauses: the others see it in 300 ms, and its Backup takes over."""
    network = world()
    network.run(60)
    designated = next(row["designated"] for row in rows(network, "d", "ospf interfaces") if row["lan"] == "shared")
    network.pause(designated)
    network.run(0.4)
    others = [router for router in LANS["shared"] if router != designated]
    for router in others:
        row = next(row for row in rows(network, router, "ospf interfaces") if row["lan"] == "shared")
        assert row["designated"] in others
    network.resume(designated)
    assert after(network, 120) < 60


def test_a_router_that_is_killed_is_detoured_in_under_half_a_second() -> None:
    network = world(shared=False)
    network.run(60)
    network.kill("b")
    assert after(network) < 0.5
    network.start("b")
    assert after(network) < 30
    network.run(30)
    assert set(sessions(network, "a").values()) == {"Up"}


def test_a_router_that_starts_again_before_anybody_has_noticed() -> None:
    """Its sessions have other discriminators: the others' go down by what it says, and up again."""
    network = world()
    network.run(60)
    network.kill("b")
    network.start("b")
    network.run(40)
    assert converged(network)
    assert set(sessions(network, "a").values()) == {"Up"}


def test_who_has_no_bfd_is_a_neighbour_like_any_other() -> None:
    network = world(without=("b",))
    network.run(60)
    assert converged(network)
    assert set(states(network, "b").values()) == {"Full"}
    assert sessions(network, "a")["left", "b"] == "Down"
    assert sessions(network, "a")["lower", "c"] == "Up"
    network.run(600)
    assert failures(network) == []
    assert summary(network, "b")["counters"].keys().isdisjoint({"bfd.sent", "bfd.received"})


def test_loss_in_one_direction_alone_ends_the_adjacency_at_both_ends() -> None:
    """ "a" hears nothing of "b", which hears it still: Down says so, and 40 s of Hellos are not waited for."""
    from catenet.nodes.control.link import LinkCondition

    network = world(shared=False)
    network.run(60)
    network.set_condition("a", "left", LinkCondition(drop=True))
    network.run(0.5)
    assert ("left", "b") not in states(network, "a")
    assert states(network, "b").get(("left", "a")) != "Full"
    assert table(network, "a")["end-b"][1] == {"c"}
    assert table(network, "b")["end-a"][1] == {"c"}


def test_a_router_that_ends_is_nobodys_failure() -> None:
    network = world(shared=False)
    network.run(60)
    ospf(network, "b").shutdown()
    network.settle(network.nodes["b"].processes[0])
    network.run(5)
    assert failures(network) == []
    assert ("left", "b") not in states(network, "a") or states(network, "a")["left", "b"] == "Init"


def test_three_routers_packets_are_as_many_as_they_wish() -> None:
    """Each 100 ms, less up to a quarter: eleven to thirteen and a half a second of each end of a link."""
    network = world(shared=False)
    network.run(60)
    start = network.now
    network.run(100)
    assert 2 * 10 * 100 <= len(datagrams(network, "left", start)) <= 2 * 13.4 * 100
    assert failures(network) == []


@pytest.mark.parametrize("loss", [0.01, 0.05])
def test_loss_of_some_packets_is_no_failure(loss: float) -> None:
    """Three in a row are, of a multiplier of 3: with 1 % of loss once in a day or so, with 5 % once in 20 minutes."""
    network = world(seed=7, shared=False)
    network.run(60)
    for link in LINKS:
        network.impair(link, loss=loss)
    network.run(60)
    assert failures(network) == []
    assert converged(network)


FAULTS = st.lists(
    st.tuples(
        st.sampled_from(["cut", "silent", "kill", "pause", "loss", "jitter"]),
        st.sampled_from([*LINKS, "shared"]),
        st.sampled_from("abcd"),
        st.sampled_from([0.0, 0.2, 0.5, 1.5, 10.0]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=10)
@given(st.integers(1, 1000), FAULTS)
def test_whatever_befalls_them_they_come_to_rest(seed: int, faults: list[tuple[str, str, str, float]]) -> None:
    """Each session of neighbours that are there is Up, each table right, and nothing more happens."""
    network = world(seed, hello=2.0, dead=8.0, bfd_timers={"transmit": "200ms", "receive": "300ms"})
    network.run(12)
    for kind, lan, router, seconds in faults:
        if kind in ("cut", "silent"):
            network.cut(lan, silent=kind == "silent")
        elif kind == "kill":
            network.kill(router)
        elif kind == "pause":
            network.pause(router)
        else:
            network.impair(lan, **({"loss": 0.4} if kind == "loss" else {"delay": 0.2, "jitter": 0.15}))
        network.run(seconds)
        for each in LANS:
            network.impair(each)
            network.heal(each)
        network.resume(router)
        if kind == "kill":
            network.start(router)
    network.run(40)
    assert converged(network)
    assert {state for router in network.nodes for state in sessions(network, router).values()} == {"Up"}
    before = len(failures(network))
    network.run(20)
    assert len(failures(network)) == before
