"""What a LAN suffers: the words, what of them fits together, and what a node refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.control.impairment import Impairment, in_words, parse_all, replaced
from catenet.nodes.machine import Json

SLOW, LOSSY = Impairment(delay=0.02, jitter=0.005), Impairment(sender="a", loss=0.05, burst=8)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (SLOW, "delay=20ms jitter=5ms"),
        (LOSSY, "from=a loss=5% burst=8"),
        (Impairment(rate=1e7, queue=50, seed=7), "rate=10mbit queue=50 seed=7"),
        (Impairment(delay=1.0, jitter=0.1, distribution="normal"), "delay=1s jitter=100ms distribution=normal"),
        (Impairment(delay=0.01, duplicate=0.01, reorder=0.25), "delay=10ms duplicate=1% reorder=25%"),
        (Impairment(corrupt=0.001, drop_every=10), "corrupt=0.1% drop_every=10"),
    ],
)
def test_it_is_said_as_it_is_asked_and_read_as_it_is_sent(made: Impairment, words: str) -> None:
    made.check()
    assert made.words == words
    assert Impairment.parse(made.to_json()) == made


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "impairment None is no object"),
        ({"dealy": 1.0}, "impairment: 'dealy' is none of from, delay, jitter"),
        ({"delay": "20ms"}, "impairment: delay '20ms' is no float"),
        ({"delay": True}, "impairment: delay True is no float"),
        ({"delay": float("nan")}, "impairment: delay nan is no float"),
        ({"delay": -1.0}, "impairment: delay -1.0 is no float"),
        ({"burst": 1.5, "loss": 0.1}, "impairment: burst 1.5 is no int"),
        ({"burst": -1, "loss": 0.1}, "burst -1 is out of range; it may be 0 to 1e"),
        ({"loss": 1.5}, "loss 1.5 is out of range; it may be 0 to 1"),
        ({"delay": 11.0}, "delay 11 is out of range; it may be 0 to 10"),
        ({"delay": 9.0, "jitter": 2.0}, "delay and jitter are more than 10s together"),
        ({"delay": 0.01, "jitter": 0.02}, "jitter 20ms is more than the delay"),
        ({"jitter": 0.01}, "jitter means nothing without delay"),
        ({"delay": 0.01, "distribution": "normal"}, "distribution means nothing without jitter"),
        ({"delay": 0.01, "jitter": 0.01, "distribution": "flat"}, "distribution 'flat' is neither uniform nor normal"),
        ({"burst": 5}, "burst means nothing without loss"),
        ({"loss": 0.9, "burst": 5}, "loss 90% in bursts of 5 is more than 83.333333%"),
        ({"queue": 5}, "queue means nothing without rate"),
        ({"rate": 10.0}, "rate 10bit is too small; at least 1kbit"),
        ({"reorder": 0.1}, "reorder means nothing without delay"),
        ({"drop_every": 1}, "drop_every 1 drops all"),
    ],
)
def test_what_nobody_could_carry_out_is_refused_by_its_word(value: Json, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Impairment.parse(value)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("x", "impairments 'x' is no list"),
        ([{"delay": 0.1}, {"loss": 0.1}], "impairments are of all, all: each sender once"),
        ([{"from": "a", "delay": 0.1}, {"from": "a", "loss": 0.1}], "of a, a: each sender once"),
        ([{"delay": 0.1}, {"from": "a", "loss": 0.1}], "of all, a: each sender once"),
        ([{"from": f"n{number}", "delay": 0.1} for number in range(65)], "is no list of at most 64"),
    ],
)
def test_each_sender_is_told_once(value: Json, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_all(value)


def test_the_last_word_on_a_sender_counts_and_one_on_all_takes_the_place_of_every_other() -> None:
    other = Impairment(sender="b", delay=0.05)
    assert replaced((), SLOW) == (SLOW,)
    assert replaced((SLOW,), LOSSY) == (LOSSY,)
    assert replaced((LOSSY,), other) == (LOSSY, other)
    assert replaced((LOSSY, other), Impairment(sender="a")) == (other,)
    assert replaced((LOSSY, other), SLOW) == (SLOW,)
    assert replaced((LOSSY, other), Impairment()) == ()
    assert in_words((LOSSY, other)) == "from=a loss=5% burst=8; from=b delay=50ms"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*Impairment._fields, "from"]), inner),
)


@given(JSON)
def test_whatever_is_sent_is_read_or_refused(value: Json) -> None:
    try:
        found = parse_all(value)
    except ValueError:
        return
    assert parse_all([each.to_json() for each in found]) == found
