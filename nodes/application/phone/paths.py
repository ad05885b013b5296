"""The two paths of a call: media goes by one of them, and moves to the other when that one dies.

Each path is a data stream with a selected pair of its own (line.py). ICE alone would not do: consent to send lasts for
30 s (RFC 7675 section 5.1), and of one data stream no second pair is nominated (RFC 8445 section 8.1.1). So the line
`spare` is looked for beside `media`, and prefers other supernodes. While media goes by a relay, a line that has died,
or would die with the same supernode, is begun anew; what ICE needs for that is told over the path that there is
(section 9). What carries media is as dead as it is silent, since 50 packets a second come by it.

    0.5 s without a packet of media     it moves to the other line; the peer moves too, when the first one comes there
    a line without media is probed      twice a second; 2.5 s without a probe, and it is begun anew over the living one
    30 s without a packet of media      the call is over

The side that was controlling at first begins lines anew; the other one answers. If both move at once, and in opposite
directions, the controlling one stays for a second where it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from catenet.nodes.address import Address
from catenet.nodes.application.ice.relay import Server
from catenet.nodes.application.phone.description import Description
from catenet.nodes.application.phone.line import DEAD, Line, NewStream, beside
from catenet.nodes.application.phone.terms import (
    Connected,
    Event,
    Failed,
    Moved,
    Outward,
    Path,
    Ports,
    Silent,
    Spared,
    Stream,
    Wanted,
)
from catenet.nodes.machine import Count, Endpoint

__all__ = ["BETWEEN", "SILENT", "Paths"]

SILENT = 0.5
"""Seconds without a packet of media after which it moves."""
LOST = 30.0
"""Seconds after which there is no call any more."""
_FIRST = 2.0
"""Seconds that the peer's first packet of media may take."""
BETWEEN = 1.0
"""Seconds between two moves of one's own accord."""
_AGAIN = 10.0
"""Seconds after which a line that could not be formed is begun anew."""
_KEPT = 3.0
"""Seconds for which the line of an earlier address is kept (RFC 8445 section 8.3.1)."""
_WATCH = 0.05


class Paths:
    """`active` is the line by which media and control messages go."""

    def __init__(
        self, ports: Ports, servers: Sequence[Server], new_stream: NewStream, *, controlling: bool, count: Count
    ) -> None:
        self.lines = Line(0, ports.media, new_stream), Line(1, ports.spare, new_stream)
        self.active = self.lines[0]
        self.is_connected = False
        """Whether there has been a path."""
        self.servers = servers
        """Where lines that are begun from now on have relays."""
        self.is_away = False
        """Whether there is no address at present: then a silence is nobody's fault."""
        self._controlling = controlling
        self._count = count
        self._heard: float | None = None  # when media was, or will have to be by
        self._is_silent = False
        self._moved_at = float("-inf")
        self._silent_nodes: tuple[Address, ...] = ()  # the supernodes of the path that died last
        self._try_at = 0.0
        self._watch_at: float | None = None
        self._next: float | None = None  # when to wake, unless `_is_stale`: media changes no timers
        self._is_stale = True
        self._descriptions: list[tuple[Description, bool]] = []
        self._events: list[Event] = []

    @property
    def other(self) -> Line:
        """The line that is not active."""
        return self.lines[1 - self.active.number]

    @property
    def path(self) -> Path | None:
        """By what media goes."""
        return self.active.path

    # How it begins.

    def gather(self, now: float) -> None:
        """Both lines ask for their candidates: each prefers the servers that the other one likes least."""
        self.lines[0].gather(self.servers, now)
        self.lines[1].gather(self.servers[::-1], now)
        self._is_stale = True

    def renew(self, line: Line, restart: int, now: float) -> None:
        """A line is begun anew, for another address: see restart.py."""
        line.renew(self.servers[::-1] if line.number else self.servers, now, restart=restart)
        self._is_stale = True

    def begin(self, media: Stream, spare: Stream | None, now: float) -> None:
        """The peer's side of each; None: `spare` is begun anew over the path, when there is one."""
        self.lines[0].begin(media, now)
        if spare is not None and not self.lines[1].restart:
            self.lines[1].begin(spare, now)
        self._watch_at = now
        self.look(now)

    def expect_media(self, now: float) -> None:
        """From now on the peer's silence counts."""
        self._heard = now + _FIRST

    def rest(self) -> None:
        """The call is over: neither silence nor a dead line matters any more."""
        self._watch_at = None
        self._is_stale = True

    def release(self, now: float) -> None:
        """The relays are given back."""
        for line in self.lines:
            line.end(now)
        self._is_stale = True

    @property
    def is_released(self) -> bool:
        """Whether no server is waited for any more."""
        return all(line.stream is None or line.stream.is_released for line in self.lines)

    # What comes in.

    def receive(self, data: bytes, source: Endpoint, port: int, now: float) -> tuple[Line, bytes] | None:
        """What came to a port, or from a server on its connection → what the peer's application has sent, and by which
        line."""
        line = self._line(port)
        if line is None or line.stream is None:
            return None
        arrived = line.stream.receive(data, source, now)
        if arrived is None:
            self.look(now)
            return None
        return line, arrived

    def heard(self, line: Line, now: float) -> None:
        """Something authentic came by that line."""
        line.heard = now

    def heard_media(self, line: Line, now: float, *, newest: bool) -> None:
        """Media did. `newest`: no packet that was sent later had come before; else it was only slow."""
        line.heard = now
        before, self._heard = self._heard, now
        self._is_silent = False
        if line is not self.active and newest:
            may_move = not self._controlling or now - self._moved_at >= BETWEEN
            if may_move and line.path is not None:
                self._move(line, "peer", now if before is None else before, now)

    def offered(self, offer: Description, now: float) -> None:
        """The peer begins a line anew."""
        line = self.lines[offer.number]
        refused = self._controlling or offer.round <= line.round or now - line.begun < BETWEEN / 2
        if refused or (line.restart and line.forming is not None) or not self.step_aside(line, now):
            self._count("refused.offer")
            return
        line.round = offer.round
        line.renew(self._beside(), now)
        line.offered(offer)
        self.look(now)

    def step_aside(self, line: Line, now: float) -> bool:
        """No media goes by this line, if it can go by the other one → whether that is so."""
        if line is self.active and self.other.path is not None:
            self._move(self.other, "peer", self._heard or now, now)
        return line is not self.active

    def answered(self, answer: Description, now: float) -> None:
        """The peer's side of a line that was begun anew."""
        line = self.lines[answer.number]
        if not self._controlling or answer.round != line.round or line.restart or line is self.active:
            self._count("refused.answer")
            return
        if line.forming is not None:
            line.begin(answer.stream, now)
        self.look(now)

    def connected(self, port: int, server: Endpoint, now: float) -> None:
        """There is the connection that was wanted."""
        line = self._line(port)
        if line is not None and line.stream is not None:
            line.stream.connected(server, now)
            self.look(now)

    def connection_ended(self, port: int, server: Endpoint, now: float) -> None:
        """It has ended, or there could be none."""
        line = self._line(port)
        if line is not None and line.stream is not None:
            line.stream.connection_ended(server)
            self.look(now)
            if line is self.active and line.path is None:
                self._leave("connection", now)

    # What goes out.

    def send(self, data: bytes) -> bool:
        """By the active line → whether it could be."""
        return self.active.stream is not None and self.active.stream.send(data)

    def send_everywhere(self, data: bytes) -> None:
        """By each line that there is: for what must arrive."""
        for line in self.lines:
            if line.stream is not None:
                line.stream.send(data)

    def take_sends(self) -> list[Outward]:
        """What is to be sent now, in order."""
        return self.lines[0].take_sends() + self.lines[1].take_sends()

    def take_connections(self) -> list[Wanted]:
        """The connections that are wanted now."""
        return self.lines[0].take_connections() + self.lines[1].take_connections()

    def take_descriptions(self) -> list[tuple[Description, bool]]:
        """What the peer is to be told of lines that are begun anew, and whether it is an answer."""
        descriptions, self._descriptions = self._descriptions, []
        return descriptions

    def take_events(self) -> list[Event]:
        """What has happened since the last call."""
        events, self._events = self._events, []
        return events

    def take_probes(self, now: float) -> list[Line]:
        """The lines that are to be probed now: the one without media, and before there is any, both."""
        if not self.is_connected:
            return []
        silent = (self.other,) if self._heard is not None else self.lines
        return [line for line in silent if line.wants_probe(now)]

    # Time.

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""
        if self._is_stale:
            times = [line.stream.next_wake() for line in self.lines if line.stream is not None]
            self._next = min((at for at in (*times, self._watch_at) if at is not None), default=None)
            self._is_stale = False
        return self._next

    def wake(self, now: float) -> None:
        """Do what has fallen due."""
        due = self.next_wake()
        if due is None or now < due:
            return
        for line in self.lines:
            if line.stream is not None:
                line.stream.wake(now)
        self.look(now)
        if self._watch_at is not None and now >= self._watch_at:
            self._watch_at = now + _WATCH
            self._watch_media(now)
            self._watch_other(now)

    def _watch_media(self, now: float) -> None:
        if not self.is_connected:
            return
        if self._heard is None:
            if not self.active.lives(now) and self.other.lives(now):
                self._move(self.other, "silence", self.active.heard, now)
            return
        silent = now - self._heard
        if silent >= LOST:
            self._events.append(Failed("nothing was heard for 30 s"))
            self._watch_at = None
        elif silent >= SILENT:
            if not self._is_silent:
                self._is_silent = True
                self._events.append(Silent(silent))
            if not self.is_away and now - self._moved_at >= BETWEEN and self.other.path is not None:
                self._move(self.other, "silence", self._heard, now)

    def _watch_other(self, now: float) -> None:
        """The line without media: is it there, or is it to be begun anew?"""
        other, path = self.other, self.active.path
        if other.is_left and other.stream is not None and now - self._moved_at >= _KEPT:
            other.drop(now)
        if other.forming is not None:
            if now >= other.forming:
                self._give_up(other, now)
            return
        if not self._controlling or path is None or path.way != "relayed" or now < self._try_at:
            return
        if self.active.heard < now - (SILENT if self._heard is not None else DEAD):
            return  # nobody could be told
        if other.lives(now) and not self._share_fate(path, other.path):
            return
        servers = self._beside()
        if servers:
            other.round += 1
            self._try_at = now + _AGAIN
            other.renew(servers, now)
            self.look(now)

    @staticmethod
    def _share_fate(one: Path, other: Path | None) -> bool:
        return other is not None and not set(one.by).isdisjoint(other.by)

    def _beside(self) -> list[Server]:
        path = self.active.path
        return beside(self.servers, path.by if path is not None else (), self._silent_nodes)

    def _give_up(self, line: Line, now: float) -> None:
        line.end(now)
        self._try_at = now + _AGAIN

    # What has become of the lines.

    def look(self, now: float) -> None:
        """What follows from what has just happened to them."""
        self._is_stale = True
        for line in self.lines:
            checks, news = line.take_events(now)
            self._events += checks
            if news is not None and news.selected:
                self._formed(line, now)
            elif news is not None:
                self._failed(line, news.failed, now)
            told = line.describe(now) if self.is_connected and not line.restart else None
            if told is not None:
                self._descriptions.append(told)

    def _formed(self, line: Line, now: float) -> None:
        path = line.path
        if path is None:
            return
        if line.restart:
            self.lines[1 - line.number].leave()
            self._move(line, "address", now if self._heard is None else self._heard, now)
            self._silent_nodes, self._try_at = (), now + _KEPT
        elif line is not self.active:
            if self.is_connected:
                self._events.append(Spared(path))
        elif not self.is_connected:
            self._connect(path, now)

    def _connect(self, path: Path, now: float) -> None:
        self.is_connected = True
        self._events.append(Connected(path))
        spare = self.other.path
        if spare is not None:
            self.other.heard = now
            self._events.append(Spared(spare))

    def _failed(self, line: Line, why: str, now: float) -> None:
        if self.is_connected:
            if line is self.active:
                self._leave("consent", now)
            else:
                self._give_up(line, now)
            return
        line.end(now)
        if line is not self.active:
            return
        if self.other.forming is None and self.other.path is None:
            self._events.append(Failed(why))
            return
        self.active = self.other  # whose pair, if it has one, will do
        if (path := self.active.path) is not None:
            self._connect(path, now)

    def _leave(self, why: str, now: float) -> None:
        """Nothing more can be sent by the active line."""
        if self.other.path is not None:
            self._move(self.other, why, now if self._heard is None else self._heard, now)
        elif self._heard is None and self.is_connected:
            self._events.append(Failed("the path has ended, and there is no other"))

    def _move(self, line: Line, why: str, heard: float, now: float) -> None:
        path, left = line.path, self.active.path
        assert path is not None
        if left is not None:
            self._silent_nodes = left.by
        self.active = line
        self._moved_at = now
        self._try_at = now
        if self.is_connected:
            self._events.append(Moved(path, max(0.0, now - heard), why))
        else:  # the peer has found both lines, and this side one of them
            self._connect(path, now)

    def _line(self, port: int) -> Line | None:
        return next((line for line in self.lines if line.port == port), None)
