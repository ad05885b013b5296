"""How `catenet trace lsa` looks, and what it says as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flood_lab import FloodLab
from test_lsa_steps import ring

from catenet.orchestrator.cli.trace_lsa import draw_lsa, print_lsa
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.trace.lsa import LsaTrace
from catenet.orchestrator.trace.lsa_rule import faults, link_uses

TEXT = """\
a's router-LSA 1.1.1.1, 00000007, in area 0.0.0.0: originated at 00:16:40.000 (UTC)

   ms  LAN  from  to             sequence  age  what
  1.0  ab   a     AllSPFRouters  00000007    1  originated; b: new
  1.0  ac   a     AllSPFRouters  00000007    1  originated; c: new
  2.0  bc   b     AllSPFRouters  00000007    2  forwarded; c: duplicate, counts as acknowledgement
  2.1  bc   c     AllSPFRouters  00000007    2  forwarded; b: duplicate, counts as acknowledgement
500.0  ab   b     AllSPFRouters  00000007    1  acknowledged; to a
500.0  ac   c     AllSPFRouters  00000007    1  acknowledged; to a

a
├─ ab ─ b  1.1 ms
└─ ac ─ c  1.1 ms (by what it sent)

LAN  from  to             times
ab   a     AllSPFRouters  once
ac   a     AllSPFRouters  once
bc   b     AllSPFRouters  once
bc   c     AllSPFRouters  once   had it by ac meanwhile

3 of 3 routers have it, the last after 1.1 ms (c); 4 copies on 3 links
each router sent it once at most on each link, and none back to where it had it from (RFC 2328, 13.3)
"""


def traced(lab: FloodLab) -> LsaTrace:
    flood = lab.flood()
    return LsaTrace("a", "router-LSA", flood, faults(flood), link_uses(flood))


def test_packets_then_who_has_it_from_whom_then_each_link(capsys: pytest.CaptureFixture[str]) -> None:
    lab = ring()
    lab.tell("b", "a", "ab", 1.5)
    print_lsa(traced(lab), ["a", "b", "c"])
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == TEXT.splitlines()


def test_what_is_not_as_it_should_be_stands_last(capsys: pytest.CaptureFixture[str]) -> None:
    lab = FloodLab({"ab": "a b"})
    lab.update(1, "ab", "a", lost="b")
    lab.update(2001, "ab", "a", age=3)
    lab.acknowledge(2500, "ab", "b")
    print_lsa(traced(lab), ["a", "b"])
    assert capsys.readouterr().out.splitlines()[-1] == (
        "but a sent it to AllSPFRouters on ab: retransmitted once after 2.000 s: no acknowledgement had come"
    )


def test_a_picture_has_in_bold_who_has_it_from_whom(tmp_path: Path) -> None:
    text = "lans: {ab: {}, ac: {}, bc: {}}\nnodes: {a: {lans: [ab, ac]}, b: {lans: [ab, bc]}, c: {lans: [ac, bc]}}\n"
    done, file = traced(ring()), tmp_path / "lsa.dot"
    assert done.flood is not None
    draw_lsa(done, done.flood, parse(text.encode(), "lab.yaml"), file)
    bold = {
        line.strip().split(" [")[0] for line in file.read_text().splitlines() if "penwidth" in line and "--" in line
    }
    assert len(bold) == 4, bold
    assert not any("bc" in line for line in bold)


def test_nothing_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    print_lsa(LsaTrace("a", "router-LSA", None), ["a"])
    assert capsys.readouterr().out.startswith("a has said no router-LSA of itself\nnext: catenet events")


def test_as_json_it_is_whole() -> None:
    said = json.loads(json.dumps(traced(ring()).to_json()))
    assert (said["type"], said["router"], said["sequence"], said["originated"]) == (
        "router",
        "1.1.1.1",
        "00000007",
        1000.0,
    )
    assert [step["how"] for step in said["steps"]][:3] == ["originated", "originated", "forwarded"]
    assert [(each["node"], each["source"]) for each in said["reached"]] == [("b", "a"), ("c", "a")]
    assert (said["missing"], said["faults"]) == ([], [])
    assert {"lan": "bc", "source": "c", "to": "AllSPFRouters", "copies": 1, "why": "had it by ac meanwhile"} in said[
        "links"
    ]
