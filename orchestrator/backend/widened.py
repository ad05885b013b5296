"""The engine that a verb begins with: it becomes that of all hosts of a lab, once one is meant that is on several.

Where a lab is, the labels of what there is of it say, and not which of its hosts the user has named: a LAN that is cut
at one end, and half of the nodes' answers, help nobody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from catenet.orchestrator.backend.fleet_member import Patience
from catenet.orchestrator.backend.protocols import LABEL_BEGAN, LABEL_HOST, LABEL_LAB, Engine, EngineError
from catenet.orchestrator.backend.signs import sign_of_life
from catenet.orchestrator.engine_url import engine_key

if TYPE_CHECKING:
    from catenet.orchestrator.backend.fleet import Fleet

__all__ = ["Copy", "begin_at", "hurry", "may_widen", "widen"]


class Copy(NamedTuple):
    """A copy of a lab. `began`: when it was brought up, as LABEL_BEGAN says it, by which it is told from others of that
    name; empty: nothing says it.
    """

    name: str
    began: str = ""

    def may_be(self, labels: Mapping[str, str]) -> bool:
        """Whether what bears these and its name is of it."""
        return len({self.began, labels.get(LABEL_BEGAN, "")} - {""}) < 2


class _Widened:
    """Whatever is asked of it, the engine is asked that it stands for now."""

    def __init__(self, connect: Callable[[Patience], Engine], reach: Callable[[str], Engine]) -> None:
        self.connect, self.reach, self.patience = connect, reach, Patience()
        self._lock = threading.Lock()
        self._first: Engine | None = None
        self._wide: dict[object, Fleet] = {}
        self._now: Engine | None = None

    @property
    def first(self) -> Engine:
        """The one that it begins with; connected to when it is needed, for another may be put in its place."""
        with self._lock:
            if self._first is None:
                began = time.monotonic()
                self._first = self.connect(self.patience)
                self.patience.took = time.monotonic() - began
            return self._first

    def begin_at(self, connect: Callable[[Patience], Engine]) -> None:
        with self._lock:
            self.connect, self._first, self._now = connect, None, None
            self._wide.clear()

    def widen(self, copy: Copy, urls: Mapping[str, str], here: str) -> bool:
        before, self._now = self._now, self._of(copy, urls, here)
        return self._now is not before

    def _of(self, copy: Copy, urls: Mapping[str, str], here: str) -> Engine | None:
        """The engines of these hosts; None: the first is all of them."""
        if len(urls) < 2:
            return None
        known = self.first.urls()
        keys = {engine_key(url) for url in known.values()}
        lacking = {host: url for host, url in urls.items() if host not in known and engine_key(url) not in keys}
        if len(known) > 1 and not lacking:
            return None
        asked = (copy, *urls.items())
        if asked not in self._wide:
            self._wide[asked] = self._several(copy, urls, here) if len(known) == 1 else self._more(copy, lacking)
        return self._wide[asked]

    def _several(self, copy: Copy, urls: Mapping[str, str], here: str) -> Fleet:
        """The first engine is one of them: that which is called `here`."""
        from catenet.orchestrator.backend.fleet import Fleet

        own = engine_key(self.first.urls()[""])
        ways: dict[str, Engine | Callable[[], Engine]] = {}
        for host, url in urls.items():
            if engine_key(url) == own and here not in ("", host):
                ways[host] = _elsewhere  # this machine is called otherwise there
            else:
                first = host == here or engine_key(url) == own
                ways[host] = self.first if first else partial(self._reach, copy, host, url)
        return Fleet(ways, urls, self.patience)

    def _more(self, copy: Copy, urls: Mapping[str, str]) -> Fleet:
        """These, beside the several that it is already."""
        from catenet.orchestrator.backend.fleet import Fleet

        ways = {host: partial(self._reach, copy, host, url) for host, url in urls.items()}
        return cast(Fleet, self.first).beside(ways, urls)

    def _reach(self, copy: Copy, host: str, url: str) -> Engine:
        """That host's engine.

        Raises:
            EngineError: it does not answer, or is another machine's than the one that the copy is on.

        """
        engine = self.reach(url)
        sign_of_life()("its engine was asked for the lab")
        there = [each.labels for each in engine.listed({LABEL_LAB: copy.name})]
        if not all(each.get(LABEL_HOST) == host and copy.may_be(each) for each in there):
            raise EngineError(f"what is called {copy.name} there is another lab", "name this one's hosts by --host")
        is_here = any(map(_is_here, (url, *engine.urls().values())))  # a context has another name for it
        if not there and is_here and not any(map(_is_here, self.first.urls().values())):
            return _elsewhere()
        return engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._now or self.first, name)


def may_widen(connect: Callable[[Patience], Engine], reach: Callable[[str], Engine]) -> Engine:
    """The engine that `connect` connects to, as `widen` takes it. `reach`: connects to the engine of a URL."""
    return cast(Engine, _Widened(connect, reach))


def begin_at(engine: Engine, connect: Callable[[Patience], Engine]) -> None:
    """It begins with another one."""
    if isinstance(engine, _Widened):
        engine.begin_at(connect)


def widen(engine: Engine, copy: Copy, urls: Mapping[str, str], here: str) -> bool:
    """From now on it is the engines of all hosts that this copy of a lab is on; where that is none or one, the engine
    that it began with. Whether that is another than before.

    `urls`: host → how it is reached, as the machine says that the lab was started from; `here`: what the host is called
    whose engine it began with, as what is there says; empty: there is nothing.
    """
    return isinstance(engine, _Widened) and engine.widen(copy, urls, here)


def hurry(engine: Engine, seconds: float) -> None:
    """From now on a host may be silent only so many seconds while it is connected to, where another has answered
    already, and fast.
    """
    if isinstance(patience := getattr(engine, "patience", None), Patience):
        patience.others = seconds


def _is_here(url: str) -> bool:
    """Whether it is a socket of the machine that says it."""
    return engine_key(url).startswith("unix:")


def _elsewhere() -> Engine:
    raise EngineError("it is the machine that the lab was started from", "say this there, or name the hosts by --host")
