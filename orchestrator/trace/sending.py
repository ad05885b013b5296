"""How a node sends the one packet that is traced."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice

from catenet.nodes.control.questions import Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.observe.ask import ask
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.observe.running import RunningLab
from catenet.orchestrator.trace.packet_steps import Sent
from catenet.orchestrator.wire.layers import ICMP

__all__ = ["ECHO_PORT", "Sending"]

ECHO_PORT = 7
"""The service that sends back what it gets (RFC 862)."""
WAIT = 2.0
"""Seconds that an answer may take."""
_DEADLINE = 10.0
_PATTERN = 16  # octets that ping takes, and repeats


@dataclass(frozen=True, slots=True)
class Sending:
    """What is sent: `size` octets of data, in an echo request (ICMP), or by UDP to `port`. `wait`: seconds."""

    protocol: str = ICMP
    size: int = 56
    port: int = 0
    wait: float = WAIT

    def data(self, node: str) -> bytes:
        """Words, again and again. (Of an echo request ping writes its own time over the first sixteen.)"""
        return bytes(islice(cycle(f"hello from {node}! ".encode()), self.size))

    def send(self, engine: Engine, running: RunningLab, sent: Sent) -> str:
        """Sends it, and waits for an answer: empty, or the sender's last word of why none came.

        Raises:
            EngineError: the node cannot send.

        """
        return self._ping(engine, running, sent) if sent.protocol == ICMP else self._datagram(engine, running, sent)

    def _ping(self, engine: Engine, running: RunningLab, sent: Sent) -> str:
        pattern = self.data(sent.node)[:_PATTERN].hex() or "00"
        words = ["-n", "-c", "1", "-W", f"{self.wait:g}", "-M", "dont", "-s", str(self.size), "-p", pattern]
        done = run_program(engine, running.node(sent.node), ["ping", *words, sent.address], self.wait + _DEADLINE)
        return "" if done.returncode == 0 else done.last_words

    def _datagram(self, engine: Engine, running: RunningLab, sent: Sent) -> str:
        arguments: dict[str, Json] = {
            "kind": "datagram",
            "to": sent.address,
            "port": sent.port,
            "data": self.data(sent.node).hex(),
            "wait": self.wait,
        }
        answer = ask(engine, running.node(sent.node), Question("probe", arguments), self.wait + _DEADLINE)
        if answer.error is not None:
            raise EngineError(f"{sent.node}: {answer.error}")
        heard = isinstance(answer.answer, dict) and answer.answer.get("answered") is True
        return "" if heard else f"no datagram came back within {self.wait:g} s"
