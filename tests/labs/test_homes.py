"""The lab `homes`: unmodified programs through one and two translators and a firewall, and nothing private gets out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import docker
import pytest
from lab_bench import LABS, Bench, failures, until, up
from on_engine import own
from polling import ASK, FIRST, reports

from catenet.orchestrator.trace.fetch import trace_http

pytestmark = pytest.mark.engine

POLL, BOX1, CGN, ALICE, PAGE = "192.31.65.81", "203.0.113.11", "203.0.113.12", "192.168.1.10", "http://www.example/"
SEEN = {"alice": BOX1, "bella": CGN, "chris": "198.51.100.10"}
"""Host → its address outside."""
PRIVATE = re.compile(r"192\.168\.|100\.64\.|c0a8 01|6440 00")
"""In the text of a packet or in its octets."""
NARROW = 1280
PORT = 9  # where nobody listens

FLOOD = f"""
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5500))
while True:
    s.sendto(b"", ("{POLL}", {PORT}))
    time.sleep(0.003)
"""
# Answers the first datagram with longer ones, until it has been told of a link that is too narrow; how wide is that?
ANSWER = """
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5004))
print("listens", flush=True)
_, source = s.recvfrom(100)
s.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO
s.connect(source)
while True:
    try:
        s.send(bytes(1400))
    except OSError:  # that is how it is told
        break
    time.sleep(0.02)
print(s.getsockopt(socket.IPPROTO_IP, 14), flush=True)  # IP_MTU
"""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with up(LABS / "homes", own("homes")) as bench:
        reports(bench, "poll.example")
        reports(bench, "alice", POLL)
        yield bench


def ask(bench: Bench, node: str, to: str = POLL, *, by: int, size: int = 40, patience: float = 1.0) -> str:
    """What comes back to the port `by`; empty: nothing. With a patience under 1 s it is asked only once."""
    words = (to, patience, FIRST, by, size, 1 if patience < 1 else 100)
    return bench.run(node, "python3", "-c", ASK, *map(str, words)).stdout.strip()


@contextmanager
def narrow(bench: Bench, node: str, address: str) -> Iterator[None]:
    """The node's interface with that address takes shorter packets."""
    command = f"ip link set dev $(ip -o -4 address show to {address} | cut -d' ' -f2) mtu"
    bench.sh(node, f"{command} {NARROW}")
    try:
        yield
    finally:
        bench.sh(node, f"{command} 1500")


def test_every_check_holds(bench: Bench) -> None:
    assert failures(bench.check()) == {}


@pytest.mark.parametrize("host", SEEN)
def test_curl_and_our_browser_get_the_page(bench: Bench, host: str) -> None:
    curl = bench.run(host, "curl", "-sSf", "-o", "/dev/null", "-w", "%{http_code}", PAGE)
    assert curl.stdout == "200", curl.last_words
    browser = bench.run(host, "browse", PAGE)
    assert browser.returncode == 0, browser.last_words
    assert "Two homes have it" in browser.stdout


@pytest.mark.parametrize(
    ("host", "over"), [("alice", ("box1", "r")), ("bella", ("box2", "cgn", "r")), ("chris", ("wall", "r"))]
)
def test_each_message_of_a_fetch_is_seen_on_its_way_and_told(bench: Bench, host: str, over: tuple[str, ...]) -> None:
    """Those of the box's own resolver, too."""
    steps = trace_http(bench.engine, bench.running, host, PAGE, cold=True).steps
    assert [f"{step.number} {step.doubt}" for step in steps if step.doubt] == []
    assert [step.over for step in steps if step.kind == "http.request"] == [over]


def test_two_hosts_have_one_address(bench: Bench) -> None:
    assert all(f"{ALICE}/24" in bench.sh(host, "ip -4 address") for host in ("alice", "bella"))
    assert [bench.show(box, "nat")["behaviour"]["inside"] for box in ("box1", "box2")] == ["home1", "home2"]


@pytest.mark.parametrize("host", SEEN)
def test_datagrams_of_three_fragments_pass_both_ways(bench: Bench, host: str) -> None:
    """RFC 4787 REQ-14."""
    address, _, size = ask(bench, host, by=5001, size=4000).split()
    assert (address, size) == (SEEN[host], "4000")


def test_neighbours_inside_hear_each_other_from_outside(bench: Bench) -> None:
    """RFC 4787 REQ-9a."""
    assert ask(bench, "adam", BOX1, by=5002) == f"{BOX1} 5002 40"


def test_what_comes_in_and_dies_on_the_way_shows_no_inside_address(bench: Bench) -> None:
    """By its TTL at box1, and at alice, who has nobody at that port (RFC 5508 REQ-4 and 5)."""
    ask(bench, "alice", by=5003)
    with bench.tcpdump("poll.example", "-l", "-x", "icmp") as text:
        hops = bench.run("poll.example", "traceroute", "-n", "-q1", "-w5", "-U", "-p", "5003", BOX1).stdout
        assert re.findall(r"^ *\d+  (\S+)", hops, re.MULTILINE) == ["192.31.65.1", BOX1, BOX1]
        said = text("udp port 5003 unreachable")
    assert "time exceeded" in said
    assert not PRIVATE.search(said)


@pytest.mark.parametrize(("host", "box"), [("alice", "box1"), ("bella", "box2")])
def test_what_is_too_long_inside_is_told_outside_and_shows_no_inside_address(bench: Bench, host: str, box: str) -> None:
    """RFC 5508 REQ-4 and 5; of bella's the second translator translates what the first one has."""
    with narrow(bench, box, "192.168.1.1"), bench.tcpdump("poll.example", "-l", "-x", "icmp") as text:
        process = bench.engine.execute(bench.container("poll.example").name, ["python3", "-c", ANSWER])
        assert process.read(200) == (1, b"listens\n")
        bench.sh(host, f"echo | nc -u -w1 {POLL} 5004")
        assert process.read(200) == (1, f"{NARROW}\n".encode())
        said = text("need to frag")
    assert f"IP {SEEN[host]} > {POLL}: ICMP {SEEN[host]} " in said
    assert not PRIVATE.search(said)


@pytest.mark.parametrize("host", ["alice", "bella"])
def test_what_is_too_long_outside_is_told_inside(bench: Bench, host: str) -> None:
    with narrow(bench, "r", "192.31.65.1"):
        said = bench.sh(host, f"ping -c1 -W20 -M do -s 1400 {POLL}")
    assert f"From 203.0.113.1 icmp_seq=1 Frag needed and DF set (mtu = {NARROW})" in said


def test_a_neighbour_who_knows_the_prefix_inside_gets_nothing(bench: Bench) -> None:
    """Though alice's port lets everybody in, by its outside address."""
    bench.sh("neighbour", f"ip route replace 192.168.1.0/24 via {BOX1}")
    with bench.tcpdump("alice", "-l", "host 203.0.113.9") as text:
        assert ask(bench, "neighbour", ALICE, by=5005, patience=0.3) == ""
        assert " 0 received" in bench.sh("neighbour", f"ping -c2 -i0.1 -W0.2 {ALICE}")
        assert ask(bench, "neighbour", BOX1, by=5006) == "203.0.113.9 5006 40"
        said = text(".5006 >")
    assert ".5005 >" not in said
    assert "ICMP" not in said
    bench.sh("neighbour", "ip route del 192.168.1.0/24")


@pytest.mark.parametrize("port", [53, 64_600])
def test_the_nodes_own_ports_are_nobodys_else(bench: Bench, port: int) -> None:
    """One on which its resolver listens, and one from which that asks (RFC 4787 section 4.2.1)."""
    address, outside, _ = ask(bench, "alice", by=port).split()
    assert address == BOX1
    assert 1024 <= int(outside) < 64_512
    for node, server in (("adam", "192.168.1.1"), ("poll.example", BOX1)):
        assert bench.sh(node, f"dig +short @{server} www.example").strip() == "192.31.65.80"
    assert " 1 received" in bench.sh("poll.example", f"ping -c1 -W5 {BOX1}")


@contextmanager
def outside(bench: Bench) -> Iterator[Callable[[int], list[str]]]:
    """Inside, alice sends all the time. The function gives what the router outside has seen, as tcpdump's lines, when a
    question of hers from that port was answered."""
    flood = bench.engine.execute(bench.container("alice").name, ["python3", "-c", FLOOD])
    with bench.tcpdump("r", "-l", "-tt", f"udp and dst host {POLL}") as text:

        def seen(port: int) -> list[str]:
            assert ask(bench, "alice", by=port) == f"{BOX1} {port} 40"
            return text(f"{BOX1}.{port} >").splitlines()

        text(f"{BOX1}.5500 >")
        yield seen
    flood.close()


def test_while_the_translator_is_paused_nothing_private_gets_out(bench: Bench) -> None:
    with outside(bench) as seen:
        bench.do("pause", "box1")
        bench.do("resume", "box1")
        assert not PRIVATE.search("\n".join(seen(5010)))


@pytest.mark.parametrize(("lan", "address"), [("home1", "192.168.1.1"), ("street", BOX1)])
def test_while_it_has_no_lan_nothing_private_gets_out(bench: Bench, lan: str, address: str) -> None:
    """And it does as before with the device that a reconnect brings: hairpinning needs it to be set up."""
    client = docker.from_env()
    network = client.networks.get(bench.running.lans[lan].name)
    container = client.containers.get(bench.container("box1").name)
    given = container.attrs["NetworkSettings"]["Networks"][network.name]["IPAMConfig"]["IPv4Address"]
    with outside(bench) as seen:
        network.disconnect(container)
        until(lambda: address in bench.sh("box1", "ip -4 address"))
        network.connect(container, ipv4_address=given)
        until(lambda: address not in bench.sh("box1", "ip -4 address"))
        assert not PRIVATE.search("\n".join(seen(5020)))
    client.close()
    ask(bench, "alice", by=5021)
    assert ask(bench, "adam", BOX1, by=5022) == f"{BOX1} 5022 40"


def test_while_it_is_dead_and_started_next_to_nothing_private_gets_out(bench: Bench) -> None:
    """Before anything runs in the node the kernel forwards as its host's does, until the engine has set what the node's
    kernel is to do: some thousandths of a second, once the LANs are there."""
    with outside(bench) as seen:
        bench.restart("box1")
        lines = seen(5030)
    passed = [float(line.split()[0]) for line in lines if PRIVATE.search(line)]
    if passed:
        translated = (float(line.split()[0]) for line in lines if not PRIVATE.search(line))
        first = next(at for at in translated if at > passed[-1])
        assert passed[-1] - passed[0] < (first - passed[0]) / 4
