"""The check `path`: an unmodified traceroute passes the expected routers, in order, and arrives."""

from __future__ import annotations

from catenet.orchestrator.checks.result import Finding
from catenet.orchestrator.checks.scene import Scene
from catenet.orchestrator.lab.model import PathCheck

__all__ = ["check_path", "describe_path", "read_traceroute"]

_DEADLINE = 30.0
_SPARE = 3
"""Hops beyond those expected that traceroute looks at, so that a detour is shown and a dead end does not take long."""


def describe_path(check: PathCheck) -> str:
    """The check in words."""
    over = f"over {' '.join(check.routers)}" if check.routers else "directly"
    return f"{check.source} to {check.target} {over}"


def check_path(scene: Scene, check: PathCheck) -> Finding:
    """One probe for each hop.

    Raises:
        EngineError: traceroute did not run.

    """
    address = str(scene.address(check.target))
    hops = str(len(check.routers) + 1 + _SPARE)
    command = ["traceroute", "-n", "-q", "1", "-w", "1", "-m", hops, address]
    done = scene.run(check.source, command, _DEADLINE)
    way = [scene.name(hop) for hop in read_traceroute(done.stdout)]
    return Finding(
        holds=way == [*check.routers, check.target],
        expected=" ".join((*check.routers, check.target)),
        seen=" ".join(way) or done.last_words,
        next=f"catenet exec {check.source} traceroute -n {address}",
    )


def read_traceroute(text: str) -> list[str]:
    """The address of each hop in the output of `traceroute -n -q 1`; `*` for a silent one, without those at the end."""
    hops = [words[1] for line in text.splitlines() if len(words := line.split()) > 1 and words[0].isdigit()]
    while hops and hops[-1] == "*":
        hops.pop()
    return hops
