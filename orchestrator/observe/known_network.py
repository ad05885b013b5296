"""The network as one of its routers knows it: by the database of a protocol that has the whole of it."""

from __future__ import annotations

from catenet.nodes import catalogue
from catenet.nodes.control.answers import KnownLink, known_links
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.implementation import OURS
from catenet.nodes.control.questions import Question
from catenet.orchestrator.backend.protocols import EngineError, Streams
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.observe.ask import ask
from catenet.orchestrator.observe.running import RunningLab, UserError, must_run

__all__ = ["known_network", "knows_network"]


def known_network(engine: Streams, running: RunningLab, node: str) -> tuple[str, tuple[KnownLink, ...]]:
    """The node's service that knows the whole network, and all the links that it knows.

    Raises:
        UserError: it is no node of the lab, does not run, or has no service that tells; the text says which have.
        EngineError: it gives no answer that can be read; the text says why.

    """
    container = running.node(node)
    service, table = _telling(running.lab, node)
    must_run(container)
    answer = ask(engine, container, Question("show", {"what": table}))
    try:
        return service, read(answer, known_links)
    except AnswerError as error:
        raise EngineError(f"{node} did not show what network it knows: {error}", f"catenet logs {node}") from None


def _telling(lab: Lab, node: str) -> tuple[str, str]:
    """The node's service that knows the whole network, and says so; and its table for that."""
    for service, table in _knowing(lab, node):
        if _tells(lab, node, service):
            return service, table
    able = [name for name in lab.nodes if any(_tells(lab, name, service) for service, _ in _knowing(lab, name))]
    hint = f"these do: {', '.join(able)}" if able else "no node of this lab does"
    for service, _ in _knowing(lab, node):
        program = lab.nodes[node].implementations[service]
        raise UserError(f"{node}'s {service} is {program}'s, which does not tell what network it knows; {hint}")
    protocols = " or ".join(name for name, each in catalogue.services().items() if each.routing and each.routing.links)
    raise UserError(f"{node} runs no protocol that knows the whole network ({protocols}); {hint}")


def knows_network(lab: Lab, node: str) -> bool:
    """Whether it runs a service that knows the whole network, whoever does the work."""
    return bool(_knowing(lab, node))


def _knowing(lab: Lab, node: str) -> list[tuple[str, str]]:
    """The services, with their tables; a container that the lab's file does not have runs none."""
    services = catalogue.declared(lab.nodes[node].services) if node in lab.nodes else []
    return [(each.name, each.routing.links) for each in services if each.routing is not None and each.routing.links]


def _tells(lab: Lab, node: str, service: str) -> bool:
    """Whether the work is done by our own daemon, which has the table."""
    return lab.nodes[node].implementations.get(service, OURS) == OURS
