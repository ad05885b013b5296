"""One round: a verb is troubled at one moment; then the next verbs must say what is there, and put it right.

Everything about a round comes from its seed and its number, and each round makes the state that it begins with: so one
of them can be had again alone.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from docker.errors import APIError
from engine_proxy import LOSSES, Loss
from ways import ONE, Ways

from catenet.orchestrator.deploy.locks import lock_path

__all__ = ["LAB", "Outcome", "Round", "choose", "play"]

LAB = Path(__file__).parent / "lab"
NODES = ("a", "b", "c", "d", "h")
LANS = ("ab", "bc", "cd", "da", "lan-a")

CALLS: Mapping[str, int] = {
    "up": 32,
    "up again": 26,
    "check": 22,
    "cut": 12,
    "heal": 12,
    "kill": 5,
    "start": 13,
    "pause": 5,
    "resume": 12,
    "reset": 40,
    "down": 18,
    "test": 70,
}
"""Verb → how many calls of the engine it makes, about: the moments at which it is troubled are spread over them."""
SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
AT_NODES = ("kill", "pause", "remove")

# Seconds, ten times what a busy machine takes: what is over them hangs.
STATUS_LIMIT = 60.0
SIGNAL_LIMIT = 120.0  # from the signal, its cleaning up included
LOSS_LIMIT = 120.0  # from the moment that the engine was lost
VERB_LIMIT = 400.0  # of any verb
TOOLS_LIMIT = 100.0  # until the last program that was run inside a node has ended
TOOLS = ("nc ", "tcpdump ", "traceroute ", "ping ", "curl ", "dig ", "sh ", "cat", "env ")
UGLY = ("Traceback", "fault of its own", "Exception in thread", "Exception ignored", "Fatal Python")


@dataclass(frozen=True, slots=True)
class Round:
    """What is done to whom, and when. `call`: which of the verb's calls; `delay`: seconds after it; `node`: to whom."""

    seed: str
    number: int
    verb: str
    evil: str
    call: int
    delay: float
    node: str
    lan: str
    away: bool  # afterwards it is taken down, not mended

    def __str__(self) -> str:
        at = f"{self.evil} {self.node}" if self.evil in AT_NODES else self.evil
        return f"{self.verb:<9} {at:<9} call {self.call:>2} + {self.delay:.2f} s, {'down' if self.away else 'up'}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went. `faults`: what was wrong, empty where nothing was; `happened`: the verb was not over before."""

    faults: tuple[str, ...]
    happened: bool
    code: int
    verb: float
    status: float
    recovery: float


class WrongError(Exception):
    """The lab, or a verb, is not as it should be."""


def choose(seed: str, number: int) -> Round:
    """The round of that number."""
    chance = random.Random(f"{seed}/{number}")
    verb = chance.choice(list(CALLS))
    evil = chance.choice([*(each.name for each in SIGNALS), *AT_NODES, *LOSSES, *LOSSES])
    return Round(
        seed,
        number,
        verb,
        evil,
        call=chance.randint(1, CALLS[verb]),
        delay=chance.choice([0.0, chance.uniform(0.0, 0.3)]),
        node=chance.choice(NODES),
        lan=chance.choice(LANS),
        away=chance.random() < 0.3,
    )


def play(chosen: Round, copy: str, ways: Ways = ONE) -> Outcome:
    """The round, on a copy of that name."""
    # A shell lets what it starts in the background ignore Ctrl-C, and the verbs would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return _Game(chosen, copy, ways).play()


@dataclass(frozen=True, slots=True)
class _Said:
    words: str
    code: int
    text: str
    took: float


class _Game:
    def __init__(self, chosen: Round, copy: str, ways: Ways) -> None:
        self._round, self._copy, self._ways = chosen, copy, ways
        self._engines = ways.everywhere()
        self._faults: list[str] = []

    def play(self) -> Outcome:
        happened, said, status, recovery = False, _Said("", 0, "", 0.0), 0.0, 0.0
        try:
            self._prepare()
            happened, said = self._trouble()
            self._judge(happened, said)
            began = time.monotonic()
            status = self._look()
            self._remove() if self._round.away else self._mend()
            recovery = time.monotonic() - began
            self._no_tools()
        except WrongError as wrong:
            self._faults.append(str(wrong))
        finally:
            self._engines.close()
        return Outcome(tuple(self._faults), happened, said.code, said.took, status, recovery)

    def _prepare(self) -> None:
        """The state that the verb begins with."""
        verb, node, lan = self._round.verb, self._round.node, self._round.lan
        if verb in ("up", "test"):
            self._must("down", "--lab", self._copy)
            return
        self._restore()
        if verb == "up again":
            self._engines.remove(f"{self._copy}-{node}")
        cut, kill, pause = ("cut", lan), ("kill", node), ("pause", node)
        for before in {"heal": [cut], "start": [kill], "resume": [pause], "reset": [cut, kill]}.get(verb, []):
            self._must(*before, "--lab", self._copy)

    def _trouble(self) -> tuple[bool, _Said]:
        """The verb runs, and the evil happens: whether it did, and what the verb said."""
        with tempfile.TemporaryDirectory() as folder:
            happening = _Happening(self._round, self._evil())
            with self._ways.proxy(Path(folder), self._round.call, happening.what) as (proxy, told):
                began = time.monotonic()
                process = subprocess.Popen(
                    self._command(*self._words()),
                    env={**os.environ, **told},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    cwd=folder,
                    start_new_session=True,
                )
                happening.process = process
                said = self._end_of(process, began)
                late = time.monotonic() - max(proxy.happened, happening.at)
            happening.wait()
            limit = SIGNAL_LIMIT if self._round.evil.startswith("SIG") else LOSS_LIMIT
            if proxy.happened and self._round.evil not in AT_NODES and late > limit:
                self._faults.append(f"it ended {late:.1f} s after {self._round.evil} (allowed: {limit:g} s)")
            return bool(proxy.happened), said

    def _evil(self) -> Callable[[subprocess.Popen[str]], None] | Loss:
        evil, container = self._round.evil, f"{self._copy}-{self._round.node}"
        for loss in LOSSES:
            if evil == loss:
                return loss
        if evil.startswith("SIG"):
            return lambda process: process.send_signal(signal.Signals[evil])
        acts = {"kill": self._engines.kill, "pause": self._engines.pause}
        act = acts.get(evil, self._engines.remove)
        return lambda _: act(container)

    def _words(self) -> tuple[str, ...]:
        verb = self._round.verb
        if verb in ("up", "up again", "test"):
            return verb.split()[0], str(LAB), "--name", self._copy
        if verb == "down":
            return "down", "--lab", self._copy
        targets = {"cut": (self._round.lan,), "heal": (self._round.lan,), "check": (), "reset": ()}
        return verb, *targets.get(verb, (self._round.node,)), "--lab", self._copy

    @staticmethod
    def _command(*words: str) -> Sequence[str]:
        return sys.executable, "-c", "from catenet.orchestrator.cli import main; main()", *words

    def _end_of(self, process: subprocess.Popen[str], began: float) -> _Said:
        words = " ".join(process.args[3:])  # type: ignore[index]
        try:
            text, _ = process.communicate(timeout=VERB_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            text, _ = process.communicate()
            raise WrongError(f"catenet {words}: no end within {VERB_LIMIT:g} s; it said: {text}") from None
        said = _Said(words, process.returncode, text, time.monotonic() - began)
        ugly = [word for word in UGLY if word in text]
        if ugly or said.code == 70:
            self._faults.append(f"catenet {words}: {ugly}: {text}")
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return said
        raise WrongError(f"catenet {words}: it left a process behind")

    def _judge(self, happened: bool, said: _Said) -> None:
        evil = self._round.evil
        allowed = {0}
        if happened and evil.startswith("SIG"):
            number = signal.Signals[evil]
            allowed = {0, -number if number == signal.SIGKILL else 128 + number}
        elif happened:
            allowed = {0, 1, 2, 3}
            if evil in LOSSES:  # of several engines one may be lost for good, and its nodes with it: checks fail
                allowed = {0, 1, 3} if self._ways.several else {0, 3}
        if said.code not in allowed:
            self._faults.append(f"catenet {said.words}: exit code {said.code}: {said.text}")
        if said.code in (1, 2, 3) and not said.text.strip():
            self._faults.append(f"catenet {said.words}: exit code {said.code}, and not a word")
        if said.code == 3 and "(" not in said.text:
            self._faults.append(f"catenet {said.words}: it does not say what to do next: {said.text}")

    def _look(self) -> float:
        """`status` says what is there, soon."""
        said = self._run("status", "--lab", self._copy)
        missing = said.code == 1 and "  (catenet up makes it again)" in said.text
        if said.code not in (0, 2) and not missing:
            raise WrongError(f"status: exit code {said.code}: {said.text}")
        if said.took > STATUS_LIMIT:
            self._faults.append(f"status: after {said.took:.1f} s")
        return said.took

    def _mend(self) -> None:
        """The lab is restored, and every check holds."""
        self._restore()
        self._must("check", "--lab", self._copy)

    def _restore(self) -> None:
        """What is missing is made; and what is cut, paused or dead, with or without our doing, is mended."""
        self._must("up", str(LAB), "--name", self._copy)
        self._must("reset", "--lab", self._copy)

    def _remove(self) -> None:
        self._must("down", "--lab", self._copy)
        label = f"catenet.lab={self._copy}"
        left = [*self._engines.containers(label=label), *self._engines.networks(label=label)]
        left += [str(lock_path(self._copy))] if lock_path(self._copy).exists() else []
        if left:
            raise WrongError(f"after `down` there is still {', '.join(left)}")

    def _no_tools(self) -> None:
        """No program that a verb ran inside a node is left."""
        deadline = time.monotonic() + TOOLS_LIMIT
        while tools := self._tools():
            if time.monotonic() > deadline:
                raise WrongError(f"left in the nodes: {tools}")
            time.sleep(0.2)

    def _tools(self) -> list[str]:
        found = []
        for name in self._engines.containers(label=f"catenet.lab={self._copy}", status="running"):
            try:
                rows = self._engines.processes(name)
            except APIError:
                continue  # it has just ended
            found += [f"{name}: {row[1]}" for row in rows if row[1].startswith(TOOLS)]
        return found

    def _must(self, *words: str) -> _Said:
        said = self._run(*words)
        if said.code:
            raise WrongError(f"catenet {said.words}: exit code {said.code}: {said.text}")
        return said

    def _run(self, *words: str) -> _Said:
        began = time.monotonic()
        process = subprocess.Popen(
            self._command(*words),
            env={**os.environ, **self._ways.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=tempfile.gettempdir(),
            start_new_session=True,
        )
        return self._end_of(process, began)


class _Happening:
    """The evil, at its moment: a loss by the proxy's hand, anything else by a thread's, some time after the call."""

    def __init__(self, chosen: Round, evil: Callable[[subprocess.Popen[str]], None] | Loss) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.at = 0.0
        self._evil = evil
        self._timer = threading.Timer(chosen.delay, self._do)
        self._begun = False

    @property
    def what(self) -> Loss | Callable[[], None]:
        """For the proxy."""
        return self._evil if isinstance(self._evil, str) else self._begin

    def wait(self) -> None:
        """Until it is done, where it was begun."""
        if self._begun:
            self._timer.join()

    def _begin(self) -> None:
        self._begun = True
        self._timer.start()

    def _do(self) -> None:
        assert self.process is not None
        assert not isinstance(self._evil, str)
        self.at = time.monotonic()
        try:
            self._evil(self.process)
        except APIError:
            return  # the node is not there yet, or no more
