"""The checks `layers`, `hop_by_hop` and `asks`: what is not so makes each of them fail, and the reason is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from catenet.orchestrator.checks.asks import AsksCheck
from catenet.orchestrator.checks.expectation import Asked, AskedAddress, Crossed, CrossedFrame, Finding
from catenet.orchestrator.checks.hop_by_hop import HopByHopCheck
from catenet.orchestrator.checks.layers import LayersCheck

UDP, ICMP = ("Ethernet", "IPv4", "UDP"), ("Ethernet", "IPv4", "ICMP")
WAY = [("left", "h1", "a"), ("middle", "a", "b"), ("right", "b", "h2")]


def crossed(headers: tuple[str, ...] = UDP, **more: Any) -> Crossed:
    frames = tuple(CrossedFrame(*hop, headers, nested=True, data=b"hello") for hop in WAY)
    return Crossed(frames, arrived=True, faults=(), data=b"hello", says="")._replace(**more)


def asked(**more: Any) -> Asked:
    questions = tuple(AskedAddress(asker, lan, "10.0.0.1", to, to, broadcast=True) for lan, asker, to in WAY)
    known = frozenset(pair for lan, one, other in WAY for pair in ((one, lan, other), (other, lan, one)))
    return Asked(questions, known, reached=True)._replace(**more)


class Scene:
    """A lab in which that was seen."""

    def __init__(self, crossed: Crossed | None = None, asked: Asked | None = None) -> None:
        self._crossed, self._asked = crossed, asked
        self.fresh: bool | None = None
        self.by = ""

    def packet(self, source: str, target: str, by: str) -> Crossed | None:
        assert (source, target) == ("h1", "h2")
        self.by = by
        return self._crossed

    def asks(self, source: str, target: str, *, fresh: bool) -> Asked | None:
        assert (source, target) == ("h1", "h2")
        self.fresh = fresh
        return self._asked


LAYERS = LayersCheck("h1", "h2")
HOPS = HopByHopCheck("h1", "h2", ("a", "b"))
ASKS = AsksCheck("h1", "h2", ("a", "b", "h2"))


def look(check: Any, crossed: Crossed | None = None, asked: Asked | None = None) -> Finding:
    finding: Finding = check.run(Scene(crossed, asked))
    return finding


def test_layers_hold_where_each_frame_has_them() -> None:
    assert look(LAYERS, crossed()).holds
    assert look(replace(LAYERS, by="icmp"), crossed(ICMP)).holds
    assert look(LAYERS, crossed()).seen == "Ethernet > IPv4 > UDP on left middle right"


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (crossed(ICMP), "on left: Ethernet > IPv4 > ICMP"),
        (crossed(arrived=False), "it was not heard at h2; seen on left middle right"),
        (crossed(arrived=False, frames=()), "seen on no LAN"),
        (crossed(faults=("b did something",)), "b did something"),
        (crossed(data=b"hello!"), "on left 5 octets are carried, 6 were sent"),
        (crossed(frames=(crossed().frames[0]._replace(nested=False),)), "on left: Ethernet > IPv4 > UDP"),
    ],
)
def test_layers_fail_where_one_has_not(seen: Crossed, said: str) -> None:
    finding = look(LAYERS, seen)
    assert not finding.holds
    assert said in finding.seen


def test_what_carries_it_is_one_of_two() -> None:
    with pytest.raises(ValueError, match="by 'tcp' is none of udp, icmp"):
        LayersCheck("h1", "h2", "tcp")


def test_hop_by_hop_holds_where_it_passes_the_routers_and_none_errs() -> None:
    scene = Scene(crossed(ICMP))
    assert HOPS.run(scene).holds  # type: ignore[arg-type]
    assert scene.by == "icmp"


@pytest.mark.parametrize(
    ("check", "seen", "said"),
    [
        (replace(HOPS, routers=("a",)), crossed(), "h1 a b h2"),
        (replace(HOPS, routers=("b", "a")), crossed(), "h1 a b h2"),
        (HOPS, crossed(arrived=False), "h1 a b and no further"),
        (HOPS, crossed(faults=("a sent it on with TTL 9",)), "a sent it on with TTL 9"),
        (HOPS, crossed(frames=(), arrived=False), "and no further"),
    ],
)
def test_hop_by_hop_fails_where_not(check: HopByHopCheck, seen: Crossed, said: str) -> None:
    finding = look(check, seen)
    assert not finding.holds
    assert said in finding.seen


def test_asks_holds_where_each_is_asked_and_then_known() -> None:
    scene = Scene(asked=asked())
    assert ASKS.run(scene).holds  # type: ignore[arg-type]
    assert scene.fresh is True


def test_nobody_is_asked_where_all_are_known() -> None:
    """RFC 1122 section 2.3.2.1 (2), "Unicast Poll", is no question to the LAN."""
    known = replace(ASKS, answers=(), fresh=False)
    assert look(known, asked=asked(questions=())).holds
    alone = tuple(each._replace(broadcast=False) for each in asked().questions)
    assert look(known, asked=asked(questions=alone)).holds
    assert not look(known, asked=asked()).holds


def first(**words: str) -> tuple[AskedAddress, ...]:
    one, *rest = asked().questions
    return (one._replace(**words), *rest)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (asked(reached=False), "the packet did not come to h2"),
        (asked(questions=asked().questions[:2]), "others answer, or in another order"),
        (asked(questions=first(answerer="")), "h1 for 10.0.0.1: nobody answers"),
        (asked(questions=first(owner="b")), "a answered for b"),
        (asked(known=asked().known - {("a", "left", "h1")}), "a did not keep what the question says of h1"),
        (asked(known=asked().known - {("h1", "left", "a")}), "h1 did not keep the answer"),
    ],
)
def test_asks_fails_where_not(seen: Asked, said: str) -> None:
    finding = look(ASKS, asked=seen)
    assert not finding.holds
    assert said in finding.seen


def test_a_proxy_answers_for_another() -> None:
    """As those are to that are named, and no others."""
    one, two, last = asked().questions
    proxied = asked(questions=(one._replace(owner="h2"), two._replace(owner="h2"), last))
    check = replace(ASKS, proxy=("a", "b"))
    assert look(check, asked=proxied).holds
    assert not look(check, asked=asked()).holds
    assert not look(ASKS, asked=proxied).holds
    assert not look(replace(ASKS, proxy=("a",)), asked=proxied).holds


def test_they_say_what_they_are() -> None:
    assert LAYERS.describe() == "h1 to h2 by udp, layer by layer"
    assert HOPS.describe() == "h1 to h2 over a b, hop by hop"
    assert HopByHopCheck("h1", "h2", ()).describe() == "h1 to h2 directly, hop by hop"
    assert ASKS.describe() == "h1 to h2: a b h2 answer a broadcast"
    assert AsksCheck("h1", "h2", ()).describe() == "h1 to h2: nobody is asked"
