"""Copies of a lab side by side, brought up by processes that know nothing of each other, at the same time."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from on_engine import own
from processes import all_claimed, at_once

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Engine
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


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = connect()
    ensure_node_image(engine, NoProgress())
    return engine


def test_small_labs_by_several_processes(engine: Engine) -> None:
    side_by_side(engine, 6)


@pytest.mark.slow
@pytest.mark.timeout(3000)  # 76 s where nothing else runs
def test_thirty_small_labs_by_several_processes(engine: Engine) -> None:
    side_by_side(engine, 30)


def side_by_side(engine: Engine, number: int) -> None:
    """All of the same addresses, started, checked and removed by eight processes at a time."""
    names = [own(f"copy{index}") for index in range(number)]
    with TemporaryDirectory() as folder, all_claimed(names):
        (Path(folder) / "lab.yaml").write_text(SMALL)
        at_once(AT_ONCE, *(["up", folder, "--name", name] for name in names))
        running = running_labs(engine)
        taken = [network.prefixes[0] for name in names for network in running[name].lans.values()]
        assert len(taken) == 2 * number and not any(
            one.overlaps(other) for index, one in enumerate(taken) for other in taken[:index]
        )
        said = at_once(AT_ONCE, *(["check", "--lab", name] for name in names))
        assert ["2 of 2 checks hold" in text for text in said] == [True] * number
        at_once(AT_ONCE, *(["down", name] for name in names))
        assert not set(names) & running_labs(engine).keys()
