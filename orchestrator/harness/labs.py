"""The labs of one session of pytest: a copy is started for the first test that wants it, and removed after the last."""

from __future__ import annotations

import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from catenet.nodes.control.implementation import OURS
from catenet.orchestrator.backend.protocols import Engine, EngineError, listed_of
from catenet.orchestrator.deploy.down import down, remove_orphans
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.locks import OwnershipLock, exclusive_lock, is_orphan, owned_copies
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.up import up
from catenet.orchestrator.harness.marks import Wanted
from catenet.orchestrator.lab.hosts import Host
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.overrides import Override
from catenet.orchestrator.lab.words import copy_name
from catenet.orchestrator.observe.meant_engine import named_engine
from catenet.orchestrator.observe.running import RunningLab, UserError, running_lab
from catenet.orchestrator.operations.reset import reset

__all__ = ["Copy", "Labs", "SessionOptions", "remove_what_is_left"]

_PREFIX = "pytest"
_VERB_LIMIT, _LOOK = 120.0, 0.2  # seconds


class SessionOptions(NamedTuple):
    """What the options of the command line say. `worker`: xdist's name of this process, else empty."""

    reuse: bool
    keep: bool
    artifacts: Path
    worker: str


@dataclass
class Copy:
    """A running copy. `stays`: it is not removed at the end.

    `changed`: a test has done something to it, so it is reset before the next.
    """

    engine: Engine
    name: str
    model: Lab
    implementation: str
    ownership: OwnershipLock
    stays: bool
    changed: bool = False

    @property
    def running(self) -> RunningLab:
        """As the engine has it now.

        Raises:
            UserError: somebody has removed it.

        """
        found = running_lab(self.engine, self.name)
        return replace(found, model=self.model)


class Labs:
    """All copies of this process. `kept` are the names of those that were left up on purpose."""

    def __init__(self, engine: Engine, options: SessionOptions) -> None:
        self._engine, self._options = engine, options
        self._shared: dict[object, Copy] = {}
        self._all: dict[str, Copy] = {}
        self.kept: list[str] = []
        self._scratch: list[Path] = []
        self._used: list[Path] = []  # lab files of those that were left up
        try:
            remove_orphans(engine, NoProgress(), f"{_PREFIX}-")  # those of sessions that were killed
        except UserError:
            pass  # another session, or a verb, is at one of them
        except EngineError as error:
            _say(f"something is left of a session that was killed: {error}")

    def take(self, wanted: Wanted) -> Copy:
        """A copy that is as after `up`.

        Raises:
            UserError, LabFileError, PlanError: the lab cannot be started as it is written.
            NotReadyError, EngineError: it did not become ready; its evidence is kept.

        """
        if wanted.fresh:
            return self._start(wanted)
        copy = self._shared.get(wanted.key)
        if copy is not None and copy.changed and not self._reset(copy):
            self.remove(copy)
            copy = None
        if copy is None:
            copy = self._shared[wanted.key] = self._start(wanted)
            if copy.changed:
                self._must_reset(copy)
        return copy

    def remove(self, copy: Copy) -> None:
        """Nobody needs it any more. With --lab-keep or --lab-reuse it stays up all the same.

        Raises:
            EngineError: a node cannot be removed.

        """
        del self._all[copy.name]
        self._shared = {key: each for key, each in self._shared.items() if each is not copy}
        if copy.stays:
            self.kept.append(copy.name)
            self._used += [copy.model.file] if copy.model.file is not None else []
            copy.ownership.release()
            return
        try:
            with copy.ownership.ending(), exclusive_lock([copy.name], self._engine.urls().values()):
                down(self._engine, copy.name, NoProgress())
        except EngineError as error:
            if listed_of(self._engine, copy.name):
                raise
            _say(str(error))  # a network on which nothing is: the end of the session tries again, and tells

    def close(self) -> None:
        """The session ends.

        Raises:
            EngineError: something cannot be removed; the rest is.

        """
        errors = []
        for copy in list(self._all.values()):
            try:
                self.remove(copy)
            except (EngineError, UserError) as error:
                errors.append(error)
        for folder in self._scratch:
            if not any(file.is_relative_to(folder) for file in self._used):
                shutil.rmtree(folder)
        if errors:
            raise errors[0]

    def _start(self, wanted: Wanted) -> Copy:
        urls = self._engine.urls()
        hosts = {name: Host(name, url) for name, url in urls.items()} if len(urls) > 1 else None
        lab = _model(wanted, self._new_scratch, hosts)
        as_written = wanted.implementation is None and not (wanted.routing or wanted.stack or wanted.wiring)
        reused = self._options.reuse and not wanted.fresh and as_written
        name = self._reused_name(lab) if reused else self._new_name(lab)
        progress = _Notes()
        ownership = OwnershipLock(name)
        try:
            with exclusive_lock([name], self._engine.urls().values()):
                image = ensure_node_image(self._engine, progress)
                up(self._engine, lab, name, image, progress, evidence=self._options.artifacts, keep=reused)
        except BaseException:
            ownership.release()
            raise
        word = wanted.implementation[2] if wanted.implementation else ""
        copy = Copy(self._engine, name, lab, word, ownership, reused or self._options.keep, changed=reused)
        self._all[name] = copy
        return copy

    def _reset(self, copy: Copy) -> bool:
        try:
            self._must_reset(copy)
        except (EngineError, UserError) as error:
            _say(f"lab {copy.name} is started anew: {error}")
            return False
        return True

    def _must_reset(self, copy: Copy) -> None:
        reset(self._engine, copy.running)
        copy.changed = False

    def _new_scratch(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="catenet-")).resolve()
        folder.chmod(0o755)  # root inside a node has no privilege over other people's files
        self._scratch.append(folder)
        return folder

    def _new_name(self, lab: Lab) -> str:
        parts = [self._options.worker, secrets.token_hex(3)]
        return copy_name(lab.name, "".join(f"-{part}" for part in parts if part), head=f"{_PREFIX}-")

    def _reused_name(self, lab: Lab) -> str:
        return copy_name(lab.name, f"-{self._options.worker}") if self._options.worker else lab.name


def remove_what_is_left(connected: Callable[[], Engine] = named_engine) -> str:
    """The copies of processes that were killed. One that a verb of theirs is still at is waited for.

    Returns: what the engine says of a network that it does not let go of though nothing is on it any more (20.10 loses
    an endpoint now and then); "" where all are gone.

    Raises:
        EngineError: something else cannot be removed.
        UserError: a verb does not end.

    """
    ends = time.monotonic() + _VERB_LIMIT
    while left := owned_copies(f"{_PREFIX}-"):
        try:
            remove_orphans(connected(), NoProgress(), f"{_PREFIX}-")
        except UserError:
            if time.monotonic() > ends:
                raise
            time.sleep(_LOOK)
        except EngineError as error:
            if any(is_orphan(copy) and listed_of(connected(), copy) for copy in left):
                raise
            return str(error)
        else:
            break
    return ""


def _model(wanted: Wanted, scratch: Callable[[], Path], hosts: Mapping[str, Host] | None) -> Lab:
    """The lab of the file, with the other implementation, and on these hosts in place of its own, where there are any.

    Nodes see their lab's folder only: where the program lies elsewhere, it and what the lab names (but nothing else:
    the folder may be that of a whole project) are put together in a `scratch` folder.

    Raises:
        LabFileError: it is wrong.

    """
    read = partial(load, routing=wanted.routing, stack=wanted.stack, wiring=wanted.wiring, hosts=hosts)
    if wanted.implementation is None:
        return read(wanted.file)
    node, service, word = wanted.implementation
    if not Path(word).is_absolute():
        return read(wanted.file, Override(node, service, word))
    program, file = Path(word), wanted.file
    if not program.is_relative_to(file.parent):
        lab = read(file, Override(node, service, str(OURS)))
        folder = scratch() / (file.parent.name or lab.name)
        for each in (file.name, "zones", "pages", *lab.files, *sorted(lab.programs)):
            _copy(file.parent / each, folder / each)
        place = folder / "implementation"
        while place.exists():
            place = place.with_name(f"{place.name}-")
        _copy(program, place / program.name)
        program, file = place / program.name, folder / file.name
    word = f"./{program.relative_to(file.parent)}"
    return read(file, Override(node, service, word))


def _copy(source: Path, target: Path) -> None:
    """A file or a folder, if it is there and was not copied yet; everybody may enter the folders above it."""
    if target.exists() or not source.exists():
        return
    for folder in reversed([folder for folder in target.parents if not folder.exists()]):
        folder.mkdir()
        folder.chmod(0o755)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", ".git", ".venv"))
    else:
        shutil.copy(source, target)


def _say(text: str) -> None:
    """To standard error, which pytest shows with a failure."""
    sys.stderr.write(f"catenet: {text}\n")


class _Notes(NoProgress):
    """What `up` has to say."""

    def note(self, text: str) -> None:
        _say(text)
