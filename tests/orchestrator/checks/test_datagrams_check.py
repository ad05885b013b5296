"""The check `datagrams`: what it makes of what became of them."""

from __future__ import annotations

from typing import Any

import pytest

from catenet.nodes.control.datagrams import Datagrams, Stream
from catenet.nodes.control.fields import AnswerError
from catenet.orchestrator.checks.datagrams import DatagramsCheck, Share
from catenet.orchestrator.checks.expectation import Finding

SOME = Datagrams(200, 180, 0, 10, 4, 0, tuple(range(40)), 0.001, 0.002, 0.03, 0.4)


class Scene:
    """A lab in which that became of them; what was `asked`."""

    def __init__(self, became: Datagrams) -> None:
        self.became = became
        self.asked: list[dict[str, Any]] = []

    def datagrams(self, source: str, target: str, **words: Any) -> Datagrams:
        self.asked.append({"from": source, "to": target, **words})
        return self.became


def look(became: Datagrams = SOME, **words: Any) -> Finding:
    return DatagramsCheck("h1", "h2", **words).run(Scene(became))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        ({"lost": "10%"}, True),
        ({"lost": "5%..15%"}, True),
        ({"lost": "0%"}, False),
        ({"lost": "11%..100%"}, False),
        ({"lost": "0%..9%"}, False),
        ({"duplicated": "5%"}, True),
        ({"duplicated": "0%"}, False),
        ({"overtaken": "1%..3%"}, True),
        ({"overtaken": "0%"}, False),
        ({"silence": 0.5}, True),
        ({"silence": 0.3}, False),
        ({"lost": "10%", "silence": 0.3}, False),
        ({"lost": "10%", "corrupted": "1%..100%"}, False),
    ],
)
def test_each_word_is_held_against_what_was_seen(words: dict[str, Any], holds: bool) -> None:
    assert look(**words).holds is holds


def test_what_came_back_as_another_is_never_right() -> None:
    assert not look(SOME._replace(corrupted=1), lost="10%").holds
    assert look(SOME._replace(corrupted=1), lost="10%", corrupted="0%..1%").holds


def test_it_says_what_it_saw() -> None:
    seen = look(lost="5%..15%", silence=0.1)
    assert seen.expected == "lost 5%..15%, silent for 100ms at most"
    assert seen.seen == "of 200: 20 lost, 10 duplicated, 4 overtaken, silent for 0.4 s"
    assert seen.table[0].endswith("38 39 …")
    assert seen.table[1] == "there and back: 1.0 / 2.0 / 30.0 ms (least, median, most)"
    unsent = look(Datagrams(10, 0, 10), lost="0%")
    assert (unsent.seen, unsent.table) == ("of 10: 10 lost (10 not sent), 0 duplicated, 0 overtaken", ())


def test_it_asks_for_what_it_is_told() -> None:
    scene = Scene(SOME)
    check = DatagramsCheck("h1", "h2", lost="0%", number=5, every=0.5, size=3000, whole=True)
    check.run(scene)  # type: ignore[arg-type]
    assert scene.asked == [{"from": "h1", "to": "h2", "number": 5, "every": 0.5, "size": 3000, "whole": True}]
    assert check.describe() == "h1 sends to h2: lost 0%"


@pytest.mark.parametrize("text", ["", "5", "5%..", "..5%", "15%..5%", "101%", "5%-15%"])
def test_a_share_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        Share.parse(text)
    if text:
        with pytest.raises(ValueError, match=r"lost: .*write a share, or two, like 5%\.\.15%"):
            DatagramsCheck("h1", "h2", lost=text)


def test_nobody_sends_to_himself() -> None:
    with pytest.raises(ValueError, match="h1 sends to itself"):
        DatagramsCheck("h1", "h1", lost="0%")


def test_what_is_said_is_what_is_read() -> None:
    assert Datagrams.parse({**SOME.to_json(), "order": [*SOME.order]}) == SOME
    for odd in (None, {"sent": "many"}, {"order": 3}, {"order": ["x"]}, {"least": "short"}):
        with pytest.raises(AnswerError):
            Datagrams.parse(odd)


@pytest.mark.parametrize(
    "words",
    [
        {"to": "x"},
        {},
        {"to": "10.0.0.1"},
        {"to": "10.0.0.1", "port": 70_000},
        {"to": "10.0.0.1", "port": 7, "number": 10_001},
        {"to": "10.0.0.1", "port": 7, "size": 11},
        {"to": "10.0.0.1", "port": 7, "size": 65_508},
        {"to": "10.0.0.1", "port": 7, "number": 100, "every": 1},
        {"to": "10.0.0.1", "port": 7, "number": 10_000, "every": 0, "size": 60_000},
        {"to": "10.0.0.1", "port": 7, "every": -1},
        {"to": "10.0.0.1", "port": 7, "number": -1},
    ],
)
def test_what_cannot_be_sent_is_refused(words: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        Stream.parse(words)


def test_an_order_is_what_is_asked_for() -> None:
    from catenet.nodes.address import Address

    stream = Stream(Address.parse("10.0.0.1"), 7, 5, 0.0, 65_507, True)
    assert Stream.parse({"kind": "datagrams", **stream.to_json()}) == stream
