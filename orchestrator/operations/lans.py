"""What the ends of a LAN are told to be like, and what one that comes back is."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from catenet.nodes.control.answers import LinkState, link_states
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.impairment import in_words
from catenet.nodes.control.link import HEALTHY, LinkCondition
from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, EngineError, Streams
from catenet.orchestrator.faults.verb import Outcome
from catenet.orchestrator.observe.ask import ControlConnections
from catenet.orchestrator.observe.running import RunningLab, UserError, condition

__all__ = ["conditions", "set_condition", "sync_link_conditions"]

LOOK, ACT = 5.0, 20.0
"""Seconds for the two questions that a verb asks: where things are, and then to change them (of a node that hangs)."""


class Conditions(NamedTuple):
    """How a LAN is, and how it is by the lab file."""

    now: LinkCondition
    planned: LinkCondition


def conditions(engine: Streams, running: RunningLab, lan: str) -> Conditions:
    """As its ends say; a LAN of which nobody says anything is as well as can be.

    Raises:
        UserError: no such LAN.

    """
    ends = [end for end in running.ends(lan) if condition(end) == "running"]
    with ControlConnections(engine) as connections:
        answers = connections.ask_all(ends, Question("show", {"what": "links"}), LOOK) if ends else {}
    said = [link for answer in answers.values() if (link := _link(answer, lan)) is not None]
    if not said:
        return Conditions(HEALTHY, HEALTHY)
    return Conditions(LinkCondition.worst(link.condition for link in said), said[0].planned)


def set_condition(
    engine: Streams,
    running: RunningLab,
    verb: str,
    lan: str,
    wanted: LinkCondition,
    *,
    at: float = 0.0,
    nodes: Collection[str] | None = None,
) -> Outcome:
    """The LAN's ends become so, at these nodes, or at all; returns when they are. Routing takes the time it takes.

    `verb`: whose doing it is, for messages. `at`: not before this time, in seconds since 1970, so that several LANs can
    be cut at once.

    Raises:
        UserError: no such LAN, or nobody is on it.
        EngineError: an end that runs did not do it.

    """
    words = wanted.state
    ends = [end for end in running.ends(lan) if nodes is None or end.node in nodes]
    if not ends:
        makes = f"{running.up_again} makes what is missing"
        raise UserError(f"no node is on {lan} any more, so it cannot be {words.past}: {makes}")
    dead = [end for end in ends if condition(end) != "running"]
    if len(dead) == len(ends):
        why = _listed(f"{end.node} is {condition(end)}" for end in dead)
        return Outcome(f"has no end that runs, so nothing is {words.past} ({why})", changed=False)
    absent = tuple(f"{end.node} is {condition(end)}: its end {words.later} when it is back" for end in dead)
    with ControlConnections(engine) as connections:
        links = connections.ask_all(ends, Question("show", {"what": "links"}), LOOK)
        wrong = [end for end in ends if condition(end) == "running" and _condition(links[end.node], lan) != wanted]
        if not wrong:
            return Outcome(f"is {wanted.words} already", changed=False, remarks=absent)
        orders = partial(_order_to, engine, lan, wanted, at)
        refused = _refusals(connections.ask_all(wrong, orders, ACT))
    if refused:
        raise EngineError(f"{verb} {lan}: {'; '.join(refused)}", f"catenet status, then catenet {verb} {lan} again")
    time.sleep(max(0.0, at - time.time()))
    what = f" ({in_words(wanted.impairments)})" if wanted.impairments else ""
    return Outcome(f"{words.past}{what}: {words.place} {_listed(end.node for end in wrong)}", remarks=absent)


def sync_link_conditions(engine: Streams, running: RunningLab, container: Container) -> tuple[str, ...]:
    """A node that is back does as the other ends of its LANs have done meanwhile; a line for each LAN that it changed.

    Raises:
        EngineError: it did not do it.

    """
    said = []
    lans = running.lans_of(container)
    others = {end.node: end for lan in lans for end in running.ends(lan) if end.node != container.node}
    with ControlConnections(engine) as connections:
        links = connections.ask_all((container, *others.values()), Question("show", {"what": "links"}), LOOK)
        own = links.pop(container.node)
        for lan in lans:
            ends = [end for answer in links.values() if (end := _condition(answer, lan)) is not None]
            if not ends or _condition(own, lan) == (wanted := LinkCondition.worst(ends)):
                continue
            words = wanted.state
            refused = _refusals({container.node: connections.ask(container, _order(lan, wanted), ACT)})
            if refused:
                raise EngineError(f"{lan} is {words.past}, and {'; '.join(refused)}")
            said.append(f"{lan} is {words.past}: {words.place} {container.node} too")
    return tuple(said)


def _order_to(engine: Streams, lan: str, wanted: LinkCondition, at: float, end: Container) -> Question:
    """The moment is told in each end's own time."""
    return _order(lan, wanted, at + engine.ahead(end.name) if at else 0.0)


def _order(lan: str, wanted: LinkCondition, at: float = 0.0) -> Question:
    """At once, or at that time."""
    when: dict[str, Json] = {"at": at} if at else {}
    return Question("link", {"lan": lan, "condition": wanted.to_json(), **when})


def _condition(answer: Answer, lan: str) -> LinkCondition | None:
    """What a node's links say of one LAN; None where they say nothing."""
    link = _link(answer, lan)
    return None if link is None else link.condition


def _link(answer: Answer, lan: str) -> LinkState | None:
    try:
        links = read(answer, link_states)
    except AnswerError:
        return None
    return next((link for link in links if link.lan == lan), None)


def _refusals(answers: Mapping[str, Answer]) -> list[str]:
    return [f"{node}: {answer.error}" for node, answer in answers.items() if answer.error is not None]


def _listed(names: Iterable[str]) -> str:
    """a; a and b; a, b and c."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
