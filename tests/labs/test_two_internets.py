"""The default lab twice, brought up at the same time by two processes that know nothing of each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from lab_bench import LABS, Bench
from on_engine import own
from processes import all_claimed, at_once, catenet

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.observe.running import running_labs

pytestmark = pytest.mark.engine

PAIR = own("one"), own("two")
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
def pair(engine: Engine) -> Iterator[tuple[Bench, Bench]]:
    with all_claimed(PAIR):
        at_once(2, *(["up", "internet", "--name", copy] for copy in PAIR))
        one, two = (Bench(engine, copy, LABS / "internet") for copy in PAIR)
        with one, two:
            yield one, two
        at_once(2, *(["down", copy] for copy in PAIR))
        assert not set(PAIR) & running_labs(engine).keys()


def test_both_have_the_labs_own_addresses_and_every_claim_holds(pair: tuple[Bench, Bench]) -> None:
    for bench in pair:
        for node in ("a", "surf.eurecom.fr"):
            there = re.findall(r"inet (\S+) .*global", bench.sh(node, "ip -4 address"))
            places = bench.lab.nodes[node].attachments
            assert sorted(there) == sorted(
                f"{place.address}/{bench.lab.lans[place.lan].prefix.length}" for place in places
            )
        bench.until_all_holds()


def test_each_is_found_by_name(pair: tuple[Bench, Bench]) -> None:
    one, two = (bench.copy for bench in pair)
    catenet("cut", "link1", "--lab", two)
    assert _cut(two) == {"link1"}
    assert _cut(one) == set()
    catenet("heal", "link1", "--lab", two)
    assert _cut(two) == set()


def _cut(copy: str) -> set[str]:
    state = json.loads(catenet("status", "--lab", copy, "--json"))
    assert state["lab"] == copy
    return {lan["lan"] for lan in state["lans"] if lan["state"].startswith("cut")}


@pytest.mark.parametrize("speaker", [0, 1])
def test_neither_hears_the_other(pair: tuple[Bench, Bench], speaker: int) -> None:
    """What a says to all, to the routers, and to the addresses that the engine knows, stays in its own copy."""
    loud, quiet = pair[speaker], pair[1 - speaker]
    theirs = [interface["engine"] for interface in quiet.status("a")["interfaces"]]
    hardware = loud.sh("a", "cat /sys/class/net/eth*/address").split()
    of_loud = " or ".join(f"ether src {address}" for address in hardware)
    with quiet.tcpdump("a", "-i", "link1", "-e", "-A", "-c", "1", f"udp port {PORT} or {of_loud}") as heard:
        for lan in ("link1", "link3", "eurecom"):
            loud.run("a", "python3", "-c", SHOUT, lan, *theirs)
        loud.sh("a", "".join(f"ping -c1 -W1 -I link1 {address} & " for address in theirs) + "wait")
        quiet.run("b", "python3", "-c", SHOUT, "link1")
        text = heard()
    assert "shout" in text
    assert not set(hardware) & set(re.findall(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", text)), text
