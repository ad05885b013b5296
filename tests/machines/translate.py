#!/usr/bin/env python3
"""A translator of addresses alone, the contract in small: all nodes behind it have its address on its first LAN. Ports
and identifiers stay as they are; who sent by one last has it.
"""

from __future__ import annotations

from catenet.nodes.machine import Crossing, Hook, OpenPort
from catenet.nodes.processes.machine_program import run

SUMS = {6: 16, 17: 6}  # protocol → where its checksum is, which covers the addresses
SOURCE, DESTINATION, ERRORS = 12, 16, (3, 11, 12)


class Translate:
    def __init__(self, options, interfaces, random):
        self.outside, self.own = interfaces[0].name, interfaces[0].address.pack()
        self.owners = {}  # protocol, and port or identifier → who sent by it last
        self.actions = [OpenPort(Crossing((interfaces[0].address,)))]

    def cross(self, packet, hook, came, goes, now):
        error = packet[9] == 1 and packet[length(packet)] in ERRORS
        if hook == Hook.LEAVING:
            return inside_out(packet, DESTINATION, self.own) if goes == self.outside else packet
        if hook == Hook.FORWARDING:
            return None if came == self.outside or goes != self.outside else self.out(packet, error)
        quoted = packet[length(packet) + 8 :] if error else packet
        owner = self.owners.get(key(quoted, SOURCE if error else DESTINATION))
        if owner is None:
            return packet  # for the node itself
        packet = inside_out(packet, SOURCE, owner) if error else packet
        return changed(packet if came == self.outside else self.out(packet, error), DESTINATION, owner)

    def out(self, packet, error):
        if error:
            packet = inside_out(packet, DESTINATION, self.own)
        else:
            self.owners[key(packet, SOURCE)] = packet[12:16]
        return changed(packet, SOURCE, self.own)

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
    new = bytearray(packet)
    new[at : at + 4] = address
    add(new, 10, packet[at : at + 4], address)
    where = length(packet) + SUMS.get(packet[9], len(packet))
    if new[where : where + 2].strip(b"\0"):  # none is none
        add(new, where, packet[at : at + 4], address)
    return bytes(new)


def inside_out(packet, at, address):
    """An ICMP error, and what it quotes otherwise addressed."""
    new, begin = bytearray(packet), length(packet)
    new[begin + 8 :] = changed(packet[begin + 8 :], at, address)
    add(new, begin + 2, packet[begin + 8 :], new[begin + 8 :])
    return bytes(new)


def add(data, at, old, new):
    """RFC 1624, equation 3."""
    total = sum(words(old, 0xFFFF)) + sum(words(new)) + (~int.from_bytes(data[at : at + 2], "big") & 0xFFFF)
    data[at : at + 2] = (~((total - 1) % 0xFFFF + 1) & 0xFFFF).to_bytes(2, "big")


def words(data, flipped=0):
    return (int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big") ^ flipped for at in range(0, len(data), 2))


if __name__ == "__main__":
    run(Translate)
