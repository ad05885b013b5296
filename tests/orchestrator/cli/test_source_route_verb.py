"""`catenet source-route` and the check `source_route`, on an engine in memory: the program says what the tests give it.

    ┌─ ab ─ b ─ bc ─┐
h ─ l ─ a           c ─ m ─ g       e refuses, and so does s, on m
    └─ ae ─ e ─ ec ─┘
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from line_lab import World

from catenet.nodes.control.answers import KnownLink
from catenet.nodes.control.probes import MOST_VIAS, ProbedHop, Probes
from catenet.nodes.control.questions import Question
from catenet.nodes.machine import Json
from catenet.orchestrator.checks.source_route import SourceRouteCheck
from catenet.orchestrator.cli.app import run

LAB = """\
name: line
lans:
  l: {prefix: 10.0.1.0/24}
  m: {prefix: 10.0.2.0/24}
  ab: {prefix: 10.0.11.0/24}
  bc: {prefix: 10.0.12.0/24}
  ae: {prefix: 10.0.13.0/24}
  ec: {prefix: 10.0.14.0/24}
nodes:
  h: {lans: {l: 10.0.1.7}, source_routes: follow}
  a: {lans: {l: 10.0.1.1, ab: 10.0.11.1, ae: 10.0.13.1}, services: {ospf: {}}, source_routes: follow}
  b: {lans: {ab: 10.0.11.2, bc: 10.0.12.2}, services: {ospf: {}}, source_routes: follow}
  c: {lans: {m: 10.0.2.3, bc: 10.0.12.3, ec: 10.0.14.3}, services: {ospf: {}}, source_routes: follow}
  e: {lans: {ae: 10.0.13.5, ec: 10.0.14.5}, services: {ospf: {}}}
  g: {lans: {m: 10.0.2.9}, source_routes: follow}
  s: {lans: {m: 10.0.2.8}}
"""
A, B, C, E, G, S = "10.0.1.1", "10.0.11.2", "10.0.12.3", "10.0.13.5", "10.0.2.9", "10.0.2.8"
NEXT = {("a", C): B, ("a", G): B, ("a", S): B, ("b", G): C, ("b", S): C, ("h", B): A, ("h", G): A, ("h", S): A}
"""(node, address) → where its kernel sends that; what is on its own LANs is not here."""


def point(router: str, to: str, prefix: int, address: str, *, cost: int = 1, distance: int = 1) -> KnownLink:
    number = {"a": "10.0.1.1", "b": "10.0.11.2", "c": "10.0.2.3", "e": "10.0.13.5"}
    net = f"10.0.{prefix}.0/24"
    return KnownLink(number[router], router, "0.0.0.0", "point-to-point", number[to], net, address, cost, distance)


LINKS = (
    point("a", "b", 11, "10.0.11.1", distance=0),
    point("b", "a", 11, "10.0.11.2"),
    point("b", "c", 12, "10.0.12.2"),
    point("c", "b", 12, "10.0.12.3"),
    point("a", "e", 13, "10.0.13.1", cost=5, distance=0),
    point("e", "a", 13, "10.0.13.5", cost=5),
    point("e", "c", 14, "10.0.14.5", cost=5),
    point("c", "e", 14, "10.0.14.3", cost=5),
    KnownLink("10.0.1.1", "a", "0.0.0.0", "stub", None, "10.0.1.0/24", None, 1, 0),
    KnownLink("10.0.2.3", "c", "0.0.0.0", "stub", None, "10.0.2.0/24", None, 1, 2),
)


class Way(World):
    """`found`: what the program finds with a source route; `plain`: without."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, LAB)
        self.commands: list[list[str]] = []
        self.found, self.plain = Probes(True), Probes(True, "", hops((A, B, C), G))
        self.code = 0
        self.output: bytes | None = None

    def _answer(self, container: str, command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
        if command[0] != "source-route":
            return super()._answer(container, command, given)
        self.commands.append([container, *command])
        found = self.found if "--via" in command else self.plain
        out = json.dumps(found.to_json()).encode() if self.output is None else self.output
        return self.code or int(not found.arrived), out, b"it broke\n"

    def _say(self, node: str, question: Question) -> Json:
        if question.ask == "route":
            prefix = str(question.arguments["prefix"])
            address = prefix.removesuffix("/32")
            if address == "10.0.14.5":
                return {"prefix": prefix, "kernel": [], "services": {}}
            row = {"prefix": prefix, "via": NEXT.get((node, address)), "lan": "l", "protocol": "kernel", "metric": 0}
            return {"prefix": prefix, "kernel": [row], "services": {}}
        if question.arguments.get("what") == "ospf links":
            return [link.to_json() for link in LINKS]
        return super()._say(node, question)


def hops(passed: Sequence[str], last: str | None = None, says: str = "port unreachable") -> tuple[ProbedHop, ...]:
    """Who let it pass, and what the last one says; None: nobody answers."""
    end = [ProbedHop(len(passed) + 1, last, 0.5, says, last)] if last else [ProbedHop(len(passed) + 1)] * 2
    return (*(ProbedHop(n, each, 0.25, "time exceeded", each, (G,)) for n, each in enumerate(passed, 1)), *end)


@pytest.fixture
def way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Way:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATENET_LAB", raising=False)
    return Way(tmp_path)


def call(way: Way, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(("source-route", *words), lambda: way.engine)
    return code, *capsys.readouterr()


def told(way: Way, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code, out, _ = call(way, capsys, *words, "--json")
    return code, json.loads(out)


def test_the_way_is_written_and_told_in_the_labs_words(way: Way, capsys: pytest.CaptureFixture[str]) -> None:
    way.found = Probes(True, "", hops((A, "10.0.13.5", "10.0.14.3"), G))
    code, out, err = call(way, capsys, "h", "g", "via", "e")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines == [
        "h to g (10.0.2.9) loosely via e",
        "hop node LAN address ms then",
        "1 a l 10.0.1.1 0.25 g",
        "2 e ae 10.0.13.5 0.25 g",
        "3 c ec 10.0.14.3 0.25 g",
        "4 g m 10.0.2.9 0.50",
        "it arrived",
        "without a source route: a b c g",
    ]
    assert way.commands == [
        ["line-h", "source-route", G, "--via", "10.0.13.5", "--json"],
        ["line-h", "source-route", G, "--json"],
    ]


def test_without_a_way_it_is_that_of_the_gateways_database(way: Way, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(way, capsys, "h", "g", "--strict")
    assert (code, said["by"], said["strict"]) == (0, "a's ospf", True)
    assert said["via"] == [{"node": "a", "address": A}, {"node": "b", "address": B}, {"node": "c", "address": C}]
    assert way.commands[0] == [
        "line-h", "source-route", G, "--via", A, "--via", B, "--via", C, "--strict", "--json"
    ]  # fmt: skip


def test_a_router_has_a_database_of_its_own_and_one_is_reached_by_where_it_is_entered(
    way: Way, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [via["node"] for via in told(way, capsys, "a", "g")[1]["via"]] == ["b", "c"]
    way.file.write_text(way.file.read_text().replace("ae: 10.0.13.1},", "ae: 10.0.13.1}, gateway: b,"))
    said = told(way, capsys, "a", "g")[1]
    assert ([via["node"] for via in said["via"]], said["by"]) == (["b", "c"], "a's ospf")
    said = told(way, capsys, "h", "c")[1]
    assert ([via["node"] for via in said["via"]], said["to"], said["address"]) == (["a", "b"], "c", C)
    assert told(way, capsys, "h", "a")[1]["via"] == []
    assert told(way, capsys, "h", "10.0.2.77")[1]["to"] == "10.0.2.77"


@pytest.mark.parametrize(
    ("words", "found", "why"),
    [
        (("h", "g", "via", "e"), Probes(False, "", hops((A,))), "e refuses source routes, and says nothing"),
        (("h", "s", "via", "b"), Probes(False, "", hops((A, B, C))), "s refuses source routes, and says nothing"),
        (("s", "h", "via", "b"), Probes(False, "", hops(())), "s refuses source routes, and says nothing"),
        (
            ("h", "g", "via", "a", "c", "--strict"),
            Probes(False, "", hops((A,), A, "source route failed")),
            "a says: source route failed: what is next is on none of its LANs",
        ),
        (
            ("h", "g", "via", "b", "--strict"),
            Probes(False, "Network is unreachable"),
            "h cannot send to b: Network is unreachable; strictly, b must be on one of its LANs",
        ),
        (("h", "g", "via", "10.0.14.5"), Probes(False, "", hops((A,))), "a has no route to e (10.0.14.5)"),
        (("h", "g", "via", "10.0.9.9"), Probes(False, "", hops((A,))), "no node of the lab has the address 10.0.9.9"),
        (("h", "g", "via", "b"), Probes(False, "", hops((A, B))), "after b nobody answers"),
        (("h", "a", "via", "b"), Probes(False, "", hops((A, B))), "a is twice on the way: its kernel drops"),
        (("h", "h", "via", "b"), Probes(False, "", hops((A, B))), "h is twice on the way: its kernel drops"),
    ],
)
def test_why_it_does_not_arrive(
    way: Way, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], found: Probes, why: str
) -> None:
    way.found = found
    code, out, err = call(way, capsys, *words)
    assert (code, err) == (1, "")
    assert f"it did not arrive: {why}" in out


def test_a_dead_node_is_named_with_its_cure(way: Way, capsys: pytest.CaptureFixture[str]) -> None:
    way.engine.kill("line-b")
    way.found = Probes(False, "", hops((A,)))
    assert "b is exited (137): catenet start b" in call(way, capsys, "h", "g", "via", "b", "c")[1]


def test_a_lan_that_is_cut_is_named_with_its_cure(way: Way, capsys: pytest.CaptureFixture[str]) -> None:
    way.found = way.plain = Probes(False, "Network is unreachable")
    way.down |= {("h", "l"), ("a", "l")}
    code, out, _ = call(way, capsys, "h", "g", "via", "b")
    assert (code, out.splitlines()[1:]) == (
        1,
        [
            "it did not arrive: h cannot send to b: Network is unreachable",
            "without a source route: nothing can be sent (it does not arrive)",
            "next: l is cut: catenet heal l",
        ],
    )


def test_tab_offers_via_and_then_nodes(
    way: Way, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def offered(*words: str) -> list[str]:
        monkeypatch.setenv("_CATENET_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", "\n".join(["catenet", "source-route", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words) + 1))
        assert run([], lambda: way.engine) == 0
        return capsys.readouterr().out.split()

    assert offered("h", "g", "") == ["via"]
    every = ["a", "b", "c", "e", "g", "h", "s"]
    assert sorted(offered("h", "g", "via", "")) == sorted(offered("h", "g", "via", "a", "")) == every
    assert "a" in offered("")
    assert "--strict" in offered("h", "g", "--")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("x", "g"), "lab line has no node 'x'"),
        (("h", "x"), "lab line has no node 'x'"),
        (("h", "g", "via", "bb"), "lab line has no node 'bb'; did you mean b? (choose from: a, b, c, e, g, h, s)"),
        (("h", "g", "via"), "routers are named after 'via': catenet source-route h g via A B"),
        (("h", "g", "b", "c"), "routers are named after 'via'"),
        (("h", "g", "via", *"abababababab"), "and an IPv4 header has room for 9 (RFC 791 section 3.1)"),
        (("e", "10.77.0.1"), "a's ospf knows no way to 10.77.0.1"),
        (("g", "h"), "name the way yourself: catenet source-route g h via A B …"),
    ],
)
def test_the_users_mistakes(way: Way, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str) -> None:
    if words[0] == "g":  # c's work is done by another program
        text = way.file.read_text().replace("ec: 10.0.14.3}, services: {ospf: {}}", "ec: 10.0.14.3}")
        way.file.write_text(text)
    code, out, err = call(way, capsys, *words)
    assert (code, out) == (2, "")
    assert says.replace("a's", words[0] + "'s" if words[0] == "e" else "a's") in err


def test_a_node_that_does_not_run_sends_nothing(way: Way, capsys: pytest.CaptureFixture[str]) -> None:
    way.engine.pause("line-h")
    code, out, err = call(way, capsys, "h", "g", "via", "b")
    assert (code, out) == (2, "")
    assert err == "catenet: h is paused: catenet resume h\n"


@pytest.mark.parametrize(
    "output", [b"", b"{", b"[]", b'{"hops": 3}', b'{"hops": [{"ttl": "x"}]}', b'{"hops": [{"left": [3]}]}']
)
def test_what_the_program_says_is_read_with_care(way: Way, capsys: pytest.CaptureFixture[str], output: bytes) -> None:
    way.output = output
    code, out, err = call(way, capsys, "h", "g", "via", "b")
    assert (code, out) == (3, "")
    assert "source-route at h said what cannot be read" in err


def test_a_node_of_an_older_image_has_no_such_program(way: Way, capsys: pytest.CaptureFixture[str]) -> None:
    way.code = 127
    code, _, err = call(way, capsys, "h", "g", "via", "b")
    assert code == 3
    assert "source-route did not run at h: it broke" in err


# The check.


def looked(way: Way, found: Probes, **words: Any) -> tuple[bool, str]:
    way.found = found
    (done,) = way.check(SourceRouteCheck("h", "g", **words))
    return done.passed, done.finding.seen


def test_the_check_wants_the_way_and_the_arrival(way: Way) -> None:
    asked: dict[str, Any] = {"via": ("b",), "routers": ("a", "b", "c")}
    assert looked(way, Probes(True, "", hops((A, B, C), G)), **asked) == (True, "a b c g")
    assert looked(way, Probes(True, "", hops((A, E, C), G)), **asked) == (False, "a e c g")
    assert looked(way, Probes(False, "", hops((A, B, C))), **asked) == (False, "a b c and no further")
    silent = (ProbedHop(1, A, 0.1, "time exceeded"), ProbedHop(2), *hops((C,), G))
    assert looked(way, Probes(True, "", silent), **asked) == (False, "a * c g")


def test_the_check_wants_it_dropped_where_it_is_said(way: Way) -> None:
    asked: dict[str, Any] = {"via": ("e",), "routers": ("a",), "arrives": False}
    assert looked(way, Probes(False, "", hops((A,))), **asked) == (True, "a and no further")
    assert looked(way, Probes(False, "", hops(())), **asked) == (False, "and no further")
    assert looked(way, Probes(True, "", hops((A,), G)), **asked) == (False, "a g")
    failed = Probes(False, "", hops((A,), A, "source route failed"))
    assert looked(way, failed, **asked) == (True, "a: source route failed")
    assert looked(way, Probes(False, "Network is unreachable"), **asked)[0] is False


def test_the_check_says_what_it_asks_and_what_to_type(way: Way) -> None:
    (done,) = way.check(SourceRouteCheck("h", "g", ("e",), ("a",), strict=True, arrives=False))
    assert done.what == "h to g by strict source route e, dropped"
    assert done.finding.next == "catenet source-route h g via e --strict"


def test_the_check_has_room_for_nine(way: Way) -> None:
    SourceRouteCheck("h", "g", ("a",) * MOST_VIAS, ())
    with pytest.raises(ValueError, match="`via` has 10 routers, and a source route has room for 9"):
        SourceRouteCheck("h", "g", ("a",) * (MOST_VIAS + 1), ())
