"""The machine's limits that a lab of so many nodes will meet, each with the setting that raises it. Pure.

Those that bite, with what a node takes of each:

    memory                       25 MB for the node (proportional set size, measured) and 15 MB for the engine's helper
    inotify instances            one for each log that `up` or `events -f` follows (measured on Docker 20.10), and one a
                                 container where containerd watches its memory events (cgroup v2)
    neighbour entries            of all namespaces together (the kernel has one table): two for each link, and more
    threads                      some 12: the node's own, and those of the engine's helper
    open files of this process   one connection to the engine for each log that `up` follows
    ports of a bridge            1,024 (BR_MAX_PORTS): the nodes of one LAN
    disk                         20 MB: its log, twice 10 MB
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Limit", "limits"]

MEGABYTE = 1_000_000
_BRIDGE_PORTS = 1_024


@dataclass(frozen=True, slots=True)
class Limit:
    """`has` and `needs` in `unit`; `do`: the command that raises it."""

    name: str
    has: int
    needs: int
    unit: str
    do: str

    @property
    def holds(self) -> bool:
        return self.has >= self.needs


def limits(nodes: int, setting: Callable[[str], int | None], memory: int, disk: int, files: int) -> Iterator[Limit]:
    """For so many nodes. `setting` reads a sysctl (None: there is none); `memory` and `disk` in bytes; `files` open."""
    yield Limit("memory", memory // MEGABYTE, nodes * 40, "MB", "end other programs, or take a machine with more")
    yield Limit("disk", disk // MEGABYTE, 500 + nodes * 20, "MB", "docker system df shows what takes it")
    yield Limit("open files", files, nodes + 100, "", f"ulimit -n {nodes + 100}")
    yield Limit("nodes on one LAN", _BRIDGE_PORTS, nodes, "", "spread them over several LANs")
    sysctls = {
        "fs.inotify.max_user_instances": 2 * nodes + 30,
        "net.ipv4.neigh.default.gc_thresh3": 4 * nodes + 100,
        "kernel.pid_max": 12 * nodes + 2_000,
        "kernel.threads-max": 12 * nodes + 2_000,
    }
    for name, needs in sysctls.items():
        has = setting(name)
        if has is not None:
            yield Limit(name, has, needs, "", f"sysctl -w {name}={_round(needs)}")


def _round(number: int) -> int:
    """The next power of two: somebody will type it."""
    return 1 << (number - 1).bit_length()
