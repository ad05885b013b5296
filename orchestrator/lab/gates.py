"""The way out of a home: which translators and firewalls stand between a node and the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from catenet.nodes.catalogue import declared
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.lab.realms import views

__all__ = ["call_way", "gates"]


def gates(lab: Lab, node: str) -> Iterator[str]:
    """From inside to outside: gateways that see each packet, as long as one follows the other."""
    seen, known = views(lab), {node}
    while (address := lab.nodes[node].gateway) is not None:
        node = seen.at(node).owners.get(address, "")
        if not node or node in known or not any(each.guards for each in declared(lab.nodes[node].services)):
            return
        known.add(node)
        yield node


def call_way(lab: Lab, one: str, other: str, by: Sequence[str], *, direct: bool) -> tuple[str, ...]:
    """By which nodes and LANs, in turn, the packets of a call go: `direct` from host to host, else by the outermost
    translator of each side, and by the relays `by`. Between these the shortest way stands for the routers' own.
    """
    out, back = ([name for name in gates(lab, end) if lab.nodes[name].outside] for end in (one, other))
    stops = [one, other] if direct else [one, *out, *by, *reversed(back), other]
    way: list[str] = [one]
    for stop in stops[1:]:
        if stop != way[-1]:
            way += _between(lab, way[-1], stop)
    return tuple(way)


def _between(lab: Lab, first: str, last: str) -> list[str]:
    """LANs and nodes in turn, from behind the first to the last; without a way, the last alone."""
    came: dict[str, tuple[str, str]] = {first: ("", "")}
    waiting = deque([first])
    while waiting:
        node = waiting.popleft()
        if node != first and not lab.nodes[node].forward:
            continue
        for lan in (each.lan for each in lab.nodes[node].attachments):
            for other in (each.name for each in lab.on_lan(lan)):
                if other not in came:
                    came[other] = node, lan
                    waiting.append(other)
    way: list[str] = [last]
    while last in came and came[last][0]:
        last, lan = came[last]
        way += [lan, last]
    return way[-2::-1] if len(way) > 1 else way
