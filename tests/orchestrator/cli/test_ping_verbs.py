"""`catenet ping` and `catenet traceroute`, and the checks that ping, trace and look up: the same of a node on either
stack. The kernel's has the programs; on the userspace stack the node answers the question `probe`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from line_lab import LAB, World

from catenet.nodes.address import Address
from catenet.nodes.control.lookups import LookedUp, LookupAsked
from catenet.nodes.control.pings import PingAsked, Pinged, TraceAsked
from catenet.nodes.control.probes import ProbedHop, Probes
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.checks.loop import LoopCheck
from catenet.orchestrator.checks.path import PathCheck
from catenet.orchestrator.checks.ping import PingCheck
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.observe import reach
from catenet.orchestrator.operations.scene import RunningScene

G, R = Address.parse("10.0.2.9"), Address.parse("10.0.1.1")
PING = b"""\
64 bytes from 10.0.2.9: icmp_seq=1 ttl=63 time=0.2 ms
64 bytes from 10.0.2.9: icmp_seq=2 ttl=63 time=0.3 ms

3 packets transmitted, 2 received, 33% packet loss, time 205ms
"""
TRACEROUTE = b""" 1  10.0.1.1  0.047 ms
 2  10.0.2.9  0.052 ms
"""
HOPS = (ProbedHop(1, str(R), 0.047, "time exceeded"), ProbedHop(2, str(G), 0.052, "port unreachable"))


class Line:
    """The line lab, whose host `h` is on that stack, and the command line."""

    def __init__(self, folder: Path, stack: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.world = World(folder, LAB.replace("{link1: 10.0.1.7}}", f"{{link1: 10.0.1.7}}, stack: {stack}}}"))
        self.kernel = stack == "kernel"
        self._capsys = capsys

    def pings(self, found: Pinged, printed: bytes = PING, code: int = 0) -> None:
        self.world.prints("ping", printed if self.kernel else b"no program here", code if self.kernel else 2)
        self.world.probes["ping"] = found.to_json()

    def traces(self, found: Probes, printed: bytes = TRACEROUTE) -> None:
        self.world.prints("traceroute", printed if self.kernel else b"no program here")
        self.world.probes["trace"] = found.to_json()

    def __call__(self, *words: str) -> tuple[int, str, str]:
        code = run([*words, "--lab", "line"], lambda: self.world.engine)
        return code, *self._capsys.readouterr()


@pytest.fixture(params=["kernel", "userspace"])
def line(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(tmp_path, request.param, capsys)


def test_a_ping(line: Line) -> None:
    line.pings(Pinged(3, 2, (0.2, 0.3), ttl=63))
    assert line("ping", "h", "g") == (0, "h to g (10.0.2.9): 2 of 3 answered: 0.2 0.3 ms, TTL 63\n", "")
    code, out, _ = line("ping", "h", "10.0.2.9", "--json")
    assert (code, json.loads(out)) == (0, {"node": "h", "to": str(G), **Pinged(3, 2, (0.2, 0.3), ttl=63).to_json()})
    asked = PingAsked(G, 3, wait=1.0).to_json()
    assert line.world.probed == ([] if line.kernel else [("h", {"kind": "ping", **asked})] * 2)


def test_a_ping_without_an_answer_says_who_said_what(line: Line) -> None:
    said = b"From 10.0.1.1 icmp_seq=1 Destination Net Unreachable\n\n1 packets transmitted, 0 received, +1 errors\n"
    line.pings(Pinged(1, says=("10.0.1.1: destination net unreachable",)), said, 1)
    out = "h to 10.0.9.9: 0 of 1 answered\n  10.0.1.1: destination net unreachable\n"
    assert line("ping", "h", "10.0.9.9", "-c", "1") == (1, out, "")


def test_a_path(line: Line) -> None:
    line.traces(Probes(True, "", HOPS))
    code, out, _ = line("traceroute", "h", "g")
    assert code == 0
    assert [row.split()[:4] for row in out.splitlines()[1:]] == [
        ["1", "r", "10.0.1.1", "0.05"],
        ["2", "g", "10.0.2.9", "0.05"],
    ]
    assert [hop["node"] for hop in json.loads(line("traceroute", "h", "g", "--json")[1])["hops"]] == ["r", "g"]


def test_a_path_that_does_not_arrive(line: Line) -> None:
    line.traces(Probes(False, "", (HOPS[0], ProbedHop(2), ProbedHop(3))), b" 1  10.0.1.1  0.047 ms\n 2  *\n 3  *\n")
    code, out, _ = line("traceroute", "h", "g")
    assert (code, len(out.splitlines()), out.splitlines()[-1]) == (1, 3, "it does not arrive")


def test_a_target_that_is_none_names_the_nodes(line: Line) -> None:
    said = "catenet: lab line has no node 'gg'; did you mean g? (choose from: g, h, r)\n"
    assert line("ping", "h", "gg") == (2, "", said)
    assert line("traceroute", "h", "gg") == (2, "", said)


def test_a_node_that_does_not_run_is_named_with_its_cure(line: Line) -> None:
    line.world.engine.kill("line-h")
    assert line("ping", "h", "g")[0] == line("traceroute", "h", "g")[0] == 2


def test_the_checks_see_the_same(line: Line) -> None:
    line.pings(Pinged(3, 2, (0.2, 0.3), ttl=63))
    line.traces(Probes(True, "", HOPS))
    ping, path, other = line.world.check(PingCheck("h", "g"), PathCheck("h", "g", ("r",)), PathCheck("h", "g", ()))
    assert (ping.passed, ping.finding.seen, ping.finding.next) == (True, "2 of 3 answered", "catenet traceroute h g")
    assert (path.passed, other.passed, other.finding.seen) == (True, False, "r g")
    assert not line.world.check(PingCheck("h", "g", answered=False))[0].passed


def test_a_loop_is_seen_by_both(line: Line) -> None:
    died = b"From 10.0.1.1 icmp_seq=1 Time to live exceeded\n\n2 packets transmitted, 0 received\n"
    line.pings(Pinged(2, says=("10.0.1.1: time exceeded",)), died, 1)
    loop, none = line.world.check(LoopCheck("h", ("link2",)), LoopCheck("h", ("link2",), found=False))
    assert (loop.passed, none.passed, none.finding.seen) == (True, False, "10.0.1.1: time exceeded")


def test_a_name_is_looked_up(line: Line) -> None:
    dig = b";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\nwww.x. 60 IN A 10.0.2.9\n"
    line.world.prints("dig", dig if line.kernel else b"")
    line.world.probes["lookup"] = LookedUp("NOERROR", ("10.0.2.9",)).to_json()
    found = reach.look_up(line.world.engine, line.world.running.node("h"), LookupAsked(R, "www.x"))
    assert found == LookedUp("NOERROR", ("10.0.2.9",))


def test_what_a_program_cannot_do_there_is_said_behind_it(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def typed(*words: str) -> tuple[int, str, str]:
        with (tmp_path / "input").open() as given:
            monkeypatch.setattr(sys, "stdin", given)
            return line(*words)

    (tmp_path / "input").write_text("\n")
    line.world.prints("env", b"", 7)
    code, _, said = typed("exec", "h", "curl", "http://g/")
    hint = "catenet: h is on the userspace stack, where programs have no network: catenet ping h TO, catenet traceroute"
    assert (code, hint in said) == (7, not line.kernel)
    line.world.prints("env", b"", 0)
    assert typed("exec", "h", "ls")[0::2] == (0, "")
    assert (hint in typed("shell", "h")[2]) is not line.kernel


@pytest.mark.parametrize("answer", [None, [], {"sent": "x"}, {"ms": 4}, {"says": {}}])
def test_an_odd_answer_is_the_nodes_fault(answer: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = Line(tmp_path, "userspace", capsys)
    line.world.probes["ping"] = answer  # type: ignore[assignment]
    with pytest.raises(EngineError, match=r"^h: "):
        reach.ping(line.world.engine, line.world.running.node("h"), PingAsked(G))


def test_a_path_that_no_packet_begins_says_why(line: Line) -> None:
    line.traces(Probes(False, "no datagram can be sent there"), b"")
    with RunningScene(line.world.engine, line.world.running) as scene:
        hops, why = scene.trace("h", G, 4)
    assert (hops, bool(why)) == ([], True)
    if not line.kernel:
        assert line.world.probed == [("h", {"kind": "trace", **TraceAsked(G, 4).to_json()})]
