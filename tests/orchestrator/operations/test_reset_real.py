"""`reset` on the real engine, after a student has been at every node."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from on_engine import cleared, own

from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.deploy.images import node_image_tag
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.up import up
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.observe.running import running_lab
from catenet.orchestrator.operations.reset import reset
from catenet.orchestrator.operations.verbs import do

pytestmark = pytest.mark.engine

COPY = own("reset")
FILE = """
lans: {left: {}, middle: {}, right: {}}
nodes:
  a: {lans: [left, middle], services: {rip: {update: 30s}}}
  b: {lans: [middle, right], services: {rip: {update: 30s}}}
  h1: {lans: [left]}
  h2: {lans: [right]}
"""
DAMAGE = {
    "h1": "ip route del default; echo nameserver 192.0.2.1 >/etc/resolv.conf",
    "h2": "iptables -A INPUT -p icmp -j DROP; (sleep 100000 >/dev/null 2>&1 &)",
    "a": "ip route replace 10.0.0.0/8 via 192.0.2.1 dev lo onlink; ip addr flush dev middle",
}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "lab.yaml").write_text(FILE)
    with cleared(COPY) as engine:
        up(engine, load(tmp_path / "lab.yaml"), COPY, node_image_tag(), NoProgress())
        yield engine


def test_a_lab_that_was_broken_in_every_way_is_as_after_up(engine):
    def inside(node: str, script: str) -> tuple[int, str]:
        done = run_program(engine, running_lab(engine, COPY).node(node), ["sh", "-c", script], 200.0)
        return done.returncode, done.stdout

    assert reset(engine, running_lab(engine, COPY)).changed is False  # nothing was done yet: nothing is restarted
    before = {node: inside(node, "ip -4 -o route | sed 's/eth[0-9]//'; cat /etc/resolv.conf") for node in DAMAGE}
    for node, script in DAMAGE.items():
        assert inside(node, script)[0] == 0
    do(engine, running_lab(engine, COPY), "cut", "right")
    do(engine, running_lab(engine, COPY), "kill", "b")
    done = reset(engine, running_lab(engine, COPY))
    assert {remark.split()[0] for remark in done.remarks} == {"a", "b", "h1", "h2", "right"}
    target = running_lab(engine, COPY).lab.nodes["h2"].attachments[0].address
    assert inside("h1", f"ping -c 1 -W 100 {target}")[0] == 0
    assert inside("h2", "pgrep sleep")[0] == 1
    assert {
        node: inside(node, "ip -4 -o route | sed 's/eth[0-9]//'; cat /etc/resolv.conf") for node in DAMAGE
    } == before
