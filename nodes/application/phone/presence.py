"""How its contacts see a phone's user: what the directory has is made what the phone wants, until it is.

    wanted      by the phone: online, or busy during a call
    known       to the directory: online for who has just come, then what it has answered to
    under way   one request at a time, so that the last word is the one that stands

A request that was refused, or came to nothing, is made again after AGAIN, or what the answer says; one that was lost
went with its connection, and whoever comes again is online until he says otherwise.
"""

from __future__ import annotations

from catenet.nodes.application.directory.client import DirectoryClient, State
from catenet.nodes.application.directory.message import Answer, Presence

__all__ = ["AGAIN", "Shown"]

AGAIN = 1.0
"""Seconds until what was not taken is said again."""
_AT_FIRST = "online"


class Shown:
    """`wanted`: how the user is to be shown."""

    def __init__(self, client: DirectoryClient) -> None:
        self.wanted = _AT_FIRST
        self._client = client
        self._known = _AT_FIRST
        self._asked: tuple[str, str] | None = None  # the id of the request, and its word
        self._at: float | None = None  # when it is said again

    def want(self, word: str) -> None:
        self.wanted = word
        self._reconcile()

    def joined(self) -> None:
        """The directory has let him in."""
        self._known, self._asked, self._at = _AT_FIRST, None, None
        self._reconcile()

    def answered(self, answer: Answer, now: float) -> None:
        """The directory's answer, to this or to something else."""
        if self._asked is None or answer.id != self._asked[0]:
            return
        (_, word), self._asked = self._asked, None
        if answer.ok is not None:
            self._known = word
        else:
            self._at = now + max(AGAIN, answer.retry_after)
        self._reconcile()

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""
        return self._at if self._client.state is State.HERE else None

    def wake(self, now: float) -> None:
        """Say again what is due."""
        if self._at is not None and now >= self._at:
            self._at = None
            self._reconcile()

    def _reconcile(self) -> None:
        if self.wanted == self._known or self._asked is not None or self._at is not None:
            return
        if self._client.state is State.HERE:
            self._asked = self._client.ask(Presence, self.wanted), self.wanted
