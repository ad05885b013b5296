"""What runs in a node may say anything, and who reads a capture may stop reading: neither takes all memory."""

from __future__ import annotations

import math
import threading
from queue import SimpleQueue

import pytest

from catenet.orchestrator.capture import dissect, following, tcpdump
from catenet.orchestrator.capture.dissect import Dissector
from catenet.orchestrator.capture.following import Following
from catenet.orchestrator.capture.tcpdump import CapturePoint, Tcpdump
from catenet.orchestrator.wire.packets import Frame


class Program:
    """A program inside, which says what the test says, to its end (None)."""

    def __init__(self):
        self.said = SimpleQueue()

    def execute(self, name, command, *, stdin=False, tty=False):
        return self

    def ahead(self, name):
        return 0.0

    def say(self, channel, data):
        self.said.put((channel, data))

    def end(self):
        self.said.put(None)

    def read(self, timeout=None):
        return self.said.get(timeout=200)

    def write(self, data):
        pass

    def end_input(self):
        pass

    def close(self):
        self.end()


@pytest.fixture
def program():
    program = Program()
    yield program
    program.end()


@pytest.mark.parametrize("line", [b"mark x", b"mark ", b"mark nan", b"mark inf", b"mark 1e400", b"mark -1.0"])
def test_a_mark_without_a_time_is_a_line_like_any_other(program, line):
    marks = []
    capture = Tcpdump(program, CapturePoint("a", "small-a"), "", lambda _: None, marks.append)
    program.say(2, line + b"\nlistening on any\nmark 12.500000\nlast words\n")
    program.end()
    assert capture.ended.wait(200)
    assert marks == [12.5]
    assert capture.error == "last words"


@pytest.mark.parametrize("last", [b"", b"\n", b"\n\n  \n"])
def test_tcpdump_that_ends_of_itself_has_broken_off_whatever_it_said_last(program, last):
    capture = Tcpdump(program, CapturePoint("a", "small-a"), "", lambda _: None)
    program.say(2, b"listening on any\nno such device\n" + last)
    program.end()
    assert capture.ended.wait(200)
    assert capture.error == "no such device"


@pytest.mark.parametrize(("said", "dropped"), [("17", 17), ("9" * 4000, 0)])
def test_packets_that_the_kernel_dropped(program, said, dropped):
    capture = Tcpdump(program, CapturePoint("a", "small-a"), "", lambda _: None)
    program.say(2, f"{said} packets dropped by kernel\n".encode())
    program.end()
    assert capture.ended.wait(200)
    assert capture.dropped == dropped


def test_a_line_without_end_is_kept_in_part(program, monkeypatch):
    monkeypatch.setattr(tcpdump, "_LINE", 100)
    capture = Tcpdump(program, CapturePoint("a", "small-a"), "", lambda _: None)
    for _ in range(50):
        program.say(2, b"x" * 100)
    program.end()
    assert capture.ended.wait(200)
    assert capture.error == "x" * 100


def frame(at):
    return Frame(at, 1, b"x", 1)


def test_a_capture_waits_while_nobody_looks_and_loses_nothing(monkeypatch):
    monkeypatch.setattr(following, "ROOM", 10)
    followed = Following(1)
    given = []

    def read():
        for number in range(25):
            followed.put(0, frame(float(number)))
            given.append(number)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    while len(given) < 10:
        reader.join(0.01)
    reader.join(0.2)
    assert len(given) == 10
    followed.wake()  # nor does this wait
    followed.captures = [Ended(reader)]
    assert [seen.at for _, seen in followed.finish()] == [float(number) for number in range(25)]
    assert not reader.is_alive()


class Ended:
    """A capture that ends once all that it has read has been taken from it."""

    point, error, dropped = CapturePoint("a", "small-a"), "", 0

    def __init__(self, reader):
        self._reader, self.ended = reader, self

    def finish(self):
        pass

    def wait(self, seconds):
        self._reader.join(seconds)
        return not self._reader.is_alive()

    def wait_ended(self, deadline):
        assert self.wait(0)


def test_a_capture_that_waits_is_let_go_at_the_end(monkeypatch):
    monkeypatch.setattr(following, "ROOM", 1)
    followed = Following(1)
    followed.put(0, math.inf)
    reader = threading.Thread(target=followed.put, args=(0, math.inf), daemon=True)
    reader.start()
    followed.close()
    reader.join(200)
    assert not reader.is_alive()


def test_a_packet_number_that_tcpdump_never_prints_is_a_line_of_the_packet_before(program):
    dissector = Dissector(program, ["small-a"], [], lambda: None)
    dissector.put(CapturePoint("a", "small-a"), frame(1.0))
    program.say(1, b"    1  21:52:01.123456 IP\n" + b"9" * 5000 + b"  21:52:01.123456 IP\n")
    program.end()
    assert [line.first for line in dissector.finish()] == [True, False]


def test_of_more_lines_than_there_is_room_for_the_first_are_taken(program, monkeypatch):
    monkeypatch.setattr(dissect, "ROOM", 3)
    monkeypatch.setattr(dissect, "_LINE", 40)
    dissector = Dissector(program, ["small-a"], [], lambda: None)
    dissector.put(CapturePoint("a", "small-a"), frame(1.0))
    program.say(1, b"    1  12:00:00.000000 IP\n" + b"    more\n" * 100)
    program.say(1, b"y" * 1000)
    program.end()
    assert [line.text for line in dissector.finish()] == ["12:00:00.000000 IP", "    more", "    more"]
