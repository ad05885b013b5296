"""Contacts, by consent of both; how they are here; their public keys; what they say to each other of calls."""

from __future__ import annotations

from collections.abc import Callable

from catenet.nodes.application.directory.desk import Desk
from catenet.nodes.application.directory.message import Contact as Asked
from catenet.nodes.application.directory.message import (
    Known,
    Presence,
    PublishKey,
    Request,
    Signal,
    Signalled,
    fields_of,
)
from catenet.nodes.application.directory.state import Change, Contact, Delete, Put
from catenet.nodes.application.directory.stream import ClientStream
from catenet.nodes.machine import Json

__all__ = ["CONTACTS", "PLACES", "People"]

PLACES = 16
"""Where a user may be logged in at a time; one more ends the oldest."""
CONTACTS = 256
"""Of one user, those that are only asked for among them."""
_WORDS = ("online", "busy", "away")
"""Of several places where a user is, the first of these is told."""


class People:
    """What users are to each other."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._state = desk.state

    def enter(self, stream: ClientStream, user: str, now: float) -> list[Json]:
        """He is here → his contacts, as `Known` has them."""
        here = self._desk.here.get(user, {})
        if len(here) >= PLACES:
            next(iter(here)).end(now)
        before = self.presence(user)
        stream.user = user
        self._desk.here.setdefault(user, {})[stream] = None
        self._presence_changed(user, before)
        return [fields_of(self.known(user, each.other(user))) for each in self._state.contacts_of(user)]

    def leave(self, stream: ClientStream) -> None:
        before = self.presence(stream.user)
        here = self._desk.here[stream.user]
        del here[stream]
        if not here:
            del self._desk.here[stream.user]
        self._presence_changed(stream.user, before)

    def presence(self, user: str) -> str:
        words = {stream.presence for stream in self._desk.here.get(user, ())}
        return next((word for word in _WORDS if word in words), "offline")

    def known(self, user: str, other: str) -> Known:
        """What a user is told of another one."""
        contact = self._state.contact(user, other)
        if contact is None:
            return Known(other, "none", "offline", b"")
        if not contact.accepted:
            return Known(other, "asked" if contact.asker == user else "asks", "offline", b"")
        return Known(other, "accepted", self.presence(other), self._state.accounts[other].key)

    # Requests

    def contact(self, stream: ClientStream, request: Asked, now: float) -> None:
        user, other = stream.user, request.user
        if other == user or other not in self._state.accounts:
            self._desk.refuse(stream, request, "unknown")
            return
        contact = self._state.contact(user, other)
        change: Change = ()
        if request.do == "remove":
            change = () if contact is None else (Delete(contact),)
        elif contact is not None:
            if not contact.accepted and contact.asker == other:
                change = (Put(contact._replace(accepted=True)),)
        elif self._state.is_done(user, request.id):
            pass  # and the other one has ended it since
        elif request.do == "accept":
            self._desk.refuse(stream, request, "unknown")
            return
        elif max(len(self._state.contacts_of(each)) for each in (user, other)) >= CONTACTS:
            self._desk.refuse(stream, request, "full")
            return
        else:
            change = (Put(Contact(user, other, accepted=False)),)

        def told() -> None:
            self._desk.tell(user, self.known(user, other))
            self._desk.tell(other, self.known(other, user))

        self._change(stream, request, change, told)

    def key(self, stream: ClientStream, request: PublishKey, now: float) -> None:
        user = stream.user
        account = self._state.accounts[user]
        change: Change = () if account.key == request.key else (Put(account._replace(key=request.key)),)
        self._change(stream, request, change, lambda: self._tell_contacts(user))

    def _change(self, stream: ClientStream, request: Request, change: Change, told: Callable[[], None]) -> None:
        """Once for each request: what was done already is answered, and not done again."""
        if self._state.is_done(stream.user, request.id):
            change = ()
        if change:
            change = (*change, Put(self._state.next_done(stream.user, request.id)))

        def committed(_: float) -> None:
            self._desk.answer(stream, request)
            if change:
                told()

        self._desk.commit(change, committed)

    def set_presence(self, stream: ClientStream, request: Presence, now: float) -> None:
        before = self.presence(stream.user)
        stream.presence = request.state
        self._desk.answer(stream, request)
        self._presence_changed(stream.user, before)

    def signal(self, stream: ClientStream, request: Signal, now: float) -> None:
        """It is passed on, and not kept."""
        if not self._state.are_contacts(stream.user, request.to):
            self._desk.refuse(stream, request, "unknown")
            return
        places = tuple(self._desk.here.get(request.to, ()))
        ready = [place for place in places if place.has_room]
        for place in ready:
            place.say(Signalled(stream.user, request.call, request.body))
        if ready:
            self._desk.answer(stream, request, places=len(ready))
        else:
            self._desk.refuse(stream, request, "busy" if places else "offline", 1.0 if places else 0.0)

    def _presence_changed(self, user: str, before: str) -> None:
        if self.presence(user) != before:
            self._tell_contacts(user)

    def _tell_contacts(self, user: str) -> None:
        for contact in self._state.contacts_of(user):
            if contact.accepted:
                other = contact.other(user)
                self._desk.tell(other, self.known(other, user))
