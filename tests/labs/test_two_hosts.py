"""Labs over two machines: an engine each, joined by a swarm, reached by SSH.

The machines are network namespaces of this one (tests/engines.py), so their clocks agree; what is done where they do
not, tests/orchestrator/observe/test_clocks.py says.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from engines import Engines
from lab_bench import LABS, PATIENCE, Bench, until
from on_engine import CATENET, own
from rip_mixed import Broken, until_right
from two_hosts import Machines, machines_of

from catenet.orchestrator.capture.capturing import capturing
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.locks import OwnershipLock
from catenet.orchestrator.harness.failed import Witness
from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.harness.labs import Copy
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.model import Moment

pytestmark = [
    pytest.mark.engine,
    pytest.mark.timeout(1200),  # seconds, of which most is a busy machine's
    pytest.mark.skipif(os.geteuid() != 0, reason="engines in network namespaces of their own: only for root"),
]

FRANCE = {"a", "d", "surf.eurecom.fr", "dns.eurecom.fr", "a.root-servers.net", "dns.fr"}
SURF, DRAGON = "surf.eurecom.fr", "dragon.cs.uiuc.edu"


@pytest.fixture(scope="module")
def machines(two_engines: Engines) -> Iterator[Machines]:
    with machines_of(two_engines) as found:
        yield found


@pytest.fixture(scope="module")
def internet(machines: Machines) -> Iterator[Bench]:
    with machines.running(LABS / "internet" / "two-hosts.yaml", own("two-hosts")) as bench:
        yield bench


def test_the_file_is_that_of_internet_but_for_its_places() -> None:
    plain, placed = (load(LABS / "internet" / name) for name in ("lab.yaml", "two-hosts.yaml"))
    assert {name for name, node in placed.nodes.items() if node.place == "france"} == FRANCE
    assert {node.place for node in placed.nodes.values()} == {"france", "world"}
    assert [(*node.attachments, node.services) for node in placed.nodes.values()] == [
        (*node.attachments, node.services) for node in plain.nodes.values()
    ]
    assert (placed.lans, placed.claims, placed.data) == (plain.lans, plain.claims, plain.data)
    assert [each.expectation for each in placed.checks] == [each.expectation for each in plain.checks]
    assert [*map(_moment, placed.timeline)] == [*map(_moment, plain.timeline)]


def _moment(each: Moment) -> object:
    """But for its line."""
    expect = None if each.expect is None else (each.expect.expectation, each.expect.claim, each.expect.within)
    return each.at, each.verb, each.target, expect


def test_each_node_is_on_its_machine_with_the_words_of_compose(machines: Machines, internet: Bench) -> None:
    found = {host: {each["catenet.node"]: each for each in machines.there(host)} for host in machines.hosts}
    assert set(found["france"]) == FRANCE
    assert set(found["world"]) == set(internet.lab.nodes) - FRANCE
    for labels in (*found["france"].values(), *found["world"].values()):
        assert labels["com.docker.compose.project"] == internet.copy
        assert labels["com.docker.compose.service"] == labels["catenet.node"]


def test_neither_machine_hears_its_bridges(machines: Machines, internet: Bench) -> None:
    for name in machines.names.values():
        host = machines.engines.hosts[name]
        for file in ("ipv4/conf/{}/rp_filter", "ipv6/conf/{}/disable_ipv6"):
            said = host.run("sh", "-c", f"cat /proc/sys/net/{file.format('br-*')}").split()
            assert len(said) >= 3
            assert {*said} == {"1"}


def test_what_the_lab_claims_holds(internet: Bench) -> None:
    internet.until_all_holds()


def test_only_lans_between_the_machines_are_segments_and_both_ends_have_one_mtu(internet: Bench) -> None:
    ends: dict[str, list[tuple[bool, int]]] = {}
    for router in "abcde":
        for link in internet.show(router, "links"):
            ends.setdefault(link["lan"], []).append((link.get("segment") is not None, link["mtu"]))
    assert {lan for lan, found in ends.items() if any(segment for segment, _ in found)} == {"link1", "link6"}
    assert ends["link1"] == ends["link6"] == [(True, 1400), (True, 1400)]  # of 1500: VXLAN within VXLAN, 50 octets each
    assert ends["link3"] == ends["link4"] == [(False, 1500), (False, 1500)]


def test_a_packet_of_full_size_gets_across_whole(internet: Bench) -> None:
    assert "1 received" in _ping(internet, 1400)
    assert "essage too long" in _ping(internet, 1401)


def _ping(bench: Bench, octets: int) -> str:
    """One IP packet of that length to the other machine, not to be cut."""
    return bench.sh("a", f"ping -n -c 1 -M do -s {octets - 28} 10.1.1.2 2>&1; true")


def test_a_cut_between_the_machines_heals_over_the_other_way(internet: Bench) -> None:
    internet.do("cut", "link1")
    until(lambda: _detour(internet) != ["10.1.3.4", "10.1.6.5"])
    internet.do("heal", "link1")
    until(lambda: _detour(internet) != ["10.1.1.2", "10.1.2.3"])


def _detour(bench: Bench) -> list[str]:
    """The two routers behind a, on the way from the browser to the page."""
    said = bench.run(SURF, "traceroute", "-n", "-q", "1", "-w", "1", "-m", "8", "192.31.65.5").stdout
    return re.findall(r"^ *\d+  (\S+) ", said, re.MULTILINE)[1:3]


def test_a_router_killed_on_the_other_machine_comes_back_to_all_its_lans(internet: Bench) -> None:
    internet.do("kill", "b")
    until(lambda: _detour(internet) != ["10.1.3.4", "10.1.6.5"])
    internet.do("start", "b")
    internet.until_all_holds()


def test_who_names_one_machine_has_the_whole_lab(
    machines: Machines, internet: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CATENET_HOST", f"world={machines.hosts['world'].url}")
    assert run(["cut", "link1", "--lab", internet.copy]) == 0
    ups = {node: {link["lan"]: link["up"] for link in internet.show(node, "links")}["link1"] for node in "ab"}
    assert ups == {"a": False, "b": False}
    assert run(["heal", "link1", "--lab", internet.copy]) == 0
    internet.until_all_holds()  # routing finds back in its own time
    assert run(["check", internet.copy]) == 0
    capsys.readouterr()
    assert run(["trace", "packet", SURF, DRAGON, "--lab", internet.copy]) == 0
    assert "did not come in" not in capsys.readouterr().out


def test_a_capture_at_both_ends_is_one_series_in_time(internet: Bench) -> None:
    nodes = {node: internet.container(node).name for node in ("a", "b")}
    with capturing(internet.engine, nodes, "udp port 33999") as captures:
        for number in range(5):
            internet.sh("a", f"echo {number} | nc -u -q 0 10.1.1.2 33999")
        seen = captures.stop()
    assert [packet.payload for packet in seen if packet.node == "a"] == [b"%d\n" % number for number in range(5)]
    # Between two of them a program is started over SSH, which takes longer than the clocks can be measured wrong.
    assert [packet.payload for packet in seen] == [b"%d\n" % number for number in range(5) for _ in "ab"]


def test_routers_of_three_makes_over_both_machines(
    machines: Machines, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    copy = own("rip-mixed-two")
    with machines.running(LABS / "rip-mixed" / "lab.yaml", copy) as bench:
        host = {each["catenet.node"]: name for name in machines.hosts for each in machines.there(name)}
        lans = [{host[node.name] for node in bench.lab.on_lan(lan)} for lan in bench.lab.lans]
        assert {"france", "world"} in lans
        ownership = OwnershipLock(f"{copy}-w")
        whole = Copy(bench.engine, copy, bench.lab, "", ownership, stays=False)
        lab = LabUnderTest(Witness(whole, request.node.name, tmp_path, []))
        until_right(lab)
        lab.do("cut", "cross1")
        until_right(lab, Broken(down=["cross1"]))
        lab.do("heal", "cross1")
        lab.do("kill", "r5")
        until_right(lab, Broken(absent=["r5"]))
        lab.do("start", "r5")
        until_right(lab)
        lab.connections.close()
        ownership.release()


SMALL = """
lans: {x: , across: , y: }
nodes:
  p: {place: france, lans: [x]}
  q: {place: france, lans: [x, across], services: [rip]}
  r: {place: world, lans: [across, y], services: [rip]}
  s: {place: world, lans: [y]}
defaults: {rip: {update: 1s, timeout: 3s, garbage: 2s}}
checks:
  - {ping: {from: p, to: s}, within: 200s}
"""


@pytest.fixture
def small(machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """A copy's name and its lab file; afterwards neither machine has anything of it."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "lab.yaml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)  # evidence of what fails
    copy = own("small")
    yield copy, folder / "lab.yaml"
    assert run(["down", "--lab", copy]) == 0
    until(lambda: machines.left(copy))


def test_a_host_that_is_lost_and_comes_back(
    machines: Machines,
    small: tuple[str, Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy, file = small
    assert run(["up", str(file), "--name", copy]) == 0
    capsys.readouterr()
    machines.engines.link("b", up=False)
    try:
        assert run(["status", "--lab", copy]) == 3
        said = capsys.readouterr()
        assert all(re.search(rf"^{node}\s.*unreachable", said.out, re.MULTILINE) for node in "rs"), said
        assert "host world (ssh://" in said.err
        assert run(["show", "q", "links", "--lab", copy]) == 0  # the others go on
        assert run(["kill", "r", "--lab", copy]) == 3
        assert run(["down", "--lab", copy]) == 3
        there = [each for each in machines.there("france") if each.get("catenet.lab") == copy]
        assert [each["catenet.left"] for each in there] == ["world"]
    finally:
        machines.engines.link("b", up=True)
    with monkeypatch.context() as patch:
        patch.delenv("CATENET_HOST")  # what was left, the other host remembers
        patch.setenv("DOCKER_HOST", machines.hosts["france"].url)
        until(lambda: run(["down", "--lab", copy]))  # the swarm must have its other member back, too
    until(lambda: machines.left(copy))


def test_verbs_go_by_the_hosts_of_the_lab_file(
    machines: Machines,
    small: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither of which is this machine, which has no engine."""
    copy, file = small
    hosts = "".join(f"  {name}: {host.url}\n" for name, host in machines.hosts.items())
    file.write_text(f"hosts:\n{hosts}{SMALL}")
    with monkeypatch.context() as patch:
        patch.delenv("CATENET_HOST")
        patch.setenv("DOCKER_HOST", "unix:///nobody.sock")
        patch.chdir(file.parent)
        assert run(["up", "--name", copy]) == 0
        capsys.readouterr()
        assert run(["status"]) == 0
        assert {*re.findall(r"^([pqrs]) +(\w+) ", capsys.readouterr().out, re.MULTILINE)} == {
            ("p", "france"),
            ("q", "france"),
            ("r", "world"),
            ("s", "world"),
        }
        assert run(["cut", "across"]) == 0
        assert run(["heal", "across"]) == 0
        assert run(["check", copy]) == 0
        assert run(["down"]) == 0
    until(lambda: machines.left(copy))  # the host that manages no swarm sees late that the underlay has gone


def test_each_way_to_lose_a_host_is_told(machines: Machines, small: tuple[str, Path]) -> None:
    copy, file = small
    engines = machines.engines
    assert run(["up", str(file), "--name", copy]) == 0
    ways = {
        "connection refused": (engines.stop_ssh, engines.start_ssh),
        "logged in by SSH, its engine was asked: no answer within": (engines.pause_engine, engines.resume_engine),
        "does not answer: no answer within": (partial(engines.link, up=False), partial(engines.link, up=True)),
    }
    for words, (lose, regain) in ways.items():
        lose("b")
        try:
            told = subprocess.run([*CATENET, "status", "--lab", copy], capture_output=True, text=True, check=False)
            assert told.returncode == 3
            assert words in told.stderr
        finally:
            regain("b")
    assert run(["check", "--lab", copy]) == 0


def test_an_engine_that_is_started_again_gets_its_nodes_back(machines: Machines, small: tuple[str, Path]) -> None:
    copy, file = small
    assert run(["up", str(file), "--name", copy]) == 0
    machines.engines.kill_engine("b")
    machines.engines.start_engine("b")
    until(lambda: run(["up", str(file), "--name", copy]))  # the swarm's member is ready a moment later
    assert run(["check", "--lab", copy]) == 0


def _up(copy: str, file: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*CATENET, "up", str(file), "--name", copy], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def test_an_engine_that_stops_answering_amid_up(machines: Machines, small: tuple[str, Path]) -> None:
    copy, file = small
    with _up(copy, file) as process:
        until(lambda: copy not in {each.get("catenet.lab") for each in machines.there("world")})
        machines.engines.pause_engine("b")
        try:
            said, _ = process.communicate(timeout=PATIENCE)
        finally:
            machines.engines.resume_engine("b")
        assert process.returncode == 3, said
        assert b"host world" in said


@pytest.mark.parametrize("seed", ["larch", "hazel"])
def test_an_up_that_is_killed_at_any_moment_leaves_nothing_that_down_does_not_clear(
    machines: Machines, small: tuple[str, Path], seed: str
) -> None:
    """So many networks and containers are there when it is killed: by the seed."""
    copy, file = small
    things = random.Random(seed).randint(1, 6)
    with _up(copy, file) as process:
        until(lambda: process.poll() is None and len(machines.left(copy)) < things)
        process.kill()
    assert run(["down", "--lab", copy]) == 0
    until(lambda: machines.left(copy))
    assert run(["up", str(file), "--name", copy]) == 0
    assert run(["check", "--lab", copy]) == 0
