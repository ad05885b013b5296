"""A line: one of the two data streams of a call, which may be begun anew any number of times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.application.ice.candidate import Kind
from catenet.nodes.application.ice.datastream import DataStream
from catenet.nodes.application.ice.events import Checked, Expired, Failed, Selected
from catenet.nodes.application.ice.pair import Pair
from catenet.nodes.application.ice.relay import Server
from catenet.nodes.application.phone import terms
from catenet.nodes.application.phone.description import Description
from catenet.nodes.application.phone.terms import Outward, Path, Wanted

__all__ = ["DEAD", "Line", "NewStream", "beside", "path_of"]

PROBE = 0.5
"""Seconds between two probes of the line by which no media goes."""
DEAD = 2.5
"""Seconds: five probes that have not come, and such a line is dead."""
FORMING = 20.0
"""Seconds after which a line that was begun anew has failed."""

NewStream = Callable[[int, Sequence[Server]], DataStream]
"""Makes one for an own port, with these servers."""


class News(NamedTuple):
    """What has become of a line: `selected` a pair; `failed`: why there is none."""

    selected: bool
    failed: str = ""


def path_of(pair: Pair) -> Path:
    """In words: by the types of the nominated pair's candidates."""
    kinds = [pair.local.kind, pair.remote.kind]
    if Kind.RELAYED in kinds:
        by = [each.endpoint.address for each in (pair.local, pair.remote) if each.kind is Kind.RELAYED]
        return Path("relayed", tuple(dict.fromkeys(by)))
    return Path("direct" if kinds == [Kind.HOST, Kind.HOST] else "punched")


class Line:
    """`number` 0 is `media`, 1 `spare`. `round`: how often it was begun anew; `heard`: when something authentic came
    by it; `begun`: when it was begun last; `forming`: until when it may take to have a pair, None: it has, or is not
    begun. `restart`: where it is begun anew for another address, and told by the directory (restart.py), the number of
    that; else 0. `is_left`: it is that of an earlier address, by which nothing more is sent."""

    def __init__(self, number: int, port: int, new_stream: NewStream) -> None:
        self.number = number
        self.port = port
        self.round = 0
        self.heard = 0.0
        self.begun = float("-inf")
        self.forming: float | None = None
        self.stream: DataStream | None = None
        self._new_stream = new_stream
        self.restart = 0
        self.is_left = False
        self.told: Description | None = None
        """What the peer was told of it, since it was begun anew."""
        self.waits = False
        """It is offered, and not answered yet."""
        self._offer: Description | None = None
        self._described = False
        self._probe_at = 0.0
        self._left: list[Outward] = []  # what a stream that is no more has still to send: the relays go back

    @property
    def name(self) -> str:
        """The word for it."""
        return "spare" if self.number else "media"

    @property
    def path(self) -> Path | None:
        """By what its packets go; None: they cannot."""
        pair = self.stream.usable if self.stream is not None and not self.is_left else None
        return path_of(pair) if pair is not None else None

    # Its life.

    def gather(self, servers: Sequence[Server], now: float) -> None:
        """Begin it, with relays on these servers, for the first time: what it has is told by offer and answer."""
        self.end(now)
        self._left = self.take_sends()
        self.begun = now
        self.stream = self._new_stream(self.port, servers)
        self.restart, self.is_left, self.waits = 0, False, False
        self._offer, self._described, self.told = None, True, None
        self.stream.gather(now)

    def begin(self, peer: terms.Stream, now: float) -> None:
        """The peer's side of it."""
        self.waits = False
        if self.stream is not None:
            self.forming = now + FORMING
            self.stream.begin(peer.credentials, peer.candidates, now)

    def renew(self, servers: Sequence[Server], now: float, *, restart: int = 0) -> None:
        """Begin it anew: what it has then is told over the path, or, with a number of `restart`, by the directory."""
        self.gather(servers, now)
        self.forming = now + FORMING
        self.restart, self.waits, self._described = restart, True, False

    def offered(self, offer: Description) -> None:
        """The peer has begun it anew: what it offers is answered when the own candidates are gathered."""
        self._offer, self.waits = offer, False

    def describe(self, now: float) -> tuple[Description, bool] | None:
        """The own side, once it is gathered and is still to be told, and whether it is an answer."""
        stream = self.stream
        if stream is None or self._described or self.forming is None or not stream.is_gathered(now):
            return None
        self._described = True
        own = Description(
            self.number, self.restart or self.round, terms.Stream(stream.agent.credentials, tuple(stream.candidates))
        )
        self.told = own
        if self._offer is not None:
            self.begin(self._offer.stream, now)
        return own, self._offer is not None

    def end(self, now: float) -> None:
        """It is given up; its relays are given back."""
        if self.stream is not None:
            self.stream.release(now)
        self.forming = None

    def leave(self) -> None:
        """Another one carries what it did; what is on its way still comes in."""
        self.is_left = True

    def drop(self, now: float) -> None:
        """Nothing more comes in, either."""
        self.end(now)
        self._left, self.stream = self.take_sends(), None

    def lives(self, now: float) -> bool:
        """Whether media could go by it: it has a pair, and the peer is heard."""
        return self.path is not None and now - self.heard < DEAD

    def wants_probe(self, now: float) -> bool:
        """Whether the peer is to be told now that it is there."""
        if now < self._probe_at or self.path is None:
            return False
        self._probe_at = now + PROBE
        return True

    # What its stream has to say.

    def take_events(self, now: float) -> tuple[list[terms.Checked], News | None]:
        """The checks that have ended, and what has become of it."""
        checks, news = [], None
        for event in self.stream.take_events() if self.stream is not None else ():
            match event:
                case Checked(pair, why):
                    checks.append(terms.Checked(self.name, pair.local, pair.remote, why))
                case Selected():
                    if self.forming is not None:
                        news = News(selected=True)
                    self.forming = None
                    self.heard = now
                case Failed(why):
                    news = News(selected=False, failed=why)
                case Expired():
                    news = News(selected=False, failed="the peer's consent has ended")
        return checks, news

    def take_sends(self) -> list[Outward]:
        """What is to be sent now, in order."""
        sends, self._left = self._left, []
        if self.stream is not None:
            sends += [Outward(self.port, *each) for each in self.stream.take_sends()]
        return sends

    def take_connections(self) -> list[Wanted]:
        """The connections that are wanted now."""
        return [Wanted(self.port, each) for each in self.stream.take_connections()] if self.stream is not None else []


def beside(servers: Sequence[Server], used: Sequence[Address], silent: Sequence[Address]) -> list[Server]:
    """Those that do not carry the other line; without those that have fallen silent, if any are left then."""
    others = [each for each in servers if each.endpoint.address not in used]
    return [each for each in others if each.endpoint.address not in silent] or others
