"""The check `ping`: an unmodified ping is answered, or is not."""

from __future__ import annotations

from catenet.orchestrator.checks.result import Finding
from catenet.orchestrator.checks.scene import Scene
from catenet.orchestrator.lab.model import PingCheck

__all__ = ["check_ping", "describe_ping"]

_DEADLINE = 30.0


def describe_ping(check: PingCheck) -> str:
    """The check in words."""
    return f"{check.source} pings {check.target}{'' if check.answered else ', in vain'}"


def check_ping(scene: Scene, check: PingCheck) -> Finding:
    """Three echo requests; one answer is enough.

    Raises:
        EngineError: ping did not run.

    """
    address = str(scene.address(check.target))
    done = scene.ping(check.source, ["-q", "-c", "3", "-i", "0.1", "-W", "1", address], _DEADLINE)
    received = next((line for line in done.stdout.splitlines() if "packets transmitted" in line), done.last_words)
    return Finding(
        holds=(done.returncode == 0) is check.answered,
        expected="an answer" if check.answered else "no answer",
        seen=received,
        next=f"catenet exec {check.source} traceroute -n {address}",
    )
