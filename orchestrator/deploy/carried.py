"""Images that are there already, somewhere, and are carried to where they are needed: nothing is built or fetched."""

from __future__ import annotations

import time
from collections.abc import Sequence

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.deploy.progress import Progress

__all__ = ["is_carried"]

_AWAY = ("ssh:", "tcp:")


def is_carried(engine: Engine, tag: str, progress: Progress) -> bool:
    """Whether the image is on all hosts: those that lack it get it from one that has it, or from this machine's own
    engine, which may be none of them.

    Raises:
        EngineError: it cannot be carried; the text says whither.

    """
    if engine.has_image(tag):
        return True
    started = time.monotonic()
    hosts = engine.carry(tag) or _brought(engine, tag)
    if hosts:
        to = f" to {', '.join(hosts)}" if any(hosts) else ""
        progress.finished("image", f"{tag.partition(':')[0]} carried{to}, once", time.monotonic() - started)
    return bool(hosts)


def _brought(engine: Engine, tag: str) -> Sequence[str]:
    """To which hosts it was carried from here."""
    urls = engine.urls()
    if not all(url.startswith(_AWAY) for url in urls.values()):
        return ()
    try:
        own = connect("local")
        if not own.has_image(tag):
            return ()
    except EngineError:  # there is none
        return ()
    engine.load(own.save(tag))
    engine.carry(tag)
    return [*urls]
