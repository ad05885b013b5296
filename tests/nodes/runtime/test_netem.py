"""What tc is told of an impairment, where the kernel's netem does it."""

from __future__ import annotations

import pytest

from catenet.nodes.control.impairment import Impairment
from catenet.nodes.runtime.netem import commands

ROOT = "qdisc add dev eth0 root handle 4c: netem limit 100000"


def told(asked: Impairment) -> list[str]:
    """Without the seed."""
    lines = commands(asked, "eth0", "link1 a")
    assert lines is not None
    words, _, seed = lines[0].partition(" seed ")
    assert seed.isdecimal()
    return [words, *lines[1:]]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Impairment(delay=0.02), "delay 20000us"),
        (Impairment(delay=0.02, jitter=0.005), "delay 20000us 5000us"),
        (Impairment(delay=1.0, jitter=0.1, distribution="normal"), "delay 1000000us 100000us distribution normal"),
        (Impairment(loss=0.01), "loss random 1.000000%"),
        # of the good state one in 36 goes to the bad one, of that one in four comes back: 10 % of the time
        (Impairment(loss=0.1, burst=4), "loss gemodel 2.777778% 25.000000%"),
        (Impairment(delay=0.01, duplicate=0.01, reorder=0.25), "delay 10000us duplicate 1.000000% reorder 25.000000%"),
        (Impairment(corrupt=0.001), "corrupt 0.100000%"),
    ],
)
def test_netem_has_the_same_words(asked: Impairment, words: str) -> None:
    assert told(asked) == [f"{ROOT} {words}"]


def test_a_rate_is_tbf_s_and_what_waits_for_it_a_pfifo_s() -> None:
    assert told(Impairment(rate=1e6, queue=50)) == [
        ROOT,
        "qdisc add dev eth0 parent 4c:1 handle 4d: tbf rate 1000000bit burst 3028 limit 1000003028",
        "qdisc add dev eth0 parent 4d:1 handle 4e: pfifo limit 50",
    ]
    assert told(Impairment(rate=1e9))[1:] == [
        "qdisc add dev eth0 parent 4c:1 handle 4d: tbf rate 1000000000bit burst 500000 limit 1000500000",
        "qdisc add dev eth0 parent 4d:1 handle 4e: pfifo limit 1000",
    ]


def test_each_end_draws_its_own_and_a_seed_gives_the_same_again() -> None:
    asked = Impairment(loss=0.1, seed=7)
    assert commands(asked, "eth0", "link1 a") == commands(asked, "eth0", "link1 a")
    assert commands(asked, "eth0", "link1 a") != commands(asked, "eth0", "link1 b")
    assert commands(asked, "eth0", "link1 a") != commands(asked._replace(seed=8), "eth0", "link1 a")


def test_what_netem_has_no_word_for_is_somebody_else_s() -> None:
    assert commands(Impairment(drop_every=10, delay=0.02), "eth0", "link1 a") is None
