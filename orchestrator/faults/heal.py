"""`heal`: the LAN carries packets again, as the lab file has it."""

from __future__ import annotations

from catenet.orchestrator.faults.verb import Verb

__all__ = ["VERB"]


VERB = Verb(
    "heal",
    "LAN",
    "Heal a LAN that was cut or impaired",
    """Heal a LAN that was cut or impaired: at every end its interface comes up, and drops nothing.

It returns when the interfaces are up; routes follow when the routers have heard of it. What the lab file says that the
LAN suffers (`impairments:`), it suffers again.

\b
catenet heal link1
""",
    lambda control, lan, _, at: control.set_condition(lan, control.planned(lan), at),
    instead="start",
)
