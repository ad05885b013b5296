#!/usr/bin/env python3
"""A port for each client: who sends something to port 7000 is told the number of a port of its own. What comes there is
passed on to it, from port 7000, behind who sent it; at its `bye` the port is closed.
"""

from __future__ import annotations

from catenet.nodes.address import ANY
from catenet.nodes.machine import ClosePort, Datagram, Endpoint, OpenPort, Send
from catenet.nodes.processes.machine_program import run
from catenet.nodes.units import Udp

PORT, MOST = 7000, 100  # clients at a time


class Relay:
    def __init__(self, options, interfaces, random):
        self.actions = [OpenPort(Udp(PORT))]
        self.asked = {}  # tag → client
        self.ports = {}  # client → its port's number
        self.clients = {}  # the reverse
        self.next_tag = 1

    def port_opened(self, asked, port, now):
        if asked.tag:
            client = self.asked.pop(asked.tag)
            self.ports[client], self.clients[port.number] = port.number, client
            self.send(client, b"%d" % port.number)

    def port_failed(self, asked, why, now):
        self.send(self.asked.pop(asked.tag), why.encode())

    def receive(self, packet, now):
        client = self.clients.get(packet.destination.port)
        if client is not None:
            self.send(client, f"{packet.source} ".encode() + packet.data)
        elif packet.data == b"bye" and packet.source in self.ports:
            number = self.ports.pop(packet.source)
            del self.clients[number]
            self.actions.append(ClosePort(Udp(number)))
        elif packet.source not in self.ports and len(self.ports) + len(self.asked) < MOST:
            self.asked[self.next_tag] = packet.source
            self.actions.append(OpenPort(Udp(0), tag=self.next_tag))
            self.next_tag += 1

    def send(self, to, data):
        self.actions.append(Send(Datagram(data, Endpoint(ANY, PORT), to)))

    def wake(self, now): ...

    def next_wake(self): ...

    def take_actions(self):
        actions, self.actions = self.actions, []
        return actions


if __name__ == "__main__":
    run(Relay)
