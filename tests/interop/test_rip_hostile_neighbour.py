"""A hostile neighbour, with and without the key: the router stays up, its table true, and it has counted everything."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from dissected import complaints, tshark

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = [pytest.mark.engine, pytest.mark.lab("hostile/lab.yaml")]

SEED = 20260
SCRIPT = (Path(__file__).parent / "hostile" / "attack.py").read_text()
VICTIM, PEER, OTHER = "10.66.1.1", "10.66.1.2", "10.66.2.3"
FAR, DEEP = "10.66.3.0/24", "10.66.4.0/24"
PACKETS = 12
PATIENCE = 200.0
"""Seconds: only there to end a hang, and far from the lab's timeout, an hour."""
POLL = 0.1
"""Seconds between two looks."""
HONEST = {FAR: ("wire", "peer"), DEEP: ("inner", "other")}
BACKLOG = 20
"""Messages: it has read so many of a flood, and so many wait."""
MEMORY = 40_000_000
"""Bytes by which a router may grow: thousands of routes, entries and messages are remembered, and no more."""


UPDATES = "udp port 520 and dst 224.0.0.9"
TOLD = re.compile(r" input\.refused +(\S+):\d+ on \S+: (auth-[a-z]+ \d+|version 1,|bad \S+|[a-z' ]+)")
"""Whose message, and the reason, with the id of the key where there is one."""
NOBODYS_FAULT = {"refused.own", "refused.interface", "refused.not-running"}
"""What is counted, and of which nothing is said."""


def attack(lab: LabUnderTest, how: str, number: int) -> Counter[str]:
    """What the attacker has sent: kind → how many."""
    arguments = (how, str(number), str(SEED), VICTIM, PEER, "hush")
    done = lab["attacker"].run("python3", "-c", SCRIPT, *arguments, within="200s")
    assert done.returncode == 0, done.stderr
    return Counter(json.loads(done.stdout))


def under(attacking: Future[Counter[str]], lab: LabUnderTest) -> Iterator[None]:
    """As long as it is attacked, the router forwards and answers questions."""
    while not attacking.done():
        ping = lab["other"].run("ping", "-n", "-c", "1", "-W", "10", "10.66.3.2")
        assert ping.returncode == 0, ping.stdout
        assert_honest(lab)
        yield


def asked(lab: LabUnderTest, node: str, what: str = "") -> Any:
    """What `show` says, or without a word the status; on a machine that is busy perhaps not at once."""
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            return lab[node].show(what) if what else lab[node].status()
        except EngineError:
            assert time.monotonic() < ends, f"{node} does not answer"


def assert_honest(lab: LabUnderTest) -> None:
    """The honest neighbours' routes are in the table and in the kernel; what else there is leads to the attacker."""
    table = {row["prefix"]: row for row in asked(lab, "victim", "rip")["table"]}
    kernel = {row["prefix"]: row["lan"] for row in asked(lab, "victim", "routes")}
    for prefix, (lan, node) in HONEST.items():
        assert (table[prefix]["lan"], table[prefix]["node"], table[prefix]["metric"]) == (lan, node, 2)
        assert kernel[prefix] == lan
    connected = {"10.66.1.0/24", "10.66.2.0/24"}
    assert all(table[prefix]["state"] == "connected" for prefix in connected)
    strange = [row for prefix, row in table.items() if prefix not in {*HONEST, *connected}]
    assert {row["lan"] for row in strange} <= {"wire"}


def counted(lab: LabUnderTest) -> Counter[str]:
    """The router's counters, without what honest neighbours have sent."""
    said = asked(lab, "victim", "rip")
    counters = Counter({word: number for word, number in said["counters"].items() if not word.startswith("sent.")})
    honest = sum(row["messages"] for row in said["neighbours"] if row["address"] in (PEER, OTHER))
    counters["received"] = counters.pop("received.requests", 0) + counters.pop("received.responses", 0) - honest
    return counters


def test_everything_that_was_sent_is_counted_and_nothing_is_harmed(lab: LabUnderTest) -> None:
    lab.check()
    before = counted(lab)
    with ThreadPoolExecutor(1) as pool:
        attacking = pool.submit(attack, lab, "count", 4000)
        rounds = sum(1 for _ in under(attacking, lab))
        sent = attacking.result()
    assert rounds
    assert sent.total() > 4000
    now = counted(lab)
    new = Counter({word: number - before[word] for word, number in now.items()})
    refused = {word.removeprefix("refused."): number for word, number in new.items() if word.startswith("refused.")}
    unproven = sum(number for word, number in refused.items() if word.startswith("auth-"))
    assert unproven == sum(sent[kind] for kind in ("random", "unsigned", "damaged", "wrong key", "spoofed", "replayed"))
    assert refused["auth-missing"] >= sent["random"] + sent["unsigned"]
    assert refused["auth-digest"] >= sent["wrong key"] + sent["spoofed"]
    assert refused["auth-sequence"] == sent["replayed"]
    assert refused["off-link"] == sent["off link"]
    assert sum(refused.values()) + new["received"] == sent.total()
    assert refused.keys() >= {"length", "entries", "command", "version", "version-1", "empty"}
    assert {word for word, number in new.items() if number} >= {
        f"skipped.{word}" for word in ("family", "metric", "mask", "host-bits", "class")
    }
    assert_honest(lab)


def test_each_reason_is_told_once_of_each_neighbour_and_key(lab: LabUnderTest) -> None:
    told = [found.groups() for line in lab["victim"].logs() if (found := TOLD.search(line))]
    counters = asked(lab, "victim", "rip")["counters"]
    reasons = {word for word, number in counters.items() if number and word.startswith(("refused.", "skipped."))}
    assert len(told) == len(set(told))
    assert len({re.sub(r" \d+$", "", reason) for _, reason in told}) == len(reasons - NOBODYS_FAULT) > 10
    assert asked(lab, "victim")["services"]["rip"]["restarts"] == 0


def test_wireshark_finds_nothing_wrong_with_what_the_router_says_meanwhile(lab: LabUnderTest) -> None:
    with ThreadPoolExecutor(1) as pool:
        attacking = pool.submit(attack, lab, "count", 1000)
        listen = [
            "tcpdump",
            "-Z",
            "root",
            "-n",
            "-i",
            "wire",
            "-w",
            "-",
            "-c",
            str(PACKETS),
            f"{UPDATES} and src {VICTIM}",
        ]
        captured = lab["victim"].run(*listen, within="300s")
        attacking.result()
    assert captured.returncode == 0, captured.stderr
    with tshark() as judge:
        packets = judge.read(captured.stdout_bytes, "rip.command", "rip.auth.type", "rip.metric", checksums=False)
    assert len(packets) == PACKETS
    assert complaints(packets) == []
    assert {packet["rip.auth.type"][0] for packet in packets} == {"3"}
    assert all(1 <= int(metric) <= 16 for packet in packets for metric in packet.get("rip.metric", ()))


def test_a_flood_neither_silences_the_door_nor_fills_the_memory(lab: LabUnderTest) -> None:
    flood(lab)
    before = asked(lab, "victim")["memory"]
    flood(lab)
    assert asked(lab, "victim")["memory"] - before < MEMORY
    assert_honest(lab)


def flood(lab: LabUnderTest) -> None:
    """Floods, until the router has answered in the midst of one. On a machine that is busy an answer may come late."""
    for _ in range(20):
        first, read = messages(lab), set[int]()
        with ThreadPoolExecutor(1) as pool:
            flooding = pool.submit(attack, lab, "flood", 10_000)
            while not flooding.done():
                with suppress(EngineError):
                    read.add(lab["victim"].show("rip")["counters"]["received.responses"])
            assert flooding.result()["signed"] == 10_000
        last = messages(lab)
        if any(first + BACKLOG < number < last - BACKLOG for number in read):
            return
    raise AssertionError("no question was answered in any flood")


def waiting(lab: LabUnderTest) -> bool:
    """Whether something is in the queue of a socket of the router's (port 520, proc(5)) that it has not read."""
    rows = [line.split() for line in lab["victim"].run("cat", "/proc/net/udp").stdout.splitlines()[1:]]
    queues = [row[4].partition(":")[2] for row in rows if row[1].endswith(":0208")]
    assert queues
    return any(int(queue, 16) for queue in queues)


def messages(lab: LabUnderTest) -> int:
    """How many responses the router has read."""
    number: int = asked(lab, "victim", "rip")["counters"]["received.responses"]
    return number


def test_at_sigterm_its_routes_are_announced_at_16(lab: LabUnderTest) -> None:
    """Long before the timeout the others know."""
    ends = time.monotonic() + PATIENCE
    while waiting(lab):  # the rest of a flood leaves no room for last words
        assert time.monotonic() < ends, "it does not read"
        time.sleep(POLL)
    with suppress(EngineError):  # it may be gone before its answer has come
        lab["peer"].run("kill", "-TERM", "1")
    ends = time.monotonic() + PATIENCE
    while FAR in {row["prefix"] for row in asked(lab, "other", "routes")} or lab["peer"].container.state == "running":
        assert time.monotonic() < ends, "it is not down, or the others do not know"
        time.sleep(POLL)
    lab["peer"].start()
    lab.check()
