"""Pictures of a lab on several hosts: who is where is told by number and colour, and which LANs span hosts."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.pictures.drawings import dot, mermaid
from catenet.orchestrator.pictures.picture import Picture, plan_picture
from catenet.orchestrator.pictures.svg import svg

SVG = "{http://www.w3.org/2000/svg}"
LAB = parse(
    b"lans: {left: {}, right: {}}\nnodes: {h: {lans: [left]}, r: {lans: [left, right]}, s: {lans: [right]}}\n", "f"
)
PLACES = {"h": "here", "r": "here", "s": "big"}


def on_two() -> Picture:
    return plan_picture(LAB, PLACES)


def colours(document: str) -> dict[str, set[str]]:
    """Host → the colours of its marks."""
    found: dict[str, set[str]] = {}
    for item in ElementTree.fromstring(document).iter(f"{SVG}circle"):
        found.setdefault(item.findtext(f"{SVG}title") or "", set()).add(item.get("fill", ""))
    return found


def test_each_host_has_a_colour_of_its_own_and_is_in_the_legend() -> None:
    document = svg(on_two())
    marks = colours(document)
    assert set(marks) == {"host here", "host big"}
    assert all(len(each) == 1 for each in marks.values())
    assert marks["host here"] != marks["host big"]
    circles = [item for item in ElementTree.fromstring(document).iter() if item.tag == f"{SVG}circle"]
    assert len(circles) == len(LAB.nodes) + 2  # a node each, and the legend


def test_a_lan_that_spans_hosts_stands_out() -> None:
    assert on_two().spanning == {"right"}
    spans = re.findall(r'class="lan spans"[^>]*><title>(\w+)<', svg(on_two()))
    assert spans == ["right"]


def test_a_node_of_which_nobody_knows_where_it_is_makes_no_lan_span() -> None:
    picture = plan_picture(LAB, {"h": "here", "s": "big"})
    assert picture.hosts == ("here", "big")
    assert picture.spanning == frozenset()


def test_on_one_host_nothing_of_it_is_drawn() -> None:
    for places in ({}, dict.fromkeys(PLACES, "here")):
        picture = plan_picture(LAB, places)
        assert picture.hosts == ()
        assert "<circle" not in svg(picture)
        assert "on here" not in dot(picture) + mermaid(picture)


def test_mermaid_and_dot_say_it_in_words_and_by_a_border_each() -> None:
    for drawn in (mermaid(on_two()), dot(on_two())):
        assert drawn.count("on here") == 2
        assert drawn.count("on big") == 1
    borders = re.findall(r"style n\d stroke:(#\w+)", mermaid(on_two()))
    assert len(borders) == 3
    assert len(set(borders)) == 2
