"""The phone, as a machine: one user, one call at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count as counting
from typing import Any, NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.application.directory.client import DirectoryClient
from catenet.nodes.application.phone.call import State
from catenet.nodes.application.phone.config import PhoneOptions
from catenet.nodes.application.phone.handset import Handset
from catenet.nodes.application.phone.outlet import Outlet
from catenet.nodes.application.phone.post import Post
from catenet.nodes.application.phone.show import call_row, candidate_rows, contact_rows, ended_row, pair_rows
from catenet.nodes.application.phone.trust import Trust
from catenet.nodes.machine import (
    Action,
    Count,
    Datagram,
    Endpoint,
    Entropy,
    Interface,
    Json,
    OpenPort,
    Port,
    Randomness,
    Stream,
    Udp,
    Work,
)

__all__ = ["DIRECTORY_TAG", "KEEP", "Kept", "Phone"]

KEEP = "keep"
"""The job that puts `Kept` on the disk."""
DIRECTORY_TAG = 0
"""Of the connection to the directory."""


class Kept(NamedTuple):
    """What outlives the node's process: the seed of the identity (32 octets), and the keys that are believed."""

    seed: bytes
    pins: Mapping[str, bytes]


class Phone:
    """What its user asks in vain raises ValueError, whose text is for him."""

    def __init__(
        self,
        options: PhoneOptions,
        client: DirectoryClient,
        kept: Kept,
        *,
        interfaces: Sequence[Interface],
        speech: Callable[[], bytes],
        entropy: Entropy,
        randomness: Randomness,
        wall_clock: Callable[[], float],
        count: Count,
    ) -> None:
        """`client`: of DIRECTORY_TAG. `interfaces`: the first that is up has the phone's address. `speech`: what it
        says, 16-bit samples of 8 kHz; asked at each call. `wall_clock`: seconds since 1970, by which offers are fresh.
        """
        self._user = options.user
        self._seed = kept.seed
        self._actions: list[Action] = []
        self._now = 0.0
        self._interfaces = {each.name: each for each in interfaces}
        self._at = self._place
        self._post = Post(
            options.user,
            options.contacts,
            client,
            kept.seed,
            Trust(kept.pins),
            address=self._address,
            entropy=entropy,
            wall_clock=wall_clock,
            act=self._actions.append,
            count=count,
        )
        self._count = count
        if self._at is None:
            self._post.move(None, self._now)
        self._handset = Handset(
            options,
            self._post,
            counting(DIRECTORY_TAG + 1),
            address=self._address,
            speech=speech,
            entropy=entropy,
            randomness=randomness,
            wall_clock=wall_clock,
            act=self._actions.append,
            count=count,
        )

    # What the user does.

    def call(self, to: str, now: float, *, seconds: float = 0.0, pcm: bytes | None = None) -> str:
        """Call somebody → the call's name. `seconds`: it is hung up when it was up for so long, 0: never. `pcm`: what
        is said, in the place of `speech`."""
        current, trust = self._handset.current, self._post.trust
        if current is not None:
            raise ValueError(f"there is a call with {current.peer} already")
        if self._handset.is_full:
            raise ValueError("the last calls are still being ended")
        if self._at is None:
            raise ValueError("this phone has no address: its interfaces are down")
        if not self._post.is_here:
            raise ValueError("the directory is away: nobody can be called")
        known = self._post.client.contacts.get(to)
        if known is None or known.state != "accepted":
            raise ValueError(f"{to[:80]} is no contact of {self._user}")
        if to in trust.changed:
            raise ValueError(f"{to} has another key than before: compare fingerprints, then trust that one")
        key = trust.key_of(to)
        if key is None:
            raise ValueError(f"{to} has no key yet")
        return self._handset.begin(to, key, now, seconds=seconds, pcm=pcm).name

    def answer(self, now: float) -> None:
        """Answer the call that rings here."""
        call = self._handset.current
        if call is None or call.outgoing or call.state is not State.RINGING:
            raise ValueError("nobody calls")
        self._handset.accept(call, now)

    def refuse(self, now: float) -> None:
        """Refuse it."""
        call = self._handset.current
        if call is None or call.outgoing or call.state is not State.RINGING:
            raise ValueError("nobody calls")
        self._handset.end(call, "refused", now, own=True)

    def hang_up(self, now: float) -> None:
        """End the call, however far it is."""
        call = self._handset.current
        if call is None:
            raise ValueError("there is no call")
        self._handset.end(call, "hung-up", now, own=True)

    def trust(self, user: str, compared: str) -> None:
        """The key with which a contact is seen now is his, if it has the fingerprint that the two have compared."""
        self._post.believe(user, compared)

    @property
    def heard(self) -> bytes:
        """What was heard in the last call that was answered: 16-bit samples of 8 kHz."""
        return self._handset.heard.pcm

    @property
    def said(self) -> bytes:
        """What the user says in it, again and again."""
        return self._handset.said

    # The contract.

    def receive(self, packet: Datagram, now: float) -> None:
        for outlet in self._handset.outlets:
            if packet.destination.port in outlet.ports:
                outlet.receive(packet, now)
                break
        self._settle(now)

    def wake(self, now: float) -> None:
        for said in self._post.wake(now):
            self._handset.told(said, now)
        call = self._handset.current
        if call is not None and (why := call.expired(now)):
            self._handset.end(call, why, now, own=True)
        for outlet in self._handset.outlets:
            outlet.wake(now)
        self._settle(now)

    def next_wake(self) -> float | None:
        call = self._handset.current
        times = [self._post.next_wake(), *(outlet.next_wake() for outlet in self._handset.outlets)]
        if call is not None:
            times.append(call.due())
        return min((at for at in times if at is not None), default=None)

    @property
    def settled(self) -> bool:
        """Whether its user can call those whom he wants to."""
        return self._post.is_settled

    def take_actions(self) -> list[Action]:
        for outlet in self._handset.outlets:
            outlet.send()
        self._post.collect()
        if self._post.unkept:
            self._post.unkept = False
            self._actions.append(Work(KEEP, Kept(self._seed, dict(self._post.trust.pins)), 0))
        actions = [*self._actions, *self._post.client.take_actions()]
        self._actions.clear()
        return actions

    def set_interface(self, interface: Interface, now: float) -> None:
        """An address that is there again may be another place, with other translators: it counts as another one."""
        self._interfaces[interface.name] = interface
        before, self._at = self._at, self._place
        if self._at != before:
            self._post.move(self._address, now)
            self._now = now
            self._handset.move(self._address, now)

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        outlet = self._owner(asked.tag)
        if isinstance(port, Udp) and outlet.opened(asked.tag, port.number):
            self._handset.opened(outlet, now)

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        outlet = self._owner(asked.tag)
        outlet.not_opened(asked.tag)
        self._handset.not_opened(outlet, now)
        self._settle(now)

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        if tag == DIRECTORY_TAG:
            return self._post.client.connected(local, peer, now)
        stream = self._owner(tag).connected(tag, now)
        self._settle(now)
        return stream

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        if tag == DIRECTORY_TAG:
            self._post.client.connect_failed(why, now)
        else:
            self._owner(tag).connect_failed(tag, now)
            self._settle(now)

    def worked(self, tag: int, result: Any, error: str, now: float) -> None:
        """A key that could not be kept is believed until the node ends."""
        if error:
            self._count("unkept")

    def shutdown(self) -> None:
        """The other end is told."""
        if self._handset.current is not None:
            self._handset.end(self._handset.current, "stopped", self._now, own=True)

    def show(self, table: str, now: float) -> Json:
        """`phone`, `candidates`, `pairs` or `calls`."""
        handset = self._handset
        call = handset.call
        if table == "calls":
            return [ended_row(each) for each in handset.last]
        if table == "pairs":
            return pair_rows(call.checks if call is not None else ())
        if table == "candidates":
            return candidate_rows(call.own, call.party) if call is not None else []
        return {
            "user": self._user,
            "address": None if self._at is None else str(self._address),
            "directory": self._post.client.state.name.lower(),
            **call_row(call, handset.statistics(now)),
            "contacts": contact_rows(self._post.client.contacts, self._post.trust, self._post.identity.public),
            "supernodes": [str(server.at) for server in self._post.client.servers],
        }

    # Inside.

    @property
    def _place(self) -> tuple[str, Address] | None:
        """Its interface and address; None: it has none."""
        up = (each for each in self._interfaces.values() if each.up)
        return next(((each.name, each.address) for each in up), None)

    @property
    def _address(self) -> Address | None:
        return None if self._at is None else self._at[1]

    def _settle(self, now: float) -> None:
        self._now = now
        self._handset.settle(now)

    def _owner(self, tag: int) -> Outlet:
        return next(outlet for outlet in self._handset.outlets if outlet.owns(tag))
