"""A supernode's side of the directory: it registers, hears with what credentials are made, says how much is in use, and
asks other supernodes by STUN whether they live (nodes/application/directory/election).

It is a machine beside that of the supernode, of which it knows no more than how many allocations there are.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from itertools import count as counting

from catenet.nodes.application.directory.client import DirectoryClient, Joined, Left, State
from catenet.nodes.application.directory.message import (
    Answer,
    Notice,
    Probe,
    Probed,
    Register,
    Reported,
    Role,
)
from catenet.nodes.application.stun.binding import request
from catenet.nodes.application.stun.message import TRANSACTION_SIZE, Kind, Message
from catenet.nodes.machine import (
    Action,
    ClosePort,
    Datagram,
    DecodeError,
    Endpoint,
    Entropy,
    Json,
    OpenPort,
    Port,
    Send,
    Stream,
    Udp,
)

__all__ = ["DIRECTORY_TAG", "Registrar"]

DIRECTORY_TAG = 0
"""Of the connection to the directory."""
REPORT = 2.0
"""Seconds between two words on how much is in use."""
ANSWER = 2.5
"""Seconds that a probe waits; the directory waits 3."""
_AGAIN = 0.5
_PROBES = 16
"""Under way at a time."""
_KEPT = 2
"""Secrets: the last, and the one before, by which credentials have been made that are still good."""


class _Probe:
    """A request to a supernode, from a socket that nothing has come to yet."""

    def __init__(self, at: Endpoint, message: Message, now: float) -> None:
        self.at = at
        self.message = message
        self.until = now + ANSWER
        self.again = now
        self.port: Udp | None = None

    def due(self) -> float:
        return min(self.until, self.again) if self.port is not None else self.until


class Registrar:
    """`secrets`: with which credentials are made, the latest first; none before it has been told one."""

    def __init__(
        self,
        client: DirectoryClient,
        at: Endpoint,
        quota: int,
        allocations: Callable[[], int],
        *,
        entropy: Entropy,
    ) -> None:
        """`client`: of DIRECTORY_TAG. `at`: where clients are served over UDP, on the node's address that the directory
        sees. `quota`: the most allocations."""
        self.secrets: tuple[bytes, ...] = ()
        self._client = client
        self._at = at
        self._quota = quota
        self._allocations = allocations
        self._entropy = entropy
        self._tags = counting(DIRECTORY_TAG + 1)
        self._probes: dict[int, _Probe] = {}  # by the tag of their ports
        self._registering = ""  # the id of that request
        self._report_at: float | None = None
        self._said: list[Joined | Left | Answer | Notice] = []
        self._actions: list[Action] = []

    # The contract

    def receive(self, packet: Datagram, now: float) -> None:
        for tag, probe in self._probes.items():
            if probe.port == Udp(packet.destination.port):
                if packet.source == probe.at and _answers(packet.data, probe.message):
                    self._end(tag, answered=True)
                return

    def wake(self, now: float) -> None:
        self._client.wake(now)
        for tag, probe in [*self._probes.items()]:
            if now >= probe.until:
                self._end(tag, answered=False)
            elif probe.port is not None and now >= probe.again:
                self._send(probe, now)
        if self._report_at is not None and now >= self._report_at:
            self._report(now)
        said, self._said = self._said, []
        for each in said:
            self._hear(each, now)

    def next_wake(self) -> float | None:
        if self._said:
            return 0.0
        times = [self._client.next_wake(), self._report_at, *(probe.due() for probe in self._probes.values())]
        return min((at for at in times if at is not None), default=None)

    def take_actions(self) -> list[Action]:
        self._said += self._client.take_said()
        actions = [*self._actions, *self._client.take_actions()]
        self._actions.clear()
        return actions

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        probe = self._probes.get(asked.tag)
        if probe is None:
            self._actions.append(ClosePort(port))
        elif isinstance(port, Udp):
            probe.port = port
            self._send(probe, now)

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        """It says nothing: whose fault it is that there is no answer nobody knows."""
        self._probes.pop(asked.tag, None)

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        return self._client.connected(local, peer, now)

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        self._client.connect_failed(why, now)

    # What the directory says

    def _hear(self, said: Joined | Left | Answer | Notice, now: float) -> None:
        match said:
            case Joined():
                self._registering = self._client.ask(Register, self._at, self._quota)
                self._report_at = now + REPORT
            case Answer(id=self._registering, ok=dict(ok)):
                self._registered(ok)
            case Role(secret=secret):
                self._keep(secret)
            case Probe(at):
                self._probe(at, now)
            case _:
                pass

    def _registered(self, ok: dict[str, Json]) -> None:
        """It comes as in a `Role`, but that it was read as any answer is."""
        try:
            self._keep(b64decode(str(ok.get("secret")), validate=True))
        except ValueError:  # of a directory that is none
            return

    def _keep(self, secret: bytes) -> None:
        if secret and secret not in self.secrets:
            self.secrets = (secret, *self.secrets)[:_KEPT]

    def _report(self, now: float) -> None:
        here = self._client.state is State.HERE
        self._report_at = now + REPORT if here else None
        if here:
            self._client.ask(Reported, self._allocations())

    # Probes

    def _probe(self, at: Endpoint, now: float) -> None:
        if len(self._probes) < _PROBES:
            tag = next(self._tags)
            self._probes[tag] = _Probe(at, request(self._entropy(TRANSACTION_SIZE)), now)
            self._actions.append(OpenPort(Udp(0), tag=tag))

    def _send(self, probe: _Probe, now: float) -> None:
        assert probe.port is not None
        probe.again = now + _AGAIN
        source = Endpoint(self._at.address, probe.port.number)
        self._actions.append(Send(Datagram(probe.message.encode(), source, probe.at)))

    def _end(self, tag: int, *, answered: bool) -> None:
        probe = self._probes.pop(tag)
        if probe.port is not None:
            self._actions.append(ClosePort(probe.port))
        self._client.ask(Probed, probe.at, answered)


def _answers(data: bytes, asked: Message) -> bool:
    try:
        message = Message.parse(data)
    except DecodeError:
        return False
    return message.kind == Kind.SUCCESS and message.transaction == asked.transaction
