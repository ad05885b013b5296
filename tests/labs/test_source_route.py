"""The lab `source-route`, and where a packet with a source route dies: everywhere else, `homes` and its boxes too."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from lab_bench import LABS, Bench, failures, up
from on_engine import own

from catenet.nodes.address import Address
from catenet.nodes.control.probes import Probes, probes
from catenet.nodes.programs.source_route import socket_option
from catenet.orchestrator.observe.tools import read_traceroute
from catenet.orchestrator.trace.source_route import trace_source_route

pytestmark = pytest.mark.engine

REFUSE = """
import sys
from catenet.nodes.runtime.netlink.client import Netlink
from catenet.nodes.runtime.netlink.routing import ACCEPT_SOURCE_ROUTE
netlink = Netlink()
for link in netlink.links():
    netlink.set_settings(link.ifindex, {ACCEPT_SOURCE_ROUTE: int(sys.argv[1])})
"""
# Datagrams with an option each, and at last one without: to address and port.
SEND = """
import json, socket, sys
for option, address, port in json.loads(sys.argv[1]):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes.fromhex(option))
    s.sendto(b"x", (address, port))
"""
PROBE, LAST = 40000, 40001
"""Ports where nobody listens: of what must not get through, and of what shows that all before it has come."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with up(LABS / "source-route", own("source-route")) as bench:
        bench.until_all_holds()
        yield bench


def probe(bench: Bench, node: str, to: str, *vias: str) -> Probes:
    words = [word for via in vias for word in ("--via", via)]
    return probes(json.loads(bench.run(node, "source-route", to, *words, "--json").stdout))


def test_an_interface_that_refuses_is_enough(bench: Bench) -> None:
    """And a check of the claim fails by it: the packet does not arrive."""
    bench.run("d", "python3", "-c", REFUSE, "0")
    try:
        assert set(failures(bench.check("D12")).values()) == {"a and no further"}
        assert probe(bench, "h1", "10.12.2.1").arrived
    finally:
        bench.run("d", "python3", "-c", REFUSE, "1")
    bench.until_all_holds()


def test_791_3_1_each_router_records_where_it_goes_out_and_the_destination_answers(bench: Bench) -> None:
    found = probe(bench, "h1", "10.12.2.1", "10.12.1.11", "10.12.13.4", "10.12.14.6", "10.12.15.3")
    assert [hop.address for hop in found.hops] == [
        "10.12.1.11",
        "10.12.13.4",
        "10.12.14.6",
        "10.12.15.3",
        "10.12.2.1",
    ]
    assert found.hops[-1].recorded == ("10.12.13.1", "10.12.14.4", "10.12.15.6", "10.12.2.13")
    assert [len(hop.left) for hop in found.hops] == [4, 3, 2, 1, 0]


def test_an_unmodified_traceroute_takes_the_same_way(bench: Bench) -> None:
    """By ICMP: Linux gives UDP a checksum with the first router's address. And the errors about a packet to that router
    do not come to its socket, which is connected to the destination."""
    command = ["traceroute", "-n", "-I", "-q", "1", "-w", "1", "-m", "7", "-g", "10.12.13.4", "10.12.2.1"]
    assert read_traceroute(bench.run("h1", *command).stdout) == ["*", "*", "10.12.14.6", "10.12.15.3", "10.12.2.1"]


def test_nine_routers_are_named(bench: Bench) -> None:
    """Round by d, f and c, and round again: who is visited twice hears its own answer come by, and drops that."""
    engine, running = bench.engine, bench.running
    way = ["a", "d", "f", "c", "b", "a", "d", "f", "c"]
    done = trace_source_route(engine, running, "h1", "h2", way)
    assert done.arrived
    assert (len(done.hops), done.hops[-1].node) == (10, "h2")


def test_the_way_of_the_database_is_the_one_that_is_taken_anyhow(bench: Bench) -> None:
    done = trace_source_route(bench.engine, bench.running, "h1", "h2", None, strict=True)
    assert (done.by, [via.node for via in done.vias]) == ("a's ospf", ["a", "b", "c"])
    assert [hop.node for hop in done.hops] == [hop.node for hop in done.plain] == ["a", "b", "c", "h2"]


def test_all_of_a_node_says_the_same(bench: Bench) -> None:
    """Of the kernel's switches both count: that of all interfaces, and that of the one by which the packet comes."""
    for node, word in (("d", "1"), ("e", "0")):
        script = "cd /proc/sys/net/ipv4/conf; cat all/accept_source_route default/accept_source_route"
        assert bench.sh(node, f"{script} eth*/accept_source_route").split() == [word] * 4


def test_who_does_not_follow_sends_nothing_on(bench: Bench) -> None:
    """Not even what would go by it anyhow: it is not named, but on the way."""
    via = [Address.parse("10.12.16.5")]
    option = socket_option(via, Address.parse("10.12.2.1")).hex()
    sent = [(option, "10.12.2.1", PROBE), ("", "10.12.16.5", LAST)]
    with bench.tcpdump("e", "-l", "-c", "2", f"udp and portrange {PROBE}-{LAST}") as said:
        bench.run("h1", "python3", "-c", SEND, json.dumps(sent))
        text = said()
    first, last = text.splitlines()
    assert " In " in first and str(PROBE) in first
    assert " In " in last and str(LAST) in last


def test_translators_and_firewalls_reflect_nothing() -> None:
    """RFC 7126 section 4.3.3: "Bypass firewall rules", "Reach otherwise unreachable internet systems"."""
    boxes = {"box1": ("203.0.113.11", "192.168.1.10"), "wall": ("203.0.113.13", "198.51.100.10"),
             "cgn": ("203.0.113.12", "100.64.0.12"), "r": ("203.0.113.1", "192.31.65.81")}  # fmt: skip
    with up(LABS / "homes", own("reflecting")) as bench:
        for box, (address, inside) in boxes.items():
            sent = []
            for target in (inside, "192.31.65.80", "203.0.113.9"):  # behind it, beyond it, and who asked
                for strict in (False, True):
                    option = socket_option([Address.parse(address)], Address.parse(target), strict=strict)
                    sent.append((option.hex(), target, PROBE))
            sent.append(("", address, LAST))
            with bench.tcpdump(box, "-l", f"udp and portrange {PROBE}-{LAST} or icmp") as said:
                bench.run("neighbour", "python3", "-c", SEND, json.dumps(sent))
                lines = said(f"{address}.{LAST}: UDP").splitlines()
            assert sum(" In " in line for line in lines) == len(sent), lines
            assert sum(" Out " in line and str(LAST) not in line for line in lines) == 0, lines
