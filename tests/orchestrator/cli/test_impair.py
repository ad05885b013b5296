"""`impair`: by hand, of one sender or all, and what heal, status and the plugin make of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catenet.orchestrator.observe.running import UserError, running_lab
from catenet.orchestrator.operations.verbs import do, options_of
from catenet.orchestrator.status.state import lab_state


def state(small: Any) -> tuple[str, bool]:
    lans = lab_state(small.engine, running_lab(small.engine, small.name)).lans
    return next((lan.word, lan.is_broken) for lan in lans if lan.name == "link1")


SLOW = [{"delay": 0.02, "loss": 0.01}]


def on_link1(small: Any) -> dict[str, Any]:
    return {node: asked for (node, lan), asked in small.suffers.items() if lan == "link1"}


def test_all_ends_are_told_in_words_or_in_options(catenet: Any, small: Any) -> None:
    code, out, _ = catenet("impair", "link1", "delay=20ms", "loss=1%")
    assert (code, on_link1(small)) == (0, {"a": SLOW, "b": SLOW})
    assert out.startswith("link1 impaired (delay=20ms loss=1%): carried out by a and b (")
    assert catenet("impair", "link1", "--delay", "20ms", "loss=1%")[1] == (
        "link1 is impaired: delay=20ms loss=1% already\n"
    )


def test_each_sender_has_its_own_until_all_are_told_the_same(catenet: Any, small: Any) -> None:
    catenet("impair", "link1", "from=a", "delay=20ms")
    catenet("impair", "link1", "from=b", "rate=1mbit", "queue=20")
    a, b = {"from": "a", "delay": 0.02}, {"from": "b", "rate": 1e6, "queue": 20}
    assert on_link1(small) == {"a": [a, b], "b": [a, b]}
    catenet("impair", "link1", "from=a", "off")
    assert on_link1(small) == {"a": [b], "b": [b]}
    catenet("impair", "link1", "drop_every=10")
    assert on_link1(small)["a"] == [{"drop_every": 10}]
    assert catenet("impair", "link1", "off")[1].startswith("link1 healed: up at a and b (")
    assert on_link1(small) == {"a": [], "b": []}


def test_status_says_what_is_asked_and_counts(catenet: Any, small: Any) -> None:
    catenet("impair", "link1", "delay=20ms")
    out = catenet("status")[1]
    assert "link1  impaired: delay=20ms  a, b   2,000 packets, 24 lost" in out
    assert "1 impaired" in out.splitlines()[-1]
    lan = next(each for each in json.loads(catenet("status", "--json")[1])["lans"] if each["lan"] == "link1")
    assert lan["state"] == "impaired: delay=20ms"
    assert lan["counted"] == {"packets": 2000, "lost": 24, "copied": 0}


def test_heal_makes_it_as_the_lab_file_has_it_and_off_as_no_file_has(catenet: Any, small: Any) -> None:
    small.planned["link1"] = SLOW
    state = next(
        lan for lan in lab_state(small.engine, running_lab(small.engine, small.name)).lans if lan.name == "link1"
    )
    assert (state.word, state.is_broken) == ("impaired", False)
    catenet("impair", "link1", "off")
    state = next(
        lan for lan in lab_state(small.engine, running_lab(small.engine, small.name)).lans if lan.name == "link1"
    )
    assert (state.word, state.is_broken) == ("up", True)
    assert catenet("heal", "link1")[1].startswith("link1 impaired (delay=20ms loss=1%): carried out by a and b (")
    assert on_link1(small) == {"a": SLOW, "b": SLOW}


WRONG = (
    (["link1"], "impair link1: say how, like delay=20ms loss=1%, or off"),
    (["link1", "off", "delay=1ms"], "impair link1: off is nothing else, not delay=1ms"),
    (["link1", "from=b"], "impair link1: say how"),
    (["link1", "from=nobody", "delay=1ms"], "impair link1: nobody is not on it: a, b"),
    (["link1", "jitter=1ms"], "impair link1: jitter means nothing without delay"),
    (["link1", "delay=20"], "impair: delay: '20' is no duration (like 200ms, 2s or 3m)"),
    (["link1", "loss=1"], "impair: loss: '1' is no percentage (at most 100%, like 1%)"),
    (["link1", "dealy=20ms"], "verb impair has no option 'dealy'; did you mean delay?"),
    (["delay=20ms"], "impair: which LAN? like: catenet impair LAN delay=20ms"),
)


@pytest.mark.parametrize(("words", "why"), WRONG)
def test_what_makes_no_sense_is_refused_and_nobody_is_told(
    catenet: Any, small: Any, words: list[str], why: str
) -> None:
    code, _, error = catenet("impair", *words)
    assert (code, why in error, small.suffers) == (2, True, {})


def test_a_lan_that_is_cut_is_not_impaired(catenet: Any, small: Any) -> None:
    catenet("cut", "link1")
    code, _, error = catenet("impair", "link1", "delay=20ms")
    assert (code, "it is cut, so nothing would arrive: catenet heal link1 first" in error) == (2, True)


def test_a_test_says_from_with_an_underscore(small: Any) -> None:
    options = options_of("impair", {"from_": "a", "delay": "20ms", "distribution": "normal", "jitter": "1ms"})
    done = do(small.engine, running_lab(small.engine, small.name), "impair", "link1", options)
    assert done.words.startswith("link1 impaired (from=a delay=20ms jitter=1ms distribution=normal)")
    with pytest.raises(UserError, match="verb impair has no option 'sender'"):
        options_of("impair", {"sender": "a"})
