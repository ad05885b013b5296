"""What the check `resolve` makes of the packets at the resolver while dig asks. The wire and dig are the test's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from dnslib import RR, A, DNSRecord

from catenet.nodes.address import Address
from catenet.nodes.control.lookups import LookedUp
from catenet.nodes.control.service import Service
from catenet.nodes.machine import Endpoint
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.checks.resolve import ResolveCheck
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.observe.running import RunningLab
from catenet.orchestrator.operations.scene import RunningScene
from catenet.orchestrator.wire.messages import DNS_FILTER
from catenet.orchestrator.wire.packets import UDP, CapturedPacket

NAME, GIVEN = "www.example.org", "10.0.1.9"
LAB = parse(
    b"""
lans: {l: {prefix: 10.0.1.0/24}}
nodes:
  h: {lans: {l: 10.0.1.1}, resolver: res}
  res: {lans: {l: 10.0.1.2}, services: [resolver]}
  top: {lans: {l: 10.0.1.3}, services: {nameserver: {zones: [root]}}}
  org: {lans: {l: 10.0.1.4}, services: {nameserver: {zones: [org]}}}
  r: {lans: {l: 10.0.1.5}, services: [rip]}
""",
    "f",
)


def packet(source: int, destination: int, payload: bytes, ports: tuple[int, int] = (40000, 53)) -> CapturedPacket:
    ends = [
        Endpoint(Address.parse(f"10.0.1.{host}"), port) for host, port in zip((source, destination), ports, strict=True)
    ]
    return CapturedPacket(0.0, "res", UDP, *ends, payload, 1, 64, False)


def exchange(asker: int, asked: int) -> list[CapturedPacket]:
    """A question and its answer, as a library makes them."""
    question = DNSRecord.question(NAME)
    answer = question.reply()
    answer.add_answer(RR(NAME, rdata=A(GIVEN)))
    there = packet(asker, asked, question.pack())
    return [there, packet(asked, asker, answer.pack(), (53, 40000))]


class Wired(RunningScene):
    """At each capture these packets pass."""

    def __init__(self, packets: Sequence[CapturedPacket] = ()) -> None:
        super().__init__(FakeEngine(), RunningLab("x", None, {}, {}, LAB))
        self.packets = packets
        self.captures: list[tuple[str, str]] = []

    @contextmanager
    def capture(self, node: str, expression: str) -> Iterator[Sequence[CapturedPacket]]:
        self.captures.append((node, expression))
        seen: list[CapturedPacket] = []
        yield seen
        seen += self.packets

    def dig(self, node: str, name: str) -> LookedUp:
        assert (node, name) == ("h", NAME)
        return LookedUp("NOERROR", (GIVEN,))


def test_it_counts_messages_and_names_whom_the_questions_went_to() -> None:
    first, *rest = exchange(1, 2)
    noise = [packet(9, 2, b"not a message of DNS"), packet(9, 2, first.payload, (40000, 80))]
    scene = Wired([first, *noise, *exchange(2, 3), *exchange(2, 4), *exchange(2, 8), *rest])
    finding = ResolveCheck("h", NAME, messages=8).run(scene)
    assert finding.seen == f"8 messages; asks res, top, org, 10.0.1.8; gives {GIVEN}"
    assert finding.holds
    assert scene.captures == [("res", DNS_FILTER)]
    assert not ResolveCheck("h", NAME, messages=7).run(scene).holds


@pytest.mark.parametrize(
    ("asks", "holds"),
    [
        (("res", "root"), True),
        (("res", "top"), True),
        (("res", "org"), False),
        (("root", "res"), False),
        (("res",), False),
    ],
)
def test_root_is_any_server_of_the_root_zone(asks: tuple[str, ...], holds: bool) -> None:
    scene = Wired([*exchange(1, 2), *exchange(2, 3)])
    assert ResolveCheck("h", NAME, asks=asks).run(scene).holds is holds
    assert ResolveCheck("h", NAME, asks=("res", "root")).run(Wired([*exchange(1, 2), *exchange(2, 4)])).holds is False


def test_nodes_are_found_by_what_their_services_declare() -> None:
    def routes(service: Service, _: Any) -> bool:
        return service.routing is not None

    def named(service: Service, options: Any) -> bool:
        return service.name == "nameserver" and options.zones == ("org",)

    assert (Wired().nodes_with(routes), Wired().nodes_with(named)) == ({"r"}, {"org"})
