"""A conversation: everything between two phones once each knows what the other has offered.

    conversation.gather(now)          before the offer is written: `is_gathered`, then `credentials` and `candidates`
    conversation.begin(terms, now)    offer and answer are known: a path is looked for, while it may still ring
    conversation.start_media(now)     somebody has answered: both speak, as soon as there is a path
    conversation.move(…)              the own address is another one
    conversation.hang_up(now)         told to the peer over the path; then `finished`

Its owner has the two ports and the connections: it hands on what comes to them, and sends what `take_sends` gives.
"""

from __future__ import annotations

from collections.abc import Sequence

from catenet.nodes.address import Address
from catenet.nodes.application.ice.candidate import Candidate
from catenet.nodes.application.ice.check import Credentials
from catenet.nodes.application.ice.datastream import DataStream
from catenet.nodes.application.ice.relay import Server
from catenet.nodes.application.ice.timing import Timing
from catenet.nodes.application.phone.control import NAME, TRIES, TRY, Controls, Kind
from catenet.nodes.application.phone.description import Description
from catenet.nodes.application.phone.line import Line
from catenet.nodes.application.phone.media import Media
from catenet.nodes.application.phone.paths import Paths
from catenet.nodes.application.phone.restart import Restarts
from catenet.nodes.application.phone.terms import (
    Event,
    Failed,
    HungUp,
    Options,
    Outward,
    Ports,
    Sound,
    Statistics,
    Stream,
    Terms,
    Wanted,
)
from catenet.nodes.application.rtp.g711 import PCMU, RATE
from catenet.nodes.application.rtp.packet import VERSION, is_control
from catenet.nodes.application.rtp.rtcp import Application, Goodbye
from catenet.nodes.application.rtp.session import Agreed, Session
from catenet.nodes.machine import Count, DecodeError, Endpoint, Entropy, Randomness

__all__ = ["Conversation"]

_AGREED = Agreed((PCMU.payload_type,), RATE, 50 * (160 + 12 + 16 + 28))
"""PCMU; 50 packets a second, each with the headers of RTP, UDP and IP and the tag of SRTP."""
_LINGER = TRIES * TRY + TRY
"""Seconds for which the peer's hanging up is acknowledged: as long as it may be sent again."""
_GIVING_BACK = 1.0
"""Seconds that the servers have to take their relays back."""
_SOON = Timing(unrelayed=0.1, relayed=0.7)
"""A line beside `media` is to be there soon; to find the best way is that line's affair. But a first check to a relay
comes before the peer's permission there and is lost: the second one, 500 ms later, proves the pair of two relays on one
supernode, where until then only pairs are proved that need two supernodes to live."""


class Conversation:
    """Times are seconds, on any clock. `controlling`: the caller's side (RFC 8445 section 6.1.1).

    What is refused is counted: refused.control, .description, .offer, .answer, and what `Session` refuses.
    """

    def __init__(
        self,
        ports: Ports,
        servers: Sequence[Server],
        options: Options,
        sound: Sound,
        *,
        controlling: bool,
        entropy: Entropy,
        randomness: Randomness,
        count: Count,
    ) -> None:
        self.finished = False
        """Whether it is over and all is given back: then its ports may be closed."""
        self._ports = ports
        self._options = options
        self._sound = sound
        self._controlling = controlling
        self._entropy = entropy
        self._randomness = randomness
        self._count = count
        self._paths = Paths(ports, servers, self._new_stream, controlling=controlling, count=count)
        self._restarts = Restarts(self._paths, controlling=controlling, count=count)
        self._controls = Controls(count)
        self._session: Session | None = None
        self._media: Media | None = None
        self._newest: int | None = None  # the peer's latest sequence number
        self._answered = False
        self._over = False  # neither side speaks any more
        self._release_at: float | None = None
        self._finish_at: float | None = None
        self._events: list[Event] = []

    def _new_stream(self, port: int, servers: Sequence[Server]) -> DataStream:
        return DataStream(
            Endpoint(self._ports.address, port),
            servers,
            self._options.timing if port == self._ports.media and not self._paths.is_connected else _SOON,
            controlling=self._controlling,
            entropy=self._entropy,
            randomness=self._randomness,
            count=self._count,
            relayed_only=self._options.relayed_only,
        )

    # How it begins.

    def gather(self, now: float) -> None:
        """Ask the servers for what the peer is to be told."""
        self._paths.gather(now)

    def is_gathered(self, now: float) -> bool:
        """Whether the candidates are all that there will be."""
        return all(self._stream(number).is_gathered(now) for number in (0, 1))

    @property
    def credentials(self) -> Credentials:
        """The own ICE credentials, of `media`."""
        return self._stream(0).agent.credentials

    @property
    def candidates(self) -> list[Candidate]:
        """The own candidates, of `media`."""
        return self._stream(0).candidates

    @property
    def spare(self) -> Stream:
        """The same of `spare`."""
        stream = self._stream(1)
        return Stream(stream.agent.credentials, tuple(stream.candidates))

    def _stream(self, number: int) -> DataStream:
        stream = self._paths.lines[number].stream
        assert stream is not None, "gather comes first"
        return stream

    def begin(self, terms: Terms, now: float) -> None:
        """Look for a path.

        Raises:
            ValueError: see `Session`.

        """
        self._session = Session(
            terms.own,
            terms.peer,
            _AGREED,
            cname=self._options.cname,
            randomness=self._randomness,
            count=self._count,
            now=now,
        )
        self._paths.begin(Stream(terms.credentials, terms.candidates), terms.spare, now)
        self._follow(now)

    @property
    def is_spoken_to(self) -> bool:
        """Whether the peer has begun to speak: then somebody has answered."""
        return self._newest is not None

    def start_media(self, now: float) -> None:
        """Speak, as soon as there is a path."""
        self._answered = True
        self._follow(now)

    # Another address (RFC 8445 section 9): what is told of it goes by the directory, as offer and answer did.

    def stay(self) -> None:
        """There is no address at present."""
        self._paths.is_away = True

    def move(self, address: Address, servers: Sequence[Server], now: float, *, told: bool) -> None:
        """It is this one now, or is there again. `told`: the peer knows what was gathered for the last one."""
        self._ports = self._ports._replace(address=address)
        self._paths.servers, self._paths.is_away = servers, False
        if not told:
            self._paths.gather(now)
        elif not self._over:
            self._restarts.begin(now)
        self._follow(now)

    def peer_moved(self, stream: Description, servers: Sequence[Server], now: float, *, answers: bool) -> None:
        """The peer has begun a data stream anew; `answers`: it is its side of one that was begun anew here."""
        self._paths.servers = servers
        if answers:
            self._restarts.answered(stream, now)
        else:
            self._restarts.offered(stream, now)
        self._follow(now)

    def take_restarts(self, now: float) -> list[tuple[Description, bool]]:
        """What the peer is to be told by the directory, and whether it is an answer."""
        return self._restarts.take_said(now)

    # How it ends.

    def hang_up(self, now: float) -> None:
        """Tell the peer, over the path; without one nobody can be told."""
        if self._over:
            return
        self._over = True
        if self._session is not None and self._paths.is_connected:
            self._controls.send(Kind.HANG_UP, b"", now)
        self._end(now)
        self._follow(now)

    def _hung_up(self, now: float) -> None:
        if not self._over:
            self._events.append(HungUp())
        self._end(now + _LINGER)

    def _end(self, release_at: float) -> None:
        self._over = True
        self._release_at = release_at
        self._paths.rest()

    @property
    def _due(self) -> float | None:
        """When it goes on to its end; None: not before its hanging up is acknowledged, or given up."""
        if self._finish_at is not None:
            return self._finish_at
        return None if self._controls.is_open(Kind.HANG_UP) else self._release_at

    def _finish(self, now: float) -> None:
        due = self._due
        if due is not None and now >= due and self._finish_at is None:
            self._finish_at = now + _GIVING_BACK
            self._paths.release(now)
        if self._finish_at is not None and (now >= self._finish_at or self._paths.is_released):
            self.finished = True

    # What comes in.

    def receive(self, data: bytes, source: Endpoint, port: int, now: float) -> None:
        """A datagram that came to the own UDP port `port`, or a whole message that came on the connection which that
        port has to the server `source`."""
        arrived = self._paths.receive(data, source, port, now)
        if arrived is not None and self._session is not None:
            line, payload = arrived
            if not payload or payload[0] >> 6 != VERSION:
                self._count("refused.version")
            elif is_control(payload):
                self._receive_control(self._session, line, payload, now)
            else:
                self._receive_media(self._session, line, payload, now)
        self._follow(now)

    def _receive_media(self, session: Session, line: Line, data: bytes, now: float) -> None:
        packet = session.unprotect(data, now)
        if packet is None or self._over:
            return
        newest = self._newest is None or 0 < (packet.sequence - self._newest) % (1 << 16) < 1 << 15
        if newest:
            self._newest = packet.sequence
        self._paths.heard_media(line, now, newest=newest)
        if self._media is not None:
            self._media.receive(packet, now)

    def _receive_control(self, session: Session, line: Line, data: bytes, now: float) -> None:
        packets = session.unprotect_control(data, now)
        if packets:
            self._paths.heard(line, now)
        for packet in packets:
            if isinstance(packet, Application) and packet.name == NAME:
                self._control(packet.data, now)
        if session.left and not self._over:
            self._hung_up(now)

    def _control(self, data: bytes, now: float) -> None:
        message = self._controls.receive(data)
        if message is None:
            return
        if message.kind is Kind.HANG_UP:
            self._hung_up(now)
            return
        try:
            description = Description.parse(message.content)
        except DecodeError:
            self._count("refused.description")
            return
        if message.kind is Kind.OFFER:
            self._paths.offered(description, now)
        else:
            self._paths.answered(description, now)

    def connected(self, port: int, server: Endpoint, now: float) -> None:
        """There is the connection that was wanted."""
        self._paths.connected(port, server, now)
        self._follow(now)

    def connection_ended(self, port: int, server: Endpoint, now: float) -> None:
        """It has ended, or there could be none."""
        self._paths.connection_ended(port, server, now)
        self._follow(now)

    # Time.

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""
        if self.finished:
            return None
        times = [self._paths.next_wake(), self._controls.next_wake(), self._restarts.next_wake()]
        if self._over:
            times.append(self._due)
        elif self._session is not None:
            times.append(self._session.next_wake())
            times.append(self._media.next_wake() if self._media is not None else None)
        return min((at for at in times if at is not None), default=None)

    def wake(self, now: float) -> None:
        """Do what has fallen due."""
        if self.finished:
            return
        self._paths.wake(now)
        self._controls.wake(now)
        self._restarts.wake(now)
        if self._session is not None and not self._over:
            self._speak(self._session, now)
        self._follow(now)

    def _speak(self, session: Session, now: float) -> None:
        if self._media is not None:
            for datagram in self._media.wake(now):
                self._paths.send(datagram)
        report = session.wake(now)
        if report is not None:
            self._paths.send(report)
        for line in self._paths.take_probes(now):
            if line.stream is not None:
                line.stream.send(session.protect_control(now))

    def _follow(self, now: float) -> None:
        """What follows from what has just happened."""
        for description, is_answer in self._paths.take_descriptions():
            self._controls.send(Kind.ANSWER if is_answer else Kind.OFFER, bytes(description), now)
        if self._answered and self._paths.is_connected and self._media is None and not self._over:
            self._begin_media(now)
        self._send_controls(now)
        for event in self._paths.take_events():
            self._events.append(event)
            if isinstance(event, Failed):
                self._end(now)
        if self._over:
            self._finish(now)

    def _begin_media(self, now: float) -> None:
        assert self._session is not None
        timestamp = int.from_bytes(self._entropy(4), "big")
        self._media = Media(self._session, self._sound, timestamp, now)
        self._paths.expect_media(now)

    def _send_controls(self, now: float) -> None:
        session = self._session
        if session is None:
            return
        for kind, data in self._controls.take_sends():
            message = Application(session.ssrc, NAME, data)
            if kind is Kind.HANG_UP:
                self._paths.send_everywhere(session.protect_control(now, message, Goodbye((session.ssrc,))))
            else:
                self._paths.send(session.protect_control(now, message))

    # What comes of it.

    def take_sends(self) -> list[Outward]:
        """What is to be sent now, in order."""
        return self._paths.take_sends()

    def take_connections(self) -> list[Wanted]:
        """The connections that are wanted now."""
        return self._paths.take_connections()

    def take_events(self) -> list[Event]:
        """What has happened since the last call."""
        events, self._events = self._events, []
        return events

    def statistics(self, now: float) -> Statistics:
        """So far. `now` counts a silence that has not ended yet."""
        if self._media is None:
            return Statistics(self._paths.path, 0, 0, 0, 0.0, 0.0, 0, 0, None, 0.0)
        return self._media.statistics(self._paths.path, now, is_over=self._over)
