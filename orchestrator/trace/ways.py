"""Over which LANs packets to an address go from a node, by what the nodes' own tables say: where to capture them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from catenet.nodes.address import Address
from catenet.nodes.control.answers import KernelRoute
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.origin import RouteOrigin
from catenet.nodes.control.questions import Question
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.realms import View
from catenet.orchestrator.observe.ask import ControlConnections
from catenet.orchestrator.observe.running import RunningLab

__all__ = ["lans_between"]

Routes = Callable[[str, Address], tuple[KernelRoute, ...]]


def lans_between(engine: Engine, running: RunningLab, view: View, node: str, address: Address) -> list[str]:
    """The LANs of all ways from the node to the address, as `view` sees it, and of those back; in their order.

    A node that does not answer ends a way: its LANs are there all the same, as far as they lead to it.
    """

    def routes(at: str, to: Address) -> tuple[KernelRoute, ...]:
        if at not in running.containers:
            return ()
        try:
            answer = connections.ask(running.containers[at], Question("route", {"prefix": f"{to}/32"}))
            return read(answer, RouteOrigin.parse).kernel
        except AnswerError:
            return ()

    with ControlConnections(engine) as connections:
        return list(_between(running.lab, view, node, address, routes))


def _between(lab: Lab, view: View, node: str, address: Address, routes: Routes) -> dict[str, None]:
    found: dict[str, None] = {}
    passed = {node: None}
    for lan, there in _ways(lab, view, node, address, routes):
        found[lan] = None
        passed[there] = None
    target = view.owners.get(address, "")
    if target not in lab.nodes or node not in lab.nodes:
        return found
    # What comes back is for the sender, or for a translator on the way.
    ends = (node, *(each for each in passed if each in lab.nodes and lab.nodes[each].outside))
    for end in ends:
        for own in lab.nodes[end].attachments:
            if own.lan in found:
                found |= dict.fromkeys(lan for lan, _ in _ways(lab, view, target, own.address, routes))
    return found


def _ways(lab: Lab, view: View, node: str, address: Address, routes: Routes) -> Iterator[tuple[str, str]]:
    """(LAN, the node at its far end), of every next hop that the nodes' tables have."""
    queue = [node]
    for here in queue:
        if here not in lab.nodes or any(own.address == address for own in lab.nodes[here].attachments):
            continue
        known = routes(here, address)
        for route in (each for each in known if (each.prefix, each.metric) == (known[0].prefix, known[0].metric)):
            via = address if route.via is None else Address.parse(route.via)
            for there in _next(lab, view, here, route.lan, via):
                if route.lan in lab.lans:
                    yield route.lan, there
                if there and there not in queue:
                    queue.append(there)


def _next(lab: Lab, view: View, here: str, lan: str, via: Address) -> list[str]:
    """Who takes the packet there: who has the address; else, of those on the LAN, who answers for others (RFC 1027)."""
    if owner := lab.owner(lan, via):
        return [owner]
    others = lab.on_lan(lan) if lan in lab.lans else ()
    return [each.name for each in others if each.proxy_arp and each.name != here] or [view.owners.get(via, "")]
