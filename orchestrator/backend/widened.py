"""The engine that is there without being named: by itself, until a lab is meant that is on other hosts, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from catenet.orchestrator.backend.fleet_member import Patience
from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.engine_url import engine_key

__all__ = ["hurry", "may_widen", "widen"]


class _Widened:
    """Whatever is asked of it, the engine is asked that it stands for now."""

    def __init__(self, home: Engine, reach: Callable[[str], Engine], took: float) -> None:
        self.home, self.reach = home, reach
        self.now = home
        self.patience = Patience(took=took)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now, name)


def may_widen(home: Engine, reach: Callable[[str], Engine], took: float = 0.0) -> Engine:
    """The same engine, as `widen` takes it. `reach`: connects to the engine of a URL; `took`: seconds that it took to
    connect to this one.
    """
    return cast(Engine, _Widened(home, reach, took))


def widen(engine: Engine, urls: Mapping[str, str], here: str) -> bool:
    """From now on it is the engines of these hosts, of which it is itself the one that is called `here`; False: it was
    so already, or is what the user has named.

    `urls`: host → how it is reached, as the machine says that a lab was started from.
    """
    if not isinstance(engine, _Widened) or len(urls) < 2:
        return False
    from catenet.orchestrator.backend.fleet import Fleet

    known = engine.now if isinstance(engine.now, Fleet) else None
    if known is None:
        ways = {host: _way(engine, host, url, here) for host, url in urls.items()}
        engine.now = Fleet(ways, urls, engine.patience)
        return True
    keys = {engine_key(url) for url in known.urls().values()}
    fresh = {host: url for host, url in urls.items() if host != here and engine_key(url) not in keys}
    for host, url in fresh.items():
        known.add(url if host in known.urls() else host, _way(engine, host, url, here), url)
    return bool(fresh)


def hurry(engine: Engine, seconds: float) -> None:
    """From now on a host may be silent only so many seconds while it is connected to, where another has answered
    already, and fast.
    """
    if isinstance(patience := getattr(engine, "patience", None), Patience):
        patience.others = seconds


def _way(engine: _Widened, host: str, url: str, here: str) -> Engine | Callable[[], Engine]:
    if host == here:
        return engine.home
    if url == "local" and here and engine.home.urls()[""].startswith("unix:"):
        return _elsewhere  # this machine is called otherwise there
    return partial(engine.reach, url)


def _elsewhere() -> Engine:
    raise EngineError("it is the machine that the lab was started from", "say this there, or name the hosts by --host")
