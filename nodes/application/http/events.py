"""What passes over a connection, in either direction: the parts of messages, and what there is to say between them."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from catenet.nodes.application.http.message import Request, Response

__all__ = ["NEED_DATA", "PAUSED", "ConnectionClosed", "Data", "EndOfMessage", "Event", "Pause", "Prepared"]


class Data(NamedTuple):
    """A piece of a message's content."""

    data: bytes


class EndOfMessage(NamedTuple):
    """The message is whole."""


class ConnectionClosed(NamedTuple):
    """That side sends no more."""


class Prepared(NamedTuple):
    """A response whose owner has its bytes ready; it is sent as it is, and never comes in.

    `head` is its status line and some of its field lines, `tail` the others, the empty line and the first of its
    content; `left` bytes of content are still to come as `Data`. What the connection says of its own end goes between.
    """

    status: int
    head: bytes
    tail: bytes
    left: int = 0


class Pause(Enum):
    """Why there is no event now."""

    NEED_DATA = auto()
    """The peer has to send more."""
    PAUSED = auto()
    """The peer's message is whole: the next one waits for the next cycle, or what follows is no HTTP."""


NEED_DATA, PAUSED = Pause.NEED_DATA, Pause.PAUSED
Event = Request | Response | Data | EndOfMessage | ConnectionClosed
