"""What a play counts: from the lines of the routers' logs to a row of its table."""

from __future__ import annotations

import pytest

from catenet.nodes.control.events import Event
from catenet.nodes.machine import Json
from catenet.orchestrator.cli.play import show_measured
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.observe.events import LogEntry
from catenet.orchestrator.timeline.measure import Account, Measured

LAB = parse(
    b"""
lans: {link: {prefix: 10.0.1.0/24}, west: {prefix: 10.0.2.0/24}}
nodes:
  a: {lans: [link, west], services: {rip: {}}}
  b: {lans: [link], services: {rip: {}}}
measure:
  - {name: row, at: [a, b], to: west, from: b}
timeline:
  - {at: 1s, cut: [west, link]}
""",
    "f",
)
WEST = "10.0.2.0/24"
BEGAN = 100.0


def account() -> Account:
    known = [("a", "rip", WEST), ("a", "rip", "10.0.1.0/24"), ("b", "rip", WEST), ("c", "rip", WEST)]
    return Account(LAB.measures[0], LAB, known, BEGAN)


def line(at: float, node: str, kind: str, **data: Json) -> LogEntry:
    return LogEntry(node, at, at, "", Event(at, node, "rip", kind, "", data))


def test_the_words_of_the_lab_file() -> None:
    [measure] = LAB.measures
    assert (measure.name, measure.routers, measure.lans, measure.source) == ("row", ("a", "b"), ("west",), "b")
    assert [(moment.at, moment.verb, moment.target) for moment in LAB.timeline] == [
        (1, "cut", "west"),
        (1, "cut", "link"),
    ]


def test_it_counts_from_the_link_that_went_down_to_the_last_route() -> None:
    row = account()
    assert not row.note(line(101.0, "a", "link.down", lan="west"))
    assert row.note(line(102.5, "b", "route.lost", prefix=WEST))
    assert (row.seconds, row.metric, row.changes) == (1.5, None, 0)


def test_a_route_that_comes_back_takes_the_end_back() -> None:
    row = account()
    row.note(line(101.0, "a", "link.down", lan="west"))
    row.note(line(102.0, "a", "route.changed", prefix=WEST, lan="link", metric=3, cost=2))
    row.note(line(103.0, "b", "route.changed", prefix=WEST, lan="link", metric=4, cost=3))
    assert not row.note(line(104.0, "b", "route.lost", prefix=WEST))
    assert row.note(line(105.0, "a", "route.lost", prefix=WEST))
    assert (row.seconds, row.metric, row.changes) == (4.0, 4, 2)
    row.note(line(106.0, "b", "route.changed", prefix=WEST, lan="link", metric=9))
    assert (row.seconds, row.metric) == (None, 9)


def test_a_metric_is_what_the_router_says_and_is_not_made_of_the_cost() -> None:
    """Of a protocol whose metric counts the network at the end, or not: the row does not know."""
    row = account()
    row.note(line(102.0, "a", "route.changed", prefix=WEST, lan="link", metric=20, cost=20))
    row.note(line(103.0, "b", "route.changed", prefix=WEST, lan="link", cost=30))
    assert (row.metric, row.changes) == (20, 2)


def test_a_link_that_is_up_is_no_routing_services_to_lose() -> None:
    """The node tells of its links, and rip of its routes: each takes away only what it brought."""
    row = account()
    row.note(line(101.0, "a", "link.down", lan="west"))
    row.note(line(102.0, "a", "link.up", lan="west"))
    row.note(line(103.0, "a", "route.changed", prefix=WEST, lan="link", metric=3, cost=2))
    row.note(line(104.0, "b", "route.lost", prefix=WEST))
    row.note(line(105.0, "a", "route.lost", prefix=WEST))
    assert (row.left, row.seconds) == (("west",), None)
    assert row.note(line(106.0, "a", "link.down", lan="west"))
    assert row.left == ()


def test_a_row_that_has_not_ended_says_which_lan_was_left(capsys: pytest.CaptureFixture[str]) -> None:
    row = account()
    row.note(line(101.0, "a", "link.down", lan="west"))
    assert row.left == ("west",)
    show_measured([Measured("row", row.seconds, None, 0, None, None, row.left)])
    assert capsys.readouterr().out.splitlines()[1].split() == ["row", "never:", "west", "-", "0", "-", "-"]
    row.note(line(102.0, "b", "route.lost", prefix=WEST))
    assert row.left == ()


def test_without_a_link_that_goes_down_it_counts_from_what_the_timeline_did() -> None:
    row = account()
    row.note(line(99.0, "b", "route.lost", prefix=WEST))  # before it
    row.note(line(106.0, "a", "route.lost", prefix=WEST))
    assert row.seconds is None
    assert row.note(line(107.0, "b", "route.lost", prefix=WEST))
    assert row.seconds == 7.0


def test_what_breaks_later_than_the_counting_begins_is_counted_from_then() -> None:
    row = Account(LAB.measures[0], LAB, [("a", "rip", WEST)], BEGAN, BEGAN + 2)
    assert row.note(line(107.0, "a", "route.lost", prefix=WEST))
    assert row.seconds == 5.0


def test_other_routers_other_networks_and_other_lines_do_not_count() -> None:
    row = account()
    for each in (
        line(101.0, "c", "route.changed", prefix=WEST, lan="link", metric=9),
        line(101.0, "b", "route.changed", prefix="10.9.0.0/16", lan="west", metric=9),
        line(101.0, "b", "route.lost", prefix="10.9.0.0/16"),
        line(101.0, "a", "route.lost", prefix="10.9.0.0/16", lan="west"),
        line(101.0, "b", "route.lost", prefix="10.9.0.0/16", lan="west"),
        line(101.0, "a", "link.down", lan="link"),
        LogEntry("a", 101.0, 101.0, "Traceback", None),
    ):
        assert not row.note(each)
    assert (row.seconds, row.metric, row.changes) == (None, None, 0)
