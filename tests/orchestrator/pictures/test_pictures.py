"""Pictures of labs of any shape, with any names: SVG as an XML parser reads it, Mermaid and DOT by their own marks."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import catenet
from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.lab.load import load, parse
from catenet.orchestrator.pictures.drawings import dot, mermaid
from catenet.orchestrator.pictures.layout import Box, place
from catenet.orchestrator.pictures.picture import Picture, ShownEnd, ShownLan, ShownNode, plan_picture, short_address
from catenet.orchestrator.pictures.svg import svg

SVG = "{http://www.w3.org/2000/svg}"
STATES = st.sampled_from(["", "good", "waiting", "paused", "dead"])
NASTY = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), min_size=1, max_size=20)


@st.composite
def pictures(draw: st.DrawFn, names: st.SearchStrategy[str] = NASTY, most: int = 40) -> Picture:
    """Routers and hosts, on any LANs: rings and stars, parts that hang together by nothing, nodes on no LAN."""
    called = draw(st.lists(names, min_size=1, max_size=most, unique=True))
    hosts = st.sampled_from(draw(st.sampled_from([[""], ["here", "big"], ["", "a&b", "c"]])))
    nodes = tuple(ShownNode(name, draw(st.booleans()), draw(STATES), "so so", host=draw(hosts)) for name in called)
    lans = []
    for number in range(draw(st.integers(0, 15))):
        there = draw(st.lists(st.sampled_from(called), max_size=6, unique=True))
        ends = tuple(ShownEnd(name, f".{place + 1}") for place, name in enumerate(there))
        state = draw(st.sampled_from(["", "good", "cut", "silent", "unknown"]))
        lans.append(ShownLan(f"lan{number}", f"10.0.{number}.0/24", ends, state, state))
    return Picture("lab", "as drawn", nodes, tuple(lans), draw(st.booleans()))


def boxes(document: str) -> list[tuple[str, str, tuple[float, float, float, float]]]:
    """(kind, name, (left, top, right, bottom)) of every node and LAN."""
    found = []
    for item in ElementTree.fromstring(document).iter():
        kind = next((word for word in ("node", "lan") if word in item.get("class", "").split()), "")
        if not kind or item.tag not in (f"{SVG}rect", f"{SVG}ellipse"):
            continue
        if item.tag == f"{SVG}rect":
            left, top, width, height = (float(item.get(key, "")) for key in ("x", "y", "width", "height"))
        else:
            x, y, rx, ry = (float(item.get(key, "")) for key in ("cx", "cy", "rx", "ry"))
            left, top, width, height = x - rx, y - ry, 2 * rx, 2 * ry
        found.append((kind, item.findtext(f"{SVG}title") or "", (left, top, left + width, top + height)))
    return found


@settings(max_examples=12)
@given(picture=pictures())
def test_every_node_and_lan_is_there_once_and_no_two_overlap(picture: Picture) -> None:
    drawn = boxes(svg(picture))
    assert sorted(name for kind, name, _ in drawn if kind == "node") == sorted(node.name for node in picture.nodes)
    assert sorted(name for kind, name, _ in drawn if kind == "lan") == sorted(lan.name for lan in picture.lans)
    for kind in ("node", "lan"):
        for (_, one, a), (_, other, b) in combinations([each for each in drawn if each[0] == kind], 2):
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], f"{one} and {other} overlap"


@pytest.mark.parametrize("name", ["five-routers", "internet", "count-to-infinity"])
def test_the_labs_that_come_along_have_no_line_across_another(name: str) -> None:
    """They are planar: a picture of them needs no crossing."""
    document = svg(plan_picture(load(Path(catenet.__file__).parent / "labs" / name / "lab.yaml")))
    lines = [
        tuple(float(item.get(key, "")) for key in ("x1", "y1", "x2", "y2"))
        for item in ElementTree.fromstring(document).iter(f"{SVG}line")
    ]
    assert len(lines) == {"five-routers": 17, "internet": 21, "count-to-infinity": 40}[name]
    for one, other in combinations(lines, 2):
        if {one[:2], one[2:]} & {other[:2], other[2:]}:
            continue
        apart = side(one, other[:2]) == side(one, other[2:]) or side(other, one[:2]) == side(other, one[2:])
        assert apart, f"{one} crosses {other}"


def side(line: tuple[float, ...], point: tuple[float, ...]) -> bool:
    return (line[2] - line[0]) * (point[1] - line[1]) > (line[3] - line[1]) * (point[0] - line[0])


def test_the_same_lab_gives_the_same_picture() -> None:
    lab = load(Path(catenet.__file__).parent / "labs" / "internet" / "lab.yaml")
    assert svg(plan_picture(lab)) == svg(plan_picture(lab))


def test_boxes_on_one_spot_come_apart() -> None:
    spots = place([Box(100, 30)] * 12, [])
    assert all(abs(a.x - b.x) >= 100 or abs(a.y - b.y) >= 30 for a, b in combinations(spots, 2))


@given(picture=pictures(most=8))
def test_mermaid_names_nothing_but_what_it_declares(picture: Picture) -> None:
    head, *lines = mermaid(picture).splitlines()
    assert head == "graph LR"
    declared, joined = [], []
    for line in lines:
        shape = re.fullmatch(r'  ([nl]\d+)(\(\("[^"]+"\)\)|\["[^"]+"\]|\(\["[^"]+"\]\))', line)
        edge = re.fullmatch(r'  (n\d+) ---(?:\|"[^"|]+"\|)? (l\d+)', line)
        if shape:
            declared.append(shape[1])
        elif edge:
            joined += [edge[1], edge[2]]
        else:
            assert re.fullmatch(r"  (classDef|class|linkStyle|style) [\w,]+ [\w#,:\- ]+", line), line
    assert len(declared) == len({*declared}) == len(picture.nodes) + len(picture.lans)
    assert {*joined} <= {*declared}
    assert len(joined) == 2 * sum(len(lan.ends) for lan in picture.lans)


@given(picture=pictures(most=8))
def test_dot_quotes_every_name(picture: Picture) -> None:
    r"""In the DOT language a quoted string ends at the first " that has no \ before it."""
    text = dot(picture)
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "S", text)
    assert bare.count("S [label=S shape=") == len(picture.nodes) + len(picture.lans)
    assert bare.count("S -- S [taillabel=S") == sum(len(lan.ends) for lan in picture.lans)
    assert '"' not in bare and bare.count("{") == bare.count("}") == 1


def test_blank_shows_no_address() -> None:
    lab = load(Path(catenet.__file__).parent / "labs" / "internet" / "lab.yaml")
    for draw in (svg, mermaid, dot):
        plain, blank = draw(plan_picture(lab)), draw(plan_picture(lab, blank=True))
        assert "192.31.65.0/24" in plain and re.search(r"[^\d]\.53\b", plain)
        assert "/24" not in blank and not re.search(r"[^\d]\.53\b", blank)
        assert "dragon.cs.uiuc.edu" in blank


@pytest.mark.parametrize(
    ("address", "prefix", "short"),
    [
        ("10.0.1.7", "10.0.1.0/24", ".7"),
        ("10.0.1.7", "10.0.0.0/16", ".1.7"),
        ("10.0.1.7", "10.0.0.0/20", ".1.7"),
        ("10.0.1.7", "10.0.1.0/29", ".7"),
        ("10.0.1.7", None, "10.0.1.7"),
        (None, "10.0.1.0/24", ""),
    ],
)
def test_a_short_address_is_what_the_prefix_leaves_open(address: str | None, prefix: str | None, short: str) -> None:
    given_prefix = Prefix.parse(prefix) if prefix else None
    assert short_address(Address.parse(address) if address else None, given_prefix) == short


def test_a_node_on_the_userspace_stack_says_so_when_it_is_pointed_at() -> None:
    lab = parse(b"lans: {l: {}}\nnodes: {a: {lans: [l], stack: userspace}, b: {lans: [l]}}\n", "f")
    drawn = svg(plan_picture(lab))
    assert "<title>a (userspace stack)</title>" in drawn
    assert "<title>b</title>" in drawn
