"""A machine that sends each datagram back, by the runtime, beside a bare loop of recvmsg and sendmsg.

Once as one that is asked before there is a packet (`Answering`), once as one that is given packets. All are processes
on one core, and what asks them is on another where there is one, with 32 datagrams on the way at a time. Counted is the
processor time of the one that answers, for each datagram: that is what a machine, its driver and its port cost.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from resource import RUSAGE_SELF, getrusage
from statistics import median

from catenet.nodes.machine import Action, Datagram, Interface, OpenPort, Port, Send, Udp
from catenet.nodes.runtime.machine_run import MachineRun
from catenet.nodes.runtime.network import KernelNetwork

DATAGRAMS, WARM, AT_ONCE, SIZE = 100_000, 5_000, 32, 64
_PKTINFO, _SPACE = 8, socket.CMSG_SPACE(12)
_PATIENCE = 30.0


def seconds(runs: int) -> float:
    return runs * 3 * 4.0


def figures(runs: int, steps: Steps) -> list[Figure]:
    costs: dict[str, list[float]] = {"asked": [], "given": [], "bare": []}
    for run in range(runs):
        for name in costs if run % 2 == 0 else reversed(list(costs)):
            steps.step(f"run {run + 1} of {runs}: {name}")
            costs[name].append(_cost(name))
        steps.found(", ".join(f"{name} {each[-1]:.2f} µs" for name, each in costs.items()))
    asked, given, bare = (median(each) for each in costs.values())
    return [
        Figure("a datagram sent back, asked first", asked, 1.3, "a bare loop", bare, unit="µs"),
        Figure("a datagram sent back, as a packet", given, None, "a bare loop", bare, unit="µs"),
    ]


def _cost(name: str) -> float:
    """Microseconds of processor time a datagram."""
    cores = sorted(os.sched_getaffinity(0))
    command = [sys.executable, __file__, name, str(cores[0])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        os.sched_setaffinity(0, {cores[-1]})
        try:
            return _used_by(server) / DATAGRAMS * 1e6
        finally:
            os.sched_setaffinity(0, set(cores))
            server.kill()


def _used_by(server: subprocess.Popen[str]) -> float:
    """Seconds of its processor time, for all datagrams but those that warm it up."""
    assert server.stdout is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(_PATIENCE)
        client.connect(("127.0.0.1", int(server.stdout.readline())))
        for count in (WARM, DATAGRAMS):
            client.send(b"begin")
            client.recv(SIZE)
            _ask(client, count)
        client.send(b"end")
        return float(server.stdout.readline())


def _ask(client: socket.socket, count: int) -> None:
    data = bytes(SIZE)
    for _ in range(count // AT_ONCE):
        for _ in range(AT_ONCE):
            client.send(data)
        for _ in range(AT_ONCE):
            client.recv(SIZE)


class _Clock:
    """Of the processor time since `begin`; `end` prints it and ends the process."""

    def __init__(self) -> None:
        self._began = 0.0

    def hears(self, data: bytes) -> None:
        if data == b"begin":
            self._began = _used()
        elif data == b"end":
            print(_used() - self._began, flush=True)  # noqa: T201
            os._exit(0)


def _used() -> float:
    used = getrusage(RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _bare() -> None:
    clock = _Clock()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.setsockopt(socket.IPPROTO_IP, _PKTINFO, 1)
        port.bind(("127.0.0.1", 0))
        print(port.getsockname()[1], flush=True)  # noqa: T201
        while True:
            data, control, _, source = port.recvmsg(65_535, _SPACE)
            if len(data) < SIZE:
                clock.hears(data)
            port.sendmsg([data], control, 0, source)


class _Given:
    """The machine that is given packets."""

    def __init__(self, clock: _Clock, *, answers: bool = False) -> None:
        self._clock = clock
        self._actions: list[Action] = [OpenPort(Udp(), answers=answers)]

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        assert isinstance(port, Udp)
        print(port.number, flush=True)  # noqa: T201

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        raise OSError(why)

    def receive(self, packet: Datagram, now: float) -> None:
        if len(packet.data) < SIZE:
            self._clock.hears(packet.data)
        self._actions.append(Send(packet.reply(packet.data)))

    def wake(self, now: float) -> None:
        """Never."""

    def next_wake(self) -> float | None:
        return None

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions


class _Asked(_Given):
    """The machine that is asked before there is a packet."""

    def reply(self, data: bytes, now: float) -> bytes | None:
        if len(data) < SIZE:
            self._clock.hears(data)
        return data


class _Loopback:
    """The only interface."""

    def __init__(self) -> None:
        self._number = socket.if_nametoindex("lo")

    def ifindex(self, lan: str) -> int:
        return self._number

    def name(self, ifindex: int) -> str:
        return "lo"

    def interfaces(self) -> tuple[Interface, ...]:
        return ()


async def _ours(machine: _Given) -> None:
    loop = asyncio.get_running_loop()
    failed: asyncio.Future[None] = loop.create_future()

    run = MachineRun(
        machine,
        network=KernelNetwork(loop),
        lans=_Loopback(),
        loop=loop,
        perform=lambda _: None,
        count=lambda _: None,
        fail=failed.set_exception,
        service="echo",
        told={},
    )
    run.begin()
    await failed


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[2])})
    if sys.argv[1] == "bare":
        _bare()
    elif sys.argv[1] == "asked":
        asyncio.run(_ours(_Asked(_Clock(), answers=True)))
    else:
        asyncio.run(_ours(_Given(_Clock())))
else:
    from figures import Figure
    from progress import Steps
