"""The one call that a phone has: how it begins, what becomes of it, how it ends.

    the caller                                  the callee
    ports, candidates; offer             →      it rings; ports, candidates
    begin: a path is looked for          ←      ringing; begin
    start_media                          ←      accept, when the user answers; start_media
    hang up, over the path               ↔      hang up

If two call each other at once, the invitation of the one whose name is the smaller stands (as texts compare), and the
other one's phone answers it by itself: both wanted that call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import count as counting
from typing import Any

from catenet.nodes.address import Address
from catenet.nodes.application.phone import reports
from catenet.nodes.application.phone.call import Call, Ended, Happening, State
from catenet.nodes.application.phone.config import PhoneOptions
from catenet.nodes.application.phone.conversation import Conversation
from catenet.nodes.application.phone.keys import KEY_SIZE, Ephemeral, agree
from catenet.nodes.application.phone.letters import Undelivered
from catenet.nodes.application.phone.offer import Party, Read
from catenet.nodes.application.phone.outlet import Outlet
from catenet.nodes.application.phone.post import Post
from catenet.nodes.application.phone.seen import Seen
from catenet.nodes.application.phone.sound import Player, Recorder
from catenet.nodes.application.phone.terms import (
    Checked,
    Connected,
    Event,
    Failed,
    HungUp,
    Moved,
    Options,
    Ports,
    Silent,
    Sound,
    Spared,
    Statistics,
    Stream,
    Terms,
)
from catenet.nodes.application.rtp.session import FIRST_SEQUENCES, Side
from catenet.nodes.machine import Action, Count, Entropy, Randomness

__all__ = ["LAST_CALLS", "MOST_LEAVING", "Handset"]

LAST_CALLS = 20
"""That are remembered."""
MOST_LEAVING = 4
"""Calls that are over, and have ports and relays still: while there are so many, nobody calls or is called."""
_NAME = 16  # octets of a call's name
_REASONS = {"refused": "refused", "hung-up": "refused", "no-answer": "no-answer"}
"""Why a call ends → why the caller is told that it is refused; otherwise it has failed."""
_RESTARTS = ("restart", "restarted")


class Handset:
    """`call` is the call that there is, or was last; `heard`: what was heard in the last one that was answered; `said`:
    what its user says, again and again."""

    def __init__(
        self,
        options: PhoneOptions,
        post: Post,
        tags: counting[int],
        *,
        address: Address | None,
        speech: Callable[[], bytes],
        entropy: Entropy,
        randomness: Randomness,
        wall_clock: Callable[[], float],
        act: Callable[[Action], None],
        count: Count,
    ) -> None:
        """`address`: from which its datagrams leave; None: it has none now. `tags`: for its ports and connections. All
        else: see `Phone`."""
        self.call: Call | None = None
        self.heard = Recorder()
        self.said = b""
        self.last: deque[Ended] = deque(maxlen=LAST_CALLS)
        self.outlets: list[Outlet] = []
        """The call's, and those of calls that are over, while there is still something to be said."""
        self._options = options
        self._post = post
        self._tags = tags
        self._address = address
        self._speech = speech
        self._entropy = entropy
        self._randomness = randomness
        self._wall_clock = wall_clock
        self._act = act
        self._count = count
        self._seen = Seen()
        self._recorder = self.heard
        self._outlet: Outlet | None = None  # the call's

    @property
    def current(self) -> Call | None:
        """The call that there is."""
        return None if self.call is None or self.call.is_over else self.call

    @property
    def conversation(self) -> Conversation | None:
        """That of `current`, once its ports are open."""
        return self._outlet.conversation if self._outlet is not None else None

    def statistics(self, now: float) -> Statistics | None:
        """Of `call`, so far or as it ended."""
        if self.conversation is not None:
            return self.conversation.statistics(now)
        return self.call.statistics if self.call is not None else None

    @property
    def is_full(self) -> bool:
        """Whether there can be no other call until what earlier ones had is given back."""
        return len(self.outlets) >= MOST_LEAVING

    # What the user does.

    def begin(self, to: str, key: bytes, now: float, *, seconds: float, pcm: bytes | None) -> Call:
        """Call somebody, while there is no call."""
        call = Call(self._entropy(_NAME).hex(), to, key, now, outgoing=True, seconds=seconds)
        self._open(call, pcm)
        self._act(reports.calling(call))
        return call

    def accept(self, call: Call, now: float) -> None:
        """Answer a call that rings here."""
        conversation = self.conversation
        if not call.begun or conversation is None:
            call.wants_answer = True
        elif call.happens(Happening.ANSWERED, now):
            self._say(call, "accept", now)
            self._act(reports.answered(call))
            self._speak(call, conversation, now)

    def end(self, call: Call, why: str, now: float, *, own: bool) -> None:
        """It is over. `own`: the other does not know yet, and is told: by the directory while there may be no path,
        and by the path."""
        if call.is_over:
            return
        early, conversation = call.is_early, self.conversation
        call.statistics = conversation.statistics(now) if conversation is not None else None
        call.end(why, now)
        if own and early:
            self._decline(call, why, now)
        if conversation is not None:
            conversation.hang_up(now)
        elif self._outlet is not None:
            self._outlet.close()
        self._outlet = None
        self.last.append(call.ended(self._wall_clock(), now, own=own))
        self._post.show_as("online")
        self._act(reports.ended(call, now))

    def _decline(self, call: Call, why: str, now: float) -> None:
        if not call.outgoing:
            self._say(call, "refuse", now, why=_REASONS.get(why, "failed"))
        elif call.offer:
            self._say(call, "cancel", now)

    def move(self, address: Address | None, now: float) -> None:
        """It has this address from now on, or again; None: none."""
        self._address = address
        call, conversation, outlet = self.current, self.conversation, self._outlet
        if call is None or outlet is None:
            return
        if conversation is None:
            if outlet.is_open:
                self.opened(outlet, now)
        elif address is None:
            conversation.stay()
        else:
            conversation.move(address, self._post.servers, now, told=call.own is not None)
        self.settle(now)

    # What the other phone says.

    def told(self, said: Read | Undelivered, now: float) -> None:
        """By the directory."""
        call = self.current
        if isinstance(said, Undelivered):
            if call is not None and call.name == said.call and said.word not in _RESTARTS:
                self.end(call, said.why, now, own=True)
            return
        word, name, sender = said.said[:3]
        if word == "offer":
            self._offered(said, now)
        elif call is None or (call.name, call.peer) != (name, sender):
            self._count("late")
        elif word in _RESTARTS:
            self._restarted(call, said, now)
        elif call.outgoing == (word == "cancel"):
            self._count("refused.word")
        elif word == "ringing":
            self._rings(call, said, now)
        elif word == "accept":
            self._accepted(call, now)
        else:
            self.end(call, "cancelled" if word == "cancel" else said.said.why, now, own=False)

    def _offered(self, offer: Read, now: float) -> None:
        _, name, sender, *_ = offer.said
        current, key = self.current, self._post.trust.key_of(sender)
        if key is None or not self._seen.first(sender, name, now):
            self._count("refused.replayed")
            return
        glares = current is not None and current.state is State.CALLING and current.peer == sender
        if self.is_full or (current is not None and not glares):
            self._count("busy")
            self._post.say(sender, key, name, "refuse", now, why="busy")
            return
        seconds, pcm = 0.0, None
        if current is not None:
            self._count("glare")
            if self._options.user < sender:
                return
            seconds, pcm = current.seconds, self.said
            self.end(current, "glare", now, own=True)
        call = Call(name, sender, key, now, outgoing=False, seconds=seconds)
        call.offer, call.party = offer.signed, offer.said.party
        call.wants_answer = glares or self._options.answers == "on"
        self._open(call, pcm)
        self._act(reports.ringing(call))

    def _restarted(self, call: Call, said: Read, now: float) -> None:
        word, description, conversation = said.said.word, said.said.description, self.conversation
        if description is None:
            return
        if call.begun and conversation is not None:
            answers = word == "restarted"
            conversation.peer_moved(description, self._post.servers, now, answers=answers)
        elif word == "restart":
            call.restart = description

    def _rings(self, call: Call, ringing: Read, now: float) -> None:
        if call.state is State.CALLING and call.ephemeral is not None:
            call.party = ringing.said.party
            self._introduce(call, ringing.signed, now)
            if call.happens(Happening.RINGS, now):
                self._act(reports.ringing(call))

    def _accepted(self, call: Call, now: float) -> None:
        if call.happens(Happening.ANSWERED, now) and self.conversation is not None:
            self._act(reports.answered(call))
            self._speak(call, self.conversation, now)

    # How it gets under way.

    def _open(self, call: Call, pcm: bytes | None) -> None:
        self.call = call
        self._recorder = Recorder()
        self.said = self._speech() if pcm is None else pcm
        self._outlet = outlet = Outlet(self._tags, self._act, self.settle)
        self.outlets.append(outlet)
        outlet.open()
        self._post.show_as("busy")

    def opened(self, outlet: Outlet, now: float) -> None:
        """Its ports are open."""
        call = self.current
        if call is None or outlet is not self._outlet or self._address is None:
            return
        conversation = Conversation(
            Ports(self._address, *outlet.ports),
            self._post.servers,
            Options(self._options.user, relayed_only=self._options.paths == "relayed"),
            Sound(Player(self.said, again=True).read, self._recorder.write),
            controlling=call.outgoing,
            entropy=self._entropy,
            randomness=self._randomness,
            count=self._count,
        )
        outlet.conversation = conversation
        conversation.gather(now)
        self.settle(now)

    def not_opened(self, outlet: Outlet, now: float) -> None:
        """One of its ports could not be."""
        if self.current is not None and outlet is self._outlet:
            self.end(self.current, "failed", now, own=True)

    def _describe(self, call: Call, conversation: Conversation, now: float) -> None:
        """All is gathered: the other is told."""
        call.ephemeral = Ephemeral(self._entropy(KEY_SIZE))
        ssrc = int.from_bytes(self._entropy(4), "big")
        if call.party is not None and call.party.ssrc == ssrc:
            ssrc ^= 1  # RFC 3550 section 8.1: no two sources of a session have the same
        party = Party(
            call.ephemeral.public,
            Stream(conversation.credentials, tuple(conversation.candidates)),
            conversation.spare,
            ssrc,
            int.from_bytes(self._entropy(2), "big") % FIRST_SEQUENCES,
            self._options.encryption == "on",
        )
        call.own = party
        if call.outgoing:
            call.offer = self._say(call, "offer", now, party)
            return
        self._introduce(call, self._say(call, "ringing", now, party), now)
        if call.wants_answer and not call.is_over:
            self.accept(call, now)

    def _introduce(self, call: Call, ringing: bytes, now: float) -> None:
        """Each knows the other's party now."""
        own, peer, conversation = call.own, call.party, self.conversation
        if own is None or peer is None or call.ephemeral is None or conversation is None:
            return
        try:
            keys = agree(
                call.ephemeral,
                self._post.identity,
                peer.ephemeral,
                call.key,
                (call.offer, ringing),
                calls=call.outgoing,
            )
            masters = (keys.caller, keys.callee) if call.outgoing else (keys.callee, keys.caller)
            sides = own.encrypts or peer.encrypts
            terms = Terms(
                Side(own.ssrc, own.sequence, masters[0] if sides else None),
                Side(peer.ssrc, peer.sequence, masters[1] if sides else None),
                *peer.media,
                peer.spare,
            )
            conversation.begin(terms, now)
            call.begun = True
            if call.restart is not None:
                conversation.peer_moved(call.restart, self._post.servers, now, answers=False)
        except ValueError:  # a key that is none; one SSRC for two
            self._count("refused.party")
            self.end(call, "failed", now, own=True)

    def _speak(self, call: Call, conversation: Conversation, now: float) -> None:
        self.heard = self._recorder
        conversation.start_media(now)
        if call.path is not None and call.happens(Happening.PATH, now):
            self._act(reports.up(call, call.path, now))

    def _say(self, call: Call, word: str, now: float, party: Party | None = None, **more: Any) -> bytes:
        return self._post.say(call.peer, call.key, call.name, word, now, party=party, **more)

    # What the conversation tells.

    def settle(self, now: float) -> None:
        """What follows from what has just happened."""
        call, conversation = self.current, self.conversation
        if call is not None and conversation is not None:
            if call.own is None and conversation.is_gathered(now):
                self._describe(call, conversation, now)
            if call.state is State.RINGING and call.outgoing and conversation.is_spoken_to:
                self._accepted(call, now)  # though what said so has not come
            for description, answers in conversation.take_restarts(now):
                self._say(call, "restarted" if answers else "restart", now, description=description)
            for event in conversation.take_events():
                self._happened(call, event, now)
            if call.state is State.MOVING and conversation.statistics(now).received > call.received:
                call.happens(Happening.HEARD, now)
        for outlet in tuple(self.outlets):
            if outlet.conversation is not None and outlet.conversation.finished and not outlet.closed:
                outlet.send()
                outlet.close()
            if outlet.closed and not outlet.waits:
                self.outlets.remove(outlet)

    def _happened(self, call: Call, event: Event, now: float) -> None:
        match event:
            case Checked():
                call.checks.append(event)
            case Connected(path):
                call.path = path
                if call.happens(Happening.PATH, now):
                    self._act(reports.up(call, path, now))
            case Spared(path):
                self._act(reports.spared(call, path))
            case Silent():
                call.received = statistics.received if (statistics := self.statistics(now)) else 0
                call.happens(Happening.SILENT, now)
            case Moved(path):
                call.path = path
                self._act(reports.moved(call, event))
            case HungUp():
                why = "cancelled" if not call.outgoing else "refused"
                self.end(call, why if call.is_early else "hung-up", now, own=False)
            case Failed():
                self.end(call, "no-path" if call.is_early else "lost", now, own=True)
