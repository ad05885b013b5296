"""Copies of a lab side by side, brought up by processes that know nothing of each other, at the same time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from lab_bench import Bench
from on_engine import own
from processes import all_claimed, at_once

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.observe.running import running_labs

pytestmark = pytest.mark.engine

AT_ONCE = 8
SMALL = """
lans: {left: {prefix: 10.72.1.0/24}, right: {prefix: 10.72.2.0/24}}
nodes:
  h1: {lans: [left]}
  r: {lans: [left, right]}
  h2: {lans: [right]}
checks:
  - {ping: {from: h1, to: h2}}
  - {path: {from: h1, to: h2, routers: [r]}}
"""
PORT = 47772
SHOUT = f"""
import socket, sys
ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ear.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
ear.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
for address in ("255.255.255.255", "224.0.0.9", *sys.argv[2:]):
    ear.sendto(b"shout", (address, {PORT}))
"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = connect()
    ensure_node_image(engine, NoProgress())
    return engine


@pytest.fixture(scope="module")
def copies(engine: Engine) -> Iterator[Sequence[Bench]]:
    """Three, of the same addresses."""
    with side_by_side(engine, "copy", 3) as benches:
        yield benches


@contextmanager
def side_by_side(engine: Engine, word: str, number: int) -> Iterator[Sequence[Bench]]:
    """Inside, so many run. Each is started and removed by a process of its own, all at the same time."""
    names = [own(f"{word}{index}") for index in range(number)]
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        stack.enter_context(all_claimed(names))
        (Path(folder) / "lab.yaml").write_text(SMALL)
        at_once(AT_ONCE, *(["up", folder, "--name", name] for name in names))
        yield [stack.enter_context(Bench(engine, name, Path(folder))) for name in names]
        at_once(AT_ONCE, *(["down", name] for name in names))
        assert not set(names) & running_labs(engine).keys()


def are_apart(engine: Engine, copies: Sequence[Bench]) -> None:
    """No network of theirs overlaps another."""
    running = running_labs(engine)
    taken = [network.prefixes[0] for bench in copies for network in running[bench.copy].lans.values()]
    assert len(taken) == 2 * len(copies)
    assert not any(one.overlaps(other) for index, one in enumerate(taken) for other in taken[:index])


def test_each_has_the_labs_own_addresses_and_every_claim_holds(engine: Engine, copies: Sequence[Bench]) -> None:
    are_apart(engine, copies)
    for bench in copies:
        for name, node in bench.lab.nodes.items():
            there = re.findall(r"inet (\S+) .*global", bench.sh(name, "ip -4 address"))
            wanted = [f"{place.address}/{bench.lab.lans[place.lan].prefix.length}" for place in node.attachments]
            assert sorted(there) == sorted(wanted)
    said = at_once(AT_ONCE, *(["check", "--lab", bench.copy] for bench in copies))
    assert ["2 of 2 checks hold" in text for text in said] == [True] * len(copies)


def test_each_is_found_by_name(copies: Sequence[Bench], capsys: pytest.CaptureFixture[str]) -> None:
    def cut_lans(copy: str) -> set[str]:
        capsys.readouterr()
        assert run(["status", "--lab", copy, "--json"]) == 0
        state = json.loads(capsys.readouterr().out)
        assert state["lab"] == copy
        return {lan["lan"] for lan in state["lans"] if lan["state"].startswith("cut")}

    one, two, three = (bench.copy for bench in copies)
    assert run(["cut", "left", "--lab", two]) == 0
    assert [cut_lans(copy) for copy in (one, two, three)] == [set(), {"left"}, set()]
    assert run(["heal", "left", "--lab", two]) == 0
    assert cut_lans(two) == set()


@pytest.mark.parametrize("speaker", [0, 1])
def test_neither_hears_the_other(copies: Sequence[Bench], speaker: int) -> None:
    """What r says to all, to the routers, and to the addresses that the engine knows, stays in its own copy."""
    loud, quiet = copies[speaker], copies[1 - speaker]
    theirs = [interface["engine"] for interface in quiet.status("r")["interfaces"]]
    hardware = loud.sh("r", "cat /sys/class/net/eth*/address").split()
    of_loud = " or ".join(f"ether src {address}" for address in hardware)
    with quiet.tcpdump("r", "-i", "left", "-e", "-A", "-c", "1", f"udp port {PORT} or {of_loud}") as heard:
        for lan in ("left", "right"):
            loud.run("r", "python3", "-c", SHOUT, lan, *theirs)
        loud.sh("r", "".join(f"ping -c1 -W1 -I left {address} & " for address in theirs) + "wait")
        quiet.run("h1", "python3", "-c", SHOUT, "left")
        text = heard()
    assert "shout" in text
    assert not set(hardware) & set(re.findall(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", text)), text


@pytest.mark.slow
@pytest.mark.timeout(3000)  # 76 s where nothing else runs
def test_thirty_small_labs_by_several_processes(engine: Engine) -> None:
    with side_by_side(engine, "of-thirty", 30) as copies:
        are_apart(engine, copies)
        said = at_once(AT_ONCE, *(["check", "--lab", bench.copy] for bench in copies))
        assert ["2 of 2 checks hold" in text for text in said] == [True] * len(copies)
