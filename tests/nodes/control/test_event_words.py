"""Lines without JSON tell when, who, what kind, and the text; no more is read from them. Hostile ones do no harm."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.control.events import Event

HALF_A_DAY = 12 * 3600.0


@given(st.integers(0, 4 * 10**15), st.floats(-0.9 * HALF_A_DAY, 0.9 * HALF_A_DAY))
def test_the_day_is_that_of_the_log(microseconds: int, late: float) -> None:
    at = microseconds / 1e6
    event = Event.parse(Event(at, "a", "node", "node.ready", "a is ready").line(with_json=False), "a", at + late)
    assert event is not None
    assert abs(event.at - at) < 1e-5
    assert (event.node, event.service, event.kind, event.text) == ("a", "node", "node.ready", "a is ready")
    assert not event.whole


def test_of_what_its_words_name_nothing_is_data() -> None:
    text = "192.31.65.0/24 via b on link1, cost 3, was 5 (b's update)"
    line = Event(0.0, "a", "rip", "route.changed", text, {"cost": 3}).line(with_json=False)
    event = Event.parse(line, "a", 0.0)
    assert event == Event(0.0, "a", "rip", "route.changed", text, {}, whole=False)


@pytest.mark.parametrize(
    "line",
    [
        "Traceback (most recent call last):",
        "12:00:00 rip route.lost x",
        "12:00:00.000000 rip lost x",
        '12:00:00.000000 rip route.lost x\t{"at":',
        '12:00:00.000000 rip route.lost x\t{"at":0,"node":"a","service":"rip","kind":"","text":"x","data":{}}',
        "",
    ],
)
def test_other_lines_are_no_events(line: str) -> None:
    assert Event.parse(line, "a", 0.0) is None


def test_without_the_time_of_the_log_words_are_not_read() -> None:
    assert Event.parse(Event(0.0, "a", "node", "node.ready", "x").line(with_json=False)) is None


NAMES = ("node", "service", "kind", "text")
NUMBERS = st.sampled_from(["1e300", "1e999", "-1e18", "NaN", "Infinity", "-1", "9" * 400, '"1e300"', "null", "0"])
HOSTILE = st.text(st.sampled_from("ab\x1b\x07\x9b\u202e\ud800 ."), max_size=8)


@given(NUMBERS, st.lists(HOSTILE, min_size=4, max_size=4), NUMBERS, st.sampled_from([None, 1_700_000_000.0]))
def test_hostile_lines_do_no_harm(at: str, words: list[str], number: str, logged: float | None) -> None:
    named = ",".join(f"{json.dumps(key)}:{json.dumps(word)}" for key, word in zip(NAMES, words, strict=True))
    event = Event.parse(f'x\t{{"at":{at},{named},"data":{{"n":[{number}]}}}}', "", logged)
    if event is None:
        return
    assert logged is None or event.at == logged
    datetime.fromtimestamp(event.at, UTC)
    for key, word in zip(NAMES, words, strict=True):
        said = getattr(event, key)
        assert said.isprintable() and len(said) == len(word)
    json.loads(json.dumps(event.data), parse_constant=pytest.fail)


@pytest.mark.parametrize("at", ["1e300", "-1e18", "0"])
def test_a_time_that_cannot_be_makes_way_for_the_engines(at: str) -> None:
    line = f'x\t{{"at":{at},"node":"b","service":"s","kind":"k","text":"\\u001b[2J","data":{{}}}}'
    assert Event.parse(line, "a", 1_700_000_000.0) == Event(1_700_000_000.0, "a", "s", "k", "?[2J", {})


@pytest.mark.parametrize("at", ["1e999", "NaN", "9" * 400, "1e300", "-1"])
def test_without_any_time_it_is_no_event(at: str) -> None:
    line = f'x\t{{"at":{at},"node":"b","service":"s","kind":"k","text":"","data":{{}}}}'
    assert Event.parse(line) is None


def test_words_that_a_terminal_would_obey_are_cleaned() -> None:
    event = Event.parse("12:00:00.000000 rip route.lost \x1b[2J", "a", 0.0)
    assert event is not None and event.text == "?[2J"


def test_of_a_line_longer_than_any_of_ours_the_words_are_not_read() -> None:
    """Else a line of a megabyte, which the engine's logs may have, would take minutes."""
    many = "10.0.0.0/8 via b on link1 put back; " + " (" * 500_000
    assert Event.parse(f"12:00:00.000000 rip route.restored {many}", "a", 0.0) is None
