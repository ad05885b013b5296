"""The supernodes: who registers, who is told which role, what credentials clients get."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

from catenet.nodes.address import Address
from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.application.directory.desk import Desk
from catenet.nodes.application.directory.election import Ask, Decision, Election, Part, Relay
from catenet.nodes.application.directory.message import Credentials, Probe, Probed, Register, Reported, Role
from catenet.nodes.application.directory.state import Change, Delete, Elected, Put
from catenet.nodes.application.directory.stream import ClientStream
from catenet.nodes.application.turn.credentials import mint, secret_of
from catenet.nodes.machine import Endpoint, Json, Report

__all__ = ["RELAYS", "SERVERS", "Relays"]

RELAYS = 1024
"""Supernodes and candidates, together."""
SERVERS = 3
"""For which a client gets credentials: the death of one is to be no more than a blink."""
_EVENTS = {
    Part.SUPERNODE: "supernode.promoted",
    Part.CANDIDATE: "supernode.demoted",
    Part.DEAD: "supernode.dead",
}


class Relays:
    """Those whose connections stand."""

    def __init__(
        self,
        desk: Desk,
        options: DirectoryOptions,
        *,
        master: bytes,
        wall_clock: Callable[[], float],
        lan_of: Callable[[Address], str],
    ) -> None:
        """`master`: 32 octets that nobody can foresee, of which the supernodes' secrets are made."""
        self._desk = desk
        self._fixed = frozenset(options.supernodes)
        self._good_for = options.credentials
        self._master = master
        self._wall_clock = wall_clock
        self._lan_of = lan_of
        self._election = Election(
            options.promote_at / 100,
            options.demote_at / 100,
            steady=options.steady,
            slack=options.slack,
            tenure=options.tenure,
        )
        self._streams: dict[Endpoint, ClientStream] = {}
        self._at: dict[ClientStream, Endpoint] = {}

    # Requests

    def register(self, stream: ClientStream, request: Register, now: float) -> None:
        """Its address must be that from which it is seen: behind a translator it is another one."""
        standing = self._streams.get(request.at)
        if request.at.address != stream.peer.address:
            self._desk.refuse(stream, request, "address")
        elif standing is not None and standing.user != stream.user:
            self._desk.refuse(stream, request, "taken")
        elif standing is None and stream not in self._at and len(self._at) >= RELAYS:
            self._desk.refuse(stream, request, "full")
        else:
            self._remove(stream, now)
            if standing is not None:
                self._remove(standing, now)
            self._streams[request.at], self._at[stream] = stream, request.at
            fixed, lan = stream.user in self._fixed, self._lan_of(request.at.address)
            elected = self._desk.state.elected.get(str(request.at))
            again = elected is not None and elected.user == stream.user
            self._election.register(Relay(request.at, stream.user, lan, request.quota, fixed, now, again), now)
            role = self._role(request.at, "")
            secret = b64encode(role.secret).decode()
            self._desk.answer(stream, request, role=role.role, secret=secret)
            self._settle()

    def report(self, stream: ClientStream, request: Reported, now: float) -> None:
        at = self._at.get(stream)
        if at is None:
            self._desk.refuse(stream, request, "unknown")
            return
        self._election.report(at, request.allocations, now)
        self._desk.answer(stream, request)

    def probed(self, stream: ClientStream, request: Probed, now: float) -> None:
        by = self._at.get(stream)
        if by is not None:
            self._election.probed(by, request.at, now, answered=request.answered)
        self._desk.answer(stream, request)
        self._settle()

    def credentials(self, stream: ClientStream, request: Credentials, now: float) -> None:
        """For those supernodes that have the least to do."""
        expires = self._wall_clock() + self._good_for
        chosen = sorted(self._election.supernodes(), key=lambda relay: (relay.load, relay.at))[:SERVERS]
        servers: list[Json] = [
            {
                "at": str(relay.at),
                **mint(secret_of(self._master, relay.at), stream.user, expires)._asdict(),
            }
            for relay in chosen
        ]
        self._desk.answer(stream, request, ttl=round(self._good_for), servers=servers)

    # What comes by itself

    def leave(self, stream: ClientStream, now: float) -> None:
        """It has gone, not the directory: it is not elected any more."""
        relay = self._election.relays.get(self._at[stream]) if stream in self._at else None
        at = self._remove(stream, now)
        if at is None or relay is None:
            return
        self._desk.commit(self._no_more(at), lambda _: None)
        if relay.part is Part.SUPERNODE:
            self._report(Part.CANDIDATE, at, relay.user, "it has gone", round(100 * self._election.load))

    def wake(self, now: float) -> None:
        self._election.wake(now)
        self._settle()

    def next_wake(self) -> float | None:
        return self._election.next_wake()

    def table(self, now: float) -> list[Json]:
        return [
            {
                "node": relay.user,
                "at": str(relay.at),
                "part": relay.part.value,
                "fixed": relay.fixed,
                "allocations": relay.allocations,
                "quota": relay.quota,
            }
            for relay in self._election.relays.values()
        ]

    def _remove(self, stream: ClientStream, now: float) -> Endpoint | None:
        """→ where it was, if anywhere."""
        at = self._at.pop(stream, None)
        if at is not None:
            del self._streams[at]
            self._election.left(at, now)
        return at

    def _no_more(self, at: Endpoint) -> Change:
        elected = self._desk.state.elected.get(str(at))
        return () if elected is None else (Delete(elected),)

    def _elected(self, at: Endpoint, user: str) -> Change:
        """Of those that have not come back for long, the first goes where there are too many."""
        standing = self._desk.state.elected
        over = [Delete(next(iter(standing.values())))] if len(standing) >= RELAYS else []
        return (*over, Put(Elected(str(at), user)))

    def _role(self, at: Endpoint, why: str) -> Role:
        part = self._election.relays[at].part
        return Role(part.value, why, secret_of(self._master, at) if part is Part.SUPERNODE else b"")

    def _settle(self) -> None:
        """Tell of what was decided."""
        for each in self._election.take():
            if isinstance(each, Ask) and each.by in self._streams:
                self._streams[each.by].say(Probe(each.at))
            elif isinstance(each, Decision) and each.at in self._streams:  # else it has gone meanwhile
                self._decided(each)

    def _decided(self, decision: Decision) -> None:
        at, user, _, part, why, load = decision
        stream, role = self._streams[at], self._role(at, why)
        lasts = part is Part.SUPERNODE and user not in self._fixed
        self._desk.commit(self._elected(at, user) if lasts else self._no_more(at), lambda _: stream.say(role))
        rested = part is Part.CANDIDATE and decision.before is Part.DEAD
        if not rested:
            self._report(part, at, user, why, load)

    def _report(self, part: Part, at: Endpoint, user: str, why: str, load: int) -> None:
        data: dict[str, Json] = {"node": user, "at": str(at), "why": why, "load": load}
        self._desk.actions.append(Report(_EVENTS[part], f"{user} ({at}): {why}; load {load} %", data))
