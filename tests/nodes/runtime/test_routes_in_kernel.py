"""Several sources have a route to one prefix, on the kernel itself: the best carries, and there is never a gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from in_container import conversation
from on_engine import own

pytestmark = pytest.mark.engine

LAB = own("routes")
SOURCES = [("static", 4, 1), ("toyroute", 250, 90), ("rip", 189, 120)]
LINKS = ["v1", "v2", "v3"]

sources = st.sampled_from(SOURCES)
steps = st.one_of(
    st.tuples(st.just("set"), sources, st.lists(st.sampled_from(LINKS), min_size=1, unique=True)),
    st.tuples(st.just("delete"), sources),
    st.tuples(st.sampled_from(["down", "up"]), st.sampled_from(LINKS)),
)
Do = Callable[[list[Any]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def do() -> Iterator[Do]:
    """Carries steps out in a container of its own, and gives what came of each."""
    script = Path(__file__).with_name("in_kernel.py").read_text(encoding="utf-8")
    with conversation(LAB, script, ["NET_ADMIN"]) as ask:
        yield ask


class Model:
    """What each source wants, and which links are up."""

    def __init__(self) -> None:
        self.wanted: dict[tuple[str, int, int], list[str]] = {}
        self.up = set(LINKS)

    def step(self, what: str, *words: Any) -> None:
        match what, *words:
            case "set", source, links:
                self.wanted[source] = links
            case "delete", source:
                self.wanted.pop(source, None)
            case "down", link:
                self.up.discard(link)
            case "up", link:
                self.up.add(link)

    def live(self) -> dict[tuple[int, int], set[str]]:
        """Number and distance of each source whose route has a link that is up, the best first: by which links."""
        found = {source[1:]: self.up.intersection(links) for source, links in self.wanted.items()}
        return {source: links for source, links in sorted(found.items(), key=lambda item: item[0][1]) if links}


def replay(table: dict[int, set[str]], said: list[list[Any]]) -> Iterator[set[int]]:
    """After each message of the monitor: the metrics of the routes that are there."""
    for kind, *words in said:
        assert kind != "lost"
        if kind == "down":
            for links in table.values():
                links.discard(words[0])
        elif kind == "new":
            table[words[0]] = set(words[1])
        else:
            del table[words[0]]
        yield {metric for metric, links in table.items() if links}


@settings(max_examples=100, deadline=None)
@given(st.lists(steps, min_size=1, max_size=12))
def test_the_nearest_source_carries_and_no_moment_is_without_a_route(do: Do, what: list[Any]) -> None:
    model = Model()
    for step, seen in zip(what, do(what), strict=True):
        before = model.live()
        model.step(*step)
        after = model.live()
        assert [((number, metric), set(links)) for number, metric, links in seen["rows"]] == list(after.items()), step
        best = next(iter(after.values()), None)
        assert seen["by"] in best if best else seen["by"] is None, step
        stay = {distance for number, distance in before.keys() & after.keys()}
        table = {distance: set(links) for (_, distance), links in before.items()}
        for there in replay(table, seen["said"]):
            assert stay <= there, (step, seen["said"])


def test_who_has_lost_news_looks_anew_when_all_older_news_is_told(do: Do) -> None:
    """The kernel drops the latest, and says that it has before it gives what it still has."""
    (seen,) = do([("flap", "v1", 1000)])
    assert ["down", "v1"] in seen["said"]
    assert seen["said"][-1] == ["lost"]


def test_the_loser_carries_the_instant_that_the_best_is_taken_away_or_loses_its_link(do: Do) -> None:
    static, toy, rip = SOURCES
    found = do(
        [
            ("set", rip, ["v1"]),
            ("set", toy, ["v2", "v3"]),
            ("set", static, ["v3"]),
            ("delete", static),
            ("down", "v2"),
            ("down", "v3"),
            ("up", "v3"),
            ("delete", toy),
            ("delete", rip),
        ]
    )
    assert [step["by"] for step in (found[0], *found[2:3], *found[4:])] == ["v1", "v3", "v3", "v1", "v3", "v1", None]
    assert found[1]["by"] in ("v2", "v3")
    assert found[3]["by"] in ("v2", "v3")
