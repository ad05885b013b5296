"""The check `loop`: an unmodified ping goes in circles until its TTL runs out, and the sender is told (RFC 792)."""

from __future__ import annotations

from catenet.nodes.address import Address
from catenet.orchestrator.checks.result import Finding
from catenet.orchestrator.checks.scene import Scene
from catenet.orchestrator.lab.addressing import stranger
from catenet.orchestrator.lab.model import LoopCheck

__all__ = ["check_loop", "describe_loop"]

_DEADLINE = 30.0


def describe_loop(check: LoopCheck) -> str:
    """The check in words."""
    return f"{check.source} to {' or '.join(check.to)}: {'a loop' if check.found else 'no loop'}"


def check_loop(scene: Scene, check: LoopCheck) -> Finding:
    """Two echo requests to each LAN, for an address there that no node has: only the way matters.

    Raises:
        EngineError: ping did not run.

    """
    said: list[str] = []
    addresses: list[Address] = [stranger(scene.lab, lan) for lan in check.to]
    for address in addresses:
        done = scene.ping(check.source, ["-c", "2", "-i", "0.2", "-W", "1", str(address)], _DEADLINE)
        said += [line for line in done.stdout.splitlines() if line.startswith("From ")]
    died = [line for line in said if "Time to live exceeded" in line]
    return Finding(
        holds=bool(died) is check.found,
        expected="Time to live exceeded" if check.found else "no TTL that runs out",
        seen=(died or said or ["nothing was said"])[0],
        next=f"catenet exec {check.source} traceroute -n {addresses[0]}",
    )
