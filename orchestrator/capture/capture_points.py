"""Where to capture, so that what the user names is captured whole, and each packet of a LAN once.

A bridge sends a packet for one node only there. So a LAN is captured at every end that runs: what the end sends, and
at one of them also what comes from those where nobody captures (paused nodes still forward). A node is captured on
each of its interfaces; what it forwards is there twice, coming in and going out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from catenet.nodes.control.answers import LinkState, link_states
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.hardware import hardware_text
from catenet.nodes.control.questions import Answer, Question
from catenet.orchestrator.backend.protocols import Container, EngineError, Streams
from catenet.orchestrator.capture.tcpdump import CapturePoint
from catenet.orchestrator.observe.ask import ask_all
from catenet.orchestrator.observe.running import RunningLab, UserError, condition, must_run, unknown
from catenet.orchestrator.wire.frames import Hardware

__all__ = ["find_capture_points", "find_ends", "hardware_of"]

Links = Mapping[str, LinkState]
_LAN, _INTERFACE = re.compile(r"[a-z][a-z0-9.-]*"), re.compile(r"[\w.-]{1,15}")
_HARDWARE = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


def find_capture_points(streams: Streams, running: RunningLab, targets: Sequence[str]) -> list[CapturePoint]:
    """The interfaces of these LANs and nodes.

    Raises:
        UserError: one is neither; or no end of a LAN runs; or a node does not run.
        EngineError: a node does not say which interfaces it has.

    """
    wanted = {target: _captured(running, target) for target in dict.fromkeys(targets)}
    links = _links_of(streams, wanted.values())
    single = len(wanted) == 1
    return [
        point
        for target, found in wanted.items()
        for point in (
            _lan_points(target, found, links)
            if target in running.lans
            else _node_points(found[0], links[target], single=single)
        )
    ]


def find_ends(streams: Streams, running: RunningLab, lans: Sequence[str]) -> list[CapturePoint]:
    """Every end of these LANs that runs and has an interface there, whole: a frame is there at each end that sees it.

    Raises:
        EngineError: a node does not say which interfaces it has.

    """
    there = [lan for lan in dict.fromkeys(lans) if lan in running.lans]
    wanted = {lan: tuple(end for end in running.ends(lan) if end.state == "running") for lan in there}
    links = _links_of(streams, wanted.values())
    return [
        CapturePoint.of(end.node, end.name, links[end.node][lan], lan)
        for lan, ends in wanted.items()
        for end in ends
        if lan in links[end.node]
    ]


def hardware_of(points: Iterable[CapturePoint]) -> Hardware:
    """Which node has which hardware address on which LAN, of those that stand at these places."""
    return {(point.lan, hardware_text(point.hardware)): point.node for point in points}


def _links_of(streams: Streams, containers: Iterable[Iterable[Container]]) -> dict[str, Links]:
    """Node → what `_links` reads, of all of them, each asked once."""
    nodes = {container.node: container for found in containers for container in found}
    answers = ask_all(streams, nodes.values(), Question("show", {"what": "links"}))
    return {node: _links(node, answer) for node, answer in answers.items()}


def _links(node: str, answer: Answer) -> Links:
    """The LANs' interfaces that are there, with their addresses: the node's own word for these is an argument of
    tcpdump's.
    """
    try:
        said = read(answer, link_states)
    except AnswerError as error:
        raise EngineError(f"{node} does not say which interfaces it has: {error}") from None
    found = {link.lan: link for link in said if _is_there(link)}
    if not found:
        raise EngineError(f"{node} does not say which interfaces it has: none")
    return found


def _is_there(link: LinkState) -> bool:
    named = _LAN.fullmatch(link.lan) and _INTERFACE.fullmatch(link.interface or "")
    return bool(named and _HARDWARE.fullmatch(link.hardware or ""))


def _captured(running: RunningLab, target: str) -> tuple[Container, ...]:
    """The nodes in which that LAN or node is captured."""
    if target in running.lans or target in running.missing.lans:
        ends = running.ends(target)
        alive = tuple(end for end in ends if end.state == "running")
        if not alive:
            how = ", ".join(f"{end.node} is {condition(end)}" for end in ends)
            raise UserError(f"no end of {target} runs ({how}): catenet status")
        return alive
    if target not in running.containers and target not in running.missing.nodes:
        raise unknown("node or LAN", target, (*running.containers, *running.lans), owner=f"lab {running.name}")
    container = running.node(target)
    must_run(container)
    return (container,)


def _node_points(container: Container, links: Links, *, single: bool) -> list[CapturePoint]:
    return [
        CapturePoint.of(container.node, container.name, link, lan if single else f"{container.node} {lan}")
        for lan, link in links.items()
    ]


def _lan_points(lan: str, ends: Sequence[Container], links: Mapping[str, Links]) -> list[CapturePoint]:
    there = [end for end in ends if lan in links[end.node]]
    if not there:
        raise EngineError(f"no end of {lan} has an interface on it", "catenet status")
    own = {end.node: links[end.node][lan].hardware for end in there}
    points = []
    for number, end in enumerate(there):
        others = " or ".join(f"ether src {address}" for node, address in own.items() if node != end.node)
        if number == 0:  # all but what the other ends capture themselves
            scope = f"not ({others})" if others else ""
        else:
            mine = own[end.node]
            scope = f"ether src {mine} or (ether dst {mine} and not ({others}))"
        points.append(CapturePoint.of(end.node, end.name, links[end.node][lan], lan, scope))
    return points
