"""`heal`: the LAN carries packets again."""

from __future__ import annotations

from catenet.nodes.control.link import HEALTHY
from catenet.orchestrator.faults.verb import Verb

__all__ = ["VERB"]


VERB = Verb(
    "heal",
    "LAN",
    "Heal a LAN that was cut",
    """Heal a LAN that was cut: at every end its interface comes up, and drops nothing.

It returns when the interfaces are up; routes follow when the routers have heard of it.

\b
catenet heal link1
""",
    lambda control, lan, _, at: control.set_condition(lan, HEALTHY, at),
    instead="start",
)
