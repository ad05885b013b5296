"""What a verb works on: the engine, and the running lab that the user means."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from catenet.orchestrator.observe.meant_engine import engine_on, named_hosts

if TYPE_CHECKING:
    from catenet.orchestrator.backend.protocols import Engine
    from catenet.orchestrator.lab.hosts import Host
    from catenet.orchestrator.observe.running import FoundLab, RunningLab

__all__ = [
    "chosen_hosts",
    "connecting",
    "engine",
    "found_lab",
    "here",
    "name_hosts",
    "on_all_hosts",
    "one_name",
    "running_lab",
    "whole_lab",
]

_connect: ContextVar[Callable[[], Engine] | None] = ContextVar("connect", default=None)
_hosts: ContextVar[tuple[str, ...]] = ContextVar("hosts", default=())


@contextmanager
def connecting(connect: Callable[[], Engine] | None) -> Iterator[None]:
    """Inside, `engine()` gives what `connect` makes (None: Docker), and no `--host` was given yet."""
    tokens = _connect.set(connect), _hosts.set(())
    try:
        yield
    finally:
        _connect.reset(tokens[0])
        _hosts.reset(tokens[1])


def name_hosts(words: Iterable[str]) -> None:
    """The user has named these by `--host`, beside those that he has named already."""
    _hosts.set((*_hosts.get(), *words))


def chosen_hosts() -> Mapping[str, Host]:
    """Name → host, as `--host` names them, else CATENET_HOST; none: the engine as Docker's own variables have it.

    Raises:
        UserError: one is not written as a host is.

    """
    return named_hosts(_hosts.get())


def engine(hosts: Mapping[str, Host] | None = None) -> Engine:
    """The engine of these hosts, each reached when it is needed where there are several; None: those that are named.

    Raises:
        EngineError: it does not answer.
        UserError: a host is not written as one is.

    """
    connect = _connect.get()
    if connect is not None:
        return connect()  # who gives engines for several hosts gives one at each call
    return engine_on(chosen_hosts() if hosts is None else hosts)


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
    return whole_lab(engine, found_lab(engine, name))


def whole_lab(engine: Engine, found: FoundLab) -> RunningLab:
    """That lab as it is on all of its hosts; of those that do not answer, or are not asked, the user is told.

    Raises:
        UserError: it has gone meanwhile.

    """
    from catenet.orchestrator.observe.running import as_it_is

    if on_all_hosts(engine, [found]):
        found = found_lab(engine, found.name)
    running = as_it_is(engine, found)
    hosts = running.hosts
    if hosts.away:
        from catenet.orchestrator.cli.screen import say_to_stderr

        for host in hosts.away:
            say_to_stderr(f"catenet: {hosts.said_of(host)}")
        for word, some in (("unreachable", hosts.lost), ("not asked", hosts.unasked)):
            if nodes := [node for node in running.unreachable.nodes if hosts.places[node] in some]:
                say_to_stderr(f"catenet: {word}: {', '.join(nodes)}")
    return running


def on_all_hosts(engine: Engine, labs: Iterable[FoundLab]) -> bool:
    """The engine is that of all hosts of these labs from now on; whether it was not before."""
    from catenet.orchestrator.backend.widened import widen

    return sum(widen(engine, lab.hosts.urls, next(iter(lab.hosts.seen), "")) for lab in labs) > 0


def found_lab(engine: Engine, name: str = "") -> FoundLab:
    """The same, where it does not matter how its nodes are.

    Raises:
        UserError: as of `running_lab`.

    """
    from catenet.orchestrator.lab.find import LAB_VARIABLE
    from catenet.orchestrator.observe.running import choose, running_labs

    return choose(running_labs(engine), name, os.environ.get(LAB_VARIABLE, ""), here())
