"""A running node whose stack is ours, attacked on a bare link: it stays up and honest, within bounds, and counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from in_container import alone
from on_engine import own

from catenet.nodes.address import Address
from catenet.nodes.control.config import CONFIG_VARIABLE, InterfaceConfig, NodeConfig
from catenet.orchestrator.observe.program import run_program

pytestmark = pytest.mark.engine

LAB = own("flooded")
FRAMES = 700
"""Of each kind."""
PATIENCE = 300.0
GROWS = 24 << 20
"""Octets by which it may grow: 4 MB of fragments, 1 MB of packets that wait for ARP, and what Python makes of them."""
LINKS = "".join(
    f"ip link add v{number} address 02:00:00:00:00:0{number} type veth peer name lan{number}p;"
    f"ip link set lan{number}p address 02:00:00:00:00:f{number} up;"
    f"ip address add 10.99.{number}.1/24 dev v{number}; ip link set v{number} up;"
    for number in (1, 2)
)
"""The node's ends have the engine's addresses, by which it finds them."""
CONFIG = NodeConfig(
    LAB,
    "r",
    tuple(
        InterfaceConfig(f"lan{number}", Address.parse(f"10.99.{number}.1"), Address.parse(f"10.66.{number}.1"), 24)
        for number in (1, 2)
    ),
    forward=True,
    stack="userspace",
    events="json",
    services={"rip": {"update": 2.0, "timeout": 6.0, "garbage": 4.0}},
)


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    """What came of all attacks."""
    script = Path(__file__).with_name("stack_flooded.py").read_text(encoding="utf-8")
    entrypoint = ("sh", "-c", f"{LINKS} exec python3 -I -m catenet.nodes")
    capabilities = ["NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE"]
    with alone(LAB, capabilities, entrypoint, environment={CONFIG_VARIABLE: CONFIG.to_json()}) as (engine, container):
        done = run_program(engine, container, ["python3", "-c", script, str(FRAMES)], PATIENCE)
        assert done.returncode == 0, done.stderr
        yield json.loads(done.stdout)


def test_it_stays_up_answers_and_forwards(told: dict[str, Any]) -> None:
    assert {name: each["well"] for name, each in told.items() if "well" in each and not each["well"]} == {}
    assert told["routes"] == ["10.66.1.0/24", "10.66.2.0/24"]


def test_it_grows_within_its_bounds(told: dict[str, Any]) -> None:
    first = told["first"]["size"]
    assert {name: each["size"] - first for name, each in told.items() if each_grew(each, first)} == {}
    assert told["tables"]["arp"] <= 2048
    assert told["tables"]["fragments"] <= 1024
    assert told["tables"]["paths"] == 0


def each_grew(each: Any, first: int) -> bool:
    return isinstance(each, dict) and each.get("size", 0) - first > GROWS


@pytest.mark.parametrize(
    ("attack", "counters"),
    [
        ("fragments", ["fragments.received"]),
        ("teardrop", ["dropped.fragment_overlap"]),
        ("death", ["dropped.fragment_oversize"]),
        ("land", ["dropped.source"]),
        ("smurf", ["icmp.echoes"]),
        ("fraggle", ["refused.port"]),
        ("options", ["dropped.options"]),
        ("headers", ["dropped.header"]),
        ("noise", ["dropped.header"]),
        ("sources", ["dropped.source"]),
        ("ports", ["refused.port"]),
        ("segments", ["refused.protocol 6"]),
        ("nobody", ["arp.sent.request"]),
        ("lies", ["icmp.ignored", "icmp.not believed"]),
    ],
)
def test_what_was_tried_is_counted(told: dict[str, Any], attack: str, counters: list[str]) -> None:
    counted = told[attack]["counted"]
    for counter in counters:
        assert counted.get(counter, 0) >= 1, counted


def test_every_frame_of_an_attack_is_counted(told: dict[str, Any]) -> None:
    """As each is read before the next ones come."""
    for attack, counter in (
        ("land", "dropped.source"),
        ("headers", "dropped.header"),
        ("sources", "dropped.source"),
        ("ports", "refused.port"),
        ("segments", "refused.protocol 6"),
    ):
        assert told[attack]["counted"][counter] == FRAMES, attack


@pytest.mark.parametrize("attack", ["fragments", "teardrop", "death", "land", "fraggle", "headers", "noise", "sources"])
def test_of_these_nobody_is_told(told: dict[str, Any], attack: str) -> None:
    errors = {word: count for word, count in told[attack]["back"].items() if "icmp 3" in word or "icmp 11" in word}
    assert errors == {}


def test_errors_are_limited(told: dict[str, Any]) -> None:
    for attack in ("ports", "segments"):
        sent = told[attack]["counted"].get("icmp.sent", 0)
        assert sent + told[attack]["counted"].get("icmp.not sent.limit", 0) >= FRAMES
