"""Runs inside a node, sent there as text: an unmodified tcpdump, and marks in what it captures.

    python3 -c THIS TOKEN INTERFACE ARGUMENTS…      the arguments are tcpdump's

Standard input    each byte asks for a mark; its end (the orchestrator has gone, or wants no more) ends tcpdump
Standard output   tcpdump's
Standard error    tcpdump's, and lines of ours: `mark SECONDS` where a mark cannot pass (the interface is down, so
                  nothing else can), `wrong filter` where that is why tcpdump has ended

A mark is a packet with the token: all that passed before it has come out of tcpdump when the mark does. On an interface
it is a frame to 01-80-C2-00-00-01, which no bridge forwards (IEEE 802.1Q section 8.6.3); on `any` it is a datagram to
the node's own discard port (RFC 863). tcpdump refuses an interface that is down, so it begins when it comes up.

What carries the node's segments (nodes/control/segment) is no interface of the lab's: on `any` it is not seen.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

DISCARD = 9
NOT_FORWARDED, EXPERIMENTAL = bytes.fromhex("0180c2000001"), bytes.fromhex("88b5")
DRAINED = 0.05  # seconds after which what passed before the interface went down has come out
LOOK, PATIENCE = 0.02, 1.0


class Watched:
    """tcpdump on one interface."""

    def __init__(self, token: bytes, interface: str) -> None:
        self.token = token
        self.interface = interface
        self.process: subprocess.Popen[bytes] | None = None
        self.over = False

    def run(self, arguments: list[str]) -> int:
        """To its end; its exit code."""
        threading.Thread(target=self.obey, daemon=True).start()
        if self.is_down():
            say(f"listening on {self.interface} when it comes up")
        while self.is_down():
            if self.over:
                return 0
            time.sleep(LOOK)
        if self.interface == "any":
            arguments = without_underlay(arguments)
        self.process = subprocess.Popen(["tcpdump", "-i", self.interface, *arguments], stdin=subprocess.DEVNULL)
        if self.over:
            self.process.terminate()
        code = self.process.wait()
        if code and not self.over and not understood(arguments[-1]):
            say("wrong filter")
        return code

    def is_down(self) -> bool:
        """An interface that has gone counts as up: tcpdump says so better."""
        with suppress(OSError):
            return not int(Path(f"/sys/class/net/{self.interface}/flags").read_text(), 16) & 1
        return False

    def obey(self) -> None:
        """What standard input asks for."""
        while os.read(0, 1):
            try:
                self.mark()
            except OSError:
                now = time.time()
                time.sleep(DRAINED)
                say(f"mark {now:.6f}")
        self.over = True
        if self.process is not None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE)
            self.process.kill()  # its reader may have gone while it was writing

    def mark(self) -> None:
        if self.interface == "any":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
                own.sendto(self.token, ("127.0.0.1", DISCARD))
        else:
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
                raw.bind((self.interface, 0))
                raw.send(NOT_FORWARDED + bytes(6) + EXPERIMENTAL + self.token)


def without_underlay(arguments: list[str]) -> list[str]:
    """The last one is the filter, or `-`, where there is none."""
    underlay = json.loads(os.environ.get("CATENET_NODE", "{}")).get("underlay")
    if underlay is None:
        return arguments
    host_bits = 32 - underlay["length"]
    network = int.from_bytes(socket.inet_aton(underlay["address"])) >> host_bits << host_bits
    lab = f"not net {socket.inet_ntoa(network.to_bytes(4))}/{underlay['length']}"
    *options, last = arguments
    return [*arguments, lab] if last == "-" else [*options, f"{lab} and ({last})"]


def understood(expression: str) -> bool:
    """Whether it is a filter at all: to tell the user's mistake from others, since tcpdump's exit code does not."""
    command = ["tcpdump", "-Z", "root", "-i", "lo", "-d", expression]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def say(words: str) -> None:
    """A line on standard error, in one piece."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(Watched(sys.argv[1].encode(), sys.argv[2]).run(sys.argv[3:]))
