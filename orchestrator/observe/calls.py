"""Calls between the telephones of a running lab: placed, watched, and what was said and heard in them."""

from __future__ import annotations

import io
import sys
import time
import wave
from array import array
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from catenet.nodes.catalogue import declared
from catenet.nodes.control.calls import Call
from catenet.nodes.control.fields import AnswerError
from catenet.nodes.control.questions import Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import EngineError, Streams
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.observe.ask import ControlConnections, ask
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.observe.running import RunningLab, UserError

__all__ = ["RATE", "CallError", "Calls", "Phone", "phone_of", "phones", "samples"]

RATE = 8000
"""Samples of speech in a second."""
_PATIENCE = 20.0
_LOOK = 0.2
_SET_UP = 60.0
"""Seconds: for an answer; between two looks; until a call is up or over, which its phone itself decides long before."""


class CallError(EngineError):
    """There was no call, or it ended: refused, busy, not answered. The text says so."""


class Phone(NamedTuple):
    """A node's telephone: whose it is, and the table that shows its call."""

    node: str
    user: str
    table: str


def phones(lab: Lab) -> dict[str, Phone]:
    """Node → its telephone, of those that have one."""
    return {
        name: Phone(name, str(getattr(node.services[each.name], each.calls)), each.name)
        for name, node in lab.nodes.items()
        for each in declared(node.services)
        if each.calls
    }


def phone_of(lab: Lab, word: str) -> Phone:
    """That of a node, or of the only one with such a user.

    Raises:
        UserError: there is none.

    """
    known = phones(lab)
    if word in known:
        return known[word]
    of_user = [phone for phone in known.values() if phone.user == word]
    if len(of_user) == 1:
        return of_user[0]
    if of_user:
        raise UserError(f"{word} has several telephones: say which of {', '.join(each.node for each in of_user)}")
    able = ", ".join(dict.fromkeys(word for each in known.values() for word in (each.node, each.user)))
    raise UserError(f"{word} has no telephone; {f'these have: {able}' if able else 'no node of this lab has one'}")


def samples(data: bytes) -> bytes:
    """Those of a wav file of 8 kHz, one channel and 16 bits, in the machine's byte order.

    Raises:
        ValueError: it is none.

    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            form = file.getframerate(), file.getnchannels(), file.getsampwidth()
            if form != (RATE, 1, 2):
                raise ValueError(f"its rate, channels and octets a sample are {form}, not {(RATE, 1, 2)}")
            pcm = array("h", file.readframes(file.getnframes()))
    except (wave.Error, EOFError) as error:
        raise ValueError(f"it is no wav file: {error}") from None
    if sys.byteorder == "big":
        pcm.byteswap()
    return pcm.tobytes()


class Calls:
    """Of one lab. The end of a `with` ends the connections to its nodes.

    Raises, all of it:
        EngineError: a node gave no answer, or refused; the text says why.

    """

    def __init__(self, engine: Streams, running: RunningLab) -> None:
        self._engine = engine
        self._running = running
        self._connections = ControlConnections(engine)

    def __enter__(self) -> Calls:
        return self

    def __exit__(self, *_: object) -> None:
        self._connections.close()

    def dial(self, source: Phone, target: Phone, *, seconds: float = 0.0, play: str = "") -> None:
        """One calls the other. `seconds`: it is hung up when they have talked for so long, 0: never. `play`: what is
        said, a wav file in the lab's folder; "": what its telephone says.

        Raises:
            CallError: the phone refuses; the text says why.

        """
        self.order(source, "call", to=target.user, seconds=seconds, **({"play": play} if play else {}))

    def order(self, phone: Phone, word: str, **arguments: Json) -> Json:
        """Something that must not be done twice: answer, refuse, hangup.

        Raises:
            CallError: the phone refuses; the text says why.

        """
        answer = ask(self._engine, self._running.node(phone.node), Question(word, arguments), _PATIENCE)
        if answer.error is not None:
            raise CallError(f"{phone.node}: {answer.error}")
        return answer.answer

    def call(self, phone: Phone) -> Call:
        """How its call is."""
        question = Question("show", {"what": phone.table})
        answer = self._connections.ask(self._running.node(phone.node), question, _PATIENCE)
        if answer.error is not None:
            raise EngineError(f"{phone.node}: {answer.error}")
        try:
            return Call.parse(answer.answer)
        except AnswerError as error:
            raise EngineError(f"{phone.node}: {error}") from None

    def sound(self, phone: Phone, word: str) -> bytes:
        """The wav file of what was `heard`, or `said`, in it."""
        answer = self.order(phone, word)
        file = answer.get("file") if isinstance(answer, dict) else None
        done = run_program(self._engine, self._running.node(phone.node), ["cat", str(file)], _PATIENCE)
        if done.returncode:
            raise EngineError(f"{phone.node}: {file} cannot be read: {done.last_words}")
        return done.stdout_bytes

    def sounds(self, phone: Phone) -> tuple[bytes, bytes]:
        """The samples of what was said and heard in it: 16 bits, in the machine's byte order."""
        try:
            return samples(self.sound(phone, "said")), samples(self.sound(phone, "heard"))
        except ValueError as error:
            raise EngineError(f"{phone.node}: what was heard cannot be read: {error}") from None

    def watch(self, phone: Phone, look: float = _LOOK) -> Iterator[Call]:
        """How its call is, whenever something of it has changed, until it is over."""
        last: Call | None = None
        while last is None or last.is_there:
            call = self.call(phone)
            if call != last:
                yield call
            last = call
            if call.is_there:
                time.sleep(look)

    def place(self, source: Phone, target: Phone) -> bool:
        """They talk: one calls the other, who answers, unless they do already → whether it had to.

        Raises:
            CallError: they do not; the text says why.

        """
        if self._talk(source, target):
            return False
        self.dial(source, target)
        until = time.monotonic() + _SET_UP
        for call in self.watch(source):
            if call.is_up:
                return True
            if call.state == "ringing":
                self._pick_up(target)
            if not call.is_there:
                raise CallError(f"{source.user} calls {target.user}: {call.why}")
            if time.monotonic() > until:
                break
        raise CallError(f"{source.user} calls {target.user}: nothing came of it in {_SET_UP:g} s")

    def end(self, phone: Phone) -> None:
        """It is hung up, unless it is over already."""
        with suppress(CallError):
            self.order(phone, "hangup")

    def _talk(self, source: Phone, target: Phone) -> bool:
        one, other = self.call(source), self.call(target)
        return one.is_up and other.is_up and one.name == other.name

    def _pick_up(self, phone: Phone) -> None:
        if self.call(phone).state == "ringing":
            with suppress(CallError):  # it answers by itself, and has done so by now
                self.order(phone, "answer")
