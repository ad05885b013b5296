"""Cut and heal a LAN: at every end its interface goes down, or drops what comes in; and up again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, EngineError, Streams
from catenet.orchestrator.faults.done import Done, Stopwatch
from catenet.orchestrator.observe.ask import Doors
from catenet.orchestrator.observe.running import RunningLab, UserError, condition

__all__ = ["cut", "heal", "rejoin"]

LOOK, ACT = 5.0, 20.0
"""Seconds for the two questions that a verb asks: where things are, and then to change them (of a node that hangs)."""

_PAST = {"up": "healed", "down": "cut", "silent": "silent"}
_PLACE = {"up": "up at", "down": "down at", "silent": "every packet is dropped at"}
_WELL = {"up": "is up already", "down": "is cut already", "silent": "is silent already"}
_LATER = {"up": "comes up", "down": "is cut", "silent": "goes silent"}
"""An end of a LAN is up, down or silent → how that is said."""


def cut(engine: Streams, running: RunningLab, lan: str, *, silent: bool = False, at: float = 0.0) -> Done:
    """The LAN carries nothing any more. `silent`: its interfaces stay up, so nobody is told; only timeouts find out.

    `at`: not before this time, in seconds since 1970, so that several LANs can be cut at once.

    Raises:
        UserError: no such LAN, or nobody is on it.
        EngineError: an end that runs did not do it.

    """
    return _set(engine, running, lan, "cut", "silent" if silent else "down", at=at)


def heal(engine: Streams, running: RunningLab, lan: str, *, at: float = 0.0) -> Done:
    """The LAN carries packets again; returns when the interfaces are up. Routing takes the time it takes.

    `at`: not before this time, in seconds since 1970.

    Raises:
        UserError: no such LAN, or nobody is on it.
        EngineError: an end that runs did not do it.

    """
    return _set(engine, running, lan, "heal", "up", at=at)


def _set(engine: Streams, running: RunningLab, lan: str, verb: str, state: str, *, at: float) -> Done:
    past, watch = _PAST[state], Stopwatch(verb, lan)
    ends = running.ends(lan)
    if not ends:
        makes = f"{running.up_again} makes what is missing"
        raise UserError(f"no node is on {lan} any more, so it cannot be {past}: {makes}")
    dead = [end for end in ends if condition(end) != "running"]
    if len(dead) == len(ends):
        words = f"has no end that runs, so nothing is {past} ({_listed(f'{e.node} is {condition(e)}' for e in dead)})"
        return watch.done(words, changed=False)
    absent = tuple(f"{end.node} is {condition(end)}: its end {_LATER[state]} when it is back" for end in dead)
    with Doors(engine) as doors:
        links = doors.ask_all(ends, Question("show", {"what": "links"}), LOOK)
        wrong = [end for end in ends if condition(end) == "running" and _state(links[end.node], lan) != state]
        if not wrong:
            return watch.done(_WELL[state], changed=False, remarks=absent)
        refused = _refusals(doors.ask_all(wrong, _order(lan, state, at), ACT))
    if refused:
        raise EngineError(f"{verb} {lan}: {'; '.join(refused)}", f"catenet status, then catenet {verb} {lan} again")
    time.sleep(max(0.0, at - time.time()))
    return watch.done(f"{past}: {_PLACE[state]} {_listed(end.node for end in wrong)}", remarks=absent)


def rejoin(engine: Streams, running: RunningLab, container: Container) -> tuple[str, ...]:
    """A node that is back does as the other ends of its LANs have done meanwhile; a line for each LAN that it changed.

    Raises:
        EngineError: it did not do it.

    """
    said = []
    lans = running.lans_of(container)
    others = {end.node: end for lan in lans for end in running.ends(lan) if end.node != container.node}
    with Doors(engine) as doors:
        links = doors.ask_all((container, *others.values()), Question("show", {"what": "links"}), LOOK)
        own = links.pop(container.node)
        for lan in lans:
            states = {_state(answer, lan) for answer in links.values()} - {None}
            state = next((word for word in ("down", "silent") if word in states), "up")
            if not states or _state(own, lan) == state:
                continue
            refused = _refusals({container.node: doors.ask(container, _order(lan, state), ACT)})
            if refused:
                raise EngineError(f"{lan} is {_PAST[state]}, and {'; '.join(refused)}")
            said.append(f"{lan} is {_PAST[state]}: {_PLACE[state]} {container.node} too")
    return tuple(said)


def _order(lan: str, state: str, at: float = 0.0) -> Question:
    """At once, or at that time."""
    when: dict[str, Json] = {"at": at} if at else {}
    return Question("link", {"lan": lan, "up": state != "down", "silent": state == "silent", **when})


def _state(answer: Answer, lan: str) -> str | None:
    """What a node's links say of one LAN: up, down or silent; None where they say nothing."""
    rows = answer.answer if isinstance(answer.answer, list) else []
    for row in rows:
        if isinstance(row, Mapping) and row.get("lan") == lan:
            return "down" if not row.get("up") else "silent" if row.get("silent") else "up"
    return None


def _refusals(answers: Mapping[str, Answer]) -> list[str]:
    return [f"{node}: {answer.error}" for node, answer in answers.items() if answer.error is not None]


def _listed(names: Iterable[str]) -> str:
    """a; a and b; a, b and c."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
