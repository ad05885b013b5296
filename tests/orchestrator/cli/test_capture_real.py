"""`catenet capture` on two real nodes, x and y, that are on one LAN: what it prints and writes, and how it ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from on_engine import CATENET, cleared, free_prefix, own

from catenet.nodes.address import Address
from catenet.nodes.control.config import CONFIG_VARIABLE, InterfaceConfig, NodeConfig
from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_LAN, LABEL_NODE, ContainerSpec, NetworkSpec
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.images import node_image_tag
from catenet.orchestrator.observe.events import wait_for
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.observe.running import running_lab
from catenet.orchestrator.wire.packets import PcapStream, decode

pytestmark = pytest.mark.engine

LAB = own("capture")
ADDRESSES = {"x": "10.0.7.1", "y": "10.0.7.2"}
BURST = 3000
SENDER = f"""
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range({BURST}):
    s.sendto(b"%d" % n, (sys.argv[1], 4711))
"""


@pytest.fixture(scope="module", autouse=True)
def nodes() -> Iterator[None]:
    with cleared(LAB) as engine:
        prefix, network = free_prefix(engine), f"{LAB}_wire"
        gateway = Address(prefix.broadcast - 1)
        engine.create_network(NetworkSpec(network, prefix, gateway, {LABEL_LAB: LAB, LABEL_LAN: "wire"}))
        for number, (node, address) in enumerate(ADDRESSES.items(), 1):
            place = Address(prefix.network + number)
            config = NodeConfig(LAB, node, (InterfaceConfig("wire", place, Address.parse(address), 24),), events="json")
            labels = {LABEL_LAB: LAB, LABEL_NODE: node}
            spec = ContainerSpec(
                f"{LAB}-{node}", node, node_image_tag(), {CONFIG_VARIABLE: config.to_json()}, {network: place}, labels
            )
            engine.create(spec)
            engine.start(spec.name)
        for node in ADDRESSES:
            container = running_lab(engine, LAB).node(node)
            assert wait_for(engine, container, lambda event: event.kind == "node.ready", 0.0, 200.0)
        yield


class Capture:
    """A capture that listens; with what it said of that."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [*CATENET, "capture", "--lab", LAB, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self.process.stderr is not None
        self.begun = self.process.stderr.readline().decode()

    def end(self, how: int | None = None) -> tuple[int, bytes, str]:
        """Its exit code, output and last words, of itself or after this signal."""
        if how is not None:
            self.process.send_signal(how)
        out, err = self.process.communicate(timeout=200)
        return self.process.returncode, out, err.decode()


def inside(node: str, *command: str) -> int:
    """The exit code of a program in a node."""
    engine = connect()
    return run_program(engine, running_lab(engine, LAB).node(node), command, 200.0).returncode


def left() -> list[str]:
    """The nodes in which a tcpdump is still there 100 s later."""
    wait = "timeout 100 sh -c 'while pidof -q tcpdump; do sleep 0.05; done'"
    return [node for node in ADDRESSES if inside(node, "sh", "-c", wait)]


def test_tcpdumps_words_each_packet_once() -> None:
    capture = Capture("wire", "icmp", "-c", "4")
    assert capture.begun == "listening on wire, icmp: Ctrl-C ends it\n"
    assert inside("x", "ping", "-c", "2", "-i", "0.2", ADDRESSES["y"]) == 0
    code, out, err = capture.end()
    assert (code, err) == (0, "4 packets, 0 dropped by the kernel\n")
    assert [re.sub(r"^[\d:.]{15} |, id.*", "", line) for line in out.decode().splitlines()] == [
        "IP 10.0.7.1 > 10.0.7.2: ICMP echo request",
        "IP 10.0.7.2 > 10.0.7.1: ICMP echo reply",
    ] * 2


def test_several_places_in_order_named_and_as_json() -> None:
    """x sends, the LAN has it, y gets it: three lines a packet."""
    capture = Capture("x", "y", "wire", "udp port 4711", "-c", "3", "--json")
    assert inside("x", "sh", "-c", f"echo hello | nc -u -q 0 {ADDRESSES['y']} 4711") == 0
    code, out, _ = capture.end()
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and sorted(line["node"] for line in lines) == ["x", "x", "y"]
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert {(line["destination"]["address"], line["destination"]["port"]) for line in lines} == {("10.0.7.2", 4711)}
    assert all(line["text"].endswith("UDP, length 6") for line in lines)


def test_a_file_under_load_has_every_packet_of_both_in_order(tmp_path: Path) -> None:
    """Every packet but those that the kernel says it dropped (a busy machine's may): none twice, none silently lost."""
    file = tmp_path / "load.pcap"
    capture = Capture("wire", "udp dst port 4711", "-w", str(file))
    with ThreadPoolExecutor(2) as senders:
        ended = senders.map(lambda node, to: inside(node, "python3", "-c", SENDER, ADDRESSES[to]), "xy", "yx")
        assert [*ended] == [0, 0]
    code, _, err = capture.end(signal.SIGINT)
    said = re.fullmatch(r"(\d+) packets, (\d+) dropped by the kernel\n", err)
    assert code == 0 and said is not None, err
    written, dropped = map(int, said.groups())
    assert written + dropped == 2 * BURST
    frames = PcapStream().feed(file.read_bytes())
    assert len(frames) == written > BURST
    assert {frame.link_type for frame in frames} == {1}
    assert [frame.at for frame in frames] == sorted(frame.at for frame in frames)
    seen = [packet for frame in frames if (packet := decode(frame, "wire")) is not None]
    assert len(seen) == written
    for address in ADDRESSES.values():
        sent = [int(packet.payload) for packet in seen if str(packet.source.address) == address]
        assert sent == sorted(set(sent)) and set(sent) <= set(range(BURST))


@pytest.mark.parametrize(("how", "expected"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_no_tcpdump_stays_behind_however_it_ends(how: int, expected: int) -> None:
    capture = Capture("wire", "x")
    code, _, err = capture.end(how)
    assert code == expected
    assert "Traceback" not in err
    assert left() == []


def test_a_reader_that_leaves_is_no_error() -> None:
    capture = Capture("wire", "-w", "-")
    assert capture.process.stdout is not None
    assert len(capture.process.stdout.read(24)) == 24
    capture.process.stdout.close()
    assert inside("x", "ping", "-c", "1", ADDRESSES["y"]) == 0
    code, _, err = capture.end()
    assert (code, err) == (0, "")


def test_a_lan_that_is_cut_is_heard_from_its_healing_on() -> None:
    assert run(["cut", "wire", "--lab", LAB]) == 0
    capture = Capture("wire", "icmp", "-c", "2")
    assert run(["heal", "wire", "--lab", LAB]) == 0
    assert inside("x", "ping", "-c", "1", "-w", "100", ADDRESSES["y"]) == 0
    code, out, _ = capture.end()
    assert code == 0 and out.count(b"ICMP echo") == 2


def test_a_wrong_filter_is_the_users_mistake_in_tcpdumps_words() -> None:
    capture = Capture("wire", "wier")
    assert "the filter 'wier' is wrong: " in capture.begun and "syntax error" in capture.begun
    assert "did you mean wire?" in capture.begun
    assert capture.end()[0] == 2


def test_the_picture_of_the_running_lab(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", LAB, "--json"]) == 0
    picture = json.loads(capsys.readouterr().out)
    assert {node["name"]: node["state"] for node in picture["nodes"]} == {"x": "good", "y": "good"}
    assert [(end["node"], end["address"]) for end in picture["lans"][0]["ends"]] == [*ADDRESSES.items()]
