"""What a verb works on: the engine, and the running lab that the user means."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catenet.orchestrator.backend.protocols import Engine
    from catenet.orchestrator.observe.running import FoundLab, RunningLab

__all__ = ["connecting", "engine", "found_lab", "here", "one_name", "running_lab"]

_connect: ContextVar[Callable[[], Engine] | None] = ContextVar("connect", default=None)


@contextmanager
def connecting(connect: Callable[[], Engine] | None) -> Iterator[None]:
    """Inside, `engine()` gives what `connect` makes (None: Docker)."""
    token = _connect.set(connect)
    try:
        yield
    finally:
        _connect.reset(token)


def engine() -> Engine:
    """The container engine.

    Raises:
        EngineError: it does not answer.

    """
    connect = _connect.get()
    if connect is None:
        from catenet.orchestrator.backend.docker import connect as docker

        return docker()
    return connect()


def here() -> Path:
    """The current folder; / where somebody has removed it, as one may with the folder of a lab that runs."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path("/")


def one_name(word: str, lab: str) -> str:
    """The lab that is named, as an argument or by `--lab`.

    Raises:
        UserError: each names another.

    """
    if word and lab and word != lab:
        from catenet.orchestrator.observe.running import UserError

        raise UserError(f"two labs are named, {word} and --lab {lab}: leave one out")
    return word or lab


def running_lab(engine: Engine, name: str = "") -> RunningLab:
    """The running lab that `--lab` names or, without it, that the surroundings mean (see observe/running.choose).

    Raises:
        UserError: there is none, or no telling which; the text lists the choices.

    """
    from catenet.orchestrator.observe.running import as_it_is

    return as_it_is(engine, found_lab(engine, name))


def found_lab(engine: Engine, name: str = "") -> FoundLab:
    """The same, where it does not matter how its nodes are.

    Raises:
        UserError: as of `running_lab`.

    """
    from catenet.orchestrator.lab.find import LAB_VARIABLE
    from catenet.orchestrator.observe.running import choose, running_labs

    return choose(running_labs(engine), name, os.environ.get(LAB_VARIABLE, ""), here())
