"""The steps of a page's fetch from a home, through two translators, while another home has the same addresses."""

from __future__ import annotations

from functools import partial
from typing import Any

from homes import FILE

from catenet.nodes.address import Address
from catenet.nodes.control.events import Event
from catenet.nodes.machine import Endpoint, Json
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.realms import views
from catenet.orchestrator.trace.fetch import means_the_same
from catenet.orchestrator.trace.steps import find_steps
from catenet.orchestrator.wire.packets import TCP, CapturedPacket

WEB = Endpoint(Address.parse("198.51.100.10"), 80)
PAGES = {
    "http.request": b"GET / HTTP/1.1\r\nHost: server\r\n\r\n",
    "http.response": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
}
TOLD: dict[str, Json] = {"method": "GET", "path": "/", "status": 200, "bytes": 5}


def end(address: str, port: int = 50_000) -> Endpoint:
    return Endpoint(Address.parse(address), port)


def packet(
    node: str, ttl: int, ends: tuple[Endpoint, Endpoint], kind: str = "http.request", identification: int = 7
) -> Any:
    """One sighting; the farther on the way, the later."""
    return CapturedPacket(100.0 - ttl, node, TCP, *ends, PAGES[kind], identification, ttl, outgoing=False)


def event(node: str, ends: tuple[Endpoint, Endpoint], kind: str = "http.request") -> Event:
    return Event(99.0, node, "web", kind, "", {"source": str(ends[0]), "destination": str(ends[1]), **TOLD})


def steps(packets: list[CapturedPacket], events: list[Event]) -> Any:
    """As pc1 asked for it."""
    lab = load(FILE)
    seen = views(lab)
    return find_steps(
        packets,
        events,
        names=seen.at("pc1").owners,
        asker="pc1",
        resolver="",
        routers=frozenset(("box1", "box2", "cgn", "r")),
        translators=frozenset(("box1", "box2", "cgn")),
        means=partial(means_the_same, seen, "pc1"),
    )


def test_a_page_s_steps_are_those_of_its_own_home() -> None:
    """The same packet, as to its ends, is seen in the other home at that moment."""
    ends = (end("192.168.1.2"), WEB)
    [step] = steps(
        [packet("pc1", 64, ends), packet("box1", 64, ends), packet("box2", 64, ends, identification=9)],
        [event("pc1", ends), event("pc2", ends)],
    )
    assert (step.source, step.target, step.over) == ("pc1", "server", ("box1",))
    assert (step.seen_by, step.told_by) == (("box1", "pc1"), ("pc1",))


def test_a_page_s_steps_are_followed_through_translators() -> None:
    """What the server is asked by 203.0.113.1 it is asked by pc1; and what pc2 asks is no step of pc1's."""
    way = [
        ("pc1", "192.168.1.2"),
        ("box1", "192.168.1.2"),
        ("cgn", "100.64.0.11"),
        ("r", "203.0.113.1"),
        ("server", "203.0.113.1"),
    ]
    there = [packet(node, 65 - hops, (end(source), WEB)) for hops, (node, source) in enumerate(way, 1)]
    back = [
        packet(node, 65 - hops, (WEB, end(source)), "http.response", 8)
        for hops, (node, source) in enumerate(way[::-1], 1)
    ]
    others = [packet(node, 62, (end("203.0.113.1", 50_001), WEB), identification=9) for node in ("r", "server")]
    translated = (end("203.0.113.1"), WEB)
    request, response = steps(
        [*back, *others, *there],
        [event("server", translated), event("server", translated[::-1], "http.response")],
    )
    assert (request.source, request.target, request.over) == ("pc1", "server", ("box1", "cgn", "r"))
    assert (response.source, response.target, response.over) == ("server", "pc1", ("r", "cgn", "box1"))
    assert request.told_by == response.told_by == ("server",)
