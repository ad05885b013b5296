"""A machine in a process of its own: what the node tells it and hears of it, without a network."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

MACHINE = """
from catenet.nodes.machine import Report
from catenet.nodes.processes.machine_program import run

class Mine:
    def __init__(self, options, interfaces, random):
        self.actions = []
        self.say("mine.begun", update=options.update, up=[each.name for each in interfaces if each.up])
    def say(self, kind, **data):
        self.actions.append(Report(kind, "for people", data))
    def set_interface(self, interface, now):
        if interface.prefix.length == 32:
            raise ZeroDivisionError("a mistake of its author")
        self.say("mine.changed", lan=interface.name, up=interface.up)
    def shutdown(self):
        self.say("mine.ended")
    def receive(self, packet, now): ...
    def wake(self, now): ...
    def next_wake(self): ...
    def take_actions(self):
        actions, self.actions = self.actions, []
        return actions

run(Mine, port=0)
"""

GREETS = """
import os
from catenet.nodes.address import ANY
from catenet.nodes.machine import Endpoint, Datagram, Send
from catenet.nodes.processes.machine_program import run

class Greets:
    def __init__(self, options, interfaces, random):
        self.actions = []
    def set_interface(self, interface, now):
        peer = Endpoint(interface.address, int(os.environ["PEER"]))
        self.actions.append(Send(Datagram(b"hello", Endpoint(ANY, 0), peer, interface.name)))
    def receive(self, packet, now): ...
    def wake(self, now): ...
    def next_wake(self): ...
    def take_actions(self):
        actions, self.actions = self.actions, []
        return actions

run(Greets, port=0)
"""


OPENS = """
import os
from catenet.nodes.machine import Datagram, OpenPort, Report, Send, Udp
from catenet.nodes.processes.machine_program import run

class Opens:
    def __init__(self, options, interfaces, random):
        port = Udp(int(os.environ["PORT"]), os.environ["ON"])
        self.actions = [Report("mine.begun", "for people", {}), OpenPort(port)]
    def receive(self, packet, now):
        self.actions += (Report("mine.heard", "for people", {"by": packet.interface}), Send(packet.reply(b"heard")))
    def wake(self, now): ...
    def next_wake(self): ...
    def take_actions(self):
        actions, self.actions = self.actions, []
        return actions

run(Opens)
"""


OPENED = """
    def port_opened(self, asked, port, now):
        self.actions.append(Report("mine.opened", "for people", {"number": port.number}))
    def port_failed(self, asked, why, now): ...
"""


def place(prefix: str = "10.0.1.0/24", *, up: bool) -> Mapping[str, object]:
    return {"lan": "link1", "device": "", "address": "10.0.1.1", "prefix": prefix, "up": up}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "mine").write_text(MACHINE)
    return tmp_path / "mine"


@contextmanager
def started(file: Path) -> Iterator[subprocess.Popen[str]]:
    told = {"service": "rip", "table": 189, "options": {"update": 2.0, "timeout": 6.0}, "interfaces": [place(up=True)]}
    environment = {**os.environ, "CATENET_SERVICE": json.dumps(told)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, file], stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def line(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().rstrip("\n")


def tell(program: subprocess.Popen[str], **told: object) -> None:
    assert program.stdin is not None
    program.stdin.write(json.dumps(told) + "\n")
    program.stdin.flush()


def event(kind: str, **data: object) -> Mapping[str, object]:
    return {"kind": kind, "text": "for people", "data": data}


def test_its_reports_are_events_and_it_hears_of_interfaces_and_of_the_end(file: Path) -> None:
    with started(file) as program:
        assert line(program) == "ready"
        assert json.loads(line(program)) == event("mine.begun", update=2.0, up=["link1"])
        tell(program, interface=place(up=False))
        assert json.loads(line(program)) == event("mine.changed", lan="link1", up=False)
        tell(program, flush=True)  # it is no interface's
        program.send_signal(signal.SIGTERM)
        assert json.loads(line(program)) == event("mine.ended")
        assert program.wait(200) == 0


def test_it_is_told_to_forget_what_it_has_learned(file: Path) -> None:
    file.write_text(
        MACHINE.replace("    def shutdown", '    def flush(self):\n        self.say("mine.flushed")\n    def shutdown')
    )
    with started(file) as program:
        assert line(program) == "ready"
        assert json.loads(line(program))["kind"] == "mine.begun"
        tell(program, flush=True)
        assert json.loads(line(program)) == event("mine.flushed")


def test_what_it_raises_ends_it_with_a_traceback(file: Path) -> None:
    with started(file) as program:
        assert line(program) == "ready"
        tell(program, interface=place("10.0.1.1/32", up=True))
        _, said = program.communicate(timeout=200)
        assert program.returncode == 1
        assert said.splitlines()[-1] == "ZeroDivisionError: a mistake of its author"


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ('SetRoute(NET, (NextHop("10.0.99.9", ""),))', "NextHop.via is '10.0.99.9', a str; it should be an Address"),
        ('SetRoute(NET, (NextHop(ANY, "link1"),), "2")', "SetRoute.metric is '2', a str; it should be an int"),
        ("SetRoute(NET, [1])", "SetRoute.next_hops is [1], a list; it should be a tuple"),
        (
            "SetRoute(NET, (ANY,))",
            "an item of SetRoute.next_hops is Address('0.0.0.0'), an Address; it should be a NextHop",
        ),
        ('DeleteRoute("10.0.9.0/24")', "DeleteRoute.prefix is '10.0.9.0/24', a str; it should be a Prefix"),
        ('Report("mine.said", "", 7)', "Report.data is 7, an int; it should be a Mapping"),
        (
            'Send(Datagram(b"", Endpoint(ANY, 0), Endpoint("10.0.1.2", 520), "link1"))',
            "Endpoint.address is '10.0.1.2', a str; it should be an Address",
        ),
        ("Connect(Endpoint(ANY, 1), 1, None)", "Connect.timeout is None, a NoneType; it should be a float"),
        ('JoinGroup(Udp(7), "224.0.0.9")', "JoinGroup.group is '224.0.0.9', a str; it should be an Address or a bytes"),
        ("OpenPort(Udp(7), ttl=1.0)", "OpenPort.ttl is 1.0, a float; it should be an int"),
        (
            '"boo"',
            "take_actions() gives 'boo', a str; it should be a Send, SetRoute, DeleteRoute, Report, OpenPort, "
            "ClosePort, JoinGroup, LeaveGroup, Connect, Flush or Work",
        ),
    ],
)
def test_an_action_of_a_wrong_type_is_named_with_its_field(file: Path, action: str, why: str) -> None:
    file.write_text(
        MACHINE.replace("import Report", "import *")
        .replace(
            "class Mine", 'from catenet.nodes.address import ANY, Prefix\nNET = Prefix.parse("10.0.9.0/24")\nclass Mine'
        )
        .replace(
            '        self.say("mine.changed"', f'        self.actions.append({action})\n        self.say("mine.changed"'
        )
    )
    with started(file) as program:
        assert line(program) == "ready"
        tell(program, interface=place(up=True))
        _, said = program.communicate(timeout=200)
        assert said.splitlines()[-1] == f"TypeError: {why}"


def test_a_method_that_reads_otherwise_than_the_contract_s_is_told_at_the_start(file: Path) -> None:
    file.write_text(MACHINE.replace("def shutdown(self)", "def shutdown(self, now)"))
    with started(file) as program:
        said, last_words = program.communicate(timeout=200)
        assert (program.returncode, said) == (1, "")
        assert last_words.splitlines()[-1].startswith("TypeError: Mine.shutdown should read shutdown(self): ")


def test_what_it_says_when_an_interface_appears_leaves_by_that_interface(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(GREETS)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(60)
        monkeypatch.setenv("PEER", str(peer.getsockname()[1]))
        with started(file) as program:
            assert line(program) == "ready"
            tell(program, interface={**place("127.0.0.0/8", up=True), "device": "lo", "address": "127.0.0.1"})
            assert peer.recv(100) == b"hello"


@pytest.mark.parametrize("on", ["lo", ""])
def test_what_a_node_sends_itself_comes_by_lo(file: Path, monkeypatch: pytest.MonkeyPatch, on: str) -> None:
    file.write_text(OPENS.replace("    def wake", f"{OPENED}    def wake"))
    monkeypatch.setenv("ON", on)
    monkeypatch.setenv("PORT", "0")
    with started(file) as program, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        said = [line(program) for _ in range(3)]
        peer.settimeout(60)
        peer.sendto(b"?", ("127.0.0.1", json.loads(said[2])["data"]["number"]))
        assert json.loads(line(program)) == event("mine.heard", by="lo")
        assert peer.recv(100) == b"heard"


def test_it_is_ready_once_its_ports_are_open(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(OPENS)
    monkeypatch.setenv("ON", "")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("", 0))
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        with started(file) as program:
            said, last_words = program.communicate(timeout=200)
    assert (program.returncode, [json.loads(each) for each in said.splitlines()]) == (1, [event("mine.begun")])
    assert "Address already in use" in last_words


def test_outside_a_node_it_says_where_it_belongs(file: Path) -> None:
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False, timeout=200)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "mine runs inside a node; write in a lab file: implementation: ./mine\n"


def test_its_older_place_is_told_and_works() -> None:
    program = "from catenet.nodes.services.machine_program import run; print(run.__module__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "catenet.nodes.processes.machine_program\n"
    assert "FutureWarning: instead of catenet.nodes.services.machine_program import catenet.nodes.pro" in done.stderr
