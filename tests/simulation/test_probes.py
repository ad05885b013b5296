"""Ping and traceroute, by a machine on a node's ports: the same on the simulated kernel's stack and on ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from inboxes import Inbox, line
from network import Network

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.pings import PingAsked, Pinged, TraceAsked
from catenet.nodes.control.probes import DONE, ProbedHop, Probes, probes
from catenet.nodes.internet.icmp.prober import Ping, Trace
from catenet.nodes.machine import Machine, NextHop, OpenPort, Udp

FAR = Address.parse("10.0.3.2")
Make = Callable[[Any], Machine[Any]]


@pytest.fixture(params=["simulated", "own"])
def own(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "own")


def in_line(own: bool, make: Make, *, loop: bool = False) -> Network:
    """a – r1 – r2 – r3 – b, on the LANs l0 to l3. `loop`: r2 has lost the way to the last one, and sends it back."""
    network = Network(seed=1, icmp=True, own=own)
    for number in range(4):
        network.add_lan(f"l{number}", f"10.0.{number}.0/24")
    for name, lans, ways in line():
        network.add_node(name, lans, lambda node: Inbox(OpenPort(Udp(9))))  # the simulated kernel knows its ports
        for prefix, next_hop in ways.items():
            network.nodes[name].kernel[prefix] = (next_hop,)
    if loop:
        network.nodes["r2"].kernel[Prefix.parse("10.0.3.0/24")] = (NextHop(Address.parse("10.0.1.1"), "l1"),)
    network.nodes["a"].make = make
    network.restart("a", 0)
    return network


def found(network: Network, within: float = 60.0) -> Any:
    said = network.nodes["a"].said
    assert network.run_until(lambda: any(each.report.kind == DONE for each in said), within=within) is not None
    return next(each.report.data for each in said if each.report.kind == DONE)


def pinged(own: bool, asked: PingAsked, **how: bool) -> Pinged:
    network = in_line(own, lambda node: Ping(asked, node.random, lambda: node.counters["send_failures"]), **how)
    return Pinged.parse(found(network))


def traced(own: bool, asked: TraceAsked, **how: bool) -> Probes:
    network = in_line(own, lambda node: Trace(asked, lambda: node.counters["send_failures"]), **how)
    return probes(found(network))


@pytest.mark.parametrize("size", [0, 1, 56, 1472, 1473, 2000, 65_507])
def test_echoes_of_every_size_are_answered(own: bool, size: int) -> None:
    got = pinged(own, PingAsked(FAR, 3, size=size))
    assert (got.sent, got.received, got.repeated, got.damaged, got.unsent, got.says) == (3, 3, 0, 0, 0, ())
    assert got.ttl == 61
    assert 8 <= got.ms[2] < 9


def test_of_whom_there_is_no_way_nothing_is_sent(own: bool) -> None:
    got = pinged(own, PingAsked(Address.parse("10.9.9.9"), 2))
    assert (got.sent, got.received, got.unsent) == (2, 0, 2)


def test_a_ttl_that_runs_out_is_told(own: bool) -> None:
    got = pinged(own, PingAsked(FAR, 2, ttl=2))
    assert (got.received, got.says) == (0, ("10.0.1.2: time exceeded",))


def test_in_a_loop_an_echo_dies_and_that_is_told(own: bool) -> None:
    got = pinged(own, PingAsked(FAR, 1, ttl=255), loop=True)
    assert (got.received, len(got.says)) == (0, 1)
    assert got.says[0].endswith("time exceeded")


def test_a_path_is_found(own: bool) -> None:
    got = traced(own, TraceAsked(FAR))
    assert got.arrived
    assert [(hop.ttl, hop.address, hop.says) for hop in got.hops] == [
        (1, "10.0.0.2", "time exceeded"),
        (2, "10.0.1.2", "time exceeded"),
        (3, "10.0.2.2", "time exceeded"),
        (4, str(FAR), "port unreachable"),
    ]


def test_a_router_answers_from_the_address_that_was_asked_for(own: bool) -> None:
    """r2's on l2, which is behind it: traceroute has arrived where it was to go."""
    got = traced(own, TraceAsked(Address.parse("10.0.2.1")))
    assert got.arrived
    assert [hop.address for hop in got.hops] == ["10.0.0.2", "10.0.2.1"]


def test_a_loop_is_seen_as_one(own: bool) -> None:
    got = traced(own, TraceAsked(FAR, most=6), loop=True)
    assert not got.arrived
    assert [hop.address for hop in got.hops] == ["10.0.0.2", *["10.0.1.2", "10.0.1.1"] * 2, "10.0.1.2"]


def test_who_does_not_answer_is_none_and_the_next_one_is_asked(own: bool) -> None:
    asked = TraceAsked(FAR, most=3, tries=2, wait=0.5)
    network = in_line(own, lambda node: Trace(asked, lambda: node.counters["send_failures"]))
    network.cut("l1", silent=True)
    got = probes(found(network))
    assert got.hops[0].address == "10.0.0.2"
    assert got.hops[1:] == (ProbedHop(2), ProbedHop(3))


@pytest.mark.parametrize(
    "asked",
    [
        {"to": "x"},
        {"to": "0.0.0.0"},
        {"to": "10.0.0.1", "number": 0},
        {"to": "10.0.0.1", "size": 65_508},
        {"to": "10.0.0.1", "ttl": 256},
        {"to": "10.0.0.1", "number": 1000, "every": 1},
        {"to": "10.0.0.1", "wait": -1},
        {"to": "10.0.0.1", "wait": float("nan")},
    ],
)
def test_what_cannot_be_asked(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is no|out of range|at most"):
        PingAsked.parse(asked)


def test_what_is_asked_and_answered_is_read_as_it_is_written() -> None:
    ping = PingAsked(FAR, 7, 100, 0.5, 1.5, 9, True, "l0")
    assert PingAsked.parse(ping.to_json()) == ping
    trace = TraceAsked(FAR, 9, 2, 0.25, 100)
    assert TraceAsked.parse(trace.to_json()) == trace
    got = Pinged(7, 6, (0.1, 0.2), 1, 2, 3, 61, ("10.0.0.1: time exceeded",))
    assert Pinged.parse({**got.to_json()}) == got
