"""The states of the two sides of a connection, as a table (RFC 9112 sections 2.1, 6, 9.3 and 9.6).

state          that side                                        until
IDLE           has begun no message of this cycle               a client sends a request
SEND_RESPONSE  (a server) owes the answer                       it sends a final response; interim ones before it
SEND_BODY      has sent its head                                its message is whole
DONE           has sent its message, and may send another       both have, and the next cycle begins
MUST_CLOSE     sends nothing more but its end                   it closes
CLOSED         has closed
SWITCHED       speaks another protocol (RFC 9110 sections 7.8 and 9.3.6)
ERROR          broke the protocol; nothing of it is read any more
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from functools import cache
from typing import NamedTuple

from catenet.nodes.application.http.events import ConnectionClosed, Data, EndOfMessage, Event, Prepared
from catenet.nodes.application.http.message import Request, Response

__all__ = ["BEGIN", "SWITCHED", "Kind", "Role", "Sides", "State", "after", "failed", "kind_of", "last", "next_cycle"]


class Role(Enum):
    """A side of a connection."""

    CLIENT = "client"
    SERVER = "server"
    __hash__ = object.__hash__  # each member is one object, and Enum's own costs ten times as much

    @property
    def other(self) -> Role:
        return Role.SERVER if self is Role.CLIENT else Role.CLIENT


class State(Enum):
    """Of one side (see the module's text)."""

    IDLE = auto()
    SEND_RESPONSE = auto()
    SEND_BODY = auto()
    DONE = auto()
    MUST_CLOSE = auto()
    CLOSED = auto()
    SWITCHED = auto()
    ERROR = auto()
    __hash__ = object.__hash__


class Kind(Enum):
    """Of an event, as far as states go."""

    REQUEST = "request"
    INTERIM = "interim response"
    RESPONSE = "response"
    DATA = "content"
    END = "end of a message"
    CLOSED = "close"
    __hash__ = object.__hash__


_CONTENT = {Kind.DATA: State.SEND_BODY, Kind.END: State.DONE}
_CLOSE = {Kind.CLOSED: State.CLOSED}
_TABLE: Mapping[Role, Mapping[State, Mapping[Kind, State]]] = {
    Role.CLIENT: {
        State.IDLE: {Kind.REQUEST: State.SEND_BODY, **_CLOSE},
        State.SEND_BODY: _CONTENT,
        State.DONE: _CLOSE,
        State.MUST_CLOSE: _CLOSE,
        State.CLOSED: _CLOSE,
    },
    Role.SERVER: {
        # RFC 9110 section 15.5: what is no request, or not whole in time, is answered too.
        State.IDLE: {Kind.RESPONSE: State.SEND_BODY, **_CLOSE},
        # Section 15.2: interim responses come before the final one.
        State.SEND_RESPONSE: {Kind.INTERIM: State.SEND_RESPONSE, Kind.RESPONSE: State.SEND_BODY},
        State.SEND_BODY: _CONTENT,
        State.DONE: _CLOSE,
        State.MUST_CLOSE: _CLOSE,
        State.CLOSED: _CLOSE,
    },
}
_INTERIM, _RESPONSE = Kind.INTERIM, Kind.RESPONSE  # Python 3.11 takes long to find an Enum's member
_KINDS = {
    Request: Kind.REQUEST,
    Prepared: Kind.RESPONSE,
    Data: Kind.DATA,
    EndOfMessage: Kind.END,
    ConnectionClosed: Kind.CLOSED,
}


def kind_of(event: Event | Prepared) -> Kind:
    """What it is to the table."""
    if isinstance(event, Response):
        return _INTERIM if event.status < 200 else _RESPONSE
    return _KINDS[type(event)]


class Sides(NamedTuple):
    """The states of both. `persists`: whether there may be a next cycle."""

    client: State
    server: State
    persists: bool = True

    def of(self, role: Role) -> State:
        return self.client if role is Role.CLIENT else self.server

    def with_(self, role: Role, state: State) -> Sides:
        return self._replace(client=state) if role is Role.CLIENT else self._replace(server=state)


BEGIN = Sides(State.IDLE, State.IDLE)
SWITCHED = Sides(State.SWITCHED, State.SWITCHED)
"""Both sides speak another protocol from here on."""


@cache
def after(sides: Sides, role: Role, kind: Kind) -> Sides | None:
    """What it is when that side has sent this event; None: it may not send it now."""
    state = _TABLE[role].get(sides.of(role), {}).get(kind)
    if state is None:
        return None
    sides = sides.with_(role, state)
    if kind is Kind.REQUEST and sides.server is State.IDLE:
        sides = sides.with_(Role.SERVER, State.SEND_RESPONSE)
    return _met(sides)


@cache
def last(sides: Sides) -> Sides:
    """This cycle is the last one (RFC 9112 section 9.6)."""
    return _met(sides._replace(persists=False))


@cache
def failed(sides: Sides, role: Role) -> Sides:
    """That side broke the protocol."""
    return last(sides.with_(role, State.ERROR))


def next_cycle(sides: Sides) -> Sides | None:
    """Another one begins (RFC 9112 section 9.3); None: a side is not ready for it."""
    return BEGIN if sides.client is State.DONE and sides.server is State.DONE else None


def _met(sides: Sides) -> Sides:
    """Who has said everything closes when there is no next cycle, or nobody left to have it with."""
    for role in Role:
        state, other = sides.of(role), sides.of(role.other)
        # A server that is IDLE may still answer what was no request.
        gone = other is State.CLOSED or (other is State.ERROR and (state is State.DONE or role is Role.CLIENT))
        if (state is State.DONE and not sides.persists) or (state in (State.DONE, State.IDLE) and gone):
            sides = sides.with_(role, State.MUST_CLOSE)
    return sides
