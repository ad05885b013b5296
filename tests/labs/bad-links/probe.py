"""Runs inside nodes: numbered datagrams are sent by one, and another says which it got and how late. The machine has
one clock.

    probe.py send ADDRESS COUNT SECONDS OCTETS OWN    so many, one each so many seconds, each of so many octets
    probe.py hear ADDRESS OWN                         until none comes any more: JSON, of each [number, seconds, time]
    probe.py give ADDRESS OCTETS, take                the same by a connection: how many octets

ADDRESS may be a group's; OWN is that of the LAN.
"""

import json
import socket
import struct
import sys
import time

PORT, QUIET = 7700, 1.5
HEAD = struct.Struct("!Id")


def send(address, count, gap, octets, own):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
        begin = time.monotonic()
        for number in range(int(count)):
            while time.monotonic() < begin + number * float(gap):
                pass
            head = HEAD.pack(number, time.monotonic())
            out.sendto(head + bytes(int(octets) - len(head)), (address, PORT))


def hear(address, own):
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        port.bind(("", PORT))
        if address.startswith("224."):
            wanted = socket.inet_aton(address) + socket.inet_aton(own)
            port.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, wanted)
        print("hears", file=sys.stderr, flush=True)  # noqa: T201
        port.settimeout(20.0)
        try:
            while True:
                data = port.recv(65_536)
                number, sent = HEAD.unpack_from(data)
                now = time.monotonic()
                found.append((number, now - sent, now))
                port.settimeout(QUIET)
        except TimeoutError:
            print(json.dumps(found))  # noqa: T201


def take():
    with socket.create_server(("", PORT)) as listener:
        print("hears", file=sys.stderr, flush=True)  # noqa: T201
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(20.0)
            size = 0
            while data := connection.recv(1 << 16):
                size += len(data)
    print(size)  # noqa: T201


def give(address, octets):
    with socket.create_connection((address, PORT), 20.0) as connection:
        connection.sendall(bytes(int(octets)))
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)  # until it is taken


if __name__ == "__main__":
    {"send": send, "hear": hear, "take": take, "give": give}[sys.argv[1]](*sys.argv[2:])
