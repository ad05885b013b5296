"""A node started by hand: it is the first process of a container, or it touches nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from catenet.nodes.control.config import CONFIG_VARIABLE, NodeConfig

WRITTEN = ("/etc/hosts", "/etc/resolv.conf")


def test_a_node_outside_of_a_container_touches_nothing() -> None:
    before = [Path(path).read_bytes() for path in WRITTEN]
    environment = {**os.environ, CONFIG_VARIABLE: NodeConfig("lab", "a", ()).to_json()}
    command = [sys.executable, "-m", "catenet.nodes"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "a node is process 1 of a container" in done.stderr) == (2, True)
    assert [Path(path).read_bytes() for path in WRITTEN] == before
