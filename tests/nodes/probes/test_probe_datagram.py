"""The probe `datagram`: what is asked of it, and one datagram there and back in the simulated network."""

from __future__ import annotations

from typing import Any

import pytest

from catenet.nodes.address import ANY, Address
from catenet.nodes.machine import Datagram, Endpoint, Json, OpenPort, Report, Send, Udp
from catenet.nodes.probes.datagram import LARGEST, Once, make

PEER = Endpoint(Address.parse("10.0.3.1"), 7)
WORDS: dict[str, Json] = {"to": "10.0.3.1", "port": 7, "data": b"hello".hex(), "wait": 2.0}


def opened() -> Once:
    """It has its port, at second 10."""
    probe = make(WORDS, None)  # type: ignore[arg-type]
    (port,) = probe.take_actions()
    assert port == OpenPort(Udp(), fragments=True)
    assert probe.next_wake() is None
    probe.port_opened(port, Udp(4000), 10.0)
    return probe


def reports(probe: Once) -> list[Any]:
    return [each.data for each in probe.take_actions() if isinstance(each, Report)]


def test_it_sends_what_was_asked_for_and_says_that_something_came_back() -> None:
    probe = opened()
    assert probe.take_actions() == [Send(Datagram(b"hello", Endpoint(ANY, 4000), PEER))]
    probe.receive(Datagram(b"hello!", PEER, Endpoint(ANY, 4000)), 10.25)
    probe.receive(Datagram(b"hello!", PEER, Endpoint(ANY, 4000)), 10.5)
    assert reports(probe) == [{"answered": True, "octets": 6, "ms": 250.0}]
    assert probe.next_wake() is None


def test_nothing_came_back() -> None:
    probe = opened()
    probe.receive(Datagram(b"x", PEER._replace(port=8), Endpoint(ANY, 4000)), 10.25)
    probe.take_actions()
    assert probe.next_wake() == 12.0
    probe.wake(11.9)
    assert reports(probe) == []
    probe.wake(12.0)
    assert reports(probe) == [{"answered": False}]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"to": "x"}, "no address"),
        ({"to": "0.0.0.0"}, "no address"),
        ({"to": None}, "to"),
        ({"port": 0}, "port 0 is out of range"),
        ({"port": 65536}, "port 65536 is out of range"),
        ({"port": "7"}, "port"),
        ({"wait": -1}, "wait -1 is out of range"),
        ({"wait": 31}, "wait 31 is out of range"),
        ({"data": "0"}, "not hexadecimal"),
        ({"data": "zz"}, "not hexadecimal"),
        ({"data": "00" * (LARGEST + 1)}, "at most 65507"),
    ],
)
def test_a_wrong_word_is_the_asker_s_mistake(words: dict[str, Json], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make({**WORDS, **words}, None)  # type: ignore[arg-type]
