"""Our ARP among hosts of the kernel, one of which floods and lies: it stays up, within its bounds, and counts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab_bench import PATIENCE, Bench, until, up
from on_engine import own

from catenet.nodes.control.questions import Question

pytestmark = pytest.mark.engine

VICTIM, FRIEND, LIAR = "10.77.0.1", "10.77.0.2", "10.77.0.3"
# Raw frames by the liar's one interface: what is said is the argument's.
SAY = """
import json, random, socket, sys
order = json.loads(sys.argv[1])
port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
port.bind(("eth0", 0))
mine = port.getsockname()[4]
r = random.Random(order.get("seed", 1))
def arp(opcode, who, sender, target, whom=bytes(6), to=b"\\xff" * 6):
    fixed = bytes((0, 1, 8, 0, 6, 4, 0, opcode))
    packet = fixed + who + socket.inet_aton(sender) + whom + socket.inet_aton(target)
    return to + mine + b"\\x08\\x06" + packet
def any_host():
    return f"10.77.{r.randrange(1, 250)}.{r.randrange(1, 250)}"
for number in range(order["times"]):
    if order["what"] == "requests":
        port.send(arp(1, b"\\2" + r.randbytes(5), any_host(), order["target"]))
    elif order["what"] == "replies":
        port.send(arp(2, b"\\2" + r.randbytes(5), any_host(), order["target"]))
    elif order["what"] == "claim":
        port.send(arp(order.get("opcode", 1), mine, order["sender"], order["sender"]))
    elif order["what"] == "many":
        who = r.choice((b"\\xff" * 6, bytes(6), b"\\x01\\x00\\x5e\\x00\\x00\\x01"))
        port.send(arp(r.choice((1, 2)), who, order["sender"], order["target"]))
    elif order["what"] == "noise":
        whole = bytearray(arp(r.choice((1, 2)), mine, any_host(), order["target"]))
        whole[14 + r.randrange(8)] ^= 1 << r.randrange(8)
        port.send(bytes(whole[:14 + r.choice((0, 1, 8, 27, 28, 28, 28))]))
"""
SWEEP = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(int(sys.argv[1])):
    s.sendto(bytes(1000), (f"10.78.{100 + number // 250}.{1 + number % 250}", 9))
"""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with up(Path(__file__).parent / "arp-hostile", own("arp-hostile")) as bench:
        bench.until_all_holds()
        yield bench


def say(bench: Bench, what: str, times: int, **order: Any) -> None:
    done = bench.run("liar", "python3", "-c", SAY, json.dumps({"what": what, "times": times, **order}))
    assert done.returncode == 0, done.stderr


def counters(bench: Bench, node: str) -> dict[str, int]:
    return dict(bench.status(node)["services"]["stack"]["counters"])


def more(bench: Bench, node: str, before: dict[str, int], counter: str) -> int:
    return counters(bench, node).get(counter, 0) - before.get(counter, 0)


def pings(bench: Bench, node: str, to: str, count: int = 1) -> int:
    """How many were answered; of an unmodified ping."""
    said = bench.run(node, "ping", "-n", "-c", str(count), "-i", "0.1", "-W", "5", to).stdout
    return said.count("bytes from")


def own_ping(bench: Bench, node: str, to: str, count: int = 1) -> int:
    """The same of a node of ours."""
    arguments = {"kind": "ping", "to": to, "number": count, "every": 0.1, "wait": 5}
    answer = bench.connections.ask(bench.container(node), Question("probe", arguments), PATIENCE)
    assert answer.error is None, answer.error
    assert isinstance(answer.answer, dict)
    return int(answer.answer["received"])


def hardware(bench: Bench, node: str) -> str:
    return next(str(row["hardware"]) for row in bench.show(node, "links") if row["lan"] == "lan")


def known(bench: Bench, node: str, address: str) -> str:
    return next((str(row["hardware"]) for row in bench.show(node, "arp") if row["address"] == address), "")


def is_well(bench: Bench, node: str) -> None:
    stack = bench.status(node)["services"]["stack"]
    assert (stack["state"], stack["restarts"]) == ("ready", 0)
    assert len(bench.show(node, "arp")) <= 2 * (1024 + 256)


def test_826_in_either_role_the_first_packet_arrives(bench: Bench) -> None:
    """Public report, smoltcp 597: an echo from a neighbour that is not known yet got no answer."""
    for _ in range(3):
        bench.flush("victim", "friend")
        assert pings(bench, "friend", VICTIM) == 1
        assert known(bench, "friend", VICTIM) == hardware(bench, "victim")
        assert known(bench, "victim", FRIEND) == hardware(bench, "friend")
        bench.flush("victim", "friend")
        assert own_ping(bench, "victim", FRIEND) == 1
        assert known(bench, "victim", FRIEND) == hardware(bench, "friend")


@pytest.mark.parametrize("what", ["requests", "replies"])
def test_a_flood_of_strangers_takes_neither_memory_nor_friends(bench: Bench, what: str) -> None:
    assert pings(bench, "friend", VICTIM) == 1
    before, memory = counters(bench, "victim"), bench.status("victim")["memory"]
    flood = threading.Thread(target=say, args=(bench, what, 20_000), kwargs={"target": VICTIM})
    flood.start()
    assert pings(bench, "friend", VICTIM, 20) >= 15  # its processor is busy with the flood
    flood.join()
    until(lambda: None if pings(bench, "friend", VICTIM, 5) == 5 else "pings are lost")
    is_well(bench, "victim")
    assert more(bench, "victim", before, f"arp.received.{what[:-1] if what == 'requests' else 'reply'}") > 2000
    assert more(bench, "victim", before, "arp.evicted") > 0
    assert bench.status("victim")["memory"] - memory < 20_000_000


def test_noise_is_counted_and_told_seldom(bench: Bench) -> None:
    before, said = counters(bench, "victim"), len(bench.told("victim", "input.refused"))
    say(bench, "noise", 2000, target=VICTIM)
    until(lambda: None if pings(bench, "friend", VICTIM) else "no answer")
    is_well(bench, "victim")
    after = counters(bench, "victim")
    refused = {word: after[word] - before.get(word, 0) for word in after if word.startswith("arp.refused.")}
    assert sum(refused.values()) > 500
    assert {"arp.refused.length", "arp.refused.opcode"} <= refused.keys()
    assert len(bench.told("victim", "input.refused")) - said <= 20


def test_1812_3_3_2_nobody_is_at_a_hardware_address_of_many(bench: Bench) -> None:
    assert pings(bench, "friend", VICTIM) == 1
    say(bench, "many", 200, sender=FRIEND, target=VICTIM)
    assert known(bench, "victim", FRIEND) == hardware(bench, "friend")
    assert pings(bench, "friend", VICTIM) == 1


def test_5227_2_4_a_kernel_with_the_same_address_is_told_of_and_the_address_is_defended(bench: Bench) -> None:
    """Another host is given our address by hand, and uses it; it is announced again whose it is, once in 10 s."""
    assert pings(bench, "friend", VICTIM) == 1
    before, said = counters(bench, "victim"), len(bench.told("victim", "arp.conflict"))

    def uses_it() -> str | None:
        """It is told once in 10 s, and noise may have been told just now."""
        bench.sh("liar", f"ip neigh flush all; ping -c 1 -W 1 -I {VICTIM} {FRIEND}")
        return None if bench.told("victim", "arp.conflict")[said:] else "no conflict"

    bench.sh("liar", f"ip addr add {VICTIM}/32 dev lan")
    try:
        until(uses_it)
        conflict = bench.told("victim", "arp.conflict")[said]
        assert conflict == {"lan": "lan", "address": VICTIM, "hardware": hardware(bench, "liar")}
        for _ in range(20):
            say(bench, "claim", 1, sender=VICTIM)
        assert more(bench, "victim", before, "arp.conflicts") > 20
        assert 1 <= more(bench, "victim", before, "arp.sent.announcement") <= 3
    finally:
        bench.sh("liar", f"ip addr del {VICTIM}/32 dev lan")
    bench.flush("friend")
    until(lambda: None if pings(bench, "friend", VICTIM) else "no answer")
    assert known(bench, "friend", VICTIM) == hardware(bench, "victim")


def test_5227_2_3_a_kernel_that_says_that_it_has_moved_is_followed_and_it_is_told(bench: Bench) -> None:
    old = hardware(bench, "friend")
    assert own_ping(bench, "victim", FRIEND) == 1
    said = len(bench.told("victim", "arp.moved"))
    bench.sh("friend", "ip link set lan address 02:00:00:00:00:77")
    try:
        # Its own node announces it (nodes/runtime): nobody has to ask.
        until(lambda: None if known(bench, "victim", FRIEND) == "02:00:00:00:00:77" else "not heard")
        until(lambda: None if bench.told("victim", "arp.moved")[said:] else "not told")
        assert bench.told("victim", "arp.moved")[said]["was"] == old
        assert own_ping(bench, "victim", FRIEND, 3) == 3
    finally:
        bench.sh("friend", f"ip link set lan address {old}")
    until(lambda: None if known(bench, "victim", FRIEND) == old else "not heard")


def test_5227_2_3_when_our_own_hardware_address_changes_under_us_kernels_know_at_once(bench: Bench) -> None:
    """Frames leave from the new one, and what is for the old one is not ours any more."""
    old, new = hardware(bench, "victim"), "02:00:00:00:00:88"
    assert pings(bench, "friend", VICTIM) == 1
    bench.sh("victim", f"ip link set lan address {new}")
    try:
        until(lambda: None if known(bench, "friend", VICTIM) == new else "not heard")
        with bench.tcpdump("friend", "-e", "-c", "1", "-l", f"icmp[0] = 0 and src {VICTIM}") as text:
            assert pings(bench, "friend", VICTIM, 3) == 3
            assert new in text()
    finally:
        bench.sh("victim", f"ip link set lan address {old}")
    until(lambda: None if known(bench, "friend", VICTIM) == old else "not heard")
    assert pings(bench, "friend", VICTIM) == 1


def test_5227_when_we_come_back_with_another_hardware_address_kernels_know_at_once(bench: Bench) -> None:
    assert pings(bench, "friend", VICTIM) == 1
    bench.restart("victim")
    assert known(bench, "friend", VICTIM) in ("", hardware(bench, "victim"))
    until(lambda: None if pings(bench, "friend", VICTIM) else "no answer")


def test_1812_3_3_2_a_sweep_of_addresses_that_nobody_has_is_answered_and_hinders_nobody(bench: Bench) -> None:
    """2,000 hosts that are not there, by our router: no more than 256 are asked for at a time, and only so often."""
    assert own_ping(bench, "victim", "10.78.0.2") == 1
    before = counters(bench, "router")
    done = bench.run("liar", "python3", "-c", SWEEP, "2000")
    assert done.returncode == 0, done.stderr
    assert pings(bench, "friend", "10.78.0.2", 3) == 3
    until(lambda: None if more(bench, "router", before, "arp.unreachable") >= 256 else "still asking")
    is_well(bench, "router")
    asked = more(bench, "router", before, "arp.sent.request")
    refused = more(bench, "router", before, "arp.dropped.full")
    assert refused > 0
    assert asked <= 3 * (2000 - refused) + 10
    said = bench.run("liar", "ping", "-n", "-c", "1", "-W", "5", "10.78.99.99").stdout
    assert "From 10.77.0.4" in said
    assert "Destination Host Unreachable" in said


def test_1027_gvisor_tap_vsock_15_a_proxy_is_silent_where_two_of_one_lan_ask_each_other(bench: Bench) -> None:
    bench.flush("friend", "liar")
    before = counters(bench, "router")
    assert pings(bench, "friend", LIAR) == 1
    assert known(bench, "friend", LIAR) == hardware(bench, "liar")
    assert more(bench, "router", before, "arp.proxied") == 0
