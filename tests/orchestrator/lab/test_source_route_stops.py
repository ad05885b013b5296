"""The way that a packet names: words → addresses, on a lab with several LANs between two routers and a translator."""

from __future__ import annotations

import pytest

from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.source_routes import StopError, stops

LAB = parse(
    b"""\
name: x
lans:
  l: {prefix: 10.0.1.0/24}
  m: {prefix: 10.0.2.0/24}
  n: {prefix: 10.0.3.0/24}
  o: {prefix: 10.0.4.0/24}
  home: {prefix: 192.168.1.0/24}
nodes:
  h: {lans: {l: 10.0.1.9}}
  a: {lans: {l: 10.0.1.1, m: 10.0.2.1, n: 10.0.3.1}, gateway: 10.0.2.2}
  b: {lans: {m: 10.0.2.2, n: 10.0.3.2, o: 10.0.4.2}, gateway: 10.0.2.1}
  box: {lans: {home: 192.168.1.1, o: 10.0.4.7}, gateway: b, services: {nat: {}}}
  in: {lans: {home: 192.168.1.9}}
""",
    "lab.yaml",
)


def named(source: str, *words: str) -> list[str]:
    return [f"{stop.node} {stop.address}" for stop in stops(LAB, source, words)]


def test_a_router_stands_there_by_the_lan_on_which_it_is_entered() -> None:
    """So that a strict source route can be gone: each address is on a LAN of the node before."""
    assert named("h", "a", "b", "h") == ["a 10.0.1.1", "b 10.0.2.2", "h 10.0.1.9"]
    assert named("h", "b", "a") == ["b 10.0.2.2", "a 10.0.2.1"]
    assert named("box", "b", "a", "b") == ["b 10.0.4.2", "a 10.0.2.1", "b 10.0.2.2"]


def test_an_address_stands_for_itself() -> None:
    assert named("h", "10.0.3.2", "10.0.4.9") == ["b 10.0.3.2", "10.0.4.9 10.0.4.9"]
    assert named("h", "10.0.3.2", "a") == ["b 10.0.3.2", "a 10.0.2.1"]


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("in", "in has no address that means it at h"),
        ("x", "'x' is neither a node nor an IPv4 address"),
        ("10.0.1", "'10.0.1' is neither a node nor an IPv4 address"),
        ("224.0.0.5", "224.0.0.5 is the address of no node"),
        ("127.0.0.1", "127.0.0.1 is the address of no node"),
    ],
)
def test_what_cannot_be_named(word: str, why: str) -> None:
    with pytest.raises(StopError) as caught:
        stops(LAB, "h", ["a", word])
    assert (caught.value.word, str(caught.value)) == (word, why)


def test_from_behind_a_translator_the_outside_can_be_named() -> None:
    assert named("in", "box", "a") == ["box 192.168.1.1", "a 10.0.1.1"]
