"""`catenet call`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from catenet.nodes.control.calls import Call
from catenet.nodes.machine import Json
from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import JsonOption, LabOption
from catenet.orchestrator.cli.context import engine, here, running_lab
from catenet.orchestrator.cli.screen import print_json, say, say_to_stderr, table
from catenet.orchestrator.lab.realms import views
from catenet.orchestrator.likeness import likeness_in_call
from catenet.orchestrator.observe.calls import RATE, CallError, Calls, Phone, phone_of
from catenet.orchestrator.observe.running import RunningLab, UserError, must_run

__all__ = ["call"]

_LONGEST = 86_400.0
_OFTEN, _SELDOM = 0.2, 1.0
"""Seconds between two looks: until they hear each other, and then."""
_SHORTEST = 4
"""Seconds of which it can be said how alike they are."""
_STATES = ("calling", "ringing", "connecting", "up")
_SENTENCES = {
    "calling": "{source} calls {target}",
    "ringing": "it rings at {target}'s",
    "connecting": "{target} has answered",
    "moving": "nothing is heard; another path is looked for",
}
_ENDS = {
    "hung-up": "hung up",
    "cancelled": "{source} has changed their mind",
    "refused": "{target} has refused",
    "busy": "{target} is in another call",
    "no-answer": "{target} does not answer",
    "offline": "{target} is logged in nowhere",
    "directory": "the directory is away: nobody can be found",
    "no-contact": "{target} is no contact of {source}'s",
    "no-path": "there is no way between them",
    "lost": "they have lost each other",
    "glare": "{target} was just calling, too",
    "stopped": "the telephone was stopped",
}


def call(
    caller: Annotated[
        str, typer.Argument(metavar="FROM", help="Who calls: a user, or a node.", autocompletion=complete.nodes)
    ],
    callee: Annotated[str, typer.Argument(metavar="TO", help="Who is called.", autocompletion=complete.nodes)],
    *,
    play: Annotated[
        Path | None, typer.Option("--play", metavar="WAV", help="What FROM says: a file in the lab's folder.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="WAV", help="Write what TO hears into this file.")
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0, max=_LONGEST, help="Hang up then. Without it: at Ctrl-C.")
    ] = 0.0,
    lab: LabOption = "",
    json: JsonOption = False,
) -> None:
    """One calls another, and what becomes of it is told as it happens; Ctrl-C hangs up.

    \b
    catenet call alice bob                    until Ctrl-C
    catenet call alice bob --seconds 10
    catenet call alice bob --play joke.wav --record heard.wav --seconds 10
    catenet call alice bob --seconds 10 --json

    A path is direct (from host to host), punched (through translators), or relayed, and then by whom. At the end: what
    each has heard of the other, with its mean opinion score (MOS: 1 is bad, 4.4 is as good as a telephone gets) and
    how like it is to what was said.

    Exit code 1: there was no call: refused, busy, not answered, no way; or it was lost.
    """
    docker = engine()
    running = running_lab(docker, lab)
    ends = phone_of(running.lab, caller), phone_of(running.lab, callee)
    if ends[0] == ends[1]:
        raise UserError(f"{caller} and {callee} are one telephone")
    for end in ends:
        must_run(running.node(end.node))
    with Calls(docker, running) as calls:
        story = _Story(calls, running, ends, quiet=json)
        try:
            calls.dial(*ends, seconds=seconds, play=_in_folder(running, play) if play else "")
            story.follow()
        except CallError as error:
            say_to_stderr(f"catenet: {error}")
            raise typer.Exit(1) from None
        story.conclude(record)
    if not story.went_well:
        raise typer.Exit(1)


class _Story:
    """One call, told while it goes."""

    def __init__(self, calls: Calls, running: RunningLab, ends: tuple[Phone, Phone], *, quiet: bool) -> None:
        self._calls = calls
        self._ends = ends
        self._owners = views(running.lab).at(ends[0].node).owners
        self._names = {"source": ends[0].user, "target": ends[1].user}
        self._quiet = quiet
        self._began = time.monotonic()
        self._told = -1  # how far: a place in _STATES
        self._last: Call | None = None

    @property
    def went_well(self) -> bool:
        """They talked, and one of them hung up."""
        return self._last is not None and bool(self._last.received) and self._last.why == "hung-up"

    def follow(self) -> None:
        """Until it is over. Ctrl-C hangs up; before they hear each other, that is the end of all.

        Raises:
            KeyboardInterrupt: they did not hear each other yet.

        """
        source = self._ends[0]
        live = Console(stderr=True)
        try:
            with live.status("") as status:
                for now in self._looks():
                    self._tell(now)
                    if now.is_up and live.is_terminal and not self._quiet:
                        status.update(self._quality())
        except KeyboardInterrupt:
            self._calls.end(source)
            if self._last is None or not self._last.is_up:
                raise
            self._tell(self._calls.call(source))

    def _looks(self) -> Iterator[Call]:
        while True:
            now = self._calls.call(self._ends[0])
            yield now
            if not now.is_there:
                return
            time.sleep(_SELDOM if now.state == "up" else _OFTEN)

    def _tell(self, now: Call) -> None:
        """What is new. A state that was over between two looks is told all the same."""
        last, self._last = self._last, now
        if now.state in _STATES or now.received:
            reached = _STATES.index(now.state) if now.state in _STATES else len(_STATES) - 1
            for state in _STATES[self._told + 1 : reached + 1]:
                self._say(_SENTENCES[state] if state in _SENTENCES else f"they hear each other: {self._path(now)}")
            self._told = max(self._told, reached)
        if last is None or (last.state, last.path, last.by) == (now.state, now.path, now.by):
            return
        if now.state == "moving":
            self._say(_SENTENCES["moving"])
        elif last.is_up and now.state == "up":
            self._say(f"it goes on: {self._path(now)}")
        elif not now.is_there:
            self._say(_ENDS.get(now.why, f"it ended: {now.why}"))

    def _say(self, sentence: str) -> None:
        if not self._quiet:
            say(f"{time.monotonic() - self._began:6.1f} s  {sentence.format(**self._names)}")

    def _path(self, now: Call) -> str:
        by = " and ".join(self._by(now))
        return f"{now.path} by {by}" if by else now.path

    def _by(self, now: Call) -> list[str]:
        known = {str(address): node for address, node in self._owners.items()}
        return [known.get(each, each) for each in now.by]

    def _quality(self) -> str:
        source, target = self._ends
        heard = ((one.user, self._calls.call(one)) for one in (source, target))
        return "; ".join(
            f"{user}: loss {now.loss:.1f} %, jitter {now.jitter * 1000:.0f} ms, MOS {_score(now.mos)}"
            for user, now in heard
        )

    def conclude(self, record: Path | None) -> None:
        """The summary, and the file of what was heard."""
        talks = [self._calls.call(end) for end in self._ends]
        if not any(talk.received for talk in talks):
            if self._quiet:
                print_json(self._as_json(talks, {}))
            return
        if record is not None:
            _write(record, self._calls.sound(self._ends[1], "heard"))
        sounds = {end: self._calls.sounds(end) for end in self._ends}
        alike = {end.user: self._alike(sounds, end, other) for end, other in (self._ends, self._ends[::-1])}
        if self._quiet:
            print_json(self._as_json(talks, alike))
            return
        say("")
        rows = [
            [
                end.user,
                self._path(talk),
                f"{talk.received}",
                f"{talk.loss:.1f}",
                f"{talk.jitter * 1000:.0f}",
                f"{talk.delay * 1000:.0f}",
                f"{talk.longest_silence * 1000:.0f}",
                _score(talk.mos),
                "-" if alike[end.user] is None else f"{alike[end.user]:.0%}",
            ]
            for end, talk in zip(self._ends, talks, strict=True)
        ]
        heads = ["heard by", "path", "packets", "loss %", "jitter ms", "delay ms", "gap ms", "MOS", "likeness"]
        table(heads, rows)
        if record is not None:
            say(f"what {self._ends[1].user} heard is in {record}")

    @staticmethod
    def _alike(sounds: Mapping[Phone, tuple[bytes, bytes]], end: Phone, other: Phone) -> float | None:
        """How like what this end heard is to what the other one said, again and again; None: too short to tell."""
        (said, _), (_, heard) = sounds[other], sounds[end]
        return round(likeness_in_call(said, heard), 3) if len(heard) >= _SHORTEST * 2 * RATE else None

    def _as_json(self, talks: list[Call], alike: dict[str, float | None]) -> Json:
        last = self._last or talks[0]
        ends: list[Json] = [
            {
                "node": end.node,
                "user": end.user,
                "sent": talk.sent,
                "received": talk.received,
                "loss": talk.loss,
                "jitter": talk.jitter,
                "delay": talk.delay,
                "longest_silence": talk.longest_silence,
                "mos": talk.mos,
                "likeness": alike.get(end.user),
            }
            for end, talk in zip(self._ends, talks, strict=True)
        ]
        by: Any = self._by(last)
        return {"call": last.name, "why": last.why, "path": last.path or None, "by": by, "ends": ends}


def _score(mos: float | None) -> str:
    return "-" if mos is None else f"{mos:.2f}"


def _in_folder(running: RunningLab, file: Path) -> str:
    """The file's name there: a node sees nothing else of this machine.

    Raises:
        UserError: it is not there.

    """
    root = (running.file or Path("/nowhere")).parent.resolve()
    for place in (here() / file, root / file):
        if place.is_file() and place.resolve().is_relative_to(root):
            return str(place.resolve().relative_to(root))
    raise UserError(f"--play {file}: no such file in {root}, and nodes see that folder only")


def _write(file: Path, data: bytes) -> None:
    """Raises UserError: it cannot be written."""
    try:
        file.write_bytes(data)
    except OSError as error:
        raise UserError(f"--record {file} cannot be written: {error.strerror}") from None
