"""Traffic between nodes of a lab that is started for a bench: more datagrams than can pass, a connection, echoes.

Datagrams go to a port where nobody listens, and nobody is told so; those that arrive are counted by the device.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Engine, Exec, containers_of
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.up import up
from catenet.orchestrator.lab.hosts import Host
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.observe.program import run_program

__all__ = ["MEASURED", "Traffic", "traffic"]

MEASURED = 4
"""Seconds for which each thing is measured."""
_GRACE = 60.0
_AT_ONCE = 100  # datagrams between two looks at the clock
_FLOOD, _ECHO, _TAKE = 9, 7, 99
_SILENT = f"-t raw -A PREROUTING -p udp --dport {_FLOOD} -j DROP"
_ANSWER = f"""
import socket, threading
def echo():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", {_ECHO}))
    while True:
        s.sendto(*s.recvfrom(100))
threading.Thread(target=echo, daemon=True).start()
listener = socket.create_server(("", {_TAKE}))
print("listens", flush=True)
while True:
    connection, _ = listener.accept()
    size = 0
    while data := connection.recv(1 << 18):
        size += len(data)
    connection.sendall(str(size).encode())
    connection.close()
"""
_DATAGRAMS = f"""
import socket, sys, time
peer, flows, octets = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(flows)]
for each in sockets:
    each.connect((peer, {_FLOOD}))
data, end = bytes(octets), time.monotonic() + {MEASURED + 2}
in_turn = sockets * ({_AT_ONCE} // flows)
while time.monotonic() < end:
    for each in in_turn:
        each.send(data)
"""
_AT_ONE_GO = f"""
import socket, sys, time
from catenet.nodes.runtime.frame_batch import FrameOutbox
peer, _, octets = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((peer, {_FLOOD}))
box, data, end = FrameOutbox(2048), bytes(octets), time.monotonic() + {MEASURED + 2}
while time.monotonic() < end:
    while not box.put(data):
        pass
    box.send(s)
"""
_CONNECTION = f"""
import socket, sys, time
s = socket.create_connection((sys.argv[1], {_TAKE}))
data, began = bytes(1 << 17), time.monotonic()
while time.monotonic() < began + {MEASURED}:
    s.sendall(data)
s.shutdown(socket.SHUT_WR)
print(int(s.recv(100)) / 1e6 / (time.monotonic() - began))
"""
_DELAY = f"""
import socket, statistics, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], {_ECHO}))
s.settimeout(5)
times = []
for _ in range(int(sys.argv[2])):
    began = time.perf_counter()
    s.send(bytes(int(sys.argv[3])))
    s.recv(100)
    times.append(time.perf_counter() - began)
print(statistics.median(times) * 1e6)
"""


class Traffic:
    """Between the lab's nodes. What answers runs until `close`."""

    def __init__(self, engine: Engine, copy: str) -> None:
        self.engine = engine
        self.nodes = {each.node: each for each in containers_of(engine, copy)}
        self._answers: list[Exec] = []

    def close(self) -> None:
        for each in self._answers:
            each.close()

    def answer(self, node: str) -> None:
        """From now on it takes datagrams and connections, and echoes."""
        self.run(node, "iptables", *_SILENT.split())
        self._answers.append(self._start(node, _ANSWER))
        self._answers[-1].read(_GRACE)

    def datagrams(
        self, sender: str, receiver: str, address: str, used: Callable[[], float], *, flows: int, octets: int
    ) -> tuple[float, float]:
        """How many a second arrive, of more than pass; and the microseconds that each took of what `used` says: seconds
        of processor time. Those of no flow (0) are sent with the least that it may cost: one call for many."""
        flood = self._start(sender, _DATAGRAMS if flows else _AT_ONE_GO, address, str(flows), str(octets))
        time.sleep(1)
        before, counted, at = used(), self._arrived(receiver), time.perf_counter()
        time.sleep(MEASURED)
        arrived, seconds = self._arrived(receiver) - counted, time.perf_counter() - at
        cost = (used() - before) * 1e6 / arrived
        while flood.read(_GRACE) is not None:
            pass
        flood.close()
        return arrived / seconds, cost

    def connection(self, sender: str, address: str) -> float:
        """Megabytes a second."""
        return float(self.run(sender, "python3", "-c", _CONNECTION, address))

    def delay(self, sender: str, address: str, *, times: int, octets: int) -> float:
        """Microseconds there and back, the median."""
        return float(self.run(sender, "python3", "-c", _DELAY, address, str(times), str(octets)))

    def processor_time(self, node: str, stat: str) -> float:
        """Seconds, of the process whose /proc/…/stat a shell finds by that word; 0: there is none."""
        words = self.run(node, "sh", "-c", f"cat {stat} || :").rpartition(")")[2].split()
        return sum(map(int, words[11:13])) / os.sysconf("SC_CLK_TCK")

    def run(self, node: str, *command: str) -> str:
        """What it prints.

        Raises:
            RuntimeError: it fails.

        """
        done = run_program(self.engine, self.nodes[node], command, MEASURED + _GRACE)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} in {node}: {done.stderr[-500:]}")
        return done.stdout

    def _arrived(self, node: str) -> int:
        return int(self.run(node, "cat", "/sys/class/net/eth0/statistics/rx_packets"))

    def _start(self, node: str, *program: str) -> Exec:
        return self.engine.execute(self.nodes[node].name, ["python3", "-c", *program])


@contextmanager
def traffic(
    copy: str, lab: str, other: Engine | None = None, hosts: Mapping[str, Host] | None = None
) -> Iterator[Traffic]:
    """Starts a lab, whose file is `lab`; it is removed in any case. `other`: an engine that has the image of nodes, in
    the place of this machine's; `hosts`: those that it is on.
    """
    engine = connect() if other is None else other
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        file = Path(name) / "lab.yaml"
        file.write_text(lab, encoding="utf-8")
        down(engine, copy, NoProgress())
        stack.callback(down, engine, copy, NoProgress())
        up(engine, load(file, hosts=hosts), copy, ensure_node_image(engine, NoProgress()), NoProgress())
        made = Traffic(engine, copy)
        stack.callback(made.close)
        yield made
