"""What a verb works on: the engine, and the running lab that the user means."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from catenet.orchestrator.observe.meant_engine import engine_on, go_to, named_hosts

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
    "hosts_of_file",
    "look_there",
    "name_hosts",
    "not_there",
    "on_all_hosts",
    "on_its_hosts",
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
    """The engine of these hosts, each reached when it is needed; None: those that are named.

    Raises:
        UserError: a host is not written as one is.

    """
    connect = _connect.get()
    if connect is not None:
        return connect()  # who gives engines for several hosts gives one at each call
    return engine_on(chosen_hosts() if hosts is None else hosts)


def hosts_of_file(word: str) -> Mapping[str, Host]:
    """The hosts that the lab file says which `word` means, else $CATENET_LAB, else this folder; none: it says none. Of
    a word that is no lab, but a copy that runs, it may be, this folder's.

    Raises:
        LabFileError: what it says of them is wrong.

    """
    from catenet.orchestrator.lab.find import UnknownLabError, find_lab
    from catenet.orchestrator.lab.hosts_file import hosts_in

    try:
        file = find_lab(word or None, here(), os.environ)
    except UnknownLabError:
        file = find_lab(None, here(), {})
    return {} if file is None else hosts_in(file)


def look_there(engine: Engine, word: str) -> str:
    """Where the user has named no hosts, the engine is that of those which the lab file says that `word` means; one
    that is wrong by now says nothing.

    Returns: where that is, as is said of a lab that is not there; empty: where the user may know.
    """
    from catenet.orchestrator.lab.model import LabFileError

    if not chosen_hosts():
        with suppress(LabFileError):
            if hosts := hosts_of_file(word):
                go_to(engine, hosts)
                said = ", ".join(f"{host.name} ({host.url})" for host in hosts.values())
                return f"looked for on the hosts of the lab file, {said}; --host says others, like --host local"
    return ""


def not_there(engine: Engine, said: str, where: str = "") -> Exception:
    """The error that a lab is not found. `where`: as of `look_there`; hosts that do not answer are named, too."""
    from catenet.orchestrator.backend.protocols import HostLostError
    from catenet.orchestrator.observe.hosts import CopyHosts
    from catenet.orchestrator.observe.running import UserError

    hosts = CopyHosts(engine.urls()).asked_by(engine)
    if hosts.lost:
        lost = "; ".join(map(hosts.said_of, hosts.lost))
        return HostLostError(f"{said}; {lost}", "once that answers, say the same again")
    return UserError("; ".join(filter(None, (said, where))))


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
    """That lab as it is on all of its hosts; of those that do not answer the user is told.

    Raises:
        UserError: it has gone meanwhile.

    """
    from catenet.orchestrator.observe.running import as_it_is

    running = as_it_is(engine, on_its_hosts(engine, found))
    hosts = running.hosts
    if hosts.away:
        from catenet.orchestrator.cli.screen import say_to_stderr

        for host in hosts.away:
            say_to_stderr(f"catenet: {hosts.said_of(host)}")
        if running.unreachable.nodes:
            say_to_stderr(f"catenet: unreachable: {', '.join(running.unreachable.nodes)}")
    return running


def on_its_hosts(engine: Engine, found: FoundLab) -> FoundLab:
    """That lab as all of its hosts list it.

    Raises:
        UserError: it has gone meanwhile.

    """
    from catenet.orchestrator.observe.running import choose, running_labs

    return choose(running_labs(engine), found.name, "", here()) if on_all_hosts(engine, found) else found


def on_all_hosts(engine: Engine, lab: FoundLab | RunningLab) -> bool:
    """The engine is that of all hosts of this lab from now on, and of no others; whether it was not before."""
    from catenet.orchestrator.backend.widened import Copy, widen

    return widen(engine, Copy(lab.name, lab.hosts.began), lab.hosts.urls, next(iter(lab.hosts.seen), ""))


def found_lab(engine: Engine, name: str = "") -> FoundLab:
    """The same, where it does not matter how its nodes are.

    Raises:
        UserError: as of `running_lab`.
        HostLostError: likewise, and a host does not answer.

    """
    from catenet.orchestrator.lab.find import LAB_VARIABLE
    from catenet.orchestrator.observe.running import SeveralError, UserError, choose, running_labs

    where = look_there(engine, name)
    labs = running_labs(engine)
    try:
        return choose(labs, name, os.environ.get(LAB_VARIABLE, ""), here())
    except SeveralError:
        raise
    except UserError as error:
        raise not_there(engine, str(error), where) from None
