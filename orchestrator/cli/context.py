"""What a verb works on: the engine, and the running lab that the user means."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from catenet.orchestrator.backend.protocols import Engine
    from catenet.orchestrator.backend.swarm import OneEngine
    from catenet.orchestrator.lab.hosts import Host
    from catenet.orchestrator.observe.running import FoundLab, RunningLab

__all__ = [
    "HOST_VARIABLE",
    "chosen_hosts",
    "connecting",
    "engine",
    "engine_of",
    "found_lab",
    "here",
    "name_hosts",
    "on_all_hosts",
    "one_name",
    "running_lab",
]

HOST_VARIABLE = "CATENET_HOST"
"""The hosts that are meant where `--host` names none, with commas between them."""

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
    from catenet.orchestrator.lab.hosts import parse_hosts

    words = _hosts.get() or tuple(filter(None, os.environ.get(HOST_VARIABLE, "").split(",")))
    try:
        return parse_hosts(words)
    except ValueError as error:
        from catenet.orchestrator.observe.running import UserError

        raise UserError(f"{'--host' if _hosts.get() else HOST_VARIABLE}: {error}") from None


def engine(hosts: Mapping[str, Host] | None = None) -> Engine:
    """The engine of these hosts, each reached when it is needed where there are several; None: those that are named.

    Raises:
        EngineError: it does not answer.
        UserError: a host is not written as one is.

    """
    connect = _connect.get()
    if connect is not None:
        return connect()
    from catenet.orchestrator.backend.docker import connect as docker

    urls = {name: host.url for name, host in (chosen_hosts() if hosts is None else hosts).items()}
    if len(urls) > 1:
        from catenet.orchestrator.backend.fleet import Fleet

        return Fleet({name: partial(docker, url) for name, url in urls.items()}, urls)
    if urls:
        return docker(*urls.values())
    from catenet.orchestrator.backend.widened import may_widen

    began = time.monotonic()
    home = docker()
    return may_widen(home, docker, time.monotonic() - began)


def engine_of(host: Host) -> OneEngine:
    """The engine of one of several hosts, by itself.

    Raises:
        EngineError: it does not answer.

    """
    connect = _connect.get()
    if connect is not None:
        return cast("OneEngine", connect())  # who gives engines for several hosts gives one at each call
    from catenet.orchestrator.backend.docker import connect as docker

    return docker(host.url)


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

    found = found_lab(engine, name)
    if on_all_hosts(engine, [found]):
        found = found_lab(engine, found.name)
    running = as_it_is(engine, found)
    if running.hosts.lost:
        from catenet.orchestrator.cli.screen import say_to_stderr

        for host in running.hosts.lost:
            say_to_stderr(f"catenet: {running.hosts.said_of(host)}")
        say_to_stderr(f"catenet: unreachable: {', '.join(running.unreachable.nodes)}")
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
