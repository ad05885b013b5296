"""Who somebody is: by password, which costs a hash, or by the token of a session, which costs nothing.

Before a hash is made the throttle is asked, and the queue: QUEUE passwords wait at most, of one address PER_ADDRESS;
some places are for accounts that come from where they came from before, so that a flood keeps no owner out. A name that
there is no account of costs a hash like any other, and gets the same answer.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable
from typing import Any

from catenet.nodes.address import Address
from catenet.nodes.application.directory.desk import HASH, Desk
from catenet.nodes.application.directory.message import Login, Resume
from catenet.nodes.application.directory.state import Change, Delete, Put, Session, digest_of
from catenet.nodes.application.directory.stream import ClientStream
from catenet.nodes.application.directory.throttle import Throttle
from catenet.nodes.machine import Entropy, Json, Report

__all__ = ["PER_ADDRESS", "QUEUE", "SESSIONS", "Gate"]

QUEUE, PER_ADDRESS = 16, 2
_KEPT_FREE = 4  # places of the queue, for accounts that come from an address that they came from before
SESSIONS = 16
"""Of one account; a new one takes the place of the oldest."""
_TOKEN_SIZE = 32  # octets
_EACH = 0.25  # seconds: about what a hash takes
_PADDING = b"="


class Gate:
    """Where everybody comes in."""

    def __init__(
        self,
        desk: Desk,
        *,
        throttle: Throttle,
        entropy: Entropy,
        nobody: str,
        sessions: float,
        wall_clock: Callable[[], float],
        enter: Callable[[ClientStream, str, float], dict[str, Json]],
    ) -> None:
        """`nobody`: the hash that is checked where there is no account. `sessions`: seconds for which one is good.
        `enter`: this user is here now → what the answer says beside who he is.
        """
        self._desk = desk
        self.throttle = throttle
        self._entropy = entropy
        self._nobody = nobody
        self._sessions = sessions
        self._wall_clock = wall_clock
        self._enter = enter
        self._waiting: Counter[Address] = Counter()

    @property
    def queue(self) -> int:
        """How many passwords wait, or are hashed now."""
        return self._waiting.total()

    def login(self, stream: ClientStream, request: Login, now: float) -> None:
        address = stream.peer.address
        wait = self.throttle.wait(request.user, address, now)
        if wait > 0:
            self._desk.count("throttled")
            self._refuse(stream, request, "throttled", wait)
        elif not self._has_room(request.user, address):
            self._desk.count("busy")
            self._refuse(stream, request, "busy", _EACH * (1 + self.queue))
        else:
            stream.joining = True
            self._waiting[address] += 1
            account = self._desk.state.accounts.get(request.user)
            stored = self._nobody if account is None else account.hash

            def hashed(fits: Any, error: str, then: float) -> None:
                self._hashed(stream, request, error, then, right=fits is True and account is not None)

            self._desk.work(HASH, (stored, request.password), hashed)

    def resume(self, stream: ClientStream, request: Resume, now: float) -> None:
        """A token has 256 bits: nobody guesses one, and a wrong one is no failure of anybody's."""
        digest = digest_of(urlsafe_b64decode(request.token.encode() + _PADDING))
        session, wall = self._desk.state.sessions.get(digest), self._wall_clock()
        if session is None or session.expires <= wall:
            self._refuse(stream, request, "session")
            return
        stream.joining = True
        change: Change = ()
        if session.expires - wall < self._sessions / 2:
            session = session._replace(expires=wall + self._sessions)
            change = (Put(session),)
        expires = session.expires
        self._desk.commit(change, lambda then: self._resumed(stream, request, session.user, expires - wall, then))

    def _has_room(self, user: str, address: Address) -> bool:
        most = QUEUE if self.throttle.knows(user, address) else QUEUE - _KEPT_FREE
        return self.queue < most and self._waiting[address] < PER_ADDRESS

    def _hashed(self, stream: ClientStream, request: Login, error: str, now: float, *, right: bool) -> None:
        address = stream.peer.address
        self._waiting[address] -= 1
        self._waiting += Counter()  # without those that have none
        self._desk.count("hashes")
        if error:
            self._desk.count("hashes_failed")
            self._refuse(stream, request, "busy", _EACH)
            stream.login_refused(now)
        elif right:
            self.throttle.succeeded(request.user, address)
            self._begin(stream, request)
        else:
            self.throttle.failed(request.user, address, now)
            self._desk.count("refused")
            self._refuse(stream, request, "refused")
            stream.login_refused(now)

    def _begin(self, stream: ClientStream, request: Login) -> None:
        token, wall = self._entropy(_TOKEN_SIZE), self._wall_clock()
        session = Session(digest_of(token), request.user, wall + self._sessions)
        standing = self._desk.state.sessions_of(request.user)
        over = {each for each in standing if each.expires <= wall}
        over |= set(standing[: max(0, len(standing) - SESSIONS + 1)])
        change: Change = (*map(Delete, over), Put(session))
        word = urlsafe_b64encode(token).rstrip(_PADDING).decode()
        self._desk.commit(change, lambda then: self._logged_in(stream, request, word, then))

    def _logged_in(self, stream: ClientStream, request: Login, token: str, now: float) -> None:
        self._desk.count("logins")
        told = self._come_in(stream, request.user, now)
        self._desk.answer(stream, request, user=request.user, token=token, expires=round(self._sessions), **told)

    def _resumed(self, stream: ClientStream, request: Resume, user: str, left: float, now: float) -> None:
        self._desk.count("resumed")
        address = str(stream.peer.address)
        self._desk.actions.append(
            Report("session.resumed", f"{user} is back, from {address}", {"user": user, "address": address})
        )
        told = self._come_in(stream, user, now)
        self._desk.answer(stream, request, user=user, expires=round(left), **told)

    def _come_in(self, stream: ClientStream, user: str, now: float) -> dict[str, Json]:
        """Whose connection has gone meanwhile does not come in."""
        stream.joining = False
        return {} if stream.finished else self._enter(stream, user, now)

    def _refuse(self, stream: ClientStream, request: Login | Resume, why: str, retry_after: float = 0.0) -> None:
        user = request.user if isinstance(request, Login) else ""
        address = str(stream.peer.address)
        data = {"user": user, "address": address, "why": why}
        self._desk.actions.append(Report("login.refused", f"{user or 'a session'} from {address}: {why}", data))
        self._desk.refuse(stream, request, why, retry_after)
