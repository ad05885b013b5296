"""What is remembered of a copy that was taken down, or whose `up` was undone, while one of its hosts did not answer.

It is a container that is never started, on a host that answers: it has the copy's labels, so that whoever asks that
engine later, from whichever machine, finds the copy and all its hosts, and `down` clears the rest as ever.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress

from catenet.orchestrator.backend.protocols import (
    LABEL_BEGAN,
    LABEL_FILE,
    LABEL_FOLDER,
    LABEL_HOST,
    LABEL_HOSTS,
    LABEL_LAB,
    LABEL_LEFT,
    LABEL_NODE,
    LABEL_PLACES,
    ContainerSpec,
    Engine,
    EngineError,
    Listed,
)
from catenet.orchestrator.plan.naming import container_name

__all__ = ["is_memory", "remember"]

_NAME = "_left"  # the names of nodes begin otherwise
_KEPT = (LABEL_FILE, LABEL_FOLDER, LABEL_BEGAN, LABEL_HOSTS, LABEL_HOST, LABEL_PLACES)


def is_memory(container: Listed) -> bool:
    """Whether it is such a container, and no node."""
    return LABEL_LEFT in container.labels


def remember(engine: Engine, seen: Iterable[Listed | ContainerSpec], away: Collection[str]) -> None:
    """On each host that answers, and has, had or was to have some of these containers of one copy, that there is more
    on those `away`.

    Nothing is raised where that cannot be made: what is left, and how it goes, the user is told beside.
    """
    there: dict[str, Listed | ContainerSpec] = {}
    for each in seen:
        if each.host not in away and (LABEL_NODE in each.labels or LABEL_LEFT in each.labels):
            there[each.host] = each if LABEL_LEFT in each.labels else there.get(each.host, each)
    for host, each in there.items() if away else ():
        if LABEL_LEFT not in each.labels:
            copy = each.labels[LABEL_LAB]
            labels = {LABEL_LAB: copy} | {label: each.labels[label] for label in _KEPT if label in each.labels}
            name = container_name(copy, _NAME)
            spec = ContainerSpec(name, "left", each.image, {}, {}, {**labels, LABEL_LEFT: ",".join(away)}, host=host)
            with suppress(EngineError):
                engine.create(spec)
