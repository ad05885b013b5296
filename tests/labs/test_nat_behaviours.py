"""Each behaviour of the translator as a program behind it sees it, from two hosts outside; and beside it the kernel's.

The kernel's translator is iptables' MASQUERADE on a node that forwards. It keeps ports where it can, and lets in whom
inside has asked, by address and port. What it has in its table, conntrack says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab_bench import Bench, up
from on_engine import own
from polling import BEHAVIOUR, FIRST, reports

pytestmark = pytest.mark.engine

LAB = Path(__file__).parent / "behaviours"
SERVER, OTHER, PATIENCE = "203.0.113.80", "203.0.113.81", "60"
RULES = ("any", "address", "port")
OURS = [f"{mapping}-{filtering}" for mapping in RULES for filtering in RULES]
MARKS = {name: number for number, name in enumerate([*OURS, "kernel"], 1)}
"""Translator → the mark of the packets that go by it, and the last octet of its addresses."""

# The same datagrams by two translators: one socket, whose mark changes.
BOTH = f"""
import socket, sys
asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asker.bind(("", int(sys.argv[1])))
asker.settimeout({PATIENCE})

for mark in map(int, sys.argv[2:]):
    asker.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
    for peer in ("{SERVER}", "{OTHER}"):
        asker.sendto(b"report".ljust(40, b"\\0"), (peer, {FIRST}))
        asker.recv(100)
"""
LISTEN = """
import socket
listener, kept = socket.create_server(("", 80)), []
print("listens", flush=True)
while True:
    kept.append(listener.accept())
"""
# One connection after the other, from one port; each is reset.
CONNECT = f"""
import socket, struct, sys
for mark in map(int, sys.argv[2:]):
    with socket.socket() as asker:
        asker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        asker.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
        asker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        asker.bind(("", int(sys.argv[1])))
        asker.settimeout({PATIENCE})
        asker.connect(("{SERVER}", 80))
"""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with up(LAB, own("behaviours")) as bench:
        bench.sh("kernel", "iptables -t nat -A POSTROUTING -s 10.0.0.0/24 ! -d 10.0.0.0/24 -j MASQUERADE")
        ways = "; ".join(
            f"ip rule add fwmark {mark} table {mark}; ip route add default via 10.0.0.{mark} table {mark}"
            for mark in MARKS.values()
        )
        for node in ("asker", "second"):
            assert bench.run(node, "sh", "-ec", ways).returncode == 0
        for node in ("server", "other"):
            reports(bench, node)
        yield bench


@pytest.fixture(scope="module")
def found(bench: Bench) -> Any:
    """Translator → what the program behind it has seen."""
    done = bench.run("asker", "python3", "-c", BEHAVIOUR, json.dumps(MARKS), SERVER, OTHER, PATIENCE)
    assert done.returncode == 0, done.last_words
    return json.loads(done.stdout)


def mapping(seen: list[list[str]]) -> str:
    """RFC 4787 section 4.1, by what two ports of one host and one of another have seen."""
    first, same_host, other_host = map(tuple, seen)
    if first == same_host:
        return "any" if first == other_host else "address"
    return "port"


def filtering(uninvited: list[str]) -> str:
    """RFC 4787 section 5, by who could send, uninvited: another port, another address."""
    return "any" if "address" in uninvited else "address" if uninvited else "port"


@pytest.mark.parametrize("name", OURS)
def test_it_behaves_as_it_is_told(found: Any, name: str) -> None:
    assert f"{mapping(found[name]['seen'])}-{filtering(found[name]['uninvited'])}" == name


@pytest.mark.parametrize("name", MARKS)
def test_the_port_of_inside_is_kept_and_outside_sees_one_address(found: Any, name: str) -> None:
    seen = found[name]["seen"]
    assert seen[0] == [f"203.0.113.{MARKS[name]}", str(found[name]["port"])]
    assert {address for address, _ in seen} == {f"203.0.113.{MARKS[name]}"}


def test_the_kernel_behaves_as_ours_that_filters_by_address_and_port(found: Any) -> None:
    assert found["kernel"]["uninvited"] == found["any-port"]["uninvited"] == []
    assert mapping(found["kernel"]["seen"]) == mapping(found["any-port"]["seen"]) == "any"


def test_the_same_packets_give_the_kernels_table_and_ours_the_same_lines(bench: Bench) -> None:
    """Datagrams to two peers, a ping, and a connection that is reset; all keep their ports, and their identifier."""
    bench.run("kernel", "conntrack", "-F")
    process = bench.engine.execute(bench.container("server").name, ["python3", "-c", LISTEN])
    assert process.read(200) == (1, b"listens\n")
    marks = [str(MARKS["any-port"]), str(MARKS["kernel"])]
    assert bench.run("asker", "python3", "-c", BOTH, "7000", *marks).returncode == 0
    for mark in marks:
        assert " 1 received" in bench.sh("asker", f"ping -c1 -W{PATIENCE} -e 7002 -m {mark} {SERVER}")
    done = bench.run("asker", "python3", "-c", CONNECT, "7001", *marks)  # conntrack forgets it after 10 s
    assert done.returncode == 0, done.last_words
    ours = {line for line in shown(bench, "any-port") if line[1].endswith((":7000", ":7001", ":7002"))}
    assert ours == {
        ("udp", "10.0.0.80:7000", 7000, f"{SERVER}:{FIRST}"),
        ("udp", "10.0.0.80:7000", 7000, f"{OTHER}:{FIRST}"),
        ("tcp", "10.0.0.80:7001", 7001, f"{SERVER}:80"),
        ("icmp", "10.0.0.80:7002", 7002, SERVER),
    }
    assert tracked(bench) == ours


def test_of_two_hosts_with_one_port_the_first_keeps_it_and_the_other_gets_another(bench: Bench) -> None:
    marks = [str(MARKS["any-port"]), str(MARKS["kernel"])]
    for node in ("asker", "second"):
        assert bench.run(node, "python3", "-c", BOTH, "7100", *marks).returncode == 0
    for lines in (shown(bench, "any-port"), tracked(bench)):
        ports = {inside: outside for _, inside, outside, _ in lines if inside.endswith(":7100")}
        assert ports.keys() == {"10.0.0.80:7100", "10.0.0.81:7100"}
        assert ports["10.0.0.80:7100"] == 7100
        assert ports["10.0.0.81:7100"] != 7100


def shown(bench: Bench, node: str) -> set[tuple[str, str, int, str]]:
    """Protocol, inside, port outside, peer: what `show nat` says."""
    return {
        (row["protocol"], row["inside"], int(row["outside"].partition(":")[2]), row["peer"])
        for row in bench.show(node, "nat")["table"]
    }


def tracked(bench: Bench) -> set[tuple[str, str, int, str]]:
    """The same, as conntrack says it: for each connection the addresses and ports of both directions."""
    lines = set()
    for line in bench.run("kernel", "conntrack", "-L").stdout.splitlines():
        protocol, ways = line.split()[0], re.findall(r"(\w+)=([\d.]+)", line)
        values = {word: [value for key, value in ways if key == word] for word, _ in ways}
        if not values["src"][0].startswith("10.0.0.8"):
            continue
        if protocol == "icmp":
            inside, outside = values["id"]
            peer = values["dst"][0]
        else:
            inside, outside = values["sport"][0], values["dport"][1]
            peer = f"{values['dst'][0]}:{values['dport'][0]}"
        lines.add((protocol, f"{values['src'][0]}:{inside}", int(outside), peer))
    return lines
