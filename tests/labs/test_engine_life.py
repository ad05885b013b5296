"""What engines do differently, on whichever is there: a node's life and its LANs', in two copies side by side.

Docker 28 lists a killed container as running for a while, and gives it another hardware address at each start.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import docker
import pytest
from lab_bench import Bench, until, up
from on_engine import own

from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.observe.running import condition, running_labs

pytestmark = pytest.mark.engine

COPIES = own("first"), own("second")
LAB = """
lans: {left: {prefix: 10.73.1.0/24}, right: {prefix: 10.73.2.0/24}}
nodes:
  h1: {lans: [left]}
  r: {lans: [left, right]}
  h2: {lans: [right]}
"""
ROUNDS = 3


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Bench]]:
    """Of the second copy, the engine's addresses are others than the lab's."""
    folder = tmp_path_factory.mktemp("life")
    folder.chmod(0o755)
    (folder / "lab.yaml").write_text(LAB)
    with ExitStack() as stack:
        first, second = (stack.enter_context(up(folder, copy)) for copy in COPIES)
        yield first, second


@pytest.fixture(params=[0, 1], ids=["first", "second"])
def bench(pair: tuple[Bench, Bench], request: pytest.FixtureRequest) -> Bench:
    return pair[request.param]


def state(bench: Bench, node: str) -> str:
    return condition(bench.running.node(node))


def reaches(bench: Bench, node: str, other: str) -> bool:
    """One packet there and back, at the first try: the neighbours know where everybody is."""
    address = bench.lab.nodes[other].attachments[0].address
    return bench.run(node, "ping", "-n", "-c1", "-W5", str(address)).returncode == 0


def test_who_was_killed_is_dead_at_once_and_who_was_started_runs_at_once(bench: Bench) -> None:
    for _ in range(ROUNDS):
        for node in ("r", "h2"):
            bench.do("kill", node)
            assert state(bench, node) == "exited (137)"
            bench.do("start", node)
            assert state(bench, node) == "running"
            assert reaches(bench, "h1", "h2")
            assert reaches(bench, "h2", "h1")


def test_who_is_paused_is_so_at_once(bench: Bench) -> None:
    for _ in range(ROUNDS):
        bench.do("pause", "h2")
        assert state(bench, "h2") == "paused"
        assert reaches(bench, "h1", "h2")  # its kernel answers
        bench.do("resume", "h2")
        assert state(bench, "h2") == "running"


@pytest.mark.parametrize("node", ["r", "h2"])
def test_a_lan_is_disconnected_and_connected_again(bench: Bench, node: str) -> None:
    client = docker.from_env()
    network = client.networks.get(bench.running.lans["right"].name)
    container = client.containers.get(bench.running.node(node).name)
    address = container.attrs["NetworkSettings"]["Networks"][network.name]["IPAMConfig"]["IPv4Address"]
    network.disconnect(container)
    assert "right" not in bench.running.lans_of(bench.running.node(node))
    network.connect(container, ipv4_address=address)
    client.close()
    assert "right" in bench.running.lans_of(bench.running.node(node))
    until(lambda: not reaches(bench, "h1", "h2"))


def test_down_right_after_a_kill_leaves_nothing(tmp_path: Path) -> None:
    copy = own("gone")
    tmp_path.chmod(0o755)
    (tmp_path / "lab.yaml").write_text(LAB)
    with up(tmp_path, copy) as bench:
        bench.do("kill", "r")
        bench.do("pause", "h2")
        report = down(bench.engine, copy, NoProgress())
        assert (report.nodes, report.networks) == (3, 2)
        assert copy not in running_labs(bench.engine)
