"""The machine `Stub`: asks one server for the addresses of one name, once, as a program's resolver does (RFC 1034
section 5.3.1), and tells what it answers. No server's answer is believed that nobody has asked for: it comes from where
the question went, and has its id and its question (RFC 5452 section 9.1).
"""

from __future__ import annotations

from catenet.nodes.address import ANY
from catenet.nodes.application.dns.message import Edns, Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import A
from catenet.nodes.application.dns.types import Type, rcode_text
from catenet.nodes.control.lookups import LookedUp, LookupAsked
from catenet.nodes.control.probes import DONE
from catenet.nodes.machine import (
    Action,
    Datagram,
    DecodeError,
    Endpoint,
    OpenPort,
    Port,
    Randomness,
    Report,
    Send,
    Udp,
)

__all__ = ["Stub"]

_PORT = 53


class Stub:
    """It ends with one Report(DONE), whose data are a `LookedUp`."""

    def __init__(self, asked: LookupAsked, random: Randomness) -> None:
        """Raises ValueError: what is asked for is no name."""
        asked.check()
        self._server = Endpoint(asked.to, _PORT)
        self._wait = asked.wait
        name = Name.parse(asked.name)
        self._question = Question(name, Type.A, spelling=tuple(name))
        self._id = int(random.uniform(0, 0x10000)) & 0xFFFF
        self._until: float | None = None
        self._over = False
        self._actions: list[Action] = [OpenPort(Udp(), fragments=True)]

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        assert isinstance(port, Udp)
        self._until = now + self._wait
        query = Message(self._id, recursion_desired=True, question=self._question, edns=Edns())
        self._actions.append(Send(Datagram(query.pack(), Endpoint(ANY, port.number), self._server)))

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        self._end(LookedUp(error=f"no UDP port: {why}"))

    def receive(self, packet: Datagram, now: float) -> None:
        if packet.source != self._server or self._over:
            return
        try:
            answer = Message.parse(packet.data)
        except DecodeError:
            return
        if answer.response and answer.id == self._id and answer.question == self._question:
            addresses = [str(each.data.address) for each in answer.answers if isinstance(each.data, A)]
            self._end(LookedUp(rcode_text(answer.rcode), tuple(addresses), answer.truncated))

    def wake(self, now: float) -> None:
        if self._until is not None and now >= self._until:
            self._end(LookedUp(error=f"{self._server.address} has not answered within {self._wait:g} s"))

    def next_wake(self) -> float | None:
        return None if self._over else self._until

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    def _end(self, answer: LookedUp) -> None:
        if not self._over:
            self._over = True
            self._actions.append(Report(DONE, "", answer.to_json()))
