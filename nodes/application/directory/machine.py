"""The directory: where people log in, find each other, and hear which supernodes there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catenet.nodes.address import Address
from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.application.directory.desk import Desk
from catenet.nodes.application.directory.login import Gate
from catenet.nodes.application.directory.message import (
    Contact,
    Credentials,
    Login,
    Presence,
    Probed,
    PublishKey,
    Register,
    Reported,
    Request,
    Resume,
    Signal,
)
from catenet.nodes.application.directory.people import People
from catenet.nodes.application.directory.relays import Relays
from catenet.nodes.application.directory.state import State
from catenet.nodes.application.directory.stream import ClientStream
from catenet.nodes.application.directory.throttle import Throttle
from catenet.nodes.machine import Action, Count, Datagram, Endpoint, Entropy, Flush, Json, OpenPort, Stream, Tcp

__all__ = ["Directory"]

_KEY_SIZE = 32  # octets


class Directory:
    """Has two jobs done: `hash` (stored hash, password) → whether they fit; `commit`, of a `Change`."""

    def __init__(
        self,
        options: DirectoryOptions,
        state: State,
        *,
        entropy: Entropy,
        nobody: str,
        wall_clock: Callable[[], float],
        lan_of: Callable[[Address], str],
        count: Count,
    ) -> None:
        """`state`: what its file has. `nobody`: a hash that no password has. `wall_clock`: seconds since 1970, for what
        outlives the machine. `lan_of`: the LAN on which an address is, "" where that is not known.
        """
        self._count = count
        self._desk = desk = Desk(state, count)
        desk.actions.append(OpenPort(Tcp(options.port, tls=True)))
        self._people = People(desk)
        self._relays = Relays(desk, options, master=entropy(_KEY_SIZE), wall_clock=wall_clock, lan_of=lan_of)
        self._gate = Gate(
            desk,
            throttle=Throttle(entropy(_KEY_SIZE)),
            entropy=entropy,
            nobody=nobody,
            sessions=options.sessions,
            wall_clock=wall_clock,
            enter=self._enter,
        )
        self._requests: dict[type[Any], Callable[[ClientStream, Any, float], None]] = {
            Contact: self._people.contact,
            PublishKey: self._people.key,
            Presence: self._people.set_presence,
            Signal: self._people.signal,
            Register: self._relays.register,
            Reported: self._relays.report,
            Probed: self._relays.probed,
            Credentials: self._relays.credentials,
        }

    # The contract

    def accepted(self, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        stream = ClientStream(self, peer, now, lambda: self._desk.actions.append(Flush(stream)), self._count)
        return stream

    def receive(self, packet: Datagram, now: float) -> None:
        """It has no port for datagrams."""

    def wake(self, now: float) -> None:
        self._relays.wake(now)

    def next_wake(self) -> float | None:
        return self._relays.next_wake()

    def take_actions(self) -> list[Action]:
        actions = self._desk.actions
        if actions:
            self._desk.actions = []
        return actions

    def worked(self, tag: int, result: Any, error: str, now: float) -> None:
        """Raises OSError: a change could not be written; the service begins anew with what the file has."""
        self._desk.worked(tag, result, error, now)

    def show(self, table: str, now: float) -> Json:
        """The only table, `directory`. No hash, digest or token is in it."""
        addresses, names = self._gate.throttle.waiting(now)
        state = self._desk.state
        return {
            "accounts": len(state.accounts),
            "sessions": len(state.sessions),
            "online": len(self._desk.here),
            "queue": self._gate.queue,
            "throttled": {"addresses": addresses, "accounts": names},
            "users": [
                {
                    "user": user,
                    "presence": self._people.presence(user),
                    "places": ", ".join(str(stream.peer) for stream in self._desk.here.get(user, ())),
                    "contacts": ", ".join(
                        f"{known.user}{'' if known.state == 'accepted' else f' ({known.state})'}"
                        for each in state.contacts_of(user)
                        if (known := self._people.known(user, each.other(user)))
                    ),
                    "key": "published" if account.key else "",
                }
                for user, account in sorted(state.accounts.items())
            ],
            "supernodes": self._relays.table(now),
        }

    # Behind the connections

    def request(self, stream: ClientStream, request: Request, now: float) -> None:
        if isinstance(request, Login | Resume):
            if stream.user or stream.joining:
                self._desk.refuse(stream, request, "logged-in")
            elif isinstance(request, Login):
                self._gate.login(stream, request, now)
            else:
                self._gate.resume(stream, request, now)
        elif not stream.user:
            self._desk.refuse(stream, request, "login")
        else:
            self._requests[type(request)](stream, request, now)

    def gone(self, stream: ClientStream, now: float) -> None:
        if stream.user:
            self._people.leave(stream)
            self._relays.leave(stream, now)

    def _enter(self, stream: ClientStream, user: str, now: float) -> dict[str, Json]:
        return {"contacts": self._people.enter(stream, user, now)}
