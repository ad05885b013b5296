"""How a node sends the one packet that is traced."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice

from catenet.nodes.address import Address
from catenet.nodes.control.pings import KIND as PING
from catenet.nodes.control.pings import LARGEST, PingAsked, Pinged
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, Engine
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.observe.reach import has_programs, probe
from catenet.orchestrator.observe.running import RunningLab, UserError
from catenet.orchestrator.trace.packet_steps import Sent
from catenet.orchestrator.wire.layers import ICMP

__all__ = ["ECHO_PORT", "Sending"]

ECHO_PORT = 7
"""The service that sends back what it gets (RFC 862)."""
WAIT = 3.5
"""Seconds that an answer may take: a router asks three times, a second each, before it says that nobody is there."""
_DEADLINE = 10.0
_PATTERN = 16  # octets that ping takes, and repeats


@dataclass(frozen=True, slots=True)
class Sending:
    """What is sent: `size` octets of data, in an echo request (ICMP), or by UDP to `port`. `wait`: seconds."""

    protocol: str = ICMP
    size: int = 56
    port: int = 0
    wait: float = WAIT

    def check(self) -> None:
        """Whether a packet can be so large.

        Raises:
            UserError: it cannot.

        """
        if not 0 <= self.size <= LARGEST:
            raise UserError(f"--size {self.size}: from 0 to {LARGEST} octets (an IPv4 packet has 65,535 at the most)")

    def data(self, node: str) -> bytes:
        """Words, again and again. (Of an echo request ping writes its own time over the first sixteen.)"""
        return bytes(islice(cycle(f"hello from {node}! ".encode()), self.size))

    def send(self, engine: Engine, running: RunningLab, sent: Sent) -> str:
        """Sends it, and waits for an answer: empty, or the sender's last word of why none came.

        Raises:
            EngineError: the node cannot send.

        """
        container = running.node(sent.node)
        if sent.protocol != ICMP:
            return self._datagram(engine, container, sent)
        return self._ping(engine, container, sent) if has_programs(container) else self._echo(engine, container, sent)

    def _ping(self, engine: Engine, container: Container, sent: Sent) -> str:
        pattern = self.data(sent.node)[:_PATTERN].hex() or "00"
        words = ["-n", "-c", "1", "-W", f"{self.wait:g}", "-M", "dont", "-s", str(self.size), "-p", pattern]
        done = run_program(engine, container, ["ping", *words, sent.address], self.wait + _DEADLINE)
        return "" if done.returncode == 0 else done.last_words

    def _echo(self, engine: Engine, container: Container, sent: Sent) -> str:
        """The same by our own stack: no program has a network there."""
        asked = PingAsked(Address.parse(sent.address), size=self.size, wait=self.wait)
        arguments = {"kind": PING, **asked.to_json()}
        found = probe(engine, container, arguments, self.wait, Pinged.parse, patience=_DEADLINE)
        said = found.says[0] if found.says else f"no answer within {self.wait:g} s"
        return "" if found.received else said

    def _datagram(self, engine: Engine, container: Container, sent: Sent) -> str:
        data = self.data(sent.node).hex()
        asked: dict[str, Json] = {"kind": "datagram", "to": sent.address, "port": sent.port, "data": data}
        heard = probe(engine, container, {**asked, "wait": self.wait}, self.wait, _is_answered, patience=_DEADLINE)
        return "" if heard else f"no datagram came back within {self.wait:g} s"


def _is_answered(answer: Json) -> bool:
    return isinstance(answer, dict) and answer.get("answered") is True
