"""The machine of tests/machines/translate.py between containers: what waits for it, and what never passes.

It runs as a service that guards its node (tests/toys), in an image that has it beside the others, and as a program of
one's own. In the simulated network: tests/simulation/test_translating.py.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest
from lab_bench import Bench, until
from on_engine import claimed, own
from own_service import TOYS, toys

from catenet.orchestrator.backend.archive import pack_files
from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.deploy import up as deploy
from catenet.orchestrator.deploy.images import PROGRAM_REPOSITORY, ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.operations.drift import find_drift

pytestmark = pytest.mark.engine

HERE = Path(__file__).parent
MACHINE = HERE.parent / "machines" / "translate.py"
SERVER, PORT = "203.0.113.80", 9
HOMES = [("alice", "bob", "203.0.113.1", "192.168.1.1"), ("carol", "dave", "203.0.113.2", "192.168.2.1")]
homes = pytest.mark.parametrize(("one", "other", "outside", "inside"), HOMES, ids=["service", "program"])

# Says from where each datagram came, and how long it was, and sends as much back. So that the translator knows it, it
# sends something itself, whenever it has heard nothing for a while.
ECHO = f"""
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", int(sys.argv[1])))
s.settimeout(0.2)
print("listens", flush=True)
while True:
    try:
        data, source = s.recvfrom(70000)
        s.sendto(f"{{source[0]}} {{source[1]}} {{len(data)}} ".encode().ljust(len(data)), source)
    except TimeoutError:
        s.sendto(b"", ("{SERVER}", 1))
"""
# From a port, as often as it takes.
ASK = """
import socket, sys
to, patience = sys.argv[1], float(sys.argv[2])
port, number, size, ttl, times = map(int, sys.argv[3:])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", number))
s.settimeout(patience)
s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
for _ in range(times):
    s.sendto(bytes(size), (to, port))
    try:
        print(s.recv(70000).decode().strip())
        break
    except TimeoutError:
        continue
"""
# A server of one connection, which says how much it was given; it goes on when this has ended.
LISTEN = """
import os, socket
listener = socket.create_server(("", 80))
if os.fork() == 0:
    os.setsid()
    for stream in (0, 1, 2):
        os.close(stream)
    connection, _ = listener.accept()
    size = 0
    while data := connection.recv(1 << 16):
        size += len(data)
    connection.sendall(str(size).encode())
    connection.close()
"""
SEND = """
import socket, sys
s = socket.create_connection((sys.argv[1], 80), timeout=20)
s.sendall(bytes(int(sys.argv[2])))
s.shutdown(socket.SHUT_WR)
print(s.recv(100).decode())
"""
FLOOD = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    s.sendto(b"x", (sys.argv[1], int(sys.argv[2])))
    time.sleep(0.002)
"""


@contextmanager
def image(engine: Engine) -> Iterator[str]:
    """The node image, and in it the service; it is gone afterwards, since each change of code makes another one."""
    base = ensure_node_image(engine, NoProgress())
    nodes = "/usr/local/lib/catenet/nodes"
    room = TOYS / "internet" / "gate"
    files = {f"gate/{file.name}": file.read_bytes() for file in sorted(room.glob("*.py"))}
    files |= {"gate/machine.py": MACHINE.read_bytes(), "gate.py": (TOYS / "services" / "gate.py").read_bytes()}
    files["Dockerfile"] = (
        f"FROM {base}\nCOPY gate {nodes}/internet/gate\nCOPY gate.py {nodes}/services/gate.py\n".encode()
    )
    tag = f"{PROGRAM_REPOSITORY}:{own('translating')}"
    engine.build(tag, pack_files(files), {})
    yield tag
    engine.remove_image(tag)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder, copy = tmp_path_factory.mktemp("labs") / "translating", own("translating")
    shutil.copytree(HERE / "translating", folder)
    shutil.copy2(MACHINE, folder)
    engine = connect()
    with toys(), image(engine) as tag, claimed(copy):
        deploy.up(engine, load(folder / "lab.yaml"), copy, tag, NoProgress())
        with Bench(engine, copy, folder) as bench:
            for node, port in (("server", PORT), ("bob", 6000), ("dave", 6000)):
                listens(bench, node, port)
            yield bench


def listens(bench: Bench, node: str, port: int) -> None:
    process = bench.engine.execute(bench.container(node).name, ["python3", "-c", ECHO, str(port)])
    assert process.read(200) == (1, b"listens\n")


def ask(bench: Bench, node: str, to: str = SERVER, port: int = PORT, **more: float) -> str:
    """What comes back; empty: nothing."""
    words = {"patience": 0.3, "port": port, "number": 5000, "size": 40, "ttl": 64, "times": 1, **more}
    return bench.run(node, "python3", "-c", ASK, to, *map(str, words.values())).stdout.strip()


@homes
def test_datagrams_of_any_size_go_out_by_the_translators_address_and_their_answers_come_back(
    bench: Bench, one: str, other: str, outside: str, inside: str
) -> None:
    """RFC 4787 REQ-14: 4,000 octets are three fragments, and 60,000 forty-one."""
    for size in (40, 4000, 60_000):
        assert ask(bench, one, size=size, patience=5) == f"{outside} 5000 {size}"


@homes
def test_a_connection_carries_what_a_sender_would_leave_to_its_device_to_cut(
    bench: Bench, one: str, other: str, outside: str, inside: str
) -> None:
    """Whole segments with whole checksums, though between containers there is no wire that wants them."""
    with bench.tcpdump("server", "-c", "1", f"tcp[tcpflags] & tcp-fin != 0 and src {outside}") as text:
        assert bench.run("server", "python3", "-c", LISTEN, one).returncode == 0
        said = bench.run(one, "python3", "-c", SEND, SERVER, "2000000")
        assert said.stdout.strip() == "2000000", said.last_words
        assert outside in text()


@homes
def test_a_ping_comes_back_and_traceroute_sees_each_hop(
    bench: Bench, one: str, other: str, outside: str, inside: str
) -> None:
    assert " 2 received" in bench.sh(one, f"ping -c2 -i0.2 -W5 {SERVER}")
    hops = bench.sh(one, f"traceroute -n -q1 -w2 {SERVER}")
    assert re.findall(r"^ *\d+  (\S+)", hops, re.MULTILINE) == [inside, SERVER]
    assert " 1 received" in bench.sh("server", f"ping -c1 -W5 {outside}")  # the node's own


@homes
def test_a_neighbour_reaches_another_by_the_outside_address(
    bench: Bench, one: str, other: str, outside: str, inside: str
) -> None:
    """RFC 4787 REQ-9; the kernel refuses a packet from its own address on an interface that was not told to take it."""
    assert ask(bench, one, outside, 6000, times=100) == f"{outside} 5000 40"


def hairpin(bench: Bench, one: str, other: str, outside: str) -> str:
    """What `one` hears of the port of `other`, which has sent something by it first."""
    first = (
        f"import socket;s=socket.socket(2,2);s.setsockopt(1,15,1);s.bind(('',6001));s.sendto(b'',('{SERVER}',{PORT}))"
    )
    bench.run(other, "python3", "-c", first)
    listens(bench, other, 6001)
    return ask(bench, one, outside, 6001, patience=5)


@pytest.mark.parametrize("node", ["guard", "program"])
def test_the_rules_are_nothing_that_somebody_has_left_behind(bench: Bench, node: str) -> None:
    assert "catenet-forwarding" in bench.sh(node, "iptables -t mangle -S FORWARD")
    assert find_drift(bench.engine, bench.container(node), bench.lab).differences == ()


@homes
def test_what_ends_in_the_translator_shows_nothing_of_behind_it(
    bench: Bench, one: str, other: str, outside: str, inside: str
) -> None:
    ask(bench, one, patience=5)
    with bench.tcpdump("server", "-v", "-c", "1", f"icmp[0] == 11 and src {outside}") as text:
        assert ask(bench, "server", outside, 5000, number=9999, ttl=1) == ""
        said = text()
    assert f"{outside}.5000: UDP" in said
    assert "192.168." not in said


def test_no_packet_passes_untranslated_while_the_node_is_killed_and_started(bench: Bench) -> None:
    """Nor before its service runs. Before anything runs in the node the kernel forwards as its host's does, until the
    engine has set what the node's kernel is to do: some thousandths of a second, once the LANs are there."""
    with bench.tcpdump("server", "-l", "-tt", f"udp and dst host {SERVER} and dst port {PORT}") as text:
        process = bench.engine.execute(bench.container("alice").name, ["python3", "-c", FLOOD, SERVER, str(PORT)])
        text("203.0.113.1.")
        bench.restart("guard")
        assert ask(bench, "alice", number=5005, times=500) == "203.0.113.1 5005 40"
        lines = text("203.0.113.1.5005").splitlines()
        process.close()
    passed = [float(line.split()[0]) for line in lines if " 192.168." in line]
    if passed:
        first = next(at for at in map(float, (line.split()[0] for line in lines)) if at > passed[-1])
        assert passed[-1] - passed[0] < (first - passed[0]) / 4


def test_what_came_while_the_node_was_paused_goes_on_when_it_is_resumed(bench: Bench) -> None:
    bench.do("pause", "guard")
    with bench.tcpdump("server", "-c", "1", f"dst host {SERVER} and udp dst port {PORT} and src port 5006") as text:
        assert ask(bench, "alice", number=5006) == ""
        bench.do("resume", "guard")
        assert "203.0.113.1.5006" in text()


def test_what_comes_faster_than_it_is_read_is_lost_and_counted(bench: Bench) -> None:
    """More octets than the kernel keeps of what waits (4 MB, by its own count of them twice as many)."""
    bench.do("pause", "guard")
    many = f"import socket;s=socket.socket(2,2)\nfor _ in range(300): s.sendto(bytes(60000),('{SERVER}',1))"
    bench.run("alice", "python3", "-c", many)
    bench.do("resume", "guard")
    until(lambda: not bench.status("guard")["services"]["gate"]["counters"].get("queue_overruns"))
    assert ask(bench, "alice", times=100) == "203.0.113.1 5000 40"


@homes
def test_a_reconnect_brings_a_device_that_does_as_the_last_one(
    bench: Bench, one: str, other: str, outside: str, inside: str
) -> None:
    node, lan = ("guard", "home") if one == "alice" else ("program", "other")
    client = docker.from_env()
    network = client.networks.get(bench.running.lans[lan].name)
    container = client.containers.get(bench.container(node).name)
    address = container.attrs["NetworkSettings"]["Networks"][network.name]["IPAMConfig"]["IPv4Address"]
    network.disconnect(container)
    until(lambda: inside in bench.sh(node, "ip -4 address"))
    network.connect(container, ipv4_address=address)
    client.close()
    until(lambda: inside not in bench.sh(node, "ip -4 address"))
    assert ask(bench, one, times=100) == f"{outside} 5000 40"
    assert ask(bench, one, outside, 6000, times=100) == f"{outside} 5000 40"


def test_what_the_machine_raises_at_is_dropped_and_it_is_begun_anew(bench: Bench) -> None:
    """An ICMP message of no octets, which no machine should raise at; this one does."""
    before = bench.status("guard")["services"]["gate"]["restarts"]
    header = "45000014000000004001000000000000" + bytes(map(int, SERVER.split("."))).hex()
    raw = f"import socket;socket.socket(2,3,255).sendto(bytes.fromhex('{header}'),('{SERVER}',0))"
    with bench.tcpdump("server", "-c", "1", "icmp and src 203.0.113.1") as text:
        bench.run("alice", "python3", "-c", raw)
        until(lambda: bench.status("guard")["services"]["gate"]["restarts"] == before)
        assert " 1 received" in bench.sh("alice", f"ping -c1 -W5 {SERVER} || ping -c1 -W5 {SERVER}")
        assert "ICMP echo request" in text()


def test_the_rules_stay_when_the_program_is_gone_and_it_opens_its_port_anew(bench: Bench) -> None:
    rules = bench.sh("program", "iptables -t mangle -S; iptables -t raw -S")
    before = bench.status("program")["services"]["rip"]["restarts"]
    bench.sh("program", "kill -9 $(pidof python3 | tr ' ' '\\n' | grep -vx 1 | head -1)")
    until(lambda: bench.status("program")["services"]["rip"]["restarts"] == before)
    assert ask(bench, "carol", times=100) == "203.0.113.2 5000 40"
    assert bench.sh("program", "iptables -t mangle -S; iptables -t raw -S") == rules
