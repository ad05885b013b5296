"""Bad LANs where sender and receiver are on our own stack: its frames pass the sender's queue as the kernel's do, so
what was asked is what is seen.
"""

from __future__ import annotations

from collections import Counter
from math import sqrt
from typing import Any

import pytest
from lab_bench import until

from catenet.nodes.control.datagrams import Datagrams
from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.operations.scene import RunningScene

pytestmark = [pytest.mark.engine, pytest.mark.lab("bad-links-own/lab.yaml")]

MANY = 1500
FRAME = 14 + 20 + 8
"""Octets of a frame beside those of the datagram."""


def sent(lab: LabUnderTest, to: str = "b", number: int = MANY, every: float = 0.001, size: int = 100) -> Datagrams:
    with RunningScene(lab.engine, lab.running) as scene:
        return scene.datagrams("a", to, number=number, every=every, size=size, whole=False)


def warmed(lab: LabUnderTest, **words: object) -> None:
    """From now on; the two know each other, so that no ARP is among the frames that are counted."""
    assert sent(lab, number=1).lost == 0
    lab.do("impair", "lan", **words)


def within(count: int, share: float) -> bool:
    """Five standard deviations of the binomial distribution."""
    return abs(count - MANY * share) < 5 * sqrt(MANY * share * (1 - share))


def counted(lab: LabUnderTest, node: str) -> Counter[str]:
    return Counter(next(row.get("counted", {}) for row in lab[node].show("links") if row["lan"] == "lan"))


@pytest.mark.parametrize("to", ["b", "k"])
def test_a_delay_is_never_less_and_a_millisecond_more_at_most(lab: LabUnderTest, to: str) -> None:
    assert sent(lab, to, 1).lost == 0
    lab.do("impair", "lan", from_="a", delay="20ms")

    def look() -> str | None:
        found = sent(lab, to, 100, 0.005)
        assert (found.lost, found.overtaken) == (0, 0)
        assert found.least >= 0.020
        return None if found.least < 0.0215 else f"{found.least} s"

    until(look)


def test_so_many_are_lost_and_so_many_come_twice(lab: LabUnderTest) -> None:
    warmed(lab, from_="a", loss="10%", seed=7)
    first = sent(lab)
    assert within(first.lost, 0.1)
    assert counted(lab, "a")["lost"] == first.lost
    lab.do("impair", "lan", from_="b", duplicate="20%", seed=7)
    lab.do("impair", "lan", from_="a", loss="10%", delay="1ms", seed=7)
    second = sent(lab)
    assert abs(second.lost - first.lost) <= 3, "the same seed, but for an ARP of a poll"
    assert within(second.duplicated, 0.2 * 0.9)


def test_a_damaged_datagram_is_found_out_by_our_checksum(lab: LabUnderTest) -> None:
    warmed(lab, from_="a", corrupt="20%", seed=7)
    found = sent(lab)
    assert within(found.lost, 0.2)
    assert found.corrupted == 0


def test_a_rate_is_that_of_the_frames(lab: LabUnderTest) -> None:
    """A hundred frames of 1,000 octets at a megabit: the last one has waited for the others, 8 ms each."""
    warmed(lab, from_="a", rate="1mbit", queue=150)

    def look() -> str | None:
        found = sent(lab, "b", 100, 0.0, 1000 - FRAME)
        assert found.lost == 0
        return None if found.most == pytest.approx(0.8, rel=0.05) else f"{found.most} s"

    until(look)


BAD: dict[str, dict[str, Any]] = {
    "delay": {"delay": "5ms", "jitter": "3ms"},
    "loss": {"loss": "3%"},
    "duplicate": {"duplicate": "20%"},
    "reorder": {"delay": "5ms", "reorder": "20%"},
    "corrupt": {"corrupt": "3%"},
    "rate": {"rate": "10mbit"},
}
BAD["all"] = {word: value for words in BAD.values() for word, value in words.items()}


@pytest.mark.parametrize(("source", "target"), [("k", "a"), ("a", "k")])
@pytest.mark.parametrize("bad", BAD)
def test_in_either_role_beside_a_kernel_what_comes_through_is_right(
    lab: LabUnderTest, source: str, target: str, bad: str
) -> None:
    """Echoes in three fragments: of six frames there and back each has to arrive, in whatever order and how often."""
    assert lab[source].ping(target, number=1).received == 1
    lab.do("impair", "lan", **BAD[bad], seed=7)
    found = lab[source].ping(target, number=20, size=4000)
    good = 0.94**6 if bad == "all" else 0.97**6 if bad in {"loss", "corrupt"} else 1.0
    assert (found.sent, found.damaged) == (20, 0)
    assert found.received >= 20 * good - 4 * sqrt(20 * good * (1 - good))
