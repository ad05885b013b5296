"""What the directory keeps: accounts, sessions, contacts, who was elected, and which requests have been done. No
password, no token: a hash of the one, a digest of the other.

It changes by rows that are put and deleted, in memory and in the file alike (services/directory_store.py), so that both
are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

__all__ = [
    "REMEMBERED",
    "Account",
    "Change",
    "Contact",
    "Delete",
    "Done",
    "Elected",
    "Put",
    "Row",
    "Session",
    "State",
    "digest_of",
]

REMEMBERED = 64
"""Requests of one user that are known to have been done: what is asked again, since its answer was lost, is one of the
last."""


class Account(NamedTuple):
    """`hash`: of the password, by Argon2id (RFC 9106), as its reference implementation writes it. `key`: the public key
    that the user has published, 32 octets; b"": none yet."""

    name: str
    hash: str
    key: bytes = b""


class Session(NamedTuple):
    """`digest`: SHA-256 of the token. `expires`: in seconds since 1970."""

    digest: bytes
    user: str
    expires: float


class Contact(NamedTuple):
    """Who asked, whom, and whether that one accepted. Of two users there is one at most."""

    asker: str
    asked: str
    accepted: bool

    def other(self, user: str) -> str:
        return self.asked if user == self.asker else self.asker


class Done(NamedTuple):
    """A request that has changed something; the `number`th of this user's. Its place is taken by a later one."""

    user: str
    place: int
    number: int
    request: str


class Elected(NamedTuple):
    """Which client relays at an address (ADDRESS:PORT), since it was elected. It does so again when both are back."""

    at: str
    user: str


Row = Account | Session | Contact | Done | Elected


class Put(NamedTuple):
    """This row is there from now on, in the place of one with the same key."""

    row: Row


class Delete(NamedTuple):
    """The row with this one's key is not there any more."""

    row: Row


Change = tuple[Put | Delete, ...]
"""All of it is done, or nothing; empty: nothing changes."""


def digest_of(token: bytes) -> bytes:
    """By which a session is found, and which tells nobody the token."""
    return sha256(token).digest()


class State:
    """Everything, in memory."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.accounts: dict[str, Account] = {}
        self.sessions: dict[bytes, Session] = {}
        self.elected: dict[str, Elected] = {}
        self._sessions_of: dict[str, dict[bytes, Session]] = {}  # the one that was begun or used first comes first
        self._contacts: dict[str, dict[str, Contact]] = {}  # each at both users
        self._done: dict[str, dict[int, Done]] = {}
        self.apply(tuple(map(Put, rows)))

    def apply(self, change: Change) -> None:
        for each in change:
            row = each.row
            if isinstance(row, Account):
                self._account(row, there=isinstance(each, Put))
            elif isinstance(row, Session):
                self._session(row, there=isinstance(each, Put))
            elif isinstance(row, Contact):
                self._contact(row, there=isinstance(each, Put))
            elif isinstance(row, Elected):
                self._elect(row, there=isinstance(each, Put))
            else:
                self._done.setdefault(row.user, {})[row.place] = row

    def rows(self) -> Iterator[Row]:
        """All of them."""
        yield from self.accounts.values()
        yield from self.sessions.values()
        yield from self.elected.values()
        for user, contacts in self._contacts.items():
            yield from (contact for contact in contacts.values() if contact.asker == user)
        for places in self._done.values():
            yield from places.values()

    def sessions_of(self, user: str) -> Sequence[Session]:
        return tuple(self._sessions_of.get(user, {}).values())

    def contacts_of(self, user: str) -> Sequence[Contact]:
        return tuple(self._contacts.get(user, {}).values())

    def contact(self, user: str, other: str) -> Contact | None:
        """Between these two, whoever asked."""
        return self._contacts.get(user, {}).get(other)

    def are_contacts(self, user: str, other: str) -> bool:
        """Both have agreed."""
        contact = self.contact(user, other)
        return contact is not None and contact.accepted

    def is_done(self, user: str, request: str) -> bool:
        """Whether this request has been done, and is remembered."""
        return any(done.request == request for done in self._done.get(user, {}).values())

    def next_done(self, user: str, request: str) -> Done:
        number = 1 + max((done.number for done in self._done.get(user, {}).values()), default=-1)
        return Done(user, number % REMEMBERED, number, request)

    def _account(self, row: Account, *, there: bool) -> None:
        if there:
            self.accounts[row.name] = row
        else:
            self.accounts.pop(row.name, None)

    def _session(self, row: Session, *, there: bool) -> None:
        before = self.sessions.pop(row.digest, row)
        of_user = self._sessions_of.setdefault(before.user, {})
        of_user.pop(row.digest, None)
        if there:
            self.sessions[row.digest] = of_user[row.digest] = row
        elif not of_user:
            del self._sessions_of[before.user]

    def _elect(self, row: Elected, *, there: bool) -> None:
        self.elected.pop(row.at, None)
        if there:
            self.elected[row.at] = row

    def _contact(self, row: Contact, *, there: bool) -> None:
        for user in (row.asker, row.asked):
            contacts = self._contacts.setdefault(user, {})
            if there:
                contacts[row.other(user)] = row
            else:
                contacts.pop(row.other(user), None)
            if not contacts:
                del self._contacts[user]
