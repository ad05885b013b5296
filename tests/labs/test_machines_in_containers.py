"""The machines of tests/machines in containers: raw packets, frames, a port for each client, on the kernel's network.

In the simulated network they run in tests/simulation/test_machines.py, by the same files.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from lab_bench import Bench, until, up
from on_engine import own

from catenet.orchestrator.observe.events import past
from catenet.orchestrator.operations import verbs

pytestmark = pytest.mark.engine

HERE = Path(__file__).parent
GROUPS = ("224.0.0.201", "224.0.0.202")
PEERS = {"10.0.0.2", "10.0.0.3"}
ASK = """
import json, socket
def port():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.settimeout(60)
    return made
one, other = port(), port()
for each in (one, other):
    each.sendto(b"?", ("10.0.0.1", 7000))
numbers = [int(each.recv(100)) for each in (one, other)]
other.sendto(b"to one", ("10.0.0.1", numbers[0]))
passed, source = one.recvfrom(100)
one.sendto(b"bye", ("10.0.0.1", 7000))
other.connect(("10.0.0.1", numbers[0]))
other.settimeout(0.1)
for _ in range(600):  # until it is closed, each is passed on; then the kernel says that there is no such port
    try:
        other.send(b"again")
        other.recv(100)
    except TimeoutError:
        continue
    except ConnectionRefusedError:
        print(json.dumps([len(set(numbers)), passed.decode().split(" ", 1)[1], source[1]]))
        break
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("labs") / "machines"
    shutil.copytree(HERE / "machines", folder)
    for machine in (HERE.parent / "machines").glob("*.py"):
        shutil.copy2(machine, folder)
    with up(folder, own("machines")) as bench:
        yield bench


def heard(bench: Bench, node: str, since: int = 0) -> set[tuple[object, object]]:
    return {(each["from"], each["group"]) for each in bench.told(node, "hello.heard")[since:]}


def test_raw_packets_come_with_ttl_and_tos_to_who_has_joined_their_group(bench: Bench) -> None:
    everything = {(peer, group) for peer in PEERS for group in GROUPS}
    until(lambda: everything - heard(bench, "a"))
    assert {(each["ttl"], each["tos"], each["lan"]) for each in bench.told("a", "hello.heard")} == {(1, 0xC0, "lan")}
    events = [line.event for line in past(bench.engine, [bench.container("a")])]
    order = [(event.kind, event.data["group"]) for event in events if event is not None and event.kind[:6] == "hello."]
    for group in GROUPS:
        assert order.index(("hello.joined", group)) < order.index(("hello.heard", group))
    with bench.tcpdump("a", "-v", "-c", "1", "ip proto 253 and src 10.0.0.2") as text:
        assert "tos 0xc0, ttl 1" in text()


def test_frames_reach_all_and_a_group_and_none_is_longer_than_the_mtu(bench: Bench) -> None:
    hardware = {node: bench.show(node, "links")[0]["hardware"] for node in ("b", "c")}
    for node, peer in (("b", "c"), ("c", "b")):
        wanted = {("all", hardware[peer]), ("group", hardware[peer])}
        until(lambda: wanted - {(each["asked"], each["from"]) for each in bench.told(node, "frame.echoed")})  # noqa: B023
        assert {each["asked"] for each in bench.told(node, "frame.echoed")} == {"all", "group"}


def test_a_silent_lan_carries_no_frame_and_a_healed_one_does(bench: Bench) -> None:
    """What the interface drops as it comes in does not come to the port either, as it would to one of every type."""
    verbs.do(bench.engine, bench.running, "cut", "lan", verbs.options_of("cut", {"silent": True}))
    bench.restart("b")  # it has told of nothing yet
    asked = int(bench.sh("b", "cat /sys/class/net/eth0/statistics/tx_packets"))
    until(lambda: int(bench.sh("b", "cat /sys/class/net/eth0/statistics/tx_packets")) < asked + 10)
    echoed = [each for each in bench.told("b", "frame.echoed") if each["asked"] == "all"]
    bench.do("heal", "lan")
    until(lambda: len([each for each in bench.told("b", "frame.echoed") if each["asked"] == "all"]) == len(echoed))
    assert len(echoed) == 1  # before the cut


def test_a_port_for_each_client_is_opened_and_closed(bench: Bench) -> None:
    done = bench.run("b", "python3", "-c", ASK)
    assert done.returncode == 0, done.last_words
    assert json.loads(done.stdout) == [2, "to one", 7000]


def test_lines_come_back_over_tls_by_the_name_that_is_proved_and_by_no_other(bench: Bench) -> None:
    for node in ("a", "b"):
        until(lambda: {each["text"] for each in bench.told(node, "tls.echoed")} != {"hello"})  # noqa: B023
        assert any("nobody" in str(each["text"]) for each in bench.told(node, "tls.failed"))
    asked = bench.sh("c", "echo line | openssl s_client -connect 10.0.0.1:7443 -verify_return_error 2>&1 | cat")
    assert "TLSv1.3" in asked and "Verify return code: 0 (ok)" in asked


def test_groups_are_joined_again_on_the_device_that_a_reconnect_brings(bench: Bench) -> None:
    client = docker.from_env()
    network = client.networks.get(bench.running.lans["lan"].name)
    container = client.containers.get(bench.container("a").name)
    address = container.attrs["NetworkSettings"]["Networks"][network.name]["IPAMConfig"]["IPv4Address"]
    network.disconnect(container)
    until(lambda: bench.sh("a", "cat /proc/net/igmp").count("C90000E0") != 1)  # that of its other interface
    before = len(bench.told("a", "hello.heard"))
    network.connect(container, ipv4_address=address)
    client.close()
    until(lambda: {(peer, group) for peer in PEERS for group in GROUPS} - heard(bench, "a", before))
    assert bench.sh("a", "cat /proc/net/igmp").count("C90000E0") == 2
