"""Runs inside a container: the kernel as a router of three links, on whose other ends nobody is.

A line of JSON in, a list of cases, each a list of [link, packet in hex] that come by those links, or ["to ADDRESS",
data in hex] that the kernel sends itself; a line out, for each case what the kernel then sent, [link, packet], and what
it gave to a raw socket. After the packets of a case comes an echo, and its answer says that all before it is done.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
from select import select

LINKS = {"near": ("10.99.1.1", 1500), "far": ("10.99.2.1", 1500), "narrow": ("10.99.3.1", 576)}
PROTOCOL = 253  # for experiments (RFC 3692)
_MARK = struct.pack("!HH", 0xCAFE, 0xF00D)
_NEIGHBOUR = b"\x02\0\0\0\0\x99"


def ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True)


def checksum(data: bytes) -> bytes:
    return (0xFFFF - (int.from_bytes(data, "big") % 0xFFFF)).to_bytes(2, "big")


class Kernel:
    def __init__(self) -> None:
        self.ends: dict[str, socket.socket] = {}
        self.hardware: dict[str, bytes] = {}
        for number, (link, (address, mtu)) in enumerate(LINKS.items(), 1):
            ip(f"link add {link} type veth peer name {link}-x")
            for each in (link, f"{link}-x"):
                ip(f"link set {each} mtu {mtu} up")
            ip(f"address add {address}/24 brd + dev {link}")
            for host in (7, 8, 9):
                ip(f"neigh add 10.99.{number}.{host} lladdr 02:00:00:00:00:99 dev {link}")
            with open(f"/sys/class/net/{link}/address") as file:  # noqa: PTH123
                self.hardware[link] = bytes.fromhex(file.read().strip().replace(":", ""))
            end = self.ends[link] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            end.bind((f"{link}-x", 0x0800))
        ip("route add 10.99.9.0/24 via 10.99.2.9")
        ip("route add 10.98.0.0/16 via 10.99.1.7")
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, PROTOCOL)
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.number = 0

    def case(self, packets: list[list[str]]) -> dict[str, list[list[str]] | list[str]]:
        for link, text in packets:
            if link.startswith("to "):
                self.raw.sendto(bytes.fromhex(text), (link[3:], 0))
            else:
                self.put(link, bytes.fromhex(text))
        self.number += 1
        data = _MARK + struct.pack("!I", self.number)
        self.put("near", echo(data))
        sent: list[list[str]] = []
        while True:
            ready, _, _ = select(list(self.ends.values()), [], [], 10.0)
            assert ready, "the kernel does not answer"
            done = False
            for link, end in self.ends.items():
                while end in select([end], [], [], 0)[0]:
                    frame, where = end.recvfrom(70_000)
                    if where[2] == socket.PACKET_OUTGOING:
                        continue
                    if frame[34:35] == b"\0" and frame[38:46] == data:
                        done = True
                    else:
                        sent.append([link, frame[14 : 14 + int.from_bytes(frame[16:18], "big")].hex()])
            if done:
                return {"sent": sent, "delivered": list(self.heard())}

    def put(self, link: str, packet: bytes) -> None:
        self.ends[link].send(self.hardware[link] + _NEIGHBOUR + b"\x08\0" + packet)

    def heard(self) -> list[str]:
        found = []
        while self.raw in select([self.raw], [], [], 0)[0]:
            found.append(self.raw.recv(70_000).hex())
        return found


def echo(data: bytes) -> bytes:
    message = b"\x08\0" + checksum(b"\x08\0\0\0" + data) + data
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(message), 0, 0, 64, 1, 0, b"\x0a\x63\1\7", b"\x0a\x63\1\1")
    return head[:10] + checksum(head) + head[12:] + message


if __name__ == "__main__":
    kernel = Kernel()
    for line in sys.stdin:
        print(json.dumps([kernel.case(packets) for packets in json.loads(line)]), flush=True)  # noqa: T201
