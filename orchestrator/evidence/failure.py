"""What is kept of a failure, while the lab is still there: .catenet/failures/<UTC time>-<copy>/

error.txt               what went wrong
events.txt              what all nodes wrote, by time: the last lines of each
logs/NODE.log           each node's own lines, events with their JSON
inspect/NODE.json       what the engine knows of it; of its environment only what is ours, without passwords and keys
tables/NODE/WHAT.json   every table that the node shows (`catenet show NODE`)
captures/NODE.pcap      what passed at the node, on all its interfaces, while that which failed was done once more
left-out.txt            what could not be had, and why; absent where nothing is
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from catenet.orchestrator.backend.protocols import Engine, EngineError, containers_of
from catenet.orchestrator.evidence.folder import FOLDER, new_folder, write
from catenet.orchestrator.evidence.jobs import Job, run_jobs
from catenet.orchestrator.evidence.node import NodeRecords
from catenet.orchestrator.evidence.packets import NodePackets
from catenet.orchestrator.observe.running import condition

__all__ = ["a_while", "save", "save_or_say"]

_LOOK = 15.0
"""Seconds for logs, inspect and tables, and for the captures to begin: 3 s for 20 nodes, where nothing else runs."""
_MEANWHILE = 5.0
"""Seconds that the captures listen at most."""
_END = 10.0
"""Seconds for the captures to end."""


def a_while() -> None:
    """For captures: nothing is done once more, the lab is only listened to."""
    time.sleep(2.0)


def save(
    engine: Engine, copy: str, error: str, folder: Path = FOLDER, *, again: Callable[[], object] | None = a_while
) -> Path:
    """The new folder with the evidence, made below `folder`. What cannot be had is left out, and said in left-out.txt.

    `again` does once more what failed, while all nodes that run are captured; None: nothing is captured. It takes some
    5 s for 20 nodes, and not many more whatever hangs.

    Raises:
        OSError: the folder cannot be written.

    """
    target = new_folder(folder, copy)
    write(target, "error.txt", f"{error}\n")
    try:
        containers = containers_of(engine, copy)
    except EngineError as refused:
        write(target, "left-out.txt", f"everything else: {refused}\n")
        return target
    records = NodeRecords(engine, target)
    alive = [container for container in containers if condition(container) == "running"]
    captures = [NodePackets(engine, container) for container in alive] if again is not None else []
    jobs: list[Job] = []
    for container in containers:
        jobs.append((f"logs/{container.node}.log", partial(records.log, container)))
        jobs.append((f"inspect/{container.node}.json", partial(records.inspect, container)))
    jobs += [(f"tables/{container.node}", partial(records.tables, container, _LOOK)) for container in alive]
    jobs += [(f"captures/{each.node}.pcap", each.begin) for each in captures]  # the dearest last
    left_out = run_jobs(jobs, _LOOK)
    begun = [each for each in captures if f"captures/{each.node}.pcap" not in left_out]
    if again is not None and begun:
        run_jobs([("again", again)], _MEANWHILE)
        left_out |= run_jobs([(f"captures/{each.node}.pcap", partial(each.end, target, _END)) for each in begun], _END)
    records.write_events()
    if left_out:
        write(target, "left-out.txt", "".join(f"{what}: {why}\n" for what, why in sorted(left_out.items())))
    return target


def save_or_say(
    engine: Engine, copy: str, error: str, folder: Path = FOLDER, *, again: Callable[[], object] | None = a_while
) -> str:
    """`save`, and a line about it for the user; what goes wrong with it is said there, and never raised."""
    try:
        return f"evidence is kept in {save(engine, copy, error, folder, again=again)}"
    except OSError as refused:
        return f"the evidence could not be kept: {folder} cannot be written ({refused.strerror})"
    except Exception as refused:  # it must not hide the failure that it is about
        return f"the evidence could not be kept: {refused}"
