"""Packets through our translator, beside the kernel's (iptables' MASQUERADE): datagrams, a connection, and the delay.

Between a home and one host outside stands `ours`, between another home and the same host `kernel`, a node that forwards
and has the one rule. Ours has one core, what sends and what receives the other; the kernel translates on whichever core
a packet came by. Datagrams are sent faster than either can take them, and those that arrive are counted by the device.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import docker
from figures import Figure
from progress import Steps

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Engine, Exec, containers_of
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.up import up
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.observe.program import run_program

COPY = "bench-nat"
MEASURED, FLOWS, ROUND_TRIPS = 4, 100, 3000
_GRACE = 60.0
_SERVER, _FLOOD, _ECHO, _TAKE = "203.0.113.80", 9, 7, 99
_LAB = f"""\
lans:
  outside: {{prefix: 203.0.113.0/24}}
  home-ours: {{prefix: 192.168.1.0/24}}
  home-kernel: {{prefix: 192.168.2.0/24}}
nodes:
  server: {{lans: {{outside: {_SERVER}}}, gateway: kernel}}
  ours: {{lans: {{outside: 203.0.113.1, home-ours: 192.168.1.1}}, services: {{nat: {{outside: outside}}}}}}
  kernel: {{lans: {{outside: 203.0.113.2, home-kernel: 192.168.2.1}}}}
  behind-ours: {{lans: [home-ours]}}
  behind-kernel: {{lans: [home-kernel]}}
"""
_RULES = {
    "kernel": "-t nat -A POSTROUTING -s 192.168.2.0/24 -d 203.0.113.0/24 -j MASQUERADE",
    # Nobody listens, and nobody is to be told so.
    "server": f"-t raw -A PREROUTING -p udp --dport {_FLOOD} -j DROP",
}
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
import socket, time
sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range({FLOWS})]
for each in sockets:
    each.connect(("{_SERVER}", {_FLOOD}))
data, end = bytes(36), time.monotonic() + {MEASURED + 2}
while time.monotonic() < end:
    for each in sockets:
        each.send(data)
"""
_CONNECTION = f"""
import socket, time
s = socket.create_connection(("{_SERVER}", {_TAKE}))
data, began = bytes(1 << 17), time.monotonic()
while time.monotonic() < began + {MEASURED}:
    s.sendall(data)
s.shutdown(socket.SHUT_WR)
print(int(s.recv(100)) / 1e6 / (time.monotonic() - began))
"""
_DELAY = f"""
import socket, statistics, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("{_SERVER}", {_ECHO}))
s.settimeout(5)
times = []
for _ in range({ROUND_TRIPS}):
    began = time.perf_counter()
    s.send(bytes(36))
    s.recv(100)
    times.append(time.perf_counter() - began)
print(statistics.median(times) * 1e6)
"""
_JOBS = {
    f"datagrams of 64 bytes, {FLOWS} flows": ("/s", True),
    "a connection": ("MB/s", True),
    "a datagram there and back": ("µs", False),
}
"""What is measured → its unit, and whether more of it is better."""


def seconds(runs: int) -> float:
    return 30 + runs * 2 * (2 * MEASURED + 8)


def figures(runs: int, steps: Steps) -> list[Figure]:
    found: dict[tuple[str, str], list[float]] = {}
    costs: list[float] = []
    with _homes(steps) as homes:
        for run in range(runs):
            for name in ("ours", "kernel") if run % 2 == 0 else ("kernel", "ours"):
                steps.step(f"run {run + 1} of {runs}: {name}")
                measured = homes.datagrams(name), homes.said(name, _CONNECTION), homes.said(name, _DELAY)
                if name == "ours":
                    costs.append(homes.cost)
                for job, value in zip(_JOBS, measured, strict=True):
                    found.setdefault((job, name), []).append(value)
                steps.found(f"{name}: {measured[0]:,.0f}/s, {measured[1]:,.0f} MB/s, {measured[2]:,.0f} µs")
    compared = [
        Figure(job, median(found[job, "ours"]), None, "MASQUERADE", median(found[job, "kernel"]), unit, more)
        for job, (unit, more) in _JOBS.items()
    ]
    return [*compared, Figure("processor time of ours for a datagram", median(costs), unit="µs")]


class _Homes:
    """The lab, while it runs."""

    def __init__(self, engine: Engine) -> None:
        self.cost = 0.0
        """Microseconds of ours for each datagram of the last flood that it was sent."""
        self._engine = engine
        self._nodes = {each.node: each for each in containers_of(engine, COPY)}
        cores = sorted(os.sched_getaffinity(0))
        api = docker.from_env(version="auto").api
        for node, container in self._nodes.items():
            api.update_container(container.name, cpuset_cpus=str(cores[0] if node == "ours" else cores[-1]))
        api.close()
        for node, rule in _RULES.items():
            self._run(node, "iptables", *rule.split())
        self._answer = self._start("server", _ANSWER)
        self._answer.read(_GRACE)

    def close(self) -> None:
        self._answer.close()

    def datagrams(self, name: str) -> float:
        """How many a second arrive, of more than pass."""
        flood = self._start(f"behind-{name}", _DATAGRAMS)
        time.sleep(1)
        used, counted, at = self._used(), self._arrived(), time.perf_counter()
        time.sleep(MEASURED)
        arrived, seconds = self._arrived() - counted, time.perf_counter() - at
        self.cost = (self._used() - used) * 1e6 / arrived
        while flood.read(_GRACE) is not None:
            pass
        flood.close()
        return arrived / seconds

    def said(self, name: str, program: str) -> float:
        """The number that a program prints."""
        return float(self._run(f"behind-{name}", "python3", "-c", program))

    def _arrived(self) -> int:
        return int(self._run("server", "cat", "/sys/class/net/eth0/statistics/rx_packets"))

    def _used(self) -> float:
        """Seconds of processor time, of the process in which ours translates."""
        words = self._run("ours", "cat", "/proc/1/stat").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def _start(self, node: str, program: str) -> Exec:
        return self._engine.execute(self._nodes[node].name, ["python3", "-c", program])

    def _run(self, node: str, *command: str) -> str:
        done = run_program(self._engine, self._nodes[node], command, MEASURED + _GRACE)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} in {node}: {done.stderr[-500:]}")
        return done.stdout


@contextmanager
def _homes(steps: Steps) -> Iterator[_Homes]:
    """It is removed in any case."""
    engine = connect()
    steps.step("two homes")
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "lab.yaml"
        file.write_text(_LAB)
        try:
            down(engine, COPY, NoProgress())
            up(engine, load(file), COPY, ensure_node_image(engine, NoProgress()), NoProgress())
            homes = _Homes(engine)
            yield homes
            homes.close()
        finally:
            down(engine, COPY, NoProgress())
