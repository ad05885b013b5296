#!/usr/bin/env python3
"""A stream with TLS: node a sends back what comes. All ask it, by its name and by one that it cannot prove."""

from catenet.nodes.address import Address
from catenet.nodes.machine import Connect, Endpoint, Machine, OpenPort, Report, Stream, Tcp
from catenet.nodes.processes.machine_program import run

SERVER = Endpoint(Address.parse("10.0.0.1"), 7443)


class Line(Stream):
    finished = False
    take_reports = list  # none

    def __init__(self, said, answer):
        self.said, self.answer = said, answer

    def receive_data(self, data, now):
        self.said += self.answer(data) or b""

    def receive_eof(self, now):
        self.finished = True

    def data_to_send(self):
        data, self.said = self.said, b""
        return data


class TlsEcho(Machine):
    def __init__(self, options, interfaces, random):
        self.actions = [OpenPort(Tcp(SERVER.port, tls=True))]
        self.due = 0.0

    def accepted(self, local, peer, now):
        return Line(b"", bytes)

    def connected(self, tag, local, peer, now):
        return Line(b"hello", lambda data: self.actions.append(Report("tls.echoed", "", {"text": data.decode()})))

    def connect_failed(self, tag, why, now):
        self.actions.append(Report("tls.failed", why, {"text": why}))
        self.due = self.due if tag else now + 0.5

    def wake(self, now):
        self.due = None
        self.actions += (Connect(SERVER, tag, 5.0, name) for tag, name in enumerate(("a", "nobody")))

    def next_wake(self):
        return self.due

    def take_actions(self):
        actions, self.actions = self.actions, []
        return actions


if __name__ == "__main__":
    run(TlsEcho)
