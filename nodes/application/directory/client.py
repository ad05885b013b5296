"""A client's side: who has a phone, or relays, logs in by it, stays there, and comes back.

    state       what is under way                    until
    WAITING     nothing                              its pause is over: CONNECTING
    CONNECTING  a connection                         it stands: JOINING; or it does not: WAITING
    JOINING     a login: by token, where it has one  it is answered: HERE; with `session`: by password; with `refused`:
                                                     REFUSED; otherwise WAITING, for as long as was said at least
    HERE        requests and notices                 the connection ends: WAITING
    REFUSED     nothing, for good: the password is wrong, and another try would only slow its owner

The connection is ended, JOINING or HERE, when a request has no answer in time, or nothing comes at all (link). Nobody
comes HERE by a directory that takes connections and answers nothing: that is told once until somebody is.

The pause is 0.2 s, doubled to 10 s until somebody is HERE again, and each is drawn between half and one and a half of
that: a thousand clients of a directory that is back do not all come at once. Who has no address waits for one
(`suspend`), and with another one, or the same again, connects at once, and anew (`renew`).

It is no machine, but the part of one that has it: which passes on what it is told of its connection, and performs
`take_actions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from math import inf
from typing import Any, NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.application.directory.fields import parse_endpoint
from catenet.nodes.application.directory.link import ANSWER, Link
from catenet.nodes.application.directory.message import (
    Answer,
    Contact,
    Credentials,
    Known,
    Login,
    Notice,
    PublishKey,
    Request,
    Resume,
    parse_known,
)
from catenet.nodes.application.directory.stream import UNDER_WAY
from catenet.nodes.machine import (
    Action,
    Connect,
    Count,
    DecodeError,
    Endpoint,
    Entropy,
    Flush,
    Json,
    Randomness,
    Report,
    Stream,
)

__all__ = ["ASKED", "KEPT", "DirectoryClient", "Joined", "Left", "Server", "State"]

_FIRST, _LONGEST = 0.2, 10.0
_CONNECT = 2.0  # whoever tries when the directory is back connects at once: the longer, the more of them
_SOON, _OFTEN, _SLOWER = 5.0, 0.5, 1.5
"""Seconds until credentials are asked for again, where there were too few supernodes: at first _OFTEN, since they come
when the directory does; then each time so much longer, up to _SOON."""
"""Seconds."""
_ENOUGH = 2
"""Supernodes: with one, its death would be the end."""
KEPT = 64
"""Requests that change something, and are asked again after a loss, until they are answered."""
ASKED = UNDER_WAY - 2
"""Other requests at a time: beside them one that changes something, and one for credentials."""
_ID_SIZE = 8  # octets
_KEPT_KINDS = (Contact, PublishKey)


class State(Enum):
    """Where it is (see the module's text)."""

    WAITING = auto()
    CONNECTING = auto()
    JOINING = auto()
    HERE = auto()
    REFUSED = auto()


class Joined(NamedTuple):
    """It is HERE, from now on; `back`: by the token of an earlier login."""

    back: bool


class Left(NamedTuple):
    """It is not any more, or could not be."""

    why: str


class Server(NamedTuple):
    """A supernode, and what to show it."""

    at: Endpoint
    username: str
    password: str


class DirectoryClient:
    """`contacts` and `servers` are what was last heard; they stay while the directory is away."""

    def __init__(
        self,
        user: str,
        password: str,
        directory: Endpoint,
        name: str,
        *,
        tag: int,
        entropy: Entropy,
        random: Randomness,
        count: Count,
    ) -> None:
        """`name`: which the directory is to prove. `tag`: of its `Connect`. `count` counts requests that were not
        answered in time, as `unanswered`."""
        self.state = State.WAITING
        self.contacts: dict[str, Known] = {}
        self.servers: tuple[Server, ...] = ()
        self._user, self._password = user, password
        self._directory, self._name, self._tag = directory, name, tag
        self._entropy, self._random, self._count = entropy, random, count
        self._token = ""
        self._stream: Link | None = None
        self._joining = ""  # the id of the login
        self._asking = ""  # that of the request for credentials
        self._kept: dict[str, Request] = {}  # in order; one at a time is under way
        self._changing = ""  # the id of that one
        self._asked: set[str] = set()  # what is not kept
        self._pause = _FIRST
        self._least_pause = 0.0
        self._again: float | None = 0.0  # when it connects; None: `wake` is to say; inf: not before `renew`
        self._suspended = False
        self._connecting = 0  # Connects of which nothing is heard yet; of several the first that stands is taken,
        self._gone: set[Address] = set()  # but for one from an address that has gone since
        self._lacking = _OFTEN
        self._renew = self._retry = inf  # when credentials, and what was `busy`, are asked for again
        self._actions: list[Action] = []
        self._said: list[Joined | Left | Answer | Notice] = []
        self._told_unanswered = False

    # What its machine passes on

    def connected(self, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        self._connecting -= 1
        link = Link(self, now)
        if self.state is not State.CONNECTING or local.address in self._gone:
            link.end()
            self._connect_ended("another address")
            return link
        self.state = State.JOINING
        self._stream = link
        self._join(now)
        return link

    def connect_failed(self, why: str, now: float) -> None:
        self._connecting -= 1
        self._connect_ended(why)

    def _connect_ended(self, why: str) -> None:
        if self.state is State.CONNECTING and not self._connecting:
            self._leave(why)

    def suspend(self) -> None:
        """Its node has no address: whatever there was has ended, and nothing is tried before `renew`."""
        self._suspended = True
        self._drop("no address")

    def renew(self, address: Address, before: Address | None, now: float) -> None:
        """Its node has another address than `before`, or one again: what there was has ended; it connects at once."""
        self._suspended = False
        self._gone = (self._gone | ({before} if before is not None else set())) - {address}
        self._drop("another address")
        if self.state is not State.REFUSED:
            self._again, self._pause, self._least_pause = now, _FIRST, 0.0

    def _drop(self, why: str) -> None:
        if self._stream is not None:
            self._stream.end()
            self._actions.append(Flush(self._stream))
            self.lost(why)
        elif self.state is not State.REFUSED:
            self.state, self._again = State.WAITING, inf

    def wake(self, now: float) -> None:
        if self.state is State.WAITING:
            if self._again is None:
                self._again = now + max(self._least_pause, self._pause * self._random.uniform(0.5, 1.5))
                self._pause, self._least_pause = min(_LONGEST, 2 * self._pause), 0.0
            elif now >= self._again:
                self.state = State.CONNECTING
                self._connecting += 1
                self._actions.append(Connect(self._directory, self._tag, _CONNECT, self._name))
        elif self.state is State.HERE:
            if now >= self._renew:
                self._ask_credentials()
            if now >= self._retry:
                self._retry = inf
                self._send_kept()

    def next_wake(self) -> float | None:
        if self.state is State.WAITING:
            return 0.0 if self._again is None else None if self._again == inf else self._again
        due = min(self._renew, self._retry) if self.state is State.HERE else inf
        return None if due == inf else due

    def take_actions(self) -> list[Action]:
        """Connect, Flush and Report; for its machine to perform as its own."""
        actions, self._actions = self._actions, []
        return actions

    # What its machine wants of it

    def ask(self, kind: type[Any], *fields: Any) -> str:
        """Ask that, with these fields behind the id → the id, by which the answer comes in `take_said`.

        What changes contacts or the key is asked until it is answered, however often the directory goes away meanwhile;
        of all else the answer is `lost` when it does, and `offline` while it is. `full`: KEPT of the one wait
        already, or ASKED of the other.
        """
        name = self._entropy(_ID_SIZE).hex()
        request: Request = kind(name, *fields)
        if isinstance(request, _KEPT_KINDS):
            if len(self._kept) >= KEPT:
                self._said.append(Answer(name, error="full"))
                return name
            self._kept[name] = request
            self._send_kept()
        elif self.state is not State.HERE or len(self._asked) >= ASKED:
            self._said.append(Answer(name, error="full" if self.state is State.HERE else "offline"))
        else:
            self._asked.add(name)
            self._send(request)
        return name

    def take_said(self) -> list[Joined | Left | Answer | Notice]:
        """What came since the last call, in order."""
        said, self._said = self._said, []
        return said

    # What comes by its connection

    def heard(self, message: Answer | Notice, now: float) -> None:
        """Raises DecodeError: an answer has not what it should."""
        if isinstance(message, Known):
            self._note(message)
        if not isinstance(message, Answer):
            self._said.append(message)
        elif message.id == self._joining:
            self._joining = ""
            self._joined(message, now)
        elif message.id == self._asking:
            self._asking = ""
            self._take_credentials(message, now)
        elif message.id in self._asked:
            self._asked.discard(message.id)
            self._said.append(message)
        elif message.id == self._changing and message.error == "busy":
            self._changing, self._retry = "", now + message.retry_after
        elif message.id == self._changing:
            del self._kept[message.id]
            self._changing = ""
            self._said.append(message)
            self._send_kept()

    def unanswered(self, ask: str) -> None:
        """A request of that word has had its time; `lost` follows."""
        self._count("unanswered")
        if not self._told_unanswered:
            self._told_unanswered = True
            text = f"{self._directory} takes connections, but has not answered {ask} within {ANSWER:g} s"
            self._actions.append(Report("directory.unanswered", text, {"at": str(self._directory), "ask": ask}))

    def lost(self, why: str) -> None:
        self._stream = None
        self._leave(why)

    def _join(self, now: float) -> None:
        self._joining = self._entropy(_ID_SIZE).hex()
        if self._token:
            self._send(Resume(self._joining, self._token))
        else:
            self._send(Login(self._joining, self._user, self._password))

    def _joined(self, answer: Answer, now: float) -> None:
        if answer.ok is None:
            self._not_joined(answer, now)
            return
        back = bool(self._token)
        known = answer.ok.get("contacts")
        if not isinstance(known, list):
            raise DecodeError("contacts", None, "is no list")
        contacts = [parse_known(each) for each in known]
        if not back:
            token = answer.ok.get("token")
            if not isinstance(token, str):
                raise DecodeError("token", None, "is missing")
            self._token = token
        self.contacts = {each.user: each for each in contacts}
        self.state, self._pause, self._told_unanswered = State.HERE, _FIRST, False
        self._lacking = _OFTEN
        self._gone.clear()
        self._said.append(Joined(back))
        self._send_kept()
        if self._renew == inf or now >= self._renew or not self.servers:
            self._ask_credentials()

    def _not_joined(self, answer: Answer, now: float) -> None:
        assert self._stream is not None
        if answer.error == "session" and self._token:
            self._token = ""
            self._join(now)
            return
        self._least_pause = answer.retry_after
        self._stream.end()
        self.lost(answer.error)
        if answer.error == "refused":
            self.state = State.REFUSED

    def _note(self, known: Known) -> None:
        if known.state == "none":
            self.contacts.pop(known.user, None)
        else:
            self.contacts[known.user] = known

    def _send_kept(self) -> None:
        """The next one, behind the answer to the one before it."""
        if self._kept and not self._changing and self._retry == inf and self.state is State.HERE:
            self._changing, request = next(iter(self._kept.items()))
            self._send(request)

    def _ask_credentials(self) -> None:
        self._renew = inf
        self._asking = self._entropy(_ID_SIZE).hex()
        self._send(Credentials(self._asking))

    def _take_credentials(self, answer: Answer, now: float) -> None:
        """They are renewed when half of their time is over."""
        given = _servers(answer.ok) if answer.ok is not None else ()
        ttl = answer.ok.get("ttl") if answer.ok is not None else None
        if not given or isinstance(ttl, bool) or not isinstance(ttl, int | float):
            self._renew = now + self._next_lacking()
            return
        self.servers = given
        if len(given) < _ENOUGH:
            self._renew = now + self._next_lacking()
        else:
            self._lacking, self._renew = _OFTEN, now + max(_SOON, ttl / 2)

    def _next_lacking(self) -> float:
        pause, self._lacking = self._lacking, min(_SOON, self._lacking * _SLOWER)
        return pause

    def _leave(self, why: str) -> None:
        self.state, self._again = State.WAITING, inf if self._suspended else None
        self._joining = self._asking = self._changing = ""
        self._retry = inf
        self._said.append(Left(why))
        self._said += [Answer(name, error="lost") for name in sorted(self._asked)]
        self._asked.clear()

    def _send(self, request: Request) -> None:
        assert self._stream is not None
        self._stream.say(request)
        self._actions.append(Flush(self._stream))


def _servers(ok: Mapping[str, Json]) -> tuple[Server, ...]:
    """Raises DecodeError: they are not as they should be."""
    given = ok.get("servers")
    if not isinstance(given, list):
        raise DecodeError("servers", None, "is no list")
    return tuple(map(_server, given))


def _server(given: object) -> Server:
    fields = [given.get(name) for name in Server._fields] if isinstance(given, dict) else []
    if len(fields) != len(Server._fields) or not all(isinstance(each, str) for each in fields):
        raise DecodeError("servers", None, "has one without its fields")
    at, username, password = map(str, fields)
    return Server(parse_endpoint("at", at), username, password)
