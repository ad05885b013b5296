"""The events of a supernode, and what they say to a person."""

from __future__ import annotations

from catenet.nodes.application.stun.values import REASONS
from catenet.nodes.application.turn.allocation import Allocation
from catenet.nodes.application.turn.asked import Asked, RefusedError
from catenet.nodes.application.turn.duty import Standing
from catenet.nodes.machine import Report

__all__ = ["allocated", "refused", "released", "role_changed"]


def allocated(allocation: Allocation, now: float) -> Report:
    """A client has a relayed transport address."""
    lifetime = round(allocation.expires - now)
    text = f"{allocation.relay} for {allocation.user} at {allocation.five_tuple.client}, for {lifetime} s"
    return Report("supernode.allocated", text, {**_whose(allocation), "lifetime": lifetime})


def released(allocation: Allocation, why: str) -> Report:
    """It has none any more."""
    text = f"{allocation.relay} of {allocation.user} at {allocation.five_tuple.client}: {why}"
    return Report("supernode.released", text, {**_whose(allocation), "why": why})


def refused(asked: Asked, error: RefusedError) -> Report:
    """One whose credentials are good asks in vain."""
    client, _, transport = asked.five_tuple
    reason = REASONS[error.code]
    towards = f" to {error.peer}" if error.peer else ""
    text = f"{asked.message.method.name} of {asked.user} at {client}{towards}: {error.code} {reason}"
    peer = {"peer": error.peer} if error.peer else {}
    return Report(
        "supernode.refused",
        text,
        {
            "client": str(client),
            "transport": transport,
            "user": asked.user,
            "code": error.code,
            "reason": reason,
            **peer,
        },
    )


def role_changed(before: str, standing: Standing) -> list[Report]:
    """The directory has given another role; a supernode that is none any more is told of, a candidate is not."""
    kind = {"supernode": "supernode.promoted", "dead": "supernode.dead"}.get(standing.role, "")
    if not kind and before == "supernode":
        kind = "supernode.demoted"
    return [Report(kind, f"{standing.role}: {standing.why}", {"why": standing.why})] if kind else []


def _whose(allocation: Allocation) -> dict[str, str]:
    client, _, transport = allocation.five_tuple
    return {"client": str(client), "transport": transport, "user": allocation.user, "relay": str(allocation.relay)}
