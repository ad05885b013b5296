"""The way of a call in a picture of its lab: claim I2, of the lab `nat-matrix`."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from catenet.orchestrator.lab.gates import call_way, gates
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.pictures.drawings import dot, mermaid
from catenet.orchestrator.pictures.picture import plan_picture
from catenet.orchestrator.pictures.svg import svg

LAB = load(Path(__file__).parents[3] / "labs" / "nat-matrix" / "lab.yaml")


@pytest.mark.parametrize(
    ("node", "found"),
    [("ap-ap", ["gate-ap-ap", "gate-wall"]), ("flat-1", ["gate-flat-1", "carrier", "gate-wall"]), ("gate-wall", [])],
)
def test_what_guards_a_home_from_inside_to_outside(node: str, found: list[str]) -> None:
    """gate-wall is the backbone's gateway, so it could be on each one's way."""
    assert [*gates(LAB, node)] == found


@pytest.mark.parametrize(
    ("ends", "by", "direct", "way"),
    [
        (("mate", "ap-ap"), [], True, "mate home-ap-ap ap-ap"),
        (("open", "wall"), [], True, "open backbone gate-wall home-wall wall"),
        (("open", "ei-ei"), [], False, "open backbone gate-ei-ei home-ei-ei ei-ei"),
        (
            ("flat-1", "flat-2"),
            [],
            False,
            "flat-1 home-flat-1 gate-flat-1 street carrier street gate-flat-2 home-flat-2 flat-2",
        ),
        (
            ("ad-ad", "ap-ap"),
            ["s1", "s2"],
            False,
            "ad-ad home-ad-ad gate-ad-ad backbone s1 backbone s2 backbone gate-ap-ap home-ap-ap ap-ap",
        ),
    ],
)
def test_the_way_goes_by_translators_and_relays(ends: tuple[str, str], by: list[str], direct: bool, way: str) -> None:
    assert call_way(LAB, *ends, by, direct=direct) == tuple(way.split())


def test_each_line_of_the_way_is_drawn_as_such_and_no_other_one() -> None:
    plain = plan_picture(LAB)
    picture = replace(plain, call=call_way(LAB, "ad-ad", "ap-ap", ["s1"], direct=False))
    joined = {("gate-ad-ad", "home-ad-ad"), ("gate-ad-ad", "backbone"), ("gate-ap-ap", "backbone")}
    assert picture.call_lines >= joined
    assert len(picture.call_lines) == 7
    assert len(re.findall(r'class="line way"', svg(picture))) == 4  # ad-ad, ap-ap and s1 stand in their LANs
    assert len(re.findall(r'class="node way', svg(picture))) == 5
    assert dot(picture).count("penwidth=5") == 7
    (styled,) = re.findall(r"linkStyle ([\d,]+) stroke:#7a3fb5", mermaid(picture))
    assert len(styled.split(",")) == 7
    for draw in (svg, dot, mermaid):
        assert 'way"' not in re.sub(r"<style>.*</style>", "", draw(plain), flags=re.DOTALL)
        assert "#7a3fb5" not in re.sub(r"<style>.*</style>", "", draw(plain), flags=re.DOTALL)
