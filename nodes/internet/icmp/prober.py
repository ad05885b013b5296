"""`Ping` and `Trace`: two questions to the network, each a machine on ordinary ports, so on either stack.

Ping sends Echoes (RFC 792) by a port of ICMP and waits for what answers each. Trace sends UDP datagrams to ports where
nobody listens, with a TTL of 1, 2, …: each router where that runs out says so (RFC 1812 section 5.3.1), and at last the
destination says that the port is unreachable. What an ICMP error is about, the packet that it quotes says: only errors
about what was sent here count. Each ends with one Report(DONE), whose data are the answer.
"""

from __future__ import annotations

from collections.abc import Callable

from catenet.nodes.address import ANY
from catenet.nodes.control.pings import PingAsked, Pinged, TraceAsked
from catenet.nodes.control.probes import DONE, ProbedHop, Probes
from catenet.nodes.internet.icmp.error import PORT_UNREACHABLE, TIME_EXCEEDED, TYPES, IcmpError
from catenet.nodes.internet.icmp.packet import ECHO_REPLY, PROTOCOL, Echo
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.machine import (
    Action,
    Datagram,
    DecodeError,
    Endpoint,
    Ip,
    IpPacket,
    OpenPort,
    Port,
    Randomness,
    Report,
    Send,
    Udp,
)

__all__ = ["FIRST_PORT", "Ping", "Trace"]

FIRST_PORT = 33_434
"""Where nobody listens, as in every traceroute; each datagram has the next one."""
_KEEPS = 4_000_000
_MOST_SAID = 8
_HEADER = 8  # octets of ICMP's


class _Probe:
    """What both have. `unsent`: how many packets could not be sent, by then; its ports' counter `send_failures`."""

    def __init__(self, unsent: Callable[[], int]) -> None:
        self._unsent = unsent
        self._actions: list[Action] = []
        self._over = False

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    def _end(self, answer: Pinged | Probes) -> None:
        self._over = True
        self._actions.append(Report(DONE, "", answer.to_json()))


class Ping(_Probe):
    """Echoes to one destination, and who answers. To a broadcast address several may: the first answer counts."""

    def __init__(self, asked: PingAsked, random: Randomness, unsent: Callable[[], int] = lambda: 0) -> None:
        super().__init__(unsent)
        asked.check()
        self._asked = asked
        self._identifier = int(random.uniform(0, 0x10000)) & 0xFFFF
        self._data = bytes(number & 0xFF for number in range(asked.size))
        self._sent: list[float] = []  # when each was
        self._took: dict[int, float] = {}  # sequence number → seconds there and back
        self._repeated = self._damaged = self._ttl = 0
        self._says: dict[str, None] = {}
        self._failed: set[int] = set()  # about which an error came
        # A port of every interface: an answer may come by another one than the Echo went.
        self._actions.append(
            OpenPort(Ip(PROTOCOL), keeps=_KEEPS, fragments=not asked.whole, kinds=(ECHO_REPLY, *TYPES))
        )

    def receive(self, packet: IpPacket, now: float) -> None:
        """What this node hears of ICMP's, others' too."""
        if self._over or checksum(packet.data):
            return
        try:
            if packet.data[:1] == bytes((ECHO_REPLY,)):
                self._hear_reply(Echo.parse(packet.data), packet, now)
            else:
                self._hear_error(IcmpError.parse(packet.data), packet)
        except DecodeError:
            return
        self._look(now)

    def wake(self, now: float) -> None:
        if self._over:
            return
        asked = self._asked
        if len(self._sent) < asked.number and now >= self._due():
            echo = Echo(self._identifier, len(self._sent), self._data)
            self._sent.append(now)
            self._actions.append(Send(IpPacket(bytes(echo), ANY, asked.to, PROTOCOL, asked.interface, asked.ttl)))
        self._look(now)

    def next_wake(self) -> float | None:
        if self._over:
            return None
        return self._sent[-1] if self._nothing_to_come() else self._due()

    def _nothing_to_come(self) -> bool:
        """Of each it is known what became of it; what cannot be sent is known when it was to be."""
        number = self._asked.number
        return len(self._sent) == number and len(self._took.keys() | self._failed) + self._unsent() >= number

    def _due(self) -> float:
        if not self._sent:
            return 0.0
        every, wait = self._asked.every, self._asked.wait
        return self._sent[-1] + (every if len(self._sent) < self._asked.number else wait)

    def _hear_reply(self, echo: Echo, packet: IpPacket, now: float) -> None:
        if echo.identifier != self._identifier or echo.sequence >= len(self._sent):
            return
        if echo.data != self._data:
            self._damaged += 1
        elif echo.sequence in self._took:
            self._repeated += 1
        else:
            self._took[echo.sequence] = now - self._sent[echo.sequence]
            self._ttl = packet.ttl

    def _hear_error(self, error: IcmpError, packet: IpPacket) -> None:
        quoted = error.quoted
        if error.about.destination != self._asked.to or error.about.protocol != PROTOCOL or len(quoted) < _HEADER:
            return
        identifier, sequence = int.from_bytes(quoted[4:6], "big"), int.from_bytes(quoted[6:8], "big")
        if identifier != self._identifier or sequence >= len(self._sent) or sequence in self._took:
            return
        self._failed.add(sequence)
        if len(self._says) < _MOST_SAID:
            self._says[f"{packet.source}: {error.name}"] = None

    def _look(self, now: float) -> None:
        """Whether it is over: nothing more is to come, or nothing more is waited for."""
        number = self._asked.number
        if len(self._sent) < number or (now < self._due() and not self._nothing_to_come()):
            return
        took = tuple(round(self._took[each] * 1000, 3) for each in sorted(self._took))
        says, unsent = tuple(self._says), min(number, self._unsent())
        self._end(Pinged(number, len(took), took, self._repeated, self._damaged, unsent, self._ttl, says))


class Trace(_Probe):
    """One TTL after the other, `tries` datagrams each, until the destination answers or a router says that it cannot be
    reached."""

    def __init__(self, asked: TraceAsked, unsent: Callable[[], int] = lambda: 0) -> None:
        super().__init__(unsent)
        asked.check()
        self._asked = asked
        self._data = bytes(asked.size)
        self._own: Endpoint | None = None
        self._sent: list[float] = []  # when each datagram was
        self._tried = 0  # with this TTL
        self._hops: list[ProbedHop] = []
        self._actions += [
            OpenPort(Ip(PROTOCOL), keeps=_KEEPS, kinds=TYPES),
            OpenPort(Udp(), fragments=True),
        ]

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        if isinstance(port, Udp):
            self._own = Endpoint(ANY, port.number)
            self._send(now)

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        if not self._over:
            self._end(Probes(False, why))

    def receive(self, packet: Datagram | IpPacket, now: float) -> None:
        """Errors about its datagrams; or somebody does listen there."""
        if self._over or self._own is None:
            return
        if isinstance(packet, Datagram):
            number = packet.source.port - FIRST_PORT
            if packet.source.address == self._asked.to and number == len(self._sent) - 1:
                self._found(str(packet.source.address), "answered", now)
                self._end(Probes(True, "", tuple(self._hops)))
            return
        try:
            error = IcmpError.parse(packet.data)
        except DecodeError:
            return
        newest = FIRST_PORT + len(self._sent) - 1
        if checksum(packet.data) or error.about.destination != self._asked.to:
            return
        # What comes about an earlier one comes too late: its hop has been given up.
        if error.ports == (self._own.port, newest):
            self._hear(error, str(packet.source), now)

    def wake(self, now: float) -> None:
        due = self.next_wake()
        if due is None or now < due:
            return
        if self._unsent():
            self._end(Probes(False, "no datagram can be sent there", tuple(self._hops)))
        elif self._tried < self._asked.tries:
            self._send(now)
        else:
            self._hops.append(ProbedHop(self._ttl))
            self._go_on(now)

    def next_wake(self) -> float | None:
        if self._over or not self._sent:
            return None
        return self._sent[-1] if self._unsent() else self._sent[-1] + self._asked.wait

    @property
    def _ttl(self) -> int:
        """Of the newest datagram."""
        return len(self._hops) + 1

    def _hear(self, error: IcmpError, who: str, now: float) -> None:
        said = error.type, error.code
        self._found(who, error.name, now)
        if said == TIME_EXCEEDED:
            self._go_on(now)
        else:
            self._end(Probes(said == PORT_UNREACHABLE and who == str(self._asked.to), "", tuple(self._hops)))

    def _found(self, who: str, says: str, now: float) -> None:
        self._hops.append(ProbedHop(self._ttl, who, round((now - self._sent[-1]) * 1000, 3), says))

    def _go_on(self, now: float) -> None:
        """With the next TTL."""
        self._tried = 0
        if self._ttl > self._asked.most:
            self._end(Probes(False, "", tuple(self._hops)))
        else:
            self._send(now)

    def _send(self, now: float) -> None:
        assert self._own is not None
        to = Endpoint(self._asked.to, FIRST_PORT + len(self._sent))
        self._sent.append(now)
        self._tried += 1
        self._actions.append(Send(Datagram(self._data, self._own, to, ttl=self._ttl)))
