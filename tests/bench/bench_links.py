"""A bad LAN: frames that pass the emulator of impairments, a connection through it, and what it adds to a delay.

Two nodes on a LAN that the lab file impairs, two on one that is well, all on one machine. Frames are sent faster than
they can pass, and those that arrive are counted by the device. Where the kernel has sch_netem, it is that which is
measured.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

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
from catenet.orchestrator.observe.running import running_lab
from catenet.orchestrator.operations.verbs import do, options_of

COPY = "bench-links"
MEASURED, ROUND_TRIPS = 4, 500
_GRACE = 60.0
_FLOOD, _ECHO, _TAKE = 9, 7, 99
_LAB = """\
lans: {bad: {prefix: 10.0.1.0/24}, well: {prefix: 10.0.2.0/24}}
nodes: {bad1: {lans: [bad]}, bad2: {lans: [bad]}, well1: {lans: [well]}, well2: {lans: [well]}}
impairments: {bad: {delay: 1ms}}
"""
_PEERS = {"bad": "10.0.1.2", "well": "10.0.2.2"}
_SILENT = f"-t raw -A PREROUTING -p udp --dport {_FLOOD} -j DROP"  # nobody listens, and nobody is to be told so
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
_FRAMES = f"""
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], {_FLOOD}))
data, end = bytes(22), time.monotonic() + {MEASURED + 2}
while time.monotonic() < end:
    for _ in range(100):
        s.send(data)
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
for _ in range({ROUND_TRIPS}):
    began = time.perf_counter()
    s.send(bytes(22))
    s.recv(100)
    times.append(time.perf_counter() - began)
print(statistics.median(times) * 1e6)
"""
_JOBS = {
    "frames of 64 octets": ("/s", True),
    "a connection, 20 ms each way": ("MB/s", True),
    "beyond 1 ms each way, there and back": ("µs", False),
}
"""What is measured → its unit, and whether more of it is better."""


def seconds(runs: int) -> float:
    return 15 + runs * 2 * (2 * MEASURED + 6)


def figures(runs: int, steps: Steps) -> list[Figure]:
    found: dict[tuple[str, str], list[float]] = {}
    costs: list[float] = []
    with _lans(steps) as lans:
        for run in range(runs):
            for name in ("bad", "well") if run % 2 == 0 else ("well", "bad"):
                steps.step(f"run {run + 1} of {runs}: {name}")
                delay = lans.said(name, _DELAY) - (2000 if name == "bad" else 0)
                measured = lans.frames(name), lans.connection(name), delay
                costs += [lans.cost] if name == "bad" else []
                for job, value in zip(_JOBS, measured, strict=True):
                    found.setdefault((job, name), []).append(value)
                steps.found(f"{name}: {measured[0]:,.0f}/s, {measured[1]:,.0f} MB/s, {measured[2]:,.0f} µs")
    compared = [
        Figure(job, median(found[job, "bad"]), None, "a LAN that is well", median(found[job, "well"]), unit, more)
        for job, (unit, more) in _JOBS.items()
    ]
    return [*compared, Figure("processor time of the emulator for a frame", median(costs), unit="µs")]


class _Lans:
    """The lab, while it runs."""

    def __init__(self, engine: Engine) -> None:
        self.cost = 0.0
        """Microseconds of the emulator for each frame of the last flood that it was sent; 0: there is none."""
        self._engine = engine
        self._nodes = {each.node: each for each in containers_of(engine, COPY)}
        self._answers = []
        for name in _PEERS:
            self._run(f"{name}2", "iptables", *_SILENT.split())
            self._answers.append(self._start(f"{name}2", _ANSWER))
            self._answers[-1].read(_GRACE)

    def close(self) -> None:
        for each in self._answers:
            each.close()

    def frames(self, name: str) -> float:
        """How many a second arrive, of more than pass."""
        flood = self._start(f"{name}1", _FRAMES, _PEERS[name])
        time.sleep(1)
        used, counted, at = self._used(name), self._arrived(name), time.perf_counter()
        time.sleep(MEASURED)
        arrived, took = self._arrived(name) - counted, time.perf_counter() - at
        self.cost = (self._used(name) - used) * 1e6 / arrived
        while flood.read(_GRACE) is not None:
            pass
        flood.close()
        return arrived / took

    def connection(self, name: str) -> float:
        """Megabytes a second; the bad one's delay is that of a real one, for the time of it."""
        self._suffer(name, "20ms")
        try:
            return self.said(name, _CONNECTION)
        finally:
            self._suffer(name, "1ms")

    def said(self, name: str, program: str) -> float:
        """The number that a program prints."""
        return float(self._run(f"{name}1", "python3", "-c", program, _PEERS[name]))

    def _suffer(self, name: str, delay: str) -> None:
        if name == "bad":
            do(self._engine, running_lab(self._engine, COPY), "impair", name, options_of("impair", {"delay": delay}))

    def _arrived(self, name: str) -> int:
        return int(self._run(f"{name}2", "cat", "/sys/class/net/eth0/statistics/rx_packets"))

    def _used(self, name: str) -> float:
        """Seconds of processor time of the emulator in the node that sends."""
        script = "cat /proc/$(pgrep -f runtime.[e]mulator || echo no)/stat || :"
        words = self._run(f"{name}1", "sh", "-c", script).rpartition(")")[2].split()
        return sum(map(int, words[11:13])) / os.sysconf("SC_CLK_TCK")

    def _start(self, node: str, *program: str) -> Exec:
        return self._engine.execute(self._nodes[node].name, ["python3", "-c", *program])

    def _run(self, node: str, *command: str) -> str:
        done = run_program(self._engine, self._nodes[node], command, MEASURED + _GRACE)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} in {node}: {done.stderr[-500:]}")
        return done.stdout


@contextmanager
def _lans(steps: Steps) -> Iterator[_Lans]:
    """They are removed in any case."""
    engine = connect()
    steps.step("two LANs")
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "lab.yaml"
        file.write_text(_LAB, encoding="utf-8")
        try:
            down(engine, COPY, NoProgress())
            up(engine, load(file), COPY, ensure_node_image(engine, NoProgress()), NoProgress())
            lans = _Lans(engine)
            yield lans
            lans.close()
        finally:
            down(engine, COPY, NoProgress())
