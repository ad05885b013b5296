"""The phone's side of the directory: it logs in, makes contacts, sees their keys, and carries what phones say."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from catenet.nodes.address import Address
from catenet.nodes.application.directory.client import DirectoryClient, Joined, Left, State
from catenet.nodes.application.directory.message import (
    Answer,
    Contact,
    Known,
    Notice,
    PublishKey,
    Signalled,
)
from catenet.nodes.application.ice.relay import Server
from catenet.nodes.application.phone import reports
from catenet.nodes.application.phone.description import Description
from catenet.nodes.application.phone.keys import Identity, fingerprint, parse_fingerprint
from catenet.nodes.application.phone.letters import LATE, Letter, Letters, Undelivered
from catenet.nodes.application.phone.offer import FRESH, Party, Read, Said, read, write
from catenet.nodes.application.phone.presence import Shown
from catenet.nodes.application.phone.trust import Sight, Trust
from catenet.nodes.machine import Action, Count, DecodeError, Entropy

__all__ = ["Post"]


class Post:
    """`trust`: whose keys are believed; `unkept`: there are some that are not on the disk yet."""

    def __init__(
        self,
        user: str,
        wanted: tuple[str, ...],
        client: DirectoryClient,
        seed: bytes,
        trust: Trust,
        *,
        address: Address | None,
        entropy: Entropy,
        wall_clock: Callable[[], float],
        act: Callable[[Action], None],
        count: Count,
    ) -> None:
        """`wanted`: who are to be contacts. `seed`: of the identity. `address`: from which it logs in; None: it has
        none now."""
        self.client = client
        self.trust = trust
        self.unkept = False
        self._user = user
        self._wanted = frozenset(wanted)
        self._seed = seed
        self._entropy = entropy
        self._wall_clock = wall_clock
        self._act = act
        self._count = count
        self._said: list[Joined | Left | Answer | Notice] = []  # by the client, and not looked at yet
        self._was_here = False
        self._shown = Shown(client)
        self._address = address
        self._letters = Letters(client, count)

    @cached_property
    def identity(self) -> Identity:
        """Made when it is needed first: an idle phone has no use for what it imports."""
        return Identity(self._seed)

    @property
    def is_here(self) -> bool:
        return self.client.state is State.HERE

    @property
    def is_settled(self) -> bool:
        """Whether it is here, and each contact that it wants has consented."""
        known = self.client.contacts
        return self.is_here and all(user in known and known[user].state == "accepted" for user in self._wanted)

    @property
    def servers(self) -> list[Server]:
        """The supernodes of which the directory has told last."""
        return [Server(*each) for each in self.client.servers]

    def believe(self, user: str, compared: str) -> None:
        """The user has compared the fingerprint of this contact's key with him, and it is his.

        Raises:
            ValueError: it is no fingerprint; his key now is another one, or has not changed. The text says which.

        """
        digits = parse_fingerprint(compared)
        key = self.trust.seen_key_of(user)
        if key is None:
            raise ValueError(f"{user[:80]} has no key yet")
        now = fingerprint(self.identity.public, key)
        if now != digits:
            raise ValueError(f"{user}'s key now is not the one that was compared: compared {digits}; now {now}")
        if not self.trust.believe(user, key):
            raise ValueError(f"{user} is not seen with another key than before")
        self.unkept = True

    def move(self, address: Address | None, now: float) -> None:
        """The phone is at this address from now on, or again: it logs in anew, at once; None: it has none."""
        self._act(reports.addressed(self._user, address))
        self._was_here = False  # why it is not any more has been said
        if address is None:
            self.client.suspend()
        else:
            self.client.renew(address, self._address, now)
            self._address = address

    def show_as(self, presence: str) -> None:
        """So contacts see the user: online, or busy."""
        self._shown.want(presence)

    # What phones say.

    def say(
        self,
        to: str,
        key: bytes,
        call: str,
        word: str,
        now: float,
        *,
        party: Party | None = None,
        why: str = "",
        description: Description | None = None,
    ) -> bytes:
        """→ what was signed. `key`: one of `trust`'s."""
        said = Said(word, call, self._user, to, int(self._wall_clock()), party, why, description)
        body, signed = write(said, self.identity, key, self._entropy)
        self._letters.add(Letter(to, call, word, body, now + LATE, now), now)
        return signed

    def _read(self, signal: Signalled) -> Read | None:
        """What a contact's phone has said; None: it is refused, and counted."""
        key = self.trust.key_of(signal.user)
        if key is None:
            self._count("refused.untrusted")
            return None
        try:
            found = read(signal.body, self.identity, key)
        except DecodeError as error:
            self._count(f"refused.{error.field}"[:40])
            return None
        said = found.said
        if (said.sender, said.to, said.call) != (signal.user, self._user, signal.call):
            self._count("refused.misdirected")
        elif abs(self._wall_clock() - said.at) > FRESH:
            self._count("refused.stale")
        else:
            return found
        return None

    # What the client has heard.

    def collect(self) -> None:
        """Take what it has to say; it is looked at by `wake`, which knows the time."""
        self._said += self.client.take_said()

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""
        times = [0.0 if self._said else self.client.next_wake(), self._letters.next_wake(), self._shown.next_wake()]
        return min((at for at in times if at is not None), default=None)

    def wake(self, now: float) -> list[Read | Undelivered]:
        """Do what has fallen due → what phones have said, and what did not come to them."""
        self.client.wake(now)
        self._letters.wake(now)
        self._shown.wake(now)
        self.collect()
        found: list[Read | Undelivered] = []
        said, self._said = self._said, []
        for each in said:
            match each:
                case Joined(back):
                    self._joined(back=back)
                case Left(why):
                    self._left(why)
                case Known():
                    self._know(each)
                case Signalled():
                    heard = self._read(each)
                    found += [heard] if heard is not None else []
                case Answer():
                    self._shown.answered(each, now)
                    lost = self._letters.answered(each, now)
                    found += [lost] if lost is not None else []
        return found

    def _joined(self, *, back: bool) -> None:
        self._was_here = True
        self._act(reports.joined(self._user, back=back))
        if not back:  # the client asks until it is answered
            self.client.ask(PublishKey, self.identity.public)
        for known in tuple(self.client.contacts.values()):
            self._know(known)
        for user in sorted(self._wanted - self.client.contacts.keys()):
            self.client.ask(Contact, "add", user)
        self._shown.joined()

    def _left(self, why: str) -> None:
        if self._was_here or self.client.state is State.REFUSED:
            self._act(reports.left(self._user, why))
        self._was_here = False

    def _know(self, known: Known) -> None:
        if known.state == "asks" and known.user in self._wanted:
            self.client.ask(Contact, "accept", known.user)
        if known.state != "accepted" or not known.key:
            return
        if not self.identity.agrees_with(known.key):
            self._count("refused.key")
            return
        sight = self.trust.see(known.user, known.key)
        if sight is Sight.FIRST:
            self.unkept = True
            self._act(reports.key_new(self.identity.public, known.user, known.key))
        elif sight is Sight.CHANGED:
            self._act(reports.key_changed(self.identity.public, known.user, known.key))
