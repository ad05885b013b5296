#!/usr/bin/env python3
"""Ethernet frames of a type for experiments (IEEE 802): asks everybody, a group, a group that nobody has joined, and
everybody with more than a frame carries; sends back what others ask. Reports who answered what.
"""

from __future__ import annotations

from catenet.nodes.address import Address
from catenet.nodes.machine import Frame, JoinGroup, OpenPort, Report, Send
from catenet.nodes.processes.machine_program import run
from catenet.nodes.units import Ethernet

TYPE = 0x88B5
ALL, GROUP = b"\xff" * 6, Address.parse("224.0.0.203")
GROUP_HARDWARE, STRAY = bytes.fromhex("01005e0000cb"), bytes.fromhex("01005e0000cc")  # nobody has joined the last
EVERY = 0.5  # seconds


class Frames:
    def __init__(self, options, interfaces, random):
        self.interfaces = {each.name: each for each in interfaces}
        self.ports = [Ethernet(TYPE, name) for name in self.interfaces]
        self.actions = [what for port in self.ports for what in (OpenPort(port), JoinGroup(port, GROUP))]
        self.due = 0.0
        self.told = set()

    def set_interface(self, interface, now):
        self.interfaces[interface.name] = interface
        self.told.clear()

    def receive(self, packet, now):
        if packet.data.startswith(b"ask "):
            self.actions.append(Send(packet.reply(b"echo " + packet.data[4:])))
        elif packet.data.startswith(b"echo "):
            asked = packet.data[5:].rstrip(b"\0").decode()
            if (packet.source, asked) not in self.told:
                self.told.add((packet.source, asked))
                data = {"asked": asked, "from": packet.source.hex(":"), "lan": packet.interface}
                self.actions.append(Report("frame.echoed", f"{data}", data))

    def wake(self, now):
        self.due = now + EVERY
        for each in self.interfaces.values():
            much = b"much" + bytes(each.mtu)
            for to, asked in ((ALL, b"all"), (GROUP_HARDWARE, b"group"), (STRAY, b"stray"), (ALL, much)):
                self.actions.append(Send(Frame(b"ask " + asked, b"", to, TYPE, each.name)))

    def next_wake(self):
        return self.due

    def take_actions(self):
        actions, self.actions = self.actions, []
        return actions


if __name__ == "__main__":
    run(Frames)
