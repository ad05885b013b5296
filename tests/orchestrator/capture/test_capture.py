"""Captures by real tcpdumps in a real node."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from on_engine import cleared, free_prefix, own

from catenet.nodes.address import Address
from catenet.nodes.control.config import CONFIG_VARIABLE, InterfaceConfig, NodeConfig
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_LAN, LABEL_NODE, ContainerSpec, Engine, NetworkSpec
from catenet.orchestrator.capture.capturing import capturing
from catenet.orchestrator.deploy.images import node_image_tag
from catenet.orchestrator.observe.program import ProgramError, run_program
from catenet.orchestrator.observe.running import UserError, running_lab

LAB = own("captured")
NODE = f"{LAB}-n"
PORT = 4711
COUNT = 500  # sent in one burst
SENDER = f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(1, {COUNT} + 1):
    s.sendto(b"%d " % n, ("127.0.0.1", {PORT}))
"""

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with cleared(LAB) as engine:
        prefix = free_prefix(engine)
        address, network = Address(prefix.network + 2), f"{LAB}_wire"
        config = NodeConfig(LAB, "n", (InterfaceConfig("wire", address, address, prefix.length),))
        labels = {LABEL_LAB: LAB, LABEL_NODE: "n"}
        lan = NetworkSpec(network, prefix, Address(prefix.broadcast - 1), {LABEL_LAB: LAB, LABEL_LAN: "wire"})
        engine.create_network(lan)
        environment = {CONFIG_VARIABLE: config.to_json()}
        engine.create(ContainerSpec(NODE, "n", node_image_tag(), environment, {network: address}, labels))
        engine.start(NODE)
        yield engine


def run(engine: Engine, script: str) -> str:
    return run_program(engine, running_lab(engine, LAB).node("n"), ["sh", "-c", script], 200.0).stdout


def test_nothing_is_missed_at_either_end(engine: Engine) -> None:
    """The first datagram is sent as soon as the capture runs, the last one right before it is stopped."""
    with capturing(engine, {"n": NODE}, f"udp dst port {PORT}") as captures:
        run(engine, f"python3 -c '{SENDER}'")
        sent = "".join(seen.payload.decode() for seen in captures.stop())
    assert sent.split() == [str(number) for number in range(1, COUNT + 1)]


def test_two_captures_of_one_node_do_not_mix(engine: Engine) -> None:
    with (
        capturing(engine, {"n": NODE}, f"udp dst port {PORT}") as one,
        capturing(engine, {"n": NODE}, f"udp dst port {PORT + 1}") as other,
    ):
        run(engine, f"echo 1 | nc -u -q 0 127.0.0.1 {PORT}; echo 2 | nc -u -q 0 127.0.0.1 {PORT + 1}; true")
        assert [seen.payload for seen in one.stop()] == [b"1\n"]
        assert [seen.payload for seen in other.stop()] == [b"2\n"]


def test_no_tcpdump_stays_behind(engine: Engine) -> None:
    with capturing(engine, {"n": NODE}, "udp") as captures:
        captures.stop()
    with capturing(engine, {"n": NODE}, "udp"):
        pass  # left without a stop
    assert run(engine, "timeout 100 sh -c 'while pidof -q tcpdump; do sleep 0.05; done' && echo gone").strip() == "gone"


def test_a_wrong_filter_is_told_by_tcpdump_itself(engine: Engine) -> None:
    with (
        pytest.raises(UserError, match=r"the filter 'port port' is wrong: .*syntax error"),
        capturing(engine, {"n": NODE}, "port port"),
    ):
        pass


def test_a_program_that_does_not_end_is_given_up(engine: Engine) -> None:
    container = running_lab(engine, LAB).node("n")
    with pytest.raises(ProgramError, match=r"sleep at n did not end within 0.2 s"):
        run_program(engine, container, ["sleep", "60"], 0.2)


def test_a_program_leaves_its_output_and_its_code(engine: Engine) -> None:
    container = running_lab(engine, LAB).node("n")
    done = run_program(engine, container, ["sh", "-c", "echo out; echo err >&2; exit 3"], 200.0)
    assert (done.returncode, done.stdout_bytes, done.last_words) == (3, b"out\n", "err")
