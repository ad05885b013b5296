#!/usr/bin/env python3
"""All nodes behind it have its address on its first LAN. Ports and identifiers stay: who sent by one last, has it."""

from __future__ import annotations

from catenet.nodes.machine import Crossing, Hook, OpenPort
from catenet.nodes.processes.machine_program import run

SOURCE, DESTINATION = 12, 16
SUMS = {6: 16, 17: 6}  # protocol → where its checksum is, which covers the addresses too


class Translate:
    def __init__(self, options, interfaces, random):
        self.lan, self.address = interfaces[0].name, interfaces[0].address.pack()
        self.owners = {}  # protocol, and port or identifier → who sent by it last
        self.actions = [OpenPort(Crossing((interfaces[0].address,)))]

    def cross(self, packet, hook, came, goes, now):
        error = packet[9] == 1 and packet[length(packet)] in (3, 11, 12)
        if hook == Hook.LEAVING:
            return quoting(packet, DESTINATION, self.address) if goes == self.lan else packet
        if hook == Hook.FORWARDING:
            return self.out(packet, error) if came != self.lan and goes == self.lan else None
        owner = self.owners.get(key(packet[length(packet) + 8 :], SOURCE) if error else key(packet, DESTINATION))
        if owner is None:
            return packet  # for the node itself
        packet = quoting(packet, SOURCE, owner) if error else packet
        return changed(packet if came == self.lan else self.out(packet, error), DESTINATION, owner)

    def out(self, packet, error):
        if error:
            packet = quoting(packet, DESTINATION, self.address)
        else:
            self.owners[key(packet, SOURCE)] = packet[12:16]
        return changed(packet, SOURCE, self.address)

    def receive(self, packet, now): ...

    def wake(self, now): ...

    def next_wake(self): ...

    def take_actions(self):
        actions, self.actions = self.actions, []
        return actions


def length(packet):
    return (packet[0] & 15) * 4


def key(packet, side):
    at = length(packet) + (4 if packet[9] == 1 else 0 if side == SOURCE else 2)
    return packet[9], packet[at : at + 2]


def changed(packet, at, address):
    new, where = bytearray(packet), length(packet) + SUMS.get(packet[9], len(packet))
    new[at : at + 4] = address
    for sum_at in (10, where) if any(packet[where : where + 2]) else (10,):
        adjust(new, sum_at, packet[at : at + 4], address)
    return bytes(new)


def quoting(error, at, address):
    begin = length(error)
    new = bytearray(error[: begin + 8] + changed(error[begin + 8 :], at, address))
    adjust(new, begin + 2, error[begin + 8 :], new[begin + 8 :])
    return bytes(new)


def adjust(data, at, old, new):
    """RFC 1624, equation 3: the ones' complement sum, of numbers of any length in 16 bits each."""
    old, new = (int.from_bytes(each + bytes(len(each) & 1), "big") for each in (old, new))
    total = (0xFFFF - int.from_bytes(data[at : at + 2], "big") - old + new) % 0xFFFF
    data[at : at + 2] = (0xFFFF - (total or 0xFFFF)).to_bytes(2, "big")


if __name__ == "__main__":
    run(Translate)
