#!/usr/bin/env python3
"""Raw IP: greets two groups by a protocol for experiments (RFC 3692 section 2.1), and joins them later, one by one.

Reports whom it has heard in which group, with which TTL and TOS.
"""

from __future__ import annotations

from catenet.nodes.address import Address
from catenet.nodes.machine import IpPacket, JoinGroup, OpenPort, Report, Send
from catenet.nodes.processes.machine_program import run
from catenet.nodes.units import Ip

PROTOCOL = 253
GROUPS = Address.parse("224.0.0.201"), Address.parse("224.0.0.202")
EVERY = 0.5  # seconds between two greetings; the next group is joined behind each of the first


class Hello:
    def __init__(self, options, interfaces, random):
        self.interfaces = interfaces
        self.actions = [OpenPort(Ip(PROTOCOL, each.name), tos=0xC0) for each in interfaces]
        self.to_join = list(GROUPS)
        self.due = 0.0
        self.heard = set()

    def receive(self, packet, now):
        key = packet.source, packet.destination, packet.interface
        if key not in self.heard and packet.data.startswith(b"hello"):
            self.heard.add(key)
            data = {"from": str(packet.source), "group": str(packet.destination), "lan": packet.interface}
            self.say("hello.heard", data | {"ttl": packet.ttl, "tos": packet.tos})

    def set_interface(self, interface, now):
        self.heard.clear()

    def say(self, kind, data):
        self.actions.append(Report(kind, f"{data}", data))

    def wake(self, now):
        self.due = now + EVERY
        for each in self.interfaces:
            for group in GROUPS:
                self.actions.append(Send(IpPacket(b"hello", each.address, group, PROTOCOL, each.name)))
            self.actions += (JoinGroup(Ip(PROTOCOL, each.name), group) for group in self.to_join[:1])
        if self.to_join:
            self.say("hello.joined", {"group": str(self.to_join.pop(0))})

    def next_wake(self):
        return self.due

    def take_actions(self):
        actions, self.actions = self.actions, []
        return actions


if __name__ == "__main__":
    run(Hello)
