"""The lab `internet`: its checks hold, and fail when they should; unmodified tools agree; nothing leaks or falls over.

The copy runs on a folder of its own, so that a test can change a zone or remove a page.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from lab_bench import LABS, PATIENCE, Bench, failures, until, up
from on_engine import own

from catenet.nodes.address import Address
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import A
from catenet.nodes.application.dns.zone import Zone
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.observe.pings import Pings
from catenet.orchestrator.trace.fetch import trace_http

pytestmark = pytest.mark.engine

SURF, DRAGON = "surf.eurecom.fr", "dragon.cs.uiuc.edu"
RESOLVER = "dns.eurecom.fr"
COMPLAINTS = re.compile(r"\bbad\b|incorrect|malformed|\[\||invalid|unknown|trunc")
COPY = own("internet")


@pytest.fixture(scope="module")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("labs") / "internet"
    shutil.copytree(LABS / "internet", folder)
    file = folder / "lab.yaml"
    text = file.read_text()
    assert "qname_minimisation: off}" in text
    # Messages are counted: on a busy machine too none must seem to be lost.
    file.write_text(text.replace("qname_minimisation: off}", "qname_minimisation: off, timeout: 4s}"))
    with up(folder, COPY) as bench:
        yield bench


def test_the_zones_give_every_node_its_address() -> None:
    """What the zone files say of the lab's names is what the lab file says; and each name of a site is in its zone."""
    lab = load(LABS / "internet" / "lab.yaml")
    said: dict[str, set[Address]] = {}
    for file in (LABS / "internet" / "zones").glob("*.zone"):
        origin = Name.parse("." if file.stem == "root" else file.stem)
        for record in Zone.from_file(origin, file.read_text(), str(file)).records:
            if isinstance(record.data, A):
                said.setdefault(str(record.name), set()).add(record.data.address)
    hosts = {name: node for name, node in lab.nodes.items() if "." in name}
    assert said == {name: {attachment.address for attachment in node.attachments} for name, node in hosts.items()}


def test_every_check_holds(internet: Bench) -> None:
    internet.until_all_holds()
    assert len(internet.check()) == len(internet.lab.checks)


# A check fails when its claim is made false


def test_a_cut_makes_the_path_false_and_healing_true_again(internet: Bench) -> None:
    internet.do("cut", "link1")
    assert "D1" in failures(internet.check("D1"))
    internet.do("heal", "link1")
    internet.until_all_holds("D1")


def test_another_address_in_a_zone_makes_the_resolution_false(internet: Bench) -> None:
    zone = internet.folder / "zones" / "cs.uiuc.edu.zone"
    text = zone.read_text()
    try:
        zone.write_text(re.sub(r"\b192\.31\.65\.5\b", "192.31.65.99", text))
        internet.restart("dns.cs.uiuc.edu")
        assert "gives 192.31.65.99" in failures(internet.check("F4"))["F4"]
    finally:
        zone.write_text(text)
        internet.restart("dns.cs.uiuc.edu")
    internet.until_all_holds("F4")


def test_a_dead_server_makes_the_resolution_false(internet: Bench) -> None:
    internet.do("kill", "dns.com")
    try:
        assert "F3" in failures(internet.check("F3"))
    finally:
        internet.do("start", "dns.com")
    internet.until_all_holds("F3")


def test_a_page_that_is_removed_makes_the_fetch_false(internet: Bench) -> None:
    page = internet.folder / "pages" / "dragon" / "index.html"
    text = page.read_bytes()
    try:
        page.unlink()
        assert failures(internet.check("G5"))["G5"] in ("403", "404")  # the folder is there, its page is not
    finally:
        page.write_bytes(text)
    internet.until_all_holds("G5")


# The trace: eight DNS messages, a request and a response, each seen and told


def test_the_fetch_of_the_picture(internet: Bench) -> None:
    trace = trace_http(internet.engine, internet.running, SURF, f"http://{DRAGON}/", cold=True)
    shown = [(step.source, step.target, step.kind) for step in trace.steps]
    root = shown[1][1]
    asked = [(SURF, RESOLVER), (RESOLVER, root), (RESOLVER, "dns.uiuc.edu"), (RESOLVER, "dns.cs.uiuc.edu")]
    there = [(*pair, "dns.query") for pair in asked]
    back = [(target, source, "dns.answer") for source, target in asked]
    assert shown == [
        *(there[0], there[1], back[1], there[2], back[2], there[3], back[3], back[0]),
        (SURF, DRAGON, "http.request"),
        (DRAGON, SURF, "http.response"),
    ]
    assert root in ("a.root-servers.net", "b.root-servers.net")
    assert [step.doubt for step in trace.steps] == [""] * 10
    assert trace.steps[8].over == ("a", "b", "c", "f1")
    assert trace.page["status"] == 200


def test_once_more_the_name_is_cached(internet: Bench) -> None:
    trace = trace_http(internet.engine, internet.running, SURF, f"http://{DRAGON}/")
    assert [step.kind for step in trace.steps] == ["dns.query", "dns.answer", "http.request", "http.response"]


def test_a_fetch_without_an_answer_is_exit_code_1(internet: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "http", SURF, "http://nobody.cs.uiuc.edu/", "--lab", COPY]) == 1
    assert "no such name (NXDOMAIN)" in capsys.readouterr().out


# Unmodified tools


def test_dig(internet: Bench) -> None:
    assert internet.run(SURF, "dig", "+short", DRAGON).stdout.strip() == "192.31.65.5"
    assert "status: NXDOMAIN" in internet.run(SURF, "dig", "nobody.cs.uiuc.edu").stdout
    assert internet.run(SURF, "dig", "+tcp", "+short", DRAGON).stdout.strip() == "192.31.65.5"


def test_dig_trace(internet: Bench) -> None:
    """From the root servers down to the answer, each line of which names the server that said it."""
    said = internet.run(SURF, "dig", "+trace", DRAGON).stdout
    assert re.findall(r"Received \d+ bytes from \S+\((\S+)\)", said)[2:] == ["dns.uiuc.edu", "dns.cs.uiuc.edu"]
    assert re.search(r"^dragon\.cs\.uiuc\.edu\.\s+300\s+IN\s+A\s+192\.31\.65\.5$", said, re.MULTILINE)


def test_curl(internet: Bench) -> None:
    said = internet.run(SURF, "curl", "-sv", f"http://{DRAGON}/").stderr
    assert "< HTTP/1.1 200 OK" in said
    assert "left intact" in said  # the connection may be used again
    for header in ("Date", "Server", "Last-Modified", "Content-Type", "Content-Length"):
        assert f"\n< {header}: " in said
    codes = internet.sh(
        SURF, f"for p in / /private/ /no; do curl -s -o /dev/null -w '%{{http_code}} ' http://{DRAGON}$p; done"
    )
    assert codes.split() == ["200", "403", "404"]


def test_ping(internet: Bench) -> None:
    assert " 0% packet loss" in internet.run(SURF, "ping", "-c", "5", "-i", "0.05", DRAGON).stdout


def test_ping_to_all_of_a_lan(internet: Bench) -> None:
    said = internet.run(SURF, "ping", "-n", "-b", "-c", "2", "-i", "0.2", "192.31.33.255").stdout
    assert set(re.findall(r"from (\S+):", said)) == {"192.31.33.1", "192.31.33.7", "192.31.33.53"}


def test_traceroute_both_ways(internet: Bench) -> None:
    """Each hop is the address of the leg by which the probe came in."""

    def hops(node: str, target: str) -> list[str]:
        return re.findall(
            r"^ *\d+  (\S+)", internet.run(node, "traceroute", "-n", "-q", "1", target).stdout, re.MULTILINE
        )

    assert hops(SURF, DRAGON) == ["192.31.33.1", "10.1.1.2", "10.1.2.3", "192.31.60.4", "192.31.65.5"]
    assert hops(DRAGON, SURF) == ["192.31.65.1", "192.31.60.1", "10.1.2.2", "10.1.1.1", "192.31.33.7"]


def test_tcpdump_names_every_dns_message_without_complaint(internet: Bench) -> None:
    with internet.tcpdump(RESOLVER, "-v", "-c", "8", "port", "53") as said:
        internet.run(RESOLVER, "nc", "-z", "-w", "1", "192.31.33.1", "9")  # other packets do not count
        internet.check("F3")
        text = said()
    assert text.count("www.nytimes.com.") >= 4
    assert not COMPLAINTS.search(text), text


def test_tcpdump_names_every_http_packet_without_complaint(internet: Bench) -> None:
    with internet.tcpdump("b", "-vv", "-c", "12", "tcp") as said:
        internet.run(SURF, "curl", "-s", f"http://{DRAGON}/")
        internet.run(SURF, "curl", "-s", f"http://{DRAGON}/")
        text = said()
    assert "HTTP/1.1 200 OK" in text
    assert not COMPLAINTS.search(text), text


# Nothing leaks


def test_nothing_outside_the_lab_can_be_reached(internet: Bench) -> None:
    """From no node: the host, by its address on Docker's own bridge or on a LAN of ours, and an address outside."""
    bridge = next(network for network in internet.engine.networks() if network.name == "bridge")
    outside = ["192.0.2.1", str(Address(bridge.prefixes[0].network + 1))]
    assert reached(internet, outside) == {}
    for node in (SURF, "a"):
        internet.restart(node)
    assert reached(internet, outside) == {}
    internet.until_all_holds("D1")


def reached(internet: Bench, addresses: list[str]) -> dict[str, str]:
    """Node → what answered there. Each node also tries its LANs' last addresses, which the engine keeps."""

    def attempt(node: str) -> str:
        lans = [str(internet.lab.lans[a.lan].gateway) for a in internet.lab.nodes[node].attachments]
        pings = " & ".join(f"(ping -n -q -c 1 -W 1 {each} >/dev/null 2>&1 && echo {each})" for each in addresses + lans)
        return internet.sh(node, f"{pings} & wait")

    nodes = list(internet.lab.nodes)
    with ThreadPoolExecutor(max_workers=8) as pool:
        return {node: said for node, said in zip(nodes, pool.map(attempt, nodes), strict=True) if said}


def test_outside_names_are_not_resolved(internet: Bench) -> None:
    """Neither by the lab's resolver nor by the engine's, which would ask the host's."""
    assert "status: NXDOMAIN" in internet.run(SURF, "dig", "example.org").stdout
    for node in (SURF, RESOLVER, "a"):
        assert "host unreachable" in internet.sh(node, "dig +tries=1 @127.0.0.11 example.org")


# Nothing falls over

NOISE = """
import random, socket
chance = random.Random(7)
def noise():
    return chance.randbytes(chance.choice((0, 1, 3, 4, 11, 12, 13, 24, 100, 512, 1400)))
for address, port in {udp!r}:
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.connect((address, port))
    for _ in range(200):
        try:
            sender.send(noise())
        except OSError:
            pass
for address, port in {tcp!r}:
    for _ in range(20):
        stream = socket.create_connection((address, port), 100)
        try:
            stream.sendall(noise() + noise())
        except OSError:
            pass
        stream.close()
"""


def test_random_bytes_leave_every_daemon_up_and_are_counted(internet: Bench) -> None:
    servers = {"a": 520, RESOLVER: 53, "dns.cs.uiuc.edu": 53, DRAGON: 80}
    places = {
        node: (str(internet.lab.nodes[node].address_on(lan)), port)
        for (node, port), lan in zip(servers.items(), ("eurecom", "eurecom", "cs", "cs"), strict=True)
    }
    udp = [place for place in places.values() if place[1] != 80]
    tcp = [place for place in places.values() if place[1] != 520]
    before = {node: counters(internet, node) for node in servers}
    done = internet.run(SURF, "python3", "-c", NOISE.format(udp=udp, tcp=tcp))
    assert done.returncode == 0, done.stderr
    for node in servers:
        services = internet.status(node)["services"].values()
        assert [(each["state"], each["restarts"]) for each in services] == [("ready", 0)], node
        until(lambda node=node: sum(counters(internet, node).values()) <= sum(before[node].values()))
    internet.until_all_holds()


FLOOD = """
import socket
question = bytes.fromhex("00190001010000010000000000000377777703636f6d0000010001")
streams = [socket.create_connection(({address!r}, 53), 100) for _ in range(200)]
for stream in streams:
    stream.setblocking(False)
while True:
    for stream in streams:
        try:
            stream.send(question * 500)
        except OSError:
            pass
    print(flush=True)
"""


def test_peers_that_ask_and_never_read_leave_the_others_their_answers(internet: Bench) -> None:
    address = str(internet.lab.nodes["dns.cs.uiuc.edu"].address_on("cs"))
    script = FLOOD.format(address=address)
    flood = internet.engine.execute(internet.running.node("sal.cs.uiuc.edu").name, ["python3", "-c", script])
    try:
        assert flood.read(PATIENCE) is not None  # it has begun
        for transport in ("+notcp", "+tcp"):
            said = internet.sh(SURF, f"dig {transport} +tries=1 +time=100 +short @{address} {DRAGON}")
            assert said.strip() == "192.31.65.5"
    finally:
        internet.run("sal.cs.uiuc.edu", "pkill", "-9", "-f", "question = bytes")
        while flood.read(PATIENCE) is not None:
            pass
    pss = int(internet.sh("dns.cs.uiuc.edu", "grep ^Pss: /proc/1/smaps_rollup").split()[1])
    assert pss < 100 * 1024


def counters(internet: Bench, node: str) -> dict[str, int]:
    """What the node's services count, RIP's own counters too."""
    found: dict[str, int] = {}
    for name, service in internet.status(node)["services"].items():
        found |= service["counters"]
        if name == "rip":
            found |= {key: value for key, value in internet.show(node, "rip")["counters"].items() if "." in key}
    return found


# No verb waits for a node that is paused, or for one that is dead


@pytest.fixture
def wounded(internet: Bench) -> Iterator[Bench]:
    internet.do("pause", "b")
    internet.do("kill", "dns.fr")
    yield internet
    internet.do("resume", "b")
    internet.do("start", "dns.fr")
    internet.until_all_holds("D1")


VERBS = """
status
status --json
show a
show b
show b rip
show dns.fr
logs b -n 5
logs dns.fr -n 5
events -n 20
exec a true
exec b true
cut link4
heal link4
pause sal.cs.uiuc.edu
resume sal.cs.uiuc.edu
kill sal.cs.uiuc.edu
start sal.cs.uiuc.edu
check --claim E5
trace http surf.eurecom.fr http://192.31.33.53/
"""


def test_every_verb_answers_in_time(wounded: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATENET_LAB", COPY)
    slow = {}
    for line in VERBS.split("\n")[1:-1]:
        began = time.monotonic()
        code = run(line.split())
        took = time.monotonic() - began
        assert code in (0, 1, 2, 3), f"{line}: exit code {code}"
        if took > 60.0:
            slow[line] = f"{took:.2f} s"
    assert slow == {}


def test_a_ping_beside_other_things_leaves_no_program_behind(internet: Bench) -> None:
    with Pings(internet.engine, internet.running.node(SURF), "192.31.65.5", 0.05) as pings:
        assert pings.first_after(0.0, PATIENCE) is not None
    assert "ping -D" not in internet.sh(SURF, "ps -eo args | grep -v grep")
